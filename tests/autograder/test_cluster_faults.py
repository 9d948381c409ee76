"""Killing workers, the scheduler and the run itself in mid-run: nothing lost, nothing twice, nothing left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from cluster_kit import DaskCluster, at_work, graders, kill, make_keys
from course_kit import wait_for

from autograder import CourseError, Hand, Status, grade, write_class
from autograder.cluster import Scheduler
from autograder.gradebook import read_cells
from autograder.record import load

pytestmark = pytest.mark.exhaustive

SLOW = {"double": "import time\ntime.sleep(0.5)\ndef double(x):\n    return 2 * x"}
NAMES = [f"s{number:02}" for number in range(12)]
RECORDED = "Every finished submission is recorded."


@pytest.fixture
def slow(course):
    """A course of students each of whom takes a moment."""
    write_class(course, "ps9", [Hand(name, "", "", SLOW) for name in NAMES])
    return course


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, all to be killed."""
    with DaskCluster(tmp_path) as found:
        found.start_workers(2)
        yield found


class Run:
    """A grading run in a process of its own, like a command."""

    def __init__(self, course, cluster, patience=60, *options):
        self.course, self.said = course, cluster.folder / "run.log"
        place = ["--scheduler", cluster.address, "--patience", str(patience), "--json", *options]
        code = "from autograder.cli import app; app()"
        with self.said.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code, "grade", "ps9", *place],
                cwd=course.root,
                stdout=subprocess.PIPE,
                stderr=stream,
            )

    def finish(self, code=0, seconds=180):
        """Wait for the end; return what came of everybody, by student."""
        out, _ = self.process.communicate(timeout=seconds)
        assert self.process.returncode == code, self.words()
        return {item["student"]: item for item in json.loads(out)} if not code else {}

    def words(self):
        """What it said on stderr, in one line."""
        return " ".join(self.said.read_text("utf-8").split())

    def recorded(self):
        return set(load(self.course.outcomes("ps9")))


@pytest.fixture
def start(slow, cluster):
    """Start runs that do not outlive the test."""
    runs = []

    def begin(patience=60):
        runs.append(Run(slow, cluster, patience))
        return runs[-1]

    yield begin
    for run in runs:
        run.process.kill()
        run.process.wait()


def under_way(run, cluster, worker=0):
    """Wait until something is recorded and a worker is at work."""
    wait_for(lambda: run.recorded() and at_work(cluster.workers[worker]))
    return run.recorded()


def require_all(course, outcomes):
    """Everybody has what they deserve, once, in record, gradebook and copies."""
    ends = {name: (item["status"], item["score"]) for name, item in outcomes.items()}
    assert ends == dict.fromkeys(NAMES, ("graded", 9))
    for name in NAMES:
        assert sum(cell.points or 0 for cell in read_cells(course, name, "ps9")) == 9
        assert json.loads((course.autograded(name, "ps9") / "ps9.ipynb").read_text("utf-8"))["cells"]
    assert not [path for path in (course.root / "autograded").iterdir() if path.name.startswith(".work")]


def go_on(course, cluster, before):
    """Grade what is left; nobody who was recorded is graded again."""
    started = []
    where = Scheduler(cluster.address)
    outcomes = grade(course, "ps9", scheduler=where, on_start=lambda *call: started.append(call[0]))
    assert not before & set(started)
    assert {outcome.status for outcome in outcomes} == {Status.GRADED}
    require_all(course, {outcome.student: outcome.to_dict() | {"status": "graded"} for outcome in outcomes})


