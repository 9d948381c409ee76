"""Bad submissions of every kind in one run: each recorded with a reason and a next step, none stops the others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from bad_kit import BAD, FULL, GRADED, hand_in, table
from nbformat import reads, validate

from autograder import Course, Hand, grade, write_class
from autograder.gradebook import read_cells


@pytest.fixture(scope="module")
def run(released, tmp_path_factory):
    """All kinds, and somebody who did everything right, graded in one run."""
    course = Course(shutil.copytree(released.root, tmp_path_factory.mktemp("bad") / "course"))
    write_class(course, "ps9", [Hand("good", "", "")])
    good = json.loads((course.submitted("good", "ps9") / "ps9.ipynb").read_text("utf-8"))
    for kind in BAD:
        hand_in(course, kind, good)
    return course, {outcome.student: outcome for outcome in grade(course, "ps9")}


def test_the_good_one_among_them_is_graded(run):
    _, outcomes = run
    assert set(outcomes) == {*BAD, "good"}
    assert outcomes["good"].score == 9


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_submission_has_the_right_status_and_says_why(run, kind):
    _, outcomes = run
    outcome, bad = outcomes[kind], BAD[kind]
    assert outcome.status.value == bad.status, outcome
    said = " ".join((outcome.reason, outcome.next_step, *outcome.notes))
    assert bad.words in said
    assert outcome.graded or (outcome.reason and outcome.next_step.endswith("."))


@pytest.mark.parametrize("kind", [kind for kind, bad in BAD.items() if bad.status == GRADED])
def test_what_is_right_in_it_keeps_its_points(run, kind):
    course, outcomes = run
    # Nobody can tell which cells were answers once their marks are gone; the stubs are put back, and told.
    expected = dict.fromkeys(FULL, 0) if kind == "no-marks" else FULL
    assert {cell.grade_id: cell.points for cell in outcomes[kind].cells} == expected
    notebook = reads((course.autograded(kind, "ps9") / "ps9.ipynb").read_text("utf-8"), as_version=4)
    validate(notebook)


@pytest.mark.parametrize("kind", [kind for kind, bad in BAD.items() if bad.status != GRADED])
def test_without_a_grade_there_are_no_points_and_no_copy(run, kind):
    course, outcomes = run
    assert outcomes[kind].score is None
    assert not course.autograded(kind, "ps9").exists()
    if BAD[kind].status != "missing":
        assert not any(cell.points for cell in read_cells(course, kind, "ps9"))


def test_what_is_read_is_not_kept(run):
    course, _ = run
    assert (course.autograded("100-mb", "ps9") / "ps9.ipynb").stat().st_size < 100_000


def test_the_documentation_lists_them_all():
    assert table() in (Path(__file__).parents[2] / "docs" / "grading.md").read_text("utf-8")
