"""Checking one's own notebook: what is passed, not yet, not answered; without nbgrader, fork or resource."""

import io
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import pytest
import workspace_kit as kit
from typer.testing import CliRunner

from autograder import check_here, workspace_cli
from autograder.check import CheckReport, State, check_notebook
from autograder.errors import CourseError
from autograder.outputs import TIMEOUT, error_output
from autograder.workspace import Workspace, update

PS9 = "assignments/release/ps9/ps9.ipynb"
ONE, TWO = "Problem 1. Twice", "Problem 2. Why"

# What Windows does not have, taken away before anything of ours is loaded.
ELSEWHERE = """
import importlib.abc, os, signal, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in {"resource", "fcntl", "pwd", "grp", "termios", "nbgrader"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
for owner, names in ((os, ("fork", "forkpty", "memfd_create", "pread", "sched_getaffinity")),
                     (signal, ("SIGALRM", "setitimer", "SIGXCPU", "pthread_sigmask"))):
    for name in names:
        if hasattr(owner, name):
            delattr(owner, name)
"""


@pytest.fixture
def released(tmp_path):
    return kit.write(tmp_path / "release/ps9.ipynb", kit.problem_set())


@pytest.fixture
def mine(tmp_path):
    """Write a student's notebook and return its path."""

    def write(*arguments, cells=None):
        return kit.write(tmp_path / "mine/ps9.ipynb", cells or kit.problem_set(*arguments))

    return write


def checked(path, released, **options):
    return check_notebook(path, released, kit.session, **options)


def states(report):
    return {cell.name: cell.state for cell in report.cells}


def test_a_right_answer_passes_its_visible_checks(mine, released):
    report = checked(mine(kit.RIGHT, "Because it is so."), released)
    assert states(report) == {"test-double": State.PASSED, "why": State.WRITTEN}
    assert report.summary == (
        "Visible checks pass for 3 of 3 points; 2 hidden checks run at grading. 2 more are given by a person."
    )


def test_a_wrong_answer_is_told_what_the_check_says(mine, released):
    report = checked(mine(kit.WRONG), released)
    (cell, _) = report.cells
    assert (cell.state, cell.message) == (State.NOT_YET, "double(4) should be 8.")
    assert (cell.problem, cell.points, cell.max_points, cell.hidden) == (ONE, 0, 3, 2)


def test_an_untouched_stub_is_not_answered_rather_than_wrong(mine, released):
    report = checked(mine(), released)
    assert states(report) == {"test-double": State.NOT_ANSWERED, "why": State.NOT_ANSWERED}
    assert "NotImplementedError" not in repr(report)
    assert report.trouble == ()


def test_blank_space_is_no_answer(mine, released):
    report = checked(mine(kit.STUB + "\n\n"), released)
    assert states(report)["test-double"] is State.NOT_ANSWERED


def test_a_function_that_calls_an_unwritten_one_is_told_so(mine, released):
    answer = "def helper():\n    raise NotImplementedError('Replace.')\ndef double(x):\n    return helper()"
    (cell, _) = checked(mine(answer), released).cells
    assert cell.state is State.NOT_YET
    assert cell.message.startswith("It needs a function that is not written yet")


def test_partial_credit_counts(tmp_path, mine):
    cells = kit.problem_set()
    cells[4]["source"] = "1.5"
    released = kit.write(tmp_path / "release/ps9.ipynb", cells)

    class Half(kit.Session):
        def run(self, source, timeout):
            data = {"text/plain": "1.5"} if source == "1.5" else {}
            return [{"output_type": "execute_result", "data": data}] if data else []

    report = check_notebook(mine(kit.RIGHT), released, lambda folder: nullcontext(Half()))
    assert (report.cells[0].state, report.points) == (State.NOT_YET, 1.5)


def test_an_edited_check_runs_as_it_was_released(mine, released):
    cells = kit.problem_set(kit.WRONG)
    cells[4]["source"] = "assert True"
    report = checked(mine(cells=cells), released)
    assert states(report)["test-double"] is State.NOT_YET
    assert report.notes == ("the locked cell `test-double` had been edited: the original ran instead",)


def test_a_deleted_check_comes_back(mine, released):
    cells = kit.problem_set(kit.RIGHT)
    del cells[4]
    report = checked(mine(cells=cells), released)
    assert states(report)["test-double"] is State.PASSED
    assert "put back" in report.notes[0]


def test_an_error_in_a_cell_of_ones_own_is_named(mine, released):
    cells = [*kit.problem_set(kit.RIGHT), kit.cell("1 / 0")]
    report = checked(mine(cells=cells), released)
    assert report.trouble == ("`cell 4` stopped with ZeroDivisionError: division by zero",)


