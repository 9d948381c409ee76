"""One course, released, handed in and graded once for all tests of this folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder import Course, grade, release, write_class, write_feedback, write_report

sys.path.insert(0, str(Path(__file__).parent))
from course_kit import CLASS, fingerprints, make_course
from postgres_kit import copy_there, release_there, running_server


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """A course with its one assignment released; to be copied, because a new gradebook takes seconds."""
    course = Course(make_course(tmp_path_factory.mktemp("released")).resolve())
    release(course, "ps9")
    return course


@pytest.fixture(scope="session")
def graded(released, tmp_path_factory):
    """The class of `course_kit`, graded by nbgrader with a time-out of 2 s, with feedback and report."""
    return grade_class(released, tmp_path_factory.mktemp("graded"), "nbgrader")


@pytest.fixture(scope="session")
def graded_fast(released, tmp_path_factory):
    """The same class, graded by the fast engine."""
    return grade_class(released, tmp_path_factory.mktemp("graded-fast"), "fast")


def grade_class(released, folder, engine):
    course = Course(shutil.copytree(released.root, folder / "course"))
    write_class(course, "ps9", CLASS)
    before = fingerprints(course.root / "submitted")
    started: list[tuple[str, int, int]] = []
    outcomes = grade(course, "ps9", timeout=2, engine=engine, on_start=lambda *call: started.append(call))
    pages = write_feedback(course, "ps9")
    report, summary = write_report(course, "ps9")
    return SimpleNamespace(
        course=course,
        outcomes={outcome.student: outcome for outcome in outcomes},
        pages={page.student: page for page in pages},
        report=report,
        summary=summary,
        started=started,
        before=before,
        after=fingerprints(course.root / "submitted"),
    )


@pytest.fixture
def course(released, tmp_path):
    """A course of one's own, released, with nothing handed in."""
    return Course(shutil.copytree(released.root, tmp_path / "course"))


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def released_there(released, server, tmp_path_factory):
    """The released course with its gradebook on the server; to be copied, with its database."""
    return release_there(released, server, tmp_path_factory.mktemp("there"))


@pytest.fixture
def there(released_there, server, tmp_path):
    """A course of one's own whose gradebook is a database of its own on the server."""
    return copy_there(released_there, server, tmp_path)
