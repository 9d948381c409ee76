"""The student copy as a zip file: complete, the same bytes every time, and nothing hidden in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from course_kit import SECRETS
from typer.testing import CliRunner

from autograder import Course, CourseError
from autograder.cli import app
from autograder.notebook import read_notebook
from autograder.release_zip import write_zip

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
HIDDEN = re.compile(r"### BEGIN (?:HIDDEN TESTS|SOLUTION|MARK SCHEME)\n(.*?)### END", re.DOTALL)


@pytest.fixture
def beside(course):
    """A course with data, a folder, and what must stay behind, beside the student copy."""
    folder = course.release("ps9").parent
    (folder / "data").mkdir()
    (folder / "data" / "faces.npz").write_bytes(b"\0\1\2")
    for name in (".secret", "__pycache__/x.pyc", ".ipynb_checkpoints/ps9-checkpoint.ipynb"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("left out", "utf-8")
    (folder / "link.txt").symlink_to(course.source("ps9"))
    (folder / "linked").symlink_to(course.source("ps9").parent)
    return course


def test_the_copy_and_the_files_beside_it_lie_in_one_folder(beside):
    made = write_zip(beside, "ps9")
    assert made.path == beside.root / "release" / "ps9.zip"
    assert made.files == ("ps9/data/faces.npz", "ps9/ps9.ipynb")
    with zipfile.ZipFile(made.path) as archive:
        assert tuple(archive.namelist()) == made.files
        assert archive.read("ps9/ps9.ipynb") == beside.release("ps9").read_bytes()


def test_the_bytes_are_the_same_whenever_and_with_whatever_rights_it_is_made(beside):
    first = write_zip(beside, "ps9").path.read_bytes()
    for path in beside.release("ps9").parent.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (1, 1))
            os.chmod(path, 0o700)
    assert write_zip(beside, "ps9").path.read_bytes() == first


def test_everybody_may_read_the_zip_file(course):
    assert stat.S_IMODE(write_zip(course, "ps9").path.stat().st_mode) == 0o644


def test_no_hidden_test_is_in_it(course):
    made = write_zip(course, "ps9")
    with zipfile.ZipFile(made.path) as archive:
        text = "".join(archive.read(name).decode() for name in made.files)
    assert "double" in text
    assert not [secret for secret in SECRETS if secret in text.replace('\\"', '"')]


@pytest.mark.parametrize("name", [f"ps{number}" for number in range(1, 8)])
def test_no_solution_and_no_hidden_test_of_the_course_is_in_its_zip_files(name, tmp_path):
    for part in (f"release/{name}", f"source/{name}"):
        shutil.copytree(ASSIGNMENTS / part, tmp_path / part)
    shutil.copy(ASSIGNMENTS / "nbgrader_config.py", tmp_path)
    course = Course(tmp_path)
    sources = [cell.source for cell in read_notebook(course.source(name)).cells]
    lines = {
        line.strip() for source in sources for part in HIDDEN.findall(source) for line in part.splitlines()
    }
    shown = "\n".join(HIDDEN.sub("", source) for source in sources)
    hidden = [line for line in lines if len(line) > 25 and line not in shown]
    assert len(hidden) > 20
    made = write_zip(course, name)
    with zipfile.ZipFile(made.path) as archive:
        cells = json.loads(archive.read(f"{name}/{name}.ipynb"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    assert not [line for line in hidden if line in text]


@pytest.mark.parametrize("mark", ["### BEGIN HIDDEN TESTS", "### BEGIN SOLUTION", "### END MARK SCHEME"])
def test_a_file_with_a_mark_of_something_hidden_is_refused(course, mark):
    (course.release("ps9").parent / "notes.py").write_text(f"x = 1\n{mark}\n", "utf-8")
    with pytest.raises(CourseError, match=r"ps9/notes.py holds .*no zip file was written"):
        write_zip(course, "ps9")
    assert not (course.root / "release" / "ps9.zip").exists()


def test_the_marks_are_those_of_the_course(course):
    with (course.root / "nbgrader_config.py").open("a") as stream:
        stream.write('\nc.ClearHiddenTests.begin_test_delimeter = "GEHEIM"\n')
    (course.release("ps9").parent / "notes.py").write_text("# GEHEIM\n", "utf-8")
    with pytest.raises(CourseError, match="GEHEIM"):
        write_zip(Course(course.root), "ps9")


def test_without_a_student_copy_there_is_no_zip(course):
    shutil.rmtree(course.root / "release")
    with pytest.raises(CourseError, match="Run: autograder release ps9"):
        write_zip(course, "ps9")


def test_the_command_releases_and_says_where_the_zip_lies(course, monkeypatch):
    monkeypatch.chdir(course.root)
    course.release("ps9").unlink()
    told = CliRunner().invoke(app, ["release", "ps9", "--zip"])
    assert "Student copy: release/ps9/ps9.ipynb" in told.stdout
    assert re.search(r"For a platform: release/ps9.zip \(1 file, \d+ kB\)", told.stdout)
    assert (course.root / "release" / "ps9.zip").is_file()
