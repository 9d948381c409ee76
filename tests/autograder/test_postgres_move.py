"""Moving a gradebook between SQLite and PostgreSQL: everything, or nothing and a sentence."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from postgres_kit import SECRET, rows, set_url
from sqlalchemy import select, text
from typer.testing import CliRunner

from autograder import Course, CourseError, Hand, grade, write_class
from autograder.cli import app
from autograder.gradebook import open_gradebook
from autograder.gradebook_connection import engine_for
from autograder.gradebook_move import move_gradebook

NAMES = ("ada", "bób", "李雷")


@pytest.fixture(scope="module")
def filled(released, tmp_path_factory):
    """A course on SQLite with everything that a gradebook holds: dates, extensions, comments, points, names."""
    course = Course(shutil.copytree(released.root, tmp_path_factory.mktemp("filled") / "course"))
    write_class(course, "ps9", [Hand(name, "", "") for name in NAMES])
    grade(course, "ps9")
    with open_gradebook(course) as book:
        book.update_or_create_student("bób", first_name="Bób", lms_user_id="0007")
        book.find_assignment("ps9").duedate = datetime(2026, 3, 1, 22, 59, 7)
        found = book.find_submission("ps9", "ada")
        found.timestamp = datetime(2026, 3, 1, 12, 0, 0, 123456)
        found.extension = timedelta(days=2, seconds=3)
        points = book.find_grade("test_root", "ps9", "ps9", "ada")
        points.manual_score, points.extra_credit = 0.1 + 0.2, 1 / 3
        book.find_comment("why", "ps9", "ps9", "李雷").manual_comment = "Gut ✓\n'quoted' \\ 100 %"
        book.db.commit()
    return course


@pytest.fixture
def own(filled, tmp_path):
    return Course(shutil.copytree(filled.root, tmp_path / "own"))


@pytest.fixture
def empty(server):
    """The address of an empty database."""
    name = f"empty_{uuid4().hex}"
    server.ask(f"create database {name}")
    return server.url(name)


def everything(course):
    """All tables, with their contents as values of Python."""
    from nbgrader.api import Base

    with open_gradebook(course) as book:
        return {
            table.name: sorted(map(repr, book.db.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
        }


def test_there_and_back_everything_is_the_same(own, empty, tmp_path):
    before = everything(own)
    move_gradebook(own, empty)
    there = set_url(own, empty)
    assert everything(there) == before
    move_gradebook(there, "sqlite:///back.db")
    back = set_url(there, "sqlite:///back.db")
    assert back.gradebook_file == own.root / "back.db"
    assert everything(back) == before


def test_after_it_nothing_is_graded_again_and_new_work_is(own, empty):
    move_gradebook(own, empty)
    there = set_url(own, empty)
    skipped = []
    write_class(there, "ps9", [Hand("new", "", "")])
    grade(there, "ps9", on_skip=skipped.extend)
    assert sorted(skipped) == sorted(NAMES)
    assert {row[0] for row in rows(there)} == {*NAMES, "new"}


def test_the_command_says_what_to_write_into_the_settings(own, empty):
    done = CliRunner().invoke(app, ["move-gradebook", "--to", empty, "--course", str(own.root)])
    assert done.exit_code == 0, done.output
    assert f"c.CourseDirectory.db_url = '{empty}'" in done.output
    assert "       3 student" in done.output


def test_the_command_does_not_show_the_password(own, server):
    from urllib.parse import quote

    server.ask(f"create role mover login password '{SECRET}'")
    server.ask("create database moved owner mover")
    url = server.url("moved", "mover", quote(SECRET, safe=""))
    for status in (0, 1):  # the second time there are grades
        done = CliRunner().invoke(app, ["move-gradebook", "--to", url, "--course", str(own.root)])
        assert done.exit_code == status
        assert "mover:***@" in done.output
        assert SECRET not in done.output
        assert quote(SECRET, safe="") not in done.output


def test_a_gradebook_in_use_is_not_written_over(own, there):
    write_class(there, "ps9", [Hand("zoe", "", "")])
    grade(there, "ps9")
    before = everything(there)
    with pytest.raises(CourseError, match="is in use: its table"):
        move_gradebook(own, there.gradebook_url)
    assert everything(there) == before


def break_a_name(course):
    with open_gradebook(course) as book:
        book.db.execute(text("update student set first_name = :long"), {"long": "x" * 200})
        book.db.commit()


def leave_an_orphan(course):
    with open_gradebook(course) as book:
        book.db.execute(text("delete from student where id = 'ada'"))
        book.db.commit()


DAMAGE = {
    "a value that is too long": (break_a_name, "`student` cannot be copied"),
    "a row that belongs to nothing": (leave_an_orphan, "`submitted_assignment` cannot be copied"),
}


@pytest.mark.parametrize("damage, reason", DAMAGE.values(), ids=DAMAGE)
def test_what_sqlite_lets_pass_is_said_and_nothing_is_copied(own, empty, damage, reason):
    """SQLite checks neither lengths nor references."""
    damage(own)
    with pytest.raises(CourseError, match=reason):
        move_gradebook(own, empty)
    engine = engine_for(empty)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from assignment")) == 0
    engine.dispose()


def test_a_gradebook_of_an_older_nbgrader_is_upgraded_first(own, empty):
    with open_gradebook(own) as book:
        book.db.execute(text("update alembic_version set version_num = '724cde206c17'"))
        book.db.commit()
    with pytest.raises(CourseError, match="nbgrader db upgrade"):
        move_gradebook(own, empty)


def test_a_server_that_does_not_answer_is_said(own, server):
    with pytest.raises(CourseError, match="The gradebook was lost"):
        move_gradebook(own, server.url("x").replace(str(server.folder), "/no/such/folder"))


@pytest.mark.parametrize(
    "to, reason", [("sqlite:///gradebook.db", "is at .* already"), ("grades", "is no address of a gradebook")]
)
def test_a_target_that_is_none(own, to, reason):
    with pytest.raises(CourseError, match=reason):
        move_gradebook(own, to)
