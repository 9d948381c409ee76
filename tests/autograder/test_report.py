"""The teacher's page: what went wrong, how well work was shut in, a page without names, and large classes."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from autograder import report, report_pictures, report_trouble
from autograder.cli import app
from autograder.collect import Collected
from autograder.outcome import CellOutcome, Outcome, Status
from autograder.record import save
from autograder.report import LARGE, Summary, question, render_report
from autograder.report_trouble import (
    Late,
    errors_of_tests,
    how_late,
    lateness,
    mended,
    on_arrival,
    protection,
    tally,
)
from autograder.sanitise import TemplateCell
from autograder.scoring import score
from autograder.standing import Standing

EDITED = "the locked cell `test` had been edited: the original ran instead"
PUT_BACK = "the deleted cell `test` was put back"
BESIDE = "the test `test` ran inside the student's process, as it declares"
NOW = datetime(2026, 3, 9, 12, 0)


def graded(student, points=1.0, **changes):
    cells = (CellOutcome("test", points, 1.0, error=None if points else "AssertionError: not so"),)
    made = Outcome(
        student, "ps9", Status.GRADED, points, 1.0, cells, protection="full", mechanisms=("walls",)
    )
    return replace(made, **changes)


def lost(student, status, **changes):
    return Outcome(student, "ps9", status, None, 1.0, reason=f"{status.value}, you see", **changes)


CLASS = (
    graded("adalind"),
    graded("bertram", 0.0, notes=(EDITED, BESIDE)),
    graded("cosima", notes=(PUT_BACK, BESIDE)),
    graded("dagobert", status=Status.TIMED_OUT, reason="time-out in test", attempts=2, notes=(PUT_BACK,)),
    graded("eleonore", status=Status.DIED, reason="the Python process died in test"),
    lost("fridolin", Status.NOT_GRADABLE),
    lost("griselda", Status.CRASHED, log="Traceback of griselda"),
    lost("hieronymus", Status.MISSING),
)
LATE = (Late("adalind", 93784.0, 0.2), Late("cosima", None, 0.0))


def summary(outcomes=CLASS, late=LATE, **more):
    return Summary("ps9", 1.0, tuple(outcomes), (question(outcomes, "test", 1.0, False),), late, **more)


def page(made):
    return BeautifulSoup(render_report(made, NOW), "html.parser")


def rows(soup, region):
    found = soup.find(attrs={"aria-labelledby": region})
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in found.tbody("tr")
    ]


# -- how well work was shut in ---------------------------------------------------------------------------


def test_levels_and_mechanisms_of_those_that_ran_are_counted():
    found = protection([*CLASS, graded("ida", protection="partial", mechanisms=("walls", "moat"))])
    assert found.levels == {"full": 5, "partial": 1}
    assert found.mechanisms == ("walls", "moat")
    assert found.summary == "6 submissions ran: 5 with full protection, 1 with partial protection."


def test_full_protection_needs_no_warning():
    assert protection(CLASS).warning == ""
    assert page(summary()).find(attrs={"role": "note"}) is None


@pytest.mark.parametrize("level", ["none", ""])
def test_one_unconfined_submission_is_a_warning_at_the_top(level):
    """nbgrader's own engine leaves the level empty."""
    outcomes = [*CLASS, graded("ida", protection=level, mechanisms=())]
    note = page(summary(outcomes)).find(attrs={"role": "note"}).get_text(" ", strip=True)
    assert note.startswith("1 of 6 submissions ran without full protection, unconfined: such code could read")
    assert "autograder grade ps9 --force" in note


def test_partial_protection_is_a_warning_too():
    found = protection([graded("ida", protection="partial"), graded("jo", protection="none"), graded("kim")])
    assert found.warning.startswith("2 of 3 submissions ran without full protection (1 of them unconfined)")


def test_the_page_says_which_protection_was_reached_and_which_tests_ran_beside_answers():
    text = page(summary()).get_text(" ")
    assert "5 submissions ran: 5 with full protection. Reached: walls." in text
    assert "ran inside the student's process, as it declares" in text


def test_work_that_never_ran_has_no_protection():
    assert protection([lost("ida", Status.MISSING)]).summary == "No submission ran."


@pytest.mark.parametrize(("level", "said"), [("full", ""), ("none", "1 of 1 submission ran without full")])
def test_the_command_warns_on_the_terminal_too(course, level, said):
    save(course.outcomes("ps9"), [graded("ida", protection=level)])
    told = CliRunner().invoke(app, ["report", "ps9", "--course", str(course.root)])
    assert told.exit_code == 0
    assert told.stderr.startswith(said) if said else told.stderr == ""


# -- everything that went wrong --------------------------------------------------------------------------


