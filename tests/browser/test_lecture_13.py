"""Lecture 13 in a real JupyterLab: its exercise, its poll with several right answers, and the playground."""

import re

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

RIGHT = """
def early_stopping(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        if epoch - best == patience:
            return best, epoch
    return best, len(losses) - 1
"""
# The usual mistake: to compare with the loss before instead of the best.
WRONG = RIGHT.replace("losses[best]", "losses[max(epoch - 1, 0)]")


@pytest.mark.page
def test_exercise_poll_and_playground(lab):
    """Only the cells that are used: the experiments before them take longer than a page test may."""
    lab.open("lectures/13-training.ipynb")
    run_cells(lab, "imports", "poll-test", "playground")

    for source, verdict in ((WRONG, "merely below the last"), (RIGHT, "Right: early_stopping, on 4 calls.")):
        run_cells(lab, "try-early", "try-early-check", try_early=source)
        assert verdict in output_of(lab, "try-early-check")

    poll = lab.widget("Poll: what spoils a test set")
    poll.get_by_label("Taking the epoch with the best test loss.").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("the best of many")

    playground = lab.widget("Playground")
    playground.get_by_role("slider", name="units, layer 1").press("ArrowRight")
    expect(playground.locator(".bp-units canvas")).to_have_count(2)
    playground.get_by_role("button", name="Step", exact=True).press("Enter")
    expect(playground.locator(".bp-caption")).to_contain_text(re.compile("epoch 1 "))
    assert lab.bad_outputs() == []
