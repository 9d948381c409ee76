"""What can be wrong with a source or a notebook, said in one line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: file (relative to the course's root), line from 1 (0: the whole file), reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.reason}"


class BuildError(Exception):
    """A build that cannot go on; carries every problem found so far."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def fail(file: str, line: int, reason: str) -> BuildError:
    """Return a failure with a single problem, ready to be raised."""
    return BuildError([Problem(file, line, reason)])
