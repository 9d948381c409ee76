"""Try an assignment before students do: what its solution earns, and what answers that are none earn.

Four submissions go through the engine: the instructor's own solution, the student copy as released, and the
solution with every number that it gives replaced by zero, and by NaN. The first must get every point, the
others none. Tests are read besides (`lint`).
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .apart import Terms
from .course import Course, CourseError
from .fast_engine import FastEngine, assignment_of, default_timeout
from .gradebook import require_released
from .lint import Finding, lint
from .outcome import CellOutcome, Outcome
from .placement import names_in
from .sandbox import NotebookRun, Step
from .sanitise import Template
from .worker import Assignment, Folders, Worker, grade_submission

__all__ = ["Trial", "Verdict", "verify"]

_SPOIL = """
def _spoilt(value, number={number}):
    import numpy
    if isinstance(value, (bool, numpy.bool_)):
        return False
    if isinstance(value, (int, float, complex, numpy.number)):
        return number
    if isinstance(value, numpy.ndarray):
        return numpy.full(value.shape, number)
    if isinstance(value, dict):
        return {{key: _spoilt(item) for key, item in value.items()}}
    if type(value) in (list, tuple):
        return type(value)(_spoilt(item) for item in value)
    if type(value) in (str, set):
        return type(value)()
    for name, item in _numbers(value).items():
        object.__setattr__(value, name, _spoilt(item))
    return value


def _numbers(value):
    import numpy
    if type(value).__module__ != "__main__" or callable(value):
        return {{}}
    kinds = (int, float, numpy.ndarray, numpy.number)
    return {{name: item for name, item in vars(value).items() if isinstance(item, kinds)}}


def _reached(values):
    found, waiting = {{}}, list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif type(value).__module__ == "__main__" and id(value) not in found and hasattr(value, "__dict__"):
            found[id(value)] = value
            waiting.extend(vars(value).values())
    return [(value, _numbers(value)) for value in found.values()]


def _spoil(function):
    import functools

    @functools.wraps(function)
    def spoilt(*values, **options):
        before = _reached(values)
        result = _spoilt(function(*values, **options))
        for value, numbers in before:
            for name, item in _numbers(value).items():
                if item is not numbers.get(name):
                    object.__setattr__(value, name, _spoilt(item))
        return result

    return spoilt


def _spoil_class(kind):
    for name, value in list(vars(kind).items()):
        if type(value).__name__ == "function" and name != "__init__":
            setattr(kind, name, _spoil(value))
    return kind
"""
_SPOIL_NAME = """
if "{name}" in globals():
    if isinstance({name}, type):
        {name} = _spoil_class({name})
    elif callable({name}):
        {name} = _spoil({name})
    else:
        {name} = _spoilt({name})
"""


@dataclass(frozen=True)
class Trial:
    """What one made-up submission came to.

    Parameters
    ----------
    name : str
        What was handed in.
    wanted : {"everything", "nothing"}
        What it must earn.
    outcome : Outcome
        What it earned.
    excused : tuple of str
        Cells of which the assignment says that such an answer is right.
    """

    name: str
    wanted: str
    outcome: Outcome
    excused: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[CellOutcome, ...]:
        """The cells with other points than they must have; what people grade is left out."""
        cells = [c for c in self.outcome.cells if not c.manual and c.grade_id not in self.excused]
        if self.wanted == "everything":
            return tuple(cell for cell in cells if cell.points != cell.max_points)
        return tuple(cell for cell in cells if cell.points)

    @property
    def ok(self) -> bool:
        """Whether it earned what it must."""
        return self.outcome.graded and not self.wrong

    def __str__(self) -> str:
        score, most = self.outcome.score, sum(c.max_points for c in self.outcome.cells if not c.manual)
        if not self.outcome.graded:
            return f"{self.name}: {self.outcome.summary}"
        lines = [f"{self.name}: {score:g} of {most:g} automatic points, wanted {self.wanted}"]
        lines += [f"  {c.grade_id}: {c.points:g} of {c.max_points:g}. {c.error or ''}" for c in self.wrong]
        return "\n".join(lines)


@dataclass(frozen=True)
class Verdict:
    """What trying an assignment came to.

    Parameters
    ----------
    assignment : str
        Its name.
    trials : tuple of Trial
        What was handed in, and what it earned.
    findings : tuple of Finding
        What reading the tests found.
    """

    assignment: str
    trials: tuple[Trial, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether every trial earned what it must. Findings are for people to weigh."""
        return all(trial.ok for trial in self.trials)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        trials = [
            {
                "name": trial.name,
                "wanted": trial.wanted,
                "ok": trial.ok,
                "score": trial.outcome.score,
                "wrong": [cell.grade_id for cell in trial.wrong],
                "seconds": trial.outcome.seconds,
            }
            for trial in self.trials
        ]
        findings = [asdict(finding) for finding in self.findings]
        return {"assignment": self.assignment, "ok": self.ok, "trials": trials, "findings": findings}


