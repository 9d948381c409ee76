"""Handing in, and worked solutions after it."""

import json
from datetime import datetime

import pytest
import workspace_kit as kit
from typer.testing import CliRunner

from autograder.check import State, check_notebook
from autograder.errors import CourseError
from autograder.solutions import hand_in, handed_in, write_solution
from autograder.workspace import Workspace, update
from autograder.workspace_cli import app

PS9 = "assignments/release/ps9/ps9.ipynb"
NOON = datetime(2031, 2, 3, 12, 0, 5)


@pytest.fixture
def place(tmp_path):
    course = kit.make_course(tmp_path / "course")
    update(tmp_path / "mine", course)
    return Workspace.find(tmp_path / "mine")


def text_of(path):
    return "\n".join(cell["source"] for cell in json.loads(path.read_text("utf-8"))["cells"])


def test_handing_in_keeps_a_dated_copy(place):
    copy = hand_in(place, "ps9", NOON)
    assert copy.name == "ps9-2031-02-03-120005.ipynb"
    assert copy.read_bytes() == (place.root / PS9).read_bytes()


def test_every_hand_in_is_kept(place):
    first, second = hand_in(place, "ps9", NOON), hand_in(place, "ps9", NOON)
    assert handed_in(place, "ps9") == tuple(sorted((first, second)))
    assert first != second


def test_a_solution_waits_for_a_hand_in(place):
    with pytest.raises(CourseError, match="has not been handed in yet"):
        write_solution(place, "ps9")
    hand_in(place, "ps9", NOON)
    assert write_solution(place, "ps9").name == "ps9.ipynb"


def test_anyway_needs_no_hand_in(place):
    assert write_solution(place, "ps9", anyway=True).exists()


def test_a_worked_solution_has_the_answers_and_no_hidden_checks(place):
    text = text_of(write_solution(place, "ps9", anyway=True))
    assert "return 2 * x" in text
    assert "Because." in text
    assert "154" not in text
    assert "SOLUTION" not in text
    assert "Worked solution." in text


def test_a_worked_solution_is_no_hand_in(place):
    cells = json.loads(write_solution(place, "ps9", anyway=True).read_text("utf-8"))["cells"]
    assert not [cell for cell in cells if "nbgrader" in cell["metadata"]]


def test_a_worked_solution_runs(place):
    session = kit.Session()
    for cell in json.loads(write_solution(place, "ps9", anyway=True).read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert [output["output_type"] for output in session.run(cell["source"], 1)] == ["stream"]


def test_its_data_lie_beside_it(place):
    assert write_solution(place, "ps9", anyway=True).with_name("data.csv").exists()


def test_a_solution_in_which_somebody_wrote_is_not_overwritten(place):
    first = write_solution(place, "ps9", anyway=True)
    first.write_text("mine", "utf-8")
    second = write_solution(place, "ps9", anyway=True)
    assert first.read_text("utf-8") == "mine"
    assert second.name == "ps9-again.ipynb"


def test_a_course_without_solutions_says_so(place):
    (place.course / "assignments/source/ps9/ps9.ipynb").unlink()
    with pytest.raises(CourseError, match="has no solution of ps9"):
        write_solution(place, "ps9", anyway=True)


def test_a_lecture_has_no_solution_and_says_where_its_checks_are(place):
    with pytest.raises(CourseError, match="`01` is not a problem set but the lecture 01-sums: its exercises"):
        write_solution(place, "01", anyway=True)


@pytest.mark.parametrize("name", ["PS9", "ps9.ipynb", r"release\ps9\ps9.ipynb"])
def test_a_problem_set_may_be_said_in_other_ways(place, name):
    assert hand_in(place, name, NOON).parent.name == "ps9"
    assert write_solution(place, name).name == "ps9.ipynb"


def run(place, *arguments, answer="n\n"):
    return CliRunner().invoke(app, [*arguments, "--workspace", str(place.root)], input=answer)


def test_handing_in_says_how_many_answers_are_written(place):
    kit.write(place.root / PS9, kit.problem_set(kit.RIGHT))
    assert "1 of 2 answers are written so far" in run(place, "hand-in", "ps9").stdout
    kit.write(place.root / PS9, kit.problem_set(kit.RIGHT, "Because."))
    assert "answers are written" not in run(place, "hand-in", "ps9").stdout


def test_a_notebook_of_the_same_name_elsewhere_is_not_handed_in(place, tmp_path, monkeypatch):
    kit.write(tmp_path / "downloads/ps9.ipynb", kit.problem_set())
    monkeypatch.chdir(tmp_path / "downloads")
    shown = run(place, "hand-in", "ps9.ipynb")
    assert "ps9.ipynb is not the notebook of your workspace" in shown.stderr
    assert handed_in(place, "ps9") == ()


def test_the_command_asks_and_takes_no_for_an_answer(place):
    run(place, "hand-in", "ps9")
    shown = run(place, "solution", "ps9")
    assert "It cannot be unseen." in shown.stdout
    assert not (place.root / "solutions").exists()


def test_the_command_writes_after_yes(place):
    run(place, "hand-in", "ps9")
    assert "Worked solution: " in run(place, "solution", "ps9", answer="y\n").stdout
    assert (place.root / "solutions/ps9.ipynb").exists()


def test_the_command_does_not_ask_about_what_it_will_not_show(place):
    shown = run(place, "solution", "ps9")
    assert shown.exit_code == 1
    assert "autograder hand-in ps9" in shown.stderr


def test_the_instructors_answers_pass_the_visible_checks_of_the_release(place):
    report = check_notebook(
        place.course / "assignments/source/ps9/ps9.ipynb", place.course / PS9, kit.session
    )
    assert [cell.state for cell in report.cells] == [State.PASSED, State.WRITTEN]
