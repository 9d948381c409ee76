"""A student's evening in a real JupyterLab: a problem set in a workspace, checked wrongly, then rightly."""

import shutil
from pathlib import Path

import pytest
from lab_server import jupyterlab
from playwright.sync_api import expect
from problem_page import ProblemPage

from autograder.workspace import update

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
PS3 = "assignments/release/ps3/ps3.ipynb"
CHECK = "from autograder.check_here import check\ncheck()"
ANSWER = "def output_derivative(Y, d):\n    return {}"

_ADD = """([id, source]) => window.jupyterapp.shell.currentWidget.content.model.sharedModel.addCell(
  {cell_type: "code", id, source, metadata: {}})"""
_SAVE = """() => window.jupyterapp.commands.execute("docmanager:save")"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace of a course with one lecture and two problem sets."""
    home = tmp_path_factory.mktemp("evening")
    for part in ("lectures/00-start-here.ipynb", "assignments/release/ps2", PS3):
        source, target = ROOT / part, home / "course" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    update(home / "root", home / "course")
    return home / "root"


@pytest.fixture(scope="module")
def lab_server(workspace):
    """URL and token of a JupyterLab on the workspace, where `lab` finds those of the course elsewhere."""
    with jupyterlab(workspace.parent) as (url, token):
        yield url, token


def test_a_problem_is_checked_wrongly_then_rightly_and_survives_an_update(lab, workspace):
    page = ProblemPage(lab, "ps3")
    lab.page.evaluate(_ADD, ["check-here", CHECK])

    page.fill("output-derivative", ANSWER.format("d - Y"))
    page.run("output-derivative")
    lab.page.evaluate(_SAVE)
    page.run("check-here")
    row = page.output("check-here").get_by_role("row", name="Problem 2. Where the way back begins")
    expect(row).to_contain_text("not yet", timeout=90_000)
    expect(row).to_contain_text("target minus output")

    page.fill("output-derivative", ANSWER.format("Y - d"))
    page.run("output-derivative", "check-here")
    unsaved = "What you ran last differs from what is saved: `output_derivative`."
    expect(page.output("check-here")).to_contain_text(unsaved, timeout=90_000)
    expect(row).to_contain_text("not yet")

    lab.page.evaluate(_SAVE)
    page.run("check-here")
    expect(row).to_contain_text("passed", timeout=90_000)
    expect(page.output("check-here")).to_contain_text("Visible checks pass for 1 of 40 points")

    lecture = workspace.parent / "course/lectures/00-start-here.ipynb"
    lecture.write_text(lecture.read_text("utf-8").replace("Welcome.", "Welcome back."), "utf-8")
    before = (workspace / PS3).read_bytes()
    update(workspace, workspace.parent / "course")
    assert (workspace / PS3).read_bytes() == before
    assert "Welcome back." in (workspace / "lectures/00-start-here.ipynb").read_text("utf-8")
