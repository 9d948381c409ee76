"""Problem set 2: full marks for right work in any style, nothing for none, the right points in between."""

from __future__ import annotations

import re

import numpy as np
import pytest
from plain_executor import run, scores
from sample_class import (
    NO_GRADE,
    ProblemSet,
    assigned,
    checks_at_top,
    checks_called,
    defined,
    failed_examples,
    grade_id,
    hidden_part,
    page_of,
)

PS = ProblemSet("ps2")
POINTS = PS.points
DERIVATIVES = {name for name in POINTS if name.endswith(("-own", "-reference"))}
RIGHT = ("ada", "brook", "chen", "dario", "esme")


def test_the_instructor_has_full_marks():
    assert scores(run(PS.instructor), POINTS) == POINTS


def test_points_are_those_that_the_text_promises():
    assert sum(POINTS.values()) == 40
    titles = re.findall(r"^## (Problem \d+\..*?) \((?:written, )?(\d+) points?\)", PS.prose(), re.M)
    assert len(titles) == 11
    for title, promised in titles:
        assert PS.points_under(title) == int(promised), title


@pytest.mark.parametrize("hand", PS.graded, ids=lambda hand: hand.student)
def test_every_student_gets_exactly_what_is_expected(hand):
    assert PS.scores(hand.student) == PS.expected(hand.student)


def test_who_cannot_be_graded_is_expected_to_have_no_grade():
    assert all((hand.expected is None) == (hand.mangle in NO_GRADE) for hand in PS.hands)


def test_the_student_copy_earns_nothing():
    assert set(PS.scores("priya").values()) == {0.0}


def test_zero_derivatives_of_the_right_shape_earn_nothing():
    assert {name for name, points in PS.scores("lior").items() if points == 0} == DERIVATIVES


def test_zeros_that_agree_with_each_other_earn_nothing():
    assert set(PS.scores("pia").values()) == {0.0}


def test_each_derivative_is_graded_in_two_cells():
    derivatives = {name.rsplit("-", 1)[0] for name in DERIVATIVES}
    assert {f"{name}-{kind}" for name in derivatives for kind in ("own", "reference")} == DERIVATIVES
    assert len(derivatives) == 8


def test_honest_right_work_prints_nothing_on_stderr_in_test_cells():
    for student in RIGHT:
        assert not [name for name in POINTS if PS.results(student)[name].stderr]


@pytest.mark.parametrize("student", PS.messages)
def test_the_message_names_the_mistake(student):
    cell, words = PS.messages[student]
    assert words in PS.results(student)[cell].error


def test_nine_mistakes_of_ten_are_named():
    wrong = [hand.student for hand in PS.hands if hand.kind == "wrong"]
    assert len(wrong) >= 10
    assert len(set(wrong) & set(PS.messages)) >= 0.9 * len(wrong)


def test_the_page_of_mistakes_is_what_the_checks_say():
    assert page_of("ps2").read_text("utf-8") == PS.mistakes_page()


@pytest.mark.parametrize("cell", PS.test_cells, ids=grade_id)
def test_the_number_of_hidden_checks_printed_is_true(cell):
    count = len(checks_called(hidden_part(cell)))
    checks = "hidden checks run" if count != 1 else "hidden check runs"
    last = PS.results("ada")[grade_id(cell)].stdout.splitlines()[-1]
    assert last == f"The visible checks of this cell passed; {count} {checks} at grading."
    assert checks_at_top(hidden_part(cell)) == count > 0


@pytest.mark.parametrize("cell", PS.test_cells, ids=grade_id)
def test_a_test_cell_assigns_no_name_that_a_student_defines(cell):
    students = {name for part in PS.parts.values() for name in defined(part)}
    assert assigned(cell.source).isdisjoint(students)


@pytest.mark.parametrize("identity", ['"ada"', '"z9"', "None", "3"])
def test_right_work_passes_with_the_numbers_of_anybody(identity):
    notebook = PS.handed_in("ada")
    cell = next(cell for cell in notebook.cells if cell.id == "identity")
    cell.source = f"IDENTITY = {identity}"
    assert scores(run(notebook), POINTS) == POINTS


def test_right_work_passes_with_hidden_numbers_of_any_course():
    notebook = PS.handed_in("ada")
    next(cell for cell in notebook.cells if cell.id == "identity").source = 'COURSE_KEY = "autumn"'
    assert scores(run(notebook), POINTS) == POINTS


def test_the_examples_in_the_docstrings_are_true():
    failures, with_examples = failed_examples(PS)
    functions = {name for source in PS.parts.values() for name in defined(source)}
    assert failures == 0
    assert with_examples == {name for name in functions if not name.startswith(("vanishing", "zero"))}


def test_every_function_has_a_hint_and_a_region_of_its_own():
    for source in PS.parts.values():
        assert source.count("# Hint: ") == source.count("### BEGIN SOLUTION") == len(defined(source))


def test_the_student_copy_has_a_stub_for_every_function():
    stubs = sum(cell.source.count("raise NotImplementedError") for cell in PS.release.cells)
    assert stubs == sum(len(defined(source)) for source in PS.parts.values())


@pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "mlpkit"])
def test_the_student_copy_does_not_contain(mark):
    assert mark not in "\n".join(cell.source for cell in PS.release.cells)


def test_the_student_copy_contains_no_solution_and_no_hidden_tests():
    released = "\n".join(cell.source for cell in PS.release.cells)
    for cell in PS.instructor.cells:
        regions = re.findall(r"BEGIN (?:SOLUTION|HIDDEN TESTS).*?\n(.*?)\n[^\n]*END ", cell.source, re.DOTALL)
        assert not any(region.strip() in released for region in regions), grade_id(cell)


def test_notebooks_hold_no_outputs():
    assert not any(cell.get("outputs") for book in (PS.instructor, PS.release) for cell in book.cells)


def test_an_answer_that_does_not_fit_its_own_function_loses_the_cell_of_differences():
    consistent, inconsistent = (PS.scores(name) for name in ("mina", "arjun"))
    assert (consistent["test-tanh-own"], inconsistent["test-tanh-own"]) == (1, 0)


def test_the_message_names_the_call_the_numbers_and_the_mistake():
    error = PS.results("femi")["test-sigmoid-reference"].error
    assert error == (
        "AssertionError: sigmoid_derivative(0.0) should be 0.25, yours is 0.5. "
        "Yours equals S(z): the factor 1 - S(z) is missing."
    )


def test_the_numbers_of_the_model_answer_are_true():
    answer = next(cell.source for cell in PS.instructor.cells if grade_id(cell) == "certain-and-wrong")
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
    check_values = PS.namespace()["check_values"]
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
    check_values = PS.namespace()["check_values"]
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
    PS.namespace()["check_values"]("f(z)", value, wanted)


def test_differences_agree_with_a_known_derivative():
    differences = PS.namespace()["differences"]
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
        PS.namespace()["check_slopes"]("df(z)", slope(z), "f", function, z, z.shape)


def test_a_derivative_that_fits_its_function_is_accepted():
    z = np.array([0.5, 1.0, -1.1, 0.1])
    PS.namespace()["check_slopes"]("df(z)", np.cos(z), "f", np.sin, z, z.shape)


def test_a_function_gets_copies_of_its_arguments_in_their_own_layout():
    seen = []
    z = np.zeros((2, 3)).T
    PS.namespace()["call"](seen.append, z)
    assert seen[0] is not z
    assert not np.shares_memory(seen[0], z)
    assert seen[0].flags.f_contiguous and not seen[0].flags.c_contiguous


# --------------------------------------------------------------------------- the other shared checks


def test_the_check_of_an_input_looks_into_dicts_and_lists():
    check = PS.namespace()["check_keeps_input"]
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

    check = PS.namespace()["check_keeps_input"]
    check("f", StandIn(True), np.ones(2))
    with pytest.raises(AssertionError, match="f changes the array"):
        check("f", StandIn(False), np.ones(2))


def test_a_known_wrong_value_is_named_and_a_right_one_never():
    names = PS.namespace()
    with pytest.raises(AssertionError, match=r"should be 1, yours is 3\. Yours equals the sum\.$"):
        names["check_values"]("f(z)", 3.0, 1.0, "general", mistakes={"another": 2.0, "the sum": 3.0})
    names["check_values"]("f(z)", 1.0, 1.0, mistakes={"the sum": 1.0})


def test_a_known_value_of_another_shape_is_named():
    with pytest.raises(AssertionError, match=r"should have shape \(2, 1\).*Yours equals the transpose"):
        PS.namespace()["check_values"](
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
        PS.namespace()["check_dict"]("f", value, {"a": 1.0, "b": [1.0]}, mistakes={"twice": {"b": [2.0]}})


@pytest.mark.parametrize("value", [None, 3, [1, 2], (1, 2, 3)])
def test_what_is_no_pair_is_refused(value):
    with pytest.raises(AssertionError, match=r"^f "):
        PS.namespace()["check_tuple"]("f", value, 2)
    assert PS.namespace()["check_tuple"]("f", (1, 2), 2) == (1, 2)


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
        PS.namespace()["check_word"]("f", answer, "left", ("left", "right"), mistakes={"right": "A lapse."})


def test_numbers_depend_on_the_name_and_the_label_alone():
    names = PS.namespace()
    draw = [
        names["named_rng"](who, label).random()
        for who, label in (("ada", "x"), (" Ada", "x"), ("bo", "x"), ("ada", "y"))
    ]
    assert draw[0] == draw[1]
    assert len(set(draw)) == 3
    assert names["named_rng"](None, "x").random() == names["named_rng"](object(), "x").random()
    assert names["variant_rng"]("x").random() == names["hidden_rng"]("x").random()


def test_the_names_that_ruff_is_told_are_those_of_the_parts():
    authoring = page_of("ps2").parents[2] / "assignments" / "authoring"
    told = set(re.findall(r'^    "(\w+)",$', (authoring / "ruff.toml").read_text("utf-8"), re.M))
    parts = {name for path in (authoring / "parts").glob("*.py") for name in defined(path.read_text("utf-8"))}
    assert parts <= told
