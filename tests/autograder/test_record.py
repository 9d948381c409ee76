"""The record of outcomes: read one at a time, never half, and whatever students have printed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from autograder import CourseError
from autograder.files import replacing
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.record import Outcomes, Record, append, condense, load, save, to_json

BOB, ADA, CAT = (
    Outcome(name, "ps9", Status.GRADED, score, 3.0, (CellOutcome("test-one", score, 3.0, tail="said"),))
    for name, score in (("bob", 1.0), ("ada", 2.0), ("cat", 3.0))
)
BETTER = replace(BOB, score=3.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "report" / "ps9.outcomes.json"


def journal(path):
    return path.with_name(".ps9.outcomes.jsonl")


def test_without_a_file_nothing_is_recorded(path):
    assert load(path) == {}
    assert condense(path) == {}
    assert not path.parent.exists()


def test_a_record_is_json_with_an_outcome_in_each_line_in_order(path):
    save(path, [BOB, ADA])
    lines = path.read_text("utf-8").splitlines()
    assert [json.loads(line.rstrip(","))["student"] for line in lines[1:-1]] == ["ada", "bob"]
    assert path.read_bytes() == b"".join(to_json([ADA, BOB]))
    assert [Outcome.from_dict(item) for item in json.loads(path.read_text("utf-8"))] == [ADA, BOB]
    assert load(path) == {"ada": ADA, "bob": BOB}


def test_an_empty_record_stays_empty(path):
    save(path, [])
    assert json.loads(path.read_text("utf-8")) == []
    assert load(path) == {}


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_however_somebody_has_laid_the_file_out_it_is_read(path, indent):
    path.parent.mkdir()
    path.write_text(json.dumps([BOB.to_dict(), ADA.to_dict()], indent=indent), "utf-8")
    assert load(path) == {"ada": ADA, "bob": BOB}
    append(path, CAT)
    assert list(condense(path)) == ["ada", "bob", "cat"]


def test_what_is_added_counts_more_than_what_was_there(path):
    save(path, [BOB, ADA])
    append(path, BETTER)
    append(path, CAT)
    assert load(path) == {"ada": ADA, "bob": BETTER, "cat": CAT}
    assert condense(path) == load(path)
    assert not journal(path).exists()
    assert list(load(path)) == ["ada", "bob", "cat"]


def test_a_record_to_which_nothing_was_added_is_not_written_again(path):
    save(path, [BOB])
    before = path.stat().st_ino, path.stat().st_mtime_ns
    condense(path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


def test_a_record_stays_what_it_was_when_it_was_opened(path):
    save(path, [BOB])
    append(path, ADA)
    before = Record(path)
    append(path, BETTER)
    condense(path)
    save(path, [CAT])
    assert before == {"bob": BOB, "ada": ADA}


@pytest.mark.parametrize("said", ["a\u2028b\u2029c\x85d\x0be\x1cf\ng\r", "half a pair: \ud800", "é → 𝒳"])
def test_whatever_a_student_prints_is_kept(path, said):
    outcome = replace(BOB, cells=(replace(BOB.cells[0], tail=said),), log=said)
    append(path, outcome)
    assert load(path) == {"bob": outcome}
    assert condense(path) == {"bob": outcome}
    assert json.loads(path.read_text("utf-8"))[0]["log"] == said


def test_a_line_that_a_kill_has_cut_off_is_no_outcome(path):
    append(path, ADA)
    whole = journal(path).read_bytes()
    for end in range(2, len(whole) - 1):
        journal(path).write_bytes(whole[:end])
        assert load(path) == {}, end
    journal(path).write_bytes(whole[: len(whole) // 2])
    append(path, BOB)
    assert condense(path) == {"bob": BOB}


@pytest.mark.parametrize("text", ["", "[1]", '[{"student": "bob"}]', '{"student": "bob"}', "no JSON", "\xff"])
def test_another_file_is_refused_and_stays_as_it_is(path, text):
    path.parent.mkdir()
    path.write_text(text, "latin-1")
    for work in (load, condense):
        with pytest.raises(CourseError, match=r"ps9\.outcomes\.json is not a record of outcomes"):
            work(path)
    assert path.read_text("latin-1") == text


def test_a_record_that_was_copied_in_part_is_refused(path):
    save(path, [ADA, BOB])
    whole = path.read_bytes()
    for end in range(len(whole) - 2):  # its last two bytes are the bracket and a line break
        path.write_bytes(whole[:end])
        with pytest.raises(CourseError, match="not a record"):
            load(path)


def test_outcomes_come_in_the_order_that_was_asked_for(path):
    save(path, [ADA, BOB, CAT])
    some = Outcomes(Record(path), ["cat", "nobody", "ada", "bob"])
    assert some == [CAT, ADA, BOB]
    assert (len(some), some[0], some[-1], some[1:]) == (3, CAT, BOB, (ADA, BOB))
    assert some != Outcomes(Record(path), ["ada", "bob", "cat"])
    with pytest.raises(IndexError):
        some[3]


def test_a_failure_while_a_file_is_written_leaves_the_old_one_alone(path):
    save(path, [ADA])
    with pytest.raises(OSError, match="no space"), replacing(path) as stream:
        stream.write(b"half")
        raise OSError("no space")
    assert load(path) == {"ada": ADA}
    assert list(path.parent.iterdir()) == [path]
