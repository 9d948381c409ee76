"""The diagnosis of wrong gradients: every mistake is named on networks it has never seen, right ones are not."""

import warnings
from itertools import islice

import diagnosis_students as students
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import (
    MLP,
    SGD,
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    identity,
    numerical_gradient,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from mlpkit.activations import leaky_relu, softplus
from mlpkit.diagnosis import MISTAKES, Hint, Previous, diagnose

PAIRS = [
    (identity, half_squared_error),
    (tanh, half_squared_error),
    (sigmoid, half_squared_error),
    (softmax, half_squared_error),
    (sigmoid, binary_cross_entropy),
    (softmax, cross_entropy),
]
HIDDEN = [sigmoid, tanh, relu, leaky_relu, softplus]
NEEDS_PREVIOUS = ("momentum-mixed-in", "stale-trace", "through-updated-weights", "at-updated-parameters")


def random_problem(rng):
    """A network of 1 to 4 layers, parameters, a batch of 2 to 6 rows and its targets."""
    depth = int(rng.integers(1, 5))
    # Equal widths now and then: some mistakes need square weights.
    widths = rng.integers(1, 6, depth + 1) if rng.random() < 0.6 else np.full(depth + 1, rng.integers(2, 5))
    output, divergence = PAIRS[rng.integers(len(PAIRS))]
    hidden = tuple(HIDDEN[i] for i in rng.integers(len(HIDDEN), size=depth - 1))
    net = MLP(tuple(int(n) for n in widths), hidden, output, divergence)
    params = net.init(rng, scale=1.0)
    x = rng.normal(size=(int(rng.integers(2, 7)), net.widths[0]))
    d = rng.uniform(0.05, 0.95, size=(len(x), net.widths[-1]))
    if divergence is cross_entropy:
        d /= d.sum(axis=1, keepdims=True)
    return net, params, x, d


def context_for(mistake, net, params, x, d, rng):
    """What the student mixes in, and how it is told to the diagnosis."""
    changes = {key: rng.normal(size=value.shape) for key, value in params.items()}
    if mistake == "momentum-mixed-in":
        return {"new": changes}, Previous(changes=changes, optimizer=SGD(step=0.2, momentum=0.9))
    if mistake == "through-updated-weights":
        g = students.backward("", net, params, x, d)
        new = {key: params[key] - 0.3 * g[key] for key in params}
        return {"new": new}, Previous(updated=new)
    if mistake == "stale-trace":
        other = rng.normal(size=x.shape)
        return {"stale": other}, Previous(x=other)
    return {}, None


def agree(given, wanted, limit):
    return all(
        given[key].shape == wanted[key].shape and np.abs(given[key] - wanted[key]).max() <= limit
        for key in wanted
    )


def wrong_examples(switch, seed, tries):
    """Problems with the arrays of a student who makes the mistake, where it makes a visible difference."""
    rng = np.random.default_rng(seed)
    for _ in range(tries):
        problem = random_problem(rng)
        told, previous = context_for(switch, *problem, rng)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                student = students.backward(switch, *problem, **told)
        except (students.NotHereError, ValueError, IndexError):
            continue
        right = students.backward("", *problem)
        limit = 1e-12 if switch == "single-precision" else 1e-4 * max(np.abs(v).max() for v in right.values())
        # Three numbers or fewer may agree by accident, and the diagnosis then keeps silent on purpose.
        enough = sum(np.count_nonzero(v) for v in right.values()) > 3
        if enough and not agree(student, right, limit):
            yield problem, student, previous


def ids(hints):
    return {name for hint in hints for name in hint.mistakes}


SWITCHES = sorted(
    (set(MISTAKES) - {"at-updated-parameters"}) | set(students.SWITCH_TO_ID),
)


@pytest.mark.parametrize("switch", SWITCHES)
def test_every_mistake_is_named_on_random_networks(switch):
    wanted = students.SWITCH_TO_ID.get(switch, switch)
    examples = list(islice(wrong_examples(switch, seed=sum(map(ord, switch)), tries=150), 5))
    assert len(examples) >= 5
    for (net, params, x, d), student, previous in examples:
        hints = diagnose(student, net, params, x, d, previous=previous)
        assert wanted in ids(hints), (net, x.shape, hints)
        assert len(hints[0].mistakes) == 1


# -- right answers and garbage -----------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1))
def test_right_answers_get_no_hint(seed):
    rng = np.random.default_rng(seed)
    net, params, x, d = random_problem(rng)
    student = students.backward("", net, params, x, d)
    noisy = {key: v * (1 + 1e-12 * rng.normal(size=v.shape)) for key, v in student.items()}
    assert diagnose(student, net, params, x, d) == ()
    assert diagnose(noisy, net, params, x, d) == ()
    assert diagnose(net.backward(params, net.forward(params, x), d), net, params, x, d) == ()


@given(seed=st.integers(0, 2**32 - 1))
def test_one_instance_without_a_batch_axis_is_right_too(seed):
    net, params, x, d = random_problem(np.random.default_rng(seed))
    student = students.backward("", net, params, x[:1], d[:1])
    assert diagnose(student, net, params, x[0], d[0]) == ()


def test_finite_differences_are_right_answers():
    rng = np.random.default_rng(4)
    for _ in range(8):
        net, params, x, d = random_problem(rng)
        student = numerical_gradient(lambda p, a=(net, x, d): a[0].loss(p, *a[1:]), params)
        assert diagnose(student, net, params, x, d) == ()


@pytest.mark.parametrize("error", [1e-9, 1e-7, 2e-6, 9e-6])
@pytest.mark.parametrize("direction", ["themselves", "parameters", "random"])
def test_nearly_right_answers_get_no_hint(error, direction):
    net, params, x, d = fixed_problem()
    right, rng = students.backward("", net, params, x, d), np.random.default_rng(0)
    off = {
        "themselves": right,
        "parameters": params,
        "random": {key: rng.uniform(-1, 1, v.shape) for key, v in right.items()},
    }[direction]
    student = {
        key: v + error * np.abs(v).max() * off[key] / np.abs(off[key]).max() for key, v in right.items()
    }
    assert diagnose(student, net, params, x, d) == ()


@pytest.mark.parametrize("slope_at_zero", [0.0, 0.5, 1.0])
def test_every_slope_of_relu_at_zero_is_right(slope_at_zero):
    net = MLP((2, 2, 1), hidden=relu, output=identity)
    params = {"W1": np.eye(2), "b1": np.zeros(2), "W2": np.ones((1, 2)), "b2": np.zeros(1)}
    x, d = np.array([[0.0, 2.0]]), np.array([[1.0]])
    dz1 = np.array([slope_at_zero, 1.0])  # the output is 2, so the error is 1
    student = {"W1": np.outer(dz1, x[0]), "b1": dz1, "W2": np.array([[0.0, 2.0]]), "b2": np.ones(1)}
    assert diagnose(student, net, params, x, d) == ()


@given(seed=st.integers(0, 2**32 - 1))
def test_random_numbers_get_no_hint(seed):
    rng = np.random.default_rng(seed)
    net, params, x, d = random_problem(rng)
    garbage = {key: rng.normal(size=v.shape) for key, v in params.items()}
    assert diagnose(garbage, net, params, x, d) == ()


@given(seed=st.integers(0, 2**32 - 1))
def test_one_random_array_among_right_ones_gets_no_hint(seed):
    rng = np.random.default_rng(seed)
    net, params, x, d = random_problem(rng)
    student = students.backward("", net, params, x, d)
    key = list(params)[rng.integers(len(params))]
    student[key] = rng.normal(size=student[key].shape)
    assert diagnose(student, net, params, x, d) == ()


def test_single_precision_inputs_are_nobodys_mistake():
    net, params, x, d = fixed_problem()
    params = {key: v.astype(np.float32) for key, v in params.items()}
    x, d = x.astype(np.float32), d.astype(np.float32)
    student = students.backward("", net, params, x, d)
    student = {key: v.astype(np.float32) for key, v in student.items()}
    assert diagnose(student, net, params, x, d) == ()


@pytest.mark.parametrize("switch", ["missing-mean", "slope-at-y", "input-left-out", "not-through-weights"])
def test_mistakes_in_single_precision_are_named_too(switch):
    net, params, x, d = fixed_problem(widths=(3, 4, 4, 2))
    low = {key: v.astype(np.float32) for key, v in params.items()}
    student = students.backward(switch, net, low, x.astype(np.float32), d.astype(np.float32))
    student = {key: v.astype(np.float32) for key, v in student.items()}
    assert switch in ids(diagnose(student, net, params, x, d))


# -- ties, parts, pairs ------------------------------------------------------------------------------


def fixed_problem(rows=5, widths=(3, 4, 2), hidden=tanh, output=sigmoid, divergence=half_squared_error):
    rng = np.random.default_rng(11)
    net = MLP(widths, hidden, output, divergence)
    params = net.init(rng, scale=1.0)
    x = rng.normal(size=(rows, widths[0]))
    return net, params, x, rng.uniform(0.1, 0.9, size=(rows, widths[-1]))


def test_mistakes_that_agree_are_tied_and_name_each_other():
    problem = fixed_problem(rows=2)
    hints = diagnose(students.backward("factor-two", *problem), *problem)
    assert {hint.id for hint in hints} == {"factor-two", "missing-mean"}
    assert [hint.tied_with for hint in hints] == [(hints[1].id,), (hints[0].id,)]
    assert [hint.rank for hint in hints] == [1, 2]
    assert {hint.match for hint in hints} == {"full"}


@pytest.mark.parametrize("switch", ["missing-mean", "doubled-mean", "bias-not-averaged", "only-last-row"])
def test_with_one_row_a_sum_is_a_mean(switch):
    net, params, x, d = fixed_problem(rows=1)
    assert diagnose(students.backward(switch, net, params, x, d), net, params, x, d) == ()


def test_with_one_output_unit_a_mean_over_units_is_no_mistake():
    problem = fixed_problem(widths=(3, 4, 1))
    assert diagnose(students.backward("mean-over-units", *problem), *problem) == ()


def test_the_commoner_of_two_tied_mistakes_comes_first():
    problem = fixed_problem(widths=(3, 4, 3), divergence=binary_cross_entropy)
    hints = diagnose(students.backward("log-likelihood-sign", *problem), *problem)
    assert [hint.id for hint in hints] == ["wrong-sign", "log-likelihood-sign"]


@pytest.mark.parametrize(
    ("switch", "keys", "wanted"),
    [
        ("wrong-sign", ["W1"], "wrong-sign"),
        ("missing-mean", ["W1"], "weights-not-averaged"),
        ("transposed-weights", ["W2"], "transposed-weights"),
        ("missing-hidden-slopes", ["W1", "b1"], "missing-hidden-slopes"),
        ("zeros", ["b2"], "bias-left-out"),
    ],
)
def test_a_mistake_in_some_arrays_is_named_with_them(switch, keys, wanted):
    problem = fixed_problem()
    wrong, right = students.backward(switch, *problem), students.backward("", *problem)
    hints = diagnose({**right, **{key: wrong[key] for key in keys}}, *problem)
    assert wanted in {hint.id for hint in hints}
    assert all(hint.parameters == tuple(keys) for hint in hints)
    if hints[0].match == "part":
        assert ", ".join(f"d{key}" for key in keys) in hints[0].sentence


def test_what_stays_unexplained_is_said():
    net, params, x, d = fixed_problem()
    student = students.backward("wrong-sign", net, params, x, d)
    student["W1"] = np.random.default_rng(0).normal(size=student["W1"].shape)
    (hint,) = diagnose(student, net, params, x, d)
    assert (hint.id, hint.match, hint.parameters) == ("wrong-sign", "some", ("b1", "W2", "b2"))
    assert "another cause" in hint.sentence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wrong-sign", "missing-mean"),
        ("missing-mean", "slope-at-y"),
        ("wrong-sign", "transposed-weights"),
        ("transposed-weights", "missing-hidden-slopes"),
        ("factor-two", "input-left-out"),
        ("bias-per-row", "missing-hidden-slopes"),
        ("bias-wrong-axis", "z-instead-of-y"),
    ],
)
def test_two_mistakes_at_once_are_both_named(one, other, monkeypatch):
    problem = fixed_problem(widths=(3, 4, 5, 2))
    net, params, x, _ = problem
    # The finished set of one mistake goes through the last steps of the other.
    if one in ("bias-per-row", "bias-wrong-axis"):
        student = students.backward(other, *problem)
        student |= {k: v for k, v in per_row_biases(one, other, problem, monkeypatch).items() if k[0] == "b"}
    else:
        inner = students.backward(other, *problem)
        student = students.at_the_end(one, net, params, inner, len(x), None)
    hints = diagnose(student, *problem)
    assert hints
    assert hints[0].match == "pair"
    assert {one, other} in [set(hint.mistakes) for hint in hints]
    assert hints[0].sentence.startswith("Two things")


