"""Downloads of learning platforms: whose each file is, which attempt counts, and archives that are refused."""

from __future__ import annotations

import json
import stat
import unicodedata
import zipfile

import pytest
from typer.testing import CliRunner

from autograder import CourseError
from autograder.cli import app
from autograder.collect import collect, collected, student_name

MOODLE = "José Pérez_657737_assignsubmission_file_"


def notebook(text="", ids=("double", "test_double")):
    """A file with cells of the assignment, different for each text."""
    cells = [{"metadata": {"nbgrader": {"grade_id": name}}, "source": text} for name in ids]
    return json.dumps({"cells": cells})


def pack(path, files, when=(2026, 3, 1, 12, 0, 0)):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), content, zipfile.ZIP_DEFLATED)
    return path


@pytest.fixture
def gather(course, tmp_path):
    """Collect an archive with these files, and return what was done by student."""

    def run(files, name="download.zip", **options):
        result = collect(course, "ps9", pack(tmp_path / name, files), **options)
        return {item.student: item for item in result.students}, result.lost

    return run


def text_of(course, student):
    path = course.submitted(student, "ps9") / "ps9.ipynb"
    return json.loads(path.read_text("utf-8"))["cells"][0]["source"]


@pytest.mark.parametrize(
    ("path", "student"),
    [
        (f"{MOODLE}/ps9.ipynb", "jose-perez"),
        (f"{MOODLE[:-1]}/ps9.ipynb", "jose-perez"),
        (f"{MOODLE}ps9.ipynb", "jose-perez"),
        (f"ps9-657/{MOODLE}/ps9.ipynb", "jose-perez"),
        ("Participant_12_assignsubmission_file_/ps9.ipynb", "moodle-12"),
        ("perezjose_1234_56789_ps9.ipynb", "perezjose"),
        ("perezjose_LATE_1234_56789_ps9-2.ipynb", "perezjose"),
        ("anon_AbC12_56789_ps9.ipynb", "canvas-AbC12"),
        ("submissions/pérezjosé_1234_56789_ps9.ipynb", "perezjose"),
        ("ps9_jperez_attempt_2026-03-01-15-00-00_ps9.ipynb", "jperez"),
        ("jperez/ps9/ps9.ipynb", "jperez"),
        ("submitted/jperez/ps9/ps9.ipynb", "jperez"),
        ("jperez/ps9.ipynb", "jperez"),
    ],
)
def test_every_layout_tells_whose_a_notebook_is(course, gather, path, student):
    done, lost = gather({path: notebook("x")})
    assert list(done) == [student]
    assert not lost
    assert text_of(course, student) == "x"


def test_accents_that_are_written_in_two_ways_are_one_student(gather):
    done, _ = gather(
        {
            f"{MOODLE}/ps9.ipynb": notebook(),
            unicodedata.normalize("NFD", f"{MOODLE}/data.csv"): "1",
        }
    )
    assert list(done) == ["jose-perez"]


def test_two_students_of_one_name_keep_apart(gather):
    done, _ = gather(
        {f"Kim Lee_{number}_assignsubmission_file_/ps9.ipynb": notebook() for number in (11, 12)}
    )
    assert set(done) == {"kim-lee-11", "kim-lee-12"}


def test_names_of_other_scripts_stay():
    assert student_name("Пётр Ильич") == "петр-ильич"
    assert student_name("李 小龍") == "李-小龍"


def test_the_last_attempt_counts(course, gather):
    done, _ = gather(
        {f"ps9_ada_attempt_2026-03-0{day}-10-00-00_ps9.ipynb": notebook(f"day {day}") for day in (2, 3, 1)}
    )
    assert text_of(course, "ada") == "day 3"
    assert done["ada"].attempts == 3


def test_of_copies_the_last_one_counts_and_the_others_are_named(course, gather):
    done, _ = gather(
        {f"leeada_7_{n}_ps9{end}.ipynb": notebook(end) for n, end in ((1, "-1"), (2, "-10"), (3, ""))}
    )
    assert text_of(course, "leeada") == "-10"
    assert "`ps9-10.ipynb` was taken, not `ps9.ipynb`, `ps9-1.ipynb`" in done["leeada"].notes[0]


def test_a_renamed_notebook_is_known_by_its_cells(course, gather):
    done, _ = gather({f"{MOODLE}/my homework FINAL.ipynb": notebook("mine")})
    assert text_of(course, "jose-perez") == "mine"
    assert "has the cells of `ps9.ipynb`" in done["jose-perez"].notes[0]


def test_a_foreign_notebook_is_not_taken_for_this_one(course, gather):
    done, _ = gather({f"{MOODLE}/other.ipynb": notebook(ids=("question-1",))})
    assert "`ps9.ipynb` is not there" in done["jose-perez"].notes[0]
    assert not (course.submitted("jose-perez", "ps9") / "ps9.ipynb").exists()


