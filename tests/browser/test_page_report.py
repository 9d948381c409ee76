"""The teacher's page in a real browser: a class of 40, one of 600, and the page without names.

Wide and narrow: nothing serious for axe-core, no sideways scrolling of the page, nothing asked of a network.
The students are made up.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import numpy as np
import pytest
from axe_violations import find_violations
from playwright.sync_api import expect

from autograder.classroom import made_up_names
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.report import Summary, question, render_report
from autograder.report_trouble import Finding, Late

QUESTIONS = tuple(
    f"test-{part}{kind}" for part in ("sigmoid", "softmax", "cross-entropy") for kind in ("", "-own")
)
SAID = "AssertionError: softmax(z)[0, 1] should be 0.25, yours is 0.5. Yours equals `exp(z)`: <divide> by the sum."
WIDTHS = (1280, 390)


def student(name, place, rng):
    """One made-up student; every fortieth has one of the troubles that there are."""
    trouble = {
        3: (Status.MISSING, "No ps2.ipynb was handed in.", "Nothing to do, or ask the student."),
        5: (Status.NOT_GRADABLE, "ps2.ipynb is damaged: not valid JSON (line 420).", "Ask the student."),
        7: (Status.CRASHED, "The grader failed twice on it.", "Grade this student again."),
    }.get(place % 40)
    if trouble:
        return Outcome(name, "ps2", trouble[0], None, 18.0, reason=trouble[1], next_step=trouble[2])
    right = rng.random(len(QUESTIONS)) < rng.choice([0.3, 0.8, 0.95])
    cells = [
        CellOutcome(q, 2.0 if ok else 0.0, 2.0, error=None if ok else SAID, seconds=float(rng.random() / 50))
        for q, ok in zip(QUESTIONS, right, strict=True)
    ]
    cells.append(CellOutcome("certain-and-wrong", None, 6.0, manual=True))
    slow = place % 40 == 9
    return Outcome(
        name,
        "ps2",
        Status.TIMED_OUT if slow else Status.GRADED,
        sum(cell.points or 0.0 for cell in cells),
        18.0,
        tuple(cells),
        reason="time-out in test-softmax" if slow else "",
        notes=("the locked cell `test-softmax` had been edited: the original ran instead",)
        if place % 20 == 1
        else (),
        seconds=float(rng.random()),
        protection="none" if place == 11 else "full",
        mechanisms=() if place == 11 else ("resource limits", "Landlock ABI 7", "seccomp"),
        attempts=1,
    )


def made_up(size):
    """A class of a size, with something of everything that the page can show."""
    rng = np.random.default_rng(40)
    names = list(islice(made_up_names(), size))
    outcomes = tuple(sorted((student(n, i, rng) for i, n in enumerate(names)), key=lambda item: item.student))
    questions = tuple(question(outcomes, name, 2.0, False) for name in QUESTIONS)
    questions += (question(outcomes, "certain-and-wrong", 6.0, True),)
    late = tuple(Late(name, 90000.0, 1.8) for name in names[12:15])
    arrivals = (Finding("`ps2 (1).ipynb` was taken as `ps2.ipynb`", (names[0],)),)
    return Summary("ps2", 18.0, outcomes, questions, late, arrivals)


PAGES = {
    "class-of-40": lambda: made_up(40),
    "class-of-600": lambda: made_up(600),
    "without-names": lambda: made_up(40).nameless(),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(render_report(make(), datetime(2026, 3, 9, 12, 0)), "utf-8")
    return folder


@pytest.fixture
def opened(open_file, files):
    """Opens one of the pages at a width."""
    return lambda name, width: open_file(files / f"{name}.html", width)


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.browser
@pytest.mark.page
def test_axe_finds_nothing_on_the_page_of_a_class(opened):
    page = opened("class-of-40", 1280)
    assert page.get_by_role("note", name="Protection").is_visible()
    assert find_violations(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_faults_or_scrolls_sideways_at_any_width(opened, name, width):
    page = opened(name, width)
    assert overflow(page) <= 0
    assert find_violations(page) == []


@pytest.mark.browser
def test_every_table_can_be_scrolled_by_keyboard_where_it_is_wider_than_the_page(opened):
    page = opened("class-of-40", 390)
    regions = page.get_by_role("region")
    assert regions.count() >= 7
    students = page.get_by_role("region", name="Students")
    students.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('[aria-labelledby=students]').scrollLeft > 0")


@pytest.mark.browser
def test_reasons_are_folded_and_open_by_keyboard(opened):
    page = opened("class-of-40", 1280)
    reason = page.locator("details li").filter(has_text="yours is 0.5").first
    assert not reason.is_visible()
    page.locator("summary", has_text="question").first.focus()
    page.keyboard.press("Enter")
    assert reason.is_visible()


@pytest.mark.browser
def test_the_page_of_a_large_class_is_short_until_a_list_is_opened(opened):
    page = opened("class-of-600", 1280)
    assert page.evaluate("document.documentElement.scrollHeight") < 6000
    page.locator("summary", has_text="All 600 students").click()
    assert page.get_by_role("region", name="Students").get_by_role("row").count() == 601
    assert find_violations(page) == []


@pytest.mark.browser
def test_a_link_of_the_table_of_contents_leads_to_its_section(opened):
    page = opened("class-of-600", 1280)
    expect(page.locator("#help")).not_to_be_in_viewport()
    page.get_by_role("link", name="Who may need help").click()
    expect(page.locator("#help")).to_be_in_viewport()


@pytest.mark.browser
def test_nothing_of_a_message_becomes_an_element(opened):
    page = opened("class-of-40", 1280)
    assert page.locator("divide").count() == 0
    assert "<divide>" in page.locator("main").inner_text()
