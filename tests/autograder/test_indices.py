"""The gradebook finds a student's rows without looking through those of the whole class."""

from __future__ import annotations

import pytest
from sqlalchemy import event, inspect, text

from autograder import Hand, grade, write_class
from autograder.gradebook import once, open_gradebook
from autograder.gradebook_connection import engine_for
from autograder.grades import GradeBook

WANTED = {
    "autograder_submitted_notebook_assignment_id",
    "autograder_grade_notebook_id",
    "autograder_comment_notebook_id",
}
ADA = Hand("ada", "right", "")


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def graded_course(request):
    """A course in whose gradebook one student is, here and on a server."""
    course = request.getfixturevalue("course" if request.param == "SQLite" else "there")
    write_class(course, "ps9", [ADA])
    grade(course, "ps9")
    once.cache_clear()  # the next run is another program
    return course


def indices(course):
    engine = engine_for(course.gradebook_url)
    try:
        tables = inspect(engine).get_table_names()
        return {str(index["name"]) for table in tables for index in inspect(engine).get_indexes(table)}
    finally:
        engine.dispose()


def drop(course, *names):
    engine = engine_for(course.gradebook_url)
    with engine.begin() as connection:
        for name in names:
            connection.execute(text(f"drop index {name}"))
    engine.dispose()


def test_grading_makes_the_indices(graded_course):
    assert indices(graded_course) >= WANTED


@pytest.mark.parametrize("lost", [sorted(WANTED), ["autograder_grade_notebook_id"]])
def test_a_gradebook_without_them_gets_them_at_the_next_run(graded_course, lost):
    drop(graded_course, *lost)
    assert not indices(graded_course) & set(lost)
    with GradeBook(graded_course, "ps9"):
        assert indices(graded_course) >= WANTED


def test_no_statement_of_a_write_looks_through_a_table_of_the_class(course):
    write_class(course, "ps9", [ADA])
    grade(course, "ps9")
    seen = []
    with GradeBook(course, "ps9") as book:
        event.listen(book._book.engine, "before_cursor_execute", lambda *call: seen.append(call[2:4]))
        book.withdraw("ada", "2026-03-01 12:00:00 UTC", handed_in=True)
        asked = [call for call in seen if not call[0].startswith(("begin", "explain"))]
        assert len(asked) > 5
        for statement, values in asked:
            one = values[0] if isinstance(values, list) else values
            with book._book.engine.connect() as connection:
                plan = connection.exec_driver_sql(f"explain query plan {statement}", one).all()
            steps = [row[-1] for row in plan]
            assert not [step for step in steps if step.startswith("SCAN")], (statement, steps)


def test_nbgraders_own_objects_work_as_before(graded_course):
    with open_gradebook(graded_course) as book:
        assert book.find_submission("ps9", "ada").score > 0
        book.remove_student("ada")
        assert book.students == []