def test_moodles_time_becomes_nbgraders_and_canvas_is_only_known_to_be_late(course, gather):
    from datetime import UTC

    done, _ = gather({f"{MOODLE}/ps9.ipynb": notebook()}, timezone=UTC)
    stamp = course.submitted("jose-perez", "ps9") / "timestamp.txt"
    assert stamp.read_text() == "2026-03-01 12:00:00 UTC\n"
    done, _ = gather({"leeada_LATE_7_1_ps9.ipynb": notebook()})
    assert done["leeada"].late
    assert not done["leeada"].when


def test_a_second_download_replaces_keeps_and_leaves_alone(course, tmp_path):
    def again(text, hour):
        path = pack(tmp_path / "d.zip", {f"{MOODLE}/ps9.ipynb": notebook(text)}, (2026, 3, 1, hour, 0, 0))
        (item,) = collect(course, "ps9", path).students
        return item.action

    steps = [("first", 10), ("first", 10), ("second", 12), ("old", 11)]
    assert [again(*step) for step in steps] == ["placed", "unchanged", "replaced", "kept"]
    assert text_of(course, "jose-perez") == "second"
    (earlier,) = (course.root / "report" / "earlier").rglob("ps9.ipynb")
    assert "first" in earlier.read_text("utf-8")
    assert collected(course, "ps9")["jose-perez"].number == "657737"


def test_what_is_no_hand_in_is_named_with_the_reason(gather):
    done, lost = gather(
        {
            f"{MOODLE}/ps9.ipynb": notebook(),
            "José Pérez_657737_assignsubmission_onlinetext_/onlinetext.html": "hi",
            "notes/readme.txt": "of the teacher",
            "__MACOSX/._x": "litter",
        }
    )
    assert list(done) == ["jose-perez"]
    assert len(lost) == 2
    assert "onlinetext, not a file" in next(iter(lost.values()))


@pytest.mark.parametrize(
    "text",
    [
        "Identifier,Full name,Email address,Status,Grade\nParticipant 657737,Jo,jp1@u.example,,\n",
        "Identifier,Full name,Email address,Status,Grade\nParticipant 9,José Pérez,jp1@u.example,,\n",
        "student,lms_id,name\njp1,657737,\n",
        'Student,ID,SIS User ID,SIS Login ID,Section\nPoints Possible,,,,\n"Pérez, José",3,x,jp1,A\n',
    ],
)
def test_a_roster_says_who_is_who(gather, tmp_path, text):
    (tmp_path / "roster.csv").write_text(text, "utf-8-sig")
    done, _ = gather({f"{MOODLE}/ps9.ipynb": notebook()}, roster=tmp_path / "roster.csv")
    assert list(done) == ["jp1"]


def test_a_folder_is_read_and_its_links_are_not(course, tmp_path):
    folder = tmp_path / "in" / "ada" / "ps9"
    folder.mkdir(parents=True)
    (folder / "ps9.ipynb").write_text(notebook("a"), "utf-8")
    (folder / "secret.txt").symlink_to(course.source("ps9"))
    result = collect(course, "ps9", tmp_path / "in")
    assert result.lost == {"ada/ps9/secret.txt": "it is a symbolic link"}
    assert [path.name for path in course.submitted("ada", "ps9").iterdir()] == ["ps9.ipynb"]


def link_in(path):
    info = zipfile.ZipInfo("ada/ps9/ps9.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: pack(path, {"ada/ps9/ps9.ipynb": "0" * 40_000_000}), "a zip bomb"),
        (lambda path: pack(path, {"../ada/ps9/ps9.ipynb": "x"}), "leads out of"),
        (lambda path: pack(path, {"ada/../../x.ipynb": "x"}), "leads out of"),
        (lambda path: pack(path, {"/etc/ps9.ipynb": "x"}), "leads out of"),
        (lambda path: pack(path, {"..\\x.ipynb": "x"}), "leads out of"),
        (lambda path: pack(path, {"C:\\x.ipynb": "x"}), "leads out of"),
        (link_in, "symbolic link"),
        (lambda path: path.write_bytes(b"PK\x03\x04 cut"), "no zip file"),
        (lambda path: None, "There is no folder or file"),
        (lambda path: pack(path, {"readme.txt": "x"}), "could be placed"),
    ],
)
def test_what_must_not_be_unpacked_is_refused_and_nothing_is_written(course, tmp_path, make, words):
    make(tmp_path / "d.zip")
    with pytest.raises(CourseError, match=words):
        collect(course, "ps9", tmp_path / "d.zip")
    assert not (course.root / "submitted").exists()


def test_the_command_says_what_it_did_and_what_to_do(course, tmp_path):
    files = {f"{MOODLE}/hw.ipynb": notebook(), "x_1_assignsubmission_onlinetext_/onlinetext.html": "hi"}
    path = pack(tmp_path / "d.zip", files)
    shown = CliRunner().invoke(app, ["collect", "ps9", str(path), "--course", str(course.root)])
    assert shown.exit_code == 0
    assert "ps9: 1 placed in" in shown.stdout
    assert "jose-perez: `hw.ipynb` has the cells of `ps9.ipynb`" in shown.stdout
    assert "Not placed: x_1_assignsubmission_onlinetext_/onlinetext.html" in shown.stderr
