"""What moved when work was graded again, and why.

Grading skips whatever has the fingerprint of its record. A fingerprint says that something changed, not
what; so the digests of its parts are kept in ``report/NAME.state.json``: the work of each student, each
cell of the instructor's, the files beside it, and the limits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .course import Course
from .fast_engine import _fingerprint, assignment_of, default_timeout
from .files import write_atomically
from .outcome import Outcome
from .pages import points
from .settings import GradingLimits

__all__ = ["Move", "State", "load_state", "moves", "state_of"]


@dataclass(frozen=True)
class State:
    """Digests of what grades depend on.

    Parameters
    ----------
    students, cells : mapping of str to str
        By student, and by the instructor's cell.
    files, limits : str
        Of the instructor's files and of the limits.
    """

    students: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    files: str = ""
    limits: str = ""


@dataclass(frozen=True)
class Move:
    """Points that are others now.

    Parameters
    ----------
    student, question : str
        Whose, and for which cell; an empty question is the whole submission.
    before, after : str
        Points, or how the submission ended.
    why : str
        What had changed.
    """

    student: str
    question: str
    before: str
    after: str
    why: str

    def __str__(self) -> str:
        what = f" {self.question}" if self.question else ""
        return f"{self.student}{what}: {self.before} → {self.after} ({self.why})"


def state_of(course: Course, assignment: str, students: Iterable[str], timeout: float | None = None) -> State:
    """Digest what grades depend on now."""
    wanted = assignment_of(course, assignment)
    seconds = default_timeout(course) if timeout is None else timeout
    limits = GradingLimits.from_config(course.config, seconds).to_dict()
    digest = hashlib.blake2b(digest_size=16)
    for name, path in sorted(wanted.files.items()):
        digest.update(f"\0{name}\0".encode() + Path(path).read_bytes())
    return State(
        {name: _fingerprint(hashlib.blake2b(), course.submitted(name, assignment)) for name in students},
        {cell.name: _digest(asdict(cell)) for notebook in wanted.templates for cell in notebook.cells},
        digest.hexdigest(),
        _digest([limits, repr(wanted.rules)]),
    )


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def load_state(course: Course, assignment: str) -> State:
    """What was true when work was graded last; an unreadable or absent file says nothing."""
    try:
        return State(**json.loads(_path(course, assignment).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return State()


def save_state(course: Course, assignment: str, state: State) -> None:
    """Keep the digests, and those of students who were not asked for this time."""
    students = {**load_state(course, assignment).students, **state.students}
    data = {**asdict(state), "students": dict(sorted(students.items()))}
    write_atomically(_path(course, assignment), json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _path(course: Course, assignment: str) -> Path:
    return course.report(assignment).with_name(f"{assignment}.state.json")


def moves(
    before: Mapping[str, Outcome], after: Sequence[Outcome], old: State, new: State
) -> tuple[Move, ...]:
    """Compare records; whoever is graded for the first time has not moved.

    Parameters
    ----------
    before : mapping of str to Outcome
        The record of the run before, by student.
    after : sequence of Outcome
        What grading came to now.
    old, new : State
        What was true then and is now.
    """
    found: list[Move] = []
    for outcome in after:
        earlier = before.get(outcome.student)
        if earlier is None or earlier == outcome:
            continue
        if earlier.graded != outcome.graded:
            was_so, is_so = (
                f"{points(end.score)} points" if end.graded else end.status.value
                for end in (earlier, outcome)
            )
            found.append(Move(outcome.student, "", was_so, is_so, _why(outcome.student, "", old, new)))
            continue
        was = {cell.grade_id: cell.points for cell in earlier.cells}
        for cell in outcome.cells:
            if cell.grade_id not in was or was[cell.grade_id] != cell.points:
                values = points(was.get(cell.grade_id)), points(cell.points)
                why = _why(outcome.student, cell.grade_id, old, new)
                found.append(Move(outcome.student, cell.grade_id, *values, why))
        now = {cell.grade_id for cell in outcome.cells}
        gone = [cell for cell in earlier.cells if cell.grade_id not in now]
        found += [
            Move(outcome.student, cell.grade_id, points(cell.points), "–", "it is no question any more")
            for cell in gone
        ]
    return tuple(found)


def _why(student: str, question: str, old: State, new: State) -> str:
    """The nearest thing that changed."""
    if not old.cells:
        return "graded again; what it was graded with before is not on record"
    reasons = []
    if old.students.get(student) != new.students.get(student):
        reasons.append("a new submission")
    name = question.rpartition(":")[2]
    changed = sorted(cell for cell in {*old.cells, *new.cells} if old.cells.get(cell) != new.cells.get(cell))
    if name in changed:
        reasons.append("its test was changed" if name in old.cells else "a new question")
    elif changed:
        reasons.append(f"changed: {', '.join(changed[:3])}{' and others' if len(changed) > 3 else ''}")
    if old.files != new.files:
        reasons.append("the instructor's files were changed")
    if old.limits != new.limits:
        reasons.append("limits were changed")
    return "; ".join(reasons) or "graded again; nothing that is recorded had changed"
