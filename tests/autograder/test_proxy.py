"""Ordinary test code gives the same verdict beside the student's code and across the split."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.split import in_place, set_student, student_eval, unchanged

sys.path.insert(0, str(Path(__file__).parent))
from split_kit import run, split
from split_snippets import CANNOT, FAILING, PASSING, STUDENT


@pytest.fixture(scope="module")
def offered():
    with split(STUDENT, operators={"Dual"}, steps=1000) as space:
        space["np"] = np
        yield space


def beside(source):
    """Run test code in one namespace with the student's code."""
    space = {"__name__": "__main__"}
    exec(STUDENT, space)
    helpers = (unchanged, in_place, student_eval, set_student)
    space.update({function.__name__: function for function in helpers})
    return run(source, space)


def across(source, offered):
    """Run test code in the namespace with proxies, and remove what it leaves there."""
    kept = dict(dict.items(offered))
    try:
        return run(source, offered)
    finally:
        for name in set(offered.keys()) - set(kept):
            dict.pop(offered, name)


@pytest.mark.parametrize("name", PASSING)
def test_ordinary_test_code_passes_on_both_ways(name, offered):
    assert (beside(PASSING[name]), across(PASSING[name], offered)) == ("", "")


@pytest.mark.parametrize("name", FAILING)
def test_failing_test_code_fails_with_the_same_error(name, offered):
    source, error = FAILING[name]
    assert (beside(source), across(source, offered)) == (error, error)


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_cross_fails_and_never_passes(name, offered):
    source, error = CANNOT[name]
    assert across(source, offered) == error


def test_what_cannot_cross_is_not_caught_as_an_exception(offered):
    source = "try:\n    Layer(1) == 3\nexcept Exception:\n    pass"
    assert across(source, offered) == "SplitRefusal"