def per_row_biases(one, other, problem, monkeypatch):
    """Gradients of a student who makes the slope mistake `other` and the bias mistake `one`."""
    slope = students.hidden_slope
    monkeypatch.setattr(students, "hidden_slope", lambda m, *rest: slope(other, *rest))
    return students.backward(one, *problem)


# -- context -----------------------------------------------------------------------------------------


def n5():
    net = MLP((2, 2, 1), hidden=sigmoid, output=sigmoid)
    params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
    return net, params, np.array([1.0, 0.0]), np.array([0.9])


def n5_with_new_weights():
    """The gradients of N5 with the hidden error .002329 that the new output weights give."""
    net, params, x, d = n5()
    student = students.backward("", net, params, x[None], d[None])
    new_weights = 0.1 - 0.2 * student["W2"][0]
    hidden = student["b1"] * new_weights / 0.1
    assert np.round(new_weights, 5).tolist() == [0.10945, 0.10945]
    assert np.round(-hidden, 6).tolist() == [0.002329, 0.002329]
    return {**student, "b1": hidden, "W1": np.outer(hidden, x)}


@pytest.mark.parametrize("previous", [None, Previous(optimizer=SGD(step=0.2, momentum=0.9))])
def test_n5_through_the_new_weights_is_recognised(previous):
    net, params, x, d = n5()
    hints = diagnose(n5_with_new_weights(), net, params, x, d, previous=previous)
    assert hints[0].id == "through-updated-weights"
    assert hints[0].match == "full"