def verify(
    course: Course, assignment: str, *, timeout: float | None = None, unconfined: bool = False
) -> Verdict:
    """Try an assignment, with the engine that will grade it.

    Parameters
    ----------
    course : Course
        The course folder; the assignment has been released.
    assignment : str
        Its name.
    timeout : float, optional
        Seconds that one cell may run.
    unconfined : bool
        Run without confinement. The answers here are the instructor's own.

    Raises
    ------
    CourseError
        If it has not been released, or its instructor's notebook is not there.
    """
    require_released(course, assignment)
    engine = FastEngine(course, timeout or default_timeout(course), jobs=1, unconfined=unconfined)
    wanted = assignment_of(course, assignment)
    sources = {t.name: _notebook(course, assignment, "source", t) for t in wanted.templates}
    released = {t.name: _notebook(course, assignment, "release", t) for t in wanted.templates}
    excused = wanted.rules.zeros_may_pass
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory(prefix="verify-") as scratch:
        Path(scratch).chmod(0o711)
        settings = {
            "assignment": wanted.to_dict(),
            "limits": engine.limits.to_dict(),
            "confined": not unconfined,
            "slot": 900,  # another user id than any slot of a grading run has
        }
        worker = Worker(settings, Path(scratch))
        try:
            for name, aim, books, spared in (
                ("the instructor's solution", "everything", sources, ()),
                ("the student copy as released", "nothing", released, ()),
                ("zeros in place of every number", "nothing", _spoilt(sources, wanted, "0.0"), excused),
                (
                    "NaN in place of every number",
                    "nothing",
                    _spoilt(sources, wanted, 'float("nan")'),
                    excused,
                ),
            ):
                outcome = _hand_in(worker, wanted, books, Path(scratch) / str(len(trials)))
                trials.append(Trial(name, aim, outcome, tuple(spared)))
        finally:
            worker.close()
    return Verdict(assignment, tuple(trials), tuple(lint(wanted)))


def _notebook(course: Course, assignment: str, step: str, template: Template) -> dict[str, Any]:
    path = course.step(step, ".", assignment) / f"{template.name}.ipynb"
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as problem:
        raise CourseError(
            f"{path} cannot be read ({type(problem).__name__}).",
            f"The instructor's notebook and the student copy are needed: autograder release {assignment}",
        ) from problem


def _hand_in(worker: Worker, assignment: Assignment, books: Mapping[str, Any], place: Path) -> Outcome:
    """Grade made-up notebooks."""
    folder = place / "submitted"
    folder.mkdir(parents=True)
    for name, notebook in books.items():
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")

    def run(steps: Sequence[Step], folders: Folders, terms: Terms) -> NotebookRun:
        # The answers are the instructor's: nothing has to be kept from whoever reads the outcome.
        return worker.run(steps, folders, replace(terms, frank=True))

    out, scratch = place / "out", worker.scratch
    return grade_submission("verify", folder, assignment, worker.limits, run, out, scratch).outcome


def _spoilt(books: Mapping[str, Any], assignment: Assignment, number: str) -> dict[str, Any]:
    """Return notebooks whose answers give `number` wherever they give a number, in the right shape."""
    answers = {
        c.name for t in assignment.templates for c in t.cells if c.cell_type == "code" and not c.locked
    }
    return {
        name: _change(book, answers, lambda source: _spoil(source, number)) for name, book in books.items()
    }


def _change(notebook: Any, names: set[str], change: Callable[[str], str]) -> Any:
    """Return a copy of a notebook with the sources of some cells changed."""
    changed = copy.deepcopy(notebook)
    for cell in changed["cells"]:
        name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
        if name in names and cell["cell_type"] == "code":
            source = cell["source"]
            cell["source"] = change(source if isinstance(source, str) else "".join(source))
    return changed


def _spoil(source: str, number: str) -> str:
    """Let what a cell defines give `number`."""
    names: Sequence[str] = names_in(source)
    return source + "\n" + _SPOIL.format(number=number) + "".join(_SPOIL_NAME.format(name=n) for n in names)
