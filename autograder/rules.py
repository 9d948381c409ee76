"""What an assignment declares besides its notebooks: where tests run, and what answers may import.

A course writes it into ``authoring/NAME.toml`` of the course folder. Without such a file tests run apart, and
answers may import everything that is installed but the course's own packages::

    imports = ["math", "numpy", "mlpkit.datasets"]   # what answers may import
    operators = ["Dual"]                             # the student's classes whose operators tests may use
    argument_writes = "copy"                         # changes of arguments come back to all tests
    mode = "in-process"                              # tests stand beside the student's code
    zeros_may_pass = ["test-of-a-flat-place"]        # tests whose right answer is zero

    [[lectures]]                                     # where what a check asks is explained: for feedback
    title = "03 · Activations"
    file = "03-activations.ipynb"
    explains = ["test-sigmoid*", "test-tanh*"]       # names of checks; * stands for anything
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .errors import CourseError

__all__ = [
    "IN_PROCESS",
    "KEY_FILE",
    "SPLIT",
    "Lecture",
    "Rules",
    "explained_in",
    "read_key",
    "read_lectures",
    "read_rules",
]

SPLIT, IN_PROCESS = "split", "in-process"
# Whoever knows the key knows the numbers of the hidden tests: it is ignored by git.
KEY_FILE = "course_key"
_KEY_LENGTH = 200
# Said beside the rules, but nothing that a grade depends on: a change of it grades nobody again.
_LECTURES = "lectures"
_CHOICES = {"mode": (SPLIT, IN_PROCESS), "argument_writes": ("ignore", "copy")}


@dataclass(frozen=True)
class Rules:
    """What an assignment declares.

    Parameters
    ----------
    mode : {"split", "in-process"}
        Whether tests run in a process of their own. Beside the student's code they can be read and fooled.
    imports : tuple of str or None
        Modules that answers may import, with all below them; ``None`` allows what is installed, except
        packages that lie beside the course.
    operators : tuple of str
        Classes of the student whose operators tests may use.
    argument_writes : {"ignore", "copy"}
        Whether changes that student code makes to its arguments come back to the test.
    zeros_may_pass : tuple of str
        Tests whose right answer is zero, nothing or false; ``autograder verify`` lets them be.
    """

    mode: str = SPLIT
    imports: tuple[str, ...] | None = None
    operators: tuple[str, ...] = ()
    argument_writes: str = "ignore"
    zeros_may_pass: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {choices}, got {getattr(self, name)!r}.")

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rules:
        """Undo `to_dict`, after a journey as JSON."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)


def read_rules(root: Path, assignment: str) -> Rules:
    """Read what an assignment declares.

    Parameters
    ----------
    root : Path
        The course folder.
    assignment : str
        The assignment's name.

    Raises
    ------
    CourseError
        If the file is not TOML, or says what is not known.
    """
    path = _path(root, assignment)
    try:
        found = _declared(path)
        found.pop(_LECTURES, None)
        unknown = sorted(found.keys() - Rules.__dataclass_fields__.keys())
        if unknown:
            raise ValueError(f"`{unknown[0]}` is not known")
        for name in ("imports", "operators", "zeros_may_pass"):
            words = found.get(name, [])
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise ValueError(f"{name} must be a list of names, got {words!r}")
        return Rules.from_dict(found)
    except (ValueError, TypeError) as problem:
        raise CourseError(
            f"{path.name} cannot be used: {problem}.",
            f"It may hold: {', '.join(Rules.__dataclass_fields__)}. See docs/splitting-tests.md.",
        ) from problem


@dataclass(frozen=True)
class Lecture:
    """Where something that an assignment asks is explained.

    Parameters
    ----------
    title : str
        As students know it.
    file : str
        Its file name, without a folder.
    explains : tuple of str
        Names of graded cells; ``*`` stands for anything.
    """

    title: str
    file: str
    explains: tuple[str, ...] = ()


def explained_in(lectures: Sequence[Lecture], name: str) -> Lecture | None:
    """The first lecture that explains what a graded cell asks, if any does."""
    return next((one for one in lectures if any(fnmatchcase(name, say) for say in one.explains)), None)


def read_lectures(root: Path, assignment: str) -> tuple[Lecture, ...]:
    """Read which lectures explain an assignment; without such a table, none.

    Parameters
    ----------
    root : Path
        The course folder.
    assignment : str
        The assignment's name.

    Raises
    ------
    CourseError
        If the table says what is not known.
    """
    path = _path(root, assignment)
    try:
        return tuple(map(_lecture, _declared(path).get(_LECTURES, [])))
    except (ValueError, TypeError) as problem:
        raise CourseError(
            f"[[{_LECTURES}]] of {path.name} cannot be used: {problem}.",
            "Each has a title, a file and explains, a list of names. See docs/writing-an-assignment.md.",
        ) from problem


def _lecture(entry: Any) -> Lecture:
    """One entry of the table, checked."""
    if not isinstance(entry, dict) or set(entry) != {"title", "file", "explains"}:
        raise ValueError(f"an entry must have title, file and explains, got {entry!r}")
    title, file, explains = entry["title"], entry["file"], entry["explains"]
    if not isinstance(title, str) or not isinstance(file, str) or Path(file).name != file or not file:
        raise ValueError(f"title and file must be texts, file without a folder, got {title!r} and {file!r}")
    if not isinstance(explains, list) or not all(isinstance(name, str) for name in explains):
        raise ValueError(f"explains must be a list of names, got {explains!r}")
    return Lecture(title, file, tuple(explains))


def _path(root: Path, assignment: str) -> Path:
    return root / "authoring" / f"{assignment}.toml"


def _declared(path: Path) -> dict[str, Any]:
    """What an author has written; nothing if there is no such file."""
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def read_key(root: Path) -> str:
    """Read the course key, a line in the file ``course_key`` of the course folder; empty if there is none.

    Hidden tests draw their numbers from it, so that last year's numbers are of no use to anybody.

    Raises
    ------
    CourseError
        If the file is not one line of text.
    """
    path = root / KEY_FILE
    if not path.is_file():
        return ""
    try:
        key = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        key = "not\ntext"
    if len(key.splitlines()) > 1 or len(key) > _KEY_LENGTH:
        raise CourseError(
            f"{KEY_FILE} must hold one line of at most {_KEY_LENGTH} characters.", "Write a word of your own."
        )
    return key
