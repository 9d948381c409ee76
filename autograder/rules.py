"""What an assignment declares besides its notebooks: where tests run, and what answers may import.

A course writes it into ``authoring/NAME.toml`` of the course folder. Without such a file tests run apart, and
answers may import everything that is installed but the course's own packages::

    imports = ["math", "numpy", "mlpkit.datasets"]   # what answers may import
    operators = ["Dual"]                             # the student's classes whose operators tests may use
    argument_writes = "copy"                         # changes of arguments come back to all tests
    mode = "in-process"                              # tests stand beside the student's code
    zeros_may_pass = ["test-of-a-flat-place"]        # tests whose right answer is zero
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import CourseError

__all__ = ["IN_PROCESS", "KEY_FILE", "SPLIT", "Rules", "read_key", "read_rules"]

SPLIT, IN_PROCESS = "split", "in-process"
# Whoever knows the key knows the numbers of the hidden tests: it is ignored by git.
KEY_FILE = "course_key"
_KEY_LENGTH = 200
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
    path = root / "authoring" / f"{assignment}.toml"
    if not path.is_file():
        return Rules()
    try:
        found = tomllib.loads(path.read_text("utf-8"))
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
