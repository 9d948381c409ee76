"""Pages of an assignment of two notebooks, and what they read from the gradebook, held against nbgrader's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from autograder import Course, write_feedback
from autograder.cli import app
from autograder.errors import CourseError
from autograder.gradebook import open_gradebook
from autograder.marks import read_marks
from autograder.outcome import Outcome, Status
from autograder.record import save

NOTEBOOKS = ("one", "two")
STUDENTS = ("ada", "bob", "cy", "di")
#: Points by test and by hand, extra points: every way in which nbgrader settles a grade.
GRADES = {
    ("ada", "one"): (2.0, None, None),
    ("ada", "two"): (0.0, 1.5, 0.25),
    ("bob", "one"): (None, None, None),
    ("bob", "two"): (0.0, None, None),
    ("cy", "one"): (None, 1.0, None),
    ("cy", "two"): (1.0, None, 0.5),
}
CONFIG = 'from autograder.feedback import secure\nc = get_config()\nsecure(c)\nc.CourseDirectory.course_id = "two"\n'


def fill(gradebook):
    """One test, one task and one answer a notebook; cy handed in late, di something that is no notebook."""
    gradebook.add_assignment("hw")
    for name in NOTEBOOKS:
        gradebook.add_notebook(name, "hw")
        gradebook.add_grade_cell("test", name, "hw", max_score=2, cell_type="code")
        gradebook.add_task_cell("task", name, "hw", max_score=3, cell_type="markdown")
        gradebook.add_solution_cell("answer", name, "hw")
    for student in STUDENTS[:3]:
        gradebook.add_student(student)
        gradebook.add_submission("hw", student)
        for name in NOTEBOOKS:
            grade = gradebook.find_grade("test", name, "hw", student)
            grade.auto_score, grade.manual_score, grade.extra_credit = GRADES[student, name]
            comment = gradebook.find_comment("answer", name, "hw", student)
            comment.auto_comment = "No response." if student == "bob" else None
            comment.manual_comment = f"For {student}." if name == "two" else None
    gradebook.find_submission_notebook("two", "hw", "cy").late_submission_penalty = 0.75
    gradebook.db.commit()


def notebook(name):
    """A graded copy as the engine writes it."""
    cells = [
        ("code", "answer = 1", {"grade_id": "answer", "solution": True, "grade": False, "locked": False}),
        ("code", "assert answer == 1", {"grade_id": "test", "grade": True, "locked": True, "points": 2}),
        ("markdown", f"Task {name}", {"grade_id": "task", "task": True, "grade": False, "points": 3}),
    ]
    made = [
        {"cell_type": kind, "source": source, "metadata": {"nbgrader": marks}}
        | ({"outputs": [], "execution_count": 1} if kind == "code" else {})
        for kind, source, marks in cells
    ]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("two")
    (root / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    (root / "source/hw").mkdir(parents=True)
    for name in NOTEBOOKS:
        (root / f"source/hw/{name}.ipynb").write_text(json.dumps(notebook(name)), "utf-8")
        for student in STUDENTS[:3]:
            path = root / f"autograded/{student}/hw/{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(notebook(name)), "utf-8")
    (root / "autograded/ada/hw/mine.ipynb").write_text(json.dumps(notebook("mine")), "utf-8")
    course = Course(root)
    with open_gradebook(course) as gradebook:
        fill(gradebook)
    outcomes = [Outcome(student, "hw", Status.GRADED) for student in STUDENTS[:3]]
    lost = Outcome("di", "hw", Status.NOT_GRADABLE, reason="`one.ipynb` is damaged.", next_step="Ask.")
    save(course.outcomes("hw"), [*outcomes, lost])
    return course


@pytest.fixture(scope="module")
def marks(course):
    with open_gradebook(course) as gradebook:
        return read_marks(gradebook, "hw")


@pytest.fixture(scope="module")
def pages(course):
    return {(page.student, page.path.stem): page for page in write_feedback(course, "hw")}


def test_points_comments_and_penalties_are_those_that_nbgrader_reads_one_by_one(course, marks):
    with open_gradebook(course) as gradebook:
        assert len(marks) == len(gradebook.notebook_submissions("one", "hw")) * len(NOTEBOOKS)
        for (student, name), mine in marks.items():
            theirs = gradebook.find_submission_notebook(name, "hw", student)
            assert sum(mark.points or 0.0 for mark in mine.cells.values()) == theirs.score
            assert sum(mark.max_points for mark in mine.cells.values()) == theirs.max_score
            assert mine.penalty == (theirs.late_submission_penalty or 0.0)
            assert mine.comments == {one.name: one.comment for one in theirs.comments if one.comment}


def test_neither_tested_nor_read_is_not_zero_points(marks):
    assert marks["bob", "one"].cells["test"].points is None
    assert marks["bob", "two"].cells["test"].points == 0.0


def test_marks_of_one_student_are_the_same(course, marks):
    with open_gradebook(course) as gradebook:
        alone = read_marks(gradebook, "hw", ["cy"])
    assert alone == {key: value for key, value in marks.items() if key[0] == "cy"}


def test_each_notebook_has_a_page_and_a_students_own_notebook_none(pages):
    wanted = {(student, name) for student in STUDENTS[:3] for name in NOTEBOOKS}
    assert set(pages) == wanted | {("di", "hw")}


def test_a_page_has_the_score_that_nbgrader_gives(course, pages):
    with open_gradebook(course) as gradebook:
        theirs = gradebook.find_submission_notebook("two", "hw", "cy")
        wanted = theirs.score - theirs.late_submission_penalty
    soup = BeautifulSoup(pages["cy", "two"].path.read_text("utf-8"), "html.parser")
    assert float(soup.select_one("dl.facts dd").get_text()) == wanted
    assert soup.h1.get_text() == "hw, two: feedback for cy"


def test_a_page_has_its_own_students_comments_only(pages):
    for (student, name), page in pages.items():
        text = page.path.read_text("utf-8")
        others = {f"For {other}." for other in STUDENTS if (other, name) != (student, "two")}
        assert not [said for said in others if said in text]


def test_writing_again_gives_the_same_bytes(course, pages):
    before = {key: page.path.read_bytes() for key, page in pages.items()}
    write_feedback(course, "hw")
    assert {key: page.path.read_bytes() for key, page in pages.items()} == before


def test_a_copy_that_is_gone_is_a_problem_of_one_student(course, pages):
    path = course.autograded("ada", "hw") / "one.ipynb"
    before = path.read_text("utf-8")
    try:
        path.write_text("{", "utf-8")
        found = write_feedback(course, "hw")
    finally:
        path.write_text(before, "utf-8")
    assert {(page.student, page.problem.partition(":")[0]) for page in found if page.problem} == {
        ("ada", "JSONDecodeError")
    }
    write_feedback(course, "hw")


@pytest.fixture
def by_command(course, tmp_path):
    """What the command says and writes in a copy of the course."""
    copy = Course(shutil.copytree(course.root, tmp_path / "copy"))
    shown = CliRunner().invoke(app, ["feedback", "hw", "--course", str(copy.root), "--json"])
    assert shown.exit_code == 0, shown.output
    return {(one["student"], Path(one["path"]).stem): one for one in json.loads(shown.stdout)}


def test_json_lists_every_page_with_its_size(by_command, pages):
    assert set(by_command) == set(pages)
    for one in by_command.values():
        assert set(one) == {"student", "path", "problem", "bytes"}
        assert one["bytes"] == Path(one["path"]).stat().st_size


def test_the_command_asks_the_course_for_penalties_again(by_command, pages):
    """This course takes nothing for lateness; a penalty of earlier settings goes."""
    assert "taken off for lateness" in pages["cy", "two"].path.read_text("utf-8")
    assert "taken off for lateness" not in Path(by_command["cy", "two"]["path"]).read_text("utf-8")


def test_somebody_who_is_not_on_record_is_named(course):
    with pytest.raises(CourseError, match="Not graded yet: eve"):
        write_feedback(course, "hw", ["ada", "eve"])
