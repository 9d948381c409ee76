"""Points for a cell, read off its outputs by nbgrader's rules, with nbgrader's faults mended.

nbgrader gives 0 for any text on stderr, full marks for ``nan``, negative numbers and NumPy's scalars, and
loses the whole submission when a test returns more than the maximum. Here warnings cost nothing, NumPy's
scalars are partial credit, and a result that is no number of points gives 0 for its cell, with the reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from .outputs import TIMEOUT, Output
from .sanitise import TemplateCell, checksum

__all__ = ["first_line", "score"]

_NUMPY = re.compile(r"(?:np|numpy)\.(?:float|int|uint|longdouble|longlong|ulonglong)\w*\((?P<value>[^()]*)\)")


def score(cell: TemplateCell, source: str, outputs: Sequence[Output]) -> tuple[float | None, str | None]:
    """Return the points of a graded cell, ``None`` if a person has to give them, and why some are lost.

    Parameters
    ----------
    cell : TemplateCell
        The cell, with its points.
    source : str
        What the student left in it.
    outputs : sequence of dict
        What running it gave.
    """
    most = float(cell.points or 0.0)
    if cell.task:
        return None, None
    if cell.solution:
        return (0.0, "not answered") if cell.checksum == checksum(source, cell) else (None, None)
    if cell.cell_type != "code":
        return None, None
    for output in outputs:
        if output["output_type"] == "error":
            return 0.0, _failure(outputs, output)
        if output["output_type"] == "execute_result":
            return _partial(output["data"].get("text/plain", ""), most)
    return most, None


def _partial(text: Any, most: float) -> tuple[float, str | None]:
    """Points for a result: a number is partial credit, anything else is full marks."""
    value = _number(str(text))
    if value is None:
        return most, None
    if not math.isfinite(value) or value < 0:
        return 0.0, f"an error of the test: it returned {first_line(str(text))}, which is no number of points"
    if value > most:
        return 0.0, f"an error of the test: it returned {value:g}, but the cell has at most {most:g} points"
    return value, None if value == most else f"partial credit: {first_line(str(text))}"


def _number(text: str) -> float | None:
    """The number that a text is, as Python or NumPy shows it."""
    match = _NUMPY.fullmatch(text.strip())
    try:
        return float(match["value"] if match else text)
    except ValueError:
        return None


def _failure(outputs: Sequence[Output], error: Output) -> str:
    """Why a test failed, as one line."""
    last = outputs[-1]
    if any(output.get("ename") == TIMEOUT for output in outputs):
        if last["output_type"] == "error" and last["evalue"]:
            return f"time-out: {first_line(last['evalue'])}"
        return "time-out: the cell ran too long and was interrupted"
    if error["ename"] in ("DeadKernelError", "NotRunError"):
        return first_line(error["evalue"])
    return f"{error['ename']}: {first_line(error['evalue'])}".removesuffix(": ")


def first_line(text: str, limit: int = 300) -> str:
    """The first line that says something, cut to a length that a table can hold."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
