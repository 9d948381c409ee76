"""What the batch makes of good and bad submissions."""

from __future__ import annotations

import json
import sqlite3

import course_kit
import nbformat
import pytest
from course_kit import CLASS
from nbformat.v4 import new_code_cell

from autograder import (
    CourseError,
    Hand,
    Mangle,
    Outcome,
    Status,
    differences,
    grade,
    grading,
    release,
    write_class,
)
from autograder.gradebook import open_gradebook, read_cells
from autograder.record import load

ALL = {hand.student for hand in CLASS}
NOT_GRADABLE = {"stubborn", "exits", "broken", "renamed", "linked"}


def points(outcome):
    return {cell.grade_id: cell.points for cell in outcome.cells}


def test_one_bad_submission_never_stops_the_rest(graded):
    assert set(graded.outcomes) == ALL
    assert [call[1:] for call in graded.started] == [(done, len(CLASS)) for done in range(len(CLASS))]


def test_statuses(graded):
    found = {student: outcome.status for student, outcome in graded.outcomes.items()}
    expected = dict.fromkeys(ALL, Status.GRADED) | dict.fromkeys(NOT_GRADABLE, Status.NOT_GRADABLE)
    assert found == expected | {"nothing": Status.MISSING, "loop": Status.TIMED_OUT}


def test_every_hand_has_exactly_the_expected_points(graded):
    assert differences(CLASS, tuple(graded.outcomes.values())) == ()


def test_a_wrong_expectation_is_told(graded):
    wrong = (Hand("right", "", "", expected={"test_double": 1}), Hand("half", "", "", expected={"nope": 1}))
    sentences = differences((*wrong, Hand("absent", "", "", expected={})), tuple(graded.outcomes.values()))
    assert len(sentences) == 4
    assert "right: test_double has 2.0, expected 1" in sentences


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ("right", {"test_double": 2, "test_square": 2, "test_sum": 1, "test_root": 4, "why": None}),
        ("empty", {"test_double": 0, "test_square": 0, "test_sum": 0, "test_root": 0, "why": 0}),
        ("loop", {"test_double": 0, "test_square": 2, "test_sum": 1, "test_root": 4, "why": None}),
        ("partial", {"test_double": 2, "test_square": 2, "test_sum": 1, "test_root": 1.5, "why": None}),
        ("copies", {"test_double": 0, "test_square": 2, "test_sum": 1, "test_root": 4, "why": None}),
    ],
)
def test_points_cell_by_cell_in_notebook_order(graded, student, expected):
    outcome = graded.outcomes[student]
    assert points(outcome) == expected
    assert list(points(outcome)) == list(expected)
    assert outcome.score == sum(value or 0 for value in expected.values())
    assert outcome.max_score == 12


def test_missing_crashed_and_zero_are_three_things(graded):
    scores = {name: graded.outcomes[name].score for name in ("nothing", "exits", "empty")}
    assert scores == {"nothing": None, "exits": None, "empty": 0}
    assert len({graded.outcomes[name].status for name in scores}) == 3
    assert {graded.outcomes[name].max_score for name in scores} == {12}


@pytest.mark.parametrize(
    ("student", "cell", "error"),
    [
        ("half", "test_double", "AssertionError: double(21) is not 42"),
        ("empty", "test_root", "NotImplementedError: Replace this line with your answer."),
        ("empty", "why", "not answered"),
        ("loop", "test_double", "time-out: the cell ran too long and was interrupted"),
        ("partial", "test_root", "partial credit: 1.5"),
        ("warns", "test_square", "text on stderr gives 0 in nbgrader: line 3: UserWarning: slow"),
    ],
)
def test_failed_cells_say_why(graded, student, cell, error):
    errors = {failed.grade_id: failed.error for failed in graded.outcomes[student].failed}
    assert errors[cell] == error


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("stubborn", "test_square ran longer than 2 s and ignored the interrupt"),
        ("exits", "The Python process died while it ran root"),
        ("broken", "not valid JSON (line"),
        ("renamed", "`ps9 (1).ipynb`, but `ps9.ipynb` is expected"),
        ("linked", "symbolic link"),
        ("nothing", "No ps9.ipynb was handed in"),
    ],
)
def test_no_grade_comes_with_a_reason_and_a_next_step(graded, student, words):
    outcome = graded.outcomes[student]
    assert words in outcome.reason
    assert outcome.next_step.endswith(".")
    assert not outcome.cells


def test_the_log_is_kept_only_when_nbgrader_failed(graded):
    assert "Kernel died" in graded.outcomes["exits"].log
    assert {name for name, outcome in graded.outcomes.items() if outcome.log} == {"exits", "stubborn"}


