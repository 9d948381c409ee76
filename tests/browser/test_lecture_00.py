"""Lecture 00 in a real JupyterLab: what it says about widgets, polls and checks is true."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_what_the_page_says_about_its_widgets_is_true(lab):
    lab.open("lectures/00-start-here.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    stepper = lab.widget("Both passes of a tiny network")
    stepper.focus()
    stepper.press("ArrowRight")
    expect(stepper.locator(".bp-count")).to_contain_text("2 /")

    poll = lab.widget("Poll: wrong answers")
    poll.get_by_label("Skip the lecture.").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("It would be a pity.")
    poll.get_by_label("Read why").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("Explaining to oneself")

    assert "Not answered yet" in output_of(lab, "try-sum-check")
    for number, verdict in (("0.9", "should be 0.19, yours is 0.9"), ("0.19", "Right: the sum.")):
        run_cells(lab, "try-sum", "try-sum-check", try_sum=f"my_sum = {number}")
        assert verdict in output_of(lab, "try-sum-check")
