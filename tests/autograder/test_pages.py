"""Feedback for students and the report for the teacher."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from course_kit import SECRETS
from hypothesis import given
from hypothesis import strategies as st

from autograder import report
from autograder.feedback import clean
from autograder.feedback_cells import Room, outputs_html
from autograder.outcome import CellOutcome, Outcome, Status

STUDENTS = ("right", "half", "loop", "script", "wrong", "empty", "copies")


def text_of(path):
    return " ".join(BeautifulSoup(path.read_text("utf-8"), "html.parser").get_text(" ").split())


def test_everybody_gets_a_page(graded):
    assert all(page.path and page.path.is_file() and not page.problem for page in graded.pages.values())


def test_no_page_shows_a_hidden_test(graded):
    for page in graded.pages.values():
        plain = unescape(re.sub(r"<[^>]*>", "", page.path.read_text("utf-8")))
        assert not [secret for secret in SECRETS if secret in plain]


def test_the_message_of_a_hidden_test_is_shown(graded):
    assert "AssertionError: double(21) is not 42" in text_of(graded.pages["half"].path)


def test_no_page_runs_anything_of_a_submission(graded):
    for page in graded.pages.values():
        soup = BeautifulSoup(page.path.read_text("utf-8"), "html.parser")
        assert not [tag for tag in soup.find_all("script") if "mathjax" not in str(tag).lower()]
        assert not [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
        assert not soup.find_all(href=re.compile("javascript", re.IGNORECASE))
    assert "stolen" not in graded.pages["script"].path.read_text("utf-8")


def test_formulas_and_comparisons_survive_cleaning(graded):
    assert "$a<b$" in text_of(graded.pages["script"].path)


def test_notes_and_points_stand_on_the_page(graded):
    text = text_of(graded.pages["copies"].path)
    assert "a duplicated cell test_square was ignored" in text
    assert "– / 3 waits for a person" in text


@pytest.mark.parametrize("student", ["broken", "exits", "nothing"])
def test_a_page_without_a_grade_says_that_it_is_not_a_zero(graded, student):
    text = text_of(graded.pages[student].path)
    assert "This is not a zero" in text
    assert graded.outcomes[student].reason.replace("`", "") in text


@pytest.mark.exhaustive
def test_plain_nbgrader_writes_the_same_safe_pages(graded, tmp_path):
    shutil.copytree(graded.course.root, tmp_path / "course", symlinks=True)
    shutil.rmtree(tmp_path / "course/feedback")
    tools = Path(sys.executable).parent
    command = [tools / "nbgrader", "generate_feedback", "ps9"]
    path = os.pathsep.join([str(tools), os.environ["PATH"]])
    subprocess.run(command, cwd=tmp_path / "course", check=True, env={**os.environ, "PATH": path})
    written = {path.parts[-3]: path for path in (tmp_path / "course/feedback").glob("*/ps9/ps9.html")}
    assert set(written) == {name for name, outcome in graded.outcomes.items() if outcome.graded}
    for student, path in written.items():
        assert path.read_text("utf-8") == graded.pages[student].path.read_text("utf-8")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<ScRiPt src=//x></sCrIpT >",
        "<script>alert(1)",
        "<img src=x onerror=alert(1)>",
        '<img src="https://tracker.example/a.png">',
        "<svg onload=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" data:text/html,<script>alert(1)</script>">x</a>',
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<style>body{display:none}</style>",
        "<p style='position:fixed'>x</p>",
        "<form action=//x><input name=a></form>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    ],
)
def test_cleaning_leaves_nothing_that_runs_loads_or_hides(html):
    soup = BeautifulSoup(clean(html), "html.parser")
    assert not soup.find_all(["script", "svg", "iframe", "style", "form", "img", "input"])
    assert not [tag for tag in soup.find_all(True) if set(tag.attrs) - {"id", "title"}]


QUOTED = SECRETS[0].replace("==", "<b>==</b>").replace('"', "&quot;")


@pytest.mark.parametrize(
    "output",
    [
        nbformat.v4.new_output("stream", text=f"see:\n  {SECRETS[0]}\nend"),
        nbformat.v4.new_output("stream", text=SECRETS[0].replace("==", "\x1b[38;5;28m==\x1b[39m")),
        nbformat.v4.new_output("stream", text=SECRETS[0].replace("==", "=\x00=")),
        nbformat.v4.new_output("stream", text=f"25 %\r{SECRETS[0]}"),
        nbformat.v4.new_output("execute_result", {"text/plain": SECRETS[0]}),
        nbformat.v4.new_output("execute_result", {"text/plain": "x", "text/html": f"<b>{SECRETS[0]}</b>"}),
        nbformat.v4.new_output("display_data", {"text/html": f"<p>{QUOTED}</p>"}),
        nbformat.v4.new_output("display_data", {"text/markdown": f"see\n\n{SECRETS[0]}"}),
        nbformat.v4.new_output("display_data", {"text/latex": SECRETS[0]}),
        nbformat.v4.new_output("error", ename="E", evalue=SECRETS[0], traceback=["x", f"E: {SECRETS[0]}"]),
        nbformat.v4.new_output("error", ename="E", evalue=SECRETS[0], traceback=[]),
    ],
)
def test_no_kind_of_output_shows_a_secret_line(output):
    shown = BeautifulSoup(outputs_html([output], frozenset(SECRETS), Room()), "html.parser").get_text()
    assert "double(21)" not in shown
    assert "a line of a hidden test was left out" in shown


def test_cleaning_keeps_tables_and_embedded_pictures():
    html = '<table class="dataframe"><tr><th scope="row">a</th></tr></table><img alt="b" src="data:image/png;base64,AAAA">'
    soup = BeautifulSoup(clean(html), "html.parser")
    assert soup.table["class"] == ["dataframe"]
    assert soup.img["src"] == "data:image/png;base64,AAAA"


def table_rows(soup, region):
    rows = soup.find(attrs={"aria-labelledby": region}).find_all("tr")
    return {
        row.th.get_text(): [cell.get_text(" ", strip=True) for cell in row.find_all("td")] for row in rows[1:]
    }


@pytest.fixture(scope="session")
def page(graded):
    return BeautifulSoup(graded.report.read_text("utf-8"), "html.parser")


def test_the_report_counts_right(page):
    facts = {item.dt.get_text(): item.dd.get_text() for item in page.select("dl.facts > div")}
    assert facts == {
        "graded": "12",
        "of these with a time-out": "1",
        "not gradable": "5",
        "missing": "1",
        "mean of 12": "6.71",  # (9 * 3 + 7 * 5 + 6.5 + 6 * 2 + 0) / 12
        "median": "7",
        "answers to grade by hand": "11",
    }


def test_the_report_has_every_student_with_points_for_every_question(page):
    rows = table_rows(page, "students")
    assert len(rows) == 18
    assert rows["half"][:-1] == ["7 / 12", "0", "2", "1", "4", "–"]
    assert rows["empty"][:-1] == ["0 / 12", "0", "0", "0", "0", "0"]
    assert rows["exits"][0] == "not gradable"
    assert rows["nothing"][0] == "missing"


def test_the_report_says_how_hard_each_question_was(page):
    rows = table_rows(page, "questions")
    assert rows["test_double"] == ["50 % (6 of 12)", "1 / 2"]
    assert rows["test_root"] == ["83 % (10 of 12)", "3.46 / 4"]
    assert rows["why"] == ["0 % (0 of 1)", "0 / 3"]


def test_the_report_gives_reason_and_next_step(page, graded):
    rows = table_rows(page, "lost")
    assert set(rows) == {"broken", "exits", "linked", "nothing", "renamed", "stubborn"}
    assert graded.outcomes["exits"].next_step == rows["exits"][1]


def test_the_report_needs_no_network_and_no_scripts(page):
    assert not page.find_all(["script", "link", "iframe", "img"])
    assert not page.find_all(attrs={"src": True})
    assert "url(" not in page.style.get_text()


def test_the_report_is_marked_up_for_assistive_tools(page):
    assert page.html["lang"] == "en"
    assert all(table.caption and table.find("th", scope="col") for table in page.find_all("table"))
    assert page.svg["role"] == "img"
    assert "8 from 50 to 60 %" in page.svg["aria-label"]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colours_of_text_have_enough_contrast(page):
    colours = dict(re.findall(r"--(\w+): (#\w{6})", page.style.get_text()))
    ground = luminance(colours["shade"])
    for name in ("ink", "soft", "blue", "orange"):
        assert (ground + 0.05) / (luminance(colours[name]) + 0.05) >= 4.5, name


def test_points_given_by_hand_after_grading_count(graded, tmp_path):
    from autograder import Course, summarise
    from autograder.gradebook import open_gradebook

    shutil.copytree(graded.course.root, tmp_path / "course", symlinks=True)
    course = Course(tmp_path / "course")
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("why", "ps9", "ps9", "right")
        grade.manual_score, grade.needs_manual_grade = 3, False
        gradebook.db.commit()
    summary = summarise(course, "ps9")
    assert {outcome.student: outcome.score for outcome in summary.outcomes}["right"] == 12
    assert summary.waiting == 10


def test_names_are_escaped():
    evil = "<b>x</b>"
    outcome = Outcome(
        evil, "ps9", Status.GRADED, 0.0, 1.0, (CellOutcome(evil, 0.0, 1.0, error=evil),), notes=(evil,)
    )
    summary = report.Summary(evil, 1.0, (outcome,), (report.question([outcome], evil, 1.0, False),))
    assert "<b>x" not in report.render_report(summary)


@given(st.lists(st.floats(0, 20), max_size=50))
def test_the_histogram_holds_everybody(scores):
    counts = report.histogram(scores, 20)
    assert sum(counts) == len(scores)
    assert all(
        0 <= bar.height <= 150 and bar.y + bar.height == pytest.approx(150, abs=0.02)
        for bar in report.bars(counts)
    )


def test_full_marks_are_in_the_last_bar():
    assert report.histogram([20, 18, 0], 20) == (1, 0, 0, 0, 0, 0, 0, 0, 0, 2)
