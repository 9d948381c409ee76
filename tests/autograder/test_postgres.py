"""The gradebook on PostgreSQL: every step gives what it gives on SQLite, and says what is wrong with an address."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta

import pytest
from course_kit import CLASS
from postgres_kit import SECRET, database_of, rows, set_url
from sqlalchemy import text
from typer.testing import CliRunner

from autograder import Course, CourseError, Hand, Mangle, Status, grade, release, write_class
from autograder.cli import app
from autograder.export import export
from autograder.forget import forget
from autograder.gradebook import connect, open_gradebook, read_cells, templates
from autograder.gradebook_connection import connection_url, engine_for, make_tables, schema_head, shown
from autograder.late import apply_dates, set_due
from autograder.verify import verify

FEW = tuple(
    hand for hand in CLASS if hand.student in ("right", "wrong", "partial", "empty", "broken", "nothing")
)
ADA = Hand("ada", "right", "")


@pytest.fixture(scope="module")
def pair(released, released_there, server, tmp_path_factory):
    """The class, graded with a gradebook on SQLite and with one on PostgreSQL."""
    server.ask("create database pair template released")
    found = []
    for source, url in ((released, ""), (released_there, server.url("pair"))):
        course = Course(shutil.copytree(source.root, tmp_path_factory.mktemp("pair") / "course"))
        course = set_url(course, url) if url else course
        write_class(course, "ps9", FEW)
        found.append((course, grade(course, "ps9")))
    return found


def results(outcomes):
    return {o.student: (o.status, o.score, [(c.grade_id, c.points) for c in o.cells]) for o in outcomes}


def test_a_class_has_the_same_outcomes(pair):
    (_, here), (_, there) = pair
    assert results(there) == results(here)


def test_a_class_has_the_same_rows(pair):
    (here, _), (there, _) = pair
    assert rows(there) == rows(here)


def test_nothing_is_graded_again_that_has_not_changed(pair):
    _, (course, outcomes) = pair
    skipped = []
    grade(course, "ps9", on_skip=skipped.extend)
    assert set(skipped) == {o.student for o in outcomes if o.status is not Status.MISSING}


def test_late_work_costs_the_same(pair):
    more = "\nc.AssignLatePenalties.plugin_class = 'autograder.late.PerDay'\n"
    changes = []
    for course, _ in pair:
        with (course.root / "nbgrader_config.py").open("a") as stream:
            stream.write(more)
        own = Course(course.root)
        with open_gradebook(own) as book:
            book.update_or_create_submission("ps9", "right", timestamp="2026-03-03 12:00:00 UTC")
            book.update_or_create_submission("ps9", "wrong", timestamp="2026-03-03 12:00:00 UTC")
        (own.root / "extensions.csv").write_text("student,assignment,until\nwrong,ps9,+1 day\n")
        set_due(own, "ps9", "2026-03-01 23:59 UTC")
        changes.append(apply_dates(own, "ps9"))
        with open_gradebook(own) as book:
            assert book.find_submission("ps9", "wrong").extension == timedelta(days=1)
    assert changes[0] == changes[1]
    assert {change.student: change.after for change in changes[1]} == {"right": 1.8, "wrong": 0.6}


def test_exports_are_the_same(pair):
    here, there = (export(course, "ps9").files for course, _ in pair)
    assert [path.name for path in there] == [path.name for path in here]
    assert [without_seconds(path) for path in there] == [without_seconds(path) for path in here]


def without_seconds(path):
    """Lines of a table without its columns of times."""
    lines = [line.split(",") for line in path.read_text("utf-8-sig").splitlines()]
    kept = [index for index, name in enumerate(lines[0]) if "second" not in name]
    return [[line[index] for index in kept if index < len(line)] for line in lines]


@pytest.mark.parametrize("command", ["feedback", "report"])
def test_pages_are_written(pair, command):
    _, (course, _) = pair
    done = CliRunner().invoke(app, [command, "ps9", "--course", str(course.root)])
    assert done.exit_code == 0, done.output


def test_points_of_a_person_survive_grading_again(there):
    write_class(there, "ps9", [ADA])
    grade(there, "ps9")
    with open_gradebook(there) as book:
        book.find_grade("why", "ps9", "ps9", "ada").manual_score = 2.5
        book.db.commit()
    grade(there, "ps9", force=True)
    assert {c.grade_id: c.points for c in read_cells(there, "ada", "ps9")}["why"] == 2.5


def test_a_damaged_submission_takes_back_the_points_of_an_earlier_one(there):
    write_class(there, "ps9", [ADA])
    grade(there, "ps9")
    write_class(there, "ps9", [Hand("ada", "cut", "", mangle=Mangle.BROKEN_JSON)], force=True)
    assert grade(there, "ps9")[0].status is Status.NOT_GRADABLE
    assert {automatic for *_, automatic, _, _ in rows(there)} == {None}


def test_a_mended_test_is_released_and_graded_again(there):
    write_class(there, "ps9", [ADA])
    before = grade(there, "ps9")[0].score
    source = there.source("ps9")
    source.write_text(source.read_text("utf-8").replace("double(1) == 2", "double(1) == 3"), "utf-8")
    release(there, "ps9")
    assert grade(there, "ps9")[0].score == before - 2


@pytest.mark.exhaustive
def test_nbgraders_engine_gives_the_same(there):
    write_class(there, "ps9", [ADA])
    fast = grade(there, "ps9")
    assert results(grade(there, "ps9", engine="nbgrader")) == results(fast)


def test_a_student_can_be_forgotten(there):
    write_class(there, "ps9", [ADA, Hand("bob", "right", "")])
    grade(there, "ps9")
    forget(there, "ada")
    assert {row[0] for row in rows(there)} == {"bob"}


def test_cells_keep_the_order_of_the_notebook(there):
    """PostgreSQL gives rows in any order, and another one after each change."""
    names = [cell.name for cell in templates(there, "ps9")[0].cells]
    with open_gradebook(there) as book:
        book.db.execute(text("update source_cell set locked = locked where name = 'imports'"))
        book.db.commit()
    shutil.rmtree(there.release("ps9").parent)
    assert [cell.name for cell in templates(there, "ps9")[0].cells] == names


@pytest.mark.exhaustive
def test_trying_an_assignment_gives_the_same(there, course):
    found = [[results([trial.outcome]) for trial in verify(c, "ps9").trials] for c in (course, there)]
    assert found[0] == found[1]


def test_asking_before_the_release_makes_no_table(course, server):
    server.ask("create database fresh")
    with pytest.raises(CourseError, match="not been released"):
        grade(set_url(course, server.url("fresh")), "ps9")
    tables = server.ask("select 1 from pg_tables where schemaname = 'public'", database="fresh")
    assert tables == []


def test_two_that_make_the_tables_at_once_make_them_once(server):
    server.ask("create database twice")
    url = server.url("twice")
    engines = [engine_for(url) for _ in range(4)]
    threads = [threading.Thread(target=make_tables, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    assert server.ask("select version_num from alembic_version", database="twice") == [(schema_head(),)]


def test_tables_that_a_lost_connection_left_half_made_are_finished(course, server):
    """nbgrader writes down the version of its tables last; without it they could never be upgraded."""
    server.ask("create database half")
    course = set_url(course, server.url("half"))
    connect(course).close()
    server.ask("drop table alembic_version", database="half")
    make_tables(engine_for(server.url("half")))
    assert server.ask("select version_num from alembic_version", database="half") == [(schema_head(),)]


def test_a_name_that_the_tables_have_no_room_for_costs_nobody_else(there):
    long = "a" * 140
    write_class(there, "ps9", [ADA])
    shutil.copytree(there.submitted("ada", "ps9"), there.submitted(long, "ps9"))
    found = {outcome.student: outcome for outcome in grade(there, "ps9")}
    assert found["ada"].score == 9
    assert found[long].status is Status.NOT_GRADABLE
    assert "too long" in found[long].reason


@pytest.fixture(scope="module")
def secretive(server):
    """A role that must say its password, and may use a gradebook but not make one."""
    server.ask(f"create role secretive login password '{SECRET}'")
    return "secretive"


def allow(server, role, database, what="select, insert, update, delete"):
    server.ask(f"grant {what} on all tables in schema public to {role}", database=database)


@pytest.fixture
def guarded(there, server, secretive):
    """A course whose address holds a password."""
    database = database_of(there)
    allow(server, secretive, database)
    write_class(there, "ps9", [ADA, Hand("bob", "cut", "", mangle=Mangle.BROKEN_JSON)])
    return set_url(there, server.url(database, secretive, quoted(SECRET)))


def quoted(secret):
    from urllib.parse import quote

    return quote(secret, safe="")


def test_a_role_that_may_only_read_and_write_rows_can_grade(guarded):
    assert [outcome.score for outcome in grade(guarded, "ps9", engine="fast")] == [9, None]


def test_no_command_writes_or_prints_the_password(guarded):
    said = ""
    for command in (["grade", "ps9", "--why"], ["grade", "ps9", "--json", "--force"], ["report", "ps9"]):
        done = CliRunner().invoke(app, [*command, "--course", str(guarded.root)])
        assert done.exit_code == 0, done.output
        said += done.output
    written = [path for path in guarded.root.rglob("*") if path.is_file()]
    written = [
        path for path in written if path.name != "nbgrader_config.py" and "__pycache__" not in path.parts
    ]
    everything = said.encode() + b"".join(path.read_bytes() for path in written)
    assert SECRET.encode() not in everything
    assert quoted(SECRET).encode() not in everything


WRONG = {
    "a wrong password": ("secretive", "wrong-word", "pair", "authentication failed"),
    "no password": ("secretive", "", "pair", "no password"),
    "an unknown user": ("stranger", "wrong-word", "pair", "does not exist"),
    "an unknown database": ("teacher", "wrong-word", "nowhere", "does not exist"),
}


@pytest.mark.parametrize("user, password, database, reason", WRONG.values(), ids=WRONG)
def test_what_no_waiting_mends_ends_at_once_with_a_sentence(
    pair, secretive, server, tmp_path, user, password, database, reason
):
    place = Course(shutil.copytree(pair[1][0].root, tmp_path / "course"))
    place = set_url(place, server.url(database, user, password))
    done = CliRunner().invoke(app, ["grade", "ps9", "--course", str(place.root)])
    assert done.exit_code == 1
    assert reason in done.output
    assert "c.CourseDirectory.db_url" in done.output
    assert "wrong-word" not in done.output
    assert "Trying again" not in done.output


def test_what_a_role_may_not_do_is_said(there, server, secretive):
    database = database_of(there)
    allow(server, secretive, database, "select")
    write_class(there, "ps9", [ADA])
    with pytest.raises(CourseError, match="permission denied for table"):
        grade(set_url(there, server.url(database, secretive, quoted(SECRET))), "ps9")


@pytest.mark.parametrize(
    "url, reason",
    [
        ("postgresql:/teacher:wrong-word@host/grades", "no address of a gradebook"),
        ("postgres://teacher:wrong-word@host/grades", "no address of a gradebook"),
        ("postgresql+psycopg://teacher:wrong-word@host:port/grades", "no address of a gradebook"),
        ("postgresql+psycopg2://teacher:wrong-word@host/grades", "needs psycopg2, which is not installed"),
    ],
)
def test_an_address_that_is_none_is_said_without_its_password(course, url, reason):
    with pytest.raises(CourseError, match=reason) as caught:
        grade(set_url(course, url), "ps9")
    assert "wrong-word" not in str(caught.value)


def test_an_address_is_shown_without_password():
    url = "postgresql+psycopg://ann:wrong-word@db.example.org:5433/grades?sslmode=require&sslpassword=wrong-word"
    assert (
        shown(url)
        == "postgresql+psycopg://ann:***@db.example.org:5433/grades?sslmode=require&sslpassword=***"
    )


def test_what_the_address_says_goes_before_the_defaults():
    url = connection_url("postgresql+psycopg://ann@host/grades?connect_timeout=77")
    assert "connect_timeout=77" in url
    assert "keepalives_idle=20" in url
    assert connection_url("sqlite:////tmp/gradebook.db") == "sqlite:////tmp/gradebook.db"
