"""Checks of the lectures' exercises: one kind sentence for every way to answer."""

import doctest

import numpy as np
import pytest

from mlpkit import exercises
from mlpkit.exercises import check_answer, check_function


def test_the_examples_in_the_docstrings_are_true():
    failures, tried = doctest.testmod(exercises)
    assert tried >= 5
    assert not failures


@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_is_not_a_wrong_answer(nothing):
    assert check_answer("the slope", nothing, 1.0).state == "unanswered"


@pytest.mark.parametrize(
    ("value", "wanted", "said"),
    [
        ("one", 1.0, "should be a number, yours is str 'one'"),
        ([1.0, 2.0], 1.0, "should be a single number, yours has shape (2,)"),
        ([[1.0, 2.0]], [1.0, 2.0], "should have shape (2,), yours has shape (1, 2)"),
        ([1.0, np.nan], [1.0, 2.0], "should be finite, yours holds nan"),
        ([1.0, 3.0], [1.0, 2.0], "entry [1], should be 2, yours is 3"),
        ("descent", "ascent", "not 'descent'"),
        (1, "ascent", "should be a str"),
        (["a"], {"a"}, "should be a set"),
        ({"b"}, {"a"}, "not {'b'}"),
        (2.0, {"W1": 1.0}, "should be a dict with the keys ['W1']"),
        ({"b1": 1.0}, {"W1": 1.0}, "'W1' is missing"),
        ({"W1": 2.0}, {"W1": 1.0}, "['W1'] should be 1, yours is 2"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(value, wanted, said):
    verdict = check_answer("the slope", value, wanted)
    assert verdict.state == "wrong"
    assert said in verdict.message
    assert not verdict


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1, 1.0),
        (np.float32(0.5), 0.5),
        ([1, 2], np.array([1.0, 2.0])),
        ("ascent", "ascent"),
        ({"a", "b"}, frozenset("ab")),
        ({"W1": [1.0], "more": 3}, {"W1": [1.0]}),
        (1e9 + 1, 1e9),
        ([], np.zeros(0)),
    ],
)
def test_a_right_answer_is_right_in_any_type(value, wanted):
    assert check_answer("the slope", value, wanted)


def test_a_plain_answer_does_not_tell_the_right_one():
    assert "ascent" not in check_answer("the way", "descent", "ascent").message.replace("descent", "")


def test_the_hint_follows_a_wrong_value_only():
    assert "Look again." in check_answer("it", 1.0, 2.0, hint="Look again.").message
    assert "Look again." not in check_answer("it", [1.0], 2.0, hint="Look again.").message


def test_an_exception_is_reported_with_its_call():
    verdict = check_function("f", lambda u: u / 0, [(3,)], lambda u: u)
    assert verdict.message == "f(3) stops with ZeroDivisionError: division by zero"


def test_a_function_is_compared_on_every_call():
    verdict = check_function("f", np.abs, [(1.0,), (-2.0,)], lambda u: u)
    assert verdict.message == "f(-2.0) should be -2, yours is 2."


def test_a_function_that_changes_its_argument_is_given_copies():
    given = np.array([1.0, 2.0])

    def greedy(u):
        u[:] = 0.0
        return u

    assert not check_function("greedy", greedy, [(given,)], lambda u: u)
    assert given.tolist() == [1.0, 2.0]


def test_no_cases_is_an_error_of_the_lecture():
    with pytest.raises(ValueError, match="at least one call"):
        check_function("f", abs, [], abs)


def test_the_message_is_shown_as_text_not_as_markup():
    shown = check_answer("it", "<script>", "a")._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


def test_a_function_among_the_arguments_is_shown_by_its_name():
    verdict = check_function("slope", lambda f, x: 1.0, [(np.tanh, 0.0), (abs, 2.0)], lambda f, x: f(x))
    assert verdict.message.startswith("slope(tanh, 0.0) should be 0")
