"""Which cells may come and go in an assignment that has been handed in.

nbgrader refuses every change of cells as soon as there is a submission. Points hang on graded cells and
answers only, so that a locked cell without points, such as new tools for the tests, may be added or left out.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from .course import Course, CourseError
from .gradebook import open_gradebook
from .notebook import grade_id, read_notebook

__all__ = ["admit_given_cells"]


def admit_given_cells(course: Course, assignment: str) -> None:
    """Let the gradebook know cells without points that were added or left out since the last release.

    Raises
    ------
    CourseError
        If graded cells or answers were added or left out though there are submissions.
    """
    for path in sorted(course.source(assignment).parent.glob("*.ipynb")):
        cells = {name: cell for cell in read_notebook(path).cells if (name := grade_id(cell))}
        with open_gradebook(course) as gradebook:
            try:
                known = gradebook.find_notebook(path.stem, assignment)
            except MissingEntry:
                continue
            if known.submissions:
                _refuse_others(known, cells, assignment)
                _admit(gradebook, known, cells)


def _refuse_others(known: Any, cells: dict[str, NotebookNode], assignment: str) -> None:
    """Say which cells that points or answers hang on have come or gone."""
    before = {cell.name for cell in (*known.grade_cells, *known.solution_cells, *known.task_cells)}
    now = {name for name, cell in cells.items() if is_grade(cell) or is_solution(cell) or is_task(cell)}
    if before == now:
        return
    changes = [f"{word} {', '.join(sorted(names))}" for word, names in _changes(before, now) if names]
    raise CourseError(
        f"{assignment} has been handed in, and its answers and tests are no longer the same "
        f"({'; '.join(changes)}).",
        "Put the cells back, or give the new version a name of its own. If its grades may go: "
        f"nbgrader db assignment remove {assignment} --force",
    )


def _changes(before: set[str], now: set[str]) -> tuple[tuple[str, set[str]], ...]:
    return ("new:", now - before), ("gone:", before - now)


def _admit(gradebook: Gradebook, known: Any, cells: dict[str, NotebookNode]) -> None:
    """Bring the gradebook's list of cells without points up to date; nbgrader fills in the rest."""
    before = {cell.name: cell for cell in known.source_cells}
    wanted = {
        name: cell
        for name, cell in cells.items()
        if is_locked(cell) or is_grade(cell) or is_solution(cell) or is_task(cell)
    }
    for name in before.keys() - wanted.keys():
        gradebook.db.delete(before[name])
    gradebook.db.commit()
    for name in wanted.keys() - before.keys():
        kind, source = wanted[name].cell_type, wanted[name].source
        gradebook.add_source_cell(
            name, known.name, known.assignment.name, cell_type=kind, source=source, locked=True
        )
