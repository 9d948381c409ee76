"""What grading a submission came to: plain frozen values that go to JSON and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Status(Enum):
    """The ends that a submission can come to. A score of zero is ``GRADED``."""

    GRADED = "graded"
    TIMED_OUT = "graded, time-out"
    DIED = "graded, process died"
    CRASHED = "crashed"
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
    seconds : float
        Wall time of the cell.
    tail : str
        The end of what it printed, if it lost points.
    """

    grade_id: str
    points: float | None
    max_points: float
    manual: bool = False
    error: str | None = None
    seconds: float = 0.0
    tail: str = ""

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
        The end of the engine's log if it failed, or of what a process said that was killed or crashed.
    protection : str
        How well the submission was confined while it ran: ``"full"``, ``"partial"`` or ``"none"``; empty
        if it did not run.
    mechanisms : tuple of str
        What confined it.
    attempts : int
        How often its notebook was started.
    cpu_seconds : float
        Processor time of its process.
    peak_bytes : int
        Largest memory of its process.
    fingerprint : str
        Of the submission, the tests and the limits; while it stays the same there is nothing to grade.
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
    protection: str = ""
    mechanisms: tuple[str, ...] = ()
    attempts: int = 0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    fingerprint: str = ""

    @property
    def graded(self) -> bool:
        """Whether there is a grade."""
        return self.status in (Status.GRADED, Status.TIMED_OUT, Status.DIED)

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
        if self.graded:
            return ", ".join(part for part in ("graded", self.reason) if part)
        return " ".join(part for part in (f"{self.status.value}: {self.reason}", self.next_step) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """Undo `to_dict`."""
        cells = tuple(CellOutcome(**cell) for cell in data["cells"])
        lists = {name: tuple(data.get(name, ())) for name in ("notes", "mechanisms")}
        return cls(**{**data, **lists, "status": Status(data["status"]), "cells": cells})
