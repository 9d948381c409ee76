"""Lecture 01 in a real JupyterLab: the unit learns AND from the sliders, the decoder's check answers."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def set_number(widget, name, value):
    field = widget.get_by_role("spinbutton", name=name)
    field.fill(value)
    field.press("Enter")


@pytest.mark.page
def test_a_unit_becomes_an_and_and_the_decoder_is_checked(lab):
    lab.open("lectures/01-from-perceptrons-to-networks.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    unit = lab.widget("One threshold unit")
    expect(unit.locator(".bp-caption")).to_contain_text("2 of 4 rows of AND are right.")
    set_number(unit, "bias b", "-1.5")
    expect(unit.locator(".bp-caption")).to_contain_text("4 of 4 rows of AND are right.")
    unit.get_by_label("gate").select_option("XOR")
    expect(unit.locator(".bp-caption")).not_to_contain_text("4 of 4")

    poll = lab.widget("Poll: a star")
    poll.get_by_label("One unit").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("A single unit is a half-plane.")

    right = "my_W = [[-1, -1], [-1, 1], [1, -1], [1, 1]]\nmy_b = "
    for biases, verdict in (("[0.5, 0.5, 0.5, -1.5]", "✘"), ("[0.5, -0.5, -0.5, -1.5]", "Right: the table")):
        run_cells(lab, "try-decoder", "try-decoder-check", try_decoder=right + biases)
        assert verdict in output_of(lab, "try-decoder-check")
