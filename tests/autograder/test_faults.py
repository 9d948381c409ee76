"""Killing the grader, its workers and their processes at any moment: nothing lost, nothing left."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial

import psutil
import pytest
from course_kit import wait_for

from autograder import Hand, Status, grade, write_class
from autograder.gradebook import read_cells
from autograder.record import load

SLOW = {"double": "import time\ntime.sleep(0.4)\ndef double(x):\n    return 2 * x"}
NAMES = [f"s{number}" for number in range(6)]


@pytest.fixture
def slow(course):
    """A course of six students, each of whom takes a moment."""
    write_class(course, "ps9", [Hand(name, "", "", SLOW) for name in NAMES])
    return course


def start(course):
    """Start a grading run in a process of its own, like a command."""
    code = "from autograder.cli import app; app()"
    command = [sys.executable, "-c", code, "grade", "ps9", "--jobs", "2", "--json"]
    return subprocess.Popen(
        command, cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


@pytest.fixture
def run(slow):
    """A grading run under way."""
    with start(slow) as process:
        yield process
        process.kill()


def recorded(course):
    return set(load(course.outcomes("ps9")))


def family(pid):
    return psutil.Process(pid).children(recursive=True)


def workers(pid):
    """The processes that grade; where bubblewrap can run it is between them and the run."""
    return [process for process in family(pid) if name_of(process) == "grade-worker"]


def name_of(process):
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def warm_processes(pid):
    return children_of(workers(pid))


def notebooks_at_work(pid):
    """Processes of students: children of the warm processes."""
    return children_of(warm_processes(pid))


def children_of(processes):
    """Children of processes that may end at any moment."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found += process.children()
    return found


def gone(processes):
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)


def finish(course):
    """Grade the rest, and check that everybody has what they deserve."""
    before = recorded(course)
    started: list[str] = []
    outcomes = grade(course, "ps9", jobs=2, on_start=lambda *call: started.append(call[0]))
    assert [(outcome.status, outcome.score) for outcome in outcomes] == [(Status.GRADED, 9)] * len(NAMES)
    assert not before & set(started)
    for name in NAMES:
        assert sum(cell.points or 0 for cell in read_cells(course, name, "ps9")) == 9
        assert json.loads((course.autograded(name, "ps9") / "ps9.ipynb").read_text("utf-8"))["cells"]
    assert not [path for path in (course.root / "autograded").iterdir() if path.name.startswith(".work")]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGKILL, id="kill -9"),
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.exhaustive),
        pytest.param(signal.SIGTERM, id="kill", marks=pytest.mark.exhaustive),
    ],
)
def test_ending_the_run_loses_no_finished_result_and_leaves_no_process(slow, run, number):
    wait_for(lambda: recorded(slow) and notebooks_at_work(run.pid))
    processes = family(run.pid)
    done = recorded(slow)
    os.kill(run.pid, number)
    run.wait(60)
    wait_for(lambda: gone(processes), 10)
    assert done <= recorded(slow)
    assert len(recorded(slow)) < len(NAMES)
    finish(slow)


@pytest.mark.exhaustive
def test_runs_ended_at_random_moments_lose_nothing_finished(slow):
    """Kill, interrupt or terminate a run again and again; what is recorded stays, and the rest gets done."""
    chance, before = random.Random(0), set()
    for number in range(12):
        process = start(slow)
        time.sleep(chance.uniform(0.2, 6.0))
        processes = [psutil.Process(process.pid), *family(process.pid)] if process.poll() is None else []
        with suppress(ProcessLookupError):
            os.kill(process.pid, (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)[number % 3])
        process.communicate(timeout=60)
        wait_for(partial(gone, processes), 10)
        after = recorded(slow)
        assert before <= after
        assert all_of_a_piece(slow, after)
        before = after
    finish(slow)


def all_of_a_piece(course, students):
    """Whether everybody who is recorded has points in the gradebook and an executed copy."""
    return all(
        sum(cell.points or 0 for cell in read_cells(course, name, "ps9")) == 9
        and json.loads((course.autograded(name, "ps9") / "ps9.ipynb").read_text("utf-8"))["cells"]
        for name in students
    )


