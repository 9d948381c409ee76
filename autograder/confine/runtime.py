"""What Python and its libraries read while they run."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

# Shared libraries, their index, time zones and fonts.
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
)


def runtime_paths() -> tuple[Path, ...]:
    """Return what a student's process must be able to read for imports to work, as far as it exists.

    The standard library, the installed packages and the system's shared libraries; nothing of a course.
    """
    paths = sysconfig.get_paths()
    wanted = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += [f"{sys.base_prefix}/lib", *_SYSTEM]
    return tuple(dict.fromkeys(Path(path) for path in wanted if Path(path).exists()))
