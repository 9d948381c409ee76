"""Naming a wrong value: the known one that it equals, and nothing where nothing is known."""

import doctest
import sys

import numpy as np
import pytest

import mlpkit.diagnosis
from mlpkit.diagnosis import COMMON_MISTAKES, name_mistake

RIGHT = np.array([[1.0, 2.0, -3.0], [0.5, 0.0, 4.0]])
SUM = "the sum over the batch"


def test_a_known_wrong_value_is_named():
    assert name_mistake(7 * RIGHT, RIGHT, {"another": 3 * RIGHT, SUM: 7 * RIGHT}) == SUM


def test_a_right_answer_has_no_name():
    assert name_mistake(RIGHT * (1 + 1e-9), RIGHT, {SUM: 7 * RIGHT}) is None


def test_an_answer_that_nothing_explains_has_no_name():
    assert name_mistake(RIGHT + 0.1, RIGHT, {SUM: 7 * RIGHT}) is None


def test_a_mistake_that_does_not_show_is_not_blamed():
    assert name_mistake(2 * RIGHT, RIGHT, {"does not show": RIGHT}, common={}) is None


def test_the_first_of_two_equal_mistakes_is_named():
    assert name_mistake(7 * RIGHT, RIGHT, {"first": 7 * RIGHT, "second": 7 * RIGHT}) == "first"


def test_a_mistake_may_have_another_shape():
    assert name_mistake(RIGHT.sum(axis=0), RIGHT, {"summed": RIGHT.sum(axis=0)}) == "summed"


def test_a_mistake_is_computed_only_when_it_is_needed():
    def never():
        raise AssertionError("computed")

    assert name_mistake(7 * RIGHT, RIGHT, {SUM: lambda: 7 * RIGHT, "later": never}) == SUM
    assert name_mistake(RIGHT, RIGHT, {"later": never}) is None


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (-RIGHT, "the right one with the opposite sign"),
        (RIGHT.T, "the transpose of the right one"),
        (RIGHT + RIGHT, "twice the right one"),
        (RIGHT / 2, "half the right one"),
        (0 * RIGHT, "zeros of the right shape"),
    ],
)
def test_common_mistakes_are_known_everywhere(wrong, name):
    assert name in COMMON_MISTAKES
    assert name_mistake(wrong, RIGHT, {}) == name
    assert name_mistake(wrong, RIGHT, {}, common={}) is None


@pytest.mark.parametrize(
    "odd", [None, "text", True, object(), [[1], [1, 2]], np.array([1j]), np.array([None]), print]
)
def test_what_is_no_array_of_numbers_equals_nothing(odd):
    assert name_mistake(odd, RIGHT, {SUM: 7 * RIGHT}) is None


def test_not_a_number_is_recognised_where_a_mistake_makes_it():
    wrong = np.where(RIGHT == 0, np.nan, RIGHT)
    assert name_mistake(wrong, RIGHT, {"divides by 0": wrong}) == "divides by 0"
    assert name_mistake(wrong, RIGHT, {SUM: 7 * RIGHT}) is None


def test_an_array_that_claims_to_equal_everything_equals_nothing():
    class EqualsEverything(np.ndarray):
        def __array_ufunc__(self, *_, **__):
            return np.zeros(self.shape)

    hostile = np.full(RIGHT.shape, 9.0).view(EqualsEverything)
    assert name_mistake(hostile, RIGHT, {SUM: 7 * RIGHT}) is None


def test_a_right_value_that_is_no_array_is_refused():
    with pytest.raises(TypeError, match="right must be an array of real numbers, got str"):
        name_mistake(1.0, "text", {})


def test_the_examples_are_true():
    assert doctest.testmod(sys.modules["mlpkit.diagnosis.naming"]).failed == 0
    assert mlpkit.diagnosis.name_mistake is name_mistake
