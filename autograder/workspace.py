"""A student's own copy of the lectures and problem sets, which an update never overwrites.

The course is delivered into a folder, the workspace, and goes on changing; so does what the student makes of
it. An update therefore looks at three versions of each file: the one delivered last (its digest is in
``.course/delivered.json``), the student's and the course's new one. A file in which nothing was typed
follows the course; one that was worked on stays, and the new version is put beside it.

Works with the standard library alone, on any system.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any

from .errors import CourseError

__all__ = ["Change", "Delivered", "Workspace", "course_files", "find_course", "typed", "update"]

_RECORD = Path(".course") / "delivered.json"
_CHECKPOINTS = ".ipynb_checkpoints"
_RELEASE = "assignments/release"
_PAGES = ("docs/glossary.md", "docs/errata.md")  # what lectures link to
_SKIPPED = (".py", ".pyc")


class Change(Enum):
    """What an update did with one file."""

    NEW = "new"
    UPDATED = "updated"
    KEPT = "kept as you left it"
    SAME = "up to date"
    GONE = "no longer in the course"


@dataclass(frozen=True)
class Delivered:
    """What an update did with one file.

    Parameters
    ----------
    name : str
        The file's path in the workspace, with forward slashes.
    change : Change
        What was done.
    beside : str
        The path of the course's new version, if one was put beside the student's.
    """

    name: str
    change: Change
    beside: str = ""

    def __str__(self) -> str:
        extra = f"; the course's new version is beside it: {self.beside}" if self.beside else ""
        return f"{self.name}: {self.change.value}{extra}"


@dataclass(frozen=True)
class Workspace:
    """A folder in which somebody learns.

    Parameters
    ----------
    root : Path
        The folder; it has ``lectures/`` and ``assignments/release/`` as the course has, so that the links
        from notebook to notebook work.
    course : Path
        The course that it was made from.
    """

    root: Path
    course: Path

    @classmethod
    def find(cls, folder: Path | None = None) -> Workspace:
        """Open a workspace.

        Parameters
        ----------
        folder : Path, optional
            The workspace. Without it: the folder that the variable WORKSPACE names, the current folder and
            its parents, then ``workspace`` in the course.

        Raises
        ------
        CourseError
            If there is none, or its record cannot be read.
        """
        for candidate in [folder] if folder else _candidates():
            if (candidate / _RECORD).is_file():
                data = _read_record(candidate)
                return cls(candidate.resolve(), Path(data["course"]))
        raise CourseError(
            f"There is no workspace in {folder or 'this folder or above it'}.",
            "Make one with `make lab` or `autograder workspace`, or name it with --workspace.",
        )

    def notebook(self, name: str) -> Path:
        """The student's notebook of a problem set (``ps3``) or lecture (``09``, or its whole name).

        Raises
        ------
        CourseError
            If the course has none of this name.
        """
        return self.root / self.relative(name)

    def relative(self, name: str) -> str:
        """The path of a notebook below the workspace and below the course; `name` as for `notebook`."""
        notebooks = [Path(path) for path in course_files(self.course) if path.endswith(".ipynb")]
        found = [path for path in notebooks if _answers_to(path, plain_name(name))]
        if len(found) == 1:
            return found[0].as_posix()
        known = ", ".join(path.stem for path in notebooks)
        meant = did_you_mean(name, [path.stem for path in notebooks])
        raise CourseError(
            f"`{name}` is {'more than one' if found else 'no'} notebook of this course.",
            f"{meant}There are: {known}.",
        )

    def assignments(self) -> tuple[str, ...]:
        """The names of the problem sets, sorted."""
        folder = self.course / _RELEASE
        return tuple(sorted(path.parent.name for path in folder.glob("*/*.ipynb") if _is_own(path)))

    def lectures(self) -> tuple[str, ...]:
        """The names of the lectures, sorted, without ``.ipynb``."""
        return tuple(sorted(path.stem for path in (self.course / "lectures").glob("*.ipynb")))

    def reset(self, name: str, now: datetime) -> tuple[Path, Path | None]:
        """Put the course's version of one notebook in place; keep the student's under a name with the date.

        Returns
        -------
        fresh : Path
            The notebook as the course has it now.
        kept : Path or None
            Where the student's lies now; ``None`` if there was none, or nothing was typed into it.
        """
        relative = self.relative(name)
        fresh, kept = self.root / relative, None
        if fresh.exists() and typed(fresh) != typed(self.course / relative):
            kept = free_name(fresh, f"-kept-{now:%Y-%m-%d-%H%M%S}")
            os.replace(fresh, kept)
        copy_file(self.course / relative, fresh)
        record = _read_record(self.root)
        record["files"][relative] = typed(fresh)
        _write_record(self.root, record)
        return fresh, kept


def find_course(folder: Path | None = None) -> Path:
    """The folder that holds ``lectures/`` and ``assignments/release/``.

    Parameters
    ----------
    folder : Path, optional
        Where it should be. Without it, the current folder, its parents, and where this package lies.

    Raises
    ------
    CourseError
        If there is none.
    """
    here = Path.cwd()
    for candidate in [folder] if folder else [here, *here.parents, Path(__file__).resolve().parents[1]]:
        if (candidate / "lectures").is_dir() and (candidate / _RELEASE).is_dir():
            return candidate.resolve()
    raise CourseError(
        f"There is no course in {folder or 'this folder or above it'}: it has lectures/ and {_RELEASE}/.",
        "Go to the folder of the course, or name it with --course.",
    )


def course_files(course: Path) -> list[str]:
    """Everything that students get, as sorted paths below the course: notebooks, data, what they link to."""
    found = [*(course / "lectures").glob("*.ipynb"), *(course / page for page in _PAGES)]
    found += (course / _RELEASE).rglob("*")
    return sorted(
        path.relative_to(course).as_posix() for path in found if path.is_file() and _is_delivered(path)
    )


def update(root: Path, course: Path) -> tuple[Delivered, ...]:
    """Bring a workspace up to date, or make it; nothing in which somebody typed is overwritten.

    A notebook that was only run counts as untouched: outputs come again with *Run All*.

    Parameters
    ----------
    root : Path
        The workspace.
    course : Path
        The course, as `find_course` returns it.
    """
    if root.resolve() == course or course.is_relative_to(root.resolve()):
        raise CourseError(f"{root} holds the course itself.", "Name another folder for the workspace.")
    if root.exists() and not root.is_dir():
        raise CourseError(f"{root} is a file, and a workspace is a folder.", "Name another one.")
    before: Mapping[str, str] = _read_record(root)["files"] if (root / _RECORD).exists() else {}
    names = course_files(course)
    done = tuple(_deliver(root, course, name, before.get(name)) for name in names)
    gone = sorted(name for name in before if name not in names and (root / name).exists())
    files = {name: typed(course / name) for name in names} | {name: before[name] for name in gone}
    _write_record(root, {"course": str(course), "files": files})
    return (*done, *(Delivered(name, Change.GONE) for name in gone))


def _deliver(root: Path, course: Path, name: str, before: str | None) -> Delivered:
    """Bring one file up to date; `before` is the digest of what was delivered last."""
    mine, theirs = root / name, course / name
    if not mine.exists():
        copy_file(theirs, mine)
        return Delivered(name, Change.NEW)
    my_digest, new_digest = typed(mine), typed(theirs)
    if my_digest == new_digest:
        return Delivered(name, Change.SAME)
    if my_digest == before:
        copy_file(theirs, mine)
        return Delivered(name, Change.UPDATED)
    if new_digest == before:
        return Delivered(name, Change.KEPT)
    beside = free_name(mine, "-new-version")
    copy_file(theirs, beside)
    return Delivered(name, Change.KEPT, beside.relative_to(root).as_posix())


def typed(path: Path) -> str:
    """A digest of what people typed: of a notebook's cells without outputs, of the bytes of other files.

    A notebook that cannot be read is compared by its bytes, so that it counts as changed and is kept.
    """
    data = path.read_bytes()
    if path.suffix == ".ipynb":
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            data = json.dumps([_typed_cell(cell) for cell in json.loads(data)["cells"]]).encode()
    return hashlib.sha256(data).hexdigest()


def _typed_cell(cell: Mapping[str, Any]) -> list[Any]:
    """Kind, text and pasted pictures of a cell; editors write a text as one string or as a list of lines."""
    return [cell["cell_type"], "".join(cell["source"]), cell.get("attachments") or {}]


def copy_file(source: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".half-", dir=target.parent)
    os.close(descriptor)
    shutil.copyfile(source, name)
    os.chmod(name, 0o644)
    os.replace(name, target)


def free_name(path: Path, ending: str) -> Path:
    """A path beside `path` that nothing has yet: its name with `ending`, and a number if need be."""
    tries: Iterable[str] = (f"{ending}{'' if n == 1 else f'-{n}'}" for n in range(1, 10_000))
    return next(
        candidate
        for end in tries
        if not (candidate := path.with_name(path.stem + end + path.suffix)).exists()
    )


def _candidates() -> list[Path]:
    """Where a workspace may be, most telling first."""
    here = Path.cwd()
    named = os.environ.get("WORKSPACE")
    near = [here, *here.parents, Path(__file__).resolve().parents[1]]
    return [*([Path(named)] if named else []), *near[:-1], *(folder / "workspace" for folder in near)]


def plain_name(said: str) -> str:
    """What a person means who says ``PS3``, ``ps3.ipynb`` or a path that ends so: ``ps3``."""
    return said.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].lower().removesuffix(".ipynb")


def did_you_mean(said: str, known: Iterable[str]) -> str:
    """A sentence with the name that comes closest, or nothing if none is close."""
    close = get_close_matches(plain_name(said), list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _answers_to(path: Path, name: str) -> bool:
    """Whether a person who says `name` may mean this notebook: ``09`` or ``9`` is enough for a lecture."""
    number = path.stem.split("-")[0]
    return path.stem.lower() == name or (path.parent.name == "lectures" and number == name.zfill(2))


def _is_own(path: Path) -> bool:
    """Whether a notebook is the one that its folder is named after."""
    return path.stem == path.parent.name


def _is_delivered(path: Path) -> bool:
    return _CHECKPOINTS not in path.parts and path.suffix not in _SKIPPED and not path.name.startswith(".")


def _read_record(root: Path) -> dict[str, Any]:
    path = root / _RECORD
    try:
        data = json.loads(path.read_text("utf-8"))
        return {"course": str(data["course"]), "files": dict(data["files"])}
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise CourseError(
            f"{path} is not a record of what was delivered ({problem}).",
            "Delete it and update the workspace: every file that differs from the course's is kept.",
        ) from problem


def _write_record(root: Path, record: Mapping[str, Any]) -> None:
    path = root / _RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_text(json.dumps(record, indent=1), "utf-8")
    os.replace(half, path)
