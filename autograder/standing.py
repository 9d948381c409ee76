"""How a class stands today: recorded outcomes with the gradebook's points, penalties and times of now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .course import Course
from .gradebook import (
    _points,
    _settle,
    empty_cells,
    maximum,
    open_gradebook,
    require_released,
    total,
)
from .outcome import Outcome, require_record
from .worker import label

__all__ = ["Standing", "standings"]


@dataclass(frozen=True)
class Standing:
    """One student's result today.

    Parameters
    ----------
    outcome : Outcome
        What grading came to, with the points of today, given by hand or by tests.
    penalty : float
        Points taken off for lateness.
    when : str
        When it was handed in, in UTC; empty if nobody knows.
    seconds_late : float
        How long after the student's own due date; 0 if in time, or if there is no due date.
    """

    outcome: Outcome
    penalty: float = 0.0
    when: str = ""
    seconds_late: float = 0.0

    @property
    def score(self) -> float | None:
        """Points after the penalty, never below 0; ``None`` where there is no grade."""
        return max(0.0, (self.outcome.score or 0.0) - self.penalty) if self.outcome.graded else None


def standings(course: Course, assignment: str) -> tuple[Standing, ...]:
    """Everybody on record, sorted by name; the gradebook is opened once.

    Raises
    ------
    CourseError
        If nothing has been graded.
    """
    require_released(course, assignment)
    record = require_record(course.outcomes(assignment), assignment)
    blank = empty_cells(course, assignment)
    with open_gradebook(course) as gradebook:
        found = {item.student_id: item for item in gradebook.assignment_submissions(assignment)}
        return tuple(_standing(record[name], found.get(name), blank) for name in sorted(record))


def _standing(outcome: Outcome, submission: Any, blank: tuple[Any, ...]) -> Standing:
    """Put a record and a row of the gradebook together."""
    if submission is None:
        return Standing(outcome)
    when = submission.timestamp.strftime("%Y-%m-%d %H:%M:%S UTC") if submission.timestamp else ""
    # Without a due date nbgrader cannot add an extension to it.
    due = submission.assignment.duedate
    late = float(submission.total_seconds_late or 0.0) if due is not None else 0.0
    if not outcome.graded:
        return Standing(outcome, 0.0, when, late)
    notebooks = submission.notebooks
    points = {
        label(notebook.name, grade.name, len(notebooks) > 1): _points(grade)
        for notebook in notebooks
        for grade in notebook.grades
    }
    before = {cell.grade_id: cell for cell in outcome.cells}
    cells = []
    for empty in blank:
        cell = replace(empty, points=_settle(empty, points.get(empty.grade_id)))
        old = before.get(cell.grade_id)
        if old is not None:
            error, tail = (old.error, old.tail) if cell.failed else (None, "")
            cell = replace(cell, error=error, tail=tail, seconds=old.seconds)
        cells.append(cell)
    now = replace(outcome, cells=tuple(cells), score=total(cells), max_score=maximum(cells))
    return Standing(now, float(submission.late_submission_penalty or 0.0), when, late)
