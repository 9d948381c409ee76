"""The playground in a real JupyterLab: start, pause, step, reset, change, restore; by keyboard."""

import re

import pytest
from axe_violations import find_violations
from notebooks.made import open_made
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

EPOCH = re.compile(r"epoch (\d+)")


@pytest.fixture
def playground(lab):
    cells = (
        "from mlpkit.widgets.playground import Playground",
        "Playground(data='XOR', hidden=(3,), eta=0.5)",
    )
    open_made(lab, "playground.ipynb", *cells)
    widget = lab.widget("Playground")
    expect(widget.get_by_role("button", name="Step")).to_be_enabled()
    return widget


def caption(widget):
    return widget.locator(".bp-caption")


def epoch(widget):
    return int(EPOCH.search(caption(widget).inner_text())[1])


def button(widget, name):
    return widget.get_by_role("button", name=name, exact=True)


def pixels(widget):
    """The colours of the plane, as one string."""
    return widget.locator(".bp-field-picture canvas").evaluate("node => node.toDataURL()")


@pytest.mark.page
def test_start_pause_step_and_reset_by_keyboard(playground):
    run = button(playground, "Start")
    run.focus()
    run.press("Space")
    expect(button(playground, "Pause")).to_be_visible()
    playground.page.wait_for_function(
        "node => Number(/epoch (\\d+)/.exec(node.innerText)[1]) > 20",
        arg=caption(playground).element_handle(),
    )
    button(playground, "Pause").press("Space")
    expect(button(playground, "Start")).to_be_visible()
    playground.page.wait_for_timeout(300)  # what was on its way has arrived
    paused = epoch(playground)
    playground.page.wait_for_timeout(500)
    assert epoch(playground) == paused

    step = button(playground, "Step")
    step.press("Enter")
    expect(caption(playground)).to_contain_text(f"epoch {paused + 1}")
    button(playground, "Reset").press("Enter")
    expect(caption(playground)).to_contain_text("epoch 0")


def test_the_plane_and_every_unit_are_painted_anew(playground):
    before = pixels(playground)
    units = playground.locator(".bp-units canvas")
    expect(units).to_have_count(3)
    button(playground, "Step").click()
    expect(caption(playground)).to_contain_text("epoch 1")
    assert pixels(playground) != before


def test_live_controls_keep_the_training_and_others_begin_anew(playground):
    button(playground, "Step").click()
    expect(caption(playground)).to_contain_text("epoch 1")
    slider = playground.get_by_role("slider", name="momentum α")
    slider.press("ArrowRight")
    state = playground.get_by_label("state")
    expect(state).to_have_value(re.compile(r"\*1 \+ 0\.5,0\.01,"))
    expect(caption(playground)).to_contain_text("epoch 1")
    playground.get_by_role("slider", name="hidden layers").press("ArrowRight")
    expect(caption(playground)).to_contain_text("epoch 0")
    expect(playground.get_by_label("units, layer 2", exact=True)).to_be_visible()
    expect(playground.locator(".bp-units canvas")).to_have_count(6)


def test_pause_works_while_a_control_is_dragged(playground):
    button(playground, "Start").click()
    slider = playground.get_by_role("slider", name="step η")
    for _ in range(5):
        slider.press("ArrowLeft")
    button(playground, "Pause").click()
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"0\.\d+"))
    wanted = slider.get_attribute("aria-valuetext")
    expect(playground.get_by_label("state")).to_have_value(re.compile(rf"\+ {wanted},0\.0,|run={wanted},"))


def test_the_state_brings_everything_back(playground):
    for n in range(1, 4):
        button(playground, "Step").click()
        expect(caption(playground)).to_contain_text(f"epoch {n}")
    words, colours = caption(playground).inner_text(), pixels(playground)
    state = playground.get_by_label("state")
    expect(state).to_have_value(re.compile(r"\*3$"))
    saved = state.input_value()
    button(playground, "Reset").click()
    expect(caption(playground)).to_contain_text("epoch 0")
    state.fill(saved)
    state.press("Enter")
    expect(caption(playground)).to_have_text(words)
    assert pixels(playground) == colours


def test_a_bad_state_is_said(playground):
    state = playground.get_by_label("state")
    state.fill("nonsense")
    button(playground, "Restore").click()
    expect(playground.get_by_role("status").filter(has_text="must have the parts")).to_be_visible()


def test_running_away_stops_with_a_friendly_sentence(lab):
    source = (
        "from mlpkit.widgets.playground import Playground\n"
        "Playground(data='curve: sine', eta=10.0, alpha=0.9)"
    )
    open_made(lab, "runaway.ipynb", source)
    widget = lab.widget("Playground")
    button(widget, "Start").click()
    expect(widget.get_by_role("status").filter(has_text="ran away in epoch")).to_be_visible(timeout=10_000)
    expect(button(widget, "Start")).to_be_visible()
    button(widget, "Reset").click()
    expect(caption(widget)).to_contain_text("epoch 0")
    expect(widget.get_by_role("status").filter(has_text="ran away")).to_have_count(0)


def test_it_is_accessible_and_says_where_it_stands(playground):
    button(playground, "Step").click()
    name = re.compile(r"Epoch 1: training loss [\d.]+, test loss [\d.]+, training accuracy [\d.]+ %")
    expect(playground.get_by_role("img", name=name)).to_have_count(1)
    page = playground.page
    assert find_violations(page, context={"include": [[".bp-playground"]]}) == []
