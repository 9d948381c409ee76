"""Problem set 4: full marks for right work in any style, nothing for none, the right points in between."""

from __future__ import annotations

import ast
import doctest
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.classroom import student_view
from autograder.notebook import grade_id

sys.path.insert(0, str(Path(__file__).parent))
from plain_executor import run, scores
from problem_set import NO_GRADE, ProblemSet, checks_called, defined, hidden_part, page_of

PS4 = ProblemSet("ps4")
DERIVATIVES = {name for name in PS4.points if name.endswith(("-own", "-reference"))}
#: Every kind of cell and of mistake once; all the others are in the exhaustive tests.
SAMPLE = (
    "amir",
    "bea",
    "ciro",
    "dana",
    "ewa",
    "hana",
    "jana",
    "paul",
    "boris",
    "dirk",
    "ivo",
    "lotte",
    "ulf",
)
OTHERS = tuple(hand.student for hand in PS4.graded if hand.student not in SAMPLE)


@pytest.fixture(scope="module")
def instructor_run():
    return run(PS4.instructor)


def namespace_after(*answers):
    """The instructor's names after the locked cells without points and some of the answers."""
    names = {"__name__": "__main__"}
    for cell in PS4.instructor.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked") and grade_id(cell) not in PS4.points
        if cell.cell_type == "code" and (locked or grade_id(cell) in answers):
            exec(compile(student_view(cell.source), "<cell>", "exec"), names)
    return names


def test_the_instructor_has_full_marks(instructor_run):
    assert scores(instructor_run, PS4.points) == PS4.points


def test_points_are_those_that_the_text_promises():
    assert sum(PS4.points.values()) == 43
    for title, promised in re.findall(
        r"^## (Problem \d+\..*?) \((?:written, )?(\d+) points\)", PS4.prose(), re.M
    ):
        assert PS4.points_under(title) == int(promised), title


@pytest.mark.parametrize("student", SAMPLE)
def test_a_student_gets_exactly_what_is_expected(student):
    assert PS4.scores(student) == PS4.expected(student)


@pytest.mark.exhaustive
@pytest.mark.parametrize("student", OTHERS)
def test_every_other_student_gets_exactly_what_is_expected(student):
    assert PS4.scores(student) == PS4.expected(student)


@pytest.mark.parametrize("student", [student for student in SAMPLE if student in PS4.says])
def test_a_message_names_the_mistake(student):
    assert any(PS4.says[student] in text for text in PS4.messages(student).values())


@pytest.mark.exhaustive
@pytest.mark.parametrize("student", [student for student in OTHERS if student in PS4.says])
def test_a_message_names_every_other_mistake(student):
    assert any(PS4.says[student] in text for text in PS4.messages(student).values())


def test_nine_mistakes_of_ten_are_named():
    wrong = [
        hand.student for hand in PS4.hands if hand.kind == "wrong" and hand.student not in ("olive", "petra")
    ]
    assert len(wrong) >= 30
    assert len(PS4.says) >= 0.9 * len(wrong)


@pytest.mark.exhaustive
def test_the_page_of_mistakes_is_up_to_date():
    assert page_of("ps4").read_text(encoding="utf-8") == PS4.mistakes_page()


def test_the_page_of_mistakes_has_a_line_for_each():
    page = page_of("ps4").read_text(encoding="utf-8")
    for student, words in PS4.says.items():
        assert PS4.hand(student).description in page
        assert words in page


def test_who_cannot_be_graded_is_expected_to_have_no_grade():
    assert all((hand.expected is None) == (hand.mangle in NO_GRADE) for hand in PS4.hands)


def test_the_student_copy_earns_nothing():
    assert set(PS4.scores("rana").values()) == {0.0}


def test_zero_derivatives_of_the_right_shape_earn_nothing():
    lost = {name for name, points in PS4.scores("olive").items() if points == 0}
    assert lost == DERIVATIVES | {"test-max-groups-tie"}


def test_zeros_that_agree_with_each_other_earn_nothing():
    assert set(PS4.scores("petra").values()) == {0.0}


def test_each_derivative_is_graded_in_two_cells():
    derivatives = {name.rsplit("-", 1)[0] for name in DERIVATIVES}
    assert {f"{name}-{kind}" for name in derivatives for kind in ("own", "reference")} == DERIVATIVES
    assert len(derivatives) == 8


