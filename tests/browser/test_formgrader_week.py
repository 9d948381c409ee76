"""The week of docs/teachers-week.md with a person in it: points by hand in Formgrader, opened from JupyterLab."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from lab_server import jupyterlab
from playwright.sync_api import expect

from autograder import Course
from autograder.classroom import fill_in, load_class
from autograder.gradebook import open_gradebook
from autograder.notebook import read_notebook

pytestmark = pytest.mark.browser
COURSE = Path(__file__).resolve().parents[2] / "assignments"
SET, WRITTEN, FIGURE = "ps6", "three-ways", "curves"
PARTS = ("nbgrader_config.py", f"source/{SET}", f"authoring/{SET}.toml", f"authoring/{SET}_class.py")
# Two with every answer right, and one whose weights begin equal; who each is on the platform.
ON_MOODLE = {"abel": "José Pérez_11", "emil": "Ada Lovelace_12", "fatma": "Kim Lee_13"}
RIGHT = 'params["W1"], 0.05)\n'
SLIP = 'assert abs(params["W1"]).max() < 0.01, "the weights are too large"\n'
COMMENT = "The momentum is well argued; say in 3 which set chooses."


def run(course, *words):
    """A command as a teacher types it, in the course folder; what it prints."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *words],
        cwd=course.root,
        env=os.environ | {"COLUMNS": "200", "PATH": tools},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def edit(course, old, new):
    """Change the one place of the instructor's notebook where a text stands."""
    path = course.source(SET)
    notebook = json.loads(path.read_text("utf-8"))
    found = [cell for cell in notebook["cells"] if old in "".join(cell["source"])]
    assert len(found) == 1
    found[0]["source"] = "".join(found[0]["source"]).replace(old, new)
    path.write_text(json.dumps(notebook), "utf-8")


