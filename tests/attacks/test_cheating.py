"""Everybody who cheats, graded in one run beside honest students: no point, no secret, no harm.

The class is graded once, by the command's own function and with the defaults. What each attempt was for is
looked at afterwards: points, the rows and files of the neighbours, processes, the network, what was shown.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sqlalchemy import text

from autograder import Course, grade, release, write_feedback
from autograder.gradebook import open_gradebook

sys.path.insert(0, str(Path(__file__).parent))
from cheats import CHEATS, HIDDEN_INPUT, SECRET

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "cheats"\n'
RIGHT = "def total(x):\n    return float(np.sum(x))"
TEST = f"""x = np.array([1.0, 2.0, 3.5])
value = total(x)
assert np.shape(value) == (), "total(x) should be one number."
assert np.isfinite(value), "total(x) should be finite."
np.testing.assert_allclose(value, np.sum(x))
### BEGIN HIDDEN TESTS
secret = "{SECRET}"
x = np.array([{HIDDEN_INPUT}, -3.0, 1500.0])
value = total(x)
assert np.shape(value) == () and np.isfinite(value), "total(x) should be one finite number."
np.testing.assert_allclose(value, np.sum(x))
### END HIDDEN TESTS"""


def marked(name, source, points=None, **flags):
    data = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "locked": False}
    data |= {"task": False, **flags} | ({} if points is None else {"points": points})
    return new_code_cell(source, metadata={"nbgrader": data}, id=name)


