"""Put downloaded work into ``submitted/``: from a folder, a zip file, Canvas, Moodle or Blackboard.

Earlier work of a student is never lost: what is replaced goes to ``report/earlier/``. What was done is
recorded in ``report/NAME.collected.json``, from which `export` knows each platform's numbers again.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.utils import parse_utc

from .collect_archive import open_source
from .collect_layouts import Piece, read_names
from .course import Course, CourseError
from .files import write_atomically
from .gradebook import open_gradebook

__all__ = ["Collected", "Collection", "collect", "collected", "read_roster", "student_name"]

# What browsers, Canvas and JupyterLab add to the name of a second copy.
_COPY = re.compile(r"(?:-(?P<canvas>\d+)| ?\((?P<browser>\d+)\)|-Copy(?P<lab>\d+)|_(?P<windows>\d+))$")
_LOGINS = ("SIS Login ID", "Username", "ID number", "SIS User ID", "student")
_NUMBERS = ("ID", "Identifier", "lms_id")
_NAMES = ("Student", "Full name", "name")


@dataclass(frozen=True)
class Collected:
    """What was done with the work of one student.

    Parameters
    ----------
    student : str
        The name of the folder in ``submitted/``.
    action : str
        ``"placed"``, ``"replaced"``, ``"unchanged"`` or ``"kept"``: the same or a newer one was there.
    platform, name, number : str
        Where it came from, and what the person is called there.
    late : bool
        Whether the platform marks it as late.
    when : str
        When it was handed in, in UTC; empty if the download does not say.
    attempts : int
        How many attempts the download has.
    notes : tuple of str
        What a person should know.
    """

    student: str
    action: str
    platform: str
    name: str
    number: str
    late: bool = False
    when: str = ""
    attempts: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collection:
    """What a download came to.

    Parameters
    ----------
    assignment : str
        The assignment's name.
    students : tuple of Collected
        Sorted by student.
    lost : mapping of str to str
        Files that could not be placed, and why.
    """

    assignment: str
    students: tuple[Collected, ...]
    lost: Mapping[str, str]

    def count(self, action: str) -> int:
        """How many hand-ins ended so."""
        return sum(item.action == action for item in self.students)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        students = [asdict(item) for item in self.students]
        return {"assignment": self.assignment, "students": students, "lost": dict(self.lost)}


def collect(
    course: Course, assignment: str, source: Path, *, roster: Path | None = None, timezone: Any = None
) -> Collection:
    """Place downloaded work.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment's name.
    source : Path
        A folder or a zip file.
    roster : Path, optional
        Canvas's exported gradebook, Moodle's grading worksheet, or a CSV file with the columns ``student``,
        ``lms_id`` and ``name``: says which student has which number or name.
    timezone : tzinfo, optional
        Of the times in the archive; this machine's without it.

    Returns
    -------
    Collection
        What was placed, kept and lost.

    Raises
    ------
    CourseError
        If the assignment, the source or the roster cannot be used, or the archive is refused.
    """
    course.require(assignment)
    wanted = _wanted(course, assignment)
    people = read_roster(roster) if roster else {}
    known = _known_numbers(course)
    with open_source(source) as (entries, links):
        pieces, lost = read_names(entries, assignment)
        lost |= dict.fromkeys(links, "it is a symbolic link")
        hands = _by_person(pieces)
        names = _students(tuple(hands), people, known)
        done = []
        for person, found in hands.items():
            attempt, count = _last_attempt(found)
            files, notes = _files(attempt, wanted)
            item = _describe(names[person], attempt, count, timezone)
            done.append(_place(course, assignment, replace(item, notes=(*notes, *item.notes)), files))
    if not done:
        raise CourseError(
            f"Nothing in {source.name} could be placed ({len(lost)} files).",
            f"Give it one folder for each student, such as ada/{assignment}/{assignment}.ipynb.",
        )
    result = Collection(assignment, tuple(sorted(done, key=lambda item: item.student)), lost)
    _record(course, result)
    return result


def collected(course: Course, assignment: str) -> dict[str, Collected]:
    """Everything that was collected so far, by student."""
    path = _record_path(course, assignment)
    if not path.is_file():
        return {}
    found = [
        Collected(**{**item, "notes": tuple(item["notes"])}) for item in json.loads(path.read_text("utf-8"))
    ]
    return {item.student: item for item in found}


def _record(course: Course, result: Collection) -> None:
    everybody = collected(course, result.assignment) | {item.student: item for item in result.students}
    rows = [asdict(everybody[name]) for name in sorted(everybody)]
    write_atomically(
        _record_path(course, result.assignment), json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    )


def _record_path(course: Course, assignment: str) -> Path:
    return course.report(assignment).with_name(f"{assignment}.collected.json")


def _wanted(course: Course, assignment: str) -> dict[str, frozenset[str]]:
    """Names of the notebooks to be handed in, each with the ids of its graded cells."""
    folder = course.release(assignment).parent
    folder = folder if any(folder.glob("*.ipynb")) else course.source(assignment).parent
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        ids = (cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells)
        found[path.name] = frozenset(name for name in ids if name)
    return found


def read_roster(path: Path) -> dict[str, str]:
    """Read who is who; keys are a platform's numbers, and names as `student_name` writes them.

    Raises
    ------
    CourseError
        If it is no CSV file with such columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeError, csv.Error) as problem:
        raise CourseError(f"{path} cannot be read ({problem}).", "Name a CSV file in UTF-8.") from problem
    people: dict[str, set[str]] = {}
    for row in rows:
        login = _first(row, _LOGINS) or (row.get("Email address") or "").split("@")[0]
        number, name = _first(row, _NUMBERS), _first(row, _NAMES)
        if not login or not (number or name) or name == "Points Possible":
            continue
        keys = {number.split()[-1]} if number else set()
        for key in keys | _ways_to_write(name):
            people.setdefault(key, set()).add(login)
    if not people:
        raise CourseError(
            f"{path.name} says of nobody who they are.",
            "Give it the columns student and lms_id (or name), or use the platform's own export.",
        )
    # A name that two people have tells nothing.
    return {key: next(iter(logins)) for key, logins in people.items() if len(logins) == 1}


