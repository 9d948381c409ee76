"""What a student's page says, what it never shows, and that it stays small, whatever a notebook holds."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from autograder.feedback import _address
from autograder.feedback_cells import Room, markdown_html, outputs_html
from autograder.feedback_page import MAX_BYTES, About, Place, explain, make_page, render_page
from autograder.feedback_safety import REMOVED, plain, secret_lines, shorten, split_hidden
from autograder.marks import Mark, Marks
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.record import require_record
from autograder.rules import Lecture, Rules, explained_in, read_lectures, read_rules

ROOT = Path(__file__).parents[2]
ABOUT = About("ada", "ps9", "ps9")
REGIONS = (("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"), ("BEGIN MARK SCHEME", "END MARK SCHEME"))
LECTURES = (Lecture("04 · Divergences", "04-divergences.ipynb", ("test-loss*",)),)
PLACE = Place(REGIONS, LECTURES)
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
SECRET = "assert loss(3.25) == 17.5, 'a hidden sentence'"
WRONG = "loss([1])[0] should be 0.5, yours is 1. The mean is over rows. Yours equals the sum: divide by T."


def markdown(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def code(source, outputs=(), **nbgrader):
    metadata = {"nbgrader": nbgrader} if nbgrader else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": list(outputs)}


def check(name, outputs=(), source="assert loss(1) == 1", points=2):
    return code(source, outputs, grade_id=name, grade=True, solution=False, locked=True, points=points)


def written(name, source="Because.", **more):
    marks = {"grade_id": name, "grade": True, "solution": True, "locked": False, "points": 3}
    return {**markdown(source, **more), "metadata": {"nbgrader": marks}}


def error(message, name="AssertionError"):
    frames = ["\x1b[31m---\x1b[39m", f"{name}: {message}"]
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": frames}


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def shows(**data):
    kinds = {name.replace("_", "/"): content for name, content in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


NOTEBOOK = [
    markdown("# Set 9\n\nMass is $m$."),
    markdown("## Problem 1. Loss (6 points)"),
    code("def loss(x):\n    return x", [shows(image_png=PIXEL)], grade_id="loss", solution=True, grade=False),
    check("test-loss", [error(WRONG)]),
    check("test-loss-again", [error(WRONG)]),
    check("test-other", [error("name 'other' is not defined", "NameError")]),
    markdown("## Problem 2. Words (3 points)"),
    written("why"),
]
RECORD = Outcome(
    "ada",
    "ps9",
    Status.GRADED,
    cells=(
        CellOutcome("test-loss", 0.0, 2.0, error=f"AssertionError: {WRONG}"),
        CellOutcome("test-loss-again", 0.0, 2.0, error=f"AssertionError: {WRONG}"),
        CellOutcome("test-other", 0.0, 2.0, error="NameError: name 'other' is not defined"),
    ),
    notes=("the deleted cell `test-loss` was put back",),
)
MARKS = Marks(
    {"test-loss": Mark(0.0, 2.0), "test-loss-again": Mark(0.0, 2.0), "test-other": Mark(2.0, 2.0)}
    | {"why": Mark(None, 3.0)},
    {"loss": "Nice <b>try</b>.\nSee me."},
    penalty=0.5,
)


def page(cells=NOTEBOOK, marks=MARKS, outcome=RECORD, place=PLACE):
    return make_page({"nbformat": 4, "cells": cells}, ABOUT, marks, outcome, place)


def soup_of(*arguments, **named):
    return BeautifulSoup(render_page(page(*arguments, **named)), "html.parser")


def words(soup):
    return " ".join(soup.get_text(" ").split())


@pytest.fixture(scope="module")
def soup():
    return soup_of()


# -- what it says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        (
            f"AssertionError: {WRONG}",
            (
                "loss([1])[0] should be 0.5, yours is 1.",
                "The mean is over rows.",
                "Yours equals the sum: divide by T.",
            ),
        ),
        (
            "AssertionError: f(0.5) gives None. Is there a return?",
            ("f(0.5) gives None.", "Is there a return?", ""),
        ),
        ("AssertionError: one sentence only", ("one sentence only", "", "")),
        ("ValueError: a shape. It is wrong.", ("ValueError: a shape.", "It is wrong.", "")),
        ("NotImplementedError: Replace this line with your answer.", ("Not answered yet.", "", "")),
        ("not answered", ("Not answered yet.", "", "")),
        ("", ("Points are missing, and no reason is on record.", "", "")),
    ],
)
def test_a_message_is_parted_into_finding_hint_and_diagnosis(reason, parts):
    assert explain(reason) == parts


def test_a_missing_name_is_explained():
    found, hint, _ = explain("NameError: name 'relu' is not defined")
    assert found == "`relu` does not exist."
    assert "the cell that should define `relu`" in hint


def test_a_time_out_is_explained():
    found, hint, _ = explain("time-out: the cell ran too long and was interrupted")
    assert found == "time-out: the cell ran too long and was interrupted."
    assert "a loop that does not end" in hint


def test_points_that_a_person_took_away_are_said_to_be_a_persons():
    record = Outcome("ada", "ps9", Status.GRADED, cells=(CellOutcome("why", 2.0, 3.0, manual=True),))
    for known in (record, None):
        (one,) = page([written("why")], Marks({"why": Mark(2.0, 3.0)}), known).checks
        assert (one.found, one.hint) == ("Points given by a person.", "")


def test_an_answer_that_was_left_empty_is_said_to_be_so():
    record = Outcome("ada", "ps9", Status.GRADED, cells=(CellOutcome("why", 0.0, 3.0, error="not answered"),))
    assert (
        page([written("why")], Marks({"why": Mark(0.0, 3.0)}), record).checks[0].found == "Not answered yet."
    )


def test_the_head_gives_points_penalty_and_what_waits(soup):
    facts = {item.dt.get_text(): item.dd.get_text() for item in soup.select("dl.facts > div")}
    assert facts == {
        "points of 9": "1.5",
        "taken off for lateness (in the points already)": "0.5",
        "answer waits for a person": "1",
    }
    expected = "2 of 3 checks lost points. Points for an answer that waits for a person come on top."
    assert soup.find(class_="said").get_text() == expected


def test_a_penalty_takes_no_more_than_there_is():
    assert page(marks=Marks(MARKS.cells, penalty=5.0)).score == 0.0


def test_checks_that_found_the_same_stand_together(soup):
    (look,) = soup.select(".look")
    assert [link.get_text() for link in look.select("a")] == ["test-loss", "test-loss-again"]
    assert look.select_one(".lost").get_text() == "loss([1])[0] should be 0.5, yours is 1."


def test_the_diagnosis_is_set_apart(soup):
    (diagnosis,) = soup.select(".diagnosis")
    assert diagnosis.get_text() == "Diagnosis: Yours equals the sum: divide by T."


def test_a_long_message_is_shown_in_full_though_the_record_cut_it():
    message = "The first. " + "Yours equals " + "a long name " * 40 + "end."
    cut = f"AssertionError: {message}"[:300] + "…"
    record = Outcome("ada", "ps9", Status.GRADED, cells=(CellOutcome("t", 0.0, 2.0, error=cut),))
    (one,) = page([check("t", [error(message)])], Marks({"t": Mark(0.0, 2.0)}), record).checks
    assert one.diagnosis.endswith("end.")


def test_the_reason_on_record_counts_where_the_cell_says_nothing():
    record = Outcome(
        "ada",
        "ps9",
        Status.DIED,
        reason="`t` was never reached",
        cells=(CellOutcome("t", 0, 2, error="it died"),),
    )
    soup = soup_of([check("t")], Marks({"t": Mark(0.0, 2.0)}), record)
    assert "it died" in soup.select_one(".look").get_text()
    assert "While it was graded: t was never reached." in words(soup)


def test_a_warning_before_the_error_is_not_taken_for_the_reason():
    outputs = [{**stream("a warning"), "name": "stderr"}, error("wrong")]
    record = Outcome(
        "ada", "ps9", Status.GRADED, cells=(CellOutcome("t", 0.0, 2.0, error="AssertionError: wrong"),)
    )
    assert page([check("t", outputs)], Marks({"t": Mark(0.0, 2.0)}), record).checks[0].found == "wrong"


def test_without_a_record_the_reason_is_read_off_the_cell():
    (one,) = page([check("t", [error("wrong")])], Marks({"t": Mark(0.0, 2.0)}), None).checks
    assert one.found == "wrong"


def test_a_test_that_never_ran_has_earned_nothing_and_an_answer_waits():
    first, second = page([check("t"), written("w")], Marks()).checks
    assert (first.points, second.points) == (0.0, None)


def test_points_stand_under_the_problems_of_the_notebook(soup):
    rows = [row.get_text(" ", strip=True) for row in soup.select("table.points tbody tr")]
    assert rows == [
        "Problem 1. Loss (6 points)",
        "test-loss 0 / 2 points lost",
        "test-loss-again 0 / 2 points lost",
        "test-other 2 / 2 full marks",
        "Problem 2. Words (3 points)",
        "why – / 3 waits for a person",
    ]


def test_a_heading_in_an_answer_is_no_problem():
    cells = [markdown("## One"), written("w", "# My own heading"), check("t")]
    assert [one.problem for one in page(cells, Marks()).checks] == ["One", "One"]


def test_every_link_within_the_page_leads_somewhere_and_no_name_is_twice(soup):
    names = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(names) == len(set(names))
    assert {link["href"][1:] for link in soup.find_all("a")} <= set(names)


def test_a_student_cannot_name_places_of_the_page():
    cells = [markdown('<p id="points">a</p>\n\n<p id="cell-test-loss">b</p>'), *NOTEBOOK]
    assert len(soup_of(cells).find_all(id=["points", "cell-test-loss"])) == 2


def test_comments_are_shown_at_the_top_and_at_the_cell_as_they_were_written(soup):
    first, second = soup.select(".comment")
    assert first.get_text() == "loss: Nice <b>try</b>.\nSee me."
    assert second.find_parent("section")["id"] == "cell-loss"


def test_pictures_of_the_student_are_shown(soup):
    assert soup.select_one("#cell-loss img")["src"] == f"data:image/png;base64,{PIXEL}"


def test_pictures_attached_to_an_answer_are_shown_and_those_from_elsewhere_are_not():
    own = markdown_html(
        "![mine](attachment:a.png) ![theirs](https://x.example/b.png)", {"a.png": {"image/png": PIXEL}}
    )
    (image,) = BeautifulSoup(own, "html.parser").find_all("img")
    assert image["src"].endswith(PIXEL)
    assert "[a picture that is not part of the notebook: theirs]" in own
    assert "x.example" not in own


def test_headings_of_the_notebook_go_below_those_of_the_page(soup):
    levels = [int(tag.name[1]) for tag in soup.find_all(re.compile(r"^h\d$"))]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


# -- lectures ----------------------------------------------------------------------------------------------


def test_a_lecture_is_named_without_a_link_if_nobody_knows_where_it_is(soup):
    (place,) = [tag for tag in soup.select("p.soft") if "Explained in" in tag.get_text()]
    assert place.get_text(" ", strip=True) == "Explained in 04 · Divergences ( 04-divergences.ipynb )."
    assert place.a is None


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://example.org/{name}.html", "https://example.org/04-divergences.html"),
        ("../../lectures/{file}", "../../lectures/04-divergences.ipynb"),
        ("https://example.org/all-lectures", "https://example.org/all-lectures"),
    ],
)
def test_with_an_address_lectures_are_links(address, link):
    soup = soup_of(place=Place(REGIONS, LECTURES, _address({"FeedbackPages": {"lectures": address}})))
    assert soup.find("a", string="04 · Divergences")["href"] == link


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "{student}", "{", 3, "file:x"]
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(CourseError, match=r"c.FeedbackPages.lectures"):
        _address({"FeedbackPages": {"lectures": address}})


@pytest.mark.parametrize(
    "table",
    [
        'lectures = "04"',
        '[[lectures]]\ntitle = "A"\nfile = "a.ipynb"',
        '[[lectures]]\ntitle = "A"\nfile = "../a.ipynb"\nexplains = ["t"]',
        '[[lectures]]\ntitle = "A"\nfile = "a.ipynb"\nexplains = "t"',
        '[[lectures]]\ntitle = 1\nfile = "a.ipynb"\nexplains = ["t"]',
    ],
)
def test_a_table_of_lectures_that_says_something_else_is_refused(tmp_path, table):
    (tmp_path / "authoring").mkdir()
    (tmp_path / "authoring/hw.toml").write_text(table, "utf-8")
    with pytest.raises(CourseError, match=r"\[\[lectures\]\] of hw.toml"):
        read_lectures(tmp_path, "hw")


def test_lectures_are_no_rule_of_grading(tmp_path):
    (tmp_path / "authoring").mkdir()
    (tmp_path / "authoring/hw.toml").write_text(
        '[[lectures]]\ntitle = "A"\nfile = "a.ipynb"\nexplains = ["t*"]', "utf-8"
    )
    assert read_rules(tmp_path, "hw") == Rules()
    assert explained_in(read_lectures(tmp_path, "hw"), "test") == Lecture("A", "a.ipynb", ("t*",))


@pytest.mark.parametrize("assignment", [f"ps{number}" for number in range(1, 8)])
def test_each_check_of_a_problem_set_has_a_lecture_that_there_is(assignment):
    lectures = read_lectures(ROOT / "assignments", assignment)
    source = (ROOT / f"assignments/authoring/{assignment}.py").read_text("utf-8")
    checks = re.findall(r'^# %% test="([^"]+)"', source, re.MULTILINE)
    used = {explained_in(lectures, name) for name in checks}
    assert used == set(lectures)
    for lecture in lectures:
        text = (ROOT / "lectures" / lecture.file).with_suffix(".py").read_text("utf-8")
        assert f"# # {lecture.title}\n" in text


# -- what it never shows -----------------------------------------------------------------------------------


def test_hidden_regions_of_every_kind_are_taken_out():
    source = f"visible()\n### BEGIN HIDDEN TESTS\n{SECRET}\n### END HIDDEN TESTS\n=== BEGIN MARK SCHEME ===\nfive\n=== END MARK SCHEME ==="
    visible, hidden = split_hidden(source, REGIONS)
    assert visible.split("\n") == ["visible()", "# (hidden checks ran here)", "# (hidden checks ran here)"]
    assert hidden == (SECRET, "five")


def test_a_region_that_is_never_closed_hides_the_rest():
    assert split_hidden(f"a\n# BEGIN HIDDEN TESTS\n{SECRET}", REGIONS)[0].split("\n")[0] == "a"
    assert SECRET not in split_hidden(f"a\n# BEGIN HIDDEN TESTS\n{SECRET}", REGIONS)[0]


def test_a_line_that_also_stands_in_the_open_is_no_secret():
    hidden = f"### BEGIN HIDDEN TESTS\nx = 1.0\n{SECRET}\n### END HIDDEN TESTS"
    _, secret = secret_lines([hidden, "x = 1.0"], REGIONS)
    assert SECRET in secret
    assert "x = 1.0" not in secret


def test_a_hidden_line_is_shown_in_no_part_of_a_page():
    hidden = f"loss(1)\n### BEGIN HIDDEN TESTS\n{SECRET}\n### END HIDDEN TESTS"
    cells = [check("t", [stream(SECRET), error(f"see {SECRET}")], hidden)]
    record = Outcome(
        "ada",
        "ps9",
        Status.GRADED,
        cells=(CellOutcome("t", 0.0, 2.0, error=f"AssertionError: see {SECRET}"),),
    )
    html = render_page(page(cells, Marks({"t": Mark(0.0, 2.0)}), record))
    assert "3.25" not in html
    assert html.count(REMOVED) >= 3


@given(st.integers(0, 60), st.integers(0, 60))
def test_no_hidden_line_is_cut_in_two_and_half_shown(before, after):
    text = (
        "x" * (8_000 - 60 + before) + f"\n{SECRET}\n" + "y" * 30_000 + f"\n{SECRET}\n" + "z" * (4_000 - after)
    )
    beginning, _, end = shorten(text, 12_000, frozenset({SECRET}))
    assert "assert" not in beginning + end
    assert "sentence" not in beginning + end


@given(st.text("ab\n", max_size=400), st.integers(9, 60))
def test_a_shortened_text_is_its_beginning_and_its_end(text, most):
    beginning, left_out, end = shorten(text, most)
    assert text.startswith(beginning)
    assert text.endswith(end)
    if left_out:
        assert len(beginning) + len(end) <= most < len(text)
        assert left_out.startswith(f"{len(text) - len(beginning) - len(end)} characters")
    else:
        assert beginning == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://x.example\x07link\x1b]8;;\x07", "link"),
        ("10 %\r20 %\r100 %\nend", "100 %\nend"),
        ("one\r\ntwo", "one\ntwo"),
        ("a\x00b\x08c", "abc"),
        ("\x1b", ""),
    ],
)
def test_text_is_what_a_terminal_leaves_of_it(text, seen):
    assert plain(text) == seen


EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://tracker.example/a.png">',
    "<iframe src='https://x.example'></iframe>",
    "<link rel=stylesheet href=https://x.example/a.css>",
    "<style>body{display:none}</style>",
    "<p style='position:fixed' onclick='alert(1)'>x</p>",
    "<form action=https://x.example><input></form>",
    "<base href=https://x.example>",
    "<meta http-equiv=refresh content='0;https://x.example'>",
    "</section></main><h1>You have 100 points</h1>",
    "<svg><script>alert(1)</script></svg>",
]


@pytest.mark.parametrize("html", EVIL)
def test_nothing_of_a_submission_runs_loads_or_breaks_out_of_its_cell(html):
    outputs = [
        stream(html),
        shows(text_html=html),
        shows(text_markdown=html),
        shows(text_latex=html),
        error(html),
    ]
    scripts = shows(**{"application_javascript": "alert(1)", "image_svg+xml": html, "text_plain": html})
    cells = [markdown(html), written("w", html), code(html, [*outputs, scripts]), code("last = 1")]
    outcome = Outcome(html, "ps9", Status.GRADED, notes=(html,), reason=html)
    soup = soup_of(cells, Marks(comments={"w": html}), outcome)
    body = soup.body
    assert not body.find_all(["script", "iframe", "link", "style", "form", "input", "base", "meta", "svg"])
    assert not [tag for tag in body.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    assert not body.find_all(style=True)
    assert not body.find_all(src=re.compile("http"))
    assert len(soup.find_all("h1")) == 1
    assert [len(cell.find_parents()) for cell in soup.select(".cell")] == [4] * 4


def test_a_page_without_formulas_may_run_nothing():
    soup = soup_of([code("1")], Marks())
    assert not soup.find_all("script")
    assert "script-src" not in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]


def test_the_policy_of_a_page_with_formulas_allows_its_own_two_scripts_only(soup):
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    inline, loaded = soup.find_all("script")
    digest = base64.b64encode(hashlib.sha256(inline.string.encode()).digest()).decode()
    home = loaded["src"].split("MathJax.js")[0]
    assert policy.split("; ")[-1] == f"script-src 'sha256-{digest}' {home}"
    assert policy.startswith("default-src 'none'; img-src data:;")


# -- how large it is ---------------------------------------------------------------------------------------

BIG = 50_000_000
PHOTO = PIXEL[:-4] + "A" * 300_000
FLOODS = {
    "50 MB of text": [code("1", [stream("a line of text\n" * (BIG // 15))])],
    "50 MB in one line": [code("1", [stream("x" * BIG)])],
    "50 MB of what becomes longer": [code("1", [stream("&<" * (BIG // 2))])],
    "50 MB of colours": [code("1", [stream("\x1b[31mx" * (BIG // 6))])],
    "50 MB of HTML": [code("1", [shows(text_html="<b>x</b>" * (BIG // 8), text_plain="x")])],
    "50 MB of traceback": [check("t", [error("x" * BIG)])],
    "50 MB of answer": [written("w", "word " * (BIG // 5))],
    "50 MB of code": [code("x = 1\n" * (BIG // 6))],
    "a picture of 50 MB": [code("1", [shows(image_png="A" * BIG)])],
    "100 pictures": [code("plot()", [shows(image_png=PHOTO)]) for _ in range(100)],
    "100 pictures in one cell": [code("plot()", [shows(image_png=PHOTO) for _ in range(100)])],
    "10,000 outputs": [code("1", [stream(f"{number}\n") for number in range(10_000)])],
    "20,000 cells": [code(f"x = {number}", [stream("y")]) for number in range(20_000)],
    "1,000 large cells": [code("y = 2\n" * 3_000, [stream("z\n" * 9_000)]) for _ in range(1_000)],
    "9,000 graded cells": [check(f"test-{number}", [error("wrong")]) for number in range(9_000)],
    "deep tags": [markdown("<div>" * 1_000), code("1", [shows(text_html="<b>" * 3_000)])],
}
SAYS = {
    "50 MB of text": r"[\d,]+ characters \([\d,]+ lines\) were left out here",
    "50 MB of HTML": "An output of 50,000,000 characters of HTML is not shown",
    "50 MB of answer": "were left out here",
    "50 MB of code": "were left out here",
    "a picture of 50 MB": "A picture of 37,500,000 bytes is not shown: it is too large for this page",
    "100 pictures": "One output of this cell is not shown: the page would become too large",
    "100 pictures in one cell": "98 outputs of this cell are not shown",
    "10,000 outputs": "9,960 outputs of this cell are not shown",
    "20,000 cells": "19,200 more cells of your notebook are not shown here",
    "1,000 large cells": "This cell is not shown: the page would become too large",
    "9,000 graded cells": "Your notebook is too large to be shown",
}


@pytest.mark.parametrize("flood", FLOODS)
def test_no_notebook_makes_a_page_larger_than_its_bound(flood):
    html = render_page(page(FLOODS[flood], Marks(), None))
    assert len(html.encode()) <= MAX_BYTES
    assert re.search(SAYS.get(flood, ""), html)


def test_a_flood_of_notes_is_cut_and_counted():
    record = Outcome("ada", "ps9", Status.GRADED, notes=tuple(f"note {n}" for n in range(5_000)))
    assert [note.get_text() for note in soup_of(outcome=record).select("section ul > li")][
        -1
    ] == "and 4,960 more"


def test_a_flood_of_one_kind_leaves_the_others_alone():
    cells = [code("flood()", [shows(image_png=PHOTO)]) for _ in range(20)] + [written("w", "My answer.")]
    cells.append(code("z()", [stream("My output.")]))
    text = words(soup_of(cells, Marks()))
    assert "My answer." in text
    assert "My output." in text


@pytest.mark.parametrize(
    "output",
    [
        {},
        "text",
        {"output_type": "display_data"},
        {"output_type": "display_data", "data": {"image/png": "no picture!"}},
        {"output_type": "stream"},
        {"output_type": "error"},
        {"output_type": "error", "traceback": "x"},
    ],
)
def test_odd_outputs_stop_nothing(output):
    assert "no picture" not in outputs_html([output], frozenset(), Room())


# -- records -----------------------------------------------------------------------------------------------


def test_without_a_record_one_is_told_to_grade(tmp_path):
    with pytest.raises(CourseError, match="`ps9` has not been graded") as caught:
        require_record(tmp_path / "none.json", "ps9")
    assert caught.value.next_step == "Run: autograder grade ps9"
