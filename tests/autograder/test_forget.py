"""Deleting what a course holds of a student, and nothing of the others."""

import json
import shutil
import zipfile

import pytest
from typer.testing import CliRunner

from autograder import Course, CourseError, Hand, grade, write_feedback, write_report
from autograder.classroom import fill_in
from autograder.cli import app
from autograder.collect import collect, collected
from autograder.export import export
from autograder.forget import find_traces, forget
from autograder.gradebook import open_gradebook
from autograder.notebook import read_notebook
from autograder.record import load
from autograder.regrade import load_state, save_state, state_of

PEOPLE = {"José Pérez_11": Hand("jose-perez", "", ""), "Ada Lovelace_12": Hand("ada-lovelace", "", "")}
COMMENT = "Ask José about the limit."


def hand_in(course, folder, people):
    path = folder / "moodle.zip"
    instructor, released = read_notebook(course.source("ps9")), read_notebook(course.release("ps9"))
    with zipfile.ZipFile(path, "w") as archive:
        for person, hand in people.items():
            text = json.dumps(fill_in(hand, instructor, released))
            archive.writestr(f"{person}_assignsubmission_file_/ps9.ipynb", text)
    return collect(course, "ps9", path)


@pytest.fixture(scope="module")
def everything(released, tmp_path_factory):
    """A course with everything that it can hold of two students."""
    tmp_path = tmp_path_factory.mktemp("forget")
    course = Course(shutil.copytree(released.root, tmp_path / "course"))
    hand_in(course, tmp_path, PEOPLE)
    changed = Hand("jose-perez", "", "", {"root": "def root(x):\n    return x ** 0.5"})
    hand_in(course, tmp_path, {"José Pérez_11": changed})
    grade(course, "ps9")
    save_state(course, "ps9", state_of(course, "ps9", ["ada-lovelace", "jose-perez"]))
    with open_gradebook(course) as gradebook:
        gradebook.find_comment("why", "ps9", "ps9", "jose-perez").manual_comment = COMMENT
        gradebook.db.commit()
    write_feedback(course, "ps9")
    write_report(course, "ps9")
    export(course, "ps9", provisional=True)
    return course


@pytest.fixture
def full(everything, tmp_path):
    """A copy of it for one test."""
    return Course(shutil.copytree(everything.root, tmp_path / "course"))


def holding(course, *words):
    """Files below a course folder in which one of the words stands, in their name or their bytes."""
    return sorted(
        str(path.relative_to(course.root))
        for path in course.root.rglob("*")
        if path.is_file()
        and any(
            word in str(path.relative_to(course.root)) or word.encode() in path.read_bytes() for word in words
        )
    )


def test_nothing_of_the_student_is_left_and_the_others_are_untouched(full):
    words = ("jose-perez", "José Pérez", COMMENT)
    assert len(holding(full, *words)) >= 10
    (full.root / "extensions.csv").write_text("student,assignment,until\nada-lovelace,ps9,+3 days\n", "utf-8")
    before = (full.autograded("ada-lovelace", "ps9") / "ps9.ipynb").read_bytes()
    assert forget(full, "jose-perez").left == ()
    assert holding(full, *words) == []
    assert (full.autograded("ada-lovelace", "ps9") / "ps9.ipynb").read_bytes() == before
    assert list(load(full.outcomes("ps9"))) == list(collected(full, "ps9")) == ["ada-lovelace"]
    assert list(load_state(full, "ps9").students) == ["ada-lovelace"]
    assert export(full, "ps9", provisional=True).without == {}


def test_the_others_need_no_new_grading(full):
    forget(full, "jose-perez")
    skipped = []
    grade(full, "ps9", on_skip=skipped.extend)
    assert skipped == ["ada-lovelace"]


def test_a_file_that_still_has_the_name_is_said(full):
    (full.root / "extensions.csv").write_text("student,assignment,until\njose-perez,ps9,+3 days\n", "utf-8")
    assert [path.name for path in forget(full, "jose-perez").left] == ["extensions.csv"]


def test_looking_deletes_nothing(full):
    before = holding(full, "jose-perez")
    traces = find_traces(full, "jose-perez")
    assert traces.in_gradebook
    assert traces.names == ("José Pérez", "jose-perez")
    assert holding(full, "jose-perez") == before


def test_a_name_within_another_word_is_not_the_name(full):
    page = full.report("ps9").with_name("notes.html")
    page.write_text("jose-perez-2 and major-jose-perez", "utf-8")
    assert page not in find_traces(full, "jose-perez").pages


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "*"])
def test_a_name_that_leads_elsewhere_is_refused(course, name):
    with pytest.raises(CourseError, match="is not a student's name"):
        forget(course, name)


def test_somebody_unknown_is_said(course):
    with pytest.raises(CourseError, match="Nothing is known of `zoe`"):
        forget(course, "zoe")


def test_looking_for_somebody_makes_no_gradebook(course):
    course.gradebook_file.unlink()
    assert not find_traces(course, "zoe")
    assert not course.gradebook_file.exists()


def test_the_command_shows_what_it_will_delete_and_takes_no_for_an_answer(full):
    words = ["forget", "jose-perez", "--course", str(full.root)]
    shown = CliRunner().invoke(app, words, input="n\n")
    assert "submitted/jose-perez/" in shown.stdout
    assert "Nothing was deleted." in shown.stdout
    assert full.submitted("jose-perez", "ps9").is_dir()
    assert json.loads(CliRunner().invoke(app, [*words, "--yes", "--json"]).stdout)["left"] == []
    assert not full.submitted("jose-perez", "ps9").exists()
