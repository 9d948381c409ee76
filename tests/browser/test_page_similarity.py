"""The page of works that are alike, in a real browser: wide and narrow, by keyboard, and with nothing asked for."""

import sys
from datetime import datetime
from pathlib import Path

import pytest
from axe_violations import find_violations

from autograder.similarity import compare
from autograder.similarity_page import OPEN, render_similarity
from autograder.similarity_works import Cell, Everyone, Kind, Work

sys.path.insert(0, str(Path(__file__).parents[1] / "autograder"))
import similar_kit as kit

pytestmark = pytest.mark.browser

LONG_NAME = "a-student-whose-name-is-much-longer-than-the-column-" * 2
PROSE = (
    "Because all units start alike they get the same gradient and stay alike for ever, <b>so</b> only one is left. "
    * 3
)


def made_up():
    """A class with copies of several kinds: a group, another year, a library, markup in names and answers."""
    works = [
        *kit.honest("ps6"),
        kit.work("oleg", kit.disguised("goran", "everything")),
        kit.work(LONG_NAME, kit.disguised("goran", "renamed, reordered, split")),
        kit.work("<script>alert(1)</script>", kit.disguised("mats", "commented")),
        Work("2024: tessa", Kind.EARLIER, (Cell("one.py", kit.TRAINERS["lena"]),)),
        Work("mlpkit", Kind.LIBRARY, (Cell("mlpkit/a.py", "x = 1\n" * 400 + kit.TRAINERS["hana"]),)),
        *(Work(name, Kind.NOW, (Cell("three-ways", PROSE, is_code=False),)) for name in ("rita", "sam")),
    ]
    left_out = {"ada": "ps6.ipynb is damaged: not valid JSON (line 1, column 1)."}
    return compare("ps6", works, Everyone(()), left_out=left_out)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alike")
    now = datetime(2026, 3, 9, 12, 0)
    (folder / "pairs.html").write_text(render_similarity(made_up(), now), "utf-8")
    nobody = compare("ps6", kit.honest("ps6"), Everyone(()))
    (folder / "none.html").write_text(render_similarity(nobody, now), "utf-8")
    return folder


@pytest.fixture
def opened(open_file, files):
    """Opens a page at a width; no script of a work may run."""

    def refuse(dialog):
        pytest.fail(f"a script of a work ran: {dialog.message}")

    return lambda name, width: open_file(files / f"{name}.html", width, dialog=refuse)


@pytest.mark.page
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["pairs", "none"])
def test_no_page_has_faults_or_scrolls_sideways(opened, name, width):
    page = opened(name, width)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert find_violations(page) == []


def test_passages_stand_side_by_side_on_a_wide_page_and_below_each_other_on_a_narrow_one(opened):
    for width, beside in ((1280, True), (390, False)):
        boxes = opened("pairs", width).locator("#pair-1 .both").first.locator(".text")
        one, two = boxes.nth(0).bounding_box(), boxes.nth(1).bounding_box()
        assert (abs(one["y"] - two["y"]) < 2) is beside
        assert (two["x"] >= one["x"] + one["width"]) is beside


def test_a_long_name_makes_no_table_wider_than_the_page(opened):
    table = opened("pairs", 1280).locator(".wide")
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0


def test_marked_lines_are_told_by_more_than_colour(opened):
    page = opened("pairs", 1280)
    marked = page.locator("#pair-1 .line.marked").first
    assert marked.locator("i").inner_text().startswith("▸")
    assert marked.evaluate("one => getComputedStyle(one).borderLeftWidth") == "4px"


def test_a_long_line_can_be_scrolled_to_by_keyboard(opened):
    page = opened("pairs", 390)
    text = page.locator("#pair-1 .text").first
    text.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#pair-1 .text').scrollLeft > 0")


def test_the_first_pairs_are_open_and_others_open_by_keyboard(opened):
    page = opened("pairs", 1280)
    details = page.locator("details")
    count = details.count()
    assert count > OPEN
    assert [details.nth(n).evaluate("one => one.open") for n in range(count)] == [
        n < OPEN for n in range(count)
    ]
    details.nth(OPEN).locator("summary").focus()
    page.keyboard.press("Enter")
    assert details.nth(OPEN).locator(".both").first.is_visible()


def test_a_row_of_the_table_leads_to_its_passages(opened):
    page = opened("pairs", 390)
    page.get_by_role("link", name="rita and sam").click()
    assert page.locator("section:target h3").inner_text() == "rita and sam"
    assert "<b>so</b>" in page.locator("section:target").text_content()


def test_a_passage_deep_in_a_library_is_shown_without_the_rest(opened):
    section = opened("pairs", 1280).locator("section", has_text="mlpkit")
    library = section.locator(".text[aria-label^='mlpkit, mlpkit/a.py']")
    assert library.count() == section.locator(".both").count()
    assert library.locator(".line.gap").count() >= library.count()
    assert library.locator(".line").count() < 250
