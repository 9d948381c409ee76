"""The student copy as a zip file for a platform: the same bytes every time, and nothing hidden in it."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

from .course import Course, CourseError

__all__ = ["Zipped", "write_zip"]

# The earliest date that a zip file can hold; the files' own would differ on every machine.
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16
_LEFT_OUT = ("__pycache__",)


@dataclass(frozen=True)
class Zipped:
    """A zip file of a student copy.

    Parameters
    ----------
    path : Path
        Where it lies.
    files : tuple of str
        Names of the files in it, sorted; all in one folder called like the assignment.
    size : int
        Of the zip file, in bytes.
    """

    path: Path
    files: tuple[str, ...]
    size: int


def write_zip(course: Course, assignment: str) -> Zipped:
    """Put the student copy and the files beside it into ``release/NAME.zip``.

    Links, and files and folders whose names begin with a dot, stay out.

    Raises
    ------
    CourseError
        If there is no student copy, or a file of it holds the mark of a solution or of a hidden test.
    """
    folder = course.release(assignment).parent
    contents = _contents(folder, assignment) if folder.is_dir() else {}
    if not any(name.endswith(".ipynb") for name in contents):
        raise CourseError(f"`{assignment}` has no student copy.", f"Run: autograder release {assignment}")
    _require_nothing_hidden(contents, _marks(course))
    path = folder.parent / f"{assignment}.zip"
    _write(path, contents)
    return Zipped(path, tuple(contents), path.stat().st_size)


def _contents(folder: Path, assignment: str) -> dict[str, bytes]:
    """The files of a folder by their names in the zip file, sorted."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _LEFT_OUT for part in parts)
        linked = any(parent.is_symlink() for parent in (path, *path.parents) if folder in parent.parents)
        if path.is_file() and not hidden and not linked:
            found[PurePosixPath(assignment, *parts).as_posix()] = path.read_bytes()
    return dict(sorted(found.items()))


def _marks(course: Course) -> tuple[str, ...]:
    """What begins and ends a solution, a hidden test or a mark scheme in this course."""
    solution = ClearSolutions(config=course.config)
    hidden, scheme = ClearHiddenTests(config=course.config), ClearMarkScheme(config=course.config)
    return (
        solution.begin_solution_delimeter,
        solution.end_solution_delimeter,
        hidden.begin_test_delimeter,
        hidden.end_test_delimeter,
        scheme.begin_mark_scheme_delimeter,
        scheme.end_mark_scheme_delimeter,
    )


def _require_nothing_hidden(contents: dict[str, bytes], marks: Iterable[str]) -> None:
    """Refuse a copy that would give students what they must not have."""
    for mark in marks:
        for name, content in contents.items():
            if mark.encode() in content:
                raise CourseError(
                    f"{name} holds `{mark}`, so something that students must not see may be in it.",
                    "Take that file out of source/, or mend it, and release again; no zip file was written.",
                )


def _write(path: Path, contents: dict[str, bytes]) -> None:
    """Write a zip file whose bytes depend on the contents alone, in one step.

    Nothing is compressed: what a compressor makes differs between its versions, and notebooks are small.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file, content in contents.items():
            entry = zipfile.ZipInfo(file, _DATE)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, content)
    os.chmod(name, 0o644)
    os.replace(name, path)