def test_gradients_at_the_new_parameters_are_recognised():
    net, params, x, d = fixed_problem()
    right = students.backward("", net, params, x, d)
    new = {key: params[key] - 0.3 * right[key] for key in params}
    student = students.backward("", net, new, x, d)
    for previous in (Previous(updated=new), Previous(optimizer=SGD(step=0.3))):
        assert "at-updated-parameters" in ids(diagnose(student, net, params, x, d, previous=previous))


def test_gradients_of_the_batch_before_are_recognised():
    net, params, x, d = fixed_problem()
    rng = np.random.default_rng(5)
    old_x, old_d = rng.normal(size=(7, 3)), rng.uniform(0.1, 0.9, size=(7, 2))
    student = students.backward("", net, params, old_x, old_d)
    assert diagnose(student, net, params, x, d, previous=Previous(x=old_x, d=old_d))[0].id == "stale-trace"
    assert diagnose(student, net, params, x, d) == ()


def test_an_unknown_penalty_is_read_off():
    net, params, x, d = fixed_problem()
    hints = diagnose(students.backward("penalty-mixed-in", net, params, x, d), net, params, x, d)
    assert "0.03" in hints[0].sentence


# -- odd input ---------------------------------------------------------------------------------------


def test_a_missing_key_beside_right_ones_is_a_layer_left_out():
    problem = fixed_problem()
    student = students.backward("", *problem)
    hints = diagnose({key: student[key] for key in ("W2", "b2")}, *problem)
    assert hints[0].id == "first-layer-left-out"


