"""Grading on Dask workers: the results of this machine, nothing shared but a port, and no way back for students."""

from __future__ import annotations

import asyncio
import json
import pickle
import shutil
import socket
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from bad_kit import BAD, hand_in
from cluster_kit import DaskCluster, graders
from course_kit import CLASS, fingerprints, wait_for
from hypothesis import given
from hypothesis import strategies as st

from autograder import Course, CourseError, Hand, grade, write_class
from autograder.cluster import Cluster, Scheduler, Terms, scheduler_of
from autograder.cluster_dispatch import Dispatch, _end
from autograder.cluster_parcel import bundle, pack_files, pack_submission, unbundle, unpack
from autograder.cluster_worker import GradingPlugin, differences, installed
from autograder.fast_engine import assignment_of
from autograder.gradebook import read_cells
from autograder.pool import Failure, Job
from autograder.settings import GradingLimits
from autograder.slot import MECHANISM
from autograder.wire import WireError

SECRET = "of-the-worker-alone"
# One of each kind that differs on its way; all of them are for `make test-all`.
QUICK_HANDS = tuple(hand for hand in CLASS if hand.student in ("right", "wrong", "exits", "script"))
QUICK_BAD = ("cut", "nothing", "renamed", "a-folder", "extra", "deleted", "shadow-package", "odd-names")
QUICK_BAD += ("link", "linked-notebook", "linked-folder", "pipe")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers, whose environment holds a secret."""
    with DaskCluster(tmp_path_factory.mktemp("dask")) as found:
        found.start_workers(2, environment={"DASK_COURSE__SECRET": SECRET, "COURSE_SECRET": SECRET})
        yield found


def room(released, folder, hands=QUICK_HANDS, bad=QUICK_BAD):
    """A course in which good and bad work has been handed in."""
    course = Course(shutil.copytree(released.root, folder / "course"))
    (course.root / "course_key").write_text("a key of the course\n", "utf-8")
    (course.root / "source" / "ps9" / "beside.txt").write_text("of the instructor", "utf-8")
    write_class(course, "ps9", hands)
    good = json.loads((course.submitted("right", "ps9") / "ps9.ipynb").read_text("utf-8"))
    for kind in bad:
        hand_in(course, kind, good)
    return course


def plain(outcome):
    """An outcome without what a clock or a memory gauge says, and where the course lies."""
    cells = tuple(replace(cell, seconds=0.0) for cell in outcome.cells)
    return replace(outcome, cells=cells, seconds=0.0, cpu_seconds=0.0, peak_bytes=0, fingerprint="")


@pytest.fixture(scope="module")
def both(released, cluster, tmp_path_factory):
    """The same class graded here and there."""
    folder = tmp_path_factory.mktemp("both")
    here, there = (room(released, folder / name) for name in ("here", "there"))
    before = fingerprints(there.root / "submitted")
    local = grade(here, "ps9", timeout=2, jobs=2)
    where, notices = Scheduler(cluster.address, patience=60), []
    remote = grade(there, "ps9", timeout=2, scheduler=where, on_notice=notices.append)
    return SimpleNamespace(here=here, there=there, local=local, remote=remote, notices=notices, before=before)


def test_outcomes_are_those_of_this_machine_but_for_the_clock(both):
    assert {o.student for o in both.local} == {*(h.student for h in QUICK_HANDS), *QUICK_BAD}
    assert list(map(plain, both.remote)) == list(map(plain, both.local))


def test_executed_copies_and_the_files_beside_them_are_the_same_bytes(both):
    here, there = (fingerprints(course.root / "autograded") for course in (both.here, both.there))
    assert any(name.endswith("beside.txt") for name in here)
    assert there == here


def test_the_gradebook_has_the_same_rows(both):
    for student in ("right", "wrong", "cut"):
        here, there = (read_cells(course, student, "ps9") for course in (both.here, both.there))
        assert there == here


def test_what_was_handed_in_is_as_it_was(both):
    assert fingerprints(both.there.root / "submitted") == both.before


def test_the_level_of_protection_that_the_workers_reached_is_in_the_record(both):
    ran = [outcome for outcome in both.remote if outcome.graded]
    assert {outcome.protection for outcome in ran} == {"full"}


def test_a_run_without_trouble_says_nothing(both):
    assert both.notices == []


def test_after_a_run_the_workers_have_no_grading_process_and_no_file_of_it(both, cluster):
    wait_for(lambda: not any(graders(worker) for worker in cluster.workers), 20)
    assert not list(cluster.folder.glob("worker-*/**/grading-*"))


def test_the_same_command_has_nothing_left_to_do(both, cluster):
    started = []
    where = Scheduler(cluster.address)
    grade(both.there, "ps9", timeout=2, scheduler=where, on_start=lambda *call: started.append(call[0]))
    assert started == [o.student for o in both.remote if o.status.value == "missing"]


# What a submission tries that knows every address; what it gets at it prints.
SPY = """
import os, socket
reached = []
for host, port in {places}:
    for family, kind in ((socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM)):
        try:
            with socket.socket(family, kind) as way:
                way.settimeout(1)
                way.connect((host, port))
                way.send(b"x")
            reached.append((host, port))
        except OSError:
            pass
