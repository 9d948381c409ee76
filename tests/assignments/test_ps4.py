"""Problem set 4: what its class earns, and the judge of ties, which accepts every subderivative and no other."""

from __future__ import annotations

import numpy as np
import pytest
from cell_source import branches, hidden_part
from laws import Laws
from problem_book import Book

from autograder.notebook import grade_id

PS4 = Book("ps4")


class TestProblemSet4(Laws):
    book = PS4
    total, problems, mistakes = 43, 14, 30
    #: Every kind of cell and of mistake once.
    sample = ("bea", "ciro", "dana", "ewa", "hana", "jana", "paul", "boris", "dirk", "ivo", "lotte")
    sample += ("ulf", "rana", "stefan", "olive", "petra", "wanda", "xaver")
    nothing_done, zeros, all_zeros = "rana", "olive", "petra"
    in_two_cells = frozenset(
        {"parameter-gradients", "to-layer-below", "softmax-jacobian", "softmax-pull", "pair-products"}
    ) | {"power-products", "max-groups", "backward"}
    other_derivatives = frozenset({"test-max-groups-tie"})
    not_counted = frozenset()  # here unpacking counts as a check
    without_example = frozenset({"chain_rule_lines", "subgradients_at_the_tie"})
    unnamed = frozenset({"olive", "petra"})  # zeros are wrong by every check
    identities = ("", "Ada Lovelace", "4711", "µ", "a b")
    many = 200


@pytest.mark.parametrize("cell", PS4.tests, ids=grade_id)
def test_hidden_tests_have_no_loops_and_no_conditions(cell):
    assert branches(hidden_part(cell.source)) == []


def test_the_message_gives_the_call_the_numbers_and_the_mistake():
    assert PS4.message("jana", "test-parameter-gradients-reference") == (
        "weight_gradient(dZ, Y)[1, 0] should be 7, yours is 14. Yours equals the right one without the "
        "division by T."
    )


def test_a_consistent_pair_keeps_the_points_of_differences():
    """Halves instead of neighbours: value and derivative are wrong together."""
    assert PS4.expected("vera")["test-pair-products-own"] == PS4.points["test-pair-products-own"]


def test_the_numbers_of_the_model_answer_are_true():
    answer = PS4.model_answer("from-which-end")
    left = 10 * 500 + 500 * 500 + 500 * 784
    right = [500 * 500 * 784, 10 * 500 * 784, 10 * 784]
    for number in (left, *right, sum(right)):
        assert f"{number:,}".replace(",", "{,}") in answer
    assert round(sum(right) / left) == 309


def test_the_right_vectors_of_the_poll_are_the_subgradients():
    """v is one if max(z + step) - max(z) >= v·step for every step; a circle of steps tells."""
    angles = np.linspace(0, 2 * np.pi, 400)
    steps = 0.1 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rise = (2 + steps).max(axis=1) - 2
    vectors = {"P": (1, 0), "Q": (0, 1), "R": (0.5, 0.5), "S": (0.3, 0.7), "T": (1, 1), "U": (0, 0)}
    below = {letter for letter, v in vectors.items() if (rise >= steps @ v - 1e-12).all()}
    assert below == PS4.names_after("poll")["subgradients_at_the_tie"]()


def check(dZ, Z=((2.0, 2.0, 1.0),), dY=((6.0,),)):
    Z, dY = np.array(Z), np.array(dY)
    PS4.given["check_share"]("f", np.array(dZ), Z, dY, Z.shape[1])


@pytest.mark.parametrize("shares", [(6.0, 0.0, 0.0), (0.0, 6.0, 0.0), (3.0, 3.0, 0.0), (1.0, 5.0, 0.0)])
def test_every_subderivative_at_a_tie_is_accepted(shares):
    check([shares])


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((6.0, 6.0, 0.0), "add up to one derivative"),
        ((0.0, 0.0, 6.0), "not the largest"),
        ((7.0, -1.0, 0.0), "wrong sign"),
        ((0.0, 0.0, 0.0), "as much as comes to it"),
        ((np.nan, 6.0, 0.0), "finite"),
    ],
)
def test_what_is_no_subderivative_at_a_tie_is_refused(shares, message):
    with pytest.raises(AssertionError, match=message):
        check([shares])
