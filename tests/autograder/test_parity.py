"""The engine beside nbgrader on problem set 2's sample class: points equal cell by cell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder import Course, differences, grade, load_class, release, write_class
from autograder.classroom import Mangle

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"


def points(outcome):
    return {cell.grade_id: cell.points for cell in outcome.cells}


@pytest.mark.exhaustive
def test_points_of_the_sample_class_are_nbgraders_cell_by_cell(tmp_path):
    for name in ("source", "authoring"):
        shutil.copytree(ASSIGNMENTS / name, tmp_path / name)
    shutil.copyfile(ASSIGNMENTS / "nbgrader_config.py", tmp_path / "nbgrader_config.py")
    course = Course(tmp_path)
    release(course, "ps2")
    hands = load_class(course, "ps2")
    write_class(course, "ps2", hands)
    ours = grade(course, "ps2", timeout=4)
    theirs = grade(course, "ps2", timeout=4, engine="nbgrader")
    assert differences(hands, ours) == ()
    assert [points(outcome) for outcome in ours] == [points(outcome) for outcome in theirs]
    assert [(o.status, o.score, o.max_score) for o in ours] == [
        (o.status, o.score, o.max_score) for o in theirs
    ]
    told = {hand.student for hand in hands if hand.mangle in (Mangle.DELETED_CELL, Mangle.EDITED_TEST)}
    assert {o.student: o.notes for o in ours if o.student in told} == {
        o.student: o.notes for o in theirs if o.student in told
    }
