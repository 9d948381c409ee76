"""What moved when work was graded again, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder import Hand, write_class
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.regrade import State, load_state, moves, save_state, state_of

OLD = State({"ada": "a", "bob": "b"}, {"test_double": "1", "test_root": "1"}, "f", "l")


def outcome(student, double, root=4.0, **more):
    cells = (CellOutcome("test_double", double, 2.0), CellOutcome("test_root", root, 4.0))
    return Outcome(student, "ps9", Status.GRADED, double + root, 6.0, cells, **more)


BEFORE = {"ada": outcome("ada", 0.0), "bob": outcome("bob", 2.0)}


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (replace(OLD, students={"ada": "x", "bob": "b"}), "a new submission"),
        (replace(OLD, cells={**OLD.cells, "test_double": "2"}), "its test was changed"),
        (replace(OLD, cells={**OLD.cells, "test_root": "2"}), "changed: test_root"),
        (replace(OLD, files="g"), "the instructor's files were changed"),
        (replace(OLD, limits="m"), "limits were changed"),
        (OLD, "graded again; nothing that is recorded had changed"),
    ],
)
def test_a_move_has_its_reason(new, why):
    (move,) = moves(BEFORE, [outcome("ada", 1.5), outcome("bob", 2.0, seconds=9.0)], OLD, new)
    assert str(move) == f"ada test_double: 0 → 1.5 ({why})"


def test_a_submission_that_is_no_longer_gradable_has_moved_as_a_whole():
    lost = Outcome("ada", "ps9", Status.NOT_GRADABLE)
    (move,) = moves(BEFORE, [lost], OLD, replace(OLD, students={"ada": "x"}))
    assert str(move) == "ada: 4 points → not gradable (a new submission)"


def test_whoever_is_new_has_not_moved():
    assert moves({}, [outcome("ada", 1.0)], State(), OLD) == ()


def test_a_question_that_went_is_named():
    short = replace(outcome("ada", 0.0), cells=(CellOutcome("test_double", 0.0, 2.0),))
    (move,) = moves(BEFORE, [short], OLD, OLD)
    assert str(move) == "ada test_root: 4 → – (it is no question any more)"


def test_without_a_record_of_before_no_reason_is_made_up():
    (move,) = moves(BEFORE, [outcome("ada", 1.0)], State(), OLD)
    assert "not on record" in move.why


def test_the_digests_tell_the_parts_apart(course):
    write_class(course, "ps9", (Hand("ada", "", ""), Hand("bob", "", "")))
    first = state_of(course, "ps9", ["ada", "bob"])
    path = course.submitted("ada", "ps9") / "ps9.ipynb"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    second = state_of(course, "ps9", ["ada", "bob"], timeout=7)
    assert first.students["ada"] != second.students["ada"]
    assert first.students["bob"] == second.students["bob"]
    assert (first.cells, first.files) == (second.cells, second.files)
    assert first.limits != second.limits
    assert "test_double" in first.cells


def test_a_run_for_some_keeps_what_is_known_of_the_others(course):
    assert load_state(course, "ps9") == State()
    save_state(course, "ps9", OLD)
    save_state(course, "ps9", replace(OLD, students={"bob": "c"}))
    assert load_state(course, "ps9") == replace(OLD, students={"ada": "a", "bob": "c"})
