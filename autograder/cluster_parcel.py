"""Submissions and results as bytes, for machines that share no files.

A parcel is a head that is JSON and parts that are plain bytes. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from .settings import GradingLimits
from .wire import WireError
from .worker import Assignment
from .worker import _files_beside as files_beside
from .worker import _matches as matches

__all__ = ["bundle", "pack_files", "pack_submission", "unbundle", "unpack"]

_HEADER = struct.Struct(">I")
# What an entry of a folder is. Links keep only what they are: no link is ever followed.
_FOLDER, _FILE, _HOLLOW, _LINK, _FOLDER_LINK, _PIPE = (
    "folder",
    "file",
    "hollow",
    "link",
    "folder link",
    "pipe",
)
_NOWHERE = "/nonexistent/left-out"


def bundle(head: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """Put a head and parts together.

    Parameters
    ----------
    head : mapping
        What ``json`` can write.
    parts : sequence of bytes
        What goes with it.
    """
    sizes = [len(part) for part in parts]
    text = json.dumps({"head": head, "sizes": sizes}, separators=(",", ":")).encode("ascii")
    return b"".join((_HEADER.pack(len(text)), text, *parts))


def unbundle(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Undo `bundle`.

    Raises
    ------
    WireError
        If the bytes are no parcel: cut off, too long, or with a head that is not JSON.
    """
    try:
        (length,) = _HEADER.unpack_from(data)
        begin = _HEADER.size + length
        found = json.loads(data[_HEADER.size : begin])
        head, sizes = dict(found["head"]), [int(size) for size in found["sizes"]]
    except (struct.error, ValueError, TypeError, KeyError, RecursionError) as problem:
        raise WireError(f"a parcel that cannot be read: {type(problem).__name__}") from problem
    if min(sizes, default=0) < 0 or begin + sum(sizes) != len(data):
        raise WireError(f"a parcel of {len(data)} bytes whose parts have {sum(sizes)}")
    parts = []
    for size in sizes:
        parts.append(data[begin : begin + size])
        begin += size
    return head, parts


def pack_submission(student: str, folder: Path, assignment: Assignment, limits: GradingLimits) -> bytes:
    """Pack what a student handed in, as grading will look at it.

    Contents travel only where grading reads them: the assignment's notebooks and the files beside them, up
    to the limits that grading refuses anyway. Of everything else (notebooks of other names, ignored files,
    files that are too large) the name and the size go.

    Parameters
    ----------
    student : str
        Whose.
    folder : Path
        What was handed in. Only read.
    assignment : Assignment
        What it belongs to.
    limits : GradingLimits
        What it may use.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    entries: list[tuple[str, str, int]] = []
    parts: list[bytes] = []
    if folder.is_symlink():
        entries.append((".", _FOLDER_LINK, 0))
    elif folder.is_dir():
        entries.append((".", _FOLDER, 0))
        wanted = _contents(folder, assignment, limits)
        for path in _walk(folder, assignment):
            kind = _kind(path, wanted)
            if kind == _FILE:
                parts.append(path.read_bytes())
            size = len(parts[-1]) if kind == _FILE else path.stat().st_size if kind == _HOLLOW else 0
            entries.append((path.relative_to(folder).as_posix(), kind, size))
    return bundle({"student": student, "entries": entries}, parts)


def pack_files(files: Mapping[str, str]) -> bytes:
    """Pack the instructor's files beside the notebooks.

    Parameters
    ----------
    files : mapping of str to str
        Paths by relative name.
    """
    parts = [Path(path).read_bytes() for path in files.values()]
    entries = [(".", _FOLDER, 0)]
    entries += [(name, _FILE, len(part)) for name, part in zip(files, parts, strict=True)]
    return bundle({"student": "", "entries": entries}, parts)


def unpack(data: bytes, folder: Path) -> str:
    """Lay out what was packed; return whose it is.

    Parameters
    ----------
    data : bytes
        As `pack_submission` or `pack_files` gave it.
    folder : Path
        Where it goes; it must not exist yet. What was no folder leaves nothing.

    Raises
    ------
    WireError
        If the parcel is damaged, or a name leads out of the folder.
    """
    head, parts = unbundle(data)
    waiting = iter(parts)
    for name, kind, size in head["entries"]:
        path = folder / _checked(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == _FOLDER:
            path.mkdir(exist_ok=True)
        elif kind == _FILE:
            path.write_bytes(next(waiting))
        elif kind == _HOLLOW:
            path.touch()
            os.truncate(path, size)
        elif kind == _PIPE:
            os.mkfifo(path)
        else:
            path.symlink_to("." if kind == _FOLDER_LINK else _NOWHERE)
    return str(head["student"])


def _checked(name: str) -> str:
    """Refuse a name that leads elsewhere."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise WireError(f"the name {name!r} leads out of its folder")
    return name


def _contents(folder: Path, assignment: Assignment, limits: GradingLimits) -> set[Path]:
    """The files whose contents grading reads."""
    notebooks = {folder / f"{template.name}.ipynb" for template in assignment.templates}
    small = {path for path in notebooks if path.is_file() and path.stat().st_size <= limits.notebook_bytes}
    beside = [path for path in files_beside(folder, assignment)[0].values() if folder in path.parents]
    size = sum(path.stat().st_size for path in beside)
    return small | (set(beside) if size <= limits.scratch_bytes else set())


def _walk(folder: Path, assignment: Assignment) -> list[Path]:
    """All that lies in a folder, in order; folders that grading ignores are named, not entered."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        found += [Path(place, name) for name in sorted((*folders, *names))]
        folders[:] = sorted(name for name in folders if not matches(name, assignment.ignore))
    return found


def _kind(path: Path, wanted: set[Path]) -> str:
    """What an entry of a folder travels as."""
    if path.is_symlink():
        return _FOLDER_LINK if _leads_to_folder(path) else _LINK
    if path.is_dir():
        return _FOLDER
    if not path.is_file():
        return _PIPE
    return _FILE if path in wanted else _HOLLOW


def _leads_to_folder(path: Path) -> bool:
    """Whether a link leads to a folder; one that cannot be followed does not."""
    with suppress(OSError):
        return path.is_dir()
    return False
