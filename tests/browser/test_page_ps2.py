"""Problem set 2 in a real JupyterLab: a softmax over the wrong axis is told so, and the right one passes."""

import pytest
from playwright.sync_api import expect
from problem_page import ProblemPage

pytestmark = pytest.mark.browser

SOFTMAX = """
def softmax(z):
    powers = np.exp(z - z.max(axis={axis}, keepdims=True))
    return powers / powers.sum(axis={axis}, keepdims=True)
"""


@pytest.mark.page
def test_a_softmax_over_the_columns_is_named_and_one_over_the_rows_passes(lab):
    page = ProblemPage(lab, "ps2")
    page.run("imports", "identity", "variants", "checks")
    expect(page.output("variants")).to_contain_text("IDENTITY is empty")

    page.fill("softmax", SOFTMAX.format(axis=0))
    page.run("softmax", "test-softmax")
    expect(page.output("test-softmax")).to_contain_text("Yours equals the sums of a softmax over the columns")

    page.fill("softmax", SOFTMAX.format(axis=1))
    page.run("softmax", "test-softmax", "test-softmax-stable")
    for cell, hidden in (("test-softmax", 5), ("test-softmax-stable", 2)):
        expect(page.output(cell)).to_have_text(
            f"The visible checks of this cell passed; {hidden} hidden checks run at grading.\n"
        )
