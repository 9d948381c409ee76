"""Lecture 05 in a real JupyterLab: right angles wherever one clicks, the misprint found out, a poll that explains."""

import re

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_right_angles_the_misprint_and_a_poll(lab):
    lab.open("lectures/05-minima-gradients-hessians.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    levels = lab.widget("Gradient and level line")
    caption = levels.locator(".bp-caption")
    expect(caption).to_contain_text("90.00°")
    slider = levels.get_by_role("slider", name="point x₁")
    slider.focus()
    slider.press("ArrowRight")
    expect(caption).to_contain_text("At (−0.45, 1.5)")
    expect(caption).to_contain_text("90.00°")

    axes = lab.widget("Axes of curvature")
    axes.get_by_label("function").select_option("two minima")
    expect(axes.get_by_role("img").first).to_have_accessible_name(
        re.compile("two minima.*curvatures −1 and 1")
    )

    for kind, verdict in (("minimum", "Look at the signs of all three"), ("saddle", "Right: its kind.")):
        answer = f'my_stationary = [-1 / 3, 1 / 3, -1 / 3]\nmy_kind = "{kind}"'
        run_cells(lab, "try-misprint-code", "check-misprint", try_misprint_code=answer)
        assert verdict in output_of(lab, "check-misprint")
    assert "Right: the stationary point." in output_of(lab, "check-misprint")

    poll = lab.widget("Poll: local and global")
    poll.get_by_role("checkbox").nth(1).check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("far away")
