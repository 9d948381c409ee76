"""The diagnosis of wrong forward passes: named on networks it has never seen, silent on right ones."""

import warnings
from itertools import islice

import diagnosis_students as students
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_diagnosis import fixed_problem, ids, random_problem

from mlpkit import MLP, identity, sigmoid, softmax
from mlpkit.diagnosis import FORWARD_MISTAKES, diagnose_forward


def wrong_examples(switch, seed, tries):
    """Problems with the values of a student who makes the mistake, where it makes a visible difference."""
    rng = np.random.default_rng(seed)
    for _ in range(tries):
        net, params, x, d = random_problem(rng)
        if switch == "softmax-overflow":
            params = {key: 2000 * value for key, value in params.items()}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                student = students.forward(switch, net, params, x, d)
                right = students.forward("", net, params, x, d)
        except (students.NotHereError, ValueError):
            continue
        if switch.startswith("softmax-overflow"):
            student.pop("loss"), right.pop("loss")
        if any(differ(student[key], right[key]) for key in right):
            yield (net, params, x, d), student


def differ(a, b):
    with np.errstate(invalid="ignore"):
        return a.shape != b.shape or not (np.abs(a - b) <= 1e-4 * np.abs(b).max()).all()


@pytest.mark.parametrize("switch", sorted(FORWARD_MISTAKES))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_forward_mistake_is_named_on_random_networks(switch):
    examples = list(islice(wrong_examples(switch, seed=sum(map(ord, switch)), tries=150), 5))
    assert len(examples) == 5
    for (net, params, x, d), student in examples:
        hints = diagnose_forward(student, net, params, x, d)
        assert switch in ids(hints), (net, x.shape, hints)


@given(seed=st.integers(0, 2**32 - 1))
def test_right_values_get_no_hint(seed):
    net, params, x, d = random_problem(np.random.default_rng(seed))
    student = students.forward("", net, params, x, d)
    assert diagnose_forward(student, net, params, x, d) == ()
    assert diagnose_forward(student[f"y{net.depth}"], net, params, x) == ()


@given(seed=st.integers(0, 2**32 - 1))
def test_random_values_get_no_hint(seed):
    rng = np.random.default_rng(seed)
    net, params, x, d = random_problem(rng)
    student = {key: rng.normal(size=v.shape) for key, v in students.forward("", net, params, x, d).items()}
    assert diagnose_forward(student, net, params, x, d) == ()


@pytest.mark.parametrize("key", ["output", "y2"])
def test_the_outputs_alone_are_enough(key):
    net, params, x, d = fixed_problem()
    output = students.forward("bias-forgotten", net, params, x, d)["y2"]
    by_name = diagnose_forward({key: output}, net, params, x)
    assert by_name[0].id == "bias-forgotten"
    assert by_name[0].parameters == ("y2",)
    assert diagnose_forward(output, net, params, x) == by_name


def test_one_instance_without_a_batch_axis():
    net, params, x, d = fixed_problem()
    student = students.forward("bias-sign", net, params, x[:1], d[:1])
    values = {"z1": student["z1"][0], "y2": student["y2"][0]}
    assert diagnose_forward(values, net, params, x[0])[0].id == "bias-sign"


def test_n4_with_the_bias_forgotten():
    net = MLP((2, 2, 2), hidden=sigmoid, output=sigmoid)
    params = {
        "W1": [[0.2, 0.1], [0.3, -0.4]],
        "b1": [0.1, -0.2],
        "W2": [[-0.2, -0.1], [0.1, -0.5]],
        "b2": [0, 0],
    }
    hidden = 1 / (1 + np.exp(-np.array([0.2 * 0.4 + 0.1 * 0.1, 0.3 * 0.4 - 0.4 * 0.1])))
    assert diagnose_forward({"y1": hidden}, net, params, [0.4, 0.1])[0].id == "bias-forgotten"


def test_the_loss_alone():
    net, params, x, d = fixed_problem()
    loss = 0.5 * ((net.forward(params, x).output - d) ** 2).sum()
    hints = diagnose_forward({"loss": loss}, net, params, x, d)
    assert hints[0].id == "loss-summed"


def test_an_overflowing_softmax_is_named():
    net = MLP((1, 2), output=softmax)
    params = {"W1": [[1.0], [-1.0]], "b1": [0.0, 0.0]}
    hints = diagnose_forward({"y1": [[np.nan, 0.0]]}, net, params, [[1000.0]])
    assert hints[0].id == "softmax-overflow"


def test_nan_of_unknown_origin_is_named():
    net, params, x, _ = fixed_problem()
    (hint,) = diagnose_forward({"y2": np.full((5, 2), np.nan)}, net, params, x)
    assert hint.id == "not-finite"


def test_an_activation_forgotten_in_one_layer_leaves_the_first_values_right():
    net, params, x, d = fixed_problem(output=sigmoid)
    student = students.forward("output-activation-forgotten", net, params, x, d)
    (hint,) = diagnose_forward({"y1": student["y1"], "y2": student["y2"]}, net, params, x)
    assert hint.id == "output-activation-forgotten"


def test_forgetting_the_identity_is_no_mistake():
    net, params, x, d = fixed_problem(output=identity)
    student = students.forward("output-activation-forgotten", net, params, x, d)
    assert diagnose_forward(student, net, params, x, d) == ()


@pytest.mark.parametrize(
    ("student", "error", "words"),
    [
        ({"a1": [1.0]}, KeyError, "unknown a1"),
        ({"loss": 1.0}, KeyError, "unknown loss"),
        ("outputs", TypeError, r"student_values\['output'\] must be an array of numbers"),
    ],
)
def test_bad_arguments_are_named(student, error, words):
    net, params, x, _ = fixed_problem()
    with pytest.raises(error, match=words):
        diagnose_forward(student, net, params, x)


@pytest.mark.parametrize("mistake", FORWARD_MISTAKES.values(), ids=lambda mistake: mistake.id)
def test_sentences_help_without_giving_code(mistake):
    assert mistake.sentence[-1] == "."
    for code in ("np.", "@", ".T", "axis=", "def ", "sum(", "[", "=="):
        assert code not in f"{mistake.sentence} {mistake.title}"
