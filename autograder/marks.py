"""What the gradebook says of a class, in three queries: points, comments, penalties."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)

__all__ = ["Mark", "Marks", "read_marks"]


@dataclass(frozen=True)
class Mark:
    """Points for one graded cell.

    Parameters
    ----------
    points : float or None
        What was earned; ``None`` while a person has yet to grade the cell.
    max_points : float
        What can be earned.
    """

    points: float | None
    max_points: float


@dataclass(frozen=True)
class Marks:
    """What the gradebook has on one notebook of one student.

    Parameters
    ----------
    cells : mapping of str to Mark
        By grade id.
    comments : mapping of str to str
        What a person wrote to an answer, by grade id.
    penalty : float
        Points taken off this notebook for lateness.
    """

    cells: Mapping[str, Mark] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0


def read_marks(
    gradebook: Gradebook, assignment: str, students: Collection[str] | None = None
) -> dict[tuple[str, str], Marks]:
    """Read what the gradebook has on a class, by student and notebook.

    Parameters
    ----------
    gradebook : Gradebook
        An open gradebook.
    assignment : str
        The assignment's name.
    students : collection of str, optional
        Of whom; of everybody without it.

    Raises
    ------
    MissingEntry
        If the gradebook does not know the assignment.
    """
    notebooks = gradebook.find_assignment(assignment).notebooks
    most = {
        cell.id: (cell.name, float(cell.max_score or 0.0))
        for notebook in notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    }
    names = {
        cell.id: cell.name
        for notebook in notebooks
        for cell in (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells)
    }
    cells: dict[tuple[str, str], dict[str, Mark]] = {}
    comments: dict[tuple[str, str], dict[str, str]] = {}
    grade = (Grade.cell_id, Grade.auto_score, Grade.manual_score, Grade.score)
    for student, notebook, cell, auto, manual, score in _rows(gradebook, assignment, students, Grade, grade):
        if cell in most:
            name, max_points = most[cell]
            # Neither a test nor a person has given any: nbgrader's own score would be 0.
            earned = None if auto is None and manual is None else float(score)
            cells.setdefault((student, notebook), {})[name] = Mark(earned, max_points)
    written = (Comment.cell_id, Comment.comment)
    for student, notebook, cell, text in _rows(gradebook, assignment, students, Comment, written):
        if text and cell in names:
            comments.setdefault((student, notebook), {})[names[cell]] = text
    penalty = (SubmittedNotebook.late_submission_penalty,)
    return {
        (student, notebook): Marks(
            cells.get((student, notebook), {}), comments.get((student, notebook), {}), float(lost or 0.0)
        )
        for student, notebook, lost in _rows(gradebook, assignment, students, None, penalty)
    }


def _rows(
    gradebook: Gradebook, assignment: str, students: Collection[str] | None, table: Any, columns: Any
) -> Iterator[Any]:
    """Rows of a table with the student and the notebook that they belong to."""
    query = gradebook.db.query(Student.id, Notebook.name, *columns).select_from(SubmittedNotebook)
    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Student, SubmittedAssignment.student_id == Student.id)
    query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
    if table is not None:
        query = query.join(table, table.notebook_id == SubmittedNotebook.id)
    wanted = gradebook.find_assignment(assignment).id
    query = query.filter(SubmittedAssignment.assignment_id == wanted)
    if students is not None and len(students) == 1:
        query = query.filter(Student.id == next(iter(students)))
    return iter(query)
