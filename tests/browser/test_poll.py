"""Polls in a real JupyterLab: answered by keyboard, remembered, shown with mathematics."""

import json
import urllib.request

import pytest
from lab_page import LabPage
from notebooks.made import open_made
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ONE = r"""
from mlpkit.widgets import Poll
poll = Poll(
    r"What does backpropagation compute, given $\dot z^{(k)}_j$?",
    ["The best weights", r"The derivatives $\frac{\partial\mathrm{Div}}{\partial w_{ij}}$", "The change `dW`"],
    1,
    ["Nobody promises them.", "That is all it does.", "That is the optimizer's business."],
    name="Poll: backpropagation",
)
poll"""
AGAIN = ONE.replace("Poll: backpropagation", "Poll: once more")
SEVERAL = r"""
Poll(
    "Which values must be kept?",
    ["Every sum", "Every output", "The divergence"],
    [0, 1],
    ["The slope is taken there.", "The weights need it.", "Nothing reads it."],
    name="Poll: kept",
)"""


@pytest.fixture(scope="module")
def page(browser, lab_server):
    """One page for all tests of this file: opening JupyterLab takes longer than the tests do."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    lab = LabPage(context.new_page(), *lab_server)
    yield open_made(lab, "poll.ipynb", ONE, AGAIN, SEVERAL)
    lab.shut_down_kernels()
    context.close()
    assert lab.errors == [], f"the page logged errors: {lab.errors}"


def end_kernels(page):
    """Leave the page and end its kernels, so that nothing can come back but what was saved."""
    page.page.goto("about:blank")
    sessions = f"{page.url}/api/sessions"
    for session in json.load(urllib.request.urlopen(f"{sessions}?token={page.token}", timeout=20)):
        address = f"{sessions}/{session['id']}?token={page.token}"
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=20).read()


def says(poll):
    return poll.get_by_role("status")


@pytest.mark.page
def test_answered_by_keyboard_alone(page):
    poll = page.widget("Poll: backpropagation")
    expect(poll.get_by_role("button", name="Check")).to_be_disabled()
    poll.get_by_role("radio").first.focus()
    page.page.keyboard.press("Space")
    page.page.keyboard.press("Enter")
    expect(says(poll)).to_contain_text("Not yet.")
    expect(says(poll)).to_contain_text("Nobody promises them.")
    page.page.keyboard.press("ArrowDown")
    expect(poll.get_by_role("radio").nth(1)).to_be_checked()
    page.page.keyboard.press("Enter")
    expect(says(poll)).to_contain_text("Right.")
    expect(says(poll)).to_contain_text("That is all it does.")
    expect(poll.locator(".bp-tries")).to_have_text("2 tries")


def test_reading_other_reasons_afterwards_costs_no_try(page):
    poll = page.widget("Poll: once more")
    for n in (1, 2):
        poll.get_by_role("radio").nth(n).check()
        poll.get_by_role("button", name="Check").click()
    expect(says(poll)).to_contain_text("That is the optimizer's business.")
    expect(poll.locator(".bp-tries")).to_have_text("1 try")


def test_several_answers_are_check_boxes_with_a_reason_each(page):
    poll = page.widget("Poll: kept")
    poll.get_by_role("checkbox").nth(0).check()
    poll.get_by_role("checkbox").nth(2).check()
    page.page.keyboard.press("Enter")
    expect(says(poll)).to_contain_text("Not yet. One of your ticks is wrong. One is missing.")
    expect(says(poll)).to_contain_text("(c) Nothing reads it.")
    poll.get_by_role("checkbox").nth(2).uncheck()
    poll.get_by_role("checkbox").nth(1).check()
    poll.get_by_role("button", name="Check").click()
    expect(says(poll)).to_contain_text("Right.")


def test_the_question_names_the_choices_and_mathematics_is_drawn(page):
    poll = page.widget("Poll: backpropagation")
    expect(poll.locator("fieldset legend")).to_contain_text("What does backpropagation compute")
    assert poll.locator("math").count() == 2
    fraction = poll.locator("mfrac").bounding_box()
    above, below = (poll.locator("mfrac > *").nth(n).bounding_box() for n in (0, 1))
    assert above["y"] + above["height"] <= below["y"] + 1
    assert fraction["height"] >= 20


def test_what_was_answered_comes_back_with_the_saved_notebook(lab):
    open_made(lab, "saved.ipynb", ONE)
    poll = lab.widget("Poll: backpropagation")
    poll.get_by_role("radio").first.check()
    poll.get_by_role("button", name="Check").click()
    expect(says(poll)).to_contain_text("Not yet.")
    # Saving takes what the page knows by then; on a busy machine the answer may still be on its way.
    saved = lab.page.evaluate(
        """async () => {
          const app = window.jupyterapp;
          const path = app.shell.currentWidget.context.path;
          for (let n = 0; n < 40; n++) {
            await app.commands.execute("@jupyter-widgets/jupyterlab-manager:saveWidgetState");
            await app.commands.execute("docmanager:save");
            const file = await app.serviceManager.contents.get(path);
            const widgets = JSON.stringify(file.content.metadata.widgets || {});
            if (/"tries":\\s*1/.test(widgets)) return true;
            await new Promise((done) => setTimeout(done, 250));
          }
          return false;
        }"""
    )
    assert saved, "the notebook was saved without the poll's state"
    end_kernels(lab)
    lab.open("saved.ipynb")
    poll = lab.widget("Poll: backpropagation")
    expect(poll.get_by_role("radio").first).to_be_checked()
    expect(says(poll)).to_contain_text("Nobody promises them.")
    expect(poll.locator(".bp-tries")).to_have_text("1 try")
    end_kernels(lab)  # a page that has only just been opened still talks to its kernel
