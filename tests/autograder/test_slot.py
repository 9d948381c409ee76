"""bubblewrap round a worker: what it sees, what it leaves, and what happens where it cannot run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder import Course, Hand, grade, slot, write_class
from autograder.slot import MECHANISM, Slot

HERE = Slot((Path(sys.prefix), Path(sys.base_prefix)), Path("/tmp"))
needs_bubblewrap = pytest.mark.skipif(
    HERE.command(["true"]) is None, reason="bubblewrap is not installed here, or may not run"
)


@pytest.fixture
def seen(tmp_path):
    """Run a piece of Python in a slot with a work folder and a hidden gradebook; return what it prints."""
    for name in ("course", "run-folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "course" / "gradebook.db").write_text("grades")
    (tmp_path / "course" / "answer.txt").write_text("42")
    place = Slot(
        (tmp_path / "course", Path(sys.prefix), Path(sys.base_prefix)),
        tmp_path / "run-folder",
        (tmp_path / "course" / "gradebook.db",),
    )

    def run(code):
        command = place.command([sys.executable, "-c", f"import os, socket\n{code}", str(tmp_path)])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

    return run


SEES = {
    "what was handed in": ("print(open(os.sys.argv[1] + '/course/answer.txt').read())", "42"),
    "an empty gradebook": ("print(len(open(os.sys.argv[1] + '/course/gradebook.db').read()))", "0"),
    "a course that cannot be changed": ("open(os.sys.argv[1] + '/course/answer.txt', 'w')", "Read-only"),
    "a system that cannot be changed": ("open('/usr/made', 'w')", "Read-only"),
    "its work folder": ("print(open(os.sys.argv[1] + '/run-folder/made', 'w').write('abc'))", "3"),
    # The way to this course and to this Python is there, if they lie below it, and nothing beside it.
    "a temporary folder of its own": (
        "ways = (os.sys.argv[1], os.sys.prefix, os.sys.base_prefix)\n"
        "print([n for n in os.listdir('/tmp') if not any(w.startswith(f'/tmp/{n}/') for w in ways)])",
        "[]",
    ),
    "no processes but its own": (
        "print(max(int(p) for p in os.listdir('/proc') if p.isdigit()) < 20)",
        "True",
    ),
    "no network": ("socket.create_connection(('127.0.0.1', 9), 2)", "Error"),
    "no sockets of other programs": ("os.listdir('/run')", "FileNotFoundError"),
}


@needs_bubblewrap
@pytest.mark.parametrize(("code", "expected"), SEES.values(), ids=SEES)
def test_a_slot_sees(seen, code, expected):
    assert expected in seen(code)


@pytest.fixture
def alone(course):
    write_class(course, "ps9", (Hand("ada", "right", ""),))
    return course


@needs_bubblewrap
def test_results_say_that_it_was_there(alone):
    (outcome,) = grade(alone, "ps9")
    assert (outcome.score, outcome.protection) == (9, "full")
    assert MECHANISM in outcome.mechanisms


def test_a_course_can_do_without(alone):
    with (alone.root / "nbgrader_config.py").open("a") as stream:
        stream.write("\nc.AutograderLimits.bubblewrap = False\n")
    (outcome,) = grade(Course(alone.root), "ps9")
    assert (outcome.score, outcome.protection) == (9, "full")
    assert MECHANISM not in outcome.mechanisms


REFUSALS = {
    "not installed": lambda name: None,
    "not allowed": lambda name: "/bin/false",
}


@pytest.mark.parametrize("which", REFUSALS.values(), ids=REFUSALS)
def test_where_it_cannot_run_the_other_walls_stand_and_the_result_says_so(alone, monkeypatch, which):
    monkeypatch.setattr(slot.shutil, "which", which)
    (outcome,) = grade(alone, "ps9")
    assert (outcome.score, outcome.protection) == (9, "full")
    assert MECHANISM not in outcome.mechanisms
