"""nbgrader's own tools on a gradebook on PostgreSQL: Formgrader while a run writes, and its commands."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from postgres_kit import database_of, rows
from test_nbgrader_tools import PAGES, command, formgrader_of

from autograder import Hand, Mangle, grade, write_class
from autograder.gradebook import read_cells
from autograder.gradebook_connection import schema_head

WRONG = {"square": "def square(x):\n    return -x * x"}
CLASS = (
    Hand("ada", "right", ""),
    Hand("bob", "wrong", "", WRONG),
    Hand("cy", "cut", "", mangle=Mangle.BROKEN_JSON),
)


@pytest.fixture
def graded_there(there):
    write_class(there, "ps9", CLASS)
    grade(there, "ps9")
    return there


def ids(visit, what, student):
    """Formgrader's ids of a student's grades or comments, by cell."""
    found = visit.data("api/submitted_notebooks/ps9/ps9")
    notebook = next(item for item in found if item["student"] == student)["id"]
    return {item["name"]: item["id"] for item in visit.data(f"api/{what}?submission_id={notebook}")}


@pytest.mark.exhaustive
def test_a_person_in_formgrader_while_everybody_is_graded_again(graded_there, tmp_path):
    """Every page opens, and what the person saves is there at the end."""
    with formgrader_of(graded_there, tmp_path) as visit:
        run = threading.Thread(target=grade, args=(graded_there, "ps9"), kwargs={"force": True})
        run.start()
        for page in PAGES:
            assert "<title>nbgrader formgrade</title>" in visit.page(page)
        visit.data(f"api/grade/{ids(visit, 'grades', 'ada')['why']}", "PUT", manual_score=2.5)
        visit.data(
            f"api/comment/{ids(visit, 'comments', 'ada')['why']}", "PUT", manual_comment="Well argued."
        )
        run.join()
        found = {item["student"]: item for item in visit.data("api/submissions/ps9")}
    assert {name: (item["autograded"], item["score"]) for name, item in found.items()} == {
        "ada": (True, 11.5),
        "bob": (True, 6),
        "cy": (False, 0),
    }
    assert {c.grade_id: c.points for c in read_cells(graded_there, "ada", "ps9")}["why"] == 2.5


@pytest.mark.exhaustive
def test_nbgraders_commands(graded_there, tmp_path, server):
    there = graded_there
    before = rows(there)
    command(there.root, tmp_path, "db", "student", "add", "dora", "--first-name=Dora")
    command(there.root, tmp_path, "db", "upgrade")
    command(there.root, tmp_path, "autograde", "ps9", "--student", "ada", "--force")
    assert rows(there) == before
    command(there.root, tmp_path, "generate_feedback", "ps9")
    assert "test_double" in (there.feedback("bob", "ps9") / "ps9.html").read_text("utf-8")
    command(there.root, tmp_path, "export", "--to", str(tmp_path / "grades.csv"))
    lines = (tmp_path / "grades.csv").read_text("utf-8").splitlines()
    header = lines[0].split(",")
    exported = [dict(zip(header, line.split(","), strict=True)) for line in lines[1:]]
    scores = {line["student_id"]: line["score"] for line in exported}
    assert scores == {"ada": "9.0", "bob": "6.0", "cy": "0.0", "dora": "0.0"}
    version = server.ask("select version_num from alembic_version", database=database_of(there))
    assert version == [(schema_head(),)]


@pytest.mark.exhaustive
def test_the_benchmark_names_both_databases(server):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gradebook", "--submissions", "2"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for row in ("SQLite, first time", "SQLite, again", "PostgreSQL, first time", "PostgreSQL, again"):
        assert row in done.stdout
