"""The fast engine on a class of good and bad students: points, gradebook, executed copies, resuming."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import stat

import nbformat
import pytest
from course_kit import CLASS, make_course
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import text

from autograder import Course, CourseError, Hand, Mangle, Status, fast_engine, grade, release, write_class
from autograder.gradebook import open_gradebook, read_cells
from autograder.record import load

NOT_GRADABLE = {"broken", "renamed", "linked"}
FULL = {"test_double": 2, "test_square": 2, "test_sum": 1, "test_root": 4, "why": None}


def points(outcome):
    return {cell.grade_id: cell.points for cell in outcome.cells}


def executed(course, student):
    return nbformat.read(course.autograded(student, "ps9") / "ps9.ipynb", as_version=4)


def test_a_loop_that_ignores_the_interrupt_costs_its_tests_only(course):
    body = "def square(x):\n    import time\n    while True:\n        try:\n            time.sleep(9)\n        except BaseException: pass"
    write_class(course, "ps9", [Hand("ada", "", "", {"square": body})])
    (outcome,) = grade(course, "ps9", timeout=0.5)
    assert points(outcome) == FULL | {"test_square": 0, "test_sum": 0}
    assert outcome.status is Status.TIMED_OUT
    assert outcome.reason == "time-out in test_square, test_sum"
    assert outcome.attempts == 3
    assert "ignored the interrupt" in next(c.error for c in outcome.cells if c.grade_id == "test_sum")


def test_ends_that_differ_have_statuses_that_differ(graded_fast):
    found = {
        name: graded_fast.outcomes[name].status for name in ("empty", "exits", "loop", "nothing", "broken")
    }
    assert list(found.values()) == [
        Status.GRADED,
        Status.DIED,
        Status.TIMED_OUT,
        Status.MISSING,
        Status.NOT_GRADABLE,
    ]


def test_outcomes_tell_protection_time_and_attempts(graded_fast):
    right, exits = graded_fast.outcomes["right"], graded_fast.outcomes["exits"]
    assert (right.protection, right.attempts, exits.attempts) == ("full", 1, 2)
    assert right.mechanisms
    assert right.cpu_seconds > 0
    assert all(cell.seconds > 0 for cell in right.cells if not cell.manual)
    assert exits.reason == "the Python process died in root"


def test_raw_submissions_are_unchanged_and_failures_leave_no_copy(graded_fast):
    assert graded_fast.after == graded_fast.before
    left = {path.name for path in (graded_fast.course.root / "autograded").iterdir() if any(path.iterdir())}
    assert left == set(graded_fast.outcomes) - NOT_GRADABLE - {"nothing"}


def test_executed_copies_are_valid_read_only_notebooks_with_outputs(graded_fast):
    path = graded_fast.course.autograded("half", "ps9") / "ps9.ipynb"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    notebook = executed(graded_fast.course, "half")
    nbformat.validate(notebook)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    assert cells["test_double"].outputs[0].ename == "AssertionError"
    assert "BEGIN HIDDEN TESTS" in cells["test_double"].source
    assert notebook.metadata.language_info.name == "python"


@pytest.fixture
def api(graded_fast, tmp_path):
    """nbgrader's own API on a copy of the graded course."""
    course = Course(shutil.copytree(graded_fast.course.root, tmp_path / "course", symlinks=True))
    return course, NbGraderAPI(course.directory(logging.getLogger("quiet")))


def test_nbgrader_feedback_works_on_the_result(api, monkeypatch):
    course, nbgrader = api
    monkeypatch.chdir(course.root)
    shutil.rmtree(course.root / "feedback", ignore_errors=True)
    nbgrader.config = course.config
    result = nbgrader.generate_feedback("ps9", "right")
    assert result["success"], result
    assert "7" in (course.feedback("right", "ps9") / "ps9.html").read_text("utf-8")


def test_nbgrader_export_works_on_the_result(api, tmp_path):
    course, _ = api
    with Gradebook(course.gradebook_url, course.course_id) as gradebook:
        plugin = CsvExportPlugin()
        plugin.to = str(tmp_path / "grades.csv")
        plugin.export(gradebook)
    lines = (tmp_path / "grades.csv").read_text("utf-8").splitlines()
    score = lines[0].split(",").index("score")
    scores = {
        line.split(",")[lines[0].split(",").index("student_id")]: line.split(",")[score] for line in lines[1:]
    }
    assert scores["right"] == "9.0"


def test_formgraders_views_work_on_the_result(api):
    _, nbgrader = api
    submission = next(s for s in nbgrader.get_submissions("ps9") if s["student"] == "right")
    assert (submission["autograded"], submission["score"], submission["needs_manual_grade"]) == (
        True,
        9,
        True,
    )
    notebooks = nbgrader.get_notebook_submissions("ps9", "ps9")
    assert {n["student"] for n in notebooks} >= {"right", "half"}