def test_a_time_out_costs_one_cell(mine, released):
    class Slow(kit.Session):
        def run(self, source, timeout):
            if source.startswith("assert double"):
                return [error_output(TIMEOUT, f"longer than {timeout:g} seconds", [])]
            return super().run(source, timeout)

    report = check_notebook(mine(kit.RIGHT, "So."), released, lambda _: nullcontext(Slow()), timeout=7)
    assert report.cells[0].message == "time-out: longer than 7 seconds"
    assert states(report)["why"] is State.WRITTEN


def test_progress_names_each_code_cell(mine, released):
    seen = []
    checked(mine(), released, on_cell=lambda *call: seen.append(call))
    assert seen == [("tools", 0, 3), ("double", 1, 3), ("test-double", 2, 3)]


def test_nothing_is_written_into_the_notebook(mine, released):
    path = mine(kit.RIGHT)
    before = path.read_bytes()
    checked(path, released)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [("{", "not valid JSON"), ("[]", "is not a notebook"), (None, "There is no ps9.ipynb")],
)
def test_a_notebook_that_cannot_be_read_says_what_to_do(tmp_path, released, text, problem):
    path = tmp_path / "ps9.ipynb"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(CourseError, match=problem) as mistake:
        checked(path, released)
    assert "autograder reset ps9" in mistake.value.next_step


def test_a_report_survives_json(mine, released):
    report = checked(mine(kit.WRONG), released)
    assert CheckReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_the_table_of_a_notebook_escapes_what_students_write(mine, released):
    answer = "def double(x):\n    raise ValueError('<script>alert(1)</script>')"
    shown = checked(mine(answer), released)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert f'<td style="text-align:left">{ONE}</td>' in shown


def test_the_text_has_a_line_for_each_problem(mine, released):
    lines = repr(checked(mine(kit.WRONG), released)).splitlines()
    assert lines[0] == f"✘ {ONE}: not yet"
    assert lines[1] == "    test-double: double(4) should be 8."
    assert lines[2] == f"… {TWO}: not answered"


def test_what_was_run_but_not_saved_is_named():
    saved = json.dumps({"cells": [kit.cell(kit.STUB), kit.cell("def other():\n    return 1")]})
    inputs = ["", kit.STUB, "def other():\n    return   1  # the same", kit.RIGHT, "%magic", "x = 1"]
    assert check_here.changed_since_saved(saved, inputs) == ["double"]


def test_a_check_within_a_check_does_nothing(monkeypatch):
    monkeypatch.setenv("AUTOGRADER_CHECKING", "1")
    assert "does nothing" in repr(check_here.check("ps9"))


def test_an_unknown_notebook_is_asked_for_by_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert 'check("ps3")' in repr(check_here.check())


def test_the_notebook_that_is_open_is_found(monkeypatch, mine):
    path = mine()
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("JPY_SESSION_NAME", "assignments/release/ps9/ps9.ipynb")
    assert check_here._this_notebook() == path.resolve()


@pytest.fixture
def workspace(tmp_path):
    course = kit.make_course(tmp_path / "course")
    update(tmp_path / "mine", course)
    return tmp_path / "mine"


def test_the_command_prints_the_report_and_remembers_it(workspace, monkeypatch):
    monkeypatch.setattr("autograder.check_kernel.KernelRunner", kit.session)
    kit.write(workspace / PS9, kit.problem_set(kit.RIGHT))
    result = CliRunner().invoke(workspace_cli.app, ["check", "ps9", "--workspace", str(workspace)])
    assert "Visible checks pass for 3 of 3 points" in result.stdout
    assert "[3/3] test-double" in result.stderr
    assert json.loads((workspace / ".course/checks.json").read_text("utf-8"))["ps9"]["points"] == 3


def test_a_kept_copy_can_be_checked_by_its_path(workspace, monkeypatch):
    monkeypatch.setattr("autograder.check_kernel.KernelRunner", kit.session)
    kit.write(workspace / PS9, kit.problem_set(kit.RIGHT))
    _, kept = Workspace.find(workspace).reset("ps9", datetime(2031, 1, 1))
    result = CliRunner().invoke(workspace_cli.app, ["check", str(kept), "--workspace", str(workspace)])
    assert "Visible checks pass for 3 of 3 points" in result.stdout
    assert not (workspace / ".course/checks.json").exists()


