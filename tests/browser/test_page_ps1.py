"""Problem set 1 in a real JupyterLab: a wrong step is told what it is, and a right one passes."""

import pytest
from playwright.sync_api import expect
from problem_page import ProblemPage

pytestmark = pytest.mark.browser

UPHILL = """
def descent_step(x, gradient, eta):
    return x + eta * gradient


def sign_step(x, gradient, eta):
    return x - eta * np.sign(gradient)
"""


@pytest.mark.page
def test_a_step_uphill_is_named_and_a_step_downhill_passes(lab):
    page = ProblemPage(lab, "ps1")
    page.fill("identity", 'IDENTITY = "ada"')
    page.run("imports", "identity", "variants", "checks")
    expect(page.output("variants")).to_contain_text("The visible checks use the numbers of ada.")

    page.run("steps", "test-steps")
    expect(page.output("test-steps")).to_contain_text("NotImplementedError")

    page.fill("steps", UPHILL)
    page.run("steps", "test-steps")
    expect(page.output("test-steps")).to_contain_text("Yours equals a step of ascent")

    page.fill("steps", UPHILL.replace("x + eta", "x - eta"))
    page.run("steps", "test-steps")
    expect(page.output("test-steps")).to_have_text(
        "The visible checks of this cell passed; 4 hidden checks run at grading.\n"
    )


def test_the_validate_button_names_what_fails(lab):
    page = ProblemPage(lab, "ps1")
    text = page.validate()
    assert "Validation Results" in text
    assert "NotImplementedError" in text
