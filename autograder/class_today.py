"""How a whole class stands today, read in three queries, however large the class is.

`standing.standings` says the same, and asks the gradebook about one student after the other. Its table of
points has no index by submission, so that this takes time with the square of the class: the report on 5,000
students took 70 s of processor time, and takes 7 from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from nbgrader.api import BaseCell, Grade, Gradebook, Notebook, SubmittedAssignment, SubmittedNotebook

from .course import Course
from .gradebook import empty_cells, open_gradebook, require_released
from .outcome import require_record
from .standing import Standing, _standing

__all__ = ["class_today"]


@dataclass(frozen=True)
class _Grade:
    """A row of points, as nbgrader's own object shows it."""

    name: str
    auto_score: float | None
    manual_score: float | None
    score: float


@dataclass(frozen=True)
class _Notebook:
    """A handed-in notebook with its points."""

    name: str
    late_submission_penalty: float
    grades: list[_Grade] = field(default_factory=list)


@dataclass(frozen=True)
class _Submission:
    """What `_standing` reads of nbgrader's object for a submission."""

    assignment: Any
    timestamp: datetime | None
    extension: Any
    notebooks: list[_Notebook] = field(default_factory=list)

    @property
    def total_seconds_late(self) -> float:
        """How long after the student's own due date."""
        due = self.assignment.duedate
        if due is None or self.timestamp is None:
            return 0.0
        own = due + self.extension if self.extension is not None else due
        return max(0.0, (self.timestamp - own).total_seconds())

    @property
    def late_submission_penalty(self) -> float:
        """Points taken off, over all notebooks."""
        return sum(notebook.late_submission_penalty for notebook in self.notebooks)


def class_today(course: Course, assignment: str) -> tuple[Standing, ...]:
    """Everybody on record, sorted by name, with the gradebook's points, penalties and times of now.

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


def _submissions(gradebook: Gradebook, assignment: str) -> dict[str, _Submission]:
    """Every submission of an assignment, by student."""
    known = gradebook.find_assignment(assignment)
    about = SimpleNamespace(duedate=known.duedate)
    rows = gradebook.db.query(
        SubmittedAssignment.id,
        SubmittedAssignment.student_id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
    ).filter(SubmittedAssignment.assignment_id == known.id)
    students, submissions = {}, {}
    for key, student, when, extension in rows:
        submissions[key] = students[student] = _Submission(about, when, extension)
    notebooks = {}
    for key, submission, name, penalty in _notebooks(gradebook, known.id):
        notebooks[key] = _Notebook(name, float(penalty or 0.0))
        submissions[submission].notebooks.append(notebooks[key])
    for key, *values in _grades(gradebook, known.id):
        notebooks[key].grades.append(_Grade(*values))
    return students


def _notebooks(gradebook: Gradebook, assignment: str) -> Iterator[Any]:
    """Rows of all handed-in notebooks: id, submission, name, penalty."""
    table = SubmittedNotebook
    query = gradebook.db.query(table.id, table.assignment_id, Notebook.name, table.late_submission_penalty)
    query = query.join(Notebook, table.notebook_id == Notebook.id)
    query = query.join(SubmittedAssignment, table.assignment_id == SubmittedAssignment.id)
    return iter(query.filter(SubmittedAssignment.assignment_id == assignment))


def _grades(gradebook: Gradebook, assignment: str) -> Iterator[Any]:
    """Rows of all points: notebook, name of the cell, by test, by hand, together."""
    columns = (Grade.notebook_id, BaseCell.name, Grade.auto_score, Grade.manual_score, Grade.score)
    query = gradebook.db.query(*columns).select_from(Grade)
    query = query.join(BaseCell, Grade.cell_id == BaseCell.id)
    query = query.join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    return iter(query.filter(SubmittedAssignment.assignment_id == assignment))