def test_missing_keys_of_no_pattern_are_listed():
    problem = fixed_problem()
    student = students.backward("", *problem)
    (hint,) = diagnose({key: student[key] for key in ("W2", "b1")}, *problem)
    assert (hint.id, hint.parameters) == ("missing-arrays", ("W1", "b2"))
    assert "dW1, db2" in hint.sentence


def test_a_missing_key_does_not_hide_another_mistake():
    problem = fixed_problem()
    student = students.backward("missing-mean", *problem)
    del student["b1"]
    hints = diagnose(student, *problem)
    assert hints[0].id == "missing-mean"
    assert hints[0].parameters == ("W1", "W2", "b2")


def test_nan_is_named_and_the_rest_is_judged():
    problem = fixed_problem()
    student = students.backward("wrong-sign", *problem)
    student["W1"] = student["W1"] * np.nan
    first, second = diagnose(student, *problem)
    assert (first.id, first.parameters) == ("not-finite", ("W1",))
    assert (second.id, second.parameters) == ("wrong-sign", ("b1", "W2", "b2"))


def test_a_shape_that_nothing_explains_is_named():
    problem = fixed_problem()
    student = students.backward("", *problem)
    student["W1"] = np.ones((7, 7))
    (hint,) = diagnose(student, *problem)
    assert hint.id == "unexpected-shape"
    assert "dW1 has shape (7, 7) where (4, 3) is wanted" in hint.sentence


