// Files that are part of the program: made into sources by cmake/embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace gem::api {

struct EmbeddedFile {
    std::string_view name; ///< without its folder
    std::string_view bytes;
};

/// The bodies of docs/openapi/examples, by name.
std::span<EmbeddedFile const> example_files();

/// The script of the page at /docs (RapiDoc); none in a program that was built without it.
std::span<EmbeddedFile const> docs_script_files();

} // namespace gem::api
