"""What a process hands back before a student's code runs: capabilities, ids, descriptors, secrets."""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import struct

from . import system
from .policy import ConfinementError

_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _NO_NEW_PRIVILEGES, _AMBIENT, _DROP_BOUND = 1, 4, 38, 47, 24
_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION = 0x20080522
_SYS_ADMIN = 21
_CAPABILITIES = 64


def prctl(option: int, *arguments: int) -> int:
    """Call prctl(2)."""
    filled = [*arguments, 0, 0, 0, 0][:4]
    return system.call("prctl", option, *filled)


def has_capability(number: int) -> bool:
    """Whether this process may use the capability of this number now."""
    with open("/proc/self/status", "rb") as status:
        line = next(line for line in status if line.startswith(b"CapEff:"))
    return bool(int(line.split()[1], 16) >> number & 1)


def may_mount() -> bool:
    """Whether this process may mount without a user namespace."""
    return has_capability(_SYS_ADMIN)


def no_new_privileges() -> None:
    """Never gain privileges again; Landlock and seccomp ask for it."""
    prctl(_NO_NEW_PRIVILEGES, 1)


def drop_capabilities() -> None:
    """Give up every capability, effective, permitted, inheritable, ambient and (where allowed) bounding."""
    for number in range(_CAPABILITIES):
        try:
            prctl(_DROP_BOUND, number)
        except OSError:
            break  # the kernel has no more, or we never had the right: then there is nothing to drop
    prctl(_AMBIENT, _AMBIENT_CLEAR_ALL)
    header = struct.pack("<Ii", _CAPABILITY_VERSION, 0)
    system.call("capset", header, bytes(24))


def become(user: int) -> None:
    """Take `user` as user and group id, without other groups. Needs root.

    Raises
    ------
    ConfinementError
        If this process may not, or the id did not change for good.
    """
    try:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError as error:
        raise ConfinementError(
            f"cannot become user {user} ({error}); leave Policy.user out, or run as root"
        ) from None
    if os.getresuid() != (user,) * 3 or os.getresgid() != (user,) * 3 or os.getgroups():
        raise ConfinementError(f"becoming user {user} did not take effect")


def die_with_parent(parent: int) -> None:
    """Be killed when the thread that forked this process ends; a change of ids undoes this.

    Raises
    ------
    ConfinementError
        If the parent `parent` is gone already.
    """
    prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        raise ConfinementError("the process that asked for this one has ended")


def not_dumpable() -> None:
    """Let nobody of the same user look into this process, and write no core file."""
    prctl(_SET_DUMPABLE, 0)


def close_descriptors(kept: tuple[int, ...]) -> None:
    """Close every descriptor but those in `kept`.

    Raises
    ------
    ConfinementError
        If one to be kept is a folder (a way round every wall of paths) or is not open.
    """
    for descriptor in kept:
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError as error:
            raise ConfinementError(
                f"Policy.descriptors: {descriptor} is not open ({error.strerror})"
            ) from None
        if stat.S_ISDIR(kind):
            raise ConfinementError(f"Policy.descriptors: {descriptor} is a folder; keep no folders open")
    first = 0
    for descriptor in sorted(set(kept)):
        if descriptor > first:  # CPython takes closerange(0, 0) for "all"
            os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 2**31 - 1)


def wipe_environment(kept: tuple[str, ...]) -> None:
    """Keep the named variables only, and erase the block that the kernel gave this process at its start.

    `os.environ.clear()` would leave the old text on the stack, where ctypes reads it.
    """
    saved = {name: os.environ[name] for name in kept if name in os.environ}
    start, end = _environment_block()
    os.environ.clear()
    system.clear_environment()
    if end > start:
        ctypes.memset(start, 0, end - start)
    os.environ.update(saved)


def _environment_block() -> tuple[int, int]:
    """Return where the initial environment lies: fields 50 and 51 of /proc/self/stat."""
    try:
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0, 0
    return int(fields[47]), int(fields[48])


def own_session() -> None:
    """Leave the terminal and the group of processes of the grader."""
    try:
        os.setsid()
    except PermissionError:
        return  # it leads a group already, which only its parent can have made it do
