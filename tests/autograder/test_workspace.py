"""A student's copy of the course: an update takes nothing away, and says what it did."""

import json
import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
import workspace_kit as kit
from typer.testing import CliRunner

from autograder.cli import app as everything
from autograder.errors import CourseError
from autograder.workspace import Change, Workspace, course_files, typed, update
from autograder.workspace_cli import app

REPOSITORY = Path(__file__).resolve().parents[2]
PS9 = "assignments/release/ps9/ps9.ipynb"
LECTURE = "lectures/01-sums.ipynb"
NOON = datetime(2031, 2, 3, 12, 0, 5)


@pytest.fixture
def course(tmp_path):
    return kit.make_course(tmp_path / "course")


@pytest.fixture
def root(course, tmp_path):
    update(tmp_path / "mine", course)
    return tmp_path / "mine"


def changes(root, course):
    return {item.name: item.change for item in update(root, course) if item.change is not Change.SAME}


def answer(root, source=kit.RIGHT):
    return kit.write(root / PS9, kit.problem_set(source))


def test_students_get_lectures_problem_sets_and_data_but_no_solutions(root, course):
    (course / "lectures/01-sums.py").write_text("source", "utf-8")
    names = course_files(course)
    assert names == [f"{PS9[:-9]}data.csv", PS9, LECTURE]
    assert all((root / name).read_bytes() == (course / name).read_bytes() for name in names)


def test_an_update_without_news_does_nothing(root, course):
    assert changes(root, course) == {}


def test_an_untouched_notebook_follows_the_course(root, course):
    kit.write(course / LECTURE, kit.lecture("One plus one is still two."))
    assert changes(root, course) == {LECTURE: Change.UPDATED}
    assert "still" in (root / LECTURE).read_text("utf-8")


def test_a_notebook_that_was_only_run_counts_as_untouched(root, course):
    kit.write(root / LECTURE, kit.lecture(sign="✔"))
    assert changes(root, course) == {}
    assert (
        "✔" in json.loads((root / LECTURE).read_text("utf-8"))["cells"][1]["outputs"][0]["data"]["text/plain"]
    )
    kit.write(course / LECTURE, kit.lecture("New text."))
    assert changes(root, course) == {LECTURE: Change.UPDATED}


def test_an_answer_stays_when_the_course_has_no_news(root, course):
    mine = answer(root).read_bytes()
    assert changes(root, course) == {PS9: Change.KEPT}
    assert (root / PS9).read_bytes() == mine


def test_an_answer_stays_and_the_new_version_comes_beside_it_once(root, course):
    mine = answer(root).read_bytes()
    kit.write(course / PS9, kit.problem_set(essay="*Say why.*"))
    (kept,) = [item for item in update(root, course) if item.name == PS9]
    assert kept.change is Change.KEPT
    assert kept.beside == PS9.replace("ps9.ipynb", "ps9-new-version.ipynb")
    assert (root / PS9).read_bytes() == mine
    assert (root / kept.beside).read_bytes() == (course / PS9).read_bytes()
    (again,) = [item for item in update(root, course) if item.name == PS9]
    assert again.beside == ""


def test_a_second_new_version_does_not_overwrite_the_first(root, course):
    answer(root)
    for essay in ("one", "two"):
        kit.write(course / PS9, kit.problem_set(essay=essay))
        update(root, course)
    beside = sorted(path.name for path in (root / PS9).parent.glob("*-new-version*"))
    assert beside == ["ps9-new-version-2.ipynb", "ps9-new-version.ipynb"]


def test_a_file_of_data_that_was_changed_stays(root, course):
    mine, theirs = root / PS9.replace("ps9.ipynb", "data.csv"), course / PS9.replace("ps9.ipynb", "data.csv")
    mine.write_text("my own numbers", "utf-8")
    theirs.write_text("3,4\n", "utf-8")
    update(root, course)
    assert mine.read_text("utf-8") == "my own numbers"
    assert mine.with_name("data-new-version.csv").read_text("utf-8") == "3,4\n"


def test_a_deleted_notebook_comes_back(root, course):
    (root / LECTURE).unlink()
    assert changes(root, course) == {LECTURE: Change.NEW}


def test_a_notebook_that_left_the_course_stays_in_the_workspace(root, course):
    (course / LECTURE).unlink()
    assert changes(root, course) == {LECTURE: Change.GONE}
    assert (root / LECTURE).exists()


def test_a_damaged_notebook_is_kept(root, course):
    (root / PS9).write_text('{"cells": [', "utf-8")
    kit.write(course / PS9, kit.problem_set(essay="new"))
    assert changes(root, course) == {PS9: Change.KEPT}


def test_without_its_record_everything_that_differs_is_kept(root, course):
    mine = answer(root).read_bytes()
    (root / ".course/delivered.json").unlink()
    assert changes(root, course) == {PS9: Change.KEPT}
    assert (root / PS9).read_bytes() == mine


def test_a_record_that_cannot_be_read_says_what_to_do(root, course):
    (root / ".course/delivered.json").write_text("[]", "utf-8")
    with pytest.raises(CourseError, match="Delete it and update"):
        update(root, course)


def test_the_course_itself_is_no_workspace(course):
    with pytest.raises(CourseError, match="Name another folder"):
        update(course, course)


def test_lines_of_a_text_and_one_string_are_the_same_text(tmp_path):
    cells = [{**kit.cell("a\nb"), "source": ["a\n", "b"]}]
    assert typed(kit.write(tmp_path / "a.ipynb", cells)) == typed(
        kit.write(tmp_path / "b.ipynb", [kit.cell("a\nb")])
    )


