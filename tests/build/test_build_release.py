"""Instructor and student copies: what reaches students, and what must not."""

import json

import nbformat
import pytest
from build_courses import ASSIGNMENT, contents, make_course, run


@pytest.fixture(scope="module")
def student(built_course):
    return nbformat.read(built_course / "assignments" / "release" / "ps1" / "ps1.ipynb", as_version=4)


def test_the_instructor_copy_is_complete_and_has_not_run(built_course):
    copy = nbformat.read(built_course / "assignments" / "source" / "ps1" / "ps1.ipynb", as_version=4)
    assert "secret_answer" in json.dumps(copy)
    assert all(
        cell.execution_count is None and not cell.outputs for cell in copy.cells if cell.cell_type == "code"
    )


def test_the_student_copy_has_no_solution_hidden_test_scheme_or_output(student):
    text = json.dumps(student)
    for secret in ("secret", "961", "BEGIN", "END "):
        assert secret not in text
    assert all(
        cell.execution_count is None and not cell.outputs
        for cell in student.cells
        if cell.cell_type == "code"
    )


def test_the_student_copy_has_what_students_need(student):
    cells = {cell.id: cell for cell in student.cells}
    assert "raise NotImplementedError()" in cells["square"].source
    assert cells["square-test"].source == "assert square(2) == 4"
    assert cells["why"].source == "YOUR ANSWER HERE"
    assert cells["drawing"].source == "Draw it."
    assert r"\frac{dy}{dx}" in student.cells[0].source


def test_only_problem_sets_are_built_and_nothing_of_authoring_reaches_students(tmp_path):
    root = make_course(tmp_path / "course", None, ASSIGNMENT)
    authoring = root / "assignments" / "authoring"
    with (root / "assignments" / "nbgrader_config.py").open("a") as config:
        config.write('c.ClearSolutions.code_stub = {"python": "# your turn"}\n')
    (authoring / "ps1_class.py").write_text("# %%\nx = 'secret'\n")
    (authoring / "notes.txt").write_text("secret")
    source = root / "assignments" / "source" / "ps1"
    source.mkdir(parents=True)
    (source / "points.csv").write_text("1,2\n")
    (source / ".ipynb_checkpoints").mkdir()
    (source / ".ipynb_checkpoints" / "ps1-checkpoint.ipynb").write_text("{}")
    before = {path.name for path in (root / "assignments").iterdir()}
    assert run(root) == 0
    release = root / "assignments" / "release"
    assert {str(path.relative_to(release)) for path in release.rglob("*")} == {
        "ps1",
        "ps1/ps1.ipynb",
        "ps1/points.csv",
    }
    assert b"secret" not in b"".join(path.read_bytes() for path in release.rglob("*.*"))
    assert "    # your turn" in (release / "ps1" / "ps1.ipynb").read_text()
    # no gradebook, log or lock is left behind
    assert {path.name for path in (root / "assignments").iterdir()} == before | {"release"}
    assert {path.name for path in source.iterdir()} == {"ps1.ipynb", "points.csv", ".ipynb_checkpoints"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("answers.py", "### BEGIN SOLUTION\nx = 1\n", "BEGIN SOLUTION would reach the students"),
        ("other.ipynb", "{}", "no source gives this notebook, and nbgrader would hand it out"),
    ],
)
def test_a_file_that_must_not_reach_students_fails_the_build(course, capfd, name, content, reason):
    (course / "assignments" / "source" / "ps1" / name).write_text(content)
    before = contents(course)
    assert run(course, "--only", "ps1") == 1
    said = capfd.readouterr().err
    assert name in said
    assert reason in said
    assert contents(course) == before


def test_a_course_without_configuration_fails_clearly(tmp_path, capfd):
    root = make_course(tmp_path / "course", None, ASSIGNMENT)
    (root / "assignments" / "nbgrader_config.py").unlink()
    assert run(root) == 1
    assert (
        "assignments/nbgrader_config.py: the course has no nbgrader configuration" in capfd.readouterr().err
    )
