"""Grades as CSV files: for people, and for the imports of Canvas and Moodle.

An empty cell is no grade, and ``0`` is a grade: missing, crashed, not gradable and zero stay different.
Canvas and Moodle leave a grade as it is where the cell is empty.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .collect import Collected, collected, student_name
from .course import Course, CourseError
from .files import write_atomically
from .pages import points
from .standing import Standing, standings

__all__ = [
    "CourseExport",
    "Exported",
    "canvas_file",
    "course_table",
    "export",
    "export_course",
    "graded_assignments",
    "grades_table",
    "moodle_file",
    "questions_table",
]

_RECORD = ".outcomes.json"

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_LOGINS = ("SIS Login ID", "SIS User ID", "Username", "ID number")
# What a spreadsheet would take for a formula at the beginning of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Exported:
    """The files of an export, and whom a platform's file has no grade for.

    Parameters
    ----------
    files : tuple of Path
        What was written.
    without : mapping of str to str
        Students that are not in a platform's file, and why.
    """

    files: tuple[Path, ...]
    without: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {"files": [str(path) for path in self.files], "without": dict(sorted(self.without.items()))}


@dataclass(frozen=True)
class CourseExport:
    """The files of all assignments at once.

    Parameters
    ----------
    table : Path
        The table of the course: a row for each student, a column for each assignment.
    assignments : mapping of str to Exported
        The files of each assignment, in the order of the columns.
    skipped : mapping of str to str
        Assignments that could not be exported, and why.
    """

    table: Path
    assignments: Mapping[str, Exported]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {
            "course": str(self.table),
            "assignments": {name: done.to_dict() for name, done in self.assignments.items()},
            "skipped": dict(self.skipped),
        }


def export(
    course: Course,
    assignment: str,
    *,
    canvas: Path | None = None,
    moodle: Path | None = None,
    provisional: bool = False,
) -> Exported:
    """Write the files of an assignment into ``report/``.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment's name.
    canvas, moodle : Path, optional
        The gradebook that Canvas exported, the grading worksheet of Moodle: to be filled in. Without them
        a file is made for whoever was collected from there.
    provisional : bool
        Whether the platforms get scores in which an answer still waits for a person.

    Returns
    -------
    Exported
        The files.

    Raises
    ------
    CourseError
        If nothing has been graded, or a platform's file does not have its columns.
    """
    templates = {
        name: _read(path) for name, path in (("canvas", canvas), ("moodle", moodle)) if path is not None
    }
    return _export(course, assignment, standings(course, assignment), templates, provisional)


def _export(
    course: Course,
    assignment: str,
    class_now: Sequence[Standing],
    templates: Mapping[str, Sequence[Sequence[str]]],
    provisional: bool,
) -> Exported:
    """Write the files of an assignment whose standings are known; templates by platform."""
    people = collected(course, assignment)
    full = max(item.outcome.max_score for item in class_now)
    texts = {"grades.csv": grades_table(class_now), "questions.csv": questions_table(class_now)}
    ready, without = _ready(class_now, provisional)
    platforms = {item.platform for item in people.values()} | set(templates)
    if "canvas" in platforms:
        texts["canvas.csv"], lost = canvas_file(ready, people, assignment, full, templates.get("canvas"))
        without |= lost
    if "moodle" in platforms:
        texts["moodle.csv"], lost = moodle_file(ready, people, full, templates.get("moodle"))
        without |= lost
    paths = []
    for name, text in texts.items():
        paths.append(course.report(assignment).with_name(f"{assignment}.{name}"))
        write_atomically(paths[-1], text)
    return Exported(tuple(paths), without)


def export_course(
    course: Course, *, canvas: Path | None = None, moodle: Path | None = None, provisional: bool = False
) -> CourseExport:
    """Write the files of every assignment that has been graded, and ``report/course.csv`` over all of them.

    Parameters
    ----------
    course : Course
        The course folder.
    canvas : Path, optional
        The gradebook that Canvas exported; each assignment fills in its own column.
    moodle : Path, optional
        Refused: a worksheet of Moodle belongs to one assignment.
    provisional : bool
        Whether the platforms get scores in which an answer still waits for a person.

    Raises
    ------
    CourseError
        If no assignment has been graded, or a platform's file cannot be used.
    """
    if moodle is not None:
        raise CourseError(
            "A grading worksheet of Moodle belongs to one assignment.",
            f"Run: autograder export NAME --moodle {moodle}",
        )
    templates = {} if canvas is None else {"canvas": _read(canvas)}
    known, skipped = {}, {}
    for name in graded_assignments(course):
        try:
            known[name] = standings(course, name)
        except CourseError as problem:
            skipped[name] = str(problem)
    if not known:
        raise CourseError(
            " ".join(["No assignment has been graded.", *skipped.values()]), "Run: autograder grade NAME"
        )
    done = {name: _export(course, name, now, templates, provisional) for name, now in known.items()}
    path = course.report("course").with_name("course.csv")
    write_atomically(path, course_table(known))
    return CourseExport(path, done, skipped)


def graded_assignments(course: Course) -> tuple[str, ...]:
    """Names of the assignments with recorded outcomes; ps10 comes after ps9."""
    folder = course.outcomes("any").parent
    # While a run is going on, or after one was killed, there may be the journal of a record only.
    names = {path.name.removesuffix(_RECORD) for path in folder.glob(f"*{_RECORD}")}
    names |= {path.name[1:].removesuffix(f"{_RECORD}l") for path in folder.glob(f".*{_RECORD}l")}
    return tuple(sorted((name for name in names if not name.startswith(".")), key=_natural))


def _natural(name: str) -> list[tuple[str, int]]:
    """Sort digits by their number."""
    return [(text, int(digits or -1)) for text, digits in re.findall(r"(\D*)(\d*)", name)]


def course_table(classes: Mapping[str, Sequence[Standing]]) -> str:
    """Return a CSV with a row for each student and a column for each assignment.

    ``total`` adds up the grades that there are, ``out_of`` the points of all assignments; what has no grade
    is an empty cell, and is named with the reason in ``without_grade``.
    """
    full = sum(max(item.outcome.max_score for item in class_now) for class_now in classes.values())
    by_student: dict[str, dict[str, Standing]] = {}
    for name, class_now in classes.items():
        for item in class_now:
            by_student.setdefault(item.outcome.student, {})[name] = item
    head = ["student", *classes, "total", "out_of", "waiting", "without_grade"]
    rows = [_course_row(student, by_student[student], tuple(classes), full) for student in sorted(by_student)]
    return _table(head, rows)


def _course_row(student: str, mine: Mapping[str, Standing], names: Sequence[str], full: float) -> list[str]:
    """What one student has in every assignment."""
    scores = {name: mine[name].score if name in mine else None for name in names}
    given = [score for score in scores.values() if score is not None]
    waiting = sum(len(item.outcome.pending) for item in mine.values() if item.outcome.graded)
    without = (
        f"{name}: {mine[name].outcome.status.value if name in mine else 'not on record'}"
        for name in names
        if scores[name] is None
    )
    return [
        _safe(student),
        *(_number(scores[name]) for name in names),
        _number(sum(given) if given else None),
        _number(full),
        str(waiting),
        "; ".join(without),
    ]


def grades_table(class_now: Sequence[Standing]) -> str:
    """Return a CSV with a row for each student and a column for each question."""
    questions = list(dict.fromkeys(cell.grade_id for item in class_now for cell in item.outcome.cells))
    head = ["student", "status", "score", "max_score", "late_penalty", "raw_score", "waiting", "handed_in"]
    rows = []
    for item in class_now:
        outcome = item.outcome
        cells = {cell.grade_id: cell for cell in outcome.cells}
        raw = _number(outcome.score if outcome.graded else None)
        rows.append(
            [
                _safe(outcome.student),
                outcome.status.value,
                _number(item.score),
                _number(outcome.max_score),
                _number(item.penalty if outcome.graded else None),
                raw,
                str(len(outcome.pending)) if outcome.graded else "",
                item.when,
                *(_number(cells[name].points if name in cells else None) for name in questions),
            ]
        )
    return _table([*head, *questions], rows)


def questions_table(class_now: Sequence[Standing]) -> str:
    """Return a CSV with a row for each student's question: points, and why they were lost."""
    head = ["student", "status", "question", "points", "max_points", "graded_by", "why"]
    rows = [
        [
            _safe(item.outcome.student),
            item.outcome.status.value,
            cell.grade_id,
            _number(cell.points),
            _number(cell.max_points),
            "person" if cell.manual else "test",
            "waits for a person" if cell.pending else _safe(cell.error or ""),
        ]
        for item in class_now
        for cell in item.outcome.cells
    ]
    return _table(head, rows)


