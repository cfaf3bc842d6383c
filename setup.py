"""Builds the Python package: the library first, unless GitHubEventsMonitor_ROOT names an installed one; then the module over it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

tree = Path(__file__).resolve().parent


def run(*command: object, **environment: str) -> None:
    subprocess.run([str(each) for each in command], cwd=tree, check=True, env={**os.environ, **environment})


def install_library(prefix: Path) -> None:
    run("tools/build", "release", "github_events_monitor")
    run("cmake", "--install", "build/release", "--prefix", prefix, "--component", "Development")


class build_module(build_ext):
    def build_extension(self, ext: Extension) -> None:
        work = Path(self.build_temp).resolve()
        prefix = os.environ.get("GitHubEventsMonitor_ROOT")
        if not prefix:
            prefix = str(work / "library")
            install_library(Path(prefix))
        place = Path(self.get_ext_fullpath(ext.name)).resolve().parent
        options = {
            "CMAKE_BUILD_TYPE": "Release",
            "CMAKE_C_COMPILER": "clang-19",
            "CMAKE_CXX_COMPILER": "clang++-19",
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY": place,
            "PYTHON_EXECUTABLE": sys.executable,
        }
        defined = [f"-D{name}={value}" for name, value in options.items()]
        run("cmake", "-G", "Ninja", "-S", "python", "-B", work / "module", *defined, GitHubEventsMonitor_ROOT=prefix)
        run("cmake", "--build", work / "module")


version = re.search(r"project\(\w+ VERSION ([0-9.]+)", (tree / "CMakeLists.txt").read_text())
setup(
    version=version[1],
    ext_modules=[Extension("github_events_monitor._native", sources=[])],
    cmdclass={"build_ext": build_module},
)
