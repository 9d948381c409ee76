"""One submission, from reading it to an outcome: read and mend, run, score, write.

A worker is a trusted process with warm processes of its own (`autograder.sandbox`): one for the cells of
students, one for tests, each with and without Matplotlib as it is needed. It never opens the gradebook:
what belongs there goes back to the batch, which writes it in one transaction. `grade_submission` is the
whole of it and needs no process around it; `main` serves jobs over a socket.
"""

from __future__ import annotations

import ast
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

from . import wire
from .allowed import OURS, homes
from .apart import Terms, run_apart
from .outcome import CellOutcome, Outcome, Status
from .outputs import Output, limit_lines
from .placement import Plan, apart, is_in_process, together
from .rules import SPLIT, Rules
from .sandbox import CellRun, End, NotebookRun, Sandbox, SandboxError, Side, Step, run_notebook
from .sanitise import Cell, Template, UnreadableError, checksum, mend, parse, read_bytes
from .scoring import score
from .settings import GradingLimits

__all__ = ["Assignment", "Folders", "Graded", "grade_submission", "imports_of", "label", "main"]

_LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": sys.version_info[0]},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": ".".join(map(str, sys.version_info[:3])),
}


@dataclass(frozen=True)
class Assignment:
    """Everything about an assignment that grading needs besides the submission.

    Parameters
    ----------
    name : str
        The assignment's name.
    templates : tuple of Template
        Its notebooks, as the gradebook has them.
    files : mapping of str to str
        The instructor's files beside the notebooks, by relative name; they replace a student's.
    ignore : tuple of str
        Names of files that are left out, with wildcards.
    max_lines, max_traceback : int
        nbgrader's ``LimitOutput``.
    ignore_stderr : str
        nbgrader's ``IgnorePattern``, empty if it is off.
    permissions : int
        Mode of the files that are written.
    plans : mapping of str to Plan
        Which names tests may use, by notebook.
    rules : Rules
        Where tests run, and what answers may import.
    key : str
        The course key, which tests find as ``COURSE_KEY``; empty if the course has none. Student code never
        gets it: tests that run beside answers do without.
    """

    name: str
    templates: tuple[Template, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    max_lines: int = 1000
    max_traceback: int = 100
    ignore_stderr: str = ""
    permissions: int = 0o444
    plans: Mapping[str, Plan] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    key: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {**asdict(self), "templates": [template.to_dict() for template in self.templates]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Assignment:
        """Undo `to_dict`."""
        parts = {
            "templates": tuple(map(Template.from_dict, data["templates"])),
            "ignore": tuple(data["ignore"]),
            "plans": {name: Plan.from_dict(plan) for name, plan in data["plans"].items()},
            "rules": Rules.from_dict(data["rules"]),
        }
        return cls(**{**data, **parts})

    @property
    def max_score(self) -> float:
        """Points that can be earned."""
        return float(sum(c.points or 0.0 for t in self.templates for c in t.cells if c.grade or c.task))


@dataclass(frozen=True)
class Graded:
    """An outcome, and what has to be recorded with it.

    Parameters
    ----------
    outcome : Outcome
        For people.
    grades : mapping
        Automatic points by notebook and cell; ``None`` where a person has to give them.
    unanswered : mapping
        Names of the cells without an answer, by notebook.
    """

    outcome: Outcome
    grades: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    unanswered: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {
            "outcome": self.outcome.to_dict(),
            "grades": dict(self.grades),
            "unanswered": {name: list(cells) for name, cells in self.unanswered.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Graded:
        """Undo `to_dict`."""
        return cls(Outcome.from_dict(data["outcome"]), data["grades"], data["unanswered"])


@dataclass(frozen=True)
class Folders:
    """Where a notebook runs.

    Parameters
    ----------
    student, tests : Path
        The working folders of the two sides; files of a submission lie in the first one only.
    """

    student: Path
    tests: Path


Runner = Callable[[Sequence[Step], Folders, Terms], NotebookRun]


def grade_submission(
    student: str,
    folder: Path,
    assignment: Assignment,
    limits: GradingLimits,
    run: Runner,
    staging: Path,
    scratch: Path,
) -> Graded:
    """Grade what a student handed in; a bad submission is an outcome, not an exception.

    Parameters
    ----------
    student : str
        Whose submission.
    folder : Path
        What was handed in. Only read.
    assignment : Assignment
        What it belongs to.
    limits : GradingLimits
        What it may use.
    run : callable
        Runs steps in a folder.
    staging : Path
        A folder that gets the executed notebooks and the files beside them; made here.
    scratch : Path
        A folder that gets the folders to run in for each notebook.

    Raises
    ------
    SandboxError
        If the warm process fails; the submission has to be tried again.
    """
    started = time.perf_counter()
    try:
        graded = _grade(student, folder, assignment, limits, run, staging, scratch)
    except UnreadableError as problem:
        outcome = Outcome(student, assignment.name, problem.status, max_score=assignment.max_score)
        graded = Graded(replace(outcome, reason=problem.reason, next_step=problem.next_step))
    seconds = round(time.perf_counter() - started, 3)
    return replace(graded, outcome=replace(graded.outcome, seconds=seconds))


def _grade(
    student: str,
    folder: Path,
    assignment: Assignment,
    limits: GradingLimits,
    run: Runner,
    staging: Path,
    scratch: Path,
) -> Graded:
    """Grade the notebooks of a submission one after the other and put their points together."""
    present = _notebooks(folder, assignment)
    files, links = _files_beside(folder, assignment)
    _require_room(files, limits)
    notes = [f"the symbolic link `{name}` was left out" for name in links]
    notes += [
        f"the notebook `{path.name}` is none of the assignment's and was left out"
        for path in _strangers(folder, assignment)
    ]
    _copy(files, staging, assignment.permissions)
    results = []
    for template in assignment.templates:
        result = _grade_notebook(
            template, present.get(template.name), assignment, limits, run, scratch, files
        )
        if result.notebook is not None:
            _write(result.notebook, staging / f"{template.name}.ipynb", assignment.permissions)
        results.append(result)
    if all(result.problem is not None for result in results):
        raise next(result.problem for result in results if result.problem is not None)
    return _together(student, assignment, results, notes)


@dataclass(frozen=True)
class _Notebook:
    """What grading one notebook came to."""

    template: Template
    notebook: dict[str, Any] | None = None
    cells: tuple[CellOutcome, ...] = ()
    unanswered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    died: tuple[str, ...] = ()
    run: NotebookRun | None = None
    problem: UnreadableError | None = None


def _grade_notebook(
    template: Template,
    path: Path | None,
    assignment: Assignment,
    limits: GradingLimits,
    run: Runner,
    scratch: Path,
    files: Mapping[str, Path],
) -> _Notebook:
    """Grade one notebook; one that cannot be read is a result with a problem."""
    try:
        if path is None:
            raise _missing(template.name)
        if template.language not in ("python", "ipython"):
            raise UnreadableError(
                Status.NOT_GRADABLE,
                f"{template.name}.ipynb is for the language {template.language}, and only Python runs here.",
                "Grade this assignment with --engine nbgrader.",
            )
        data = read_bytes(path, limits.notebook_bytes)
        notebook, notes = mend(parse(data, path.name), template)
    except UnreadableError as problem:
        return _unread(template, problem)
    cells = notebook["cells"]
    plan = assignment.plans.get(template.name, Plan())
    place = apart if assignment.rules.mode == SPLIT else together
    steps = place(cells, template, plan)
    executed = _run_in(
        scratch, files, assignment, lambda folders: run(steps, folders, _terms(assignment, plan))
    )
    notes += _beside(steps, assignment)
    _put_outputs(cells, executed, assignment)
    notebook["metadata"]["language_info"] = _LANGUAGE_INFO
    return _score(template, notebook, notes, executed)


def _missing(name: str) -> UnreadableError:
    return UnreadableError(
        Status.MISSING, f"No {name}.ipynb was handed in.", "Nothing to do, or ask the student."
    )


def _unread(template: Template, problem: UnreadableError) -> _Notebook:
    """A notebook that is missing earns nothing; one that cannot be read has no points at all."""
    missing = problem.status is Status.MISSING
    cells = tuple(
        CellOutcome(c.name, 0.0 if missing else None, float(c.points or 0.0), c.manual, problem.reason)
        for c in template.cells
        if c.grade or c.task
    )
    return _Notebook(template, cells=cells, problem=problem)


def _terms(assignment: Assignment, plan: Plan) -> Terms:
    """What holds between the two sides of a notebook."""
    rules = assignment.rules
    first = f"{plan.imports}\nCOURSE_KEY = {assignment.key!r}" if assignment.key else plan.imports
    return Terms(first, plan.plain, rules.operators, rules.argument_writes)


def _beside(steps: Sequence[Step], assignment: Assignment) -> tuple[str, ...]:
    """Say which tests ran beside the student's code."""
    if assignment.rules.mode != SPLIT:
        return ("all tests ran inside the student's process, as the assignment declares",)
    inside = [s.name for s in steps if s.side is Side.STUDENT and s.name and is_in_process(s.source)]
    return tuple(f"the test `{name}` ran inside the student's process, as it declares" for name in inside)


def _run_in(
    scratch: Path, files: Mapping[str, Path], assignment: Assignment, run: Callable[[Folders], NotebookRun]
) -> NotebookRun:
    """Run in two folders of their own; that of the tests holds the instructor's files only."""
    folders = Folders(Path(tempfile.mkdtemp(dir=scratch)), Path(tempfile.mkdtemp(dir=scratch)))
    own = {name: path for name, path in files.items() if name in assignment.files}
    try:
        _copy(files, folders.student, 0o644)
        _copy(own, folders.tests, 0o644)
        return run(folders)
    finally:
        _remove(folders.student)
        _remove(folders.tests)


def _put_outputs(cells: Sequence[Cell], executed: NotebookRun, assignment: Assignment) -> None:
    """Put outputs into the cells, shortened as the course wants."""
    for number, cell in executed.cells.items():
        outputs = [dict(output) for output in cell.outputs if not _ignored(output, assignment.ignore_stderr)]
        cells[number]["outputs"] = limit_lines(outputs, assignment.max_lines, assignment.max_traceback)
        cells[number]["execution_count"] = cell.count


def _ignored(output: Output, pattern: str) -> bool:
    """Whether the course wants this text on stderr left out."""
    return bool(pattern) and output.get("name") == "stderr" and bool(re.search(pattern, output["text"]))


def _score(
    template: Template, notebook: dict[str, Any], notes: tuple[str, ...], executed: NotebookRun
) -> _Notebook:
    """Give points to the cells of an executed notebook."""
    known = {cell.name: cell for cell in template.cells}
    outcomes: dict[str, CellOutcome] = {}
    unanswered, slow, died = [], [], []
    for number, cell in enumerate(notebook["cells"]):
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        ran = executed.cells.get(number, CellRun(end=End.DONE))
        if ran.end in (End.INTERRUPTED, End.KILLED):
            slow.append(name or f"cell {number + 1}")
        elif ran.end is End.CRASHED:
            died.append(name or f"cell {number + 1}")
        original = known.get(name)
        if original is None:
            continue
        if original.solution and original.checksum == checksum(cell["source"], original):
            unanswered.append(original.name)
        if original.grade or original.task:
            # Judged by all outputs, not by those that a limit left over.
            earned, error = score(original, cell["source"], ran.outputs)
            outcomes[name] = CellOutcome(
                name,
                earned,
                float(original.points or 0.0),
                original.manual,
                error,
                seconds=ran.seconds,
                tail=_stdout_tail(ran.outputs) if error and not original.manual else "",
            )
    ordered = tuple(outcomes[c.name] for c in template.cells if c.name in outcomes)
    return _Notebook(
        template, notebook, ordered, tuple(unanswered), notes, tuple(slow), tuple(died), executed
    )


def _stdout_tail(outputs: Sequence[Output], length: int = 500) -> str:
    """The end of what a failed cell printed."""
    text = "".join(output["text"] for output in outputs if output.get("name") == "stdout")
    return text[-length:]


def _together(
    student: str, assignment: Assignment, results: Sequence[_Notebook], notes: Sequence[str]
) -> Graded:
    """Put the notebooks of a submission together."""
    several = len(assignment.templates) > 1
    cells = tuple(
        replace(cell, grade_id=label(result.template.name, cell.grade_id, several))
        for result in results
        for cell in result.cells
    )
    slow = [name for result in results for name in result.slow]
    died = [name for result in results for name in result.died]
    runs = [result.run for result in results if result.run is not None]
    problems = [result.problem for result in results if result.problem is not None]
    reasons = [f"time-out in {', '.join(slow)}"] if slow else []
    reasons += [f"the Python process died in {', '.join(died)}"] if died else []
    reasons += [problem.reason for problem in problems]
    outcome = Outcome(
        student,
        assignment.name,
        Status.TIMED_OUT if slow else Status.DIED if died else Status.GRADED,
        score=float(sum(cell.points or 0.0 for cell in cells)),
        max_score=assignment.max_score,
        cells=cells,
        reason="; ".join(reasons),
        next_step=" ".join(problem.next_step for problem in problems),
        notes=(*(note for result in results for note in result.notes), *notes),
        log=next((ran.tail for ran in runs if ran.tail), ""),
        protection=runs[0].protection if runs else "",
        mechanisms=runs[0].mechanisms if runs else (),
        attempts=max((ran.attempts for ran in runs), default=0),
        cpu_seconds=round(sum(ran.cpu_seconds for ran in runs), 3),
        peak_bytes=max((ran.peak_bytes for ran in runs), default=0),
    )
    grades = {r.template.name: {cell.grade_id: cell.points for cell in r.cells} for r in results}
    return Graded(outcome, grades, {r.template.name: r.unanswered for r in results})


def label(notebook: str, cell: str, several: bool) -> str:
    """What to call a cell: grade ids are unique in a notebook, not in an assignment of several."""
    return f"{notebook}:{cell}" if several else cell


def _notebooks(folder: Path, assignment: Assignment) -> dict[str, Path]:
    """Find the assignment's notebooks in a submission.

    Raises
    ------
    UnreadableError
        If there is none, saying what is there instead.
    """
    expected = [f"{template.name}.ipynb" for template in assignment.templates]
    linked = [name for name in expected if (folder / name).is_symlink()]
    if folder.is_symlink() or linked:
        raise UnreadableError(
            Status.NOT_GRADABLE,
            f"{(linked or expected)[0]} is a symbolic link, not a notebook.",
            "Ask the student to hand in the file itself.",
        )
    present = {Path(name).stem: folder / name for name in expected if (folder / name).is_file()}
    if present:
        return present
    others = _strangers(folder, assignment)
    if others:
        raise UnreadableError(
            Status.NOT_GRADABLE,
            f"The notebook is called `{others[0].name}`, but `{expected[0]}` is expected.",
            f"If it is the right one, rename it to {expected[0]} and grade this student again.",
        )
    raise _missing(Path(expected[0]).stem)


def _strangers(folder: Path, assignment: Assignment) -> list[Path]:
    """Notebooks that the assignment does not have."""
    known = {f"{template.name}.ipynb" for template in assignment.templates}
    found = sorted(folder.glob("*.ipynb")) if folder.is_dir() else []
    return [path for path in found if path.name not in known]


def _files_beside(folder: Path, assignment: Assignment) -> tuple[dict[str, Path], list[str]]:
    """Return the files to lay beside the notebooks, the instructor's last, and the links left out."""
    files: dict[str, Path] = {}
    links: list[str] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not _matches(name, assignment.ignore))
        links += [_relative(here / name, folder) for name in folders if (here / name).is_symlink()]
        for name in sorted(names):
            path = here / name
            if path.is_symlink():
                links.append(_relative(path, folder))
            elif path.is_file() and path.suffix != ".ipynb" and not _matches(name, assignment.ignore):
                files[_relative(path, folder)] = path
    files.update({name: Path(path) for name, path in assignment.files.items()})
    return files, links


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _require_room(files: Mapping[str, Path], limits: GradingLimits) -> None:
    """Refuse more files than a notebook may write itself."""
    size = sum(path.stat().st_size for path in files.values())
    if size > limits.scratch_bytes:
        raise UnreadableError(
            Status.NOT_GRADABLE,
            f"The files beside the notebook have {size / 1e6:.0f} MB; "
            f"{limits.scratch_bytes / 1e6:.0f} MB fit.",
            "Ask the student to leave data out, or raise c.AutograderLimits.scratch_bytes.",
        )


def _copy(files: Mapping[str, Path], folder: Path, mode: int) -> None:
    """Lay out files; a file that is in the way of a folder of the instructor's gives way."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        target = folder / name
        for parent in reversed(target.relative_to(folder).parents):
            if (folder / parent).is_file():
                (folder / parent).unlink()
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(mode)


def _write(notebook: dict[str, Any], path: Path, mode: int) -> None:
    """Write a notebook with each cell on a line of its own: quick, and still readable as a difference."""
    cells = ",\n  ".join(json.dumps(cell, ensure_ascii=False, sort_keys=True) for cell in notebook["cells"])
    rest = {name: notebook[name] for name in ("metadata", "nbformat", "nbformat_minor")}
    tail = json.dumps(rest, ensure_ascii=False, sort_keys=True)[1:]
    text = f'{{\n "cells": [\n  {cells}\n ],\n {tail}\n'
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
    path.chmod(mode)


def _remove(folder: Path) -> None:
    """Remove a folder, also one that student code has made unreadable."""

    def mend_and_retry(function: Callable[[str], object], path: str, _: object) -> None:
        with suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)
            os.chmod(path, 0o700)
            function(path)

    shutil.rmtree(folder, onerror=mend_and_retry)
    shutil.rmtree(folder, ignore_errors=True)


def imports_of(sources: Iterable[str]) -> tuple[str, ...]:
    """Modules that cells import: a warm process has them ready."""
    found: set[str] = set()
    for source in sources:
        found |= _imports(source)
    return tuple(sorted(found))


def _sources(assignment: Assignment, role: str) -> list[str]:
    """The code cells of the instructor that run in a role, as they run there.

    What the student's process is told, student code can find in its memory: no tests.
    """
    cells = [c for t in assignment.templates for c in t.cells if c.cell_type == "code"]
    if role == "student":
        return [c.visible or c.source for c in cells if not (c.grade and c.locked)]
    return [c.source for c in cells if role == "alone" or c.locked]


def _imported(assignment: Assignment, role: str) -> tuple[str, ...]:
    """What is imported in a role."""
    plans = [plan.imports for plan in assignment.plans.values()]
    found = imports_of([*_sources(assignment, role), *plans])
    if role != "student":
        return found
    allowed = assignment.rules.imports
    if allowed is None:
        return tuple(m for m in found if m.split(".")[0] not in OURS)
    return tuple(m for m in found if any(f"{m}.".startswith(f"{name}.") for name in allowed))


def _imports(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


class Worker:
    """Serves jobs with warm processes of its own, replaced when one fails.

    Parameters
    ----------
    settings : mapping
        As the batch sends them.
    scratch : Path
        Where notebooks run.
    """

    def __init__(self, settings: Mapping[str, Any], scratch: Path) -> None:
        self.assignment = Assignment.from_dict(settings["assignment"])
        self.limits = GradingLimits.from_dict(settings["limits"])
        self.confined = bool(settings["confined"])
        self.slot = int(settings["slot"])
        self.scratch = scratch
        self.sandboxes: dict[tuple[str, ...], Sandbox] = {}

    def warm(self, role: str, steps: Sequence[Step] = ()) -> Sandbox:
        """Return the warm process of a role for these cells, a new one if there is none.

        Most notebooks of most assignments draw nothing, and a process without Matplotlib forks in half the
        time; one that has it spares those that do draw its import. So there are two, made when needed.
        """
        modules, extra = self._modules[role]
        if any(re.search(rf"\b(?:{'|'.join(extra)})\b", step.source) for step in steps if extra):
            modules = (*modules, *self.limits.preload)
        key = (role, *modules)
        if key not in self.sandboxes:
            limits = replace(self.limits, readable=(*self.limits.readable, *self._homes(role, modules)))
            self.sandboxes[key] = Sandbox(
                modules,
                limits,
                confined=self.confined,
                slot=self.slot,
                prepare=_sources(self.assignment, role),
                role=role,
                imports=self.assignment.rules.imports,
            )
        return self.sandboxes[key]

    def _homes(self, role: str, modules: Sequence[str]) -> tuple[str, ...]:
        """Where packages lie that a role may read. A listed module of ours is loaded ahead, not read."""
        listed = self.assignment.rules.imports or ()
        return homes(m for m in modules if role != "student" or m.split(".")[0] not in OURS or m in listed)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The processes that a submission needs."""
        return ("student", "tests") if self.assignment.rules.mode == SPLIT else ("alone",)

    @cached_property
    def _modules(self) -> dict[str, tuple[tuple[str, ...], list[str]]]:
        """What each role imports, and the packages that only some notebooks may want on top."""
        own = {Path(name).parts[0].removesuffix(".py") for name in self.assignment.files}
        found = {}
        for role in self.roles:
            wanted = tuple(m for m in _imported(self.assignment, role) if m.split(".")[0] not in own)
            known = {module.split(".")[0] for module in wanted}
            found[role] = wanted, sorted({m.split(".")[0] for m in self.limits.preload} - known)
        return found

    def close(self) -> None:
        """End the warm processes."""
        while self.sandboxes:
            self.sandboxes.popitem()[1].close()

    def grade(self, job: Mapping[str, Any]) -> Graded:
        """Grade one submission; if the warm process fails, once more with a new one."""
        for last in (False, True):
            shutil.rmtree(job["staging"], ignore_errors=True)
            try:
                return grade_submission(
                    job["student"],
                    Path(job["folder"]),
                    self.assignment,
                    self.limits,
                    self.run,
                    Path(job["staging"]),
                    self.scratch,
                )
            except SandboxError:
                self.close()
                if last:
                    raise
        raise AssertionError("unreachable")

    def run(self, steps: Sequence[Step], folders: Folders, terms: Terms) -> NotebookRun:
        """Run the cells of one notebook."""
        if self.assignment.rules.mode != SPLIT:
            return run_notebook(self.warm("alone", steps), steps, folders.student)
        student = self.warm("student", [step for step in steps if step.side is not Side.TESTS])
        tests = self.warm("tests", [step for step in steps if step.side is not Side.STUDENT])
        return run_apart(student, tests, steps, (folders.student, folders.tests), terms)


def main() -> None:
    """Serve jobs over the socket on descriptor 3 until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    settings = wire.receive(connection)
    wire.die_with_parent(int(settings["parent"]))
    ctypes.CDLL(None).prctl(15, b"grade-worker", 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as scratch:
        os.chmod(scratch, 0o711)
        worker = Worker(settings, Path(scratch))
        with suppress(EOFError, OSError):
            _serve(worker, connection)
        worker.close()


def _serve(worker: Worker, connection: socket.socket) -> None:
    """Answer jobs; what goes wrong with one is its answer."""
    try:
        wire.send(connection, {"ready": [worker.warm(role).pid for role in worker.roles]})
    except SandboxError as problem:
        wire.send(connection, {"failed": str(problem)})
        return
    while True:
        job = wire.receive(connection)
        try:
            answer = worker.grade(job).to_dict()
        except Exception as problem:
            answer = {
                "problem": f"{type(problem).__name__}: {problem}",
                "log": traceback.format_exc()[-4000:],
            }
        wire.send(connection, answer)


if __name__ == "__main__":
    main()
