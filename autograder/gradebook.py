"""Open nbgrader's gradebook, and read grades from it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme
from sqlalchemy.engine import Engine
from traitlets.config import Config

from .course import Course, CourseError, put_tools_on_path
from .gradebook_connection import (
    connection_url,
    engine_for,
    has_tables,
    make_tables,
    patiently,
    tells_problems,
)
from .notebook import grade_id, read_notebook
from .outcome import CellOutcome
from .sanitise import Template, TemplateCell, strip_hidden
from .worker import label

P = ParamSpec("P")
T = TypeVar("T")


def _patient(function: Callable[Concatenate[Course, P], T]) -> Callable[Concatenate[Course, P], T]:
    """Make a function of a course that is a whole (see `patiently`) wait for a gradebook that is away."""

    @wraps(function)
    def wrapper(course: Course, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return patiently(course, lambda: function(course, *args, **kwargs))

    return wrapper


@contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the gradebook, without the warnings of its database layer, and close it again.

    Raises
    ------
    CourseError
        If it stays away when it is to be opened (that is waited for), is lost later, or refuses something.
    """
    with warnings.catch_warnings(), tells_problems(course.gradebook_url):
        warnings.simplefilter("ignore")
        with patiently(course, lambda: connect(course)) as gradebook:
            yield gradebook


def connect(course: Course) -> Gradebook:
    """Open nbgrader's gradebook at once, or fail at once."""
    put_tools_on_path()
    url = connection_url(course.gradebook_url)
    if course.gradebook_file is None:
        once(url, make_tables)
    return Gradebook(url, course.course_id)


@cache
def once(url: str, work: Callable[[Engine], None]) -> None:
    """Do work on the gradebook's tables that a run needs to ask for only once.

    Parameters
    ----------
    url : str
        The gradebook's address.
    work : callable
        `make_tables` on a server, all or none; `make_indices`, by releasing and by grading.
    """
    engine = engine_for(url)
    try:
        work(engine)
    finally:
        engine.dispose()


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


@_patient
def roster(course: Course) -> tuple[str, ...]:
    """Every student whom the gradebook or the folder of submissions knows, sorted."""
    with open_gradebook(course) as gradebook:
        return tuple(sorted({student.id for student in gradebook.students} | set(course.handed_in())))


@_patient
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
    regions = hidden_regions(course.config)
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
    order = {
        name: index for index, name in enumerate(released or _instructors(course, assignment, notebook.name))
    }
    # Sorting is stable: without any notebook the order is that of the gradebook. SQLite keeps the notebook's,
    # PostgreSQL any.
    cells.sort(key=lambda cell: order.get(cell.name, len(order)))
    return Template(notebook.name, json.loads(notebook.kernelspec or "{}") or {}, tuple(cells))


def _released(course: Course, assignment: str, notebook: str) -> dict[str, str]:
    """Sources of the student copy by grade id, in its order; empty if there is none."""
    return _sources(course.release(assignment).with_name(f"{notebook}.ipynb"))


def _instructors(course: Course, assignment: str, notebook: str) -> dict[str, str]:
    """The same of the instructor's notebook."""
    return _sources(course.source(assignment).with_name(f"{notebook}.ipynb"))


def _sources(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    cells = read_notebook(path).cells
    return {name: cell.source for cell in cells if (name := grade_id(cell))}


def hidden_regions(config: Config) -> tuple[tuple[str, str], ...]:
    """What begins and what ends hidden tests and mark schemes in a course of these settings."""
    hidden, scheme = ClearHiddenTests(config=config), ClearMarkScheme(config=config)
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


@_patient
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


def total(cells: Sequence[CellOutcome]) -> float:
    """Points earned so far."""
    return float(sum(cell.points or 0.0 for cell in cells))


def maximum(cells: Sequence[CellOutcome]) -> float:
    """Points that can be earned."""
    return float(sum(cell.max_points for cell in cells))


@_patient
def _knows(course: Course, assignment: str) -> bool:
    """Whether the gradebook has the assignment; asking does not make a gradebook."""
    if not is_there(course):
        return False
    with open_gradebook(course) as gradebook:
        try:
            return bool(gradebook.find_assignment(assignment).notebooks)
        except MissingEntry:
            return False


def is_there(course: Course) -> bool:
    """Whether there is a gradebook; opening it would make one."""
    if course.gradebook_file is not None:
        return course.gradebook_file.is_file()
    with tells_problems(course.gradebook_url):
        return has_tables(course.gradebook_url)


def _points(grade: Any) -> float | None:
    """Points of one gradebook row; ``None`` if neither a test nor a person has given any."""
    if grade.auto_score is None and grade.manual_score is None:
        return None
    return float(grade.score)


def _settle(cell: CellOutcome, points: float | None) -> float | None:
    """A test that never ran has earned nothing; a written answer without points waits for a person."""
    return points if points is not None or cell.manual else 0.0