def test_a_worker_killed_in_mid_run_is_made_good_by_the_others(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    lost = graders(cluster.workers[0])
    cluster.workers[0].kill()
    wait_for(lambda: not any(process.is_running() for process in lost), 20)
    require_all(slow, run.finish())


def test_workers_killed_one_after_another_are_made_good_by_new_ones(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    cluster.workers[0].kill()
    cluster.start_workers(1)
    wait_for(lambda: at_work(cluster.workers[2]))
    cluster.workers[1].kill()
    require_all(slow, run.finish())


def test_a_worker_below_a_nanny_is_started_again_and_goes_on(slow, tmp_path):
    with DaskCluster(tmp_path) as cluster:
        (nanny,) = cluster.start_workers(1, nanny=True)
        run = Run(slow, cluster)
        under_way(run, cluster)
        worker = next(
            process
            for process in psutil.Process(nanny.pid).children()
            if "spawn" in " ".join(process.cmdline())
        )
        worker.kill()
        require_all(slow, run.finish())


def test_a_worker_that_hangs_loses_its_work_to_the_others(slow, cluster, start):
    run = start(patience=6)
    under_way(run, cluster)
    os.kill(cluster.workers[0].pid, signal.SIGSTOP)
    require_all(slow, run.finish())
    assert "has not been heard of for 6 s. Others take over what it had." in run.words()


def test_a_grading_process_that_dies_is_replaced_where_it_was(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    graders(cluster.workers[0])[0].kill()
    require_all(slow, run.finish())


def test_without_workers_the_run_waits_says_so_and_ends_and_can_be_resumed(slow, cluster, start):
    run = start(patience=6)
    under_way(run, cluster)
    for worker in cluster.workers:
        worker.kill()
    run.finish(1)
    before = run.recorded()
    assert 0 < len(before) < len(NAMES)
    assert "has no worker that is ready. Waiting for one, at most 6 s." in run.words()
    assert RECORDED in run.words()
    assert "Traceback" not in run.words()
    cluster.start_workers(1)
    go_on(slow, cluster, before)


def test_workers_that_come_back_in_time_go_on_with_the_same_run(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    for worker in cluster.workers:
        worker.kill()
    wait_for(lambda: "has no worker" in run.words())
    cluster.start_workers(2)
    require_all(slow, run.finish())


def test_a_scheduler_killed_in_mid_run_ends_the_run_which_can_be_resumed(slow, cluster, start):
    run = start(patience=5)
    under_way(run, cluster)
    cluster.scheduler.kill()
    run.finish(1)
    before = run.recorded()
    assert 0 < len(before) < len(NAMES)
    assert "has gone. Waiting for it, at most 5 s." in run.words()
    assert RECORDED in run.words()
    assert "Traceback" not in run.words()
    restart(cluster)
    go_on(slow, cluster, before)


def restart(cluster):
    """Start the scheduler again at the same port, with new workers."""
    for worker in cluster.workers:
        kill(worker)
    cluster.start_scheduler()
    cluster.start_workers(2)


def test_a_scheduler_that_comes_back_in_time_goes_on_with_the_same_run(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    restart(cluster)
    require_all(slow, run.finish())


def test_ctrl_c_ends_the_run_cancels_the_tasks_and_leaves_nothing_on_the_workers(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    os.kill(run.process.pid, signal.SIGINT)
    run.finish(1)
    before = run.recorded()
    assert 0 < len(before) < len(NAMES)
    assert f"Interrupted. {RECORDED}" in run.words()
    assert "Traceback" not in run.words()
    wait_for(lambda: not any(graders(worker) for worker in cluster.workers), 30)
    go_on(slow, cluster, before)


def test_a_run_that_is_killed_leaves_the_cluster_fit_for_the_next(slow, cluster, start):
    run = start()
    under_way(run, cluster)
    run.process.kill()
    run.process.wait()
    go_on(slow, cluster, run.recorded())
    wait_for(lambda: not any(graders(worker) for worker in cluster.workers), 30)


def test_two_runs_at_a_time_do_not_meet(slow, cluster, released, tmp_path):
    from autograder import Course

    other = Course(shutil.copytree(released.root, tmp_path / "other"))
    write_class(other, "ps9", [Hand(name, "", "", SLOW) for name in NAMES])
    runs = [Run(course, cluster) for course in (slow, other)]
    for run in runs:
        require_all(run.course, run.finish())


def test_workers_that_come_late_are_waited_for(slow, tmp_path):
    with DaskCluster(tmp_path) as cluster:
        run = Run(slow, cluster)
        wait_for(lambda: "has no worker that is ready" in run.words())
        cluster.start_workers(1, "--nthreads", "2")
        require_all(slow, run.finish())


PRELOAD = """
from autograder import cluster_worker
{line}
"""
ILL = {
    "cannot confine": (
        'cluster_worker._PROBE = "print(\'{{\\"level\\": \\"none\\", \\"missing\\": [\\"Landlock\\"]}}\')#{path}"',
        "it cannot confine student code (Landlock)",
    ),
    "has another NumPy": (
        "found = cluster_worker.installed(); found['numpy'] = '1.0'",
        "it has numpy 1.0 instead of",
    ),
}


@pytest.mark.parametrize(("line", "words"), ILL.values(), ids=ILL)
def test_a_worker_that_may_not_grade_gets_nothing_while_the_others_go_on(slow, cluster, start, line, words):
    (cluster.folder / "ill.py").write_text(PRELOAD.format(line=line))
    (ill,) = cluster.start_workers(1, "--preload", str(cluster.folder / "ill.py"))
    run = start()
    under_way(run, cluster)
    assert not graders(ill)
    require_all(slow, run.finish())
    assert f"is not used: {words}" in run.words()


def test_a_worker_without_our_package_gets_nothing_and_is_named(slow, cluster, start):
    (cluster.folder / "bare.py").write_text("import sys\nsys.modules['autograder.cluster_worker'] = None\n")
    cluster.start_workers(1, "--preload", str(cluster.folder / "bare.py"))
    run = start()
    require_all(slow, run.finish())
    assert "is not used: it cannot be asked" in run.words()


def test_a_submission_that_takes_every_worker_with_it_is_given_up(slow, cluster, monkeypatch):
    """Without confinement a submission may kill the Dask worker itself."""
    climb = "import os, psutil\nfor one in psutil.Process().parents():\n    if 'dask_worker' in ' '.join(one.cmdline()):\n        one.kill()\ndef double(x):\n    return 2 * x"
    write_class(slow, "ps9", [Hand("s00", "", "", {"double": climb})], force=True)
    cluster.start_workers(4)
    where = Scheduler(cluster.address, patience=20)
    outcomes = {o.student: o for o in grade(slow, "ps9", scheduler=where, unconfined=True)}
    assert outcomes["s00"].status is Status.CRASHED
    assert "four times: the worker was lost" in outcomes["s00"].reason
    assert {outcomes[name].score for name in NAMES[1:]} == {9}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_with_certificates_it_works_and_strangers_are_refused(slow, tmp_path):
    files, strangers = make_keys(tmp_path), make_keys(tmp_path, "stranger")
    names = ("--tls-ca-file", "--tls-cert", "--tls-key")
    options = [str(word) for pair in zip(names, files, strict=True) for word in pair]
    with DaskCluster(tmp_path, "tls", options) as safe:
        safe.start_workers(1)
        ours = zip(("--tls-ca", "--tls-cert", "--tls-key"), files, strict=True)
        run = Run(slow, safe, 60, *(str(word) for pair in ours for word in pair))
        require_all(slow, run.finish())
        for where in (
            Scheduler(safe.address, *strangers, patience=3),
            Scheduler(safe.address.replace("tls", "tcp"), patience=3),
        ):
            with pytest.raises(CourseError, match="cannot be reached"):
                grade(slow, "ps9", scheduler=where, force=True)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_key_of_the_cluster_is_out_of_a_submissions_reach(course, tmp_path):
    files = make_keys(tmp_path)
    names = ("--tls-ca-file", "--tls-cert", "--tls-key")
    options = [str(word) for pair in zip(names, files, strict=True) for word in pair]
    read = f"found = []\nfor path in {[str(path) for path in files]}:\n    try:\n        found.append(open(path).read(1))\n    except OSError:\n        pass\nprint('found', found)\ndef double(x):\n    return 2 * x"
    write_class(course, "ps9", [Hand("spy", "", "", {"double": read})])
    with DaskCluster(tmp_path, "tls", options) as safe:
        safe.start_workers(1)
        (outcome,) = grade(course, "ps9", scheduler=Scheduler(safe.address, *files))
    assert outcome.score == 9
    assert "found []" in (course.autograded("spy", "ps9") / "ps9.ipynb").read_text("utf-8")
