"""Grades as CSV: no grade and zero stay different, and each platform's own file is filled in."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder import CourseError
from autograder.cli import app
from autograder.collect import Collected
from autograder.export import (
    canvas_file,
    course_table,
    export,
    export_course,
    graded_assignments,
    grades_table,
    moodle_file,
    questions_table,
)
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.record import append, save
from autograder.standing import Standing


def standing(student, status=Status.GRADED, points=(2.0, 3.0), penalty=0.0):
    names = ("test_double", "why")
    cells = tuple(
        CellOutcome(name, value, 3.0, manual=name == "why", error=None if value else "=1+1")
        for name, value in zip(names, points, strict=True)
    )
    graded = status is Status.GRADED
    score = sum(value or 0 for value in points) if graded else None
    return Standing(
        Outcome(student, "ps9", status, score, 6.0, cells if graded else ()),
        penalty,
        "2026-03-01 12:00:00 UTC",
    )


CLASS = (
    standing("ada", penalty=1.5),
    standing("bob", points=(0.0, 0.0)),
    standing("cy", points=(2.0, None)),
    standing("di", Status.CRASHED),
    standing("ed", Status.MISSING),
    standing("flo", Status.NOT_GRADABLE),
)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_missing_crashed_not_gradable_and_zero_are_different():
    found = {row["student"]: (row["status"], row["score"]) for row in rows(grades_table(CLASS))}
    assert found == {
        "ada": ("graded", "3.5"),
        "bob": ("graded", "0"),
        "cy": ("graded", "2"),
        "di": ("crashed", ""),
        "ed": ("missing", ""),
        "flo": ("not gradable", ""),
    }


def test_a_row_says_what_was_taken_off_and_what_waits():
    found = {row["student"]: row for row in rows(grades_table(CLASS))}
    assert (found["ada"]["raw_score"], found["ada"]["late_penalty"]) == ("5", "1.5")
    assert (found["cy"]["waiting"], found["cy"]["why"], found["cy"]["test_double"]) == ("1", "", "2")


def test_a_penalty_never_makes_a_score_negative():
    assert replace(CLASS[0], penalty=99.0).score == 0.0


def test_every_question_has_a_row_and_no_cell_is_a_formula():
    found = rows(questions_table(CLASS))
    assert len(found) == 6
    assert [row["why"] for row in found if row["student"] == "bob"] == ["'=1+1", "'=1+1"]
    assert [row["why"] for row in found if row["student"] == "cy"] == ["", "waits for a person"]


SCORES = {"ada": 3.5, "perezjose": 0.0, "zoe": 1.0}
PEOPLE = {
    "ada": Collected("ada", "placed", "canvas", "lovelaceada", "17"),
    "zoe": Collected("zoe", "placed", "moodle", "Zoë Ng", "901"),
}
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,ps9 (4711),Total
    Points Possible,,,,,12,
"Lovelace, Ada",17,s1,al9,A,,
"Pérez, José",18,s2,jp,A,,
"Nobody, Else",19,s3,ne,A,7,
"""
MOODLE = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade)
Participant 901,Zoë Ng,z@u.example,Submitted,,6.00,-
Participant 902,Ada Lovelace,ada@u.example,Submitted,,6.00,-
Participant 903,Else Nobody,n@u.example,,,6.00,-
"""


def table(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_canvas_gets_its_own_column_back_and_nobody_elses_grade_changes():
    text, lost = canvas_file(SCORES, PEOPLE, "ps9", 6.0, table(CANVAS))
    assert text == (
        "Student,ID,SIS User ID,SIS Login ID,Section,ps9 (4711)\n"
        "    Points Possible,,,,,6\n"
        '"Lovelace, Ada",17,s1,al9,A,3.5\n'
        '"Pérez, José",18,s2,jp,A,0\n'
    )
    assert lost == {"zoe": "is not in Canvas's file"}


def test_moodles_worksheet_is_filled_in_and_empty_where_there_is_no_grade():
    text, lost = moodle_file(SCORES, PEOPLE, 6.0, table(MOODLE))
    assert [row["Grade"] for row in rows(text)] == ["1", "3.5", ""]
    assert lost == {"perezjose": "is not in Moodle's file"}


def test_without_a_template_the_numbers_of_the_download_are_used():
    text, lost = canvas_file(SCORES, PEOPLE, "ps9", 6.0, None)
    assert text.splitlines()[1:] == ["    Points Possible,,,,,6", "lovelaceada,17,,,,3.5"]
    assert set(lost) == {"perezjose", "zoe"}
    text, _ = moodle_file(SCORES, PEOPLE, 6.0, None)
    assert text.splitlines()[1] == "Participant 901,Zoë Ng,1,6,-"


def test_a_file_of_another_kind_is_refused_with_its_columns():
    with pytest.raises(CourseError, match="no column `Identifier`; it has: a, b"):
        moodle_file(SCORES, PEOPLE, 6.0, [["a", "b"]])


def test_waiting_answers_keep_a_score_from_the_platforms(course, tmp_path):
    save(course.outcomes("ps9"), [item.outcome for item in CLASS])
    (tmp_path / "canvas.csv").write_text(CANVAS.replace("al9", "cy"), "utf-8")
    done = export(course, "ps9", canvas=tmp_path / "canvas.csv")
    assert done.without["cy"] == "1 to grade by hand first, or use --provisional"
    assert done.without["ed"] == "has no grade (missing)"
    assert [path.name for path in done.files] == ["ps9.grades.csv", "ps9.questions.csv", "ps9.canvas.csv"]
    export(course, "ps9", canvas=tmp_path / "canvas.csv", provisional=True)
    assert ",cy,A,2\n" in done.files[2].read_text("utf-8")


# -- all assignments at once -----------------------------------------------------------------------------


def scored(student, points, most=4.0, status=Status.GRADED, waiting=False):
    cells = (CellOutcome("test", points, most), *([CellOutcome("why", None, 0.0, True)] if waiting else []))
    graded = points is not None
    return Standing(Outcome(student, "", status, points, most, cells if graded else ()))


TWO = {
    "ps1": (scored("ada", 3.0), scored("bob", 0.0), scored("cy", None, status=Status.MISSING)),
    "ps2": (scored("ada", 1.25, 2.0, waiting=True), scored("bob", None, 2.0, Status.CRASHED)),
}


def test_the_table_of_the_course_has_a_row_for_each_student_and_a_column_for_each_assignment():
    assert course_table(TWO).splitlines() == [
        "student,ps1,ps2,total,out_of,waiting,without_grade",
        "ada,3,1.25,4.25,6,1,",
        "bob,0,,0,6,0,ps2: crashed",
        "cy,,,,6,0,ps1: missing; ps2: not on record",
    ]


def test_a_name_that_a_spreadsheet_would_compute_is_text_in_the_course_table_too():
    assert course_table({"ps1": (scored("=1+1", 1.0),)}).splitlines()[1].startswith("'=1+1,")


@pytest.fixture
def two_graded(course):
    """A course in which ps9 is graded, and ps10 was, but is not released any more."""
    save(course.outcomes("ps9"), [item.outcome for item in CLASS])
    save(course.outcomes("ps10"), [item.outcome for item in CLASS])
    return course


def test_assignments_are_in_the_order_of_their_numbers(two_graded):
    append(two_graded.outcomes("ps2"), CLASS[0].outcome)  # a run that goes on has a journal only
    assert graded_assignments(two_graded) == ("ps2", "ps9", "ps10")


def test_one_assignment_that_cannot_be_exported_does_not_stop_the_others(two_graded):
    done = export_course(two_graded)
    assert list(done.assignments) == ["ps9"]
    assert "There is no assignment `ps10`" in done.skipped["ps10"]
    assert done.table == two_graded.root / "report" / "course.csv"
    assert rows(done.table.read_text("utf-8"))[0]["ps9"] == "5"
    assert (two_graded.root / "report" / "ps9.grades.csv").is_file()


def test_canvass_file_is_filled_in_for_each_assignment(two_graded, tmp_path):
    (tmp_path / "canvas.csv").write_text(CANVAS.replace("al9", "ada"), "utf-8")
    path = export_course(two_graded, canvas=tmp_path / "canvas.csv").assignments["ps9"].files[2]
    assert '"Lovelace, Ada",17,s1,ada,A,5' in path.read_text("utf-8")


def test_a_worksheet_of_moodle_belongs_to_one_assignment(two_graded):
    with pytest.raises(CourseError, match=r"autograder export NAME --moodle w\.csv"):
        export_course(two_graded, moodle=Path("w.csv"))


def test_a_course_without_grades_is_told_what_to_do(course):
    with pytest.raises(CourseError, match=r"No assignment has been graded\. Run: autograder grade NAME"):
        export_course(course)


# -- the commands ----------------------------------------------------------------------------------------


@pytest.fixture
def run(two_graded, monkeypatch):
    monkeypatch.chdir(two_graded.root)

    def command(*words):
        return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})

    return command


@pytest.mark.parametrize("words", [("export",), ("export", "--all")])
def test_without_a_name_everything_is_exported(run, words):
    told = run(*words)
    assert told.exit_code == 0
    assert told.stdout.splitlines()[:2] == ["Written: report/course.csv", "Written: report/ps9.grades.csv"]
    assert "Left out: ps10" in told.stderr


def test_a_name_and_all_exclude_each_other(run):
    told = run("export", "ps9", "--all")
    assert (told.exit_code, "exclude each other" in told.stderr) == (1, True)


def test_export_as_json(run, two_graded):
    one, everything = (
        json.loads(run("export", "ps9", "--json").stdout),
        json.loads(run("export", "--json").stdout),
    )
    assert [Path(path).name for path in one["files"]] == ["ps9.grades.csv", "ps9.questions.csv"]
    assert one["without"]["ed"] == "has no grade (missing)"
    assert Path(everything["course"]) == two_graded.root / "report" / "course.csv"
    assert everything["assignments"] == {"ps9": one}
    assert list(everything["skipped"]) == ["ps10"]


def test_due_as_json(run):
    found = json.loads(run("due", "ps9", "2026-03-08 18:00 Europe/Berlin", "--json").stdout)
    assert found == {"assignment": "ps9", "due": "2026-03-08T17:00:00Z", "moved": []}
    assert json.loads(run("due", "ps9", "none", "--json").stdout)["due"] is None
