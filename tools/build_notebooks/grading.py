"""nbgrader's side of an assignment: cell metadata, and the marks around what students must not see."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from tools.build_notebooks.errors import Problem
from tools.build_notebooks.markers import role_of
from tools.build_notebooks.source import SourceCell
from tools.build_notebooks.syntax import parse_code

SCHEMA_VERSION = 3
# role -> (grade, solution, locked, task), as nbgrader's Create Assignment sets them
_FLAGS = {
    "solution": (False, True, False, False),
    "test": (True, False, True, False),
    "written": (True, True, False, False),
    "given": (False, False, True, False),
    "task": (False, False, True, True),
}
# region -> roles of the cells that it may stand in
REGIONS = {
    "SOLUTION": ("solution", "written"),
    "HIDDEN TESTS": ("test",),
    "MARK SCHEME": ("task",),
}


def nbgrader_metadata(cell: SourceCell) -> dict[str, Any] | None:
    """Return the cell's nbgrader metadata as Create Assignment writes it, None for a cell without a role."""
    role = role_of(cell)
    if role is None:
        return None
    grade, solution, locked, task = _FLAGS[role]
    metadata: dict[str, Any] = {
        "grade": grade,
        "grade_id": cell.options[role],
        "locked": locked,
        "schema_version": SCHEMA_VERSION,
        "solution": solution,
        "task": task,
    }
    if "points" in cell.options:
        metadata["points"] = cell.options["points"]
    return metadata


def check_grading(cells: list[SourceCell], file: str) -> list[Problem]:
    """Return every mistake in the regions and the code of an assignment's cells."""
    problems = []
    for cell in cells:
        problems += list(check_regions(cell, file))
        if cell.kind == "code":
            problems += list(_check_code(cell, file))
    return problems


def check_regions(cell: SourceCell, file: str) -> Iterator[Problem]:
    """Report regions that are unbalanced, nested, or in a cell of the wrong kind."""
    for region, roles in REGIONS.items():
        opened = 0
        for line, text in enumerate(cell.source.splitlines(), cell.first_line):
            begins, ends = f"BEGIN {region}" in text, f"END {region}" in text
            if (begins or ends) and role_of(cell) not in roles:
                kinds = " or ".join(f"{role}=" for role in roles)
                yield Problem(file, line, f"{region} marker in a cell that is not marked {kinds}")
            if begins and opened:
                yield Problem(file, line, f"BEGIN {region} within the region begun on line {opened}")
            elif ends and not opened and not begins:
                yield Problem(file, line, f"END {region} without a BEGIN {region}")
            opened = line if begins else 0 if ends else opened
        if opened:
            yield Problem(file, opened, f"BEGIN {region} without an END {region}")


def _check_code(cell: SourceCell, file: str) -> Iterator[Problem]:
    """Report code that does not parse, tests that test nothing, solutions without a region."""
    if role_of(cell) == "solution" and "BEGIN SOLUTION" not in cell.source:
        yield Problem(file, cell.line, "a solution= cell needs a BEGIN SOLUTION ... END SOLUTION region")
    try:
        tree = parse_code(cell.source)
    except SyntaxError as error:
        line = cell.first_line + (error.lineno or 1) - 1
        yield Problem(file, line, f"the code does not parse: {error.msg}")
        return
    if role_of(cell) == "test" and not any(_does_something(node) for node in tree.body):
        yield Problem(
            file, cell.line, "a test= cell needs at least one statement, or all work gets its points"
        )


def _does_something(node: ast.stmt) -> bool:
    """Tell whether a statement is more than `pass` or a bare constant."""
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return not (isinstance(node, ast.Pass) or is_constant)
