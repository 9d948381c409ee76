"""Problem set 5 in a real JupyterLab: a graph that loses shares is told so, and the right one passes."""

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect
from problem_page import ProblemPage

from autograder.classroom import student_view

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).parents[2] / "assignments" / "source" / "ps5" / "ps5.ipynb"
BACKWARD = """
def backward(order):
    for node in order:
        node.derivative = 0.0
    order[-1].derivative = 1.0
    for node in reversed(order):
        for parent, local in node.parents:
            parent.derivative {sign} local * node.derivative
"""


def answer(cell_id):
    """What the instructor wrote into a cell."""
    cells = nbformat.read(SOURCE, as_version=4).cells
    return student_view(next(cell.source for cell in cells if cell.id == cell_id))


@pytest.mark.page
def test_lost_shares_are_named_and_a_sum_over_all_paths_passes(lab):
    page = ProblemPage(lab, "ps5")
    page.fill("node", answer("node"))
    page.fill("backward", BACKWARD.format(sign="="))
    page.run("imports", "identity", "variants", "checks", "tools", "node", "backward", "test-backward-shared")
    expect(page.output("test-backward-shared")).to_contain_text(
        "Yours equals the result of overwriting shares: a node that is used more than once must add them (+=)."
    )
    page.fill("backward", BACKWARD.format(sign="+="))
    page.run("backward", "test-backward-shared")
    expect(page.output("test-backward-shared")).to_have_text(
        "The visible checks of this cell passed; 2 hidden checks run at grading.\n"
    )