def test_the_name_of_the_notebook_is_enough_anywhere(workspace, monkeypatch, tmp_path):
    monkeypatch.setattr("autograder.check_kernel.KernelRunner", kit.session)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(workspace_cli.app, ["check", "PS9.ipynb", "--workspace", str(workspace)])
    assert "Visible checks pass for 0 of 3 points" in result.stdout


def test_a_notebook_that_is_not_there_is_said_with_its_folder(workspace):
    path = str(workspace / "ps9/ps9.ipynb")
    result = CliRunner().invoke(workspace_cli.app, ["check", path, "--workspace", str(workspace)])
    assert f"There is no ps9.ipynb in {workspace / 'ps9'}." in result.stderr


def test_an_output_without_signs_gets_the_words(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="cp1252", newline=""))
    workspace_cli._say("✔ Problem 1: passed")
    sys.stdout.flush()
    assert raw.getvalue() == b"? Problem 1: passed\n"


def test_progress_in_a_notebook_keeps_what_else_was_said(capsys):
    assert check_here._follow(["[1/2] tools\n", "There is none.\n", "\n"]) == ["There is none."]
    assert "[1/2] tools" in capsys.readouterr().out


def test_a_lecture_cannot_be_checked(workspace):
    result = CliRunner().invoke(workspace_cli.app, ["check", "01", "--workspace", str(workspace)])
    assert result.exit_code == 1
    assert "`01` is not a problem set" in result.stderr
    path = str(workspace / "lectures/01-sums.ipynb")
    result = CliRunner().invoke(workspace_cli.app, ["check", path, "--workspace", str(workspace)])
    assert "is not a problem set but the lecture 01-sums" in result.stderr


def elsewhere(code, folder):
    """Run code where what only Linux and macOS have is missing."""
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root, "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", ELSEWHERE + code]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, encoding="utf-8", check=False
    )


def test_the_students_commands_load_nothing_that_windows_lacks(workspace):
    code = """
from autograder import __main__, check_kernel
heavy = {"nbgrader", "nbformat", "sqlalchemy", "autograder.pool", "autograder.zygote"} & set(sys.modules)
assert not heavy, heavy
sys.argv = ["autograder", "todo"]
__main__.main()
"""
    run = elsewhere(code, workspace)
    assert run.returncode == 0, run.stderr
    assert "0 of 2 done. Next: 01-sums." in run.stdout


def test_grading_where_it_cannot_run_says_so_and_shows_what_can(workspace):
    code = 'from autograder import __main__; sys.argv = ["autograder", "grade", "ps9"]; __main__.main()'
    run = elsewhere(code, workspace)
    assert "Grading needs Linux or macOS" in run.stderr
    assert "hand-in" in run.stdout and "Traceback" not in run.stderr


@pytest.mark.exhaustive
def test_a_check_runs_where_windows_things_are_missing(workspace):
    kit.write(workspace / PS9, kit.problem_set(kit.RIGHT))
    run = elsewhere('from autograder import workspace_cli; workspace_cli.app(["check", "ps9"])', workspace)
    assert run.returncode == 0, run.stderr
    assert "Visible checks pass for 3 of 3 points" in run.stdout


@pytest.mark.exhaustive
def test_an_endless_answer_is_interrupted_and_the_rest_goes_on(mine, released):
    cells = kit.problem_set("def double(x):\n    while True:\n        pass")
    cells.insert(6, kit.cell("assert 1 + 1 == 2", name="test-after", points=1, grade=True, locked=True))
    kit.write(released, [*cells[:3], kit.cell(kit.STUB, name="double", solution=True), *cells[4:]])
    report = check_notebook(mine(cells=cells), released, timeout=2)
    assert "ran longer than 2 seconds" in report.cells[0].message
    assert report.cells[1].state is State.PASSED


@pytest.mark.exhaustive
def test_an_answer_that_ends_python_is_named_and_the_rest_says_why_it_did_not_run(mine, released):
    cells = [*kit.problem_set("import os\nos._exit(3)"), kit.cell("1")]
    report = check_notebook(mine(cells=cells), released)
    assert "Python ended in the cell that begins with `import os`" in report.cells[0].message
    assert any("Python ended in this cell" in line for line in report.trouble)


@pytest.mark.exhaustive
def test_a_cell_of_the_notebook_checks_it_as_it_was_saved(workspace):
    kit.write(
        workspace / PS9,
        [*kit.problem_set(kit.RIGHT), kit.cell("from autograder.check_here import check\ncheck()")],
    )
    code = "from autograder.check_here import check; print(check().summary)"
    environment = os.environ | {"JPY_SESSION_NAME": PS9}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=(workspace / PS9).parent,
        env=environment,
        check=True,
    )
    assert "Visible checks pass for 3 of 3 points" in run.stdout