def test_the_time_out_names_its_cell(graded):
    assert graded.outcomes["loop"].summary == "graded, time-out in test_double"


@pytest.mark.parametrize(
    ("student", "note"),
    [
        ("copies", "a duplicated cell `test_square` was ignored: it ran as an ordinary cell"),
        ("deletes", "the deleted cell `test_double` was put back"),
        ("edits", "the locked cell `test_double` had been edited: the original ran instead"),
    ],
)
def test_mended_submissions_say_what_was_mended(graded, student, note):
    assert graded.outcomes[student].notes == (note,)


def test_raw_submissions_are_unchanged(graded):
    assert graded.after == graded.before


def test_failures_leave_no_autograded_folder_and_no_work_folder(graded):
    left = {path.name for path in (graded.course.root / "autograded").iterdir() if any(path.iterdir())}
    assert left == ALL - NOT_GRADABLE - {"nothing"}


def test_outcomes_survive_json(graded):
    for outcome in graded.outcomes.values():
        assert Outcome.from_dict(json.loads(json.dumps(outcome.to_dict()))) == outcome
    assert load(graded.course.outcomes("ps9")) == graded.outcomes


def test_the_gradebook_is_nbgraders_own(graded):
    with sqlite3.connect(graded.course.root / "gradebook.db") as database:
        rows = database.execute("select count(*) from submitted_assignment").fetchone()
    assert rows == (len(ALL) - 1,)  # the student who handed in nothing has no submission


@pytest.fixture
def alone(course):
    """A released course with one student who did everything right, graded."""
    write_class(course, "ps9", (Hand("ada", "right", "", expected={}),))
    assert grade(course, "ps9", timeout=5)[0].score == 9
    return course


def test_a_failed_resubmission_keeps_no_old_grade(alone):
    write_class(alone, "ps9", (Hand("ada", "cut", "", mangle=Mangle.BROKEN_JSON),), force=True)
    (outcome,) = grade(alone, "ps9")
    assert outcome.status is Status.NOT_GRADABLE
    assert outcome.score is None
    with open_gradebook(alone) as gradebook:
        grades = gradebook.find_submission_notebook("ps9", "ps9", "ada").grades
        assert {(grade.auto_score, grade.needs_manual_grade, grade.score) for grade in grades} == {
            (None, True, 0)
        }


def test_points_given_by_hand_survive_a_failed_resubmission(alone):
    with open_gradebook(alone) as gradebook:
        gradebook.find_grade("why", "ps9", "ps9", "ada").manual_score = 2.5
        gradebook.db.commit()
    write_class(alone, "ps9", (Hand("ada", "none", "", mangle=Mangle.MISSING_NOTEBOOK),), force=True)
    assert grade(alone, "ps9")[0].status is Status.MISSING
    assert {cell.grade_id: cell.points for cell in read_cells(alone, "ada", "ps9")}["why"] == 2.5


def test_release_can_be_repeated_and_keeps_grades_and_submissions(alone):
    release(alone, "ps9")
    assert alone.handed_in() == ("ada",)
    assert sum(cell.points or 0 for cell in read_cells(alone, "ada", "ps9")) == 9


class Fails:
    """An engine that breaks on one student."""

    name = "fails"

    def __init__(self, course, timeout):
        self.record = course.outcomes("ps9")

    def grade(self, student, assignment):
        if student == "b":
            assert set(load(self.record)) == {"a"}  # recorded before the next one starts
            raise RuntimeError("out of paper")
        return Outcome(student, assignment, Status.GRADED, 1.0, 12.0)


def test_an_engine_that_breaks_costs_one_student(course, monkeypatch):
    write_class(course, "ps9", [Hand(name, "", "") for name in "abc"])
    monkeypatch.setattr(grading, "ENGINES", {"fails": Fails})
    outcomes = grade(course, "ps9", engine="fails")
    assert [outcome.status for outcome in outcomes] == [Status.GRADED, Status.NOT_GRADABLE, Status.GRADED]
    assert "RuntimeError: out of paper" in outcomes[1].reason
    assert "Traceback" in outcomes[1].log
    assert json.loads(course.outcomes("ps9").read_text("utf-8"))[1]["status"] == "not gradable"


def test_release_refuses_a_broken_notebook_and_keeps_the_old_student_copy(course):
    old = course.release("ps9").read_bytes()
    notebook = nbformat.read(course.source("ps9"), as_version=4)
    notebook.cells[2].source = "### BEGIN SOLUTION\npass"
    nbformat.write(notebook, course.source("ps9"))
    with pytest.raises(CourseError, match="no end solution statement found"):
        release(course, "ps9")
    assert course.release("ps9").read_bytes() == old