try:
    import asyncio
    asyncio.new_event_loop().run_until_complete(asyncio.open_connection(*{places}[0]))
    reached.append("asyncio")
except Exception:
    pass
for path in {paths}:
    for look in (os.listdir, lambda p: open(p, "rb").read(1)):
        try:
            if look(path):
                reached.append(path)
        except OSError:
            pass
try:
    import distributed
    reached.append("distributed")
except ImportError:
    pass
print("reached", reached)
print("environment", sorted(os.environ.items()))
def double(x):
    return reached
"""


def test_a_submission_reaches_neither_scheduler_nor_workers_nor_their_secrets(released, cluster, tmp_path):
    course = Course(shutil.copytree(released.root, tmp_path / "course"))
    (course.root / "authoring").mkdir()
    (course.root / "authoring" / "ps9.toml").write_text('imports = ["math"]\n', "utf-8")
    places = [("127.0.0.1", cluster.port)]
    places += [("127.0.0.1", int(address.rpartition(":")[2])) for address in cluster.addresses()]
    pids = [cluster.scheduler.pid, *(worker.pid for worker in cluster.workers)]
    paths = [f"/proc/{pid}/{name}" for pid in (*pids, "self", 1) for name in ("environ", "cmdline", "fd")]
    paths += [str(cluster.folder), str(cluster.folder / "worker-0"), str(cluster.folder / "scheduler.log")]
    spy = {"double": SPY.format(places=places, paths=paths)}
    write_class(course, "ps9", [Hand("spy", "", "", spy), Hand("ada", "", "")])
    ada, spied = grade(course, "ps9", scheduler=Scheduler(cluster.address))
    text = (course.autograded("spy", "ps9") / "ps9.ipynb").read_text("utf-8")
    assert "reached []" in text
    assert "environment [" in text
    assert not [word for word in ("DASK", "COURSE_SECRET", SECRET) if word in text]
    assert (ada.score, spied.score) == (9, 7)
    assert [worker.poll() for worker in (cluster.scheduler, *cluster.workers)] == [None] * 3


def test_files_that_prove_who_a_worker_is_are_covered_from_the_grading_process(tmp_path):
    from autograder.cluster_worker import _around, _secrets

    key = tmp_path / "key.pem"
    key.write_text("a key")
    security = SimpleNamespace(tls_ca_file=None, tls_worker_cert="-----BEGIN\n", tls_worker_key=str(key))
    settings = {"confined": True, "bubblewrap": True, "limits": {"readable": []}}
    work = tmp_path / "work"
    work.mkdir()
    around = _around(settings, work, work, _secrets(security))
    command = around.command(["cat", str(key)])
    if command is None:
        pytest.skip("bubblewrap is not installed here, or may not run")
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


def test_a_worker_with_other_versions_grades_nobody_and_the_run_says_what_differs(
    released, cluster, tmp_path, monkeypatch
):
    course = room(released, tmp_path, [Hand("right", "", "")], ())
    monkeypatch.setattr(
        "autograder.cluster_dispatch.installed",
        lambda: {**installed(), "numpy": "1.0", "autograder and mlpkit": "f"},
    )
    with pytest.raises(CourseError) as caught:
        grade(course, "ps9", scheduler=Scheduler(cluster.address))
    assert f"numpy {installed()['numpy']} instead of 1.0" in caught.value.problem
    assert "autograder and mlpkit" in caught.value.problem
    assert "docs/cluster.md" in caught.value.next_step
    assert not course.outcomes("ps9").exists()


def test_one_file_of_ours_that_differs_is_a_difference():
    ours = installed()
    assert differences(ours, ours) == ""
    assert differences({**ours, "Python": "3.11.0"}, {**ours, "Python": "3.11.1"}) == (
        "Python 3.11.0 instead of 3.11.1"
    )
    assert set(ours) >= {"Python", "numpy", "matplotlib", "ipython", "autograder and mlpkit"}


def test_a_worker_that_cannot_confine_refuses_and_says_what_is_missing(monkeypatch):
    from autograder import cluster_worker

    weak = "import json; print(json.dumps(dict(level='partial', missing=['Landlock'])))#{path}"
    monkeypatch.setattr(
        cluster_worker, "_PROBE", weak.replace("{", "{{").replace("}", "}}").replace("{{path}}", "{path}")
    )
    settings = {"versions": installed(), "confined": True, "limits": {"readable": []}}
    assert cluster_worker._why_unfit(settings) == "it cannot confine student code (Landlock)"
    assert cluster_worker._why_unfit({**settings, "confined": False}) == ""


def test_a_worker_without_the_courses_data_refuses_and_names_it():
    from autograder.cluster_worker import _why_unfit

    settings = {"versions": installed(), "confined": False, "limits": {"readable": ["/nonexistent/data"]}}
    assert _why_unfit(settings).startswith("it has no /nonexistent/data, which c.AutograderLimits.readable")


def test_a_plugin_that_may_not_grade_has_no_lane_and_says_so():
    plugin = GradingPlugin("run", json.dumps({"versions": {"Python": "2"}}), b"")
    import asyncio

    asyncio.run(plugin.setup(None))
    said = json.loads(plugin.answer())
    assert said["lanes"] == 0
    assert "instead of 2" in said["unfit"]
    head, _ = unbundle(plugin.grade(b""))
    assert "instead of 2" in head["unable"]


def test_two_lanes_of_a_machine_are_two_users_until_one_ends():
    from autograder.cluster_worker import _reserve

    (first, held), (second, other) = _reserve(), _reserve()
    assert first != second
    held.close()
    third, again = _reserve()
    assert third == first
    other.close()
    again.close()


def test_a_warm_worker_that_nobody_asks_ends_and_the_next_submission_finds_another(monkeypatch, tmp_path):
    from autograder import cluster_worker

    closed = threading.Event()

    class Idle:
        """Stands for a pool; a lane closes it when it has had nothing to do."""

        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def close(self):
            closed.set()

        def stop(self):
            pass

        def run(self, jobs):
            yield jobs[0], Failure("graded after a rest")

    monkeypatch.setattr(cluster_worker, "Pool", Idle)
    monkeypatch.setattr(cluster_worker, "_IDLE", 0.01)
    settings = {"assignment": {}, "limits": {}, "confined": True, "patience": 1.0}
    lane = cluster_worker._Lane(settings, tmp_path, None)
    assert closed.wait(30)
    head, _ = unbundle(lane.grade(bundle({"student": "ada", "entries": []})))
    assert head["problem"] == "graded after a rest"
    lane.stop()
    lane.join(30)
    assert not lane.is_alive()
    assert not list(tmp_path.iterdir())


def test_over_a_network_without_encryption_the_run_says_what_that_means(dispatch):
    notices = []
    where = Scheduler("tcp://192.0.2.1:8786", patience=0.1)  # an address that nobody has
    with Cluster(where, dispatch.terms, notices.append) as found, pytest.raises(CourseError):
        list(found.run([Job("ada", Path("in"), Path("out"))]))
    assert notices[0].startswith("tcp://192.0.2.1:8786 is not encrypted: whoever reaches it can read")


def test_no_more_is_under_way_than_the_workers_have_room_for(released, cluster, tmp_path):
    course = room(released, tmp_path, [Hand("right", "", "")], ())
    wanted = assignment_of(course, "ps9")
    jobs = [
        Job(f"s{number}", course.submitted("right", "ps9"), tmp_path / str(number) / "out")
        for number in range(20)
    ]
    open_now, most = set(), 0
    with Cluster(Scheduler(cluster.address), Terms(wanted, GradingLimits(), True, 60.0)) as many:
        for job, answer in many.run(jobs):
            (open_now.discard if answer else open_now.add)(job.student)
            most = max(most, len(open_now))
            if answer:
                assert answer.outcome.score == 9
                shutil.rmtree(job.staging.parent)
    assert not open_now
    assert 2 <= most <= 2 * 2 + 2  # two workers with two each; two more that wait to be written down


# Nothing here needs a cluster.


MISTAKES = {
    "no address": ({"address": "elsewhere"}, "is no address of a scheduler"),
    "no port": ({"address": "tcp://elsewhere"}, "is no address of a scheduler"),
    "another protocol": ({"address": "http://elsewhere:8786"}, "is no address of a scheduler"),
    "a path": ({"address": "tcp://elsewhere:8786/x"}, "is no address of a scheduler"),
    "tls without files": ({"address": "tls://elsewhere:8786"}, "with 0 of the files"),
    "files without tls": ({"address": "tcp://elsewhere:8786", "tls_ca": Path("/x")}, "with 1 of the files"),
    "no patience": ({"address": "tcp://elsewhere:8786", "patience": 0}, "waits for nothing"),
    "a file that is not there": (
        {"address": "tls://elsewhere:1", "tls_ca": Path("/x"), "tls_cert": Path("/y"), "tls_key": Path("/z")},
        "there is no file /x",
    ),
}


@pytest.mark.parametrize(("given_", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_scheduler_that_cannot_be_meant_is_refused(given_, words):
    with pytest.raises(CourseError) as caught:
        Scheduler(**given_)
    assert words in caught.value.problem
    assert caught.value.next_step.endswith(".")


def test_files_without_a_scheduler_are_a_mistake():
    assert scheduler_of(None, None, None, None, 1.0) is None
    with pytest.raises(CourseError, match="for --scheduler"):
        scheduler_of(None, Path("/x"), None, None, 1.0)


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("tcp://127.0.0.1:1", False),
        ("tcp://[::1]:1", False),
        ("tcp://localhost:1", False),
        ("tcp://10.0.0.7:1", True),
        ("tcp://host:1", True),
    ],
)
def test_only_addresses_of_this_machine_are_safe_without_encryption(address, exposed):
    assert Scheduler(address).exposed is exposed


@pytest.mark.parametrize(
    ("more", "words"), [({"jobs": 2}, "--jobs 2"), ({"engine": "nbgrader"}, "`nbgrader`")]
)
def test_what_has_no_meaning_on_a_cluster_is_refused(course, more, words):
    write_class(course, "ps9", [Hand("ada", "", "")])
    with pytest.raises(CourseError) as caught:
        grade(course, "ps9", scheduler=Scheduler("tcp://127.0.0.1:1"), **more)
    assert words in caught.value.problem


def test_without_dask_the_command_says_what_to_install_where(course, monkeypatch):
    write_class(course, "ps9", [Hand("ada", "", "")])
    monkeypatch.setattr("autograder.cluster.find_spec", lambda name: None)
    with pytest.raises(CourseError) as caught:
        grade(course, "ps9", scheduler=Scheduler("tcp://127.0.0.1:1"))
    assert "[cluster]" in caught.value.next_step
    assert "every worker" in caught.value.next_step


def test_a_scheduler_that_is_not_there_is_waited_for_and_then_told(course):
    write_class(course, "ps9", [Hand("ada", "", "")])
    notices = []
    with pytest.raises(CourseError) as caught:
        grade(course, "ps9", scheduler=Scheduler("tcp://127.0.0.1:9", patience=2), on_notice=notices.append)
    assert "cannot be reached" in caught.value.problem
    assert "Every finished submission is recorded." in caught.value.problem
    assert notices == ["The scheduler tcp://127.0.0.1:9 does not answer. Waiting for it, at most 2 s."]


def test_who_listens_there_but_is_no_scheduler_is_not_waited_for_for_ever(dispatch):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        where = Scheduler(f"tcp://127.0.0.1:{mute.getsockname()[1]}", patience=0.5)
        with Cluster(where, dispatch.terms) as found, pytest.raises(CourseError, match="cannot be reached"):
            list(found.run([Job("ada", Path("in"), Path("out"))]))


def test_what_is_sent_to_workers_is_made_of_text_and_bytes_alone():
    make, parts = GradingPlugin("run", "{}", b"files").__reduce__()
    assert make is GradingPlugin
    assert [type(part) for part in parts] == [str, str, bytes]
    assert pickle.loads(pickle.dumps(GradingPlugin("run", "{}", b"files"))).files == b"files"


@pytest.fixture
def dispatch(course):
    """The receiving side, without a cluster."""
    write_class(course, "ps9", [Hand("ada", "", "")])
    wanted = assignment_of(course, "ps9")
    return Dispatch(Scheduler("tcp://127.0.0.1:1"), Terms(wanted, GradingLimits(), True, 60.0), None)


def graded(student="ada", assignment="ps9"):
    outcome = {"student": student, "assignment": assignment, "status": "graded", "cells": []}
    return {"outcome": outcome, "grades": {}, "unanswered": {}}


LIES = {
    "a Python object": {"a": 1},
    "text": "graded",
    "no parcel": b"\0\0\0\xffgraded",
    "nothing": b"",
    "no result": bundle({}),
    "another student": bundle({"graded": graded("bob"), "notebooks": []}),
    "another assignment": bundle({"graded": graded(assignment="ps1"), "notebooks": []}),
    "a notebook elsewhere": bundle({"graded": graded(), "notebooks": ["../../ps9.ipynb"]}, [b"x"]),
    "a notebook of another name": bundle({"graded": graded(), "notebooks": ["other.ipynb"]}, [b"x"]),
    "more notebooks than parts": bundle({"graded": graded(), "notebooks": ["ps9.ipynb"]}),
    "an outcome of another shape": bundle({"graded": {"outcome": []}, "notebooks": []}),
    "an unknown end": bundle({"graded": {**graded(), "outcome": {"status": "great"}}, "notebooks": []}),
}


@pytest.mark.parametrize("answer", LIES.values(), ids=LIES)
def test_an_answer_that_is_none_is_refused_and_writes_nothing(dispatch, tmp_path, answer):
    with pytest.raises(WireError):
        dispatch._take(answer, Job("ada", tmp_path, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_answer_is_put_where_a_worker_of_this_machine_would(dispatch, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "data.csv").write_text("1")
    job = Job("ada", folder, tmp_path / "out")
    dispatch._take(bundle({"graded": graded(), "notebooks": ["ps9.ipynb"]}, [b"{}"]), job)
    assert {path.name: path.read_bytes() for path in job.staging.iterdir()} == {
        "data.csv": b"1",
        "ps9.ipynb": b"{}",
    }


def test_a_failure_there_is_a_failure_here(dispatch, tmp_path):
    answer = bundle({"problem": "it died", "log": "the end"})
    assert dispatch._take(answer, Job("ada", tmp_path, tmp_path)) == Failure("it died", "the end")


@given(st.dictionaries(st.text(), st.text()), st.lists(st.binary()))
def test_a_parcel_gives_back_what_was_put_in(head, parts):
    assert unbundle(bundle(head, parts)) == (head, parts)


@given(st.binary())
def test_bytes_that_are_no_parcel_are_refused_and_nothing_else_happens(data):
    with pytest.raises(WireError):
        unbundle(data)


@given(st.data())
def test_a_parcel_that_was_cut_or_stretched_is_refused(data):
    whole = bundle({"a": 1}, [b"123", b"45"])
    length = data.draw(st.integers(0, 2 * len(whole)).filter(lambda n: n != len(whole)))
    with pytest.raises(WireError):
        unbundle((whole + whole)[:length])


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\0b"])
def test_a_name_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    data = bundle({"student": "", "entries": [[name, "file", 1]]}, [b"x"])
    with pytest.raises(WireError, match="leads out"):
        unpack(data, tmp_path / "in")


ODD_NAME = b"caf\xe9.txt".decode("utf-8", "surrogateescape")


@pytest.fixture
def parcel(dispatch, tmp_path):
    """Pack a folder and lay it out again."""
    wanted = dispatch.terms.assignment

    def run(folder, **limits):
        data = pack_submission("ada", folder, wanted, GradingLimits(**limits))
        assert unpack(data, tmp_path / "laid out") == "ada"
        return tmp_path / "laid out", len(data)

    return run


def test_a_folder_arrives_as_grading_looks_at_it(parcel, tmp_path):
    import os

    folder = tmp_path / "in"
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x" * 1000)
    (folder / "ps9.ipynb").write_bytes(b"notebook")
    (folder / "other.ipynb").write_bytes(b"x" * 1000)
    (folder / ODD_NAME).write_bytes(b"odd")
    (folder / "sub" / "data.csv").write_bytes(b"1,2")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "folder-link").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    found, size = parcel(folder)
    assert size < 1000
    assert (found / "ps9.ipynb").read_bytes() == b"notebook"
    assert (found / ODD_NAME).read_bytes() == b"odd"
    assert (found / "sub" / "data.csv").read_bytes() == b"1,2"
    assert (found / "sub" / "empty").is_dir()
    assert (found / "other.ipynb").stat().st_size == 1000  # its name and size are all that counts
    assert not any((found / "__pycache__").iterdir())
    assert (found / "pipe").is_fifo()
    assert (found / "link").is_symlink()
    assert not (found / "link").is_file()
    assert (found / "folder-link").is_symlink()
    assert (found / "folder-link").is_dir()


def test_what_is_too_large_to_be_graded_does_not_travel(parcel, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ps9.ipynb").write_bytes(b"x" * 10_000)
    (folder / "data.bin").write_bytes(b"x" * 20_000)
    found, size = parcel(folder, notebook_bytes=5000, scratch_bytes=15_000)
    assert size < 1000
    assert {path.name: path.stat().st_size for path in found.iterdir()} == {
        "ps9.ipynb": 10_000,
        "data.bin": 20_000,
    }


@pytest.mark.parametrize("kind", ["nothing", "a link"])
def test_what_is_no_folder_arrives_as_what_it_is(parcel, tmp_path, kind):
    folder = tmp_path / "in"
    if kind == "a link":
        folder.symlink_to(tmp_path)
    found, _ = parcel(folder)
    assert found.is_symlink() is (kind == "a link")
    assert found.exists() is (kind == "a link")


def test_the_instructors_files_arrive(tmp_path):
    (tmp_path / "data.csv").write_bytes(b"1,2")
    unpack(pack_files({"sub/data.csv": str(tmp_path / "data.csv")}), tmp_path / "out")
    assert (tmp_path / "out" / "sub" / "data.csv").read_bytes() == b"1,2"


@pytest.mark.exhaustive
def test_every_kind_of_work_has_the_results_of_this_machine(released, cluster, tmp_path):
    courses = [room(released, tmp_path / name, CLASS, BAD) for name in ("here", "there")]
    local = grade(courses[0], "ps9", timeout=2, jobs=2)
    remote = grade(courses[1], "ps9", timeout=2, scheduler=Scheduler(cluster.address))
    assert list(map(plain, remote)) == list(map(plain, local))
    here, there = (fingerprints(course.root / "autograded") for course in courses)
    assert there == here


def test_results_say_that_bubblewrap_was_there(both):
    local, remote = (
        {MECHANISM in outcome.mechanisms for outcome in outcomes if outcome.graded}
        for outcomes in (both.local, both.remote)
    )
    assert local == remote


class TwoFacedScheduler:
    """Answers in the very moment in which its caller is cancelled."""

    def __init__(self):
        self.answers = []

    def identity(self, n_workers):
        self.answers.append(asyncio.get_running_loop().create_future())
        return self.answers[-1]


def test_watching_ends_even_if_an_answer_comes_as_it_is_told_to(dispatch):
    async def scenario():
        scheduler = TwoFacedScheduler()
        watch = asyncio.create_task(dispatch._watch(SimpleNamespace(scheduler=scheduler)))
        while not scheduler.answers:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        scheduler.answers[0].set_result({"workers": {}})
        watch.cancel()
        await asyncio.wait({watch}, timeout=5)
        return watch.cancelled()

    assert asyncio.run(scenario())


def test_a_task_that_loses_a_cancellation_is_told_again():
    """As Dask's own waiting may; see `_end`."""
    heard = []

    async def stubborn():
        for _ in range(3):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard.append(len(heard))
        raise ValueError("nobody asks for this")

    async def scenario():
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await _end(task, asyncio.create_task(asyncio.sleep(0)))

    asyncio.run(scenario())
    assert heard == [0, 1, 2]
