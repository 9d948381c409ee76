"""Check one's own notebook: every visible check, and for each problem what is passed, not yet, not answered.

The notebook on disk is run from the top in a process of its own, as *Restart Kernel and Run All Cells* does;
the checks are those of the release, whatever stands in the student's copy. It is the student's own code on
their own machine, so nothing is confined, and nothing here needs more than Python and a kernel: it works on
Windows and macOS too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from enum import Enum
from html import escape
from pathlib import Path
from typing import Any, Protocol

from .errors import CourseError
from .outputs import Output
from .sanitise import Cell, Template, TemplateCell, UnreadableError, mend, parse, read_bytes
from .scoring import first_line, score

__all__ = ["CheckReport", "CheckedCell", "Runner", "State", "check_notebook", "template_of"]

TIMEOUT_SECONDS = 60.0
_LARGEST = 100_000_000
_HEADING = re.compile(r"^#{1,3}\s+(.+)$", re.MULTILINE)
_HIDDEN = re.compile(r"^visible_checks_passed\(hidden=(\d+)\)", re.MULTILINE)
_STUB = "NotImplementedError"


class State(Enum):
    """What can be said of a graded cell before it is graded."""

    PASSED = "passed"
    NOT_YET = "not yet"
    NOT_ANSWERED = "not answered"
    WRITTEN = "written"  # a person reads it


_SIGNS = {State.PASSED: "✔", State.NOT_YET: "✘", State.NOT_ANSWERED: "…", State.WRITTEN: "✎"}
# Ink and paper: at least 4.5:1 together, so that the page around them may be light or dark.
_COLOURS = {
    State.PASSED: ("#0b5c33", "#e6f4ec"),
    State.NOT_YET: ("#8a3b00", "#fdf0e4"),
    State.NOT_ANSWERED: ("#3d4450", "#eef0f3"),
    State.WRITTEN: ("#1d4f91", "#e8effa"),
}


@dataclass(frozen=True)
class CheckedCell:
    """What the visible checks say about one graded cell.

    Parameters
    ----------
    name : str
        nbgrader's name of the cell.
    problem : str
        The heading under which it stands.
    state : State
        What came out.
    points : float
        What the visible checks let through; grading may take some of it away.
    max_points : float
        What the cell can bring.
    hidden : int
        How many more checks run when it is graded.
    message : str
        Why it does not pass yet, as one line.
    seconds : float
        How long it ran.
    written : bool
        Whether a person grades it.
    """

    name: str
    problem: str
    state: State
    points: float
    max_points: float
    hidden: int = 0
    message: str = ""
    seconds: float = 0.0
    written: bool = False


@dataclass(frozen=True, repr=False)
class CheckReport:
    """What the visible checks say about a notebook.

    Parameters
    ----------
    assignment : str
        The problem set.
    cells : tuple of CheckedCell
        Every graded cell, in the order of the notebook.
    notes : tuple of str
        What had to be put back before the checks could run.
    trouble : tuple of str
        Errors in cells that are no checks.
    saved : float
        When the notebook was saved, in seconds since 1970; only what was saved is checked.
    seconds : float
        How long the whole took.
    path : str
        The notebook that was checked.
    """

    assignment: str
    cells: tuple[CheckedCell, ...]
    notes: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    saved: float = 0.0
    seconds: float = 0.0
    path: str = ""

    @property
    def points(self) -> float:
        """Points of the cells whose visible checks pass."""
        return sum(cell.points for cell in self.cells)

    @property
    def checked_points(self) -> float:
        """Points that checks give; the others come from a person."""
        return sum(cell.max_points for cell in self.cells if not cell.written)

    @property
    def written_points(self) -> float:
        """Points that a person gives."""
        return sum(cell.max_points for cell in self.cells if cell.written)

    @property
    def hidden(self) -> int:
        """How many checks run at grading that did not run here."""
        return sum(cell.hidden for cell in self.cells)

    @property
    def problems(self) -> dict[str, tuple[CheckedCell, ...]]:
        """The cells by the heading under which they stand."""
        names = dict.fromkeys(cell.problem for cell in self.cells)
        return {name: tuple(cell for cell in self.cells if cell.problem == name) for name in names}

    @property
    def summary(self) -> str:
        """The result in one or two sentences, without promising what only grading can say."""
        first = f"Visible checks pass for {self.points:g} of {self.checked_points:g} points"
        more = f"{_count(self.hidden, 'hidden check')} {'runs' if self.hidden == 1 else 'run'} at grading"
        written = f" {self.written_points:g} more are given by a person." if self.written_points else ""
        return f"{first}; {more}.{written}"

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        for title, cells in self.problems.items():
            yield f"{_SIGNS[state_of(cells)]} {title}: {state_of(cells).value}"
            for cell in cells:
                yield from [f"    {cell.name}: {cell.message}"] if cell.message else []
        yield from (f"! {note}" for note in (*self.notes, *self.trouble))
        yield self.summary

    def _repr_html_(self) -> str:
        rows = "".join(_row(title, cells) for title, cells in self.problems.items())
        notes = "".join(f"<li>{escape(note)}</li>" for note in (*self.notes, *self.trouble))
        when = f"As saved at {time.strftime('%H:%M:%S', time.localtime(self.saved))}. " if self.saved else ""
        head = "".join(
            f'<th scope="col" style="text-align:left">{name}</th>'
            for name in ("Problem", "Visible checks", "Points", "What to look at")
        )
        return (
            f'<div role="status"><p><strong>{escape(self.assignment)}.</strong> '
            f"{when}{escape(self.summary)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"{f'<ul>{notes}</ul>' if notes else ''}</div>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        cells = [{**asdict(cell), "state": cell.state.value} for cell in self.cells]
        totals = {"points": self.points, "checked_points": self.checked_points, "hidden": self.hidden}
        return {**asdict(self), "cells": cells, **totals, "written_points": self.written_points}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckReport:
        """Undo `to_dict`."""
        cells = tuple(CheckedCell(**{**cell, "state": State(cell["state"])}) for cell in data["cells"])
        notes, trouble = tuple(data["notes"]), tuple(data["trouble"])
        return cls(data["assignment"], cells, notes, trouble, data["saved"], data["seconds"], data["path"])


class Runner(Protocol):
    """Runs code cells one after the other in one session, and says what each put out."""

    def run(self, source: str, timeout: float) -> Sequence[Output]:
        """Run one cell; one that takes longer than `timeout` seconds ends with an error output."""
        ...


def check_notebook(
    path: Path,
    released: Path,
    start: Callable[[Path], AbstractContextManager[Runner]] | None = None,
    timeout: float = TIMEOUT_SECONDS,
    on_cell: Callable[[str, int, int], None] | None = None,
) -> CheckReport:
    """Run a student's notebook from the top with the visible checks of the release.

    Parameters
    ----------
    path : Path
        The student's notebook; it is only read.
    released : Path
        The student copy of the course.
    start : callable, optional
        Makes a session in a folder; a Jupyter kernel without it.
    timeout : float
        Seconds that one cell may take.
    on_cell : callable, optional
        Called before each code cell with what is being done, how many are done, and how many there are.

    Raises
    ------
    CourseError
        If there is no such notebook, or it cannot be read.
    """
    if start is None:
        from .check_kernel import KernelRunner  # noqa: PLC0415  (Jupyter's client takes a while to load)

        start = KernelRunner
    began = time.monotonic()
    template = template_of(released)
    cells, notes, saved = _read(path, template)
    with start(path.resolve().parent) as runner:
        checked, trouble = _run(cells, template, runner, timeout, on_cell)
    return CheckReport(
        released.stem, checked, notes, trouble, saved, time.monotonic() - began, str(path.resolve())
    )


def template_of(released: Path) -> Template:
    """The graded and locked cells of a student copy.

    Raises
    ------
    CourseError
        If the file is missing or is no notebook.
    """
    try:
        notebook = parse(read_bytes(released, _LARGEST), released.name)
    except UnreadableError as problem:
        raise CourseError(
            f"The course's copy: {problem}", "Get the course again, then try once more."
        ) from None
    cells = tuple(
        TemplateCell(
            name=data["grade_id"],
            cell_type=cell["cell_type"],
            source=cell["source"],
            visible=cell["source"],
            checksum=data.get("checksum"),
            points=data.get("points"),
            **{flag: bool(data.get(flag)) for flag in ("locked", "grade", "solution", "task")},
        )
        for cell in notebook["cells"]
        if (data := cell["metadata"].get("nbgrader")) and data.get("grade_id")
    )
    return Template(released.stem, notebook["metadata"].get("kernelspec") or {}, cells)


def unanswered(source: str, original: TemplateCell) -> bool:
    """Whether an answer cell is as it was handed out; blank space does not count."""
    return "".join(source.split()) == "".join(original.source.split())


def answers(cells: Sequence[Cell], template: Template) -> dict[str, bool]:
    """For each answer cell by name: whether something was written into it."""
    known = {cell.name: cell for cell in template.cells if cell.solution or cell.task}
    return {
        name: not unanswered(cell["source"], known[name])
        for cell in cells
        if (name := _name(cell)) in known and name is not None
    }


def read_cells(path: Path, template: Template) -> tuple[list[Cell], tuple[str, ...]]:
    """A student's cells with the release's locked cells, and notes on what was put back."""
    if not path.is_file():
        raise CourseError(
            f"There is no {path.name} in {path.parent}.",
            f"Get it with `autograder workspace`, or start afresh with `autograder reset {template.name}`.",
        )
    try:
        notebook, notes = mend(parse(read_bytes(path, _LARGEST), path.name), template)
    except UnreadableError as problem:
        raise CourseError(
            str(problem),
            f"Save it again in JupyterLab. If that does not help, `autograder reset {template.name}` keeps"
            f" {template.name}.ipynb under another name and gives you a fresh one.",
        ) from None
    return notebook["cells"], notes


def _read(path: Path, template: Template) -> tuple[list[Cell], tuple[str, ...], float]:
    cells, notes = read_cells(path, template)
    return cells, notes, path.stat().st_mtime


def _run(
    cells: Sequence[Cell],
    template: Template,
    runner: Runner,
    timeout: float,
    on_cell: Callable[[str, int, int], None] | None,
) -> tuple[tuple[CheckedCell, ...], tuple[str, ...]]:
    """Run the code cells in order; return the graded ones, and errors in others."""
    known = {cell.name: cell for cell in template.cells}
    total = sum(cell["cell_type"] == "code" for cell in cells)
    done, problem, answered = 0, "", True
    checked: list[CheckedCell] = []
    trouble: list[str] = []
    for cell in cells:
        problem = _heading(cell) or problem
        original = known.get(_name(cell) or "")
        if original and original.solution:
            answered = not unanswered(cell["source"], original)
        outputs: Sequence[Output] = ()
        began = time.monotonic()
        if cell["cell_type"] == "code":
            if on_cell is not None:
                on_cell(original.name if original else f"cell {done + 1}", done, total)
            outputs = runner.run(cell["source"], timeout)
            done += 1
        if original and (original.grade or original.task):
            result = judge(original, cell["source"], outputs, answered)
            checked.append(replace(result, problem=problem, seconds=time.monotonic() - began))
        else:
            trouble += _trouble(original.name if original else f"cell {done}", outputs)
    return tuple(checked), tuple(trouble)


def judge(cell: TemplateCell, source: str, outputs: Sequence[Output], answered: bool) -> CheckedCell:
    """What is to be said about a graded cell that has run.

    Parameters
    ----------
    cell : TemplateCell
        The cell as released.
    source : str
        What stands in it now.
    outputs : sequence of dict
        What it put out.
    answered : bool
        Whether something was written into the answer cell before it.
    """
    most = float(cell.points or 0.0)
    if cell.manual:
        state = State.NOT_ANSWERED if unanswered(source, cell) else State.WRITTEN
        return CheckedCell(cell.name, "", state, 0.0, most, written=True)
    hidden = sum(int(number) for number in _HIDDEN.findall(cell.source))
    points, error = score(cell, source, outputs)
    earned, message = points or 0.0, error or ""
    if earned >= most and not message:
        return CheckedCell(cell.name, "", State.PASSED, earned, most, hidden)
    if not answered:
        return CheckedCell(cell.name, "", State.NOT_ANSWERED, earned, most, hidden)
    if message.startswith(_STUB):
        message = f"It needs a function that is not written yet ({message})."
    # A failed check has a sentence of its own; the name of the exception would add nothing to it.
    message = message.removeprefix("AssertionError: ")
    return CheckedCell(cell.name, "", State.NOT_YET, earned, most, hidden, message)


def state_of(cells: Sequence[CheckedCell]) -> State:
    """The state of a problem: passed if nothing is left to do, not answered if nothing has been done."""
    states = {cell.state for cell in cells}
    if len(states) == 1:
        return states.pop()
    return State.PASSED if states <= {State.PASSED, State.WRITTEN} else State.NOT_YET


def _trouble(name: str, outputs: Sequence[Output]) -> list[str]:
    """Errors of a cell that is no check; the stub of an answer is none."""
    errors = [output for output in outputs if output["output_type"] == "error"]
    return [
        f"`{name}` stopped with {error['ename']}: {first_line(error['evalue'])}"
        for error in errors
        if error["ename"] != _STUB
    ]


def _name(cell: Cell) -> str | None:
    data = cell["metadata"].get("nbgrader")
    return data.get("grade_id") if isinstance(data, dict) else None


def _heading(cell: Cell) -> str:
    """The last heading in a text cell, without the points that stand behind it."""
    found = _HEADING.findall(cell["source"]) if cell["cell_type"] == "markdown" else []
    return re.sub(r"\s*\([^()]*\bpoints?\)$", "", found[-1]) if found else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _row(title: str, cells: Sequence[CheckedCell]) -> str:
    state = state_of(cells)
    points = sum(cell.points for cell in cells)
    most = sum(cell.max_points for cell in cells)
    why = "<br>".join(
        f"<code>{escape(cell.name)}</code>: {escape(cell.message)}" for cell in cells if cell.message
    )
    ink, paper = _COLOURS[state]
    style = f"color:{ink};background:{paper};padding:.1em .4em;border-radius:3px;white-space:nowrap"
    mark = f'<span style="{style}">{_SIGNS[state]} {state.value}</span>'
    left = 'style="text-align:left"'
    return (
        f"<tr><td {left}>{escape(title)}</td><td {left}>{mark}</td>"
        f"<td>{points:g} / {most:g}</td><td {left}>{why}</td></tr>"
    )


def to_json(report: CheckReport) -> str:
    """Write a report as JSON in plain ASCII, which goes through a pipe on every system."""
    return json.dumps(report.to_dict(), indent=1)