def canvas_file(
    scores: Mapping[str, float],
    people: Mapping[str, Collected],
    assignment: str,
    full: float,
    template: Sequence[Sequence[str]] | None,
) -> tuple[str, dict[str, str]]:
    """Return what Canvas's gradebook imports, and whom it has no row for.

    A template's column is the one called like the assignment, with or without Canvas's number behind it; if
    there is none, a new assignment is made by the import.
    """
    if template is None:
        known = [name for name in scores if name in people and people[name].platform == "canvas"]
        rows = [[people[n].name, people[n].number, "", "", "", _number(scores[n])] for n in known]
        lost = dict.fromkeys(set(scores) - set(known), "was not collected from Canvas: use --canvas")
        possible = ["    Points Possible", "", "", "", "", _number(full)]
        return _table([*_CANVAS, assignment], [possible, *rows]), lost
    head = [name.strip() for name in template[0]]
    _require_columns(head, ("Student", "ID"), "Canvas", "Export it in Canvas: Grades, Export.")
    named = [i for i, name in enumerate(head) if name == assignment or name.startswith(f"{assignment} (")]
    kept = [i for i, name in enumerate(head) if name in _CANVAS]
    title = head[named[0]] if named else assignment
    rows, found, numbers = [], set(), _numbers(scores, people, "canvas")
    for row in template[1:]:
        if row and row[0].strip() == "Points Possible":
            rows.append([*(row[i] for i in kept), _number(full)])
            continue
        student = _who(dict(zip(head, row, strict=False)), "ID", "Student", scores, numbers)
        if student is not None:
            found.add(student)
            rows.append([*(row[i] for i in kept), _number(scores[student])])
    lost = dict.fromkeys(set(scores) - found, "is not in Canvas's file")
    return _table([*(head[i] for i in kept), title], rows), lost