def instructor():
    solution = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
    cells = [
        new_markdown_cell("# Two functions", id="title"),
        marked("given", "import numpy as np", locked=True),
        marked("double", solution.format("def double(x):\n    return 2 * x"), solution=True),
        marked("test_double", "assert double(3) == 6", 2, grade=True, locked=True),
        marked("total", solution.format(RIGHT), solution=True),
        marked("test_total", TEST, 3, grade=True, locked=True),
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": spec})


def filled(course, total, later):
    """The student copy with answers."""
    notebook = json.loads(course.release("hw").read_text("utf-8"))
    answers = {"double": "def double(x):\n    return 2 * x", "total": total}
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(name, cell["source"])
    if later:
        notebook["cells"].append(dict(new_code_cell(later)))
    return notebook


def test_cell(notebook):
    return next(
        c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "test_total"
    )


test_cell.__test__ = False


def copy_test(notebook):
    notebook["cells"].append({**test_cell(notebook), "id": "again", "source": "pass"})


EDITS = {
    "": lambda notebook: None,
    "symlink": lambda notebook: None,
    "skip": lambda notebook: test_cell(notebook)["metadata"].update(tags=["skip-execution"]),
    "rewrite": lambda notebook: test_cell(notebook).update(source="pass"),
    "delete": lambda notebook: notebook["cells"].remove(test_cell(notebook)),
    "copy": copy_test,
    "points": lambda notebook: test_cell(notebook)["metadata"]["nbgrader"].update(points=0, grade=False),
    "retype": lambda notebook: test_cell(notebook).update(cell_type="markdown"),
    "outputs": lambda notebook: test_cell(notebook).update(
        outputs=[
            {
                "output_type": "execute_result",
                "data": {"text/plain": "3"},
                "metadata": {},
                "execution_count": 1,
            }
        ]
    ),
}


def hand_in(course, student, cheat, words):
    notebook = filled(course, cheat.total.format(**words), cheat.later)
    EDITS[cheat.edit](notebook)
    folder = course.submitted(student, "hw")
    folder.mkdir(parents=True)
    (folder / "hw.ipynb").write_text(json.dumps(notebook), "utf-8")
    for name, content in cheat.files.items():
        (folder / name).write_text(content)
    if cheat.edit == "symlink":
        (folder / "book").symlink_to(course.root / "gradebook.db")


def rows(course, student):
    """Everything that the gradebook knows of a student, as bytes."""
    with open_gradebook(course) as book:
        query = (
            "select grade.* from grade join submitted_notebook n on grade.notebook_id = n.id "
            "join submitted_assignment a on n.assignment_id = a.id where a.student_id = :student order by grade.id"
        )
        return repr(book.db.execute(text(query), {"student": student}).fetchall()).encode()


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def neighbours(course):
    return {
        name: (rows(course, name), files(course.submitted(name, "hw")), files(course.autograded(name, "hw")))
        for name in ("honest", "half")
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The class of cheats, graded once."""
    root = tmp_path_factory.mktemp("cheats") / "course"
    (root / "source" / "hw").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "source" / "hw" / "hw.ipynb").write_text(json.dumps(instructor()), "utf-8")
    course = Course(root.resolve())
    release(course, "hw")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    words = {
        "course": course.root,
        "project": PROJECT,
        "port": listener.getsockname()[1],
        "secret": SECRET,
        "half": SECRET[:9],
        "rest": SECRET[9:],
    }
    honest = {"honest": SimpleNamespace(total=RIGHT, later="", edit="", files={})}
    honest["half"] = SimpleNamespace(total="def total(x):\n    return x[0]", later="", edit="", files={})
    for name, cheat in honest.items():
        hand_in(course, name, cheat, words)
    grade(course, "hw", timeout=2)
    before = neighbours(course)
    before_processes = {p.pid for p in psutil.process_iter()}
    for name, cheat in CHEATS.items():
        hand_in(course, name, cheat, words)
    outcomes = {outcome.student: outcome for outcome in grade(course, "hw", timeout=2, jobs=2)}
    pages = {page.student: page for page in write_feedback(course, "hw", list(CHEATS))}
    yield SimpleNamespace(
        course=course,
        outcomes=outcomes,
        before=before,
        processes=before_processes,
        pages=pages,
        listener=listener,
    )
    listener.close()
    shutil.rmtree(root, ignore_errors=True)


def test_the_collection_is_large_enough():
    assert len(CHEATS) >= 40


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_earns_what_its_honest_part_is_worth(run, name):
    outcome = run.outcomes[name]
    assert outcome.score == CHEATS[name].earns, outcome
    assert {cell.grade_id: cell.points for cell in outcome.cells} == {"test_double": 2, "test_total": 0}
    assert outcome.protection == "full"


def test_honest_students_have_their_points(run):
    assert (run.outcomes["honest"].score, run.outcomes["half"].score) == (5, 2)


def test_rows_and_files_of_the_neighbours_are_the_same_bytes(run):
    assert neighbours(run.course) == run.before


def test_nobody_has_read_what_is_not_theirs(run):
    said = {name: shown(run.course, name) for name in CHEATS}
    assert [name for name, words in said.items() if "READ True" in words] == []


def test_no_request_has_reached_the_network(run):
    with pytest.raises(BlockingIOError):
        run.listener.accept()


def test_nothing_is_left_running(run):
    ours = [p for p in psutil.process_iter(["pid", "uids"]) if p.info["pid"] not in run.processes]
    theirs = [p for p in ours if p.info["uids"] and 61_184 <= p.info["uids"].real < 65_520]
    assert theirs == []
    assert [child for child in psutil.Process().children() if child.pid not in run.processes] == []


def shown(course, student):
    """All text that the cells of the executed copy show."""
    notebook = json.loads((course.autograded(student, "hw") / "hw.ipynb").read_text("utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return json.dumps([{**output, "traceback": []} for output in outputs])


@pytest.mark.parametrize("name", [name for name in CHEATS if name.startswith("leak-")])
def test_no_cell_shows_what_a_test_has_passed(run, name):
    words = shown(run.course, name)
    assert HIDDEN_INPUT not in words
    assert SECRET not in words


@pytest.mark.parametrize("name", [name for name in CHEATS if name.startswith(("leak-", "read-"))])
def test_feedback_shows_no_hidden_input_and_no_hidden_text(run, name):
    page = run.pages[name]
    assert page.path is not None, page.problem
    words = page.path.read_text("utf-8")
    assert HIDDEN_INPUT not in words
    assert SECRET not in words.replace(CHEATS[name].total.format_map(Words()), "")


class Words(dict):
    def __missing__(self, key):
        return ""
