"""Lecture 03 in a real JupyterLab: the explorer answers, a poll explains, a check knows right from wrong."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_explorer_poll_and_exercise(lab):
    lab.open("lectures/03-activations.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    explorer = lab.widget("Activation and derivative")
    explorer.get_by_label("activation").select_option("ReLU")
    expect(explorer.locator(".bp-caption")).to_contain_text("ReLU at z = 1")

    poll = lab.widget("Poll: softmax on one output")
    poll.get_by_label("Nothing: the output is always 1.").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("e^z divided by itself is 1")

    for factor, verdict in (("2", "should be"), ("4", "Right: tanh_slope, on 3 calls.")):
        lines = f"S = sigmoid\ndef tanh_slope(u):\n    return {factor} * S(2 * u) * (1 - S(2 * u))"
        run_cells(lab, "try-tanh", "try-tanh-check", try_tanh=lines)
        assert verdict in output_of(lab, "try-tanh-check")
