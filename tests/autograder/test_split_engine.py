"""Whole notebooks graded across the split: names, moments, operators, imports, labelled exceptions from it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest
from course_kit import nbgrader
from nbformat.v4 import new_code_cell, new_notebook

from autograder import CourseError, Status
from autograder.placement import Plan, changed_names, imports_in, names_in, plan_of
from autograder.rules import Rules, read_key, read_rules
from autograder.sanitise import Template, TemplateCell
from autograder.settings import GradingLimits
from autograder.split_moments import Moments
from autograder.worker import Assignment, Worker

DUAL = """class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    __rmul__ = __mul__"""
NODE = """class Node:
    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0

    def __add__(self, other):
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def backward(self, grad=1.0):
        self.grad += grad
        for parent, slope in self.parents:
            parent.backward(grad * slope)"""
TEST_DUAL = """x = Dual(3.0, 1.0)
assert isinstance(2 * x, Dual)
cube = x * x * x
assert (cube.value, cube.slope) == (27.0, 27.0)"""
TEST_NODE = """a, b = Node(2.0), Node(5.0)
loss = a * b + a
loss.backward()
assert (a.grad, b.grad) == (6.0, 2.0)
assert loss.parents[0][0].value == 10.0
assert student_eval("(Node(3.0) * Node(4.0)).value") == 12.0"""


def marked(name, source, points=None, **flags):
    return new_code_cell(source, metadata=nbgrader(name, points, **flags), id=name)


def answer(name, source):
    return marked(name, f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", solution=True)


def checks(name, source, points=1):
    return marked(name, source, points, grade=True, locked=True)


def given(name, source):
    return marked(name, source, locked=True)


class Kit:
    """An assignment without a gradebook, and students who hand its solution in, changed or not."""

    def __init__(self, worker, root, cells, **rules):
        self.root, self.worker = root, worker
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        self.notebook = json.loads(json.dumps(new_notebook(cells=cells, metadata={"kernelspec": spec})))
        template = Template("hw", spec, tuple(map(template_cell, self.notebook["cells"])))
        plans = {"hw": plan_of(self.notebook["cells"], template)}
        self.assignment = Assignment("hw", (template,), plans=plans, rules=Rules(**rules))
        worker.assignment = self.assignment
        for name in ("roles", "_modules"):
            vars(worker).pop(name, None)

    def hand_in(self, student="ada", later=(), files=(), **answers):
        """Grade a submission; answers that are not named are the solution's. Return points by cell."""
        notebook = json.loads(json.dumps(self.notebook))
        for cell in notebook["cells"]:
            cell["source"] = answers.get(cell["id"], cell["source"])
        notebook["cells"] += [dict(new_code_cell(source)) for source in later]
        folder = self.root / student
        folder.mkdir()
        (folder / "hw.ipynb").write_text(json.dumps(notebook), "utf-8")
        for name, content in files:
            (folder / name).write_text(content)
        self.outcome = self.worker.grade({"student": student, "folder": folder, "staging": self.out}).outcome
        return {cell.grade_id: cell.points for cell in self.outcome.cells}

    @property
    def out(self):
        return self.root / "out"

    @property
    def shown(self):
        """The outputs of the executed copy, cell by cell."""
        cells = json.loads((self.out / "hw.ipynb").read_text("utf-8"))["cells"]
        return [cell.get("outputs", []) for cell in cells]


