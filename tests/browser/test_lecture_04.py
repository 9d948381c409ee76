"""Lecture 04 in a real JupyterLab: the two surfaces answer, the matching exercise knows right from wrong."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_surfaces_poll_and_matching(lab):
    lab.open("lectures/04-divergences.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    surfaces = lab.widget("Cross-entropy against squared error")
    number = surfaces.get_by_role("spinbutton").first
    number.fill("4")
    number.press("Enter")
    expect(surfaces.locator(".bp-caption")).to_contain_text("(4, −5)")

    poll = lab.widget("Poll: down to the sum")
    poll.get_by_label("−0.98 for both").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("does not cancel")

    objectives = ("squared error", "squared error + squared weights", "cross-entropy", "hinge")
    objectives += ("squared error + magnitudes",)
    for letters, verdict in (("CDABE", "✘"), ("cdbae", "Right: the matching.")):
        answer = dict(zip(objectives, letters, strict=True))
        run_cells(lab, "try-match", "try-match-check", try_match=f"my_match = {answer}")
        assert verdict in output_of(lab, "try-match-check")
