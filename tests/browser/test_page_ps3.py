"""Problem set 3 in a real JupyterLab: a gradient turned round is told so, and the right one passes."""

import pytest
from playwright.sync_api import expect
from problem_page import ProblemPage

pytestmark = pytest.mark.browser

GRADIENTS = """
def gradients(dz, y):
    return np.outer({outer}), dz.copy()
"""


@pytest.mark.page
def test_a_transposed_gradient_is_named_and_the_right_one_passes(lab):
    page = ProblemPage(lab, "ps3")
    page.run("imports", "identity", "variants", "checks", "sigmoid", "does-it-fit")
    expect(page.output("does-it-fit")).to_contain_text("Come back here")

    page.fill("gradients", GRADIENTS.format(outer="y, dz"))
    page.run("gradients", "test-gradients")
    expect(page.output("test-gradients")).to_contain_text("Yours equals the transpose of the right one")

    page.fill("gradients", GRADIENTS.format(outer="dz, y"))
    page.run("gradients", "test-gradients")
    expect(page.output("test-gradients")).to_have_text(
        "The visible checks of this cell passed; 3 hidden checks run at grading.\n"
    )
