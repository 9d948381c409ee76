"""A gradebook that goes away in the middle of a run: nothing lost, nothing half, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from course_kit import wait_for
from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook
from postgres_kit import copy_there, database_of, release_there, rows, running_server, set_url
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from autograder import CourseError, Hand, Outcome, Status, grade, write_class
from autograder.gradebook import open_gradebook
from autograder.grades import GradeBook
from autograder.late import apply_dates, set_due
from autograder.record import load
from autograder.worker import Graded

NAMES = [f"s{number}" for number in range(4)]
SLOW = {"double": "import time\ntime.sleep(0.5)\ndef double(x):\n    return 2 * x"}
POINTS = {"test_double": 2.0, "test_square": 0.0, "test_sum": 1.0, "test_root": 1.5, "why": None}
TABLES = (Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment)


def graded(student, points=POINTS):
    """What grading hands to the gradebook."""
    return Graded(Outcome(student, "ps9", Status.GRADED), {"ps9": points}, {"ps9": ["square"]})


def counts(course):
    with open_gradebook(course) as book:
        return [book.db.scalar(select(func.count()).select_from(model)) for model in TABLES]


def undisturbed(there, student="ada"):
    """The rows of a student whose write nothing has disturbed."""
    with GradeBook(there, "ps9") as book:
        book.write(graded(student), "2026-03-01 12:00:00 UTC")
    found = [row[1:] for row in rows(there) if row[0] == student]
    assert [row[1] for row in found] == sorted(POINTS)
    return found


def statements_of(book, work):
    """How many statements some work runs."""
    seen = []
    event.listen(book._book.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    work()
    return len(seen)


@pytest.mark.parametrize("again", [False, True], ids=["first time", "again"])
def test_a_connection_lost_before_any_statement_of_a_write_leaves_all_or_nothing(there, server, again):
    """Each write is cut at its first statement, the next one at its second, and so on."""
    wanted = undisturbed(there)
    names = (f"cut{number}" for number in range(100))
    with GradeBook(there, "ps9") as book:
        name = next(names)
        if again:
            book.write(graded(name), None)
        number = statements_of(book, lambda: book.write(graded(name), "2026-03-01 12:00:00 UTC"))
        assert number > 5
    for cut in range(number):
        name = next(names)
        with GradeBook(there, "ps9") as book:
            if again:
                book.write(graded(name, dict.fromkeys(POINTS, 0.5)), None)
            seen = []

            def before(*_, seen=seen, cut=cut, name=name):
                if len(seen) == cut:
                    server.terminate(database_of(there))
                    automatic = {row[5] for row in rows(there) if row[0] == name}
                    assert automatic == ({0.5} if again else set())
                seen.append(1)

            event.listen(book._book.engine, "before_cursor_execute", before)
            book.write(graded(name), "2026-03-01 12:00:00 UTC")
            assert len(seen) > cut + 1
        assert [row[1:] for row in rows(there) if row[0] == name] == wanted


def test_a_commit_whose_answer_is_lost_counts_once(there, monkeypatch):
    """The server has committed, and nobody here knows: the work is done again and changes nothing."""
    wanted = undisturbed(there)
    before = counts(there)
    with GradeBook(there, "ps9") as book:
        commit, failures = book._db.commit, [1]

        def lose_the_answer():
            commit()
            if failures:
                failures.pop()
                raise OperationalError("commit", {}, LostError(), connection_invalidated=True)

        monkeypatch.setattr(book._db, "commit", lose_the_answer)
        book.write(graded("ada"), "2026-03-01 12:00:00 UTC")
        assert not failures
    assert [row[1:] for row in rows(there) if row[0] == "ada"] == wanted
    assert counts(there) == before


class LostError(Exception):
    """What a driver says when the other end has gone."""


def test_penalties_survive_a_lost_connection(there, server):
    more = "c.AssignLatePenalties.plugin_class = 'autograder.late.PerDay'"
    there = set_url(there, there.gradebook_url, more)
    set_due(there, "ps9", "2026-02-28 12:00 UTC")
    names = [f"s{number}" for number in range(4)]
    with GradeBook(there, "ps9") as book:
        for name in names:
            book.write(graded(name), "2026-03-01 11:00:00 UTC")
    wanted = rows(there)
    with open_gradebook(there) as book:
        book.db.query(SubmittedNotebook).update({"late_submission_penalty": 0.0})
        book.db.commit()
    with GradeBook(there, "ps9") as book:
        seen = []

        def before(*_):
            seen.append(1)
            if len(seen) in (3, 12, 30):
                server.terminate(database_of(there))

        event.listen(book._book.engine, "before_cursor_execute", before)
        book.penalise_again()
    assert rows(there) == wanted
    assert {row[4] for row in wanted} == {0.45}
    assert apply_dates(there, "ps9") == ()


@pytest.fixture(scope="module")
def own_server():
    """A server that may be stopped without harm to other tests."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def alone(released, own_server, tmp_path_factory):
    return release_there(released, own_server, tmp_path_factory.mktemp("alone"))


