"""Read grades from nbgrader's gradebook, and take back a grade that no longer holds."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

from .course import Course, CourseError, put_tools_on_path
from .notebook import grade_id, read_notebook
from .outcome import CellOutcome, Outcome
from .sanitise import Template, TemplateCell, strip_hidden
from .worker import label


@contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook, without the warnings of its database layer, and close it again."""
    put_tools_on_path()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Gradebook(course.gradebook_url, course.course_id) as gradebook:
            yield gradebook


def require_released(course: Course, assignment: str) -> None:
    """Check that the gradebook knows the assignment.

    Raises
    ------
    CourseError
        If ``autograder release`` has not been run.
    """
    if not _knows(course, assignment):
        course.require(assignment)
        raise CourseError(
            f"`{assignment}` has not been released: the gradebook does not know its tests.",
            f"Run: autograder release {assignment}",
        )


def roster(course: Course) -> tuple[str, ...]:
    """Every student whom the gradebook or the folder of submissions knows, sorted."""
    with open_gradebook(course) as gradebook:
        return tuple(sorted({student.id for student in gradebook.students} | set(course.handed_in())))


def templates(course: Course, assignment: str) -> tuple[Template, ...]:
    """The notebooks of an assignment as the gradebook has them, hidden tests included."""
    with open_gradebook(course) as gradebook:
        notebooks = gradebook.find_assignment(assignment).notebooks
        return tuple(_template(course, assignment, notebook) for notebook in notebooks)


def _template(course: Course, assignment: str, notebook: Any) -> Template:
    """One notebook of the gradebook."""
    graded = {cell.name: cell for cell in (*notebook.grade_cells, *notebook.task_cells)}
    grade = {cell.name for cell in notebook.grade_cells}
    solution = {cell.name for cell in notebook.solution_cells}
    task = {cell.name for cell in notebook.task_cells}
    released = _released(course, assignment, notebook.name)
    regions = _hidden_regions(course)
    cells = [
        TemplateCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source or "",
            locked=bool(cell.locked),
            grade=cell.name in grade,
            solution=cell.name in solution,
            task=cell.name in task,
            points=float(graded[cell.name].max_score) if cell.name in graded else None,
            checksum=cell.checksum,
            visible=released.get(cell.name, strip_hidden(cell.source or "", regions)),
        )
        for cell in notebook.source_cells
    ]
    order = {name: index for index, name in enumerate(released)}
    # Sorting is stable: without a student copy the order is that of the gradebook, which is the notebook's.
    cells.sort(key=lambda cell: order.get(cell.name, len(order)) if order else 0)
    return Template(notebook.name, json.loads(notebook.kernelspec or "{}") or {}, tuple(cells))


def _released(course: Course, assignment: str, notebook: str) -> dict[str, str]:
    """Sources of the student copy by grade id, in its order; empty if there is none."""
    path = course.release(assignment).with_name(f"{notebook}.ipynb")
    if not path.is_file():
        return {}
    cells = read_notebook(path).cells
    return {name: cell.source for cell in cells if (name := grade_id(cell))}


def _hidden_regions(course: Course) -> tuple[tuple[str, str], ...]:
    """What marks hidden tests and mark schemes in this course."""
    hidden, scheme = ClearHiddenTests(config=course.config), ClearMarkScheme(config=course.config)
    return (
        (hidden.begin_test_delimeter, hidden.end_test_delimeter),
        (scheme.begin_mark_scheme_delimeter, scheme.end_mark_scheme_delimeter),
    )


def empty_cells(course: Course, assignment: str) -> tuple[CellOutcome, ...]:
    """The graded cells in the order of the notebooks, without points."""
    notebooks = templates(course, assignment)
    return tuple(
        CellOutcome(
            label(notebook.name, cell.name, len(notebooks) > 1), None, float(cell.points or 0.0), cell.manual
        )
        for notebook in notebooks
        for cell in notebook.cells
        if cell.grade or cell.task
    )


def read_cells(course: Course, student: str, assignment: str) -> tuple[CellOutcome, ...]:
    """The points that a student has now, in the order of the notebooks."""
    blank = empty_cells(course, assignment)
    with open_gradebook(course) as gradebook:
        notebooks = gradebook.find_submission(assignment, student).notebooks
        points = {
            label(notebook.name, grade.name, len(notebooks) > 1): _points(grade)
            for notebook in notebooks
            for grade in notebook.grades
        }
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
            return bool(gradebook.find_assignment(assignment).notebooks)
        except MissingEntry:
            return False


def _points(grade: Any) -> float | None:
    """Points of one gradebook row; ``None`` if neither a test nor a person has given any."""
    if grade.auto_score is None and grade.manual_score is None:
        return None
    return float(grade.score)


def _settle(cell: CellOutcome, points: float | None) -> float | None:
    """A test that never ran has earned nothing; a written answer without points waits for a person."""
    return points if points is not None or cell.manual else 0.0
