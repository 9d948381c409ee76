"""The stepper in a real JupyterLab: several stories, a training step, marks, long formulas, wide pictures."""

import pytest
from lab_page import LabPage
from notebooks.made import open_made
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

IMPORTS = """\
import numpy as np
from mlpkit import MLP, SGD, cross_entropy, sigmoid, softmax, tanh
from mlpkit.diagrams import graph_story, matrix_story, pass_story, training_story
from mlpkit.differentiate import Node
from mlpkit.differentiate.examples import two_layer_loss
from mlpkit.widgets import Stepper"""
N5 = """\
net = MLP(widths=(2, 2, 1), hidden=sigmoid, output=sigmoid)
params = {key: np.full(shape, 0.1) for key, shape in net.shapes().items()}
step = training_story(net, params, [1, 0], [0.9], SGD(step=0.2, momentum=0.9))
Stepper({"Numbers": step, "Matrices": matrix_story(net, params, [1, 0], [0.9])}, label="Training step")"""
LARGEST = """\
net = MLP(widths=(8, 8, 8), hidden=tanh, output=softmax, divergence=cross_entropy)
rng = np.random.default_rng(0)
params, x, d = net.init(rng, scale=1.0), rng.normal(size=8), np.eye(8)[0]
stories = {"Numbers": pass_story(net, params, x, d), "Matrices": matrix_story(net, params, x, d)}
Stepper(stories, label="Largest")"""
DEEP = """\
W1, b1, W2, b2 = (Node(np.ones(shape), name) for shape, name in
                  [((3, 2), "W1"), (3, "b1"), ((1, 3), "W2"), (1, "b2")])
loss = two_layer_loss(W1, b1, W2, b2, np.array([1.0, 2.0]), np.array([1.0]))
Stepper(graph_story(loss), label="Deep graph")"""


@pytest.fixture(scope="module")
def page(browser, lab_server):
    """One page for all tests of this file: opening JupyterLab takes longer than the tests do."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    lab = LabPage(context.new_page(), *lab_server)
    yield open_made(lab, "stepper.ipynb", IMPORTS, N5, LARGEST, DEEP)
    lab.shut_down_kernels()
    context.close()
    assert lab.errors == [], f"the page logged errors: {lab.errors}"


@pytest.fixture
def start(page):
    """A stepper by name, in its first story at the first step."""

    def begin(name):
        stepper = page.widget(name)
        if stepper.get_by_role("tab").count():
            stepper.get_by_role("tab").first.click()
            stepper.focus()
        stepper.press("Home")
        return stepper

    return begin


def frame_of(stepper, title):
    """Step until the frame with this title is shown."""
    for _ in range(60):
        if stepper.locator(".bp-caption strong").text_content() == f"{title}.":
            return
        stepper.press("ArrowRight")
    raise AssertionError(f"no frame {title!r}")


@pytest.mark.page
def test_a_training_step_by_keyboard_shows_n5_before_and_after(start):
    stepper = start("Training step")
    picture = stepper.get_by_role("img")
    frame_of(stepper, "New bias of unit 1, layer 2")
    expect(picture).to_contain_text("0.1 → 0.11719")
    expect(stepper.locator(".bp-equation")).to_contain_text("0.1 + 0.017195 = 0.11719")
    expect(picture).not_to_contain_text("0.10945")
    stepper.press("End")
    expect(picture).to_contain_text("0.1 → 0.10945")
    expect(picture).to_contain_text("0.1 → 0.10043")
    stepper.press("Home")
    expect(picture).not_to_contain_text("→")


def test_tabs_are_chosen_by_keyboard_and_keep_to_the_topic(start):
    stepper = start("Training step")
    frame_of(stepper, "Derivative to weight from unit 1 to unit 1, layer 2")
    numbers, matrices = (
        stepper.get_by_role("tab", name="Numbers"),
        stepper.get_by_role("tab", name="Matrices"),
    )
    numbers.focus()
    numbers.press("ArrowRight")
    expect(matrices).to_be_focused()
    expect(matrices).to_have_attribute("aria-selected", "true")
    expect(stepper.locator(".bp-caption strong")).to_have_text("Derivatives to the weights of layer 2.")
    expect(stepper.locator(".bp-equation .bp-shaped small")).to_have_text(["1×2", "1×1", "1×2"])
    matrices.press("Home")
    expect(stepper.locator(".bp-caption strong")).to_contain_text(
        "Derivative to weight from unit 1 to unit 1"
    )


def test_what_is_needed_later_is_marked_as_soon_as_it_is_known(start):
    stepper = start("Largest")
    marked = "nodes => nodes.filter(n => getComputedStyle(n).visibility === 'visible').length"
    corners = stepper.locator(".keep")
    assert corners.evaluate_all(marked) == 8
    stepper.press("ArrowRight")
    assert corners.evaluate_all(marked) == 9
    stepper.press("End")
    assert corners.evaluate_all(marked) == 40


def test_the_picture_does_not_jump_and_nothing_is_cut_off(start):
    stepper = start("Largest")
    top = stepper.locator(".bp-picture").bounding_box()["y"] - stepper.bounding_box()["y"]
    for _ in range(50):
        stepper.press("ArrowRight")
        now = stepper.locator(".bp-picture").bounding_box()["y"] - stepper.bounding_box()["y"]
        assert now == pytest.approx(top, abs=0.6)
    wider = "node => node.scrollWidth - node.clientWidth"
    for part in (".bp-equation", ".bp-picture", ".bp-bar"):
        assert stepper.locator(part).first.evaluate(wider) <= 1


def test_the_largest_network_is_legible_at_1280_pixels(start):
    stepper = start("Largest")
    heights = stepper.locator("text.value").evaluate_all(
        "nodes => nodes.map(n => n.getBoundingClientRect().height)"
    )
    assert min(height for height in heights if height) >= 12


def test_a_wide_picture_follows_what_is_computed(start):
    stepper = start("Deep graph")
    stepper.press("End")
    inside = """node => {
      const box = node.querySelector(".cell.bp-now").getBoundingClientRect();
      const view = node.getBoundingClientRect();
      return box.left >= view.left - 1 && box.right <= view.right + 1;
    }"""
    host = stepper.locator(".bp-picture")
    assert host.evaluate("node => node.scrollWidth > node.clientWidth")
    assert host.evaluate(inside)
    stepper.press("Home")
    for _ in range(25):
        stepper.press("ArrowRight")
        assert host.evaluate(inside)


def test_keys_stay_in_the_stepper(start):
    stepper = start("Training step")
    cells = stepper.page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    for key in ("a", "b", "d", "d", "Enter", "ArrowDown"):
        stepper.press(key)
    assert cells.count() == before
    assert stepper.evaluate("node => node.contains(document.activeElement)")