@pytest.mark.parametrize(
    ("student", "error", "words"),
    [
        ([1.0], TypeError, "student_grads must be a dict"),
        ({"W3": np.ones(2)}, KeyError, "unknown W3"),
        ({"W1": "weights"}, TypeError, r"student_grads\['W1'\] must be an array of numbers"),
        ({"W1": np.ones((4, 3)) * 1j}, TypeError, "real numbers"),
    ],
)
def test_bad_arguments_are_named(student, error, words):
    with pytest.raises(error, match=words):
        diagnose(student, *fixed_problem())


@pytest.mark.parametrize(
    ("previous", "error", "words"),
    [
        ({"step": 0.1}, TypeError, "previous must be a Previous"),
        (Previous(changes={"W1": np.ones(2)}), KeyError, "previous.changes lacks b1"),
        (Previous(x=np.ones((2, 9))), ValueError, "previous.x must have shape"),
    ],
)
def test_bad_context_is_named(previous, error, words):
    problem = fixed_problem()
    with pytest.raises(error, match=words):
        diagnose(students.backward("wrong-sign", *problem), *problem, previous=previous)


def test_an_optimizer_must_be_one():
    with pytest.raises(TypeError, match="optimizer must be an SGD"):
        Previous(optimizer=0.1)


def test_nothing_is_changed():
    net, params, x, d = fixed_problem()
    student = students.backward("slope-at-y", net, params, x, d)
    copies = [{key: v.copy() for key, v in arrays.items()} for arrays in (student, params)]
    diagnose(student, net, params, x, d)
    for arrays, copy in zip((student, params), copies, strict=True):
        assert all((arrays[key] == copy[key]).all() for key in copy)


# -- the bank ----------------------------------------------------------------------------------------


def test_the_bank_is_large_and_its_ids_are_its_keys():
    assert len(MISTAKES) >= 50
    assert all(mistake.id == key for key, mistake in MISTAKES.items())


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=lambda mistake: mistake.id)
def test_sentences_help_without_giving_code(mistake):
    assert mistake.sentence[-1] == "."
    assert len(mistake.sentence) > 60
    for code in ("np.", "@", ".T", "axis=", "def ", "sum(", "[", "=="):
        assert code not in f"{mistake.sentence} {mistake.title}"


def test_generators_are_pure_and_public():
    net, params, x, d = fixed_problem()
    one = MISTAKES["missing-mean"].generate(net, params, x, d)
    two = MISTAKES["missing-mean"].generate(net, params, x, d)
    wanted = students.backward("missing-mean", net, params, x, d)
    assert agree(one[0], wanted, 1e-12)
    assert agree(one[0], two[0], 0.0)


def test_a_mistake_that_cannot_be_made_generates_nothing():
    net, params, x, d = fixed_problem()
    assert MISTAKES["softmax-elementwise"].generate(net, params, x, d) == ()
    assert MISTAKES["momentum-mixed-in"].generate(net, params, x, d) == ()


def test_a_hint_reads_as_its_sentence():
    problem = fixed_problem()
    (hint,) = diagnose(students.backward("wrong-sign", *problem), *problem)
    assert isinstance(hint, Hint)
    assert str(hint) == hint.sentence
    assert hint.confidence == "high"
