"""Courses that were not made with this project: nbgrader's own example, and one whose every setting is odd."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import nbformat
import nbgrader
from course_kit import nbgrader as marks
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import Course, release

GUIDE = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
# What `nbgrader quickstart course101` writes above its comments.
QUICKSTART = """
c = get_config()
c.CourseDirectory.course_id = "course101"
c.IncludeHeaderFooter.header = "source/header.ipynb"
"""


def quickstart_course(folder):
    """The course of ``nbgrader quickstart``, with the two submissions of nbgrader's manual."""
    shutil.copytree(
        GUIDE / "source", folder / "source", ignore=shutil.ignore_patterns("*.html", "*_autotest")
    )
    shutil.copytree(GUIDE / "submitted", folder / "submitted")
    (folder / "nbgrader_config.py").write_text(QUICKSTART, "utf-8")
    # One of its tests deletes a function of the student's, and looks whether another one misses it.
    (folder / "authoring").mkdir()
    (folder / "authoring" / "ps1.toml").write_text('mode = "in-process"\n', "utf-8")
    return Course(folder.resolve())


ODD = """
c = get_config()
c.CourseDirectory.course_id = "odd"
c.CourseDirectory.root = "the course"
c.CourseDirectory.directory_structure = "{nbgrader_step}/{assignment_id}/by/{student_id}"
c.CourseDirectory.source_directory = "instructor"
c.CourseDirectory.release_directory = "published"
c.CourseDirectory.submitted_directory = "in box"
c.CourseDirectory.autograded_directory = "done"
c.CourseDirectory.db_url = "sqlite:///grades of 2026.sqlite"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.tmp", "secret*"]
c.CourseDirectory.student_id_exclude = "test-account, other"
c.ClearSolutions.begin_solution_delimeter = "ANSWER("
c.ClearSolutions.end_solution_delimeter = ")ANSWER"
c.ClearSolutions.code_stub = {"python": "..."}
c.ClearHiddenTests.begin_test_delimeter = "HIDE"
c.ClearHiddenTests.end_test_delimeter = "SHOW"
c.LimitOutput.max_lines = 3
c.IgnorePattern.pattern = ".*noise.*"
c.Autograde.permissions = 640
c.Autograde.exclude_overwriting = {"Übung 1 (α)": ["mine.txt"]}
c.Execute.timeout = 20
"""
HELPER = "import numpy as np\n\nFACTOR = 2\n"


def odd_notebook(name):
    """Four points by tests, two by hand, three for a task; no kernel is named."""
    task = marks("task", 3, locked=True)
    task["nbgrader"]["task"] = True
    cells = [
        new_code_cell("from tools.helper import FACTOR", id="free"),
        new_code_cell(
            "def f(x):\n    # ANSWER(\n    return FACTOR * x\n    # )ANSWER",
            metadata=marks("f", solution=True),
            id="f",
        ),
        new_code_cell(
            "assert f(1) == 2\n# HIDE\nassert f(3) == 6\n# SHOW\nassert open('data/table.csv').read() == '1;2'",
            metadata=marks("test_f", 3, grade=True, locked=True),
            id="test_f",
        ),
        new_code_cell(
            "import sys\nfor n in range(9): print(n)\nprint('noise', file=sys.stderr)\n'shown'",
            metadata=marks("test_shown", 1, grade=True, locked=True),
            id="test_shown",
        ),
        new_markdown_cell("Because.", metadata=marks("why", 2, grade=True, solution=True), id="why"),
        new_markdown_cell(f"Draw the graph of {name}.", metadata=task, id="task"),
    ]
    return new_notebook(cells=cells)


ASSIGNMENT = "Übung 1 (α)"
NOTEBOOKS = ("part one", "zweiter-teil")
STUDENTS = ("o'brien", "Jürgen Groß", "a.b+c@example.org", "00123", "[x]*?", "-rf", "test-account")


def odd_course(folder):
    """A course in which no folder, name or marker is nbgrader's default, released, everybody right."""
    (folder / "nbgrader_config.py").write_text(ODD, "utf-8")
    source = folder / "the course" / "instructor" / ASSIGNMENT / "by" / "."
    for name, text in {"tools/helper.py": HELPER, "data/table.csv": "1;2", "mine.txt": "teacher"}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source / "secret notes.txt").write_text("for teachers")
    for name in NOTEBOOKS:
        nbformat.write(odd_notebook(name), source / f"{name}.ipynb")
    course = Course(folder.resolve())
    release(course, ASSIGNMENT)
    for student in STUDENTS:
        hand_in(course, student)
    return course


def hand_in(course, student, answer="def f(x):\n    return 2 * x"):
    """Hand in the student copy with an answer, changed helpers, and files of one's own."""
    target = course.submitted(student, ASSIGNMENT)
    shutil.copytree(course.release(ASSIGNMENT).parent, target)
    for name in NOTEBOOKS:
        notebook = nbformat.read(target / f"{name}.ipynb", as_version=4)
        next(cell for cell in notebook.cells if cell.id == "f").source = answer
        nbformat.write(notebook, target / f"{name}.ipynb")
    for name, text in {
        "data/table.csv": "spoilt",
        "mine.txt": "1",
        "left.tmp": "x",
        "own/more.txt": "x",
    }.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)


def grading_rows(database):
    """Everything that grading writes, without ids."""
    query = """select a.student_id, a.timestamp, n.name, c.name, g.auto_score, g.manual_score,
               g.needs_manual_grade, m.auto_comment, s.late_submission_penalty, s.flagged from grade g
               join submitted_notebook s on g.notebook_id = s.id
               join submitted_assignment a on s.assignment_id = a.id
               join notebook n on s.notebook_id = n.id join base_cell c on g.cell_id = c.id
               left join comment m on m.notebook_id = s.id and m.cell_id = c.id"""
    with sqlite3.connect(database) as connection:
        return set(connection.execute(query))
