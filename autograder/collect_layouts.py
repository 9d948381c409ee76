"""How learning platforms name the files of a bulk download, and what the names tell.

Canvas (lib/content_zipper.rb)
    ``perezjose_LATE_1234_56789_ps2-1.ipynb``: name in sorting order without blanks, LATE if it was, number of
    the user, number of the file, name of the file (``-1``: the first repeated hand-in). Without names:
    ``anon_AbC12_56789_ps2.ipynb``. The archive has the last attempt only, and no time of handing in.
Moodle (mod/assign)
    ``José Pérez_657737_assignsubmission_file_/ps2.ipynb``, or flat with the file's name behind it; a group's
    name may stand before, the last underscore may be missing, hidden names are ``Participant``. The number
    is that of the person in this one assignment. Times are those of the files.
Blackboard, and nbgrader's own ``zip_collect``
    ``ps2_jperez_attempt_2026-03-01-15-00-00_ps2.ipynb``: every attempt, each with its time.
Plain
    ``jperez/ps2/ps2.ipynb`` as in ``submitted/``, or ``jperez/ps2.ipynb``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from .collect_archive import Entry

__all__ = ["Piece", "read_names"]

_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?")
_CANVAS = re.compile(r"(?P<name>\w+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
_HIDDEN = re.compile(r"(?P<late>LATE_)?(?P<name>anon)_(?P<id>[0-9A-Za-z]+)_(?P<number>\d+)_(?P<file>.+)")
_TYPED = re.compile(r"\w+_\d+_(?:text|link)\.html")
_ATTEMPT = re.compile(r".*?_(?P<id>[^_/]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+))?")
_NOBODY = "its name does not say whose it is"


@dataclass(frozen=True)
class Piece:
    """One file of a hand-in.

    Parameters
    ----------
    platform : str
        ``"canvas"``, ``"moodle"``, ``"blackboard"`` or ``"plain"``.
    name, number : str
        What the platform calls the person; empty if it does not say.
    file : PurePosixPath
        The file's place in what was handed in.
    entry : Entry
        The file.
    late : bool
        Whether the platform marks it so.
    when : datetime or None
        When it was handed in, if the name tells.
    attempt : str
        Tells attempts apart; the later one sorts last.
    """

    platform: str
    name: str
    number: str
    file: PurePosixPath
    entry: Entry
    late: bool = False
    when: datetime | None = None
    attempt: str = ""


def read_names(entries: Sequence[Entry], assignment: str) -> tuple[tuple[Piece, ...], dict[str, str]]:
    """Tell whose each file is; return the files, and for each that could not be told the reason."""
    tops = {entry.path.parts[0] for entry in entries if len(entry.path.parts) > 1}
    inside = len(tops) == 1 and all(len(entry.path.parts) > 1 for entry in entries)
    found = [(entry, _read(entry, assignment, int(inside))) for entry in entries]
    pieces = [piece for _, piece in found if isinstance(piece, Piece)]
    lost = {str(entry.path): why for entry, why in found if isinstance(why, str)}
    if {piece.platform for piece in pieces} > {"plain"}:
        # A file of the teacher's beside the students' is no student.
        strays = [piece for piece in pieces if piece.platform == "plain"]
        lost |= {str(piece.entry.path): _NOBODY for piece in strays}
        pieces = [piece for piece in pieces if piece.platform != "plain"]
    return tuple(pieces), lost


def _read(entry: Entry, assignment: str, base: int) -> Piece | str:
    """Read the first part of the path that has a platform's form; what lies below is the hand-in."""
    parts = entry.path.parts
    for index, part in enumerate(parts):
        below = PurePosixPath(*parts[index + 1 :]) if parts[index + 1 :] else None
        found = _moodle(entry, part, below) or _attempt(entry, part, below)
        if found is not None:
            return found
    if assignment not in parts[1:-1] and len(parts) == base + 1 and (canvas := _canvas(entry, parts[base])):
        return canvas
    return _plain(entry, assignment)


def _moodle(entry: Entry, part: str, below: PurePosixPath | None) -> Piece | str | None:
    match = _MOODLE.fullmatch(part)
    if match is None:
        return None
    if match["kind"] != "file":
        return f"it is {match['kind']}, not a file that was handed in"
    if not below and not match["file"]:
        return _NOBODY
    file = below or PurePosixPath(match["file"])
    return Piece("moodle", match["name"], match["id"], file, entry, when=entry.modified)


def _canvas(entry: Entry, part: str) -> Piece | str | None:
    match = _HIDDEN.fullmatch(part) or _CANVAS.fullmatch(part)
    if match is None:
        return "it is text or a link, not a file that was handed in" if _TYPED.fullmatch(part) else None
    name = "" if match["name"] == "anon" else match["name"]
    return Piece("canvas", name, match["id"], PurePosixPath(match["file"]), entry, bool(match["late"]))


def _attempt(entry: Entry, part: str, below: PurePosixPath | None) -> Piece | None:
    match = _ATTEMPT.fullmatch(part)
    if match is None or not (match["file"] or below):
        return None
    when = None
    with suppress(ValueError):
        when = datetime.strptime(match["when"], "%Y-%m-%d-%H-%M-%S")
    file = below or PurePosixPath(match["file"])
    return Piece("blackboard", "", match["id"], file, entry, when=when, attempt=match["when"])


def _plain(entry: Entry, assignment: str) -> Piece | str:
    parts = entry.path.parts
    if assignment in parts[1:-1]:
        index = parts.index(assignment, 1)
        return Piece("plain", "", parts[index - 1], PurePosixPath(*parts[index + 1 :]), entry)
    if len(parts) == 2:
        return Piece("plain", "", parts[0], PurePosixPath(parts[1]), entry)
    return _NOBODY
