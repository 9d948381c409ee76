"""Problem set 6: full marks for right work in any style, nothing for none, the right points in between."""

from __future__ import annotations

import ast
import doctest
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import mlpkit
from autograder.classroom import student_view
from autograder.notebook import grade_id

sys.path.insert(0, str(Path(__file__).parent))
from plain_executor import run, scores
from problem_set import NO_GRADE, ProblemSet, checks_called, defined, hidden_part, page_of

PS6 = ProblemSet("ps6", leave_out=("curves",))
#: Every kind of cell and of mistake once; all the others are in the exhaustive tests.
SAMPLE = ("abel", "birgit", "cem", "dora", "emil", "lucia", "detlef", "sandro", "gustav")
OTHERS = tuple(hand.student for hand in PS6.graded if hand.student not in SAMPLE)


@pytest.fixture(scope="module")
def instructor_run():
    return run(PS6.instructor)


def namespace_after(*answers):
    """The instructor's names after the locked cells without points and some of the answers."""
    names = {"__name__": "__main__"}
    for cell in PS6.instructor.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked") and grade_id(cell) not in PS6.points
        if cell.cell_type == "code" and (locked or grade_id(cell) in answers):
            exec(compile(student_view(cell.source), "<cell>", "exec"), names)
    return names


def test_the_instructor_has_full_marks(instructor_run):
    assert scores(instructor_run, PS6.points) == PS6.points


def test_the_demonstration_shows_that_stopping_early_pays(instructor_run):
    printed = "".join(ran.stdout for ran in instructor_run.values())
    kept, last = map(float, re.search(r"is kept reads (.*)%, the last one (.*)%", printed).groups())
    assert kept > last + 2


def test_points_are_those_that_the_text_promises():
    assert sum(PS6.points.values()) == 41
    for title, promised in re.findall(
        r"^## (Problem \d+\..*?) \((?:written, )?(\d+) points\)", PS6.prose(), re.M
    ):
        assert PS6.points_under(title) == int(promised), title


@pytest.mark.parametrize("student", SAMPLE)
def test_a_student_gets_exactly_what_is_expected(student):
    assert PS6.scores(student) == PS6.expected(student)


@pytest.mark.exhaustive
@pytest.mark.parametrize("student", OTHERS)
def test_every_other_student_gets_exactly_what_is_expected(student):
    assert PS6.scores(student) == PS6.expected(student)


@pytest.mark.parametrize("student", [student for student in SAMPLE if student in PS6.says])
def test_a_message_names_the_mistake(student):
    assert any(PS6.says[student] in text for text in PS6.messages(student).values())


@pytest.mark.exhaustive
@pytest.mark.parametrize("student", [student for student in OTHERS if student in PS6.says])
def test_a_message_names_every_other_mistake(student):
    assert any(PS6.says[student] in text for text in PS6.messages(student).values())


def test_nine_mistakes_of_ten_are_named():
    wrong = [
        hand.student
        for hand in PS6.hands
        if hand.kind == "wrong" and hand.student not in ("alma", "balduin", "frieda")
    ]
    assert len(wrong) >= 40
    assert len(PS6.says) >= 0.9 * len(wrong)


@pytest.mark.exhaustive
def test_the_page_of_mistakes_is_up_to_date():
    assert page_of("ps6").read_text(encoding="utf-8") == PS6.mistakes_page()


def test_the_page_of_mistakes_has_a_line_for_each():
    page = page_of("ps6").read_text(encoding="utf-8")
    for student, words in PS6.says.items():
        assert PS6.hand(student).description in page
        assert words in page


def test_who_cannot_be_graded_is_expected_to_have_no_grade():
    assert all((hand.expected is None) == (hand.mangle in NO_GRADE) for hand in PS6.hands)


def test_the_student_copy_earns_nothing():
    assert set(PS6.scores("dagmar").values()) == {0.0}


def test_zero_derivatives_of_the_right_shape_earn_nothing():
    lost = {name for name, points in PS6.scores("alma").items() if points == 0}
    assert lost == {"test-penalty-own", "test-penalty-reference"}


def test_zeros_that_agree_with_each_other_earn_nothing():
    assert set(PS6.scores("balduin").values()) == {0.0}


def test_the_message_gives_the_call_the_numbers_and_the_mistake():
    assert PS6.messages("timo")["test-decay-step"] == (
        'decay_step(params, grads, eta=0.1, lam=0.5)["W1"], entry [0, 1], should be -2, yours is -1.1. '
        "Yours equals the one with lambda w in place of eta lambda w."
    )


def test_a_consistent_pair_keeps_the_points_of_differences():
    """Without the half, value and derivative are wrong together."""
    assert PS6.expected("silke")["test-penalty-own"] == PS6.points["test-penalty-own"]


