"""Landlock: the kernel's list of what a process may do with which files.

Only grants exist: a folder's grant holds for everything below it. To hide something inside a readable folder,
the folder is granted entry by entry, without the hidden one.

Rights came in versions (landlock.h, "ABI"). A right that a kernel does not know cannot be withheld by it:
`seccomp` has to. So nothing above ABI 1 is relied upon. Moving between folders (2) is refused outright by
older kernels; truncating (3), TCP (4), ioctl on devices (5), signals and abstract sockets (6) by seccomp.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from . import system
from .places import Places

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_FILE_RIGHTS = 1 << 0 | _WRITE_FILE | _READ_FILE | _TRUNCATE | 1 << 15  # those that a rule on a file may have

READ = _READ_FILE | _READ_DIR
# Neither executing, nor links, pipes, sockets and devices: what a submission leaves are files and folders.
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _REFER | _TRUNCATE

NEWEST_ABI = 7  # newer kernels are used as this one

_VERSION_QUERY, _PATH_BENEATH = 1, 1
_BIND_AND_CONNECT_TCP, _ABSTRACT_SOCKETS_AND_SIGNALS = 0b11, 0b11

# What a program expects of a machine, and what tells nobody anything.
DEVICES = (
    (Path("/dev/null"), _READ_FILE | _WRITE_FILE | _TRUNCATE),
    (Path("/dev/zero"), _READ_FILE),
    (Path("/dev/random"), _READ_FILE),
    (Path("/dev/urandom"), _READ_FILE),
)

Grant = tuple[Path, int]


def abi() -> int:
    """Return the version of Landlock in this kernel, 0 if it has none or it is switched off."""
    try:
        version = system.call("landlock_create_ruleset", None, 0, _VERSION_QUERY)
    except OSError:
        return 0
    return min(version, NEWEST_ABI)


def handled(version: int) -> int:
    """Return all rights on files that Landlock of this version can withhold."""
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    return (1 << bits) - 1


def without(path: Path, rights: int, hidden: tuple[Path, ...]) -> Iterator[Grant]:
    """Yield grants of `rights` on everything below `path` but the hidden paths.

    The folders on the way to a hidden path can be listed, which Landlock extends to everything below.
    Links inside such folders get no grant of their own: where they lead decides.
    """
    if any(path == secret or secret in path.parents for secret in hidden):
        return
    if not any(path in secret.parents for secret in hidden):
        yield path, rights
        return
    yield path, _READ_DIR
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if not entry.is_symlink():
            yield from without(Path(entry.path), rights, hidden)


def grants(places: Places) -> Iterator[Grant]:
    """Yield what is allowed where."""
    for paths, rights in ((places.readable, READ), (places.changeable, WRITE)):
        for path in paths:
            yield from without(path, rights, places.hidden)
    yield from ((path, rights) for path, rights in DEVICES if path.exists())


def _add(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        system.call("landlock_add_rule", ruleset, _PATH_BENEATH, struct.pack("<Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _create(version: int) -> int:
    """Return a descriptor of a new ruleset that withholds all that this version can."""
    sizes = {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}
    attributes = struct.pack("<QQQ", handled(version), _BIND_AND_CONNECT_TCP, _ABSTRACT_SOCKETS_AND_SIGNALS)
    size = sizes.get(version, 24)
    return system.call("landlock_create_ruleset", attributes[:size], size, 0)


def restrict(places: Places, version: int) -> None:
    """Shut this thread into these places, for good; `no_new_privs` must be set.

    Parameters
    ----------
    places : Places
        What may be read and written.
    version : int
        The version of Landlock to use, at least 1.

    Raises
    ------
    OSError
        If a path is not there or the kernel refuses.
    """
    known = handled(version)
    ruleset = _create(version)
    try:
        for path, rights in grants(places):
            if rights & known:
                _add(ruleset, path, rights & known)
        system.call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
