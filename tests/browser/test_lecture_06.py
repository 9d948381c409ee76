"""Lecture 06 in a real JupyterLab: the learning-rate slider moves the walk, the walk the slider; checks answer."""

import re

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WRONG = """\
def my_descent(x, eta, steps):
    x = np.asarray(x, dtype=float)
    g = bowl.gradient_at(x)
    return x - steps * eta * g"""
RIGHT = """\
def my_descent(x, eta, steps):
    for _ in range(steps):
        x = np.asarray(x) - eta * bowl.gradient_at(x)
    return x"""


@pytest.mark.page
def test_slider_and_walk_are_one_and_checks_tell_right_from_wrong(lab):
    lab.open("lectures/06-gradient-descent.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    walk = lab.widget("Learning rate on the tilted bowl")
    caption = walk.locator(".bp-caption")
    expect(caption).to_contain_text("Converging")
    handle = lab.page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    expect(walk.get_by_role("img").first).to_have_accessible_name(re.compile(r"η = 0\.1035"))

    box = walk.get_by_label("step η, as a number")
    box.fill("0.25")
    box.press("Enter")
    expect(caption).to_contain_text("x = (4.027, 24.81)")
    expect(caption).to_contain_text("Diverging")
    expect(handle).to_have_attribute("aria-valuenow", "-0.6")

    poll = lab.widget("Poll: the best fixed step")
    poll.get_by_label("2/9").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("That is the limit")

    for source, verdict in (
        (WRONG, "gradient is taken anew"),
        (RIGHT, "Right: my_descent, on 3 calls."),
    ):
        run_cells(lab, "try-loop", "check-loop", try_loop=source)
        assert verdict in output_of(lab, "check-loop")
