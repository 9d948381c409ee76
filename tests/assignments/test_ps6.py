"""Problem set 6: what its class earns, its network against the course's, and the judges of training."""

from __future__ import annotations

import re

import numpy as np
import pytest
from cell_source import defined
from laws import Laws
from problem_book import Book

import mlpkit

PS6 = Book("ps6", leave_out=("curves",), seconds=0.6)


class TestProblemSet6(Laws):
    book = PS6
    total, problems, mistakes = 41, 15, 40
    #: Every kind of cell and of mistake once.
    sample = ("birgit", "emil", "lucia", "detlef", "sandro", "gustav", "alma", "balduin", "dagmar")
    sample += ("egon", "ignaz", "julika")
    nothing_done, zeros, all_zeros = "dagmar", "alma", "balduin"
    in_two_cells = frozenset({"penalty"})
    not_counted = frozenset()  # here unpacking counts as a check
    without_example = frozenset({"fit", "train_xor", "train_digits", *defined(PS6.answers["poll"])})
    unnamed = frozenset({"alma", "balduin", "frieda"})  # zeros, and a cell that does not run
    identities = ("µ",)  # each trains two networks


def test_the_demonstration_shows_that_stopping_early_pays():
    printed = "".join(ran.stdout for ran in PS6.of_the_instructor.values())
    kept, last = map(float, re.search(r"is kept reads (.*)%, the last one (.*)%", printed).groups())
    assert kept > last + 2


def test_the_message_gives_the_call_the_numbers_and_the_mistake():
    assert PS6.message("timo", "test-decay-step") == (
        'decay_step(params, grads, eta=0.1, lam=0.5)["W1"], entry [0, 1], should be -2, yours is -1.1. '
        "Yours equals the one with lambda w in place of eta lambda w."
    )


def test_a_consistent_pair_keeps_the_points_of_differences():
    """Without the half, value and derivative are wrong together."""
    assert PS6.expected("silke")["test-penalty-own"] == PS6.points["test-penalty-own"]


def test_the_network_of_the_problem_set_has_the_gradients_of_its_loss():
    names = PS6.given
    net = mlpkit.MLP((3, 4, 5, 2), hidden=mlpkit.tanh)
    rng = np.random.default_rng(0)
    params, X, d = net.init(rng, scale=1.0), rng.normal(size=(6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    found = names["gradients"](params, X, d)
    assert mlpkit.check_gradients(lambda p: names["loss"](p, X, d), params, found)


def test_the_loss_of_the_problem_set_is_the_mean_cross_entropy():
    names = PS6.given
    net = mlpkit.MLP((3, 4, 2), mlpkit.tanh, mlpkit.softmax, mlpkit.cross_entropy)
    rng = np.random.default_rng(1)
    params, X, d = net.init(rng, scale=1.0), rng.normal(size=(6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    assert np.isclose(names["loss"](params, X, d), net.loss(params, X, d), atol=1e-12)


def test_changes_settle_to_the_limit_of_the_model_answer():
    """With eta .1, alpha .9 and a constant gradient g the change becomes -g, as the answer says."""
    step = PS6.names_after("momentum-step")["momentum_step"]
    params, changes = {"W1": np.zeros(1)}, {"W1": np.zeros(1)}
    for _ in range(400):
        params, changes = step(params, {"W1": np.array([3.0])}, changes, 0.1, 0.9)
    assert np.isclose(changes["W1"][0], -3.0)


def test_equal_hidden_units_stay_equal_as_the_model_answer_says():
    names = PS6.given
    params = {
        "W1": np.full((5, 2), 0.1),
        "b1": np.full(5, 0.1),
        "W2": np.full((2, 5), 0.1),
        "b2": np.zeros(2),
    }
    X, d = np.random.default_rng(2).normal(size=(7, 2)), np.eye(2)[[0, 1, 1, 0, 1, 0, 1]]
    for _ in range(20):
        found = names["gradients"](params, X, d)
        params = {key: params[key] - 0.5 * found[key] for key in params}
    assert np.ptp(params["W1"], axis=0).max() < 1e-12
    assert np.abs(params["W1"] - 0.1).max() > 1e-3


SMALL = {"train": [3.0, 2.0, 1.0], "validation": [2.0, 1.0, 3.0], "test": [9.0, 8.0, 7.0]}


def judge(**changed):
    """The verdict on an answer that is right but for some entries; best epoch 1, last epoch 2."""
    asked = changed.pop("asked", [("test", 1)])
    right = {"params": {"W1": np.ones((1, 1))}, "epoch": 1, "validation": [2.0, 1.0, 3.0], "test": 8.0}
    PS6.given["check_fit"]("fit(...)", right | changed, asked, SMALL, best=1, last=2)


def test_what_fit_should_give_is_accepted():
    judge()
    judge(validation=np.array([2.0, 1.0, 3.0]), epoch=np.int64(1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"params": {"W1": np.full((1, 1), 2.0)}}, "returns the last parameters"),
        ({"validation": [3.0, 2.0, 1.0]}, "losses of the training set"),
        ({"validation": [2.0, 1.0]}, "epochs 0 to 2"),
        ({"test": 7.0}, "should be 8"),
        ({"epoch": 2}, "should be 1"),
        ({"asked": [("test", 0), ("test", 1)]}, "after 2 different epochs"),
    ],
)
def test_what_fit_should_not_give_is_refused(changed, message):
    with pytest.raises(AssertionError, match=message):
        judge(**changed)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[0, 1], [1, 2]], "more than once"),
        ([[0, 1]], "leaves 1 of 3"),
        ([[0], [1, 2]], r"mini-batches of \[2, 1\]"),
        ([[0.0, 1.0], [2.0]], "whole numbers"),
        ([[0, 1], [3]], "holds 3"),
        (None, "should be a list"),
    ],
)
def test_mini_batches_that_do_not_hold_each_instance_once_are_refused(value, message):
    with pytest.raises(AssertionError, match=message):
        PS6.given["check_batches"]("mini_batches", value, 3, 2)
