"""GitHub events, collected and measured: the program's answers, awaited from Python.

    collector = create_enhanced_collector(database_config={'provider': 'sqlite', 'db_path': './events.db'})
    commits = await collector.get_recent_commits('microsoft/vscode', hours=24)

The work is done by a thread of its own, without the interpreter's lock. docs/PYTHON.md tells more.
"""

from .collector import EnhancedCollector, create_enhanced_collector
from .errors import (
    Conflict,
    Corrupt,
    InvalidArgument,
    MonitorError,
    NotFound,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unavailable,
)
from ._native import version as __version__

__all__ = [
    "Conflict",
    "Corrupt",
    "EnhancedCollector",
    "InvalidArgument",
    "MonitorError",
    "NotFound",
    "RateLimited",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "create_enhanced_collector",
]
