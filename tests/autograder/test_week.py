"""The week of docs/teachers-week.md, command by command."""

from __future__ import annotations

import json
import zipfile

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import Hand, Mangle, grade, write_class, write_feedback
from autograder.classroom import fill_in
from autograder.cli import app
from autograder.gradebook import open_gradebook
from autograder.notebook import read_notebook

HANDS = {
    "José Pérez_11": Hand("jose-perez", "", ""),
    "Ada Lovelace_12": Hand("ada-lovelace", "", "", {"square": "def square(x):\n    return -x * x"}),
    "Kim Lee_13": Hand("kim-lee", "", "", {"double": "def double(x):\n    return 2"}),
}
LATE_AND_DUE = '\nc.AssignLatePenalties.plugin_class = "autograder.late.PerDay"\n'


def download(course, path):
    """What Moodle would give: three students, one of them a day late."""
    instructor, released = read_notebook(course.source("ps9")), read_notebook(course.release("ps9"))
    with zipfile.ZipFile(path, "w") as archive:
        for day, (person, hand) in enumerate(HANDS.items(), 6):
            name = f"{person}_assignsubmission_file_/ps9.ipynb"
            text = json.dumps(fill_in(hand, instructor, released))
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, day, 12, 0, 0)), text)
    return path


def mend_a_test(course):
    """The teacher finds that the test of double asked for too much."""
    notebook = nbformat.read(course.source("ps9"), as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == "test_double")
    cell.source = "assert double(1) == 2"
    nbformat.write(notebook, course.source("ps9"))


def give_points_by_hand(course):
    with open_gradebook(course) as gradebook:
        for hand in HANDS.values():
            grade = gradebook.find_grade("why", "ps9", "ps9", hand.student)
            grade.manual_score, grade.needs_manual_grade = 2.0, False
        gradebook.db.commit()


@pytest.mark.exhaustive
def test_a_week(course, tmp_path, monkeypatch):
    """Release, collect, grade, points by hand, a mended test, feedback, report, export."""
    with (course.root / "nbgrader_config.py").open("a") as stream:
        stream.write(LATE_AND_DUE)
    monkeypatch.chdir(course.root)

    def run(*words):
        shown = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
        assert shown.exit_code == 0, shown.output
        return shown.stdout

    run("release", "ps9")
    run("due", "ps9", "2026-03-07 18:00 UTC")
    assert "3 placed" in run("collect", "ps9", str(download(course, tmp_path / "moodle.zip")))
    assert "3 graded" in run("grade", "ps9")
    give_points_by_hand(course)
    mend_a_test(course)
    run("release", "ps9")
    again = run("grade", "ps9")
    assert "Moved: kim-lee test_double: 0 → 2 (its test was changed)" in again
    assert "Moved: ada-lovelace" not in again
    assert "Written: 3 pages" in run("feedback", "ps9")
    assert "Report: report/ps9.html" in run("report", "ps9")
    run("export", "ps9")
    grades = (course.root / "report/ps9.grades.csv").read_text("utf-8").splitlines()
    # 9 by tests and 2 by hand; square and its sum lose 3; a day late takes a tenth.
    rows = [line.split(",")[:6] for line in grades[1:]]
    assert rows == [
        ["ada-lovelace", "graded", "8", "12", "0", "8"],
        ["jose-perez", "graded", "11", "12", "0", "11"],
        ["kim-lee", "graded", "9.9", "12", "1.1", "11"],
    ]
    moodle = (course.root / "report/ps9.moodle.csv").read_text("utf-8")
    assert "Participant 11,José Pérez,11,12,-" in moodle
    assert "Participant 13,Kim Lee,9.9,12,-" in moodle


@pytest.mark.parametrize("hand_in", ["right", "cut"])
def test_pages_carry_what_the_exchange_knows_a_hand_in_by(course, hand_in):
    mangle = Mangle.BROKEN_JSON if hand_in == "cut" else Mangle.NONE
    write_class(course, "ps9", [Hand("ada", "", "", mangle=mangle)])
    submitted, feedback = course.submitted("ada", "ps9"), course.feedback("ada", "ps9")
    (submitted / "timestamp.txt").write_text("2026-03-07 12:00:00 UTC", "utf-8")
    (submitted / "submission_secret.txt").symlink_to(course.root / "gradebook.db")
    (submitted / "notes.txt").write_text("mine", "utf-8")
    grade(course, "ps9")
    write_feedback(course, "ps9")
    assert sorted(path.name for path in feedback.iterdir()) == ["ps9.html", "timestamp.txt"]
    assert (feedback / "timestamp.txt").read_text("utf-8") == "2026-03-07 12:00:00 UTC"
