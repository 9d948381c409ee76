"""Delete what a course holds of one student: hand-ins, copies, pages, records, points.

Every step can be repeated, so whoever is interrupted runs it again. What people keep beside the course folder
(backups, downloads, an exchange, git) is theirs to delete; `docs/privacy.md` lists it.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry

from .collect import collected
from .course import Course, CourseError
from .files import write_atomically
from .gradebook import is_there, open_gradebook
from .record import load, save
from .turns import held

__all__ = ["Forgotten", "Traces", "find_traces", "forget"]

_STEPS = ("submitted", "autograded", "feedback")
_PAGES = (".html", ".csv")  # of the whole class; `report` and `export` write them again
_TEXTS = (*_PAGES, ".json", ".jsonl", ".py", ".md", ".txt", ".toml")


@dataclass(frozen=True)
class Traces:
    """What a course holds of a student.

    Parameters
    ----------
    student : str
        The student's name in the course.
    names : tuple of str
        This name, and those by which platforms know the student.
    folders : tuple of Path
        With work of the student.
    records : tuple of Path
        With lines of the student among those of others.
    pages : tuple of Path
        Of the whole class, which name the student; they are deleted, and can be written again.
    in_gradebook : bool
        Whether the gradebook knows the student.
    """

    student: str
    names: tuple[str, ...]
    folders: tuple[Path, ...]
    records: tuple[Path, ...]
    pages: tuple[Path, ...]
    in_gradebook: bool

    def __bool__(self) -> bool:
        return bool(self.folders or self.records or self.pages or self.in_gradebook)


@dataclass(frozen=True)
class Forgotten:
    """What was deleted, and which files still hold the name.

    Parameters
    ----------
    traces : Traces
        What was there, and is no more.
    left : tuple of Path
        Files of the course folder with the name in them, which a person has to look at: it may be part of
        another word.
    """

    traces: Traces
    left: tuple[Path, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        found = {field.name: _written(getattr(self.traces, field.name)) for field in fields(self.traces)}
        return {**found, "left": _written(self.left)}


def find_traces(course: Course, student: str) -> Traces:
    """Find what a course holds of a student; nothing is changed.

    Raises
    ------
    CourseError
        If the name is none that a student can have.
    """
    if not student or student in (".", "..") or any(sign in student for sign in "/\\\0*"):
        raise CourseError(f"`{student}` is not a student's name.", "Write it as its folder is called.")
    known, assignments = _in_gradebook(course, student)
    report = course.report("x").parent
    assignments |= {path.name.removesuffix(".outcomes.json") for path in report.glob("*.outcomes.json")}
    folders = sorted({folder for name in assignments for folder in _folders(course, student, name)})
    files = sorted({*report.glob("*.json"), *map(course.outcomes, assignments)})
    records = tuple(path for path in files if _without(path, student) is not None)
    names = tuple(sorted({student} | set(_on_platforms(course, student, assignments))))
    pages = tuple(path for path in _naming([report], names) if path.suffix in _PAGES)
    return Traces(student, names, tuple(folders), records, pages, known)


def _in_gradebook(course: Course, student: str) -> tuple[bool, set[str]]:
    """Whether the gradebook knows a student, and the assignments that it knows."""
    if not is_there(course):
        return False, set()
    with open_gradebook(course) as gradebook:
        students = {person.id for person in gradebook.students}
        return student in students, {item.name for item in gradebook.assignments}


def _on_platforms(course: Course, student: str, assignments: Iterable[str]) -> Iterator[str]:
    """The names under which work of a student was collected."""
    for assignment in assignments:
        item = collected(course, assignment).get(student)
        if item is not None and item.name:
            yield item.name


def forget(course: Course, student: str) -> Forgotten:
    """Delete what a course holds of a student.

    Raises
    ------
    CourseError
        If nothing is known of the student.
    """
    traces = find_traces(course, student)
    if not traces:
        raise CourseError(
            f"Nothing is known of `{student}`.", "Names are those of the folders below submitted/."
        )
    for folder in traces.folders:
        shutil.rmtree(folder, ignore_errors=True)
    for path in traces.records:
        _drop(path, student)
    for path in traces.pages:
        path.unlink(missing_ok=True)
    if traces.in_gradebook:
        _drop_from_gradebook(course, student)
    places = [course.root, course.report("x").parent]
    return Forgotten(traces, tuple(_naming(places, traces.names)))


def _folders(course: Course, student: str, assignment: str) -> Iterator[Path]:
    """Where work of a student on an assignment lies; the student's own folder, if there is one."""
    for step in _STEPS:
        folder = course.step(step, student, assignment)
        own = folder.parent if folder.parent.name == student else folder
        if own.is_dir() or own.is_symlink():
            yield own
    earlier = course.report(assignment).parent / "earlier" / assignment / student
    if earlier.is_dir():
        yield earlier


def _without(path: Path, student: str) -> Any | None:
    """What a record holds without the lines of a student; ``None`` if it has none of them."""
    if path.name.endswith(".outcomes.json"):
        record = load(path)
        return list(record.values()) if record.pop(student, None) else None
    try:
        data = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    if isinstance(data, dict) and student in data.get("students", ()):
        return {
            **data,
            "students": {name: item for name, item in data["students"].items() if name != student},
        }
    if isinstance(data, list):
        others = [item for item in data if not (isinstance(item, dict) and item.get("student") == student)]
        return others if len(others) < len(data) else None
    return None


def _drop(path: Path, student: str) -> None:
    """Write a record again without the lines of a student."""
    if path.name.endswith(".outcomes.json"):
        with held(path.with_name(f".{path.name}.lock")):  # a run may be adding to it
            save(path, [outcome for name, outcome in load(path).items() if name != student])
        return
    others = _without(path, student)
    if others is not None:
        write_atomically(path, json.dumps(others, indent=1, ensure_ascii=False) + "\n")


def _drop_from_gradebook(course: Course, student: str) -> None:
    """Remove the student's rows; SQLite overwrites what it deletes only when its file is written anew."""
    with open_gradebook(course) as gradebook:
        try:
            gradebook.remove_student(student)
        except MissingEntry:
            return
    if course.gradebook_file is not None:
        with closing(sqlite3.connect(course.gradebook_file)) as file:
            file.execute("VACUUM")


def _naming(folders: Iterable[Path], names: Iterable[str]) -> Iterator[Path]:
    """Text files in these folders in which one of the names stands as a word, sorted."""
    words = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    for path in sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir()):
        if path.is_file() and path.suffix in _TEXTS and words.search(path.read_text("utf-8", "replace")):
            yield path


def _written(value: Any) -> Any:
    """Paths as texts."""
    return [str(item) for item in value] if isinstance(value, tuple) else value