def test_everything_that_went_wrong_is_counted_worst_first():
    assert tally(CLASS, LATE) == (
        ("crashed the grader", 1),
        ("not gradable", 1),
        ("missing", 1),
        ("graded, but a process died", 1),
        ("graded, but a cell did not end", 1),
        ("late", 2),
        ("mended before grading", 3),
    )


def test_a_class_without_trouble_is_told_so():
    text = page(summary([graded("ida")], ())).get_text(" ", strip=True)
    assert "Nothing: every submission was graded to its end as it was handed in." in text


def test_what_touches_a_test_comes_first_and_is_marked():
    assert [(item.what, item.students, item.about_tests) for item in mended(CLASS)] == [
        (EDITED, ("bertram",), True),
        (PUT_BACK, ("cosima", "dagobert"), False),
    ]
    assert rows(page(summary()), "mended") == [
        ["1", "the locked cell test had been edited: the original ran instead touches a test", "bertram"],
        ["2", "the deleted cell test was put back", "cosima, dagobert"],
    ]


def test_a_name_that_a_student_chose_marks_nobody():
    note = "a cell with the unknown name `the symbolic link` ran as an ordinary cell"
    assert [item.about_tests for item in mended([graded("ida", notes=(note,))])] == [False]


def test_who_has_no_grade_who_stopped_and_who_was_late():
    soup = page(summary())
    assert [row[0] for row in rows(soup, "lost")] == ["fridolin", "griselda", "hieronymus"]
    assert rows(soup, "stopped") == [
        ["dagobert", "time-out in test", "2", "0.0"],
        ["eleonore", "the Python process died in test", "–", "0.0"],
    ]
    assert rows(soup, "late") == [
        ["adalind", "1 day 2 hours", "0.2"],
        ["cosima", "the platform does not say", "0"],
    ]


def test_a_log_is_folded_escaped_and_cut():
    log = f"{'begin' * 1000}<b>Killed</b>"
    soup = page(
        summary([lost("ida", Status.CRASHED, log=log), graded("jo", status=Status.DIED, log="by seccomp")])
    )
    first, second = (tag.get_text() for tag in soup.select("details pre"))
    assert (len(first), first[-13:], second) == (report.LOGGED, "<b>Killed</b>", "by seccomp")


def test_penalties_stand_beside_the_scores():
    soup = page(summary())
    found = {row[0]: row[1:] for row in rows(soup, "students")}
    assert found["adalind"] == ["1 / 1", "1", "-0.2", "0.0"]
    assert found["bertram"] == ["0 / 1", "0", "", "0.0"]
    assert "before anything was taken off for lateness" in soup.get_text()


def test_lateness_is_the_gradebooks_or_the_platforms():
    class_now = [
        Standing(graded("ida"), 0.5, "2026-03-08 12:00:00 UTC", 60.0),
        Standing(graded("jo"), 0.0, "2026-03-08 12:00:00 UTC"),
        Standing(graded("kim")),
    ]
    people = {name: Collected(name, "placed", "canvas", name, "1", late=True) for name in ("jo", "kim")}
    assert lateness(class_now, people) == (Late("ida", 60.0, 0.5), Late("kim", None, 0.0))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "less than a minute"),
        (60, "1 minute"),
        (7260, "2 hours 1 minute"),
        (86400 + 120, "1 day"),
        (864000, "10 days"),
    ],
)
def test_spans_of_time_are_written_for_people(seconds, words):
    assert how_late(seconds) == words


def test_an_error_of_a_test_is_the_tests(tmp_path):
    cell = TemplateCell("test", "code", "", True, True, False, False, 1.0, "", "")
    _, error = score(cell, "", [{"output_type": "execute_result", "data": {"text/plain": "nan"}}])
    broken = replace(graded("ida", 0.0), cells=(CellOutcome("test", 0.0, 1.0, error=error),))
    [found] = errors_of_tests([broken, graded("jo", 0.0)])
    assert (found.students, found.what[:6]) == (("ida",), "`test`")
    assert "Here the test is wrong, not the answer" in page(summary([broken])).get_text()


def test_what_collecting_decided_is_listed():
    people = {"ida": Collected("ida", "placed", "canvas", "Ida", "1", notes=("`a.ipynb` was taken",))}
    assert "`a.ipynb` was taken" in [item.what for item in on_arrival(people)]
    text = page(summary(arrivals=on_arrival(people))).get_text(" ", strip=True)
    assert "ida : a.ipynb was taken" in text


# -- without names ---------------------------------------------------------------------------------------


def test_no_name_nor_anything_that_a_student_wrote_is_on_the_page_without_names():
    people = {
        "cosima": Collected("cosima", "placed", "moodle", "Cosima Wagner", "1", notes=("cosima.ipynb",))
    }
    full = summary(arrivals=on_arrival(people))
    text = render_report(full.nameless(), NOW)
    for outcome in CLASS:
        assert outcome.student in render_report(full, NOW)
        assert outcome.student not in text
    for secret in ("you see", "not so", "Traceback", "put back", "Wagner", "cosima.ipynb"):
        assert secret not in text


