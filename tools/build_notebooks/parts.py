"""Code that several problem sets share: a cell marked ``part="checks"`` gets the text of parts/checks.py."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tools.build_notebooks.errors import BuildError, Problem, fail
from tools.build_notebooks.grading import REGIONS
from tools.build_notebooks.source import SourceCell
from tools.build_notebooks.syntax import parse

#: Text of the part with this name; BuildError if there is none.
Parts = Callable[[str], str]


def parts_in(folder: Path, root: Path) -> Parts:
    """Return the reader of the parts in a folder; paths in messages are relative to `root`."""

    def read(name: str) -> str:
        path = folder / f"{name}.py"
        file = path.relative_to(root).as_posix()
        if not path.is_file():
            known = ", ".join(sorted(part.stem for part in folder.glob("*.py"))) or "none"
            raise fail(file, 0, f"there is no part {name!r}; there are: {known}")
        return cell_text(path.read_text(encoding="utf-8"), file)

    return read


def no_parts(name: str) -> str:
    """Read no part: for notebooks that have none."""
    raise fail("part", 0, f"there is no part {name!r} here")


def cell_text(text: str, file: str) -> str:
    """Return what a part puts into a cell: the text without its module docstring, which is for authors.

    Raises
    ------
    BuildError
        If the part does not parse, is empty, or holds a solution or a hidden test: its cell is given to
        students as it stands.
    """
    for line, content in enumerate(text.splitlines(), 1):
        for region in REGIONS:
            if f"BEGIN {region}" in content or f"END {region}" in content:
                raise fail(file, line, f"{region} marker in a part, which students get as it stands")
    try:
        tree = parse(text)
    except SyntaxError as error:
        raise fail(file, error.lineno or 1, f"the code does not parse: {error.msg}") from error
    lines = text.splitlines()
    if ast.get_docstring(tree) is not None:
        lines = lines[tree.body[0].end_lineno :]
        tree.body.pop(0)
    if not tree.body:
        raise fail(file, 0, "there is no code in this part")
    return "\n".join(lines).strip("\n")


def expand_parts(cells: list[SourceCell], file: str, parts: Parts) -> tuple[list[SourceCell], list[Problem]]:
    """Return the cells with the text of their parts in them, and every part that cannot be had."""
    expanded, problems = [], []
    for cell in cells:
        name = cell.options.get("part")
        if not isinstance(name, str):
            expanded.append(cell)
            continue
        try:
            expanded.append(replace(cell, source=parts(name)))
        except BuildError as failure:
            expanded.append(cell)
            problems += [Problem(file, cell.line, f"part {name!r}: {p}") for p in failure.problems]
    return expanded, problems
