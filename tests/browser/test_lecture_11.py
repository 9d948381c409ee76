"""Lecture 11 in a real JupyterLab: the same quantity under three tabs, the extended chain rule, a check of shapes."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_runs_keeps_the_quantity_between_tabs_and_names_a_wrong_shape(lab):
    lab.open("lectures/11-vector-form.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    skip = lab.widget("The extended chain rule on a skip connection")
    skip.focus()
    skip.press("End")
    expect(skip.locator(".bp-caption")).to_contain_text("1×4 = (1×3)(3×4) + (1×2)(2×4)")

    passes = lab.widget("Both passes as numbers, vectors and a batch")
    caption = passes.locator(".bp-caption")
    for tab, size in (("A batch", "5×3"), ("One instance", "3×1")):
        passes.get_by_role("tab", name=tab).click()
        if tab == "A batch":
            passes.get_by_role("slider", name="Step").fill("1")
        expect(caption).to_contain_text(size)

    for product, verdict in (
        ("np.outer(y_before, dz)", "should have shape (2, 3)"),
        ("np.outer(dz, y_before)", "Right"),
    ):
        lines = (
            "def layer_backward(dy, slope, W, y_before):",
            "    dz = slope * dy",
            f'    return {{"W": {product}, "b": dz, "dy": W.T @ dz}}',
        )
        run_cells(lab, "try-layer", "try-layer-check", try_layer="\n".join(lines))
        assert verdict in output_of(lab, "try-layer-check")
