"""Points read off outputs: nbgrader's rules where they are sound, ours where they are not."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, output_from_msg
from nbgrader.utils import compute_checksum, determine_grade

from autograder.sanitise import TemplateCell, checksum, metadata
from autograder.scoring import score

TEST = TemplateCell("t", "code", "assert f()", True, True, False, False, 5.0, None)
ANSWER = TemplateCell("a", "markdown", "your answer", False, True, True, False, 3.0, None)


def result(text):
    return {
        "output_type": "execute_result",
        "data": {"text/plain": text},
        "metadata": {},
        "execution_count": 1,
    }


def stream(name, text="text\n"):
    return {"output_type": "stream", "name": name, "text": text}


ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no\nmore", "traceback": []}


def nbgraders(outputs):
    cell = new_code_cell("assert f()", metadata={"nbgrader": metadata(TEST)})
    cell.outputs = [dict_to_node(output) for output in outputs]
    return determine_grade(cell, logging.getLogger("quiet"))[0]


def dict_to_node(output):
    message = {"header": {"msg_type": output["output_type"]}, "content": {**output, "transient": {}}}
    return output_from_msg(message)


SAME = {
    "nothing": [],
    "text": [stream("stdout")],
    "an error": [ERROR],
    "text, then an error": [stream("stdout"), ERROR],
    "half": [result("2.5")],
    "an integer": [result("4")],
    "zero": [result("0")],
    "full": [result("5.0")],
    "a truth": [result("True")],
    "an untruth": [result("False")],
    "a word": [result("'fine'")],
    "a list": [result("[1, 2]")],
    "text, then half": [stream("stdout"), result("2.5")],
}


@pytest.mark.parametrize("outputs", SAME.values(), ids=SAME)
def test_points_are_nbgraders(outputs):
    assert score(TEST, "", outputs)[0] == nbgraders(outputs)


@given(st.floats(0, 5))
def test_any_number_of_points_is_partial_credit_as_in_nbgrader(points):
    outputs = [result(repr(points))]
    assert score(TEST, "", outputs)[0] == nbgraders(outputs) == points


# Outputs, nbgrader's points (None: it raises, and the submission is lost), ours, and why.
MENDED = {
    "a warning": ([stream("stderr")], 0, 5, None),
    "a warning, then half": ([stream("stderr"), result("2.5")], 0, 2.5, "partial credit: 2.5"),
    "a NumPy scalar": ([result("np.float64(2.5)")], 5, 2.5, "partial credit: np.float64(2.5)"),
    "a NumPy integer": ([result("np.int32(0)")], 5, 0, "partial credit: np.int32(0)"),
    "not a number": (
        [result("nan")],
        5,
        0,
        "an error of the test: it returned nan, which is no number of points",
    ),
    "a negative number": (
        [result("-1")],
        5,
        0,
        "an error of the test: it returned -1, which is no number of points",
    ),
    "too much": (
        [result("7")],
        None,
        0,
        "an error of the test: it returned 7, but the cell has at most 5 points",
    ),
}


@pytest.mark.parametrize(("outputs", "theirs", "ours", "why"), MENDED.values(), ids=MENDED)
def test_faults_of_nbgraders_rules_are_mended(outputs, theirs, ours, why):
    if theirs is None:
        with pytest.raises(ValueError, match="greater than maximum"):
            nbgraders(outputs)
    else:
        assert nbgraders(outputs) == theirs
    assert score(TEST, "", outputs) == (ours, why)


def test_infinity_is_refused():
    assert score(TEST, "", [result("inf")])[0] == 0


def test_an_error_is_told_in_one_line():
    assert score(TEST, "", [ERROR]) == (0, "ValueError: no")


def test_written_answers_wait_for_a_person_unless_nothing_was_written():
    released = TemplateCell(**{**vars(ANSWER), "checksum": checksum("your answer", ANSWER)})
    assert score(released, "your answer", []) == (0, "not answered")
    assert score(released, "mine", []) == (None, None)


@given(st.text(max_size=30), st.booleans(), st.booleans(), st.sampled_from(["code", "markdown"]))
def test_checksums_are_nbgraders(source, grade, solution, kind):
    cell = TemplateCell("name", kind, "", not solution, grade, solution, False, 2.0 if grade else None, None)
    node = new_code_cell(source, metadata={"nbgrader": metadata(cell)})
    node.cell_type = kind
    assert checksum(source, cell) == compute_checksum(node)
