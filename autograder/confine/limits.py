"""Limits of the kernel on one process, and what a folder holds."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

from .policy import KiB, Limits

if sys.platform != "win32":
    import resource

# Room for other processes of the same user where the kernel counts them together.
HEADROOM = 512


def address_space() -> int:
    """Return the bytes of address space in use, 0 where that cannot be told."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def tasks_of(user: int) -> int:
    """Return how many threads all processes of `user` have together."""
    total = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                status = os.stat(f"/proc/{entry.name}/task")
            except OSError:
                continue  # ended meanwhile
            if status.st_uid == user:
                total += status.st_nlink - 2
    return total


def try_counting() -> None:
    """Raise BlockingIOError if the kernel counts more threads of this user than can be seen. Needs a fork."""
    count = tasks_of(os.getuid()) + HEADROOM
    resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def thread_limit(limits: Limits, *, own_count: bool, visible: bool) -> int | None:
    """Return RLIMIT_NPROC, or None to leave it.

    The kernel counts all threads of a user, in all containers, unless this process has a count of its own.
    Where the others cannot be seen, a limit would hit students whose neighbours are busy.
    """
    if own_count:
        return limits.processes + 1
    return tasks_of(os.getuid()) + limits.processes + HEADROOM if visible else None


def _lower(name: str, value: int) -> None:
    """Set a limit, soft and hard; never above what is in force, and only where the system has it."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def apply(limits: Limits, *, used: int, threads: int | None) -> None:
    """Set all limits, for good.

    Parameters
    ----------
    limits : Limits
        What may be used up.
    used : int
        Bytes of address space that the process has already, from `address_space`.
    threads : int or None
        From `thread_limit`.
    """
    seconds = math.ceil(limits.cpu_seconds)
    _lower("RLIMIT_CPU", seconds + 1)  # killed there; one second earlier comes a signal that may be caught
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    _lower("RLIMIT_AS", used + limits.memory_bytes)
    _lower("RLIMIT_FSIZE", limits.file_bytes)
    _lower("RLIMIT_NOFILE", limits.open_files)
    _lower("RLIMIT_CORE", 0)
    _lower("RLIMIT_MEMLOCK", 64 * KiB)
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO"):
        _lower(name, 0)
    if threads is not None:
        _lower("RLIMIT_NPROC", threads)


def scratch_use(folder: Path) -> int:
    """Return the bytes that the files below `folder` take on the disk.

    For whoever runs confined processes on a machine without private file systems: look now and then,
    and end the process that takes too much.
    """
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                continue  # removed meanwhile
    return total
