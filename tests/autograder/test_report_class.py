"""A fixed class of 40: exact commonest mistakes, exact flagged students, and questions that tell apart."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from autograder.export import grades_table
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.pages import points
from autograder.report import Summary, question, render_report
from autograder.report_class import items, mistakes, needs_help, without_names
from autograder.standing import Standing

SIGN = "AssertionError: the sign of the gradient is wrong: {} instead of -0.25"
SHAPE = "AssertionError: W1 has shape (2, 3)"
STUB = "NotImplementedError: Replace this line with your answer."


def student(number):
    """Number 1 to 40: one missing, one damaged, one endless; signs, shapes and stubs wrong in known ways."""
    name = f"student-{number:02}"
    if number == 39:
        return Outcome(name, "ps9", Status.MISSING, None, 10.0)
    if number == 40:
        return Outcome(name, "ps9", Status.NOT_GRADABLE, None, 10.0, reason="ps9.ipynb is damaged")
    sign, shape, stub = number % 4 == 0, number % 6 == 0, number > 33
    cells = (
        CellOutcome("test_sign", 0.0 if sign else 4.0, 4.0, error=SIGN.format(number / 7) if sign else None),
        CellOutcome("test_shape", 0.0 if shape else 3.0, 3.0, error=SHAPE if shape else None, seconds=0.5),
        CellOutcome("test_train", 0.0 if stub else 2.0, 2.0, error=STUB if stub else None),
        CellOutcome("why", None, 1.0, manual=True),
    )
    status = Status.TIMED_OUT if number == 7 else Status.GRADED
    return Outcome(name, "ps9", status, sum(cell.points or 0 for cell in cells), 10.0, cells)


CLASS = tuple(student(number) for number in range(1, 41))


def test_the_commonest_three_mistakes():
    found = [(item.question, item.message, len(item.students)) for item in mistakes(CLASS)[:3]]
    assert found == [
        ("test_sign", "AssertionError: the sign of the gradient is wrong: … instead of …", 9),
        ("test_shape", SHAPE, 6),
        ("test_train", STUB, 5),
    ]


def test_the_flagged_students_and_their_rules():
    half = "has less than half of the points given so far"
    assert [(item.student[-2:], item.rule) for item in needs_help(CLASS)] == [
        ("07", "has cells that do not end, or that end the process"),
        ("12", half),
        ("24", half),
        ("36", half),
        ("39", "handed in nothing"),
        ("40", "handed in something that cannot be graded"),
    ]


def test_nobody_is_flagged_because_a_person_has_not_graded_yet():
    cells = (CellOutcome("test", 1.0, 1.0), CellOutcome("essay", None, 9.0, manual=True))
    assert needs_help([Outcome("ada", "ps9", Status.GRADED, 1.0, 10.0, cells)]) == ()


def test_difficulty_and_discrimination_are_what_numpy_says():
    graded = [item for item in CLASS if item.graded]
    table = np.array([[cell.points or 0.0 for cell in item.cells] for item in graded])
    for column, item in enumerate(items(CLASS)[:3]):
        own = table[:, column]
        rest = table.sum(axis=1) - own
        assert item.difficulty == pytest.approx(own.mean() / own.max())
        assert item.discrimination == pytest.approx(np.corrcoef(own, rest)[0, 1])


def test_what_few_or_equal_students_did_says_nothing_about_a_question():
    assert {item.discrimination for item in items(CLASS[:9])} == {None}
    equal = [item for item in CLASS if item.graded and item.score == 9.0]
    assert len(equal) >= 10
    assert {item.discrimination for item in items(equal)} == {None}


def test_the_table_of_the_class():
    rows = list(csv.DictReader(io.StringIO(grades_table([Standing(item) for item in CLASS]))))
    assert len(rows) == 40
    picked = [tuple(rows[i - 1][key] for key in ("status", "score", "test_sign", "why")) for i in (1, 12, 39)]
    assert picked == [("graded", "9", "4", ""), ("graded", "2", "0", ""), ("missing", "", "", "")]
    scores = [row["score"] for row in rows]
    assert [(value, scores.count(value)) for value in ("9", "7", "6", "5", "2", "0", "")] == [
        ("9", 22),
        ("7", 4),
        ("6", 3),
        ("5", 6),
        ("2", 2),
        ("0", 1),
        ("", 2),
    ]


def page(outcomes):
    parts = ("test_sign", 4.0), ("test_shape", 3.0), ("test_train", 2.0)
    questions = tuple(question(outcomes, name, full, False) for name, full in parts)
    return render_report(Summary("ps9", 10.0, tuple(outcomes), questions))


def test_the_page_shows_them():
    text = page(CLASS)
    for words in ("Commonest mistakes", "Who may need help", "handed in nothing", "How the questions work"):
        assert words in text
    assert '<th scope="row" class="count">9</th><td class="name">test_sign</td>' in text


def test_the_page_without_names_has_neither_names_nor_what_answers_said():
    text = page(without_names(CLASS))
    assert "student-" not in text
    assert "the sign of the gradient" not in text
    assert "student 40" in text


def test_the_order_without_names_follows_nothing_that_only_names_say():
    turned = [replace(item, student=f"x{99 - number}") for number, item in enumerate(CLASS)]
    assert without_names(turned) == without_names(CLASS)
    assert [item.score for item in without_names(CLASS)][:2] == [9.0, 9.0]


def test_next_to_nothing_has_no_sign():
    assert [points(value) for value in (-0.001, 0.0, -0.25, 1.5, None)] == ["0", "0", "-0.25", "1.5", "–"]
