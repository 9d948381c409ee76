"""Every poll of every lecture, each choice clicked in a real JupyterLab: the answer says right or wrong, and why."""

import json
from pathlib import Path

import nbformat
import pytest
from lecture_cells import run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LECTURES = sorted((Path(__file__).resolve().parents[2] / "lectures").glob("[0-9][0-9]-*.ipynb"))


def poll_cells(path):
    """Ids of the cells that make a poll, and of the imports that they need."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [cell.id for cell in cells if cell.source.startswith("Poll(")]


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda path: path.stem)
def test_every_choice_is_answered(lab, lecture):
    lab.open(f"lectures/{lecture.name}")
    run_cells(lab, "imports", *poll_cells(lecture))
    polls = lab.page.locator(".bp-poll")
    assert polls.count() == len(poll_cells(lecture)) >= 1
    for index in range(polls.count()):
        poll = polls.nth(index)
        choices = poll.locator("input")
        said = []
        for choice in range(choices.count()):
            for other in range(choices.count()):
                if choices.nth(other).get_attribute("type") == "checkbox":
                    choices.nth(other).set_checked(other == choice)
            choices.nth(choice).check()
            poll.get_by_role("button", name="Check").click()
            feedback = poll.locator(".bp-feedback").first
            expect(feedback).to_be_visible()
            said.append(feedback.inner_text())
        assert all(said), json.dumps(said)
        assert len(set(said)) == len(said), "each choice has an answer of its own"
