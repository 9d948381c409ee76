"""A sample class: submissions made from the instructor notebook, good and bad in known ways."""

from __future__ import annotations

import importlib.util
import itertools
import json
import shutil
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .course import Course, CourseError
from .notebook import grade_id, read_notebook
from .outcome import Outcome

_SYLLABLES = [consonant + vowel for vowel in "aieou" for consonant in "bdfghjklmnprstvwyzxc"][:97]
_HIDDEN = (("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("BEGIN MARK SCHEME", "END MARK SCHEME"))


class Mangle(Enum):
    """What happens to a hand-in after it is written.

    The cell concerned is ``Hand.target``, or the notebook's first test cell.
    """

    NONE = "none"
    BROKEN_JSON = "the file is cut in the middle"
    MISSING_NOTEBOOK = "the folder is empty"
    RENAMED = "the notebook has another name"
    DUPLICATED_TEST = "a test cell is copied and pasted at the end"
    DELETED_CELL = "a cell is deleted"
    EDITED_TEST = "a test cell is emptied"
    ODD_SCHEMA = "a cell claims a schema version of the future"
    SYMLINK = "the notebook is a symbolic link to the instructor's"


@dataclass(frozen=True)
class Hand:
    """One student of the sample class.

    Parameters
    ----------
    student : str
        The folder's name.
    kind : str
        A short label such as ``"right"``.
    description : str
        What this student did, as a sentence.
    replace : mapping of grade id to source
        New source for cells that students fill in; other solution cells are right.
    stubs : tuple of grade ids
        Cells left as they were released.
    written : mapping of grade id to text
        Written answers; others hold the instructor's.
    mangle : Mangle
        What went wrong with the file.
    expected : mapping of grade id to points, or None
        Points of the cells where marks are lost, or any others worth stating; automatically graded
        cells that are not named must have full marks. ``None``: there must be no grade at all.
    target : str or None
        The cell that `mangle` concerns.
    says : mapping of grade id to text
        Words in the message of a failing cell that name the mistake. Tests may hold messages to them;
        grading does not read them.
    """

    student: str
    kind: str
    description: str
    replace: Mapping[str, str] = field(default_factory=dict)
    stubs: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)
    mangle: Mangle = Mangle.NONE
    expected: Mapping[str, float] | None = None
    target: str | None = None
    says: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Enrolment:
    """Who got a folder, and whose existing work was left alone."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def load_class(course: Course, assignment: str) -> tuple[Hand, ...]:
    """Load ``CLASS`` from ``authoring/<assignment>_class.py``.

    Raises
    ------
    CourseError
        If the file is not there, does not run, or exports something else.
    """
    path = course.authoring(f"{assignment}_class.py")
    if not path.is_file():
        raise CourseError(
            f"There is no sample class for `{assignment}`.", f"Write authoring/{path.name} with CLASS in it."
        )
    name = f"_autograder_{assignment}_class"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        hands = tuple(module.CLASS)
    except Exception as problem:
        raise CourseError(
            f"authoring/{path.name} does not load: {type(problem).__name__}: {problem}", "Mend that file."
        ) from problem
    if not all(isinstance(hand, Hand) for hand in hands):
        raise CourseError(f"CLASS in authoring/{path.name} must hold Hands only.", "Mend that file.")
    return hands


def resize(hands: Sequence[Hand], students: int) -> tuple[Hand, ...]:
    """Make a class of any size from the hands of a sample class.

    A smaller class takes the kinds of hand in turn, so that it has some of each. A larger one holds the
    whole class and then its hands again, under names of their own; what each must get stays the same.

    Raises
    ------
    CourseError
        If fewer than one student is asked for, or there are no hands.
    """
    if students < 1:
        raise CourseError(f"A class of {students} students cannot be made.", "Ask for one or more.")
    if not hands:
        raise CourseError("The sample class is empty.", "Put a Hand into CLASS.")
    if students <= len(hands):
        return tuple(_kinds_in_turn(hands)[:students])
    names = made_up_names({hand.student for hand in hands})
    again = itertools.islice(itertools.cycle(hands), students - len(hands))
    return (*hands, *(replace(hand, student=next(names)) for hand in again))


def _kinds_in_turn(hands: Sequence[Hand]) -> list[Hand]:
    """Order hands so that the first of every kind come first, then the second of every kind, and so on."""
    seen: dict[str, int] = {}
    turns = []
    for hand in hands:
        turns.append(seen.get(hand.kind, 0))
        seen[hand.kind] = turns[-1] + 1
    return [hand for _, hand in sorted(zip(turns, hands, strict=True), key=lambda pair: pair[0])]


def made_up_names(taken: Container[str] = ()) -> Iterator[str]:
    """Yield pronounceable names, always the same ones, that are hard to mistake for each other.

    Three syllables each, the third following from the first two: any two names differ in at least two of
    the three. After 9408 of them a fourth syllable tells the rounds apart.
    """
    p = len(_SYLLABLES)  # a prime number, so that the steps below come round to every name
    for index in itertools.count(1):
        turn, place = divmod(index, p * p)
        a, b = divmod(place * 2741 % (p * p), p)
        parts = (a, b, (a + b) % p) if turn == 0 else (a, b, (a + b) % p, turn % p)
        name = "".join(_SYLLABLES[part] for part in parts) + ("" if turn < p else str(turn))
        if name not in taken:
            yield name


def write_class(course: Course, assignment: str, hands: Sequence[Hand], *, force: bool = False) -> Enrolment:
    """Write submissions; a student who has already handed in keeps that work unless ``force``.

    Raises
    ------
    CourseError
        If the assignment has not been released, or a hand names a cell that does not exist.
    """
    course.require(assignment)
    if not course.release(assignment).is_file():
        raise CourseError(f"`{assignment}` has no student copy.", f"Run: autograder release {assignment}")
    instructor, released = read_notebook(course.source(assignment)), read_notebook(course.release(assignment))
    notebooks = {hand.student: fill_in(hand, instructor, released) for hand in hands}
    if len(notebooks) < len(hands):
        raise CourseError("Two hands of the class have the same student.", "Give every hand its own name.")
    kept = tuple(h.student for h in hands if course.submitted(h.student, assignment).exists() and not force)
    for hand in hands:
        if hand.student not in kept:
            folder = course.submitted(hand.student, assignment)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _write(hand, notebooks[hand.student], folder, assignment, course)
    return Enrolment(tuple(hand.student for hand in hands if hand.student not in kept), kept)


def fill_in(hand: Hand, instructor: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Return the student copy with this hand's answers in it; tests stay as released."""
    answers = {name: student_view(cell.source) for cell in instructor.cells if (name := grade_id(cell))}
    notebook = deepcopy(released)
    open_cells = {name: cell for cell in notebook.cells if (name := grade_id(cell)) and _is_solution(cell)}
    _require_cells(hand, notebook, open_cells)
    for name, cell in open_cells.items():
        if name not in hand.stubs:
            cell.source = hand.replace.get(name) or hand.written.get(name) or answers[name]
    _mangle_cells(hand, notebook)
    return notebook


def student_view(source: str) -> str:
    """Strip solution markers, and everything that a student never sees."""
    lines, end = [], None
    for line in source.split("\n"):
        if end is not None:
            end = None if end in line else end
            continue
        end = next((closing for opening, closing in _HIDDEN if opening in line), None)
        if end is None and "BEGIN SOLUTION" not in line and "END SOLUTION" not in line:
            lines.append(line)
    return "\n".join(lines)


def expected_scores(hands: Sequence[Hand]) -> dict[str, Mapping[str, float] | None]:
    """What each student of a class is expected to get: ``Hand.expected`` by student."""
    return {hand.student: hand.expected for hand in hands}


def differences(hands: Sequence[Hand], outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Compare outcomes with what the class expects; return one sentence for each difference."""
    found = {outcome.student: outcome for outcome in outcomes}
    sentences: list[str] = []
    for student, expected in expected_scores(hands).items():
        if student not in found:
            sentences.append(f"{student}: has not been graded yet")
        else:
            sentences += [f"{student}: {text}" for text in _compare(expected, found[student])]
    return tuple(sentences)


def _compare(expected: Mapping[str, float] | None, outcome: Outcome) -> list[str]:
    """Compare one student."""
    if expected is None:
        return [f"graded with {outcome.score:g}, but no grade was expected"] if outcome.graded else []
    if not outcome.graded:
        return [f"{outcome.summary} but a grade was expected"]
    cells = {cell.grade_id: cell for cell in outcome.cells}
    unknown = [f"points expected for `{name}`, which is no graded cell" for name in {*expected} - {*cells}]
    wanted = {n: c.max_points for n, c in cells.items() if not c.manual} | {
        name: points for name, points in expected.items() if name in cells
    }
    return unknown + [
        f"{name} has {cells[name].points}, expected {points:g}"
        for name, points in wanted.items()
        if cells[name].points != points
    ]


def _is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata["nbgrader"].get("solution"))


def _is_test(cell: NotebookNode) -> bool:
    return bool(grade_id(cell) and cell.metadata["nbgrader"].get("grade")) and not _is_solution(cell)


def _require_cells(hand: Hand, notebook: NotebookNode, open_cells: Mapping[str, NotebookNode]) -> None:
    """Refuse a hand that names cells which a student cannot fill in."""
    named = {*hand.replace, *hand.stubs, *hand.written} - set(open_cells)
    if hand.target is not None and hand.target not in map(grade_id, notebook.cells):
        named.add(hand.target)
    if named:
        raise CourseError(
            f"The hand of {hand.student} names cells that are not there: {', '.join(sorted(named))}.",
            f"Cells to fill in: {', '.join(open_cells)}.",
        )


def _mangle_cells(hand: Hand, notebook: NotebookNode) -> None:
    """Apply the mangles that concern a cell."""
    kinds = (Mangle.DUPLICATED_TEST, Mangle.DELETED_CELL, Mangle.EDITED_TEST, Mangle.ODD_SCHEMA)
    if hand.mangle not in kinds:
        return
    index = next(
        i
        for i, cell in enumerate(notebook.cells)
        if (grade_id(cell) == hand.target if hand.target else _is_test(cell))
    )
    cell = notebook.cells[index]
    if hand.mangle is Mangle.DUPLICATED_TEST:
        copy = deepcopy(cell)
        copy["id"] = f"{cell.get('id', 'cell')[:59]}-copy"
        notebook.cells.append(copy)
    elif hand.mangle is Mangle.DELETED_CELL:
        del notebook.cells[index]
    elif hand.mangle is Mangle.EDITED_TEST:
        cell.source = "pass"
    else:
        cell.metadata["nbgrader"]["schema_version"] = 99


def _write(hand: Hand, notebook: NotebookNode, folder: Path, assignment: str, course: Course) -> None:
    """Put the notebook into the folder, with the mangles that concern the file."""
    path = folder / f"{assignment}.ipynb"
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if hand.mangle is Mangle.MISSING_NOTEBOOK:
        return
    if hand.mangle is Mangle.SYMLINK:
        path.symlink_to(course.source(assignment))
    elif hand.mangle is Mangle.BROKEN_JSON:
        path.write_text(text[: len(text) // 2], "utf-8")
    elif hand.mangle is Mangle.RENAMED:
        path.with_name(f"{assignment} (1).ipynb").write_text(text, "utf-8")
    else:
        nbformat.validate(notebook)
        path.write_text(text, "utf-8")
