"""Sample submissions and the reading of bad files."""

from __future__ import annotations

import json
import shutil

import nbformat
import pytest
from course_kit import CLASS, SECRETS, instructor_notebook

from autograder import Course, CourseError, Hand, Mangle, write_class
from autograder.classroom import student_view
from autograder.notebook import UnreadableError, grade_id, mend, read_submission


@pytest.fixture(scope="module")
def course(released, tmp_path_factory):
    return Course(shutil.copytree(released.root, tmp_path_factory.mktemp("classroom") / "course"))


def test_no_submission_holds_a_hidden_test_or_a_marker(course):
    write_class(course, "ps9", CLASS, force=True)
    for path in (course.root / "submitted").rglob("*.ipynb"):
        if not path.is_symlink():
            text = path.read_text("utf-8")
            assert not [word for word in (*SECRETS, "HIDDEN TESTS", "SOLUTION") if word in text], path


def test_stubs_stay_and_replacements_are_used(course):
    write_class(course, "ps9", (Hand("eve", "", "", {"double": "x = 1"}, stubs=("square",)),))
    notebook = nbformat.read(course.submitted("eve", "ps9") / "ps9.ipynb", as_version=4)
    sources = {grade_id(cell): cell.source for cell in notebook.cells}
    assert sources["double"] == "x = 1"
    assert "NotImplementedError" in sources["square"]
    assert sources["root"] == "def root(x):\n    return math.sqrt(x)"


@pytest.mark.parametrize(
    "hand",
    [
        Hand("eve", "", "", {"dubble": ""}),
        Hand("eve", "", "", stubs=("test_root",)),
        Hand("eve", "", "", mangle=Mangle.DELETED_CELL, target="nope"),
    ],
)
def test_a_hand_that_names_no_such_cell_is_refused(course, hand):
    with pytest.raises(CourseError, match="Cells to fill in: double, square, root, why"):
        write_class(course, "ps9", (hand,))


def test_two_hands_of_one_student_are_refused(course):
    with pytest.raises(CourseError, match="same student"):
        write_class(course, "ps9", (Hand("eve", "", ""), Hand("eve", "", "")))


def test_student_view_leaves_out_what_students_never_see():
    source = "a\n### BEGIN SOLUTION\nb\n### END SOLUTION\n### BEGIN MARK SCHEME\nc\n### END MARK SCHEME\nd"
    assert student_view(source) == "a\nb\nd"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (b"[1, 2]", "not a notebook"),
        (b"{}", "not a notebook"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
            "not a notebook",
        ),
        (b'{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}', "not a notebook"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 200_000, "ps9.ipynb is"),
    ],
)
def test_files_that_are_no_notebooks_are_told_plainly(course, content, words):
    folder = course.submitted("odd", "ps9")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ps9.ipynb").write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        read_submission(course, "odd", "ps9")
    assert words in caught.value.reason
    assert len(caught.value.reason) < 250


def test_a_byte_order_mark_and_huge_outputs_are_no_obstacle(course):
    folder = course.submitted("bom", "ps9")
    folder.mkdir(parents=True)
    notebook = nbformat.read(course.release("ps9"), as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="x" * 1_000_000)]
    (folder / "ps9.ipynb").write_bytes(b"\xef\xbb\xbf" + json.dumps(notebook).encode())
    assert not read_submission(course, "bom", "ps9").notebooks["ps9"].cells[1].outputs


def test_links_beside_the_notebook_are_left_out(course):
    write_class(course, "ps9", (Hand("lin", "", ""),))
    folder = course.submitted("lin", "ps9")
    (folder / "peek.ipynb").symlink_to(course.source("ps9"))
    (folder / "data.csv").write_text("1", "utf-8")
    submission = read_submission(course, "lin", "ps9")
    assert list(submission.files) == ["data.csv"]
    assert submission.notes == ("the symbolic link `peek.ipynb` was left out",)


def test_mending_a_faultless_notebook_changes_nothing(course):
    released = nbformat.read(course.release("ps9"), as_version=4)
    assert mend(released, released) == (released, ())


def test_deleted_cells_come_back_in_their_places(course):
    released = nbformat.read(course.release("ps9"), as_version=4)
    short = nbformat.from_dict({**released, "cells": [released.cells[0], released.cells[4]]})
    mended, notes = mend(short, released)
    assert [grade_id(cell) for cell in mended.cells if grade_id(cell)] == [
        grade_id(cell) for cell in released.cells if grade_id(cell)
    ]
    assert len(notes) == 8


def test_invented_cells_earn_nothing(course):
    released = nbformat.read(course.release("ps9"), as_version=4)
    forged = instructor_notebook()
    forged.cells[3].metadata["nbgrader"] |= {"grade_id": "free_points", "points": 1000}
    forged.cells[5].metadata["nbgrader"] |= {"points": 1000, "schema_version": 1}
    mended, notes = mend(forged, released)
    assert {cell.metadata.get("nbgrader", {}).get("points") for cell in mended.cells} <= {None, 1, 2, 3, 4}
    assert any("`free_points`" in note for note in notes)
