"""Problem set 6 in a real JupyterLab, as a student does it: an answer, a mistake that is named, the mistake mended."""

import pytest
from lecture_cells import fill_stub, output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TOOLS = ["imports", "checks", "identity", "variants", "network", "training-checks"]


@pytest.mark.page
def test_a_mistake_is_named_and_a_mended_answer_passes(lab):
    lab.open("assignments/release/ps6/ps6.ipynb")
    page = lab.page
    expect(page.get_by_role("button", name="Validate")).to_be_visible()
    fill_stub(lab, "mini-batches", "return [np.arange(n, min(n + size, T)) for n in range(0, T, size)]")
    run_cells(lab, *TOOLS, "mini-batches", "test-mini-batches")
    said = output_of(lab, "test-mini-batches")
    assert "go through the instances in their old order: shuffle them first." in said
    fill_stub(lab, "mini-batches", "return np.split(rng.permutation(T), range(size, T, size))")
    run_cells(lab, "mini-batches", "test-mini-batches")
    said = output_of(lab, "test-mini-batches")
    assert said.strip() == "The visible checks of this cell passed; 6 hidden checks run at grading."
