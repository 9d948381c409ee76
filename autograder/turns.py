"""Turns between processes: two runs in one course folder do not write the same thing at the same time.

The kernel gives a turn up when its holder ends, however it ends. Where turns cannot be had (Windows, some
network file systems), work goes on without them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["held"]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a folder or a file against others who want to hold it, after waiting for one's turn.

    Parameters
    ----------
    path : Path
        A folder that is there; its contents are not touched. Or a file whose name ends in ``.lock``, which is
        made. Links are not followed; where there is neither, there are no turns.
    """
    descriptor = _open(path) if fcntl else None
    if descriptor is None:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int | None:
    """Open a folder for reading, or a file for writing, which network file systems want for a turn."""
    with suppress(OSError):
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    if not path.name.endswith(".lock"):
        return None
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    return None
