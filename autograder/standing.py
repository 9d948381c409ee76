"""How a class stands today: recorded outcomes with the gradebook's points, penalties and times of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from nbgrader.api import Gradebook, SubmittedAssignment

from .course import Course
from .gradebook import _settle, empty_cells, maximum, open_gradebook, require_released, total
from .marks import Marks, read_marks
from .outcome import CellOutcome, Outcome
from .record import require_record
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
    """Everybody on record, sorted by name, in as many queries for thousands as for one.

    nbgrader's own objects ask about one student after the other, and its table of points has no index by
    submission: that takes time with the square of the class.

    Raises
    ------
    CourseError
        If nothing has been graded.
    """
    require_released(course, assignment)
    record = require_record(course.outcomes(assignment), assignment)
    blank = empty_cells(course, assignment)
    with open_gradebook(course) as gradebook:
        found = _submissions(gradebook, assignment)
    return tuple(_standing(record[name], found.get(name), blank) for name in sorted(record))


@dataclass(frozen=True)
class _Submission:
    """What the gradebook has of one student's work."""

    due: datetime | None
    when: datetime | None
    extension: timedelta | None
    notebooks: dict[str, Marks] = field(default_factory=dict)

    @property
    def seconds_late(self) -> float:
        # Without a due date nothing can be added to it.
        if self.due is None or self.when is None:
            return 0.0
        return max(0.0, (self.when - self.due - (self.extension or timedelta())).total_seconds())

    @property
    def points(self) -> Mapping[str, float | None]:
        several = len(self.notebooks) > 1
        return {
            label(notebook, name, several): mark.points
            for notebook, marks in self.notebooks.items()
            for name, mark in marks.cells.items()
        }


def _submissions(gradebook: Gradebook, assignment: str) -> dict[str, _Submission]:
    """Every submission of an assignment, by student."""
    known, table = gradebook.find_assignment(assignment), SubmittedAssignment
    rows = gradebook.db.query(table.student_id, table.timestamp, table.extension)
    rows = rows.filter(table.assignment_id == known.id)
    found = {student: _Submission(known.duedate, when, more) for student, when, more in rows}
    for (student, notebook), marks in read_marks(gradebook, assignment).items():
        found[student].notebooks[notebook] = marks
    return found


def _standing(outcome: Outcome, submission: _Submission | None, blank: Sequence[CellOutcome]) -> Standing:
    """Put a record and what the gradebook has together."""
    if submission is None:
        return Standing(outcome)
    when = submission.when.strftime("%Y-%m-%d %H:%M:%S UTC") if submission.when else ""
    if not outcome.graded:
        return Standing(outcome, 0.0, when, submission.seconds_late)
    points, before = submission.points, {cell.grade_id: cell for cell in outcome.cells}
    cells = []
    for empty in blank:
        cell = replace(empty, points=_settle(empty, points.get(empty.grade_id)))
        old = before.get(cell.grade_id)
        if old is not None:
            error, tail = (old.error, old.tail) if cell.failed else (None, "")
            cell = replace(cell, error=error, tail=tail, seconds=old.seconds)
        cells.append(cell)
    now = replace(outcome, cells=tuple(cells), score=total(cells), max_score=maximum(cells))
    penalty = sum(marks.penalty for marks in submission.notebooks.values())
    return Standing(now, penalty, when, submission.seconds_late)
