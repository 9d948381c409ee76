"""Problem set 2: what its class earns, and the checks that all problem sets share, given odd answers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from cell_source import defined
from laws import Laws
from problem_book import COURSE, Book

PS2 = Book("ps2")


class TestProblemSet2(Laws):
    book = PS2
    total, problems, mistakes = 40, 11, 20
    nothing_done, zeros, all_zeros = "priya", "lior", "pia"
    in_two_cells = frozenset(
        {"sigmoid", "tanh", "relu", "half-squared-error", "binary-cross-entropy", "cross-entropy"}
    ) | {"softmax-cross-entropy", "mean-loss"}
    without_example = frozenset({"vanishing_on_the_left", "vanishing_on_the_right", "zero_at_the_target"})


def test_an_answer_that_does_not_fit_its_own_function_loses_the_cell_of_differences():
    consistent, inconsistent = (PS2.scores(name) for name in ("mina", "arjun"))
    assert (consistent["test-tanh-own"], inconsistent["test-tanh-own"]) == (1, 0)


def test_the_message_names_the_call_the_numbers_and_the_mistake():
    error = PS2.results("femi")["test-sigmoid-reference"].error
    assert error == (
        "AssertionError: sigmoid_derivative(0.0) should be 0.25, yours is 0.5. "
        "Yours equals S(z): the factor 1 - S(z) is missing."
    )


def test_the_numbers_of_the_model_answer_are_true():
    answer = PS2.model_answer("certain-and-wrong")
    y = 1 / (1 + np.exp(6.0))
    squared, entropy = (y - 1) * y * (1 - y), y - 1
    for number in (
        f"{y:.5f}",
        f"{squared:.5f}",
        f"{entropy:.5f}",
        f"{-0.1 * squared:.5f}",
        f"{-0.1 * entropy:.1f}",
    ):
        assert number in answer
    assert round(entropy / squared, -2) == 400


ODD = {
    "none": None,
    "a list": [[0.5, 0.5]],
    "text": "0.5",
    "a truth value": True,
    "truth values": np.array([[True, False]]),
    "objects": np.array([[0.5, None]], dtype=object),
    "complex": np.array([[0.5, 0.5j]]),
    "nan": np.array([[0.5, np.nan]]),
    "infinite": np.array([[0.5, np.inf]]),
    "transposed": np.array([[0.5], [0.5]]),
    "flat": np.array([0.5, 0.5]),
    "empty": np.zeros((1, 0)),
    "ragged": [[0.5], [0.5, 0.5]],
    "text array": np.array([["0.5", "0.5"]]),
    "huge integer": 10**400,
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_returns_get_a_message_and_no_points(odd):
    check_values = PS2.given["check_values"]
    with pytest.raises(AssertionError, match=r"^softmax\(z\) "):
        check_values("softmax(z)", odd, [[0.5, 0.5]])


class EqualsEverything(np.ndarray):
    """An array that claims to be equal, close and small, whatever one asks."""

    def __array_ufunc__(self, *_, **__):
        return np.zeros(self.shape)

    def __eq__(self, other):
        return True

    __hash__ = None


def test_an_array_that_claims_to_equal_everything_earns_nothing():
    check_values = PS2.given["check_values"]
    hostile = np.array([[7.0, 7.0]]).view(EqualsEverything)
    with pytest.raises(AssertionError, match=r"should be 0.5, yours is 7"):
        check_values("softmax(z)", hostile, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.float64(0.5), 0.5),
        (0.5, 0.5),
        (1, 1.0),
        (np.array([1, 0]), [1.0, 0.0]),
        (np.float32([0.5, 0.25]), [0.5, 0.25]),
        (np.eye(2)[:, ::-1].T, [[0.0, 1.0], [1.0, 0.0]]),
    ],
)
def test_right_values_of_other_number_types_are_accepted(value, wanted):
    PS2.given["check_values"]("f(z)", value, wanted)


def test_differences_agree_with_a_known_derivative():
    differences = PS2.given["differences"]
    z = np.random.default_rng(0).normal(size=(3, 2))
    assert np.allclose(differences("sin", np.sin, z, z.shape), np.cos(z), atol=1e-9)
    rows = differences("sum of squares", lambda z: (z**2).sum(axis=1), z, (3,))
    assert np.allclose(rows, 2 * z, atol=1e-9)


@pytest.mark.parametrize(
    ("function", "slope", "message"),
    [
        (lambda z: 0 * z, lambda z: 0 * z, "in 4 places where f must change"),
        (lambda z: 3 * z, lambda z: 3 + 0 * z, "the same everywhere"),
        (np.sin, lambda z: -np.cos(z), r"df\(z\)\[3\] should be .* own f: one of the two is wrong"),
        (np.sin, lambda z: np.cos(z)[:, None], r"df\(z\) should have shape \(4,\)"),
        (lambda z: np.sin(z)[0], np.cos, r"f should have shape \(4,\)"),
    ],
    ids=["zero", "constant", "sign", "shape", "shape of the function"],
)
def test_a_derivative_that_does_not_fit_or_never_changes_is_refused(function, slope, message):
    z = np.array([0.5, 1.0, -1.1, 0.1])
    with pytest.raises(AssertionError, match=message):
        PS2.given["check_slopes"]("df(z)", slope(z), "f", function, z, z.shape)


def test_a_derivative_that_fits_its_function_is_accepted():
    z = np.array([0.5, 1.0, -1.1, 0.1])
    PS2.given["check_slopes"]("df(z)", np.cos(z), "f", np.sin, z, z.shape)


def test_a_function_gets_copies_of_its_arguments_in_their_own_layout():
    seen = []
    z = np.zeros((2, 3)).T
    PS2.given["call"](seen.append, z)
    assert seen[0] is not z
    assert not np.shares_memory(seen[0], z)
    assert seen[0].flags.f_contiguous and not seen[0].flags.c_contiguous


# --------------------------------------------------------------------------- the other shared checks


def test_the_check_of_an_input_looks_into_dicts_and_lists():
    check = PS2.given["check_keeps_input"]
    data = {"W1": np.ones(2), "rest": [np.zeros(3)]}
    check("f", lambda d: d["W1"] + 1, data)
    with pytest.raises(AssertionError, match="f changes the array that it is given"):
        check("f", lambda d: d["rest"][0].fill(1.0), data)
    assert np.array_equal(data["rest"][0], np.zeros(3))


def test_a_stand_in_is_asked_on_its_own_side_whether_it_changes_its_input():
    class StandIn:
        def __init__(self, kept):
            self.kept = kept

        def unchanged(self, *_):
            return self.kept

    check = PS2.given["check_keeps_input"]
    check("f", StandIn(True), np.ones(2))
    with pytest.raises(AssertionError, match="f changes the array"):
        check("f", StandIn(False), np.ones(2))


def test_a_known_wrong_value_is_named_and_a_right_one_never():
    names = PS2.given
    with pytest.raises(AssertionError, match=r"should be 1, yours is 3\. Yours equals the sum\.$"):
        names["check_values"]("f(z)", 3.0, 1.0, "general", mistakes={"another": 2.0, "the sum": 3.0})
    names["check_values"]("f(z)", 1.0, 1.0, mistakes={"the sum": 1.0})


def test_a_known_value_of_another_shape_is_named():
    with pytest.raises(AssertionError, match=r"should have shape \(2, 1\).*Yours equals the transpose"):
        PS2.given["check_values"](
            "f(z)", np.ones((1, 2)), np.ones((2, 1)), mistakes={"the transpose": np.ones((1, 2))}
        )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "gives None"),
        ([1.0], "should be a dict, yours is a list"),
        ({"a": 1.0}, r"should have the keys a, b; b missing in yours"),
        ({"a": 1.0, "b": [0.0], "c": 0}, "should have the keys a, b only; yours also has c"),
        (
            {"a": 1.0, "b": np.array([2.0])},
            r'f\["b"\], entry \[0\], should be 1, yours is 2\. Yours equals twice',
        ),
    ],
)
def test_a_dict_is_checked_key_by_key(value, message):
    with pytest.raises(AssertionError, match=message):
        PS2.given["check_dict"]("f", value, {"a": 1.0, "b": [1.0]}, mistakes={"twice": {"b": [2.0]}})


@pytest.mark.parametrize("value", [None, 3, [1, 2], (1, 2, 3)])
def test_what_is_no_pair_is_refused(value):
    with pytest.raises(AssertionError, match=r"^f "):
        PS2.given["check_tuple"]("f", value, 2)
    assert PS2.given["check_tuple"]("f", (1, 2), 2) == (1, 2)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "gives None"),
        (3, "yours is 3"),
        ("no", "yours is 'no'"),
        ("right", 'yours is "right". A lapse.'),
    ],
)
def test_a_wrong_word_is_told_what_it_forgets(answer, message):
    with pytest.raises(AssertionError, match=message):
        PS2.given["check_word"]("f", answer, "left", ("left", "right"), mistakes={"right": "A lapse."})


def test_numbers_depend_on_the_name_and_the_label_alone():
    names = PS2.given
    draw = [
        names["named_rng"](who, label).random()
        for who, label in (("ada", "x"), (" Ada", "x"), ("bo", "x"), ("ada", "y"))
    ]
    assert draw[0] == draw[1]
    assert len(set(draw)) == 3
    assert names["named_rng"](None, "x").random() == names["named_rng"](object(), "x").random()
    assert names["variant_rng"]("x").random() == names["hidden_rng"]("x").random()


def test_the_names_that_ruff_is_told_are_those_of_the_parts():
    authoring = COURSE.authoring("ruff.toml").parent
    told = set(re.findall(r'^    "(\w+)",$', (authoring / "ruff.toml").read_text("utf-8"), re.M))
    parts = {name for path in (authoring / "parts").glob("*.py") for name in defined(path.read_text("utf-8"))}
    assert parts <= told
