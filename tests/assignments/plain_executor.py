"""Grade a notebook by running its cells one after the other in this process, without a kernel.

nbgrader's rule for points, without partial credit: an error or any text on stderr costs the whole
cell. Meant for made-up hands only: nothing is confined.
"""

from __future__ import annotations

import contextlib
import io
import signal
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.notebook import grade_id


@dataclass(frozen=True)
class Ran:
    """What one cell did: the error's type and message (empty if none), stdout and stderr."""

    error: str
    stdout: str
    stderr: str


def run(notebook: NotebookNode, seconds: float = 0.0) -> dict[str, Ran]:
    """Run every code cell in one namespace; results of the cells that nbgrader knows, by grade id.

    With `seconds` a cell that takes more processor time is interrupted.
    """
    namespace: dict[str, object] = {"__name__": "__main__"}
    return {
        grade_id(cell) or f"cell {index}": _run_cell(cell.source, namespace, seconds)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    }


def _run_cell(source: str, namespace: dict[str, object], seconds: float) -> Ran:
    """Run one cell; whatever it raises is part of the result."""
    out, err, error = io.StringIO(), io.StringIO(), ""
    with contextlib.redirect_stdout(out), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        with contextlib.redirect_stderr(err):
            try:
                with _interrupt_after(seconds):
                    exec(compile(source, "<cell>", "exec"), namespace)
            except Exception as raised:
                error = f"{type(raised).__name__}: {raised}"
    return Ran(error, out.getvalue(), err.getvalue() + "".join(f"{w.message}\n" for w in warned))


@contextlib.contextmanager
def _interrupt_after(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after some seconds of processor time (0: never).

    Not seconds of the clock: a busy machine must not end what only waits for its turn.
    """

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def restore_locked(notebook: NotebookNode, instructor: NotebookNode) -> None:
    """Put the instructor's locked cells, hidden tests included, back in place."""
    originals = {name: cell for cell in instructor.cells if (name := grade_id(cell))}
    for cell in notebook.cells:
        original = originals.get(grade_id(cell) or "")
        if original is not None and original.metadata["nbgrader"]["locked"]:
            cell.source = original.source


def points_of(instructor: NotebookNode) -> dict[str, float]:
    """Maximum points of the test cells, by grade id."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: float(cell.metadata["nbgrader"]["points"])
        for cell in instructor.cells
        if grade_id(cell) and cell.metadata["nbgrader"]["grade"] and not cell.metadata["nbgrader"]["solution"]
    }


def scores(results: Mapping[str, Ran], points: Mapping[str, float]) -> dict[str, float]:
    """Points of every test cell: all, or none where there was an error or text on stderr."""
    return {
        name: 0.0 if results[name].error or results[name].stderr else full for name, full in points.items()
    }
