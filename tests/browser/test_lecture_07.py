"""Lecture 07 in a real JupyterLab: paths add up by keyboard, collecting in the wrong order is found out."""

import pytest
from lecture_cells import output_of, run_cells
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

COLLECT = """\
def my_collect(nodes, arrows, result):
    at = dict.fromkeys(nodes, 0.0)
    at[result] = 1.0
    for name in {order}:
        for source, target, derivative in arrows:
            if source == name:
                at[name] += derivative * at[target]
    return at"""


@pytest.mark.page
def test_paths_add_up_and_the_wrong_order_is_found_out(lab):
    lab.open("lectures/07-chain-rule-as-influence.ipynb")
    lab.run_all()
    assert lab.bad_outputs() == []

    ways = lab.widget("Three ways from price to profit")
    caption = ways.locator(".bp-caption")
    ways.focus()
    ways.press("ArrowRight")
    expect(caption).to_contain_text("x → c → w → y")
    expect(caption).to_contain_text("= 4")
    ways.press("End")
    expect(caption).to_contain_text("4 + (−20) + 60 = 44")

    graph = lab.widget("Forward and backward through N8")
    graph.focus()
    graph.press("End")
    expect(graph.locator(".bp-caption")).to_contain_text("9.099")

    for order, verdict in (("nodes", "from the last to the first"), ("reversed(nodes)", "Right: my_collect")):
        run_cells(lab, "try-collect", "check-collect", try_collect=COLLECT.format(order=order))
        assert verdict in output_of(lab, "check-collect")

    poll = lab.widget("Poll: where the chain rule comes from")
    poll.get_by_role("radio").nth(2).check()
    poll.get_by_role("button", name="Check").click()
    expect(poll.locator(".bp-feedback")).to_contain_text("no number that could be cancelled")
