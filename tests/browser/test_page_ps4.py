"""Problem set 4 in a real JupyterLab, as a student does it: an answer, a mistake that is named, the mistake mended."""

import pytest
from lecture_cells import fill_stub, output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TOOLS = ["imports", "checks", "identity", "variants", "parts-bin", "vector-checks"]


@pytest.mark.page
def test_a_mistake_is_named_and_a_mended_answer_passes(lab):
    lab.open("assignments/release/ps4/ps4.ipynb")
    page = lab.page
    expect(page.get_by_role("button", name="Validate")).to_be_visible()
    fill_stub(lab, "to-layer-below", "return dZ @ W.T")
    run_cells(lab, *TOOLS, "to-layer-below", "test-to-layer-below-reference")
    said = output_of(lab, "test-to-layer-below-reference")
    assert "to_layer_below(dZ, W)[1, 0] should be 17, yours is 12." in said
    assert "on the way back the sum runs over the units of this layer" in said
    fill_stub(lab, "to-layer-below", "return dZ @ W")
    run_cells(lab, "to-layer-below", "test-to-layer-below-reference")
    said = output_of(lab, "test-to-layer-below-reference")
    assert said.strip() == "The visible checks of this cell passed; 3 hidden checks run at grading."