def moodle_file(
    scores: Mapping[str, float],
    people: Mapping[str, Collected],
    full: float,
    template: Sequence[Sequence[str]] | None,
) -> tuple[str, dict[str, str]]:
    """Return a grading worksheet for Moodle, and whom it has no row for."""
    if template is None:
        known = [name for name in scores if name in people and people[name].platform == "moodle"]
        rows = [
            [f"Participant {people[n].number}", people[n].name, _number(scores[n]), _number(full), "-"]
            for n in known
        ]
        lost = dict.fromkeys(set(scores) - set(known), "was not collected from Moodle: use --moodle")
        head = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]
        return _table(head, rows), lost
    head = [name.strip() for name in template[0]]
    step = "Download it in Moodle: the assignment, View all submissions, Download grading worksheet."
    _require_columns(head, ("Identifier", "Grade"), "Moodle", step)
    grade, rows, found = head.index("Grade"), [], set()
    numbers = _numbers(scores, people, "moodle")
    for row in template[1:]:
        student = _who(dict(zip(head, row, strict=False)), "Identifier", "Full name", scores, numbers)
        cells = list(row)
        if student is not None:
            found.add(student)
            cells[grade] = _number(scores[student])
        rows.append(cells)
    return _table(head, rows), dict.fromkeys(set(scores) - found, "is not in Moodle's file")


def _numbers(scores: Mapping[str, float], people: Mapping[str, Collected], platform: str) -> dict[str, str]:
    """Whose number is whose on a platform, of those who have a score."""
    found: dict[str, str] = {}
    for student, item in people.items():
        if item.platform == platform and student in scores:
            found.setdefault(item.number, student)
    return found


def _who(
    row: Mapping[str, str], number: str, name: str, scores: Mapping[str, float], numbers: Mapping[str, str]
) -> str | None:
    """Whose row it is: by the number that was collected, by a login name, by e-mail, or by the name."""
    wanted = row.get(number, "").split()
    if wanted and wanted[-1] in numbers:
        return numbers[wanted[-1]]
    logins = [row.get(column, "").strip() for column in _LOGINS]
    turned = " ".join(reversed(row.get(name, "").split(",")))
    logins += [row.get("Email address", "").split("@")[0], student_name(turned)]
    logins += [student_name(row.get(name, "")).replace("-", "")]
    return next((login for login in logins if login and login in scores), None)


def _ready(class_now: Sequence[Standing], provisional: bool) -> tuple[dict[str, float], dict[str, str]]:
    """Whose score goes to a platform, and why the others' do not."""
    ready, without = {}, {}
    for item in class_now:
        outcome = item.outcome
        if item.score is None:
            without[outcome.student] = f"has no grade ({outcome.status.value})"
        elif outcome.pending and not provisional:
            without[outcome.student] = f"{len(outcome.pending)} to grade by hand first, or use --provisional"
        else:
            ready[outcome.student] = item.score
    return ready, without


def _require_columns(head: Sequence[str], wanted: Iterable[str], platform: str, step: str) -> None:
    missing = [name for name in wanted if name not in head]
    if missing:
        raise CourseError(
            f"{platform}'s file has no column `{missing[0]}`; it has: {', '.join(head[:8])}.",
            f"{step} Its language must be English.",
        )


def _read(path: Path) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    except (OSError, UnicodeError, csv.Error) as problem:
        raise CourseError(f"{path} cannot be read ({problem}).", "Name a CSV file in UTF-8.") from problem
    if not rows:
        raise CourseError(f"{path} is empty.", "Export it again.")
    return rows


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else points(value)


def _safe(text: str) -> str:
    """Keep a spreadsheet from computing what a student wrote."""
    return f"'{text}" if text.startswith(_FORMULA) else text