def test_the_message_gives_the_call_the_numbers_and_the_mistake():
    assert PS4.messages("jana")["test-parameter-gradients-reference"] == (
        "weight_gradient(dZ, Y)[1, 0] should be 7, yours is 14. Yours equals the right one without the "
        "division by T."
    )


def test_a_consistent_pair_keeps_the_points_of_differences():
    """Halves instead of neighbours: value and derivative are wrong together."""
    assert PS4.expected("vera")["test-pair-products-own"] == PS4.points["test-pair-products-own"]


@pytest.mark.parametrize("name", ["", "Ada Lovelace", "4711", "µ", "a b"])
def test_the_instructor_passes_with_anybodys_numbers(name):
    names = namespace_after(*PS4.answers) | {"IDENTITY": name, "COURSE_KEY": f"key of {name}"}
    for cell in PS4.tests:
        exec(compile(cell.source, "<cell>", "exec"), names)


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(200))
def test_the_instructor_passes_with_very_many_numbers(number):
    test_the_instructor_passes_with_anybodys_numbers(f"student {number}")


@pytest.mark.parametrize("cell", PS4.tests, ids=grade_id)
def test_the_number_of_hidden_checks_printed_is_true(cell, instructor_run):
    count = len(checks_called(hidden_part(cell)))
    checks = "hidden checks run" if count != 1 else "hidden check runs"
    last = instructor_run[grade_id(cell)].stdout.splitlines()[-1]
    assert last == f"The visible checks of this cell passed; {count} {checks} at grading."
    assert count > 0


@pytest.mark.parametrize("cell", PS4.tests, ids=grade_id)
def test_no_check_is_in_a_loop_or_behind_a_condition(cell):
    tree = ast.parse(hidden_part(cell))
    assert not any(isinstance(node, ast.For | ast.If | ast.While | ast.Try) for node in ast.walk(tree))


@pytest.mark.parametrize("cell", PS4.tests, ids=grade_id)
def test_a_test_cell_assigns_no_name_that_a_student_defines(cell):
    students = {name for source in PS4.answers.values() for name in defined(source)}
    nodes = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
    assert students.isdisjoint(node.id for node in nodes if isinstance(node.ctx, ast.Store))


def test_the_examples_in_the_docstrings_are_true():
    names = namespace_after(*PS4.answers)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    functions = [name for source in PS4.answers.values() for name in defined(source)]
    tests = [test for name in functions for test in finder.find(names[name], name, module=False, globs=names)]
    for test in tests:
        runner.run(test)
    assert runner.failures == 0
    with_examples = {test.name for test in tests if test.examples}
    assert with_examples == set(functions) - {"chain_rule_lines", "subgradients_at_the_tie"}


def test_every_function_has_a_hint_and_a_region_of_its_own():
    for source in PS4.answers.values():
        assert source.count("# Hint: ") == source.count("### BEGIN SOLUTION") == len(defined(source))


def test_the_student_copy_has_a_stub_for_every_function():
    stubs = sum(cell.source.count("raise NotImplementedError") for cell in PS4.release.cells)
    assert stubs == sum(len(defined(source)) for source in PS4.answers.values())


@pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "mlpkit"])
def test_the_student_copy_does_not_contain(mark):
    assert mark not in "\n".join(cell.source for cell in PS4.release.cells)


def test_the_student_copy_contains_no_solution_and_no_hidden_tests():
    released = "\n".join(cell.source for cell in PS4.release.cells)
    for cell in PS4.instructor.cells:
        regions = re.findall(r"BEGIN (?:SOLUTION|HIDDEN TESTS).*?\n(.*?)\n[^\n]*END ", cell.source, re.DOTALL)
        assert not any(region.strip() in released for region in regions), grade_id(cell)


def test_notebooks_hold_no_outputs():
    assert not any(cell.get("outputs") for book in (PS4.instructor, PS4.release) for cell in book.cells)


def test_the_numbers_of_the_model_answer_are_true():
    answer = next(cell.source for cell in PS4.instructor.cells if grade_id(cell) == "from-which-end")
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
    assert below == namespace_after("poll")["subgradients_at_the_tie"]()


def check(dZ, Z=((2.0, 2.0, 1.0),), dY=((6.0,),)):
    Z, dY = np.array(Z), np.array(dY)
    namespace_after()["check_share"]("f", np.array(dZ), Z, dY, Z.shape[1])


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