def test_interrupting_says_what_is_kept(slow, run):
    wait_for(lambda: recorded(slow))
    os.kill(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert b"Every finished submission is recorded." in said
    assert run.returncode == 1
    assert b"Traceback" not in said


def kill_one(processes):
    """Kill the first of some processes that has not ended by itself; whether there was one."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
            return True
    return False


@pytest.mark.parametrize(
    "victims",
    [
        workers,
        pytest.param(warm_processes, marks=pytest.mark.exhaustive),
        pytest.param(notebooks_at_work, marks=pytest.mark.exhaustive),
    ],
)
def test_a_process_that_dies_is_replaced_and_its_submission_tried_again(slow, run, victims):
    wait_for(lambda: notebooks_at_work(run.pid))
    wait_for(lambda: kill_one(victims(run.pid)))
    out, said = run.communicate(timeout=120)
    assert run.returncode == 0, said
    outcomes = {item["student"]: item for item in json.loads(out)}
    assert set(outcomes) == set(NAMES)
    full = [item for item in outcomes.values() if item["status"] == "graded" and item["score"] == 9]
    # A notebook's own process that is killed looks as if the cell it was in had done it.
    assert len(full) >= len(NAMES) - (victims is notebooks_at_work)


def test_a_submission_that_kills_its_grader_twice_is_recorded_as_crashed(course, monkeypatch):
    from autograder import pool

    write_class(course, "ps9", [Hand("ada", "", ""), Hand("bob", "", "")])
    assign, killed = pool.Pool._assign, []

    def deadly(self, slot, job):
        assign(self, slot, job)
        if job.student == "ada":
            killed.append(slot.process.pid)
            slot.process.kill()

    monkeypatch.setattr(pool.Pool, "_assign", deadly)
    ada, bob = grade(course, "ps9", jobs=1)
    assert len(set(killed)) == 2
    assert (ada.status, ada.score, bob.score) == (Status.CRASHED, None, 9)
    assert "the grading process died" in ada.reason
    assert ada.next_step.endswith("grade this student again.")
    monkeypatch.undo()
    assert [outcome.score for outcome in grade(course, "ps9")] == [9, 9]


def test_children_of_a_submission_do_not_survive_it(course):
    """Without confinement a submission can start processes; they end with it."""
    body = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(987)'], start_new_session=True)\ndef double(x):\n    return 2 * x"
    write_class(course, "ps9", [Hand("ada", "", "", {"double": body})])
    (outcome,) = grade(course, "ps9", unconfined=True)
    assert outcome.score == 9
    assert not [
        p for p in psutil.process_iter(["cmdline"]) if "time.sleep(987)" in " ".join(p.info["cmdline"] or ())
    ]


def resources(process):
    return process.num_fds(), len(process.children(recursive=True)), process.memory_info().rss


@pytest.mark.exhaustive
def test_two_thousand_notebooks_leave_nothing_behind(tmp_path):
    from autograder.sandbox import Sandbox, Step, run_notebook
    from autograder.settings import GradingLimits

    me = psutil.Process()
    start = resources(me)
    with Sandbox([], GradingLimits(cell_seconds=5, preload=())) as warm:
        zygote = psutil.Process(warm.pid)
        seen = []
        for number in range(2000):
            folder = tmp_path / str(number)
            folder.mkdir()
            steps = [
                Step(0, "x = 1"),
                Step(1, "open('file', 'w').write('x')"),
                Step(2, "1 / 0" if number % 5 else "import os; os._exit(1)"),
            ]
            run = run_notebook(warm, steps, folder)
            assert run.cells[1].outputs[0]["data"]["text/plain"] == "1"
            if number % 100 == 99:
                seen.append((resources(me), resources(zygote)))
    fds = {(mine[0], its[0]) for mine, its in seen}
    assert len(fds) == 1
    assert {its[1] for _, its in seen} == {0}
    # Memory may settle during the first hundreds, and grows no more.
    assert seen[-1][0][2] - seen[4][0][2] < 8e6
    assert seen[-1][1][2] - seen[4][1][2] < 8e6
    assert resources(me)[:2] == start[:2]
