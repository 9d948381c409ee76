"""Courses of other people: nbgrader's own example beside nbgrader's results, and one of odd settings."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from foreign_kit import ASSIGNMENT, NOTEBOOKS, STUDENTS, grading_rows, hand_in, odd_course, quickstart_course

from autograder import Course, CourseError, Status, grade, release
from autograder.gradebook import read_cells


def points(outcome):
    return {cell.grade_id: cell.points for cell in outcome.cells}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """nbgrader's own example, released and graded."""
    course = quickstart_course(tmp_path_factory.mktemp("course101"))
    release(course, "ps1")
    return course, {outcome.student: outcome for outcome in grade(course, "ps1")}


def test_the_example_has_the_points_that_nbgrader_gives(example):
    """As ``nbgrader autograde ps1`` gives them, version 0.9.6."""
    _, outcomes = example
    assert {name: (o.score, o.max_score, len(o.pending)) for name, o in outcomes.items()} == {
        "bitdiddle": (1.5, 13, 4),
        "hacker": (3, 13, 5),
    }


@pytest.mark.exhaustive
def test_the_example_is_graded_as_by_nbgraders_own_command(example, tmp_path):
    """The gradebooks hold the same rows, the executed copies the same cells, outputs and files."""
    ours, _ = example
    for name in ("source", "submitted", "nbgrader_config.py"):
        place = ours.root / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tmp_path / name)
    paths = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in ("generate_assignment", "autograde"):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", command, "ps1"],
            cwd=tmp_path,
            env=paths,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
    theirs = Course(tmp_path)
    assert grading_rows(ours.root / "gradebook.db") == grading_rows(tmp_path / "gradebook.db")
    for student in ("bitdiddle", "hacker"):
        one, two = ours.autograded(student, "ps1"), theirs.autograded(student, "ps1")
        assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in two.iterdir())
        for notebook in ("problem1.ipynb", "problem2.ipynb"):
            assert _cells(one / notebook) == _cells(two / notebook)


@pytest.mark.exhaustive
def test_the_other_engine_grades_the_example_too(example, tmp_path):
    course = Course(shutil.copytree(example[0].root, tmp_path / "course"))
    theirs = {outcome.student: outcome for outcome in grade(course, "ps1", engine="nbgrader")}
    for student, ours in example[1].items():
        assert points(theirs[student]) == points(ours)
        assert (theirs[student].score, theirs[student].max_score) == (ours.score, ours.max_score)


def _cells(path):
    """Cells without what differs from run to run: ids, counts, and the files that tracebacks name.

    Flags that the students' old copies lack come from the gradebook here, and not in nbgrader.
    """
    return [
        (
            cell.cell_type,
            cell.source,
            cell.metadata.get("nbgrader", {}).get("grade_id"),
            cell.metadata.get("nbgrader", {}).get("points"),
            [
                (output.output_type, output.get("ename"), output.get("text"), output.get("data"))
                for output in cell.get("outputs", [])
            ],
        )
        for cell in nbformat.read(path, as_version=4).cells
    ]


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """The course of odd settings, graded from a folder that is none of its own."""
    folder = tmp_path_factory.mktemp("courses of 2026") / "100% odd"
    folder.mkdir()
    course = odd_course(folder)
    hand_in(course, "wrong", "def f(x):\n    return 2")
    return course, {outcome.student: outcome for outcome in grade(course, ASSIGNMENT)}


RIGHT = {"test_f": 3, "test_shown": 1, "why": 0, "task": None}


def test_students_of_any_name_are_graded_but_those_whom_the_course_leaves_out(odd):
    _, outcomes = odd
    assert set(outcomes) == {*STUDENTS, "wrong"} - {"test-account"}
    assert {outcome.status for outcome in outcomes.values()} == {Status.GRADED}


@pytest.mark.parametrize("student", [name for name in STUDENTS if name != "test-account"])
def test_all_notebooks_of_every_student_have_their_points(odd, student):
    course, outcomes = odd
    expected = {f"{notebook}:{cell}": value for notebook in NOTEBOOKS for cell, value in RIGHT.items()}
    assert points(outcomes[student]) == expected
    assert {c.grade_id: c.points for c in read_cells(course, student, ASSIGNMENT)} == expected


def test_hidden_tests_of_other_marks_are_found_and_run(odd):
    course, outcomes = odd
    assert "f(3)" not in (course.release(ASSIGNMENT).parent / "part one.ipynb").read_text("utf-8")
    assert points(outcomes["wrong"]) == {
        f"{notebook}:{cell}": value
        for notebook in NOTEBOOKS
        for cell, value in (RIGHT | {"test_f": 0}).items()
    }


def test_one_who_is_left_out_can_be_named(odd):
    course, _ = odd
    (outcome,) = grade(course, ASSIGNMENT, ["test-account"])
    assert outcome.score == 8


def test_results_lie_where_the_course_wants_them(odd):
    course, _ = odd
    home = course.root / "the course"
    copy = home / "done" / ASSIGNMENT / "by" / "Jürgen Groß"
    assert sorted(path.name for path in copy.iterdir()) == [
        "data", "mine.txt", "own", "part one.ipynb", "tools", "zweiter-teil.ipynb",
    ]  # fmt: skip
    assert (copy / "data" / "table.csv").read_text() == "1;2"
    assert (copy / "mine.txt").read_text() == "1"
    assert stat.S_IMODE((copy / "part one.ipynb").stat().st_mode) == 0o640
    assert (home / "grades of 2026.sqlite").is_file()


def test_outputs_are_shortened_and_noise_is_left_out_as_the_course_wants(odd):
    course, _ = odd
    notebook = nbformat.read(course.autograded("00123", ASSIGNMENT) / "part one.ipynb", as_version=4)
    nbformat.validate(notebook)
    shown = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_shown")
    assert [output.output_type for output in shown.outputs] == ["stream", "execute_result"]
    assert shown.outputs[0].text == "0\n1\n... Output truncated ..."


def test_a_relative_address_of_the_gradebook_is_one_from_the_course_folder(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///my.db'\n"
    )
    monkeypatch.chdir("/")
    assert Course(tmp_path).gradebook_url == f"sqlite:///{tmp_path}/my.db"


def test_an_address_on_a_server_is_left_as_it_is(tmp_path):
    url = "postgresql+psycopg://teacher@db.example.org/grades"
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n")
    assert Course(tmp_path).gradebook_url == url


def test_settings_of_the_user_count_below_those_of_the_course(tmp_path, monkeypatch):
    (tmp_path / "user").mkdir()
    text = "c = get_config()\nc.Execute.timeout = {}\nc.CourseDirectory.root = '/elsewhere'\n{}"
    (tmp_path / "user" / "nbgrader_config.py").write_text(text.format(5, "c.LimitOutput.max_lines = 7\n"))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.Execute.timeout = 6\n")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "user"))
    course = Course(tmp_path)
    assert (course.config.Execute.timeout, course.config.LimitOutput.max_lines) == (6, 7)
    assert course.submitted("ada", "ps1") == tmp_path / "submitted" / "ada" / "ps1"


@pytest.mark.parametrize("name", ["..", ".", "", "../ps1", "a/b", "a+b", ".hidden", "a\0b"])
def test_names_that_lead_elsewhere_are_no_assignments(tmp_path, name):
    with pytest.raises(CourseError, match="not an assignment name"):
        Course(tmp_path).require(name)
