"""The explorers in a real JupyterLab: moved by keyboard, mouse and from Python, and asked what they show."""

import json
import re

import nbformat
import pytest
from axe_violations import find_violations
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from notebooks.made import make_notebook, open_made
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LEARNING_RATE = """\
from mlpkit.widgets.learning_rate import LearningRateExplorer
explorer = LearningRateExplorer()
explorer"""
ALL = """\
perceptron_line half_planes bump_construction activation_explorer cross_entropy_against_squares
hessian_explorer difference_error subgradients batch_paths weight_images"""


def names_of_all():
    return ALL.split()


@pytest.fixture
def bowl(lab):
    open_made(lab, "learning-rate.ipynb", LEARNING_RATE)
    return lab.widget("Learning rate")


def caption(widget):
    return widget.locator(".bp-caption")


def picture(widget):
    return widget.get_by_role("img").first


def type_into(widget, label, value):
    box = widget.get_by_label(f"{label}, as a number")
    box.fill(str(value))
    box.press("Enter")


@pytest.mark.page
def test_n2_converges_below_the_limit_and_diverges_above(bowl):
    type_into(bowl, "step η", 0.24)
    expect(caption(bowl)).to_contain_text("Converging")
    expect(caption(bowl)).to_contain_text("0.24503")
    expect(caption(bowl)).to_contain_text("x = (0.06778, 0.4177)")
    type_into(bowl, "step η", 0.25)
    expect(caption(bowl)).to_contain_text("Diverging")
    expect(picture(bowl)).to_have_accessible_name(re.compile(r"After 50 steps: x = \(4\.027, 24\.81\)"))


def test_arrow_keys_move_the_slider_and_nothing_else(bowl):
    slider = bowl.get_by_role("slider", name="step η")
    slider.focus()
    before = bowl.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex")
    for _ in range(3):
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0.112")
    expect(picture(bowl)).to_have_accessible_name(re.compile("η = 0.112,"))
    expect(bowl.get_by_label("step η, as a number")).to_have_value("0.112")
    slider.press("Home")
    expect(picture(bowl)).to_have_accessible_name(re.compile("η = 0.001,"))
    assert slider.evaluate("node => node === document.activeElement")
    after = bowl.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex")
    assert after == before


def test_arrow_keys_in_the_number_follow_the_scale(bowl):
    box = bowl.get_by_label("momentum α, as a number")
    box.focus()
    box.press("ArrowUp")
    box.press("ArrowUp")
    expect(box).to_have_value("0.02")
    expect(picture(bowl)).to_have_accessible_name(re.compile("α = 0.02,"))


def test_a_click_sets_the_start(bowl):
    box = picture(bowl).bounding_box()
    # The plane is at 62..462 of 960 across and 34..400 of 452 down; its middle is the origin.
    scale = box["width"] / 960
    bowl.page.mouse.click(box["x"] + (62 + 300) * scale, box["y"] + (34 + 366 / 4) * scale)
    expect(picture(bowl)).to_have_accessible_name(re.compile(r"start \(2(\.0\d*)?, (2|1\.9\d*|2\.0\d*)\)"))
    number = float(bowl.get_by_label("start x₁, as a number").input_value())
    assert number == pytest.approx(2, abs=0.05)


def test_another_function_brings_its_own_picture(bowl):
    bowl.get_by_label("function").select_option("saddle")
    expect(caption(bowl)).to_contain_text("f has no minimum")
    expect(picture(bowl)).to_contain_text("f = x₁² − x₂²")
    expect(bowl.get_by_label("start x₂, as a number")).to_have_value("0.02")


def test_dragged_fast_the_latest_value_wins(bowl):
    slider = bowl.get_by_role("slider", name="step η")
    slider.evaluate(
        """node => { for (let n = 40; n <= 140; n++) {
             node.value = n; node.dispatchEvent(new Event("input", { bubbles: true })); } }"""
    )
    expected = slider.get_attribute("aria-valuetext")
    expect(picture(bowl)).to_have_accessible_name(re.compile(f"η = {expected},"))
    # The controls have not been thrown back by an earlier answer, and nothing comes after.
    bowl.page.wait_for_timeout(400)
    expect(slider).to_have_attribute("aria-valuetext", expected)
    expect(picture(bowl)).to_have_accessible_name(re.compile(f"η = {expected},"))


