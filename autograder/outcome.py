"""What grading a submission came to: plain frozen values that go to JSON and back."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from .course import CourseError


class Status(Enum):
    """The four ends that a submission can come to. A score of zero is ``GRADED``."""

    GRADED = "graded"
    TIMED_OUT = "graded, time-out"
    NOT_GRADABLE = "not gradable"
    MISSING = "missing"


@dataclass(frozen=True)
class CellOutcome:
    """Points for one cell.

    Parameters
    ----------
    grade_id : str
        nbgrader's name of the cell.
    points : float or None
        What was earned; ``None`` while a person has yet to grade the cell.
    max_points : float
        What can be earned.
    manual : bool
        Whether a person grades this cell.
    error : str or None
        Why points were lost, as one line.
    """

    grade_id: str
    points: float | None
    max_points: float
    manual: bool = False
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Whether points were lost; a cell that waits for a person has not failed."""
        return self.points is not None and self.points < self.max_points

    @property
    def pending(self) -> bool:
        """Whether a person has yet to grade this cell."""
        return self.points is None


@dataclass(frozen=True)
class Outcome:
    """What grading one submission came to.

    Parameters
    ----------
    student, assignment : str
        Whose work on what.
    status : Status
        Which of the four ends.
    score : float or None
        Points so far; ``None`` when there is no grade, which is not the same as zero.
    max_score : float
        Points that can be earned, written answers included.
    cells : tuple of CellOutcome
        In the order of the notebook; empty when there is no grade.
    reason, next_step : str
        Why there is no grade or not the whole of it, and what to do about it.
    notes : tuple of str
        What had to be mended in the working copy.
    seconds : float
        Wall time.
    log : str
        The end of the engine's log if it failed.
    """

    student: str
    assignment: str
    status: Status
    score: float | None = None
    max_score: float = 0.0
    cells: tuple[CellOutcome, ...] = ()
    reason: str = ""
    next_step: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    log: str = ""

    @property
    def graded(self) -> bool:
        """Whether there is a grade."""
        return self.status in (Status.GRADED, Status.TIMED_OUT)

    @property
    def failed(self) -> tuple[CellOutcome, ...]:
        """The cells that lost points."""
        return tuple(cell for cell in self.cells if cell.failed)

    @property
    def pending(self) -> tuple[CellOutcome, ...]:
        """The cells that a person has yet to grade."""
        return tuple(cell for cell in self.cells if cell.pending)

    @property
    def summary(self) -> str:
        """Status, reason and next step as one line."""
        if self.status is Status.TIMED_OUT:
            return f"graded, {self.reason}"
        if self.status is Status.GRADED:
            return "graded"
        return " ".join(part for part in (f"{self.status.value}: {self.reason}", self.next_step) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """Undo `to_dict`."""
        cells = tuple(CellOutcome(**cell) for cell in data["cells"])
        fields = {**data, "status": Status(data["status"]), "cells": cells, "notes": tuple(data["notes"])}
        return cls(**fields)


def to_json(outcomes: Iterable[Outcome]) -> str:
    """Write outcomes as a JSON array."""
    return json.dumps([outcome.to_dict() for outcome in outcomes], indent=1, ensure_ascii=False)


def from_json(text: str) -> tuple[Outcome, ...]:
    """Read outcomes from a JSON array."""
    return tuple(Outcome.from_dict(item) for item in json.loads(text))


def load(path: Path) -> dict[str, Outcome]:
    """Read recorded outcomes, keyed by student; an absent file is an empty record.

    Raises
    ------
    CourseError
        If the file is not such a record.
    """
    if not path.exists():
        return {}
    try:
        return {outcome.student: outcome for outcome in from_json(path.read_text("utf-8"))}
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise CourseError(
            f"{path.name} is not a record of outcomes ({problem}).", "Delete it and grade again."
        ) from problem


def save(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Replace the record in one step, so that a killed run leaves either the old or the new one."""
    write_atomically(path, to_json(sorted(outcomes, key=lambda outcome: outcome.student)))


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)
