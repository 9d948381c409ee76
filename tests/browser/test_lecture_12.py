"""Lecture 12 in a real JupyterLab: the graph goes back by keyboard, the paper exercise is checked."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.page
def test_the_graph_and_the_exercise_on_paper(lab):
    lab.open("lectures/12-four-ways-to-differentiate.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    graph = lab.widget("Computation graph of J")
    graph.focus()
    graph.press("End")
    expect(graph.get_by_role("img")).to_contain_text("9.099")

    poll = lab.widget("Poll: set or add")
    poll.get_by_label("For none.").check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("often found late")

    dots = {"u": 0.9695, "u1": 0.9695, "u2": 0.9695, "t": 2.9085, "x": 9.0991}
    run_cells(lab, "try-graph", "try-graph-check", try_graph=f"my_dots = {dots}")
    assert "its two shares are added" in output_of(lab, "try-graph-check")
    run_cells(lab, "try-graph", "try-graph-check", try_graph=f"my_dots = {dots | {'t': 2.2748}}")
    assert "Right: the derivatives of J." in output_of(lab, "try-graph-check")