def template_cell(cell):
    data = cell["metadata"]["nbgrader"]
    flags = {name: data[name] for name in ("locked", "grade", "solution", "task")}
    return TemplateCell(
        cell["id"],
        "code",
        cell["source"] if data["locked"] else "raise NotImplementedError",
        **flags,
        points=data.get("points"),
        checksum=None,
        visible=cell["source"],
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One worker whose warm processes serve many assignments."""
    with making_worker(tmp_path_factory.mktemp("scratch")) as worker:
        yield worker


@contextmanager
def making_worker(scratch):
    scratch.chmod(0o711)
    for folder in scratch.parents:
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    limits = GradingLimits(cell_seconds=2.0)
    settings = {"assignment": Assignment("none", ()).to_dict(), "limits": limits.to_dict()}
    worker = Worker({**settings, "confined": True, "slot": 700}, scratch)
    yield worker
    worker.close()


@pytest.fixture
def kit(shared, tmp_path):
    return lambda *cells, **rules: Kit(shared, tmp_path, cells, **rules)


def test_dual_numbers_and_a_graph_with_operators_of_the_student(kit):
    cells = [answer("dual", DUAL), checks("t1", TEST_DUAL), answer("node", NODE), checks("t2", TEST_NODE)]
    course = kit(*cells, operators=("Dual", "Node"))
    assert course.hand_in("right") == {"t1": 1, "t2": 1}
    flat = DUAL.replace("self.slope * other.value + self.value * other.slope", "0.0")
    assert course.hand_in("flat", dual=flat) == {"t1": 0, "t2": 1}
    assert course.hand_in("once", node=NODE.replace("+= grad", "= grad")) == {"t1": 1, "t2": 0}


def test_each_test_sees_what_its_cell_has_left(kit):
    course = kit(
        given("start", "import numpy as np\nbase = np.ones(2)"),
        answer("a", "W = np.zeros(3)\nlog = []\ndef scale():\n    return 2"),
        checks("t1", "assert W.tolist() == [0, 0, 0] and log == [] and scale() == 2 and base[0] == 1"),
        answer(
            "b", "W += 1\nlog.append('b')\ndef scale():\n    return 3\ndef twice():\n    return 2 * scale()"
        ),
        checks("t2", "assert W.tolist() == [1, 1, 1] and log == ['b'] and twice() == 6"),
        answer("c", "W = 'gone'\nlog.clear()"),
        checks("t3", "assert W == 'gone' and log == [] and scale() == 3"),
    )
    assert course.hand_in() == {"t1": 1, "t2": 1, "t3": 1}


def test_what_cells_show_comes_from_before_the_tests(kit):
    remembers = "seen = []\ndef f(x):\n    seen.append(x)\n    return x"
    course = kit(answer("f", remembers), checks("t", "assert f(7) == 7"))
    assert course.hand_in(later=["print('SEEN', seen)"]) == {"t": 1}
    assert course.shown[-1][0]["text"] == "SEEN []\n"


def test_a_test_that_says_so_runs_beside_the_answer_and_is_named(kit):
    inside = "# autograder: in-process\nassert f.__code__.co_argcount == 1"
    course = kit(answer("f", "def f(x):\n    return x"), checks("t", inside), checks("u", "assert f(1) == 1"))
    assert course.hand_in() == {"t": 1, "u": 1}
    assert course.outcome.notes == ("the test `t` ran inside the student's process, as it declares",)


def test_an_assignment_that_says_so_runs_in_one_process_and_says_it(kit):
    cells = [answer("f", "def f(x):\n    return x"), checks("t", "assert f.__code__.co_argcount == 1")]
    course = kit(*cells, mode="in-process")
    assert course.hand_in() == {"t": 1}
    assert "inside the student's process" in course.outcome.notes[0]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("import os\n    os._exit(3)", Status.DIED, "exit code 3"),
        ("while True:\n        pass", Status.TIMED_OUT, "time-out"),
    ],
    ids=["exits", "endless"],
)
def test_an_answer_that_ends_its_process_costs_its_test_only(kit, body, status, error):
    course = kit(
        answer("f", "def f(x):\n    return x"),
        checks("t", "assert f(1) == 1"),
        answer("g", "def g(x):\n    return x"),
        checks("u", "assert g(1) == 1"),
    )
    assert course.hand_in(f=f"def f(x):\n    {body}") == {"t": 0, "u": 1}
    assert course.outcome.status is status
    assert error in next(cell.error for cell in course.outcome.cells if cell.grade_id == "t")


def test_files_of_a_submission_are_not_imported_where_tests_run(kit):
    cells = [answer("f", "def f():\n    return 1"), checks("t", "import aid\nassert aid.right == f()")]
    assert kit(*cells).hand_in(files=[("aid.py", "right = 1")]) == {"t": 0}


def test_what_an_answer_says_in_an_exception_is_withheld(kit):
    course = kit(answer("f", "def f(x):\n    return x"), checks("t", "f(12345)"))
    assert course.hand_in(f="def f(x):\n    raise type(f'C{x}', (ValueError,), {})(x)") == {"t": 0}
    assert "12345" not in json.dumps([{**o, "traceback": o["traceback"][-1:]} for o in course.shown[1]])
    assert course.shown[1][0]["ename"] == "StudentError"


def test_a_traceback_shows_the_lines_of_tests_and_none_of_libraries(kit):
    source = "import numpy as np\ndef near(a, b):\n    np.testing.assert_allclose(a, b)\nnear(f(1), 2.0)"
    course = kit(answer("f", "def f(x):\n    return 1.0"), checks("t", source))
    assert course.hand_in() == {"t": 0}
    frames = course.shown[1][0]["traceback"]
    assert not [line for line in frames if "site-packages" in line or "contextlib" in line]
    assert sum("line " in frame for frame in frames[:-1]) == 2


NOT_ALLOWED = "scipy may not be imported here. This assignment allows: numpy, mlpkit.datasets, and the standard library."
STATEMENTS = {
    "import json, numpy.fft": True,
    "import matplotlib": True,
    "import scipy": False,
    "import mlpkit.datasets": True,
    "from mlpkit import datasets": True,
    "import mlpkit.network": False,
    "from mlpkit import MLP": False,
}


def test_answers_import_what_is_listed_and_are_told_so(tmp_path):
    tries = [
        f"try:\n    {statement}\n    ok{i} = True\nexcept ImportError as error:\n    ok{i} = False\n    print(error)"
        for i, statement in enumerate(STATEMENTS)
    ]
    cells = [answer(f"a{i}", source) for i, source in enumerate(tries)]
    cells += [checks(f"t{i}", f"assert ok{i} is {works}") for i, works in enumerate(STATEMENTS.values())]
    with making_worker(tmp_path) as worker:
        course = Kit(worker, tmp_path, cells, imports=("numpy", "mlpkit.datasets"))
        assert course.hand_in() == {f"t{i}": 1 for i in range(len(STATEMENTS))}
    assert course.shown[2][0]["text"].strip() == NOT_ALLOWED


def test_packages_on_the_list_come_with_what_they_need_and_ours_as_a_whole(tmp_path):
    source = "import scipy.special, scipy.linalg\nfrom mlpkit import MLP\nok = scipy.special.expit(0.0)"
    with making_worker(tmp_path) as worker:
        course = Kit(
            worker,
            tmp_path,
            [answer("a", source), checks("t", "assert ok == 0.5")],
            imports=("scipy", "mlpkit"),
        )
        assert course.hand_in() == {"t": 1}, course.shown


def test_without_a_list_everything_installed_may_be_imported_but_not_ours(kit):
    source = "import scipy\ntry:\n    import mlpkit\n    ok = False\nexcept ImportError:\n    ok = True"
    assert kit(answer("a", source), checks("t", "assert ok")).hand_in() == {"t": 1}


# ---- parts


def test_names_are_those_that_a_cell_binds():
    source = "import numpy as np\n%matplotlib inline\nW = b = 1\ndef f(q):\n    z = 1\nclass C: pass\nfor i in (1,): (k := 2)"
    assert names_in(source) == ("C", "W", "b", "f", "i", "k")


def test_names_whose_parts_are_changed_are_found_but_not_those_inside_functions():
    assert changed_names("params['W'][0] = 1\nnet.step += 1\ndef f(a):\n    a[0] = 1") == ("net", "params")


def test_imports_are_kept_as_statements():
    assert imports_in("from __future__ import annotations\nimport a as b\nx = 1\nfrom c import d") == (
        "import a as b\nfrom c import d"
    )


def test_a_plan_survives_json():
    plan = Plan({"a": ("f", "g")}, ("np",), "import numpy as np")
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize(
    "text", ["mode = 'fast'", "imports = 'math'", "colour = 1", "imports = [", "operators = [1]"]
)
def test_rules_that_cannot_be_meant_are_refused(tmp_path, text):
    (tmp_path / "authoring").mkdir()
    (tmp_path / "authoring" / "hw.toml").write_text(text)
    with pytest.raises(CourseError, match=r"hw\.toml cannot be used"):
        read_rules(tmp_path, "hw")


def test_without_a_file_tests_run_apart_and_everything_installed_may_be_imported(tmp_path):
    assert read_rules(tmp_path, "hw") == Rules("split", None, (), "ignore", ())


def test_a_moment_brings_back_names_contents_and_generators():
    import numpy as np

    space = {"W": np.zeros(2), "deep": {"list": [1, [2]]}, "_i1": "history"}
    moments = Moments(space)
    moments.take(1)
    draw = np.random.rand()
    W = space["W"]
    W += 1
    space["deep"]["list"][1].append(3)
    space["new"] = 1
    space["W"] = None
    moments.take(2)
    moments.restore(1)
    assert space["W"] is W
    assert (W.tolist(), space["deep"], "new" in space) == ([0, 0], {"list": [1, [2]]}, False)
    assert np.random.rand() == draw
    moments.restore(2)
    assert (space["W"], space["deep"], space["new"]) == (None, {"list": [1, [2, 3]]}, 1)


def test_a_declared_class_may_have_a_base_that_is_not_declared(kit):
    source = "class Number:\n    kind = 'number'\n\n" + DUAL.replace("class Dual:", "class Dual(Number):")
    course = kit(
        answer("dual", source), checks("t", f"{TEST_DUAL}\nassert x.kind == 'number'"), operators=("Dual",)
    )
    assert course.hand_in() == {"t": 1}


def test_tests_get_the_course_key_and_answers_do_not(kit):
    peek = "seen = sorted(name for name in globals() if 'KEY' in name)\nprint(seen)"
    course = kit(answer("peek", peek), checks("key", "assert COURSE_KEY == 'autumn' and seen == []"))
    assert course.hand_in("before") == {"key": 0}  # the course has no key
    course.worker.assignment = replace(course.assignment, key="autumn")
    assert course.hand_in("after") == {"key": 1}
    assert course.shown[0][0]["text"] == "[]\n"


def test_the_course_key_is_one_line_of_text(tmp_path):
    assert read_key(tmp_path) == ""
    (tmp_path / "course_key").write_text(" autumn 27\n")
    assert read_key(tmp_path) == "autumn 27"
    for wrong in (b"two\nlines", b"\xff\xfe", b"x" * 500):
        (tmp_path / "course_key").write_bytes(wrong)
        with pytest.raises(CourseError, match="one line"):
            read_key(tmp_path)
