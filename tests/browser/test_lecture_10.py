"""Lecture 10 in a real JupyterLab: softmax stepped by keyboard, a poll with several right answers, a check, the kink."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_stepper_poll_exercise_and_explorer(lab):
    lab.open("lectures/10-special-cases.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    stepper = lab.widget("Backward pass of the tiny network with softmax")
    expect(stepper.locator(".bp-caption")).to_contain_text("−0.494")
    stepper.focus()
    stepper.press("ArrowRight")
    expect(stepper.locator(".bp-caption")).to_contain_text("collects from every output")
    expect(stepper.get_by_role("img")).to_contain_text("0.494")

    poll = lab.widget("Poll: a close race")
    for choice in ("both about", "A nudge of"):
        poll.get_by_label(choice).check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("The winner takes it all")

    for sign, verdict in (("+", "should be"), ("-", "Right: softmax_jacobian, on 3 calls.")):
        source = f"def softmax_jacobian(y):\n    return np.diag(y) {sign} np.outer(y, y)"
        run_cells(lab, "try-softmax", "try-softmax-check", try_softmax=source)
        assert verdict in output_of(lab, "try-softmax-check")

    explorer = lab.widget("Subgradients")
    explorer.get_by_role("slider", name="slope g").press("End")
    expect(explorer.locator(".bp-caption")).to_contain_text("g = 5 is none: the line rises above the graph")