def _ways_to_write(name: str) -> set[str]:
    """A name as folders have it: `Pérez, José` as jose-perez, and as Canvas writes it, perezjose."""
    turned = " ".join(reversed(name.split(",")))
    plain = {student_name(name), student_name(turned)}
    return {key for way in plain for key in (way, way.replace("-", "")) if key}


def _first(row: Mapping[str, str | None], columns: Iterable[str]) -> str:
    return next((value.strip() for name in columns if (value := row.get(name))), "").strip()


def _known_numbers(course: Course) -> dict[str, str]:
    """Platform numbers that the gradebook knows."""
    with open_gradebook(course) as gradebook:
        return {str(item.lms_user_id): item.id for item in gradebook.students if item.lms_user_id}


def _by_person(pieces: Sequence[Piece]) -> dict[tuple[str, str, str], list[Piece]]:
    hands: dict[tuple[str, str, str], list[Piece]] = {}
    for piece in pieces:
        hands.setdefault((piece.platform, piece.name, piece.number), []).append(piece)
    return hands


def _students(
    persons: Sequence[tuple[str, str, str]], people: Mapping[str, str], known: Mapping[str, str]
) -> dict[tuple[str, str, str], str]:
    """Give everybody one folder; two people of one name get their numbers behind it."""
    names = {person: _student(person, people, known) for person in persons}
    taken = list(names.values())
    return {
        person: f"{name}-{person[2]}" if taken.count(name) > 1 else name for person, name in names.items()
    }


def _student(person: tuple[str, str, str], people: Mapping[str, str], known: Mapping[str, str]) -> str:
    """Who somebody is: by the roster, by the gradebook, or by the name."""
    platform, name, number = person
    slug = student_name(name)
    # A number of Moodle's holds for one assignment, so that the gradebook cannot know it.
    by_number = people.get(number) or (known.get(number) if platform == "canvas" else None)
    if by_number or (slug and slug in people):
        return by_number or people[slug]
    if platform in ("plain", "blackboard"):
        return number
    return slug if slug and slug != "participant" else f"{platform}-{number}"


def student_name(name: str) -> str:
    """Make a folder name of a person's: small letters and hyphens; accents go, other scripts stay."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", plain).casefold()).strip("-")


def _last_attempt(pieces: Sequence[Piece]) -> tuple[list[Piece], int]:
    """Choose the last attempt of a person's; return its files and how many attempts there are."""
    attempts = sorted({piece.attempt for piece in pieces})
    return [piece for piece in pieces if piece.attempt == attempts[-1]], len(attempts)


def _files(
    pieces: Sequence[Piece], wanted: Mapping[str, frozenset[str]]
) -> tuple[dict[PurePosixPath, bytes], tuple[str, ...]]:
    """Give each file its place; of several copies of a notebook the last counts."""
    copies: dict[PurePosixPath, list[tuple[int, Piece]]] = {}
    for piece in pieces:
        name, number = _original(piece.file, wanted)
        copies.setdefault(name, []).append((number, piece))
    files, notes = {}, []
    for name, found in copies.items():
        found.sort(key=lambda item: (item[0], item[1].entry.modified or datetime.min))
        files[name] = found[-1][1].entry.read()
        taken = found[-1][1].file
        if len(found) > 1:
            others = ", ".join(f"`{piece.file}`" for _, piece in found[:-1])
            notes.append(f"of several copies `{taken}` was taken, not {others}")
        elif taken != name:
            notes.append(f"`{taken}` was taken as `{name}`")
    return _recognise(files, wanted, notes)


