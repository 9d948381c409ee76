"""Problem set 7: the project's class earns what it deserves, and the text's claims about training are true."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
from laws import Laws
from problem_book import COURSE, Book

from mlpkit import datasets

#: Pictures that earn nothing are drawn from the instructor's answers only.
PS7 = Book("ps7", leave_out=("look-at-faces", "look-at-weights", "look-at-one-face"), seconds=0.6)


class TestProblemSet7(Laws):
    book = PS7
    total, problems, mistakes = 40, 15, 30
    #: Every kind of cell and of mistake once.
    sample = ("basil", "jorge", "maud", "pilar", "anders", "mona", "piet", "stig", "thea", "vilma", "willem")
    nothing_done, zeros = "stig", "piet"
    all_zeros = None  # the class has none
    in_two_cells = frozenset({"gradients", "saliency"})
    other_derivatives = frozenset({"test-train-learns", "test-my-network", "test-my-network-well"})
    without_example = frozenset({"which_learn", "which_stay_equal"})
    other_gaps = frozenset({"my-network"})
    unnamed = frozenset({"piet"})
    identities = ("µ",)  # each trains a network
    many = 20


@pytest.fixture(scope="module")
def names():
    return dict(PS7.solved)


def test_the_file_of_faces_holds_what_its_source_draws():
    made = runpy.run_path(str(COURSE.authoring("ps7_faces.py")))["drawn"]()
    with np.load(COURSE.source("ps7").with_name("faces.npz")) as file:
        assert set(file) == set(made)
        for name, array in made.items():
            assert np.array_equal(file[name], array), name


def test_students_receive_the_faces():
    ours, theirs = (folder("ps7").with_name("faces.npz") for folder in (COURSE.source, COURSE.release))
    assert ours.read_bytes() == theirs.read_bytes()


def test_everybody_is_drawn_eight_times_in_each_pose(names):
    counts = np.zeros((16, 4), dtype=int)
    np.add.at(counts, (names["people"], names["poses"]), 1)
    assert (counts == 8).all()


def ends(names, eta, alpha, start):
    """Parameters after the 30 epochs of a run in the poll, and the share of validation faces that are right."""
    rows, wanted = names["inputs"](names["pictures"]), names["targets"](names["poses"], 4)
    training, validation = names["split_by_person"](names["people"], [12, 13, 14, 15])
    rng = np.random.default_rng(3)
    params = start or names["init"](rng, 960, 8, 4)
    with np.errstate(over="ignore"):
        after = names["train"](
            names["gradients"], params, rows[training], wanted[training], 30, rng, eta, alpha, 4
        )
    return after, names["share_right"](after, rows[validation], names["poses"][validation])


RUNS = {
    "A": (0.3, 0.3),
    "B": (0.0003, 0.3),
    "C": (30, 0.3),
    "D": (0.3, 0.99),
    "E": (0.3, 0.3),
    "F": (0.1, 0.7),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("letter", RUNS)
def test_the_poll_is_answered_by_its_runs(names, letter):
    shapes = {"W1": (8, 960), "b1": (8,), "W2": (4, 8), "b2": (4,)}
    start = {key: np.full(shape, 0.05) for key, shape in shapes.items()} if letter == "E" else None
    after, right = ends(names, *RUNS[letter], start)
    assert (right > 0.9) == (letter in names["which_learn"]())
    assert bool(np.ptp(after["W1"], axis=0).max() < 1e-9) == (letter in names["which_stay_equal"]())


@pytest.mark.parametrize("key", range(5))
def test_the_network_knows_strangers_whatever_the_key_of_the_course(names, key):
    strangers = datasets.faces(np.random.default_rng(key), people=6, per_pose=4)
    assert names["share_right"](names["network"], strangers.x, strangers.d.argmax(axis=1)) > 0.97


def test_a_network_of_the_class_knows_them_with_room_to_spare():
    names = PS7.names_after(*(part for part in PS7.answers if part != "my-network"))
    exec(PS7.hands["basil"].replace["my-network"], names)
    for key in range(5):
        strangers = datasets.faces(np.random.default_rng(key), people=6, per_pose=4)
        assert names["share_right"](names["network"], strangers.x, strangers.d.argmax(axis=1)) > 0.97


def test_occlusion_and_saliency_agree_about_a_nearly_straight_network(names):
    """For small weights the output is nearly linear: the fall is the slope times the change, summed."""
    rng = np.random.default_rng(8)
    params = names["init"](rng, 24, 3, 2, scale=1e-3)
    picture = rng.uniform(size=(4, 6))
    falls = names["occlusion"](lambda p: names["forward"](params, p.reshape(1, -1))[1][0, 1], picture, 2)
    shares = names["saliency"](params, picture.ravel(), 1).reshape(4, 6) * (picture - 0.5)
    summed = shares.reshape(2, 2, 3, 2).sum(axis=(1, 3))
    assert np.allclose(falls, summed, rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (None, "should give two arrays"),
        ((np.ones(4), np.zeros(4)), "should hold truth values"),
        ((np.ones(3, bool), np.ones(3, bool)), "should have shape"),
        ((np.ones(4, bool), np.ones(4, bool)), "into both sets"),
        ((np.array([0, 1, 0, 1], bool), np.array([1, 0, 1, 0], bool)), "wrong order"),
        ((np.zeros(4, bool), np.array([0, 1, 0, 1], bool)), "leaves 2 pictures out"),
    ],
)
def test_odd_sets_get_a_message(names, sets, message):
    exec(PS7.tests[2].source.partition("some = ")[0], names)
    with pytest.raises(AssertionError, match=message):
        names["check_split"]("the split", sets, np.array([0, 1, 0, 1], bool))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (None, "should be a dict"),
        ({"W1": np.ones((2, 3))}, "should have the keys"),
        (
            {"W1": np.ones((3, 2)), "b1": np.ones(2), "W2": np.ones((1, 2)), "b2": np.ones(1)},
            r"W1.* shape \(2, 3\)",
        ),
    ],
)
def test_odd_parameters_get_a_message(names, params, message):
    with pytest.raises(AssertionError, match=message):
        names["check_parameters"]("init", params, 3, 2, 1)
