"""The maker of hands: what is said once holds for all, and a hand's own words come first."""

import doctest

import pytest

import autograder.hands
from autograder.classroom import Mangle
from autograder.hands import HandMaker, cells

hand = HandMaker(written={"why": "\nBecause.\n"}, replace={"network": "net = 1\n"}, prefix="test-")


def test_who_loses_nothing_is_right_and_who_loses_points_is_wrong():
    assert hand("ada", "Is right.").kind == "right"
    assert hand("ben", "Is wrong.", lost=("loss",)).kind == "wrong"
    assert hand("cy", "Waits.", lost=("loss",), kind="endless").kind == "endless"


def test_names_of_test_cells_get_their_prefix():
    made = hand("ben", "Forgets the half.", lost=("loss",), says={"loss": "the half"})
    assert made.expected == {"test-loss": 0.0}
    assert made.says == {"test-loss": "the half"}
    assert hand.unlucky("cy", Mangle.DELETED_CELL, "loss").target == "test-loss"


def test_what_all_have_in_common_gives_way_to_what_one_has():
    assert hand("ada", "Is right.").replace == {"network": "net = 1"}
    made = hand("ben", "Has a net.", {"network": "net = 2"}, written={"why": "No idea."})
    assert (made.replace, made.written) == ({"network": "net = 2"}, {"why": "No idea."})


def test_a_cell_that_is_left_as_it_was_is_not_filled_in():
    made = hand("ada", "Did nothing.", stubs=("network", "why"), kind="incomplete")
    assert (made.stubs, made.replace, made.written) == (("network", "why"), {}, {})


@pytest.mark.parametrize("mangle", [mangle for mangle in Mangle if mangle is not Mangle.NONE])
def test_every_accident_has_a_kind_and_a_sentence(mangle):
    made = hand.unlucky("ada", mangle)
    assert made.mangle is mangle
    assert made.kind not in ("right", "wrong")
    assert made.description.endswith(".")


def test_a_sentence_of_ones_own_stands_for_the_accidents():
    assert hand.unlucky("ada", Mangle.EDITED_TEST, description="Emptied two.").description == "Emptied two."


@pytest.mark.parametrize(
    "mangle", [Mangle.BROKEN_JSON, Mangle.MISSING_NOTEBOOK, Mangle.RENAMED, Mangle.SYMLINK]
)
def test_without_a_notebook_there_is_no_grade(mangle):
    assert hand.unlucky("ada", mangle).expected is None


def test_with_a_notebook_points_are_lost_as_by_others():
    assert hand.unlucky("ada", Mangle.EDITED_TEST, "loss", lost=("loss",)).expected == {"test-loss": 0.0}


def test_one_part_or_several_are_combined_with_kinds():
    assert cells("tanh", "own", "reference") == ("tanh-own", "tanh-reference")
    assert cells(("tanh", "relu"), "", "own") == ("tanh", "tanh-own", "relu", "relu-own")


def test_the_example_in_the_docstring_is_true():
    assert doctest.testmod(autograder.hands).failed == 0