def _original(file: PurePosixPath, wanted: Mapping[str, Any]) -> tuple[PurePosixPath, int]:
    """The name of a file before somebody's program made it that of a copy, and the number of the copy."""
    if file.name in wanted or file.suffix != ".ipynb":
        return file, 0
    match = _COPY.search(file.stem)
    if match and f"{file.stem[: match.start()]}{file.suffix}" in wanted:
        return file.with_name(f"{file.stem[: match.start()]}{file.suffix}"), int(match[match.lastgroup or 0])
    return file, 0


def _recognise(
    files: dict[PurePosixPath, bytes], wanted: Mapping[str, frozenset[str]], notes: list[str]
) -> tuple[dict[PurePosixPath, bytes], tuple[str, ...]]:
    """Find notebooks that were renamed by the graded cells in them."""
    for name in [PurePosixPath(name) for name in wanted if PurePosixPath(name) not in files]:
        ids = wanted[name.name]
        same = [
            path
            for path, content in files.items()
            if path.suffix == ".ipynb" and path.name not in wanted and _ids(content) & ids
        ]
        if len(same) == 1:
            files[name] = files.pop(same[0])
            notes.append(f"`{same[0]}` has the cells of `{name}` and was taken as it")
        else:
            notes.append(f"`{name}` is not there: ask for it")
    return files, tuple(notes)


def _ids(content: bytes) -> frozenset[str]:
    """Names of graded cells in a file that may be anything."""
    return frozenset(match.decode() for match in re.findall(rb'"grade_id"\s*:\s*"([\w.-]+)"', content))


def _describe(student: str, pieces: Sequence[Piece], attempts: int, timezone: Any) -> Collected:
    """Say what is known of a hand-in."""
    first = pieces[0]
    times = [piece.when for piece in pieces if piece.when is not None]
    when = max(times).replace(tzinfo=timezone).astimezone(UTC) if times else None
    late = any(piece.late for piece in pieces)
    notes = [f"the last of {attempts} attempts was taken"] if attempts > 1 else []
    if late:
        notes.append("marked late by Canvas, which does not say by how much: no penalty is taken")
    text = when.strftime("%Y-%m-%d %H:%M:%S UTC") if when else ""
    return Collected(
        student, "placed", first.platform, first.name, first.number, late, text, attempts, tuple(notes)
    )


def _place(
    course: Course, assignment: str, item: Collected, files: Mapping[PurePosixPath, bytes]
) -> Collected:
    """Write a hand-in, unless the same or a newer one is there; keep what it replaces."""
    if not re.fullmatch(r"[^./\\+\0][^/\\+\0]*", item.student):
        raise CourseError(
            f"`{item.student}` cannot be the name of a student's folder.", "Rename it, or use --roster."
        )
    target = course.submitted(item.student, assignment)
    contents = dict(files)
    stamp = PurePosixPath("timestamp.txt")
    if item.when and item.platform != "plain":
        contents[stamp] = f"{item.when}\n".encode()
    if not target.exists():
        _write(target, contents)
        return item
    there = {
        PurePosixPath(path.relative_to(target).as_posix()): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    if {k: v for k, v in there.items() if k != stamp} == {k: v for k, v in contents.items() if k != stamp}:
        return replace(item, action="unchanged")
    if _newer(there.get(stamp), contents.get(stamp)):
        note = "what is in submitted/ was handed in later and was kept"
        return replace(item, action="kept", notes=(*item.notes, note))
    digest = hashlib.blake2b(repr(sorted(there.items())).encode(), digest_size=4).hexdigest()
    earlier = course.report(assignment).parent / "earlier" / assignment / item.student / digest
    shutil.rmtree(earlier, ignore_errors=True)
    earlier.parent.mkdir(parents=True, exist_ok=True)
    target.rename(earlier)
    _write(target, contents)
    note = f"the earlier one lies in {earlier.relative_to(course.root)}"
    return replace(item, action="replaced", notes=(*item.notes, note))


def _newer(old: bytes | None, new: bytes | None) -> bool:
    """Whether the time of what is there lies after that of what was downloaded."""
    if old is None or new is None:
        return False
    with suppress(ValueError, OverflowError, UnicodeError):
        return bool(parse_utc(old.decode().strip()) > parse_utc(new.decode().strip()))
    return False


def _write(target: Path, contents: Mapping[PurePosixPath, bytes]) -> None:
    """Write a folder that appears whole or not at all."""
    staging = target.with_name(f".{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for name, content in contents.items():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    staging.rename(target)
