"""Due dates, extensions and penalties: whose points are taken, and what becomes of them when dates move."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from autograder import CourseError
from autograder.gradebook import open_gradebook
from autograder.late import FILE, PerDay, apply_dates, read_extensions, set_due

PLUGIN = '\nc.AssignLatePenalties.plugin_class = "autograder.late.PerDay"\nc.PerDay.percent = 10\n'


@pytest.fixture
def late_class(course):
    """Ada handed in 25 hours late and bob in time; each has 2 points. The course takes 10 % a day."""
    with (course.root / "nbgrader_config.py").open("a") as stream:
        stream.write(PLUGIN)
    with open_gradebook(course) as gradebook:
        for name, when in (("ada", "2026-03-03 01:00"), ("bob", "2026-03-01 23:00")):
            gradebook.add_student(name)
            gradebook.add_submission("ps9", name, timestamp=datetime.fromisoformat(when))
            grade = gradebook.find_grade("test_double", "ps9", "ps9", name)
            grade.auto_score, grade.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    return course


def penalties(course):
    with open_gradebook(course) as gradebook:
        found = gradebook.assignment_submissions("ps9")
        return {item.student_id: item.late_submission_penalty or 0 for item in found}


def test_a_due_date_takes_points_of_those_who_were_late(late_class):
    set_due(late_class, "ps9", "2026-03-02 00:00 UTC")
    (change,) = apply_dates(late_class, "ps9")
    assert (change.student, change.before, change.after) == ("ada", 0.0, pytest.approx(0.4))
    assert penalties(late_class) == {"ada": pytest.approx(0.4), "bob": 0}


@pytest.mark.parametrize(
    ("until", "left"), [("+1 day", 0.2), ("2026-03-03 03:00 +0200", 0.0), ("+2 hours", 0.2), ("+1 week", 0.0)]
)
def test_an_extension_gives_points_back(late_class, until, left):
    set_due(late_class, "ps9", "2026-03-02 00:00 UTC")
    apply_dates(late_class, "ps9")
    (late_class.root / FILE).write_text(f"student,assignment,until,reason\nada,ps9,{until},ill\n")
    apply_dates(late_class, "ps9")
    assert penalties(late_class)["ada"] == pytest.approx(left)


def test_no_due_date_takes_no_points_and_an_extension_of_it_is_a_mistake(late_class):
    (late_class.root / FILE).write_text("student,assignment,until\nada,*,+1 day\n")
    assert apply_dates(late_class, "ps9") == ()
    (late_class.root / FILE).write_text("student,assignment,until\nada,ps9,+1 day\n")
    with pytest.raises(CourseError, match="has no due date"):
        apply_dates(late_class, "ps9")


@pytest.mark.parametrize("line", ["ada,ps9,", "ada,ps9,soon", ",ps9,+1 day"])
def test_a_line_that_says_nothing_is_named(course, line):
    (course.root / FILE).write_text(f"student,assignment,until\n{line}\n")
    with pytest.raises(CourseError, match=r"Line 2 of extensions\.csv"):
        read_extensions(course.root / FILE)


def test_dates_without_a_zone_are_utc_and_spans_are_spans(tmp_path):
    path = tmp_path / FILE
    path.write_text("student,assignment,until\na,*,2026-03-01 10:00\nb,ps1,+1.5 days\n")
    assert [item.until for item in read_extensions(path)] == [
        datetime(2026, 3, 1, 10),
        timedelta(hours=36),
    ]
    assert read_extensions(tmp_path / "none.csv") == ()


def test_a_word_is_no_due_date(course):
    with pytest.raises(CourseError, match="`someday` is no time"):
        set_due(course, "ps9", "someday")


@pytest.mark.parametrize(
    ("hours", "settings", "taken"),
    [(1, {}, 1.0), (24, {}, 1.0), (24.1, {}, 2.0), (2400, {}, 10.0), (2400, {"at_most": 30.0}, 3.0)],
)
def test_begun_days_count_and_no_more_is_taken_than_there_is(hours, settings, taken):
    assert PerDay(**settings).late_submission_penalty("ada", 10.0, hours * 3600) == pytest.approx(taken)


def test_minutes_of_grace_do_not_count():
    assert PerDay(grace_minutes=15.0).late_submission_penalty("ada", 10.0, 14 * 60) == 0
