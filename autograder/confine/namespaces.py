"""A file system of one's own: a small root that holds what the policy names and nothing else.

Closes what Landlock leaves open (whether a path exists, how large it is, when it changed), caps the scratch
folder, and stands in for Landlock where a kernel has none. There is no /proc in it.

Needs an unprivileged user namespace, or the capability CAP_SYS_ADMIN; many containers and Ubuntu's default
settings give neither.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterable
from pathlib import Path

from . import landlock, system
from .places import Places

_NEW_MOUNTS, _NEW_IPC, _NEW_USER = 0x00020000, 0x08000000, 0x10000000
_NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 2, 4, 8  # MS_NOSUID, MS_NODEV, MS_NOEXEC
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_DETACH = 2
_CURRENT_FOLDER, _SET_BELOW = -100, 0x8000  # AT_FDCWD, AT_RECURSIVE
_ATTRIBUTE_READ_ONLY, _ATTRIBUTE_NO_SETUID = 1, 2

_OLD = "/.old"
_FILES_OF_SCRATCH = 10_000


def enter_user_namespace() -> None:
    """Get the capabilities to build mounts, under the same user and group ids."""
    user, group = os.getuid(), os.getgid()
    system.unshare(_NEW_USER | _NEW_MOUNTS | _NEW_IPC)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_bytes(text.encode())


def _enter(*, privileged: bool) -> None:
    if privileged:
        system.unshare(_NEW_MOUNTS | _NEW_IPC)
    else:
        enter_user_namespace()
    system.mount("none", "/", None, _RECURSIVE | _PRIVATE)


def _empty_root() -> None:
    """Make an empty root, with the old one at `_OLD`."""
    base = "/tmp" if os.path.isdir("/tmp") else "/dev"
    system.mount("tmpfs", base, "tmpfs", _NO_SETUID | _NO_DEVICES, "size=1m,mode=755")
    os.chdir(base)
    os.mkdir(_OLD[1:], 0o700)
    system.call("pivot_root", b".", _OLD[1:].encode())
    os.chdir("/")


def _target(path: Path) -> None:
    """Make an empty file or folder at `path` for something to be mounted on."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.isdir(f"{_OLD}{path}"):
        path.mkdir()
    else:
        path.touch()


def _bind(path: Path, *, writable: bool) -> None:
    """Show the old root's `path` at the same place."""
    _target(path)
    system.mount(f"{_OLD}{path}", str(path), None, _BIND | _RECURSIVE)
    attributes = _ATTRIBUTE_NO_SETUID | (0 if writable else _ATTRIBUTE_READ_ONLY)
    _set_attributes(path, attributes)


def _set_attributes(path: Path, attributes: int) -> None:
    """Add attributes to a mount and all below it (mount_setattr: Linux 5.12)."""
    wanted = struct.pack("<QQQQ", attributes, 0, 0, 0)
    system.call("mount_setattr", _CURRENT_FOLDER, os.fsencode(path), _SET_BELOW, wanted, len(wanted))


def _hide(path: Path) -> None:
    """Cover something that a readable folder shows."""
    if path.is_dir():
        flags = _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS | _READ_ONLY
        system.mount("tmpfs", str(path), "tmpfs", flags, "size=4k,mode=000")
    elif path.exists():
        system.mount("/dev/null", str(path), None, _BIND)


def _private_scratch(scratch: Path, size: int) -> None:
    """Mount a capped file system on the scratch folder and copy what lies there."""
    _target(scratch)
    options = f"size={size},nr_inodes={_FILES_OF_SCRATCH},mode=700"
    system.mount("tmpfs", str(scratch), "tmpfs", _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS, options)
    shutil.copytree(f"{_OLD}{scratch}", scratch, symlinks=True, dirs_exist_ok=True)


def _make_links(links: Iterable[tuple[Path, str]]) -> None:
    for place, target in links:
        if not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)


def _fill(places: Places, scratch_bytes: int) -> None:
    for path in places.readable:
        _bind(path, writable=False)
    for path in places.writable:
        _bind(path, writable=True)
    for path, _ in landlock.DEVICES:
        if os.path.exists(f"{_OLD}{path}"):
            _bind(path, writable=True)
    if places.scratch is not None:
        _private_scratch(places.scratch, scratch_bytes)
    _make_links(places.links)
    for path in places.hidden:
        _hide(path)


def enter_private_root(places: Places, scratch_bytes: int, *, privileged: bool) -> None:
    """Move this process into a root that holds only these places.

    The working folder stays if it is still there, else it becomes the scratch folder or "/".

    Parameters
    ----------
    places : Places
        What is to be there.
    scratch_bytes : int
        Size of the scratch folder.
    privileged : bool
        Whether the capability to mount is there already, so that no user namespace is needed.

    Raises
    ------
    OSError
        If a step is refused; the process may then be left in between and must end.
    """
    folder, mask = os.getcwd(), os.umask(0o022)
    _enter(privileged=privileged)
    _empty_root()
    _fill(places, scratch_bytes)
    system.unmount(_OLD, _DETACH)
    os.rmdir(_OLD)
    system.mount("none", "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SETUID | _NO_DEVICES)
    os.umask(mask)
    os.chdir(next(place for place in (folder, str(places.scratch or "/"), "/") if os.path.isdir(place)))