@pytest.mark.parametrize("name", ["Ada Lovelace", "µ"])
def test_the_instructor_passes_with_anybodys_numbers(name):
    names = namespace_after(*PS6.answers) | {"IDENTITY": name, "COURSE_KEY": f"key of {name}"}
    for cell in PS6.tests:
        exec(compile(cell.source, "<cell>", "exec"), names)


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(60))
def test_the_instructor_passes_with_very_many_numbers(number):
    test_the_instructor_passes_with_anybodys_numbers(f"student {number}")


@pytest.mark.parametrize("cell", PS6.tests, ids=grade_id)
def test_the_number_of_hidden_checks_printed_is_true(cell, instructor_run):
    count = len(checks_called(hidden_part(cell)))
    checks = "hidden checks run" if count != 1 else "hidden check runs"
    last = instructor_run[grade_id(cell)].stdout.splitlines()[-1]
    assert last == f"The visible checks of this cell passed; {count} {checks} at grading."
    assert count > 0


@pytest.mark.parametrize("cell", PS6.tests, ids=grade_id)
def test_no_check_is_in_a_loop_or_behind_a_condition(cell):
    branches = (ast.For, ast.If, ast.While, ast.Try)
    inside = [ast.unparse(n) for n in ast.walk(ast.parse(hidden_part(cell))) if isinstance(n, branches)]
    assert not any(checks_called(code) for code in inside)


@pytest.mark.parametrize("cell", PS6.tests, ids=grade_id)
def test_a_test_cell_assigns_no_name_that_a_student_defines(cell):
    students = {name for source in PS6.answers.values() for name in defined(source)}
    nodes = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
    assert students.isdisjoint(node.id for node in nodes if isinstance(node.ctx, ast.Store))


def test_the_examples_in_the_docstrings_are_true():
    names = namespace_after(*PS6.answers)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    functions = [name for source in PS6.answers.values() for name in defined(source)]
    tests = [test for name in functions for test in finder.find(names[name], name, module=False, globs=names)]
    for test in tests:
        runner.run(test)
    assert runner.failures == 0
    with_examples = {test.name for test in tests if test.examples}
    assert with_examples == set(functions) - {
        "fit",
        "train_xor",
        "train_digits",
        *defined(PS6.answers["poll"]),
    }


def test_every_function_has_a_hint_and_a_region_of_its_own():
    for source in PS6.answers.values():
        assert source.count("# Hint: ") == source.count("### BEGIN SOLUTION") == len(defined(source))


def test_the_student_copy_has_a_stub_for_every_function():
    stubs = sum(cell.source.count("raise NotImplementedError") for cell in PS6.release.cells)
    assert stubs == sum(len(defined(source)) for source in PS6.answers.values())


@pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "mlpkit"])
def test_the_student_copy_does_not_contain(mark):
    assert mark not in "\n".join(cell.source for cell in PS6.release.cells)


def test_the_student_copy_contains_no_solution_and_no_hidden_tests():
    released = "\n".join(cell.source for cell in PS6.release.cells)
    for cell in PS6.instructor.cells:
        regions = re.findall(r"BEGIN (?:SOLUTION|HIDDEN TESTS).*?\n(.*?)\n[^\n]*END ", cell.source, re.DOTALL)
        assert not any(region.strip() in released for region in regions), grade_id(cell)


def test_notebooks_hold_no_outputs():
    assert not any(cell.get("outputs") for book in (PS6.instructor, PS6.release) for cell in book.cells)


def test_the_network_of_the_problem_set_has_the_gradients_of_its_loss():
    names = namespace_after()
    net = mlpkit.MLP((3, 4, 5, 2), hidden=mlpkit.tanh)
    rng = np.random.default_rng(0)
    params, X, d = net.init(rng, scale=1.0), rng.normal(size=(6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    found = names["gradients"](params, X, d)
    assert mlpkit.check_gradients(lambda p: names["loss"](p, X, d), params, found)


def test_the_loss_of_the_problem_set_is_the_mean_cross_entropy():
    names = namespace_after()
    net = mlpkit.MLP((3, 4, 2), mlpkit.tanh, mlpkit.softmax, mlpkit.cross_entropy)
    rng = np.random.default_rng(1)
    params, X, d = net.init(rng, scale=1.0), rng.normal(size=(6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
    assert np.isclose(names["loss"](params, X, d), net.loss(params, X, d), atol=1e-12)


def test_changes_settle_to_the_limit_of_the_model_answer():
    """With eta .1, alpha .9 and a constant gradient g the change becomes -g, as the answer says."""
    step = namespace_after("momentum-step")["momentum_step"]
    params, changes = {"W1": np.zeros(1)}, {"W1": np.zeros(1)}
    for _ in range(400):
        params, changes = step(params, {"W1": np.array([3.0])}, changes, 0.1, 0.9)
    assert np.isclose(changes["W1"][0], -3.0)


def test_equal_hidden_units_stay_equal_as_the_model_answer_says():
    names = namespace_after()
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
    namespace_after()["check_fit"]("fit(...)", right | changed, asked, SMALL, best=1, last=2)


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
        namespace_after()["check_batches"]("mini_batches", value, 3, 2)
