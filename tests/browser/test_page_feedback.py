"""A student's feedback page in a real browser: wide and narrow, light and dark, by keyboard, and under attack."""

from __future__ import annotations

import base64
import io

import matplotlib.image
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from axe_violations import find_violations, list_violations
from lab_server import windows

from autograder.feedback_page import About, Place, make_page, render_page
from autograder.marks import Mark, Marks
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.pages import render
from autograder.rules import Lecture

pytestmark = pytest.mark.browser
SIZES = [(1280, 900), (390, 844)]
REGIONS = (("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),)
LECTURES = (Lecture("04 · Divergences", "04-divergences.ipynb", ("test-loss",)),)
WRONG = "mean_loss(Y, d) should be 0.125, yours is 0.5. Yours equals the right one without the division by T."
TABLE = "<table class='dataframe'>" + "<tr>" + "<td>0.123456</td>" * 40 + "</tr></table>"


def cell(kind, source, outputs=(), **nbgrader):
    made = {"cell_type": kind, "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}}
    return {**made, "outputs": list(outputs)} if kind == "code" else made


def picture():
    pixels = io.BytesIO()
    matplotlib.image.imsave(pixels, np.linspace(0, 1, 600 * 900).reshape(600, 900))
    data = {"image/png": base64.b64encode(pixels.getvalue()).decode()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def notebook():
    long_line = "x = np.array([" + "0.25, " * 60 + "])"
    given = "\n".join(f"def helper_{number}(x):\n    return x + {number}" for number in range(12))
    failed = {"output_type": "error", "ename": "AssertionError", "evalue": WRONG, "traceback": [WRONG]}
    shown = {"output_type": "execute_result", "data": {"text/html": TABLE}, "metadata": {}}
    answer = {"grade_id": "answer", "solution": True, "grade": False}
    words = {"grade_id": "words", "solution": True, "grade": True, "points": 3}
    return [
        cell(
            "markdown",
            f"# Set 9\n\n[A link](https://example.org) and `code`.\n\n| a | b |\n|---|---|\n| {'w' * 90} | {'v' * 90} |",
        ),
        cell("code", given, grade_id="given", locked=True, grade=False),
        cell("markdown", "## Problem 1. The mean loss (2 points)"),
        cell(
            "code",
            f"def mean_loss(Y, d):  # a comment\n    {long_line}\n    return 0.5\n'text'",
            [picture()],
            **answer,
        ),
        cell("code", "check(mean_loss)", [failed], grade_id="test-loss", grade=True, locked=True, points=2),
        cell("code", "frame", [shown, shown, {"output_type": "stream", "text": "w" * 500}]),
        cell("markdown", "## Problem 2. In words (3 points)"),
        cell("markdown", "Because.", **words),
    ]


@pytest.fixture(scope="module")
def html():
    marks = Marks(
        {"test-loss": Mark(0.0, 2.0), "words": Mark(None, 3.0)},
        {"answer": "Nearly!\nSee lecture 4."},
        penalty=0.5,
    )
    record = Outcome(
        "ada",
        "ps9",
        Status.TIMED_OUT,
        reason="time-out in `answer`",
        cells=(CellOutcome("test-loss", 0.0, 2.0, error=f"AssertionError: {WRONG}"),),
        notes=("the deleted cell `words` was put back",),
    )
    place = Place(REGIONS, LECTURES, "https://example.org/{name}.html")
    return render_page(make_page({"cells": notebook()}, About("ada", "ps9", "ps9"), marks, record, place))


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a text as a page; everything that it asks the network for is noted and refused."""
    with windows(browser) as new_page:

        def opened(html, size=SIZES[0], scheme="light"):
            page = new_page(*size, color_scheme=scheme)
            asked = []
            page.route(
                lambda url: not url.startswith(("file:", "data:")),
                lambda route: (asked.append(1), route.abort()),
            )
            (tmp_path / "page.html").write_text(html, "utf-8")
            page.goto((tmp_path / "page.html").as_uri())
            page.asked = asked
            return page

        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_axe_finds_nothing_serious(open_page, html, size, scheme):
    page = open_page(html, size, scheme)
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    response = Axe().run(page).response
    assert {"color-contrast", "image-alt", "heading-order", "link-name"} <= {
        r["id"] for r in response["passes"]
    }
    bad = list_violations(response)
    assert bad == [], "\n".join(bad)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_wider_than_the_window(open_page, html, size):
    page = open_page(html, size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_page_without_a_grade_has_nothing_serious_either(open_page):
    outcome = Outcome("cy", "ps9", Status.MISSING, reason="No `ps9.ipynb`.", next_step="Ask the student.")
    page = open_page(render("not_graded.html.j2", outcome=outcome), scheme="dark")
    assert find_violations(page) == []


def test_the_dark_page_is_dark(open_page, html):
    page = open_page(html, scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(int(part) < 60 for part in ground.removeprefix("rgb(").removesuffix(")").split(","))


def test_from_what_to_look_at_one_comes_to_the_cell_and_back_by_keyboard(open_page, html):
    page = open_page(html)
    focused = "document.activeElement.textContent"
    for _ in range(2):  # the lecture, then the check
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == "test-loss"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#cell-test-loss"
    assert (
        0
        <= page.locator("#cell-test-loss").evaluate("cell => cell.getBoundingClientRect().top")
        < SIZES[0][1]
    )
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "what to look at"


def test_given_code_and_tracebacks_open_by_keyboard(open_page, html):
    page = open_page(html)
    fold = page.locator("details").first
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None


def test_the_students_picture_is_drawn(open_page, html):
    assert open_page(html).locator("img.figure").evaluate("picture => picture.naturalWidth") == 900


def test_the_page_asks_the_network_for_nothing(open_page, html):
    page = open_page(html)
    page.wait_for_timeout(200)
    assert page.asked == []


FORMULA = {"cell_type": "markdown", "metadata": {}, "source": "$x^2$"}


@pytest.mark.parametrize("formulas", [False, True])
def test_what_got_past_the_cleaning_would_neither_run_nor_load(open_page, formulas):
    """The page's own policy is the second wall: here a page is tampered with after it was made."""
    cells = [FORMULA] if formulas else []
    clean = render_page(make_page({"cells": cells}, About("a", "b", "b"), Marks(), None, Place(REGIONS)))
    evil = (
        "<script>window.ran = 1</script><img src='https://tracker.example/a.png' onerror='window.ran = 2'>"
        "<iframe src='https://tracker.example/b'></iframe><svg onload='window.ran = 3'></svg>"
        "<script src='https://tracker.example/c.js'></script><a id='l' href='javascript:window.ran=4'>x</a>"
        "<link rel='stylesheet' href='https://tracker.example/d.css'>"
        "<form action='https://tracker.example/e'><button id='b'>x</button></form>"
    )
    page = open_page(clean.replace("<main>", f"<main>{evil}"))
    before = len(page.asked)
    page.evaluate("document.querySelector('#l').click()")
    page.evaluate("document.querySelector('#b').click()")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert len(page.asked) == before == int(formulas)  # MathJax, where there is a formula
