"""A class of hundreds: everybody has the right grade, and memory does not grow with the class."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from course_kit import CLASS

from autograder.classroom import differences, resize, write_class
from autograder.record import load

# Grading runs in a process of its own: memory that other tests have given back would hide growth.
GRADE = """
import json, sys, psutil
from pathlib import Path
from autograder import Course, grade

me, seen = psutil.Process(), {}
def count(student, done, total):
    seen[done] = me.memory_info().rss
outcomes = grade(Course(Path(sys.argv[1])), "ps9", timeout=2, on_start=count)
seen[len(outcomes)] = max(me.memory_info().rss for outcome in outcomes)
print(json.dumps(seen))
"""
QUICK = tuple(hand for hand in CLASS if hand.student in {"right", "wrong", "partial", "broken", "nothing"})


@pytest.mark.exhaustive
def test_a_class_of_hundreds_is_graded_rightly_in_memory_that_stays_the_same(course):
    hands = resize(QUICK, 360)
    write_class(course, "ps9", hands)
    run = subprocess.run(
        [sys.executable, "-c", GRADE, str(course.root)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert differences(hands, tuple(load(course.outcomes("ps9")).values())) == ()
    seen = {int(done): memory for done, memory in json.loads(run.stdout).items()}
    # A notebook of this class takes 20 kB as text and many times more when it is read, an outcome 3 kB.
    assert seen[max(seen)] - seen[60] < 2e3 * (max(seen) - 60)
