"""Lecture 02 in a real JupyterLab: a poll with two right choices, an exercise on smoothing."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_poll_with_two_right_choices_and_smoothing(lab):
    lab.open("lectures/02-what-we-minimise.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    poll = lab.widget("Poll: traffic lights")
    poll.get_by_label("Four outputs, one-hot").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).not_to_contain_text("nothing forces these outputs")
    poll.get_by_label("Three sigmoid outputs").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("nothing forces these outputs")

    for numbers, verdict in (
        ("[.03, .85, .03, .03, .03]", "should be 0.88"),
        ("[.03, .88, .03, .03, .03]", "Right"),
    ):
        run_cells(lab, "try-smooth", "try-smooth-check", try_smooth=f"my_targets = {numbers}")
        assert verdict in output_of(lab, "try-smooth-check")
