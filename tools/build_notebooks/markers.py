"""The options that a cell may carry, checked for the kind of notebook and of cell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from tools.build_notebooks.errors import Problem
from tools.build_notebooks.source import SourceCell

LECTURE_FLAGS = {"fold": True, "raises": True, "check": False}
ROLES = ("solution", "test", "written", "given", "task")
ROLES_WITH_POINTS = ("test", "written", "task")
_CELLS_OF_ROLE = {"solution": ("code",), "test": ("code",), "task": ("markdown",)}
_WRONG_CELL = {
    "solution": "solution= is for code cells: nbgrader cannot grade Markdown by itself, use written=",
    "test": "test= is for code cells",
    "task": "task= is for Markdown cells",
}
_ID = re.compile(r"[a-z0-9-]{1,60}")
_GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")


def role_of(cell: SourceCell) -> str | None:
    """Return the grading role of the cell (one of `ROLES`), or None."""
    return next((role for role in ROLES if role in cell.options), None)


def name_of(cell: SourceCell) -> str | None:
    """Return the id that the author gave to the cell: ``id``, else the grade id, else None."""
    role = role_of(cell)
    name = cell.options.get("id", cell.options[role] if role else None)
    return None if name is None else str(name)


def check_markers(cells: list[SourceCell], file: str, *, assignment: bool) -> list[Problem]:
    """Return every mistake in the options of a notebook's cells, ids used twice included."""
    problems = []
    for cell in cells:
        reasons = [*_unknown(cell, assignment), *_id_reasons(cell)]
        reasons += _role_reasons(cell) if assignment else _flag_reasons(cell)
        problems += [Problem(file, cell.line, reason) for reason in reasons]
    return problems + _duplicates(cells, file)


def _unknown(cell: SourceCell, assignment: bool) -> Iterator[str]:
    """Name the options that have no meaning in this kind of notebook."""
    ours, theirs = set(LECTURE_FLAGS), {*ROLES, "points", "part"}
    if assignment:
        ours, theirs = theirs, ours
    for key in cell.options:
        if key in theirs:
            yield f"option {key} belongs to {'lectures' if assignment else 'assignments'} only"
        elif key not in ours and key != "id":
            yield f"unknown option {key}; known here: {', '.join(sorted({'id', *ours}))}"


def _id_reasons(cell: SourceCell) -> Iterator[str]:
    """Say what is wrong with the cell's explicit id."""
    name = cell.options.get("id")
    if name is not None and not (isinstance(name, str) and _ID.fullmatch(name)):
        yield f"id must be a quoted string of 1 to 60 of a-z, 0-9 and -, got {name!r}"


def _flag_reasons(cell: SourceCell) -> Iterator[str]:
    """Say what is wrong with the switches of a lecture's cell."""
    for flag, wanted in LECTURE_FLAGS.items():
        if flag not in cell.options:
            continue
        if cell.kind != "code":
            yield f"option {flag} is for code cells"
        if cell.options[flag] is not wanted:
            got = cell.options[flag]
            yield f"option {flag} is written {flag}={str(wanted).lower()} or left out, got {got!r}"


def _role_reasons(cell: SourceCell) -> Iterator[str]:
    """Say what is wrong with the grading options of an assignment's cell."""
    roles = [role for role in ROLES if role in cell.options]
    if len(roles) > 1:
        yield f"a cell has one role, got {' and '.join(roles)}"
    for role in roles:
        grade_id = cell.options[role]
        if not (isinstance(grade_id, str) and _GRADE_ID.fullmatch(grade_id)):
            yield f"{role}= takes a grade id of 1 to 60 letters, digits, - and _ in quotes, got {grade_id!r}"
        if cell.kind not in _CELLS_OF_ROLE.get(role, (cell.kind,)):
            yield _WRONG_CELL[role]
    yield from _points_reasons(cell, roles)
    yield from _part_reasons(cell)


def _part_reasons(cell: SourceCell) -> Iterator[str]:
    """Say what is wrong with the name of a shared part, or with the cell that asks for one."""
    if "part" not in cell.options:
        return
    name = cell.options["part"]
    if not (isinstance(name, str) and _ID.fullmatch(name)):
        yield f"part must be a quoted string of 1 to 60 of a-z, 0-9 and -, got {name!r}"
    if role_of(cell) != "given" or cell.kind != "code":
        yield "part= goes with given= in code cells only: students get the part as it stands"
    if cell.source.strip():
        yield "a cell with part= has no text of its own: it gets the part's"


def _points_reasons(cell: SourceCell, roles: list[str]) -> Iterator[str]:
    """Say whether points are missing, in the wrong place or not a positive number."""
    graded = [role for role in roles if role in ROLES_WITH_POINTS]
    if "points" not in cell.options:
        if graded:
            yield f"{graded[0]}= needs points="
        return
    points = cell.options["points"]
    if not graded:
        yield "points= goes with test=, written= or task= only"
    if isinstance(points, bool | str) or not (math.isfinite(points) and points > 0):
        yield f"points must be a positive number, got {points!r}"


def _duplicates(cells: list[SourceCell], file: str) -> list[Problem]:
    """Report each cell whose grade id or id a cell further up already has."""
    grade_ids: dict[str, int] = {}
    ids: dict[str, int] = {}
    problems = []
    for cell in cells:
        role, name = role_of(cell), name_of(cell)
        grade_id = str(cell.options[role]) if role else None
        if grade_id in grade_ids:
            reason = f"grade id {grade_id!r} is already used on line {grade_ids[grade_id]}"
            problems.append(Problem(file, cell.line, reason))
        elif name in ids:
            problems.append(Problem(file, cell.line, f"id {name!r} is already used on line {ids[name]}"))
        if grade_id is not None:
            grade_ids.setdefault(grade_id, cell.line)
        if name is not None:
            ids.setdefault(name, cell.line)
    return problems
