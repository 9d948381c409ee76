"""Lecture 09 in a real JupyterLab: its steppers show the worked numbers by keyboard, its checks answer."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TINY = "Backward pass of the tiny network"
TWO_OUTPUTS = "Backward pass of a network with two outputs"
SECOND_STEP = "The second training step of the tiny network"


@pytest.fixture
def lecture(lab):
    lab.open("lectures/09-the-backward-pass.ipynb")
    lab.run_all()
    return lab


def caption(stepper):
    return stepper.locator(".bp-caption")


@pytest.mark.page
def test_runs_and_steps_by_keyboard_through_n5(lecture):
    assert lecture.bad_outputs() == []
    stepper = lecture.widget(TINY)
    picture = stepper.get_by_role("img")
    expect(stepper.locator(".bp-count")).to_have_text("1 / 18")
    expect(picture).not_to_contain_text("−0.08597")

    stepper.focus()
    stepper.press("ArrowRight")
    expect(caption(stepper)).to_contain_text("−0.3477")
    stepper.press("ArrowRight")
    expect(caption(stepper)).to_contain_text("−0.08597")
    expect(picture).to_contain_text("−0.08597")
    expect(picture).not_to_contain_text("−0.002128")

    stepper.press("End")
    expect(stepper.locator(".bp-count")).to_have_text("18 / 18")
    expect(picture).to_contain_text("−0.002128")
    expect(picture).to_have_accessible_name(
        "Network with 2 inputs, 2 hidden units (sigmoid), 1 output unit (sigmoid). "
        "Derivative to input 2: −0.0004256"
    )

    stepper.press("Home")
    expect(picture).not_to_contain_text("−0.08597")
    expect(picture).to_contain_text("0.5523")

    # The keys belong to the stepper while it has the focus: the notebook's selection has not moved.
    assert stepper.evaluate("node => node.contains(document.activeElement)")

    # The check of the hidden layer answers a forgotten slope, and the right lines.
    assert "Not answered yet" in output_of(lecture, "try-hidden-check")
    for slope, verdict in (("1", "dz1"), ("sigmoid.derivative(z1)", "Right: hidden_layer, on 2 calls.")):
        lines = (
            "def hidden_layer(dy1, z1, x):",
            f"    dz1 = {slope} * dy1",
            '    return {"dz1": dz1, "dW1": np.outer(dz1, x), "db1": dz1}',
        )
        run_cells(lecture, "try-hidden", "try-hidden-check", try_hidden="\n".join(lines))
        assert verdict in output_of(lecture, "try-hidden-check")


def test_the_second_step_ends_at_n6_and_its_check_knows_a_forgotten_momentum(lecture):
    stepper = lecture.widget(SECOND_STEP)
    stepper.focus()
    stepper.press("End")
    picture = stepper.get_by_role("img")
    for number in ("0.09031", "0.09467", "0.09966", "0.1008", "0.09885"):
        expect(picture).to_contain_text(number)

    given = {"output weight": 0.09467, "hidden weight 1": 0.10043, "hidden weight 2": 0.09885}
    for weight, verdict in ((0.10043, "0.9 times the last change"), (0.10081, "Right: the second step.")):
        given["hidden weight 1"] = weight
        run_cells(lecture, "try-second", "try-second-check", try_second=f"my_second_step = {given}")
        assert verdict in output_of(lecture, "try-second-check")


def test_buttons_slider_and_play(lecture):
    stepper = lecture.widget(TWO_OUTPUTS)
    count = stepper.locator(".bp-count")
    expect(count).to_have_text("12 / 23")
    stepper.get_by_role("button", name="First step").click()
    expect(count).to_have_text("1 / 23")
    expect(stepper.get_by_role("button", name="Previous step")).to_be_disabled()
    stepper.get_by_role("button", name="Next step").click()
    expect(count).to_have_text("2 / 23")
    stepper.get_by_role("slider", name="Step").fill("22")
    expect(count).to_have_text("23 / 23")
    stepper.get_by_role("button", name="Previous step").click()
    stepper.get_by_role("button", name="Play").click()
    expect(count).to_have_text("23 / 23", timeout=20_000)
    expect(stepper.get_by_role("button", name="Play")).to_be_visible(timeout=20_000)


def test_two_steppers_do_not_disturb_each_other(lecture):
    first, second = lecture.widget(TINY), lecture.widget(TWO_OUTPUTS)
    second.focus()
    second.press("Home")
    first.focus()
    first.press("End")
    expect(second.locator(".bp-count")).to_have_text("1 / 23")
    expect(first.get_by_role("img")).to_contain_text("−0.002128")
    expect(second.get_by_role("img")).not_to_contain_text("−0.002128")