def test_the_page_without_names_counts_the_same():
    assert summary().nameless().tally == summary().tally
    found = rows(page(summary().nameless()), "help")
    assert sorted(map(tuple, found)) == [
        ("1", "handed in nothing"),
        ("1", "has less than half of the points given so far"),
        ("2", "handed in something that cannot be graded"),
        ("2", "has cells that do not end, or that end the process"),
    ]


def test_a_class_is_not_told_how_its_work_is_shut_in():
    text = render_report(summary([*CLASS, graded("ida", protection="none")]).nameless(), NOW).lower()
    assert not [word for word in ("full protection", "unconfined", "walls", 'role="note"') if word in text]


def test_json_without_names_has_none():
    import json

    text = json.dumps(summary().nameless().to_dict())
    assert not [outcome.student for outcome in CLASS if outcome.student in text]


def test_json_has_what_the_page_has():
    found = summary().to_dict()
    assert found["went_wrong"]["late"] == 2
    assert found["protection"]["levels"] == {"full": 5}
    assert {item["student"]: item["rule"] for item in found["help"]}["hieronymus"] == "handed in nothing"


# -- large classes ---------------------------------------------------------------------------------------


def crowd(size, error="AssertionError: not so", questions=3):
    cells = tuple(CellOutcome(f"test-{n}", 0.0, 1.0, error=error) for n in range(questions))
    made = Outcome(
        "", "ps9", Status.TIMED_OUT, 0.0, 1.0, cells, reason=error, notes=(error,), next_step=error
    )
    return [replace(made, student=f"s{number:06}") for number in range(size)]


def test_a_class_above_the_limit_has_totals_only():
    small, large = page(summary(crowd(LARGE), ())), page(summary(crowd(LARGE + 1), ()))
    assert rows(small, "students")[0] == ["s000000", "0 / 1", "–", "0.0"]  # no cell `test`
    assert rows(large, "students")[0] == ["s000000", "0 / 1", "", "0.0"]
    assert "autograder export ps9" in large.get_text()
    assert "Why points were lost" in small.get_text()
    assert "Why points were lost" not in large.get_text()


def test_long_lists_are_folded_and_short_ones_are_not():
    folded = [tag.get_text() for tag in page(summary(crowd(LARGE + 1), ())).select("details.long > summary")]
    assert folded == ["All 201 students"] * 3  # who stopped, who may need help, everybody
    assert not page(summary()).select("details.long")


def test_lists_of_a_large_class_are_cut_and_say_so():
    soup = page(summary(crowd(1000), ()))
    assert len(rows(soup, "stopped")) == report.LISTED
    assert "And 700 more" in soup.get_text()
    assert "s000011 and 988 more" in soup.get_text()


@pytest.mark.parametrize("size", [LARGE, 12_000])
def test_a_page_stays_below_five_megabytes_whatever_tests_say(size):
    """Every character of the messages takes five once it is escaped."""
    text = render_report(summary(crowd(size, '"' * 600, questions=20 if size <= LARGE else 3), ()), NOW)
    assert len(text.encode()) < 5e6


# -- the page itself -------------------------------------------------------------------------------------


def test_the_page_loads_and_runs_nothing():
    soup = page(summary())
    assert not soup.find_all(["script", "link", "iframe", "img", "object", "embed"])
    assert not [tag for tag in soup.find_all(True) if {"src", "style", "onclick"} & set(tag.attrs)]
    assert {link["href"][0] for link in soup.find_all("a")} == {"#"}
    assert not re.search(r"url\(|@import", soup.style.get_text())


def test_every_link_of_the_page_leads_somewhere():
    for made in (summary(), summary().nameless(), summary(crowd(LARGE + 1), ())):
        soup = page(made)
        assert all(soup.find(id=link["href"][1:]) for link in soup.find_all("a"))


@pytest.mark.parametrize(
    ("value", "low", "expected"),
    [(0.25, 0, (0, 25)), (-0.5, -1, (25, 25)), (0.5, -1, (50, 25)), (7.0, 0, (0, 100))],
)
def test_a_bar_lies_where_its_value_is(value, low, expected):
    found = report_pictures.beam(value, low)
    assert (found.x, found.width) == expected


def test_a_bar_on_an_axis_without_length_is_empty():
    assert report_pictures.beam(0.0, 0.0, 0.0).width == 0


@pytest.mark.parametrize("module", [report, report_pictures, report_trouble], ids=lambda m: m.__name__)
def test_the_examples_of_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0