def download(course, path):
    """What Moodle would give."""
    hands = {hand.student: hand for hand in load_class(course, SET)}
    instructor, released = read_notebook(course.source(SET)), read_notebook(course.release(SET))
    with zipfile.ZipFile(path, "w") as archive:
        for student, person in ON_MOODLE.items():
            text = json.dumps(fill_in(hands[student], instructor, released))
            archive.writestr(f"{person}_assignsubmission_file_/{SET}.ipynb", text)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a course in it, released with a test that asks too much, collected and graded."""
    home = tmp_path_factory.mktemp("week")
    for part in PARTS:
        source, target = COURSE / part, home / "course" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    course = Course(home / "course")
    edit(course, RIGHT, RIGHT + SLIP)
    run(course, "release", SET)
    assert "3 placed" in run(course, "collect", SET, str(download(course, home / "moodle.zip")))
    assert "3 graded" in run(course, "grade", SET)
    return home


@pytest.fixture(scope="module")
def teacher(browser, home):
    """The page of a JupyterLab in the course folder; it asks nothing of other machines."""
    with jupyterlab(home, "course") as (url, token):
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.route(lambda address: not address.startswith((url, "file:")), lambda route: route.abort())
        page = context.new_page()
        page.goto(f"{url}/lab?token={token}&reset")
        yield page
        context.close()


@pytest.fixture(scope="module")
def formgrader(teacher):
    """Formgrader as JupyterLab shows it: a page in the page."""
    menu = teacher.get_by_role("menuitem", name="Nbgrader")
    menu.click(timeout=60_000)
    teacher.get_by_role("menuitem", name="Formgrader").click()
    return teacher.frame_locator("iframe[src*=formgrader]")


def open_submission(formgrader, student):
    """Manual Grading, the assignment, its notebook, the student."""
    formgrader.get_by_role("link", name="Manual Grading").first.click()
    formgrader.get_by_role("link", name=SET, exact=True).click()
    expect(formgrader.locator(".breadcrumb .active")).to_have_text(SET)
    formgrader.locator("tbody").get_by_role("link", name=SET, exact=True).click()
    expect(formgrader.get_by_role("link", name="Submission #1")).to_be_visible()  # the rows come later
    formgrader.get_by_role("button", name="Show All Names").click()
    formgrader.get_by_role("link", name=student).click()


@pytest.fixture(scope="module")
def by_hand(teacher, formgrader, home):
    """A teacher opens the submission, and types points and a comment; each is saved when its box is left."""
    open_submission(formgrader, "ada-lovelace")
    for box, text, kind in ((WRITTEN, "3.5", "grade"), (f"{WRITTEN}-comment", COMMENT, "comment")):
        formgrader.locator(f"#{box}").click()
        formgrader.locator(f"#{box}").press_sequentially(text)
        saved = re.compile(rf"/formgrader/api/{kind}/\w+$")
        with teacher.expect_response(saved) as answer:
            formgrader.locator(f"#{box}").press("Tab")
        assert (answer.value.request.method, answer.value.status) == ("PUT", 200)
    return Course(home / "course")


def written(course, student):
    """What the gradebook says of the written answer: points by hand, whether it waits for some, the comment."""
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade(WRITTEN, SET, SET, student)
        comment = gradebook.find_comment(WRITTEN, SET, SET, student)
        return grade.manual_score, grade.needs_manual_grade, comment.manual_comment


def test_the_executed_copy_is_shown_with_the_students_picture(by_hand, formgrader):
    picture = formgrader.locator("img").first
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.naturalWidth") > 400
    expect(formgrader.get_by_text("Of digits never seen the network that is kept reads").last).to_be_visible()


def test_points_and_comment_typed_there_are_in_the_gradebook(by_hand):
    assert written(by_hand, "ada-lovelace") == (3.5, False, COMMENT)
    assert written(by_hand, "jose-perez") == (None, True, None)


@pytest.fixture(scope="module")
def regraded(by_hand):
    """The test is mended, and the class graded again; the sentences that say what moved."""
    edit(by_hand, SLIP, "")
    run(by_hand, "release", SET)
    return [line for line in run(by_hand, "grade", SET).splitlines() if line.startswith("Moved:")]


def test_a_mended_test_moves_those_whom_it_concerns(regraded):
    right = ("ada-lovelace", "jose-perez")
    assert regraded == [f"Moved: {name} test-init: 0 → 2 (its test was changed)" for name in right]


def test_formgrader_still_has_what_was_typed(regraded, teacher):
    teacher.goto(next(frame.url for frame in teacher.frames if "/submissions/" in frame.url))
    expect(teacher.locator(f"#{WRITTEN}")).to_have_value("3.5")
    expect(teacher.locator(f"#{WRITTEN}-comment")).to_have_value(COMMENT)
    expect(teacher.locator("#test-init")).to_have_attribute("placeholder", "2")


@pytest.fixture(scope="module")
def given_back(regraded, by_hand):
    """Feedback, report and export are written."""
    for command in ("feedback", "report", "export"):
        run(by_hand, command, SET)
    return by_hand


def test_the_students_page_shows_points_comment_and_picture(given_back, teacher):
    teacher.goto((given_back.feedback("ada-lovelace", SET) / f"{SET}.html").as_uri())
    expect(teacher.get_by_text(COMMENT).first).to_be_visible()
    expect(teacher.locator("body")).to_contain_text("3.5 / 5")
    assert teacher.locator("img").first.evaluate("image => image.naturalWidth") > 400


def test_the_students_page_shows_nothing_of_others(given_back):
    page = (given_back.feedback("jose-perez", SET) / f"{SET}.html").read_text("utf-8")
    assert COMMENT not in page
    assert "ada-lovelace" not in page


def test_the_export_has_the_points_by_hand(given_back):
    with given_back.report(SET).with_name(f"{SET}.grades.csv").open(newline="") as stream:
        rows = {row["student"]: row for row in csv.DictReader(stream)}
    assert {name: (row[WRITTEN], row["waiting"]) for name, row in rows.items()} == {
        "ada-lovelace": ("3.5", "0"),
        "jose-perez": ("", "1"),
        "kim-lee": ("", "1"),
    }
    moodle = given_back.report(SET).with_name(f"{SET}.moodle.csv").read_text("utf-8")
    assert "Participant 12,Ada Lovelace,44.5,46" in moodle
    assert "Participant 11" not in moodle  # an answer of his still waits for a person
