"""Read grades from nbgrader's gradebook, and take back a grade that no longer holds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from .course import Course, CourseError, put_tools_on_path
from .notebook import grade_id, read_notebook
from .outcome import CellOutcome, Outcome


@contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook, without the warnings of its database layer, and close it again."""
    put_tools_on_path()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Gradebook(course.gradebook_url, course.course_id) as gradebook:
            yield gradebook


def require_released(course: Course, assignment: str) -> None:
    """Check that the gradebook knows the assignment and its student copy is there.

    Raises
    ------
    CourseError
        If ``autograder release`` has not been run.
    """
    course.require(assignment)
    if not course.release(assignment).is_file() or not _knows(course, assignment):
        raise CourseError(
            f"`{assignment}` has not been released: the gradebook does not know its tests.",
            f"Run: autograder release {assignment}",
        )


def roster(course: Course) -> tuple[str, ...]:
    """Every student whom the gradebook or the folder of submissions knows, sorted."""
    with open_gradebook(course) as gradebook:
        return tuple(sorted({student.id for student in gradebook.students} | set(course.handed_in())))


def empty_cells(course: Course, assignment: str) -> tuple[CellOutcome, ...]:
    """The graded cells in the order of the notebook, without points."""
    with open_gradebook(course) as gradebook:
        notebook = gradebook.find_notebook(assignment, assignment)
        by_hand = {cell.name for cell in (*notebook.solution_cells, *notebook.task_cells)}
        cells = {
            cell.name: CellOutcome(cell.name, None, float(cell.max_score), cell.name in by_hand)
            for cell in (*notebook.grade_cells, *notebook.task_cells)
        }
    order = [name for cell in read_notebook(course.release(assignment)).cells if (name := grade_id(cell))]
    names = [name for name in order if name in cells] + sorted(set(cells) - set(order))
    return tuple(cells[name] for name in names)


def read_cells(course: Course, student: str, assignment: str) -> tuple[CellOutcome, ...]:
    """The points that a student has now, in the order of the notebook."""
    blank = empty_cells(course, assignment)
    with open_gradebook(course) as gradebook:
        submission = gradebook.find_submission_notebook(assignment, assignment, student)
        points = {grade.name: _points(grade) for grade in submission.grades}
    return tuple(replace(cell, points=_settle(cell, points.get(cell.grade_id))) for cell in blank)


def refresh(course: Course, outcome: Outcome) -> Outcome:
    """Return the outcome with today's points, because people go on grading by hand after a run."""
    if not outcome.graded:
        return outcome
    errors = {cell.grade_id: cell.error for cell in outcome.cells}
    try:
        current = read_cells(course, outcome.student, outcome.assignment)
    except MissingEntry:
        return outcome
    cells = tuple(replace(cell, error=errors.get(cell.grade_id) if cell.failed else None) for cell in current)
    return replace(outcome, cells=cells, score=total(cells), max_score=maximum(cells))


def withdraw(course: Course, student: str, assignment: str, *, handed_in: bool) -> None:
    """Take back the automatic points of a submission that could not be graded.

    Otherwise the points of an earlier submission would stand under the time of the later one. Points
    given by hand stay, and every cell is marked as needing a person.

    Parameters
    ----------
    handed_in : bool
        Whether there is a submission at all; without one, no record of it is made.
    """
    with open_gradebook(course) as gradebook:
        if handed_in:
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(assignment, student)
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()


def total(cells: Sequence[CellOutcome]) -> float:
    """Points earned so far."""
    return float(sum(cell.points or 0.0 for cell in cells))


def maximum(cells: Sequence[CellOutcome]) -> float:
    """Points that can be earned."""
    return float(sum(cell.max_points for cell in cells))


def _knows(course: Course, assignment: str) -> bool:
    """Whether the gradebook has the assignment; asking does not make a gradebook file."""
    file = course.gradebook_url.removeprefix("sqlite:///")
    if file != course.gradebook_url and not Path(file).is_file():
        return False
    with open_gradebook(course) as gradebook:
        try:
            gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            return False
    return True


def _points(grade: Any) -> float | None:
    """Points of one gradebook row; ``None`` if neither a test nor a person has given any."""
    if grade.auto_score is None and grade.manual_score is None:
        return None
    return float(grade.score)


def _settle(cell: CellOutcome, points: float | None) -> float | None:
    """A test that never ran has earned nothing; a written answer without points waits for a person."""
    return points if points is not None or cell.manual else 0.0
