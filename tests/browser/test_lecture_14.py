"""Lecture 14 in a real JupyterLab: its checks know right from wrong, and a digit's weights can be looked at."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BLOCKS = """
def reduce_by_blocks(picture, size):
    rows, columns = picture.shape
    return picture.reshape(rows // size, size, columns // size, size).mean(axis={axes})
"""


@pytest.mark.page
def test_exercise_poll_and_weights(lab):
    """Only the cells that are used: the trainings beside them take longer than a page test may."""
    lab.open("lectures/14-real-tasks.ipynb")
    run_cells(lab, "imports", "ten-train", "digit-weights", "poll-none")

    for axes, verdict in (
        ("(0, 2)", "should have shape"),
        ("(1, 3)", "Right: reduce_by_blocks, on 2 calls."),
    ):
        run_cells(lab, "try-blocks", "try-blocks-check", try_blocks=BLOCKS.format(axes=axes))
        assert verdict in output_of(lab, "try-blocks-check")

    weights = lab.widget("Weights as images")
    slider = weights.get_by_role("slider", name="hidden unit")
    slider.press("ArrowRight")
    expect(weights.locator(".bp-caption")).to_contain_text("Hidden unit 2 and picture 1 (a 5)")
    weights.get_by_role("slider", name="picture").press("End")
    expect(weights.locator(".bp-caption")).to_contain_text("Hidden unit 2 and picture 359")

    poll = lab.widget("Poll: none of the above")
    poll.get_by_label("say whatever its weights make of it").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("a class like the others")
    assert lab.bad_outputs() == []
