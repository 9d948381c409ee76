"""Lecture 08 in a real JupyterLab: the worked numbers N4 on the picture, and what a slider reaches."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_runs_steps_through_n4_shows_what_a_weight_reaches_and_answers(lab):
    lab.open("lectures/08-the-forward-pass.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    stepper = lab.widget("Forward pass of the network with two outputs")
    picture = stepper.get_by_role("img")
    expect(picture).not_to_contain_text("0.5474")
    stepper.focus()
    stepper.press("End")
    for number in ("0.5474", "0.47", "0.461", "0.4551"):
        expect(picture).to_contain_text(number)

    explorer = lab.widget("What moves when something moves")
    caption = explorer.locator(".bp-caption")
    slider = explorer.get_by_role("slider").nth(3)
    expect(slider).to_be_enabled()
    slider.press("ArrowRight")
    expect(caption).to_have_text("Not as before: z(2)[2], y(2)[2].")
    slider.press("ArrowLeft")
    expect(caption).to_have_text("Not as before: nothing.")
    explorer.get_by_role("slider").nth(2).press("ArrowRight")
    expect(caption).to_have_text("Not as before: z(1)[1], y(1)[1], z(2)[1], z(2)[2], y(2)[1], y(2)[2].")

    for point, verdict in (("[0.4, 0.1]", "yours is 0.547358"), ("[0, -1]", "Right")):
        run_cells(lab, "try-input", "try-input-check", try_input=f"my_x = {point}")
        assert verdict in output_of(lab, "try-input-check")
