"""Hand in, and open the worked solution afterwards: for whoever learns alone.

Handing in copies the notebook into ``handed-in/`` of the workspace; in a class that copy is what goes to the
teacher. The worked solution is made from the instructor's notebook, without hidden tests.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import CourseError
from .sanitise import UnreadableError, parse, read_bytes, strip_hidden
from .workspace import Workspace, copy_file, did_you_mean, free_name, plain_name

__all__ = ["hand_in", "handed_in", "problem_set", "require", "worked", "write_solution"]

_LARGEST = 100_000_000
_MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")
_HIDDEN = [("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("BEGIN MARK SCHEME", "END MARK SCHEME")]
_NOTE = (
    "> **Worked solution.** One good way among several. Compare it with yours problem by problem: where they"
    " differ, find out whether the difference matters. This copy is not handed in."
)


def hand_in(workspace: Workspace, name: str, now: datetime) -> Path:
    """Copy a problem set into ``handed-in/``, with the date; every copy is kept.

    Raises
    ------
    CourseError
        If there is no such problem set, or nothing to hand in.
    """
    path = problem_set(workspace, name)
    name = path.stem
    if not path.exists():
        raise CourseError(f"There is no {path.name} in {path.parent}.", "Get it with `autograder workspace`.")
    target = free_name(workspace.root / "handed-in" / name / f"{name}.ipynb", f"-{now:%Y-%m-%d-%H%M%S}")
    copy_file(path, target)
    return target


def handed_in(workspace: Workspace, name: str) -> tuple[Path, ...]:
    """The copies of a problem set that were handed in, oldest first."""
    return tuple(sorted((workspace.root / "handed-in" / name).glob("*.ipynb")))


def write_solution(workspace: Workspace, name: str, anyway: bool = False) -> Path:
    """Write the worked solution of a problem set into ``solutions/`` of the workspace.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    name : str
        The problem set.
    anyway : bool
        Write it even if nothing was handed in.

    Raises
    ------
    CourseError
        If nothing was handed in, or this copy of the course has no solutions.
    """
    source = require(workspace, name, anyway)
    name = source.stem
    try:
        notebook = worked(parse(read_bytes(source, _LARGEST), source.name))
    except UnreadableError as problem:
        raise CourseError(str(problem), "Get the course again.") from None
    target = workspace.root / "solutions" / f"{name}.ipynb"
    if target.exists():
        target = free_name(target, "-again")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), "utf-8")
    for beside in (workspace.course / workspace.relative(name)).parent.iterdir():
        if beside.is_file() and beside.suffix != ".ipynb":
            copy_file(beside, target.with_name(beside.name))
    return target


def require(workspace: Workspace, name: str, anyway: bool = False) -> Path:
    """The instructor's notebook, if its solution may be shown; parameters and errors as `write_solution`."""
    name = problem_set(workspace, name).stem
    if not anyway and not handed_in(workspace, name):
        raise CourseError(
            f"{name} has not been handed in yet: a solution helps most after a try of one's own.",
            f"Run `autograder hand-in {name}` first, or add --anyway.",
        )
    source = workspace.course / "assignments" / "source" / name / f"{name}.ipynb"
    if not source.is_file():
        raise CourseError(f"This copy of the course has no solution of {name}.", "Ask whoever teaches it.")
    return source


def worked(notebook: dict[str, Any]) -> dict[str, Any]:
    """The instructor's notebook as a worked solution: no marks, no hidden tests, no grading metadata."""
    cells = []
    for index, cell in enumerate(notebook["cells"]):
        lines = strip_hidden(cell["source"], _HIDDEN).split("\n")
        source = "\n".join(line for line in lines if line.strip() not in _MARKS).strip("\n")
        metadata = {key: value for key, value in cell["metadata"].items() if key != "nbgrader"}
        cells.append({**cell, "source": source, "metadata": metadata})
        if index == 0:
            cells.append({"cell_type": "markdown", "id": "worked-solution", "metadata": {}, "source": _NOTE})
    return {**notebook, "cells": cells}


def problem_set(workspace: Workspace, name: str) -> Path:
    """The student's notebook of a problem set, whose name may be said as ``ps3``, ``PS3`` or ``ps3.ipynb``.

    Raises
    ------
    CourseError
        If there is none of this name: a lecture is none, and checks itself.
    """
    known = workspace.assignments()
    for own in known:
        if own.lower() == plain_name(name):
            return workspace.notebook(own)
    try:
        lecture = Path(workspace.relative(name)).stem
    except CourseError:
        meant = did_you_mean(name, known)
        raise CourseError(
            f"`{name}` is not a problem set of this course.", f"{meant}There are: {', '.join(known)}."
        ) from None
    raise CourseError(
        f"`{name}` is not a problem set but the lecture {lecture}: its exercises say in the notebook"
        " whether they are right.",
        f"`autograder todo` shows how far you are. Problem sets are {', '.join(known)}.",
    )
