"""What is done and what is left, read from files."""

import re

import pytest
import workspace_kit as kit
from typer.testing import CliRunner

from autograder.check import check_notebook
from autograder.todo import Item, page, record_check, survey
from autograder.workspace import Workspace, update
from autograder.workspace_cli import app

PS9 = "assignments/release/ps9/ps9.ipynb"
LECTURE = "lectures/01-sums.ipynb"


@pytest.fixture
def place(tmp_path):
    course = kit.make_course(tmp_path / "course")
    update(tmp_path / "mine", course)
    return Workspace.find(tmp_path / "mine")


def items(place):
    return {item.name: item for item in survey(place)}


def test_a_new_workspace_has_everything_to_do(place):
    assert items(place) == {
        "01-sums": Item("01-sums", LECTURE, 0, 1, "not begun"),
        "ps9": Item("ps9", PS9, 0, 2, "not begun"),
    }


@pytest.mark.parametrize(("sign", "done", "state"), [("✔", 1, "done"), ("✘", 0, "not begun")])
def test_a_lecture_is_done_when_its_exercises_say_so(place, sign, done, state):
    kit.write(place.root / LECTURE, kit.lecture(sign=sign))
    item = items(place)["01-sums"]
    assert (item.done, item.state) == (done, state)


def test_a_lecture_in_which_something_was_typed_is_begun(place):
    kit.write(place.root / LECTURE, kit.lecture("My own remark."))
    assert items(place)["01-sums"].state == "begun"


def test_answers_that_are_written_are_counted(place):
    kit.write(place.root / PS9, kit.problem_set(kit.WRONG))
    item = items(place)["ps9"]
    assert (item.done, item.total, item.state) == (1, 2, "begun")


def check(place, *arguments):
    path = kit.write(place.root / PS9, kit.problem_set(*arguments))
    record_check(place, check_notebook(path, place.course / PS9, kit.session))


def test_a_problem_set_is_done_when_all_is_answered_and_the_checks_pass(place):
    check(place, kit.RIGHT, "Because.")
    item = items(place)["ps9"]
    assert (item.state, item.remark) == ("done", "visible checks: 3 of 3 points")


def test_a_problem_set_whose_checks_fail_is_not_done(place):
    check(place, kit.WRONG, "Because.")
    item = items(place)["ps9"]
    assert (item.state, item.remark) == ("begun", "visible checks: 0 of 3 points")


def test_a_change_after_the_check_is_said(place):
    check(place, kit.RIGHT, "Because.")
    kit.write(place.root / PS9, kit.problem_set(kit.WRONG, "Because."))
    item = items(place)["ps9"]
    assert (item.state, item.remark) == ("begun", "visible checks: 3 of 3 points; changed since then")


def test_a_check_that_cannot_be_read_is_forgotten(place):
    (place.root / ".course/checks.json").write_text("[", "utf-8")
    assert items(place)["ps9"].remark == ""


@pytest.mark.parametrize("name", [PS9, LECTURE])
def test_a_damaged_notebook_stops_nothing(place, name):
    (place.root / name).write_text("{", "utf-8")
    damaged = next(item for item in survey(place) if item.path == name)
    assert damaged.state == "begun"
    assert re.search("cannot be read|damaged", damaged.remark)


def test_a_missing_notebook_says_how_it_comes_back(place):
    (place.root / PS9).unlink()
    assert items(place)["ps9"].remark == "autograder workspace brings it back"


def test_the_command_shows_a_line_for_each_and_what_is_next(place):
    shown = CliRunner().invoke(app, ["todo", "--workspace", str(place.root)]).stdout.splitlines()
    assert shown == [
        "01-sums  not begun    0 of 1",
        "ps9      not begun    0 of 2",
        "0 of 2 done. Next: 01-sums.",
    ]


def test_the_page_says_where_each_notebook_is_and_stands_alone(place):
    CliRunner().invoke(app, ["todo", "--page", "--workspace", str(place.root)])
    text = (place.root / "what-is-left.html").read_text("utf-8")
    assert f"ps9<br><small>{PS9}</small>" in text
    assert not re.search(r"https?://|<script|<link", text)


def test_the_page_escapes_what_it_is_given():
    assert "<b>" not in page([Item("<b>", "<b>", 0, 1, "begun", "<b>")])