def change_cells(course, *, leave_out="", add=()):
    """Change the instructor's notebook: leave a cell out, and put some behind the title."""
    notebook = nbformat.read(course.source("ps9"), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != leave_out]
    notebook.cells[1:1] = add
    nbformat.write(notebook, course.source("ps9"))


def test_a_locked_cell_without_points_may_come_and_go_after_work_was_handed_in(course):
    hands = (CLASS[0],)
    write_class(course, "ps9", hands)
    grade(course, "ps9")
    tools = new_code_cell("TOOLS = 1", metadata=course_kit.nbgrader("tools", locked=True), id="tools")
    change_cells(course, add=[tools])
    release(course, "ps9")
    assert "TOOLS = 1" in course.release("ps9").read_text("utf-8")
    assert differences(hands, grade(course, "ps9")) == ()
    change_cells(course, leave_out="tools")
    release(course, "ps9")
    assert differences(hands, grade(course, "ps9")) == ()


def test_a_test_that_comes_or_goes_after_work_was_handed_in_is_named(course):
    write_class(course, "ps9", (CLASS[0],))
    grade(course, "ps9")
    more = course_kit.test("test_more", 1, "assert True")
    change_cells(course, leave_out="test_sum", add=[more])
    with pytest.raises(CourseError, match=r"\(new: test_more; gone: test_sum\)") as caught:
        release(course, "ps9")
    assert "nbgrader db assignment remove ps9 --force" in caught.value.next_step


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"assignment": "ps8"}, "Known assignments: ps9"),
        ({"assignment": "../ps9"}, "not an assignment name"),
        ({"students": ["nobody"]}, "Known students: ada"),
        ({"engine": "steam"}, "Choose one of: fast, nbgrader"),
        ({"timeout": 0}, "positive --timeout"),
    ],
)
def test_mistakes_of_the_caller_say_what_to_do(course, arguments, words):
    write_class(course, "ps9", (Hand("ada", "", ""),))
    with pytest.raises(CourseError, match=words):
        grade(course, **{"assignment": "ps9", **arguments})


def test_grading_before_release_says_what_to_do_and_makes_no_gradebook(course):
    (course.root / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="Run: autograder release ps9"):
        grade(course, "ps9")
    assert not (course.root / "gradebook.db").exists()


# The fast engine beside the yardstick. They are here so that one process has both.

FULL = {"test_double": 2, "test_square": 2, "test_sum": 1, "test_root": 4, "why": None}


def executed(course, student):
    return nbformat.read(course.autograded(student, "ps9") / "ps9.ipynb", as_version=4)


# What differs from the yardstick on the same class: (points of cells, why).
MENDED = {
    "warns": ({}, "a warning costs nothing"),
    "exits": ({"test_root": 0}, "the process died in one cell, and the others keep their points"),
}


@pytest.mark.parametrize("student", sorted({hand.student for hand in CLASS} - {"stubborn"}))
def test_points_are_nbgraders_but_for_the_mended_faults(graded, graded_fast, student):
    ours, theirs = graded_fast.outcomes[student], graded.outcomes[student]
    if student in MENDED:
        assert points(ours) == FULL | MENDED[student][0]
    else:
        assert points(ours) == points(theirs)
        assert (ours.status, ours.score, ours.max_score) == (theirs.status, theirs.score, theirs.max_score)


def test_executed_copies_are_those_of_nbgrader(graded, graded_fast):
    ours, theirs = executed(graded_fast.course, "right"), executed(graded.course, "right")
    assert [cell.source for cell in ours.cells] == [cell.source for cell in theirs.cells]
    assert [cell.get("outputs") for cell in ours.cells] == [cell.get("outputs") for cell in theirs.cells]
    assert [cell.metadata.get("nbgrader") for cell in ours.cells] == [
        cell.metadata.get("nbgrader") for cell in theirs.cells
    ]


def test_the_gradebook_holds_what_nbgraders_own_run_wrote(graded, graded_fast):
    ours, theirs = rows(graded_fast.course), rows(graded.course)
    same = set(graded.outcomes) - {"warns", "exits", "stubborn"}
    assert {row for row in ours if row[0] in same} == {row for row in theirs if row[0] in same}


def rows(course):
    """Everything that grading writes, without ids."""
    with sqlite3.connect(course.root / "gradebook.db") as database:
        query = """select a.student_id, n.name, c.name, g.auto_score, g.manual_score, g.needs_manual_grade,
                   m.auto_comment, s.late_submission_penalty, s.flagged from grade g
                   join submitted_notebook s on g.notebook_id = s.id
                   join submitted_assignment a on s.assignment_id = a.id
                   join notebook n on s.notebook_id = n.id join base_cell c on g.cell_id = c.id
                   left join comment m on m.notebook_id = s.id and m.cell_id = c.id"""
        return set(database.execute(query))