@pytest.fixture
def alone(course):
    """A released course with one student who did everything right."""
    write_class(course, "ps9", (Hand("ada", "right", "", expected={}),))
    return course


def resubmit(course, **hand):
    write_class(course, "ps9", (Hand("ada", "again", "", **hand),), force=True)


@pytest.mark.parametrize("mangle", [Mangle.BROKEN_JSON, Mangle.RENAMED, Mangle.SYMLINK])
def test_a_failed_resubmission_keeps_no_old_grade_and_no_old_copy(alone, mangle):
    assert grade(alone, "ps9")[0].score == 9
    resubmit(alone, mangle=mangle)
    assert grade(alone, "ps9")[0].score is None
    with open_gradebook(alone) as gradebook:
        grades = gradebook.find_submission_notebook("ps9", "ps9", "ada").grades
        assert {(g.auto_score, g.needs_manual_grade) for g in grades} == {(None, True)}
    assert not alone.autograded("ada", "ps9").exists()


def test_points_given_by_hand_survive_grading_again(alone):
    grade(alone, "ps9")
    with open_gradebook(alone) as gradebook:
        found = gradebook.find_grade("test_double", "ps9", "ps9", "ada")
        found.manual_score = 0.5
        gradebook.find_grade("why", "ps9", "ps9", "ada").manual_score = 2.5
        gradebook.db.commit()
    resubmit(alone, replace={"square": "def square(x):\n    return 0"})
    grade(alone, "ps9")
    now = {cell.grade_id: cell.points for cell in read_cells(alone, "ada", "ps9")}
    assert now == {"test_double": 0.5, "test_square": 0, "test_sum": 0, "test_root": 4, "why": 2.5}


def test_what_has_not_changed_is_kept_and_said_and_force_grades_it(alone):
    skipped: list[str] = []
    first = grade(alone, "ps9", on_skip=skipped.extend)
    assert skipped == []
    assert grade(alone, "ps9", on_skip=skipped.extend) == first
    assert skipped == ["ada"]
    started = []
    grade(alone, "ps9", force=True, on_start=lambda *call: started.append(call))
    assert started == [("ada", 0, 1)]


def retest(course):
    notebook = nbformat.read(course.source("ps9"), as_version=4)
    notebook.cells[3].source = notebook.cells[3].source.replace("double(1) == 2", "double(0) == 0")
    nbformat.write(notebook, course.source("ps9"))
    release(course, "ps9")


def forget(course):
    with open_gradebook(course) as gradebook:
        gradebook.db.execute(text("update grade set auto_score = 0"))
        gradebook.db.commit()


