"""The command line: messages, exit codes, and JSON on standard output."""

from __future__ import annotations

import inspect
import json
import shutil

import pytest
from typer.testing import CliRunner

from autograder import grading
from autograder.cli import app

BANK = """
from autograder import Hand, Mangle
CLASS = (
    Hand("ada", "right", "All right.", expected={}),
    Hand("bob", "damaged", "Cut.", mangle=Mangle.BROKEN_JSON),
)
"""


@pytest.fixture
def run(released, tmp_path, monkeypatch):
    """Run a command inside a course with a sample class."""
    shutil.copytree(released.root, tmp_path, dirs_exist_ok=True)
    (tmp_path / "authoring").mkdir()
    (tmp_path / "authoring/ps9_class.py").write_text(BANK, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_from_release_to_report(run, tmp_path):
    assert "Student copy: release/ps9/ps9.ipynb" in run("release", "ps9").stdout
    assert "Written: 2 submissions to submitted" in run("sample-class", "ps9").stdout
    shown = run("grade", "ps9")
    assert shown.exit_code == 0
    assert "9 / 12" in shown.stdout
    assert "– / 12" in shown.stdout
    assert "not gradable: ps9.ipynb is damaged" in shown.stdout
    assert "1 graded (0 with a time-out), 1 not gradable, 0 missing; mean score 9" in shown.stdout
    assert "Removing failed" not in shown.output
    assert "All 2 students have the expected grades." in run("sample-class", "ps9", "--verify").stdout
    assert "Written: 2 pages to feedback" in run("feedback", "ps9").stdout
    assert "Report: report/ps9.html" in run("report", "ps9").stdout
    summary = json.loads(run("report", "ps9", "--json").stdout)
    assert (summary["graded"], summary["not_gradable"], summary["missing"], summary["mean"]) == (1, 1, 0, 9.0)
    again = run("grade", "ps9", "--students", "bob", "--json")
    assert [item["status"] for item in json.loads(again.stdout)] == ["not gradable"]
    assert len(json.loads((tmp_path / "report/ps9.outcomes.json").read_text("utf-8"))) == 2


def test_the_sample_class_keeps_work_that_is_there(run, tmp_path):
    run("sample-class", "ps9")
    mine = tmp_path / "submitted/ada/ps9/ps9.ipynb"
    mine.write_text("mine", "utf-8")
    kept = run("sample-class", "ps9")
    assert "Kept as they were (--force replaces them): ada, bob" in kept.stdout
    assert mine.read_text("utf-8") == "mine"
    run("sample-class", "ps9", "--force")
    assert mine.read_text("utf-8") != "mine"


@pytest.mark.parametrize(
    ("arguments", "problem", "step"),
    [
        (["grade", "ps1"], "There is no assignment `ps1`", "Known assignments: ps9."),
        (["grade", "ps9", "--course", "nowhere"], "no nbgrader_config.py in nowhere", "--course"),
        (["feedback", "ps9"], "has not been graded", "Run: autograder grade ps9"),
        (["report", "ps9"], "has not been graded", "Run: autograder grade ps9"),
        (["grade", "ps9"], "Nobody has handed anything in", "autograder sample-class"),
        (["sample-class", "ps9", "--verify"], "ada: has not been graded yet", ""),
        (["grade", "ps9", "--students", " , "], "--students names nobody", "leave it out"),
    ],
)
def test_mistakes_exit_with_1_and_two_plain_lines(run, arguments, problem, step):
    result = run(*arguments)
    assert result.exit_code == 1
    assert problem in result.stderr
    assert step in result.stderr
    assert "Traceback" not in result.output


def test_every_step_before_release_points_to_release(run, tmp_path):
    (tmp_path / "gradebook.db").unlink()
    shutil.rmtree(tmp_path / "release")
    for command in ("sample-class", "grade", "report"):
        result = run(command, "ps9")
        assert result.exit_code == 1
        assert "Run: autograder release ps9" in result.stderr


def test_a_class_that_does_not_load_is_named(run, tmp_path):
    (tmp_path / "authoring/ps9_class.py").write_text("CLASS = (1 / 0,)", "utf-8")
    result = run("sample-class", "ps9")
    assert "authoring/ps9_class.py does not load: ZeroDivisionError" in result.stderr


def test_help_is_the_docstring_and_defaults_are_the_apis(run):
    shown = run("grade", "--help").stdout
    assert "one that cannot be graded gets a reason and stops nobody else" in shown
    engine = inspect.signature(grading.grade).parameters["engine"].default
    assert f"[default: {engine}" in shown


def test_no_command_shows_help(run):
    assert "sample-class" in run().output
