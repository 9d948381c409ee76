"""A fixed class of 40 comes out exactly as the golden files say.

They change only on purpose: ``python tests/golden/class_of_40.py`` writes them anew, and the difference is
read before it is committed.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from class_of_40 import AGAIN, GOLDEN, LATE, UNREAD, make_class, results

from autograder.course import Course

FILES = sorted(path.name for path in GOLDEN.glob("*.csv"))


def golden(name):
    return list(csv.DictReader((GOLDEN / name).read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return results(tmp_path_factory.mktemp("class-of-40"))


@pytest.fixture(scope="module")
def hands():
    return {hand.student: hand for hand in make_class(Course(Path(__file__).parents[2] / "assignments"))}


@pytest.mark.exhaustive
def test_there_is_a_golden_file_for_everything(made):
    assert sorted(made) == FILES


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", FILES)
def test_a_fresh_run_gives_the_golden_file(made, name):
    assert made[name].splitlines() == (GOLDEN / name).read_text("utf-8").splitlines()


# What follows reads the golden files themselves: that nobody renewed them into something that is not so.


def test_the_class_has_40_students(hands):
    assert len(hands) == 40
    assert {row["student"] for row in golden("grades.csv")} == set(hands)


def test_automatic_points_are_those_that_each_hand_is_held_to(hands):
    for row in golden("grades.csv"):
        expected = hands[row["student"]].expected
        assert (expected is None) == (row["score"] == ""), row["student"]
        for question, points in (expected or {}).items():
            assert float(row[question]) == points, (row["student"], question)


def test_a_score_is_the_sum_of_its_questions_less_the_penalty(hands):
    for row in golden("grades.csv"):
        if row["score"]:
            questions = [row[name] for name in list(row)[8:]]
            raw = sum(float(points) for points in questions if points)
            assert float(row["raw_score"]) == raw
            assert float(row["score"]) == raw - float(row["late_penalty"])


def test_lateness_costs_a_tenth_for_each_day_at_most_half_and_nothing_within_grace_or_extension():
    rows = {row["student"]: row for row in golden("grades.csv")}
    share = {name: float(rows[name]["late_penalty"]) / float(rows[name]["raw_score"]) for name in LATE}
    assert {name: round(value, 3) for name, value in share.items()} == {
        "kaya": 0,
        "noor": 0.1,
        "hugo": 0,
        "wen": 0.5,
    }


def test_the_commonest_mistakes_are_those_that_hands_repeat():
    tanh, softmax, slope = golden("mistakes.csv")
    assert tanh["students"].split() == sorted(["arjun", "mina", "zoe", "amara", "bruno"])
    assert softmax["students"].split() == sorted(
        ["ines", *(s for s, whom in AGAIN.items() if whom == "ines")]
    )
    assert slope["students"].split() == ["arjun", "bruno", "zoe"]
    assert "the 2 within S(2u) is missing" in tanh["message"]
    assert "exp(1000) overflows" in softmax["message"]
    assert "twice the central differences" in slope["message"]


def test_platforms_get_no_grade_where_there_is_none_or_an_answer_waits():
    canvas, moodle = golden("canvas.csv")[1:], golden("moodle.csv")
    no_grade = {row["student"] for row in golden("grades.csv") if not row["score"]}
    told = {row["student"] for row in golden("without.csv")}
    assert told == no_grade | set(UNREAD)
    assert {row["SIS Login ID"] for row in canvas} & (told | {"test"}) == set()
    empty = {row["Email address"].split("@")[0] for row in moodle if not row["Grade"]}
    assert empty == told | {"nobody"}


def test_both_platforms_get_the_score_of_the_table():
    scores = {row["student"]: row["score"] for row in golden("grades.csv")}
    for row in golden("canvas.csv")[1:]:
        assert row["ps2 (4711)"] == scores[row["SIS Login ID"]]
    for row in golden("moodle.csv"):
        assert row["Grade"] in ("", scores.get(row["Email address"].split("@")[0]))
