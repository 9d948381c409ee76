"""A sample class of any size: who is in it, and that names are made for telling apart."""

from __future__ import annotations

import shutil
from itertools import combinations, islice

import pytest
from course_kit import CLASS
from typer.testing import CliRunner

from autograder import Course
from autograder.classroom import CourseError, Hand, made_up_names, resize
from autograder.cli import app

HANDS = (
    *(Hand(f"r{n}", "right", "", {"a": f"{n}"}) for n in range(3)),
    *(Hand(f"w{n}", "wrong", "", expected={"t": n}) for n in range(4)),
    Hand("m", "missing", ""),
)


def students(size):
    return [hand.student for hand in resize(HANDS, size)]


def test_a_small_class_has_some_of_each_kind():
    assert students(3) == ["r0", "w0", "m"]
    assert students(5) == ["r0", "w0", "m", "r1", "w1"]


def test_a_class_of_the_same_size_has_everybody():
    assert set(students(8)) == {hand.student for hand in HANDS}


def test_a_large_class_has_everybody_and_then_their_work_again():
    large = resize(HANDS, 20)
    assert large[:8] == HANDS
    for copy, hand in zip(large[8:16], HANDS, strict=True):
        assert (copy.kind, copy.replace, copy.expected) == (hand.kind, hand.replace, hand.expected)


def test_every_student_has_a_name_of_their_own():
    assert len(set(students(1000))) == 1000


def test_a_larger_class_keeps_the_names_of_a_smaller_one():
    assert students(100)[:50] == students(50)


def test_no_student_takes_the_name_of_another():
    [first] = islice(made_up_names(), 1)
    assert next(made_up_names({first})) != first
    assert resize((Hand(first, "", ""),), 2)[1].student != first


def test_names_differ_in_at_least_two_syllables():
    names = list(islice(made_up_names(), 400))
    syllables = [[name[i : i + 2] for i in range(0, 6, 2)] for name in names]
    alike = [sum(a == b for a, b in zip(*pair, strict=True)) for pair in combinations(syllables, 2)]
    assert max(alike) <= 1


def test_names_go_on_after_the_first_round():
    names = list(islice(made_up_names(), 9409 * 2 + 5))
    assert len(set(names)) == len(names)
    assert all(name.isalpha() and name.islower() for name in names)


@pytest.mark.parametrize(("hands", "size", "words"), [(HANDS, 0, "class of 0"), ((), 3, "is empty")])
def test_a_class_that_cannot_be_made_is_told(hands, size, words):
    with pytest.raises(CourseError, match=words):
        resize(hands, size)


@pytest.fixture
def course(released, tmp_path):
    course = Course(shutil.copytree(released.root, tmp_path / "course"))
    course.authoring("ps9_class.py").parent.mkdir()
    course.authoring("ps9_class.py").write_text("from course_kit import CLASS\n", "utf-8")
    return course


def test_the_command_writes_as_many_hands_as_it_is_told(course):
    size = len(CLASS) + 3
    told = CliRunner().invoke(
        app, ["sample-class", "ps9", "--course", str(course.root), "--students", str(size)]
    )
    assert f"Written: {size} submissions" in told.stdout
    assert len(list((course.root / "submitted").iterdir())) == size


def test_the_command_wants_at_least_one_student(course):
    told = CliRunner().invoke(app, ["sample-class", "ps9", "--course", str(course.root), "--students", "0"])
    assert told.exit_code == 2
