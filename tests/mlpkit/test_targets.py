"""Target encodings: the numbers they give, their inverses, labels that do not exist."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit.divergences import cross_entropy
from mlpkit.targets import (
    BinaryTarget,
    OneHotTarget,
    ScalarTarget,
    label_smoothing,
    smooth_targets,
    soft_targets,
    two_outputs,
)

ENCODINGS = [
    ScalarTarget(4),
    BinaryTarget(),
    BinaryTarget(-1, 1),
    two_outputs(),
    OneHotTarget(10),
    soft_targets(4),
    label_smoothing(10, 0.02),
    OneHotTarget(10, none_of_the_above=True),
    soft_targets(3, none_of_the_above=True),
    label_smoothing(10, 0.01, none_of_the_above=True),
]
IN_ALL = pytest.mark.parametrize("encoding", ENCODINGS, ids=repr)


@pytest.mark.parametrize(
    ("encoding", "label", "targets"),
    [
        (ScalarTarget(5), 3, [3]),
        (BinaryTarget(), 1, [1]),
        (BinaryTarget(-1, 1), 0, [-1]),
        (two_outputs(), 0, [1, 0]),
        (two_outputs(), 1, [0, 1]),
        (OneHotTarget(3), 2, [0, 0, 1]),
        (soft_targets(4), 1, [0.1, 0.9, 0.1, 0.1]),
        (label_smoothing(4, 0.05), 0, [0.85, 0.05, 0.05, 0.05]),
        (OneHotTarget(2, none_of_the_above=True), 2, [0, 0, 1]),
        (label_smoothing(2, 0.1, none_of_the_above=True), 1, [0.1, 0.8, 0.1]),
    ],
    ids=repr,
)
def test_encodings_by_hand(encoding, label, targets):
    assert encoding.encode(label) == pytest.approx(targets)


@IN_ALL
def test_every_label_comes_back(encoding):
    labels = np.arange(encoding.labels)
    targets = encoding.encode(labels)
    assert targets.shape == (encoding.labels, encoding.outputs)
    assert encoding.decode(targets).tolist() == labels.tolist()


@IN_ALL
def test_one_label_is_one_row_of_many(encoding):
    assert encoding.encode(1).shape == (encoding.outputs,)
    np.testing.assert_array_equal(encoding.encode(1), encoding.encode([1])[0])
    assert encoding.decode(encoding.encode(1)) == 1


@IN_ALL
@given(seed=st.integers(0, 2**32 - 1))
def test_small_errors_of_the_outputs_do_not_change_the_class(encoding, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(encoding.labels, size=6)
    targets = encoding.encode(labels)
    assert (encoding.decode(targets + rng.uniform(-0.3, 0.3, targets.shape)) == labels).all()


def test_outputs_between_the_labels():
    assert ScalarTarget(4).decode([[-7.0], [1.4], [1.6], [99.0]]).tolist() == [0, 1, 2, 3]
    assert BinaryTarget().decode([[0.49], [0.5]]).tolist() == [0, 1]
    assert OneHotTarget(3).decode([0.2, 0.7, 0.7]) == 1


def test_ten_digits_and_none_of_them_are_eleven_outputs():
    encoding = OneHotTarget(10, none_of_the_above=True)
    assert encoding.outputs == 11
    assert encoding.decode(encoding.encode(10)) == 10


@given(K=st.integers(2, 20), share=st.floats(0, 0.99))
def test_smoothed_targets_are_a_distribution_that_cross_entropy_accepts(K, share):
    targets = label_smoothing(K, share / K).encode(np.arange(K))
    assert cross_entropy.check_targets(targets).sum(axis=1) == pytest.approx(np.ones(K))


@given(K=st.integers(2, 20), share=st.floats(0, 0.99))
def test_smoothing_one_hot_targets_gives_the_smoothed_encoding(K, share):
    smoothed = smooth_targets(np.eye(K), share / K)
    np.testing.assert_allclose(
        smoothed, label_smoothing(K, share / K).encode(np.arange(K)), rtol=0, atol=1e-15
    )


@IN_ALL
@pytest.mark.parametrize("label", [-1, 11])
def test_labels_outside_are_refused(encoding, label):
    with pytest.raises(ValueError, match=rf"labels must lie in 0\.\.{encoding.labels - 1}, got {label}"):
        encoding.encode([0, label])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: OneHotTarget(3).encode([0.0, 1.0]), TypeError, "labels must be whole numbers"),
        (lambda: OneHotTarget(3).encode(["a"]), TypeError, "labels must be whole numbers"),
        (lambda: OneHotTarget(3).encode([]), ValueError, "at least one"),
        (lambda: OneHotTarget(3).encode([[0, 1]]), ValueError, r"got shape \(1, 2\)"),
        (lambda: OneHotTarget(3).decode([1.0, 2.0]), ValueError, r"Y must have shape \(3,\)"),
        (lambda: OneHotTarget(3).decode(np.zeros((0, 3))), ValueError, "Y is an empty batch"),
        (lambda: OneHotTarget(3).decode([1.0, np.nan, 0.0]), ValueError, "Y must be finite"),
        (lambda: OneHotTarget(0), ValueError, "classes must be at least 1"),
        (lambda: OneHotTarget(2.5), TypeError, "classes must be a whole number"),
        (lambda: OneHotTarget(3, 0.9, 0.1), ValueError, "low must be less than high"),
        (lambda: BinaryTarget(1, 1), ValueError, "low must be less than high"),
        (lambda: label_smoothing(4, 0.25), ValueError, "epsilon must be less than 1/K = 0.25"),
        (lambda: label_smoothing(4, -0.1), ValueError, "epsilon must be at least 0"),
        (lambda: smooth_targets(1.0, 0.1), ValueError, "d must have at least one class"),
    ],
)
def test_bad_arguments_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()
