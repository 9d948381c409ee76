"""What is compared: this class's submissions, earlier ones, libraries, and the instructor's solution.

Everything is read as text; nothing is run.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from .classroom import load_class, student_view
from .course import Course
from .errors import CourseError
from .sanitise import UnreadableError, parse, read_bytes

__all__ = ["Cell", "Everyone", "Kind", "Work", "earlier", "everyone", "library", "solution", "submissions"]

_NOTEBOOK_BYTES, _FILE_BYTES = 256_000_000, 1_000_000
_LETTERS = 1_000_000  # of one work: as much code as 20,000 lines


class Kind(Enum):
    """Where a work comes from."""

    NOW = "this class"
    EARLIER = "earlier"
    LIBRARY = "library"
    SOLUTION = "instructor's solution"


@dataclass(frozen=True)
class Cell:
    """A cell, or a file: its name, its text, and whether the text is Python."""

    name: str
    text: str
    is_code: bool = True


@dataclass(frozen=True)
class Work:
    """What one person wrote, or one package.

    Parameters
    ----------
    name : str
        Unique among the works that are compared.
    kind : Kind
    cells : tuple of Cell
    """

    name: str
    kind: Kind
    cells: tuple[Cell, ...]

    def __repr__(self) -> str:
        return f"Work({self.name!r}, {self.kind.value}, {len(self.cells)} cells)"


@dataclass(frozen=True)
class Everyone:
    """What many can be expected to have.

    Parameters
    ----------
    released : tuple of Cell
        The student copy.
    answers : tuple of Cell
        Each function of the instructor's solution.
    hands : tuple of tuple of Cell
        Different answers of the sample class: alternatives for each cell.
    """

    released: tuple[Cell, ...]
    answers: tuple[Cell, ...] = ()
    hands: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True)
class _Release:
    """The student copy: its cells, the names of those to fill in, and of all others that have a name."""

    cells: tuple[Cell, ...]
    answers: frozenset[str]
    locked: frozenset[str]


def submissions(course: Course, assignment: str) -> tuple[list[Work], dict[str, str]]:
    """Read what this class handed in; return also who is left out, and why."""
    released = _released(course, assignment)
    works: list[Work] = []
    left_out: dict[str, str] = {}
    for student in course.handed_in():
        folder = course.submitted(student, assignment)
        try:
            cells = () if folder.is_symlink() else _work_cells(_files(folder), folder, released)
        except UnreadableError as problem:
            left_out[student] = problem.reason
            continue
        if cells:
            works.append(Work(student, Kind.NOW, cells))
        else:
            left_out[student] = "no notebook"
    return works, left_out


def earlier(course: Course, assignment: str, folder: Path) -> tuple[list[Work], dict[str, str]]:
    """Read a folder of other years: nbgrader's layout, plain notebooks, or Python files; or one file.

    Raises
    ------
    CourseError
        If there is nothing to compare with.
    """
    released = _released(course, assignment)
    works: list[Work] = []
    left_out: dict[str, str] = {}
    place = folder.resolve()
    year = place.parent.name if place.name == "submitted" else place.stem
    for owner, paths in _owners(folder, assignment).items():
        name = f"{year}: {owner}"
        try:
            cells = _work_cells(paths, folder, released)
        except UnreadableError as problem:
            left_out[name] = problem.reason
            continue
        if cells:
            works.append(Work(name, Kind.EARLIER, cells))
    if not works:
        raise CourseError(
            f"{folder} has no notebooks of `{assignment}`, and no Python files.",
            f"Name a folder with STUDENT/{assignment}/{assignment}.ipynb, with notebooks, or a notebook.",
        )
    return works, left_out


def library(package: str) -> Work | None:
    """Read the source of an installed package, without importing it; None if there is none."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(spec.submodule_search_locations[0])
    paths = sorted(root.rglob("*.py"))
    cells = [Cell(str(path.relative_to(root.parent)), path.read_text("utf-8")) for path in paths]
    return Work(package, Kind.LIBRARY, tuple(cells))


def solution(course: Course, assignment: str) -> Work:
    """The instructor's own answers."""
    cells = [
        Cell(name, student_view(cell["source"]), cell["cell_type"] == "code")
        for cell in _notebook_cells(course.source(assignment).parent)
        if (name := _grade_id(cell)) and cell["metadata"]["nbgrader"].get("solution")
    ]
    return Work("the instructor's solution", Kind.SOLUTION, tuple(cells))