def test_only_what_changed_is_drawn_anew(bowl):
    bowl.evaluate("node => { node.querySelector('svg').dataset.mark = 'kept'; }")
    type_into(bowl, "step η", 0.2)
    expect(picture(bowl)).to_have_accessible_name(re.compile("η = 0.2,"))
    assert bowl.locator("svg[data-mark=kept]").count() == 1


def test_an_ipywidgets_slider_is_linked_to_eta(lab):
    cells = (
        "from ipywidgets import FloatLogSlider\nfrom traitlets import link",
        LEARNING_RATE,
        "slider = FloatLogSlider(value=0.1, min=-3, max=0, step=0.02, description='eta')\n"
        "link((slider, 'value'), (explorer, 'eta'))\nslider",
        "slider.value = 0.25",
    )
    open_made(lab, "linked.ipynb", *cells)
    widget = lab.widget("Learning rate")
    expect(caption(widget)).to_contain_text("Diverging")
    # The slider itself rounds to its own steps.
    expect(widget.get_by_label("step η, as a number")).to_have_value(re.compile(r"^0\.25"))
    handle = lab.page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    handle.press("ArrowLeft")
    expect(caption(widget)).to_contain_text("Converging")
    # And the other way: the readout of the ipywidgets slider follows the explorer's own control.
    type_into(widget, "step η", 0.1)
    expect(lab.page.locator(".widget-slider .widget-readout")).to_have_text("0.100")


def test_every_explorer_is_shown_named_and_accessible(lab):
    cells = [
        "from mlpkit.widgets.explorer import *",
        LEARNING_RATE,
        *(f"{name}()" for name in names_of_all()),
    ]
    open_made(lab, "all-explorers.ipynb", *cells)
    groups = lab.page.locator(".bp-explorer")
    expect(groups).to_have_count(len(names_of_all()) + 1)
    for n in range(groups.count()):
        expect(picture(groups.nth(n))).to_have_accessible_name(re.compile(r"\d"))
    assert find_violations(lab.page, context={"include": [[".bp-explorer"]]}) == []


@pytest.mark.parametrize(
    ("make", "name", "moves", "shown"),
    [
        ("perceptron_line", "One threshold unit", {"bias b": -1.5}, "4 of 4 rows of AND are right"),
        ("half_planes", "Half-planes joined", {"units needed": 1}, "OR: one is enough"),
        ("activation_explorer", "Activation and derivative", {"sum z": 0}, "y = 0.5, dy/dz = 0.25"),
        ("hessian_explorer", "Gradient and curvature", {"point x₁": -1}, "meet at 90.00°"),
        ("subgradients", "Subgradients", {"slope g": 1.5}, "g = 1.5 is none"),
        ("difference_error", "Error of difference quotients", {"step h": 1e-8}, "At h = 1e−8"),
    ],
)
def test_explorers_show_their_number_by_keyboard(lab, make, name, moves, shown):
    open_made(lab, f"{make}.ipynb", f"from mlpkit.widgets.explorer import {make}\n{make}()")
    widget = lab.widget(name)
    for label, value in moves.items():
        type_into(widget, label, value)
    expect(caption(widget)).to_contain_text(shown)


# -- without a kernel --------------------------------------------------------------------------------------


def test_an_exported_page_carries_the_last_view():
    notebook = nbformat.from_dict(make_notebook(LEARNING_RATE, "explorer.eta = 0.24"))
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    page, _ = HTMLExporter().from_notebook_node(notebook)
    states = re.search(r'widget-state\+json">(.*?)</script>', page, re.DOTALL)[1]
    views = [model["state"].get("view", {}) for model in json.loads(states)["state"].values()]
    assert any("η = 0.24, α = 0, start (3, 3). Converging" in view.get("alt", "") for view in views)


def test_after_the_kernel_has_gone_it_says_so_and_keeps_the_picture(bowl):
    type_into(bowl, "step η", 0.24)
    expect(caption(bowl)).to_contain_text("Converging")
    bowl.page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }")
    bowl.get_by_role("slider", name="step η").press("ArrowRight")
    expect(bowl.get_by_role("status")).to_contain_text("needs a running kernel", timeout=8000)
    expect(caption(bowl)).to_contain_text("Converging")
