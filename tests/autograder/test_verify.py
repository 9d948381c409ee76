"""Trying an assignment before students do, and reading its tests for weak spots."""

from __future__ import annotations

import json
import shutil

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import Course, CourseError, release
from autograder.cli import app
from autograder.lint import RULES, lint
from autograder.placement import Plan
from autograder.rules import Rules
from autograder.sanitise import Template, TemplateCell
from autograder.verify import verify
from autograder.worker import Assignment


def given(source):
    return TemplateCell("given", "code", source, True, False, False, False, None, None)


def check(source, name="test"):
    return TemplateCell(name, "code", source, True, True, False, False, 1.0, None)


def answer(name="answer"):
    return TemplateCell(name, "code", "raise NotImplementedError", False, False, True, False, None, None)


def found(*cells, offers=("f", "f_slope"), **rules):
    template = Template("hw", {}, (answer(), *cells))
    plans = {"hw": Plan({"answer": tuple(offers)})}
    return {(f.cell, f.rule) for f in lint(Assignment("hw", (template,), plans=plans, rules=Rules(**rules)))}


GOOD = "y = f(2.0)\nassert np.shape(y) == () and np.isfinite(y)\nassert abs(y - 4.0) < 1e-9\nassert f_slope(1.0) == 2"
DIFFERENCES = (
    "def differences(function, x, h=1e-5):\n    up, down = function(x + h), function(x - h)\n"
    "    assert up.shape == down.shape and np.isfinite(up).all()\n    return (up - down) / (2 * h)"
)
OWN = "assert abs(f_slope(1.0) - differences(f, 1.0)) < 1e-6"


def test_a_test_that_looks_at_shape_and_finiteness_is_left_alone():
    assert found(check(GOOD)) == set()


@pytest.mark.parametrize("rule", ["shape", "finite"])
def test_a_comparison_without_a_look_is_found(rule):
    assert ("test", rule) in found(check("np.testing.assert_allclose(f(x), f_slope(x))"))


@pytest.mark.parametrize(
    "source",
    ["assert np.allclose(f(x), 1)", "assert abs(f(x) - 1) < 1e-6", "assert np.linalg.norm(f(x) - 1) < 1e-6"],
)
def test_comparisons_of_all_kinds_are_seen(source):
    assert {("test", "shape"), ("test", "finite")} <= found(check(source + "\nf_slope"))


def test_helpers_of_the_notebook_are_looked_into():
    helper = (
        "def close(a, b):\n    assert a.shape == b.shape and np.isfinite(a).all() and abs(a - b).max() < 1e-9"
    )
    outer = "def compare(a, b):\n    close(a, b)"
    assert found(given(helper), given(outer), check("compare(f(x), f_slope(x))")) == set()


def test_differences_of_the_own_function_need_a_reference_beside_them():
    assert ("test", "own-differences") in found(given(DIFFERENCES), check(OWN))
    both = found(given(DIFFERENCES), check(OWN), check(GOOD, "reference"))
    assert ("test", "own-differences") not in both


def test_a_reference_in_the_same_test_will_do():
    assert ("test", "own-differences") not in found(
        given(DIFFERENCES), check(f"{OWN}\nassert f(1) == mlpkit.f(1)")
    )


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("f(1)\nf_slope = 1", "silent"),
        ("try:\n    f_slope(f(1))\nexcept Exception:\n    pass\nassert True", "catch-all"),
        ("# autograder: in-process\nassert f(1) == f_slope(1)", "in-process"),
    ],
)
def test_other_weak_spots(source, rule):
    assert ("test", rule) in found(check(source))


def test_an_answer_without_a_test_is_found():
    assert found(check("assert True")) == {("answer", "no-test")}


def test_every_rule_has_a_sentence():
    assert all(sentence and not sentence.endswith(".") for sentence in RULES.values())


def test_a_good_assignment_is_verified(course):
    # Its last test gives part of the points to any number.
    (course.root / "authoring").mkdir(exist_ok=True)
    (course.root / "authoring" / "ps9.toml").write_text('zeros_may_pass = ["test_root"]')
    verdict = verify(course, "ps9", timeout=5)
    assert verdict.ok, [str(trial) for trial in verdict.trials]
    assert [trial.wanted for trial in verdict.trials] == ["everything", "nothing", "nothing", "nothing"]
    assert verdict.trials[0].outcome.score == 9
    assert json.loads(json.dumps(verdict.to_dict()))["ok"] is True


@pytest.fixture
def weak(course, tmp_path):
    """A course whose solution is wrong in one place and whose tests are weak in another."""
    place = Course(shutil.copytree(course.root, tmp_path / "weak"))
    notebook = nbformat.read(place.source("ps9"), as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["test_double"].source = "assert double(1) == 3"
    cells["test_square"].source = "assert square(3) < 100"
    nbformat.write(notebook, place.source("ps9"))
    release(place, "ps9")
    return place


def test_a_wrong_solution_and_a_weak_test_are_named(weak):
    result = CliRunner().invoke(app, ["verify", "ps9", "--course", str(weak.root), "--timeout", "5"])
    assert result.exit_code == 1
    assert "test_double: 0 of 2. AssertionError" in result.output
    assert "BAD zeros in place of every number" in result.output
    assert "test_square: 2 of 2." in result.output


def test_an_assignment_that_was_not_released_is_refused(tmp_path, course):
    shutil.rmtree(course.root / "release")
    with pytest.raises(CourseError, match="student copy"):
        verify(course, "ps9")
