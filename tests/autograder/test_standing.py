"""A class read in three queries stands as it does when nbgrader's own objects are asked one by one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from autograder import CourseError
from autograder.gradebook import empty_cells, open_gradebook
from autograder.late import set_due
from autograder.outcome import Outcome, Status
from autograder.record import save
from autograder.standing import standings

WHEN = datetime(2026, 3, 9, 12, 0)
# By student: when it came, an extension, the penalty, and points by test and by hand.
CLASS = {
    "ada": (WHEN, None, 1.5, {"test_double": (2.0, None), "test_square": (0.0, None), "why": (None, 2.5)}),
    "bob": (WHEN, timedelta(days=3), None, {"test_double": (2.0, 1.0), "why": (0.0, None)}),
    "cy": (None, None, 0.0, {"test_root": (1.5, None)}),
    "di": (WHEN - timedelta(days=9), None, None, {}),
}


@pytest.fixture
def filled(course):
    """A course with points, penalties and extensions; two more students are in the record only."""
    cells = empty_cells(course, "ps9")
    record = [Outcome(name, "ps9", Status.GRADED, 0.0, 12.0, cells) for name in (*CLASS, "ed")]
    record += [Outcome("flo", "ps9", Status.NOT_GRADABLE, None, 12.0, reason="damaged")]
    save(course.outcomes("ps9"), record)
    with open_gradebook(course) as gradebook:
        for name, (when, extension, penalty, points) in CLASS.items():
            gradebook.update_or_create_student(name)
            made = gradebook.update_or_create_submission("ps9", name, timestamp=when)
            made.extension = extension
            made.notebooks[0].late_submission_penalty = penalty
            for cell, (by_test, by_hand) in points.items():
                grade = gradebook.find_grade(cell, "ps9", "ps9", name)
                grade.auto_score, grade.manual_score = by_test, by_hand
        gradebook.find_grade("test_double", "ps9", "ps9", "ada").extra_credit = 0.5
        gradebook.db.commit()
    set_due(course, "ps9", "2026-03-08 12:00 UTC")
    return course


def asked_one_by_one(course):
    """Points, penalty and lateness of everybody in the gradebook, by nbgrader's own objects."""
    said = {}
    with open_gradebook(course) as gradebook:
        for item in gradebook.assignment_submissions("ps9"):
            # Answers for a person have no points while nobody has given any; a test that never ran has earned 0.
            points = {
                grade.name: None if waits(grade) else float(grade.score) for grade in item.notebooks[0].grades
            }
            late = item.total_seconds_late if item.assignment.duedate else 0.0
            said[item.student.id] = points, float(item.late_submission_penalty or 0.0), float(late)
    return said


def waits(grade):
    return grade.name == "why" and grade.auto_score is None and grade.manual_score is None


def told(course):
    """The same, by `standings`, of those who are in the gradebook."""
    return {
        item.outcome.student: (
            {cell.grade_id: cell.points for cell in item.outcome.cells},
            item.penalty,
            item.seconds_late,
        )
        for item in standings(course, "ps9")
        if item.outcome.student in CLASS
    }


def test_it_says_what_nbgraders_own_objects_say(filled):
    assert told(filled) == asked_one_by_one(filled)


def test_points_penalties_and_lateness_are_those_that_were_put_in(filled):
    ada, bob, cy, di, ed, flo = standings(filled, "ps9")
    assert (ada.outcome.score, ada.score, ada.seconds_late) == (5.0, 3.5, 86400.0)
    assert (bob.outcome.score, bob.seconds_late) == (1.0, 0.0)
    assert (cy.outcome.score, cy.when, cy.seconds_late) == (1.5, "", 0.0)
    assert (di.outcome.score, di.when) == (0.0, "2026-02-28 12:00:00 UTC")
    assert (ed.penalty, flo.score) == (0.0, None)


def test_without_a_due_date_nobody_is_late(filled):
    set_due(filled, "ps9", "none")
    assert {item.seconds_late for item in standings(filled, "ps9")} == {0.0}
    assert told(filled) == asked_one_by_one(filled)


def test_the_number_of_queries_does_not_grow_with_the_class(filled):
    def queries():
        asked = []
        from sqlalchemy.engine import Engine

        def note(*call):
            asked.append(call[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            standings(filled, "ps9")
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(asked)

    before = queries()
    with open_gradebook(filled) as gradebook:
        for number in range(10):
            gradebook.update_or_create_student(f"more{number}")
            gradebook.update_or_create_submission("ps9", f"more{number}")
        gradebook.db.commit()
    assert queries() == before


def test_what_was_never_graded_is_told(course):
    with pytest.raises(CourseError, match="Run: autograder grade ps9"):
        standings(course, "ps9")
