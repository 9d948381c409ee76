"""nbgrader's other tools on results of the engine: Formgrader's pages and buttons, feedback, export, exchange."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbgrader.utils import get_username

from autograder import Course, Hand, Mangle, grade, write_class
from autograder.gradebook import read_cells

TOKEN = "a-token-for-tests"
WRONG = {"square": "def square(x):\n    return -x * x"}
CLASS = (
    Hand("ada", "right", ""),
    Hand("bob", "wrong", "", WRONG),
    Hand("cy", "cut", "", mangle=Mangle.BROKEN_JSON),
)


def environment(folder):
    """Nothing of whoever runs the tests: no settings, no cache."""
    tools = str(Path(sys.executable).parent)
    own = {"HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder), "PATH": f"{tools}:{os.environ['PATH']}"}
    return {**os.environ, **own}


@pytest.fixture(scope="module")
def formgrader(released, tmp_path_factory):
    """A Jupyter server with Formgrader in a course that the engine has graded."""
    folder = tmp_path_factory.mktemp("formgrader")
    course = Course(shutil.copytree(released.root, folder / "course"))
    write_class(course, "ps9", CLASS)
    grade(course, "ps9")
    with formgrader_of(course, folder) as visit:
        yield SimpleNamespace(course=course, visit=visit)


@contextmanager
def formgrader_of(course, folder):
    """Formgrader in a course, as a `Visit`; `folder` is the home of whoever runs it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    extensions = "{'nbgrader.server_extensions.formgrader': True}"
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.jpserver_extensions={extensions}"]
    with subprocess.Popen(
        command,
        cwd=course.root,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        visit = Visit(f"http://127.0.0.1:{port}/formgrader")
        try:
            visit.wait(server)
            yield visit
        finally:
            server.send_signal(signal.SIGKILL)


class Visit:
    """Asks a Formgrader for pages and data, as a browser does."""

    def __init__(self, address):
        self.address = address

    def wait(self, server, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and server.poll() is None:
            with suppress(urllib.error.URLError):
                return self.page("api/status")
            time.sleep(0.1)
        raise AssertionError("the server did not start")

    def page(self, path, method="GET", **body):
        data = json.dumps(body).encode() if body else None
        headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
        wanted = urllib.request.Request(f"{self.address}/{path}", data, headers, method=method)
        with urllib.request.urlopen(wanted, timeout=60) as answer:
            return answer.read().decode()

    def data(self, path, method="GET", **body):
        return json.loads(self.page(path, method, **body))


def notebook_of(formgrader, student):
    """Formgrader's id of a student's notebook."""
    found = formgrader.visit.data("api/submitted_notebooks/ps9/ps9")
    return next(item for item in found if item["student"] == student)["id"]


PAGES = (
    "",
    "manage_assignments",
    "manage_submissions/ps9",
    "gradebook",
    "gradebook/ps9",
    "gradebook/ps9/ps9",
    "manage_students",
    "manage_students/ada",
    "manage_students/ada/ps9",
)


@pytest.mark.parametrize("page", PAGES)
def test_formgraders_pages_open(formgrader, page):
    assert "<title>nbgrader formgrade</title>" in formgrader.visit.page(page)


def test_formgrader_lists_who_was_graded_and_who_was_not(formgrader):
    found = {item["student"]: item for item in formgrader.visit.data("api/submissions/ps9")}
    assert {name: (item["autograded"], item["score"]) for name, item in found.items()} == {
        "ada": (True, 9),
        "bob": (True, 6),
        "cy": (False, 0),
    }


def test_formgrader_sees_which_tests_failed(formgrader):
    found = {item["student"]: item for item in formgrader.visit.data("api/submitted_notebooks/ps9/ps9")}
    assert {name: item["failed_tests"] for name, item in found.items()} == {"ada": False, "bob": True}


def test_formgrader_shows_the_executed_copy(formgrader):
    shown = formgrader.visit.page(f"submissions/{notebook_of(formgrader, 'bob')}/")
    assert "AssertionError" in re.sub(r"<[^>]*>", "", shown)
    assert "BEGIN HIDDEN TESTS" in re.sub(r"<[^>]*>", "", shown)


def test_points_and_comments_given_there_survive_grading_again_and_reach_feedback(formgrader):
    notebook = notebook_of(formgrader, "bob")
    cells = {
        item["name"]: item["id"] for item in formgrader.visit.data(f"api/grades?submission_id={notebook}")
    }
    texts = {
        item["name"]: item["id"] for item in formgrader.visit.data(f"api/comments?submission_id={notebook}")
    }
    formgrader.visit.data(f"api/grade/{cells['why']}", "PUT", manual_score=2.5, extra_credit=0.25)
    formgrader.visit.data(f"api/grade/{cells['test_square']}", "PUT", manual_score=1)
    formgrader.visit.data(f"api/comment/{texts['why']}", "PUT", manual_comment="Well argued.")
    course = formgrader.course
    (outcome,) = grade(course, "ps9", ["bob"], force=True)
    assert outcome.score == 6
    now = {cell.grade_id: cell.points for cell in read_cells(course, "bob", "ps9")}
    assert now == {"test_double": 2, "test_square": 1, "test_sum": 0, "test_root": 4, "why": 2.75}
    kept = formgrader.visit.data(f"api/comment/{texts['why']}")
    assert (kept["manual_comment"], kept["auto_comment"]) == ("Well argued.", None)
    made = formgrader.visit.data("api/assignment/ps9/bob/generate_feedback", "POST", x=1)
    assert made["success"], made
    assert "Well argued." in (course.feedback("bob", "ps9") / "ps9.html").read_text("utf-8")


def test_a_flag_set_there_survives_grading_again(formgrader):
    notebook = notebook_of(formgrader, "ada")
    formgrader.visit.page(f"api/submitted_notebook/{notebook}/flag", "POST", x=1)
    grade(formgrader.course, "ps9", ["ada"], force=True)
    found = formgrader.visit.data("api/submitted_notebooks/ps9/ps9")
    assert {item["student"]: item["flagged"] for item in found} == {"ada": True, "bob": False}


def command(folder, home, name, *arguments):
    """Run one of nbgrader's commands."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", name, *arguments],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def exchange(course, tmp_path):
    """The course with an exchange of its own, and a student's folder."""
    place, student = tmp_path / "exchange", tmp_path / "student"
    place.mkdir()
    place.chmod(0o777)
    student.mkdir()
    with (course.root / "nbgrader_config.py").open("a") as stream:
        stream.write(f"\nc.Exchange.root = {str(place)!r}\nc.Exchange.cache = {str(tmp_path / 'cache')!r}\n")
    shutil.copy(course.root / "nbgrader_config.py", student)
    return Course(course.root), student


@pytest.mark.exhaustive
def test_from_the_exchange_through_the_engine_and_back(exchange, tmp_path):
    """Release, fetch, submit and collect by nbgrader; grade by the engine; feedback back by nbgrader."""
    course, student = exchange
    me = get_username()
    command(course.root, tmp_path, "release_assignment", "ps9")
    command(student, tmp_path, "fetch_assignment", "ps9")
    notebook = json.loads((student / "ps9" / "ps9.ipynb").read_text("utf-8"))
    answer = next(cell for cell in notebook["cells"] if cell["id"] == "double")
    answer["source"] = "def double(x):\n    return 2 * x"
    (student / "ps9" / "ps9.ipynb").write_text(json.dumps(notebook), "utf-8")
    command(student, tmp_path, "submit", "ps9")
    command(course.root, tmp_path, "collect", "ps9")
    (outcome,) = grade(course, "ps9")
    assert (outcome.student, outcome.score) == (me, 2)
    with_time = course.autograded(me, "ps9") / "timestamp.txt"
    assert with_time.is_file()
    command(course.root, tmp_path, "generate_feedback", "ps9")
    command(course.root, tmp_path, "release_feedback", "ps9")
    command(student, tmp_path, "fetch_feedback", "ps9")
    (page,) = (student / "ps9" / "feedback").rglob("*.html")
    assert "test_double" in page.read_text("utf-8")
    command(course.root, tmp_path, "export", "--to", str(tmp_path / "grades.csv"))
    header, line = (tmp_path / "grades.csv").read_text("utf-8").splitlines()
    exported = dict(zip(header.split(","), line.split(","), strict=True))
    assert (exported["student_id"], exported["score"], exported["max_score"]) == (me, "2.0", "12.0")
    assert exported["timestamp"].startswith(with_time.read_text().strip()[:16])