def everyone(course: Course, assignment: str) -> Everyone:
    """Collect what nobody is suspected for: the student copy, and natural answers."""
    code = [cell for cell in solution(course, assignment).cells if cell.is_code]
    answers = [part for cell in code for part in _functions(cell)]
    hands: dict[str, dict[str, Cell]] = {cell.name: {cell.text: cell} for cell in code}
    if course.authoring(f"{assignment}_class.py").is_file():
        for hand in load_class(course, assignment):
            for name, text in {**hand.replace, **hand.written}.items():
                hands.setdefault(name, {})[text] = Cell(name, text, name not in hand.written)
    alternatives = tuple(tuple(texts.values()) for texts in hands.values())
    return Everyone(_released(course, assignment).cells, tuple(answers), alternatives)


def _functions(cell: Cell) -> Iterator[Cell]:
    """Cut code into the statements of its outermost level, of which functions are the usual ones."""
    try:
        body = ast.parse(cell.text).body
    except SyntaxError:
        yield cell
        return
    for node in body:
        yield Cell(cell.name, ast.get_source_segment(cell.text, node) or "")


def _released(course: Course, assignment: str) -> _Release:
    """Read the student copy.

    Raises
    ------
    CourseError
        If there is none.
    """
    course.require(assignment)
    cells = _notebook_cells(course.release(assignment).parent)
    if not cells:
        raise CourseError(f"`{assignment}` has no student copy.", f"Run: autograder release {assignment}")
    texts = tuple(Cell(_grade_id(cell) or "", cell["source"], cell["cell_type"] == "code") for cell in cells)
    named = {name: cell["metadata"]["nbgrader"] for cell in cells if (name := _grade_id(cell))}
    answers = frozenset(name for name, data in named.items() if data.get("solution"))
    return _Release(texts, answers, frozenset(named) - answers)


def _notebook_cells(folder: Path) -> list[dict[str, Any]]:
    """All cells of our own notebooks in a folder."""
    return [
        cell
        for path in sorted(folder.glob("*.ipynb"))
        for cell in parse(path.read_bytes(), path.name)["cells"]
    ]


def _grade_id(cell: Mapping[str, Any]) -> str:
    """nbgrader's name of a cell; empty for an ordinary cell."""
    data = cell["metadata"].get("nbgrader")
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def _files(folder: Path) -> list[Path]:
    """Notebooks and Python files that were handed in; links lead elsewhere and are left out."""
    paths = sorted(path for suffix in ("*.ipynb", "*.py") for path in folder.rglob(suffix))
    parts = ((path, path.relative_to(folder)) for path in paths)
    return [
        path
        for path, inside in parts
        if path.is_file()
        and not any(part.startswith(".") for part in inside.parts)
        and not any((folder / parent).is_symlink() for parent in (inside, *inside.parents[:-1]))
    ]


def _owners(folder: Path, assignment: str) -> dict[str, list[Path]]:
    """Who has which files: the folder above the assignment's, or else each notebook, or each Python file."""
    if folder.is_file():
        return {folder.stem: [folder]}
    files = _files(folder)
    owners: dict[str, list[Path]] = {}
    for path in files:
        parts = path.relative_to(folder).parts[:-1]
        if assignment in parts[1:]:
            owners.setdefault(parts[parts.index(assignment, 1) - 1], []).append(path)
    if owners:
        return owners
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    for path in notebooks or files:
        inside = path.relative_to(folder)
        alone = path.stem == assignment and inside.parent.name
        owners.setdefault(str(inside.parent if alone else inside.with_suffix("")), []).append(path)
    return owners


def _work_cells(paths: Iterable[Path], folder: Path, released: _Release) -> tuple[Cell, ...]:
    """The cells of one person's files, up to a number of letters that nobody needs."""
    cells: list[Cell] = []
    letters = 0
    for path in paths:
        for cell in _read(path, folder, released):
            kept = cell.text[: _LETTERS - letters]
            letters += len(kept)
            cells.append(Cell(cell.name, kept, cell.is_code))
    return tuple(cells)


def _read(path: Path, folder: Path, released: _Release) -> list[Cell]:
    """The cells of a notebook that a student fills in or adds, or one cell for a Python file."""
    if path.suffix == ".py":
        name = str(path.relative_to(folder)) if path != folder else path.name
        return [Cell(name, read_bytes(path, _FILE_BYTES).decode("utf-8", "replace"))]
    found = []
    for number, cell in enumerate(parse(read_bytes(path, _NOTEBOOK_BYTES), path.name)["cells"], 1):
        name, is_code = _grade_id(cell), cell["cell_type"] == "code"
        is_answer = name in released.answers
        if name not in released.locked and (is_code or is_answer):
            found.append(Cell(name if is_answer else f"cell {number}", cell["source"], is_code))
    return found