def test_a_pasted_picture_counts_as_typed(tmp_path):
    plain = kit.cell("look", "markdown")
    pasted = {**plain, "attachments": {"a.png": {"image/png": "AAAA"}}}
    assert typed(kit.write(tmp_path / "a.ipynb", [plain])) != typed(kit.write(tmp_path / "b.ipynb", [pasted]))


def test_reset_keeps_the_old_one_with_its_date(root, course):
    mine = answer(root).read_bytes()
    fresh, kept = Workspace.find(root).reset("ps9", NOON)
    assert kept.name == "ps9-kept-2031-02-03-120005.ipynb"
    assert kept.read_bytes() == mine
    assert fresh.read_bytes() == (course / PS9).read_bytes()
    assert changes(root, course) == {}


def test_two_resets_within_a_second_keep_both(root):
    place = Workspace.find(root)
    kept = []
    for source in (kit.RIGHT, kit.WRONG):
        answer(root, source)
        kept.append(place.reset("ps9", NOON)[1])
    assert kept[0] != kept[1]
    assert "2 * x" in kept[0].read_text("utf-8")


def test_a_reset_of_what_was_only_run_keeps_no_copy(root):
    kit.write(root / LECTURE, kit.lecture(sign="✔"))
    fresh, kept = Workspace.find(root).reset("01", NOON)
    assert kept is None
    assert [path.name for path in fresh.parent.iterdir()] == ["01-sums.ipynb"]


@pytest.mark.parametrize("name", ["01", "1", "01-sums", "01-sums.ipynb", r"lectures\\01-SUMS.ipynb"])
def test_a_lecture_answers_to_its_number_and_its_name(root, name):
    assert Workspace.find(root).relative(name) == LECTURE


def test_an_unknown_name_is_told_the_known_ones(root):
    with pytest.raises(CourseError, match=r"`ps8` is no notebook.*ps9, 01-sums"):
        Workspace.find(root).notebook("ps8")


def test_a_slip_of_the_fingers_is_told_what_comes_closest(root):
    with pytest.raises(CourseError, match=r"Did you mean 01-sums\?"):
        Workspace.find(root).notebook("01-sum")


def test_a_file_is_no_workspace(course, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(CourseError, match="is a file, and a workspace is a folder"):
        update(tmp_path / "notes.txt", course)


def test_the_workspace_is_found_from_within(root, monkeypatch):
    monkeypatch.delenv("WORKSPACE", raising=False)
    monkeypatch.chdir((root / PS9).parent)
    assert Workspace.find().root == root.resolve()


def test_the_workspace_that_the_environment_names_is_found(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKSPACE", str(root))
    assert Workspace.find().root == root.resolve()


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_says_what_is_new_kept_and_beside(course, tmp_path):
    mine = tmp_path / "mine"
    assert "New: 3 files." in run("workspace", mine, "--course", course).stdout
    answer(mine)
    kit.write(course / PS9, kit.problem_set(essay="new"))
    kit.write(course / LECTURE, kit.lecture("new"))
    shown = run("workspace", mine, "--course", course).stdout
    assert f"{PS9}: kept as you left it; the course's new version is beside it: " in shown
    assert f"{LECTURE}: updated" in shown
    assert "Up to date: 1 of 3 files." in shown


def test_the_reset_command_says_where_both_are(root):
    answer(root)
    shown = run("reset", "ps9", "--workspace", root).stdout
    assert "Fresh: " in shown
    assert "ps9-kept-" in shown


@pytest.mark.parametrize("command", ["reset", "check", "hand-in", "solution"])
def test_a_command_without_a_name_shows_what_there_is(root, command):
    shown = run(command, "--workspace", root)
    assert shown.exit_code == 1
    assert "Which one? There are: ps9." in shown.stderr
    assert f"autograder {command} ps3" in shown.stderr


def test_a_missing_workspace_is_two_plain_lines(tmp_path):
    result = run("reset", "ps9", "--workspace", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1].startswith("Make one with `make lab`")


def test_a_place_that_cannot_be_made_is_two_plain_lines(course, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    shown = run("workspace", tmp_path / "notes.txt" / "mine", "--course", course)
    assert shown.exit_code == 1
    assert "notes.txt" in shown.stderr and "Traceback" not in shown.stderr
    assert len(shown.stderr.splitlines()) == 2


def test_a_missing_course_is_said(tmp_path):
    result = run("workspace", tmp_path / "mine", "--course", tmp_path)
    assert result.exit_code == 1
    assert "There is no course in" in result.stderr


def test_make_lab_updates_the_workspace_and_opens_it():
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    lab = makefile.split("\nlab:")[1].split("\n\n")[0]
    assert 'autograder workspace "$(WORKSPACE)"' in lab
    assert '--ServerApp.root_dir="$(WORKSPACE)"' in lab


def test_the_default_workspace_is_ignored_by_git():
    told = subprocess.run(
        ["git", "check-ignore", "workspace/anything.ipynb"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if told.returncode == 128:
        pytest.skip("not a git checkout")
    assert told.returncode == 0


def test_students_commands_are_commands_of_autograder():
    names = {command.name or command.callback.__name__ for command in everything.registered_commands}
    assert {"workspace", "reset", "check", "todo", "hand-in", "solution", "grade"} <= names


def test_the_student_guide_names_commands_that_exist():
    text = (REPOSITORY / "docs/students-evening.md").read_text("utf-8")
    named = set(re.findall(r"autograder ([a-z-]+)", text))
    assert named - {"command", "where"} == {
        command.name or command.callback.__name__ for command in app.registered_commands
    }
