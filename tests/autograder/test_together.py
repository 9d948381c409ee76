"""Several at one gradebook: two runs at a time, and a person in Formgrader meanwhile; on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
from postgres_kit import rows
from sqlalchemy import event

from autograder import Hand, Outcome, Status, write_class
from autograder.gradebook import open_gradebook
from autograder.grades import GradeBook
from autograder.record import load
from autograder.worker import Graded

NAMES = [f"s{number}" for number in range(4)]
CELLS = ("test_double", "test_square", "test_sum", "test_root", "why")
PLACES = ("course", "there")


@pytest.fixture(params=PLACES, ids=["SQLite", "PostgreSQL"])
def place(request):
    """A course of one's own, with either gradebook."""
    return request.getfixturevalue(request.param)


def start(course, students, *more):
    """A grading run in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "autograder",
        "grade",
        "ps9",
        "--jobs",
        "1",
        "--students",
        ",".join(students),
    ]
    return subprocess.Popen(
        [*command, *more], cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(*runs):
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said


def everybody_has_what_they_deserve(course, names=NAMES):
    record = load(course.outcomes("ps9"))
    assert {name: outcome.score for name, outcome in record.items()} == dict.fromkeys(names, 9)
    automatic = {(row[0], row[2]): row[5] for row in rows(course)}
    wanted = dict(zip(CELLS, (2, 2, 1, 4, None), strict=True))
    assert automatic == {(name, cell): points for name in names for cell, points in wanted.items()}
    for name in names:
        notebook = json.loads((course.autograded(name, "ps9") / "ps9.ipynb").read_text("utf-8"))
        assert any(cell.get("execution_count") for cell in notebook["cells"])


# Each of these starts two runs, which take seconds to start: two of the four are enough for every day.
@pytest.mark.parametrize(
    ("place", "shared"),
    [
        pytest.param("course", False, id="SQLite, different students"),
        pytest.param("course", True, id="SQLite, the same students", marks=pytest.mark.exhaustive),
        pytest.param("there", False, id="PostgreSQL, different students", marks=pytest.mark.exhaustive),
        pytest.param("there", True, id="PostgreSQL, the same students", marks=pytest.mark.exhaustive),
    ],
    indirect=["place"],
)
def test_two_runs_at_once_lose_nothing(place, shared):
    write_class(place, "ps9", [Hand(name, "", "") for name in NAMES])
    first, second = (NAMES, NAMES[::-1]) if shared else (NAMES[:2], NAMES[2:])
    finish(start(place, first), start(place, second))
    everybody_has_what_they_deserve(place)
    left = [path.name for path in (place.root / "autograded").iterdir() if path.name.startswith(".")]
    assert not left


@pytest.mark.exhaustive
def test_two_runs_of_nbgraders_engine_on_one_student(place):
    write_class(place, "ps9", [Hand("ada", "", "")])
    finish(*(start(place, ["ada"], "--engine", "nbgrader") for _ in range(2)))
    everybody_has_what_they_deserve(place, ["ada"])


def test_points_given_by_a_person_meanwhile_all_stay(place):
    """A person saves in Formgrader, by nbgrader's own session, while a run writes the same rows."""
    write_all(place, NAMES, 1.0)
    stop = threading.Event()
    grader = threading.Thread(target=write_until, args=(place, NAMES, stop))
    grader.start()
    try:
        with open_gradebook(place) as book:
            for name in NAMES:
                grade = book.find_grade("why", "ps9", "ps9", name)
                grade.manual_score, grade.needs_manual_grade = 2.5, False
                book.db.commit()
                comment = book.find_comment("double", "ps9", "ps9", name)
                comment.manual_comment = f"for {name}"
                book.db.commit()
    finally:
        stop.set()
        grader.join()
    with open_gradebook(place) as book:
        for name in NAMES:
            assert book.find_grade("why", "ps9", "ps9", name).manual_score == 2.5
            assert book.find_comment("double", "ps9", "ps9", name).manual_comment == f"for {name}"


def test_a_person_who_saves_in_the_middle_of_a_write_has_the_last_word(place):
    """What the person has settled must not be marked as waiting for a person, from an older look at it."""
    write_all(place, ["ada"], None)

    def save():
        with open_gradebook(place) as book:
            found = book.find_grade("why", "ps9", "ps9", "ada")
            found.manual_score, found.needs_manual_grade = 2.5, False
            book.db.commit()

    person = threading.Thread(target=save)

    def before(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE grade") and not person.is_alive():
            person.start()
            person.join(0.5)  # held up by the write, or done

    with GradeBook(place, "ps9") as book:
        event.listen(book._book.engine, "before_cursor_execute", before)
        book.write(graded("ada", None), None)
    person.join()
    assert [row[-2:] for row in rows(place) if row[2] == "why"] == [(2.5, False)]


def write_all(course, names, points):
    with GradeBook(course, "ps9") as book:
        for name in names:
            book.write(graded(name, points), None)


def write_until(course, names, stop):
    while not stop.is_set():
        write_all(course, names, 2.0)


def graded(student, points):
    """A result in which every cell has the same points."""
    return Graded(Outcome(student, "ps9", Status.GRADED), {"ps9": dict.fromkeys(CELLS, points)})


def test_writes_of_one_student_at_the_same_time_never_mix(place):
    """Three graders, each with points of its own; the rows are always those of one of them."""
    problems: list[BaseException] = []
    seen: set[float] = set()

    def write(points):
        try:
            with GradeBook(place, "ps9") as book:
                for _ in range(10):
                    book.write(graded("ada", points), None)
        except BaseException as problem:
            problems.append(problem)

    with ExitStack() as stack:
        book = stack.enter_context(GradeBook(place, "ps9"))
        threads = [threading.Thread(target=write, args=(float(points),)) for points in (1, 2, 3)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            found = set(book.automatic_points().get("ada", {}).values())
            assert len(found) <= 1
            seen |= found
        for thread in threads:
            thread.join()
    assert not problems
    assert seen <= {1.0, 2.0, 3.0}
    assert [row[2] for row in rows(place)] == sorted(CELLS)