@pytest.fixture
def slow(alone, own_server, tmp_path):
    """A course of four students, each of whom takes a moment, on a server of its own."""
    course = copy_there(alone, own_server, tmp_path)
    write_class(course, "ps9", [Hand(student, "", "", SLOW) for student in NAMES])
    yield course
    own_server.start_if_stopped()


def start(course, *more):
    """A grading run in a process of its own."""
    command = [sys.executable, "-m", "autograder", "grade", "ps9", "--jobs", "1", "--json", *more]
    return subprocess.Popen(
        command,
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def everybody_has_what_they_deserve(course):
    assert {name: outcome.score for name, outcome in load(course.outcomes("ps9")).items()} == dict.fromkeys(
        NAMES, 9
    )
    assert [(row[0], row[5]) for row in rows(course) if row[2] == "test_root"] == [
        (name, 4) for name in NAMES
    ]
    assert counts(course) == [4, 4, 4, 20, 16]
    for name in NAMES:
        assert (course.autograded(name, "ps9") / "ps9.ipynb").is_file()


@pytest.mark.exhaustive
@pytest.mark.parametrize("seconds", [2, 20])
def test_a_server_that_is_stopped_and_started_again_is_waited_for(slow, own_server, seconds):
    with start(slow) as run:
        wait_for(lambda: load(slow.outcomes("ps9")))
        own_server.stop()
        time.sleep(seconds)
        own_server.start()
        _, said = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert "The gradebook does not answer" in said
    assert "Trying again for up to 120 s." in said
    assert "The gradebook answers again after" in said
    everybody_has_what_they_deserve(slow)


@pytest.mark.exhaustive
def test_connections_that_an_administrator_ends_again_and_again_cost_nothing(slow, own_server):
    with start(slow) as run:
        while run.poll() is None:
            own_server.terminate(database_of(slow))
            time.sleep(0.3)
        _, said = run.communicate(timeout=120)
    assert run.returncode == 0, said
    everybody_has_what_they_deserve(slow)


@pytest.mark.exhaustive
def test_a_server_that_stays_away_ends_the_run_and_the_same_command_goes_on(slow, own_server):
    impatient = set_url(slow, slow.gradebook_url, "c.AutograderGradebook.patience = 1")
    with start(impatient) as run:
        wait_for(lambda: load(slow.outcomes("ps9")))
        own_server.stop()
        _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "did not answer for 1 s" in said
    assert "run the same command: what is done is kept." in said
    assert "Traceback" not in said
    done = load(slow.outcomes("ps9"))
    assert 0 < len(done) < len(NAMES)
    own_server.start()
    started = []
    grade(impatient, "ps9", on_start=lambda *call: started.append(call[0]))
    assert sorted(started) == sorted(set(NAMES) - set(done))
    everybody_has_what_they_deserve(slow)


@pytest.mark.exhaustive
def test_waiting_can_be_interrupted(slow, own_server):
    with start(slow) as run:
        wait_for(lambda: load(slow.outcomes("ps9")))
        own_server.stop()
        time.sleep(2)
        os.kill(run.pid, signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "Every finished submission is recorded." in said


def test_a_lost_connection_under_nbgraders_engine_is_no_fault_of_the_submission(there, server, capsys):
    write_class(there, "ps9", [Hand("ada", "", "")])
    lost = []

    def before(_connection, _cursor, statement, *_):
        if statement.startswith(("INSERT INTO grade", "UPDATE grade")) and len(lost) < 2:
            lost.append(statement)
            server.terminate(database_of(there))

    event.listen(Engine, "before_cursor_execute", before)
    try:
        (outcome,) = grade(there, "ps9", engine="nbgrader")
    finally:
        event.remove(Engine, "before_cursor_execute", before)
    assert len(lost) == 2
    assert (outcome.status, outcome.score) == (Status.GRADED, 9)
    assert counts(there) == [1, 1, 1, 5, 4]
    assert "The gradebook answers again" in capsys.readouterr().err


def test_a_row_that_somebody_else_holds_for_ever_is_waited_for_and_said(there):
    """Such as an open transaction in another program."""
    impatient = set_url(there, there.gradebook_url, "c.AutograderGradebook.patience = 0.5")
    impatient = set_url(impatient, f"{there.gradebook_url}&options=-c lock_timeout=200ms")
    with GradeBook(there, "ps9") as book:
        book.write(graded("ada"), None)
    with open_gradebook(there) as other, GradeBook(impatient, "ps9") as book:
        other.db.query(SubmittedAssignment).with_for_update().all()
        with pytest.raises(CourseError, match="lock timeout"):
            book.write(graded("ada"), None)
        other.db.rollback()
        book.write(graded("ada"), None)