CHANGES = {
    "the submission": lambda course: resubmit(course, replace={"square": "def square(x):\n    return 0"}),
    "a file beside it": lambda course: (course.submitted("ada", "ps9") / "data.txt").write_text("1"),
    "the time-out": lambda course: None,
    "the tests": retest,
    "the gradebook": forget,
    "the executed copy": lambda course: shutil.rmtree(course.autograded("ada", "ps9")),
    "the instructor's files": lambda course: (course.source("ps9").parent / "data.txt").write_text("1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_is_graded_again(alone, change):
    grade(alone, "ps9", timeout=20)
    change(alone)
    started = []
    longer = 21 if change is CHANGES["the time-out"] else 20
    grade(alone, "ps9", timeout=longer, on_start=lambda *call: started.append(call[0]))
    assert started == ["ada"]


def test_results_do_not_depend_on_the_number_of_jobs_or_on_the_run(course):
    hands = [
        hand for hand in CLASS if hand.student in {"right", "wrong", "partial", "empty", "warns", "exits"}
    ]
    write_class(course, "ps9", hands)
    seen = []
    for jobs in (1, 2, 2):
        outcomes = grade(course, "ps9", jobs=jobs, force=True)
        copies = [executed(course, outcome.student) for outcome in outcomes]
        seen.append(
            ([points(outcome) for outcome in outcomes], [outcome.reason for outcome in outcomes], copies)
        )
    assert seen[0] == seen[1] == seen[2]


def submit(course, student, **files):
    """Write files as a submission; JSON values become notebooks."""
    folder = course.submitted(student, "ps9")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def released_notebook(course):
    return json.loads(course.release("ps9").read_text("utf-8"))


def test_one_run_takes_bad_submissions_of_every_kind(course):
    write_class(
        course, "ps9", [Hand(name, "", "") for name in ("good", "tagged", "shadow", "odd names", "files")]
    )
    good = json.loads((course.submitted("good", "ps9") / "ps9.ipynb").read_text("utf-8"))
    tagged = json.loads(json.dumps(good))
    for cell in tagged["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
    submit(course, "tagged", **{"ps9.ipynb": tagged})
    submit(course, "shadow", **{"numpy.py": b"1/0", "math.py": b"1/0", "ipykernel_launcher.py": b"1/0"})
    submit(course, "odd names", **{"a b\n.txt": b"1", "-rf": b"1", "Grüße.csv": b"1", "x'; drop table": b"1"})
    (course.submitted("files", "ps9") / "secret").symlink_to("/etc/passwd")
    os.mkfifo(course.submitted("files", "ps9") / "pipe")
    submit(course, "utf16", **{"ps9.ipynb": json.dumps(good).encode("utf-16")})
    submit(course, "latin", **{"ps9.ipynb": "Grüße".encode("latin-1")})
    submit(course, "deep", **{"ps9.ipynb": b"[" * 100_000})
    submit(
        course,
        "format3",
        **{"ps9.ipynb": nbformat.writes(nbformat.convert(nbformat.from_dict(good), 3), version=3).encode()},
    )
    submit(course, "future", **{"ps9.ipynb": good | {"nbformat": 77}})
    submit(course, "extra", **{"ps9.ipynb": good, "Untitled.ipynb": good})
    submit(course, "folder").joinpath("ps9.ipynb").mkdir()
    outcomes = {outcome.student: outcome for outcome in grade(course, "ps9")}
    full = {"good", "tagged", "shadow", "odd names", "files", "utf16", "extra", "format3"}
    assert {name for name, outcome in outcomes.items() if outcome.graded and points(outcome) == FULL} == full
    assert {outcomes[name].status for name in ("latin", "deep", "future")} == {Status.NOT_GRADABLE}
    assert outcomes["folder"].status is Status.MISSING
    assert all(outcome.reason and outcome.next_step for outcome in outcomes.values() if not outcome.graded)
    assert "the symbolic link `secret` was left out" in outcomes["files"].notes
    assert (
        "the notebook `Untitled.ipynb` is none of the assignment's and was left out"
        in outcomes["extra"].notes
    )
    assert not (course.autograded("files", "ps9") / "secret").exists()
    assert (course.autograded("odd names", "ps9") / "Grüße.csv").exists()


def test_files_of_the_instructor_replace_the_students(course):
    (course.source("ps9").parent / "data.txt").write_text("teacher")
    body = "def double(x):\n    return 2 * x if open('data.txt').read() == 'teacher' else 0"
    write_class(course, "ps9", [Hand("ada", "", "", {"double": body})])
    submit(course, "ada", **{"data.txt": b"student", "mine.txt": b"mine"})
    (outcome,) = grade(course, "ps9")
    assert points(outcome) == FULL
    copy = course.autograded("ada", "ps9")
    assert ((copy / "data.txt").read_text(), (copy / "mine.txt").read_text()) == ("teacher", "mine")


def test_a_notebook_for_another_kernel_points_to_the_other_engine(course):
    write_class(course, "ps9", [Hand("ada", "", "")])
    with open_gradebook(course) as gradebook:
        spec = {"name": "ir", "display_name": "R", "language": "R"}
        gradebook.find_notebook("ps9", "ps9").kernelspec = json.dumps(spec)
        gradebook.db.commit()
    (outcome,) = grade(course, "ps9")
    assert outcome.status is Status.NOT_GRADABLE
    assert "--engine nbgrader" in outcome.next_step


def test_lateness_is_judged_by_the_courses_plugin(alone):
    with (alone.root / "nbgrader_config.py").open("a") as stream:
        stream.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    with open_gradebook(alone) as gradebook:
        gradebook.update_or_create_assignment("ps9", duedate="2026-01-01 00:00:00 UTC")
    submit(alone, "ada", **{"timestamp.txt": b"2026-01-01 00:10:00 UTC"})
    grade(Course(alone.root), "ps9")
    with open_gradebook(alone) as gradebook:
        submission = gradebook.find_submission("ps9", "ada")
        assert submission.total_seconds_late == 600
        assert submission.notebooks[0].late_submission_penalty == 9


ELSEWHERE = """
c.CourseDirectory.directory_structure = "{nbgrader_step}/{assignment_id}/{student_id}"
c.CourseDirectory.source_directory = "instructor"
c.CourseDirectory.submitted_directory = "inbox"
c.CourseDirectory.autograded_directory = "done"
c.CourseDirectory.db_url = "sqlite:///DATABASE"
c.Execute.timeout = 7
c.AutograderLimits.attempts = 2
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A course whose folders, gradebook and layout are not the defaults, with two notebooks, released."""
    folder = make_course(tmp_path / "far")
    with (folder / "nbgrader_config.py").open("a") as stream:
        stream.write(ELSEWHERE.replace("DATABASE", str(tmp_path / "grades.db")))
    (folder / "source").rename(folder / "instructor")
    home = folder / "instructor" / "ps9"
    shutil.copy(home / "ps9.ipynb", home / "second.ipynb")
    course = Course(folder.resolve())
    release(course, "ps9")
    return course


def test_a_course_with_other_folders_and_two_notebooks(elsewhere):
    inbox = elsewhere.root / "inbox" / "ps9"
    for student, names in {"both": ("ps9", "second"), "one": ("ps9",), "bad": ("ps9", "second")}.items():
        (inbox / student).mkdir(parents=True)
        for name in names:
            shutil.copy(elsewhere.source("ps9"), inbox / student / f"{name}.ipynb")
    (inbox / "bad" / "second.ipynb").write_text("{")
    found = {outcome.student: outcome for outcome in grade(elsewhere, "ps9")}
    assert {name: (o.status, o.score, o.max_score) for name, o in found.items()} == {
        "both": (Status.GRADED, 18, 24),
        "one": (Status.GRADED, 9, 24),
        "bad": (Status.GRADED, 9, 24),
    }
    assert points(found["both"])["second:test_root"] == points(found["both"])["ps9:test_root"] == 4
    assert points(found["one"])["second:test_root"] == 0
    assert points(found["bad"])["second:test_root"] is None
    assert found["one"].reason == "No second.ipynb was handed in."
    assert "second.ipynb is damaged" in found["bad"].reason
    assert (elsewhere.root / "done" / "ps9" / "both" / "second.ipynb").is_file()
    assert {c.grade_id: c.points for c in read_cells(elsewhere, "both", "ps9")} == points(found["both"])
    assert fast_engine.default_timeout(elsewhere) == 7


def test_limits_come_from_the_configuration(elsewhere):
    engine = fast_engine.FastEngine(elsewhere, 7)
    assert (engine.limits.attempts, engine.limits.cell_seconds) == (2, 7)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c.AutograderLimits.atempts = 2", "no limit `atempts`"),
        ("c.AutograderLimits.attempts = 'many'", "a number that is not negative"),
        ("c.AutograderLimits.preload = 'numpy'", "a list of strings"),
        ("c.Autograde.autograde_preprocessors = []", "--engine nbgrader"),
    ],
)
def test_settings_that_cannot_be_kept_are_refused(alone, line, words):
    with (alone.root / "nbgrader_config.py").open("a") as stream:
        stream.write(f"\n{line}\n")
    with pytest.raises(CourseError, match=words):
        grade(Course(alone.root), "ps9")


def test_grading_refuses_where_student_code_cannot_be_confined(alone, monkeypatch):
    from autograder import confine

    weak = confine.Confinement(confine.Protection.PARTIAL, (), ("no Landlock",), 0, False)
    monkeypatch.setattr(confine, "probe", lambda: weak)
    with pytest.raises(CourseError, match=r"cannot confine student code \(missing: no Landlock\)"):
        grade(alone, "ps9")
    assert not alone.autograded("ada", "ps9").exists()
    (outcome,) = grade(alone, "ps9", unconfined=True)
    assert (outcome.score, outcome.protection) == (9, "none")


def test_nothing_but_full_protection_runs_a_cell(tmp_path):
    """Confinement is asked for in the process itself: what a probe said before does not matter."""
    from autograder.sandbox import Sandbox, SandboxError, Step, run_notebook
    from autograder.settings import GradingLimits

    with Sandbox([], GradingLimits(readable=("/no/such/place",))) as warm, pytest.raises(SandboxError):
        run_notebook(warm, [Step(0, "open('ran', 'w')")], tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_student_whom_the_course_does_not_want_added_is_recorded(alone):
    with (alone.root / "nbgrader_config.py").open("a") as stream:
        stream.write("\nc.Autograde.create_student = False\n")
    (outcome,) = grade(Course(alone.root), "ps9")
    assert outcome.status is Status.NOT_GRADABLE
    assert "nbgrader db student add" in outcome.next_step


def test_a_locked_gradebook_is_waited_for(alone):
    import threading

    lock = sqlite3.connect(alone.root / "gradebook.db", check_same_thread=False)
    lock.execute("begin exclusive")
    threading.Timer(1.0, lock.rollback).start()
    with pytest.raises(Exception, match="locked"):
        sqlite3.connect(alone.root / "gradebook.db", timeout=0).execute("select * from student").fetchall()
    assert grade(alone, "ps9")[0].score == 9


def test_the_record_survives_a_cut_line(alone):
    grade(alone, "ps9")
    journal = alone.outcomes("ps9").with_name(".ps9.outcomes.jsonl")
    journal.write_text('{"student": "bob", "assig', "utf-8")
    assert set(load(alone.outcomes("ps9"))) == {"ada"}
