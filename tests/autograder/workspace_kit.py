"""A course of one lecture and one problem set as students get it, and a session without a kernel."""

from __future__ import annotations

import ast
import io
import json
from contextlib import contextmanager, redirect_stdout

STUB = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError('Replace this line.')"
RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x"


def cell(source, kind="code", name=None, points=None, outputs=(), **flags):
    """A cell as a notebook file has it; with a name, one that nbgrader knows."""
    made = {"cell_type": kind, "id": name or f"c{abs(hash(source))}", "metadata": {}, "source": source}
    if kind == "code":
        made |= {"outputs": list(outputs), "execution_count": None}
    if name:
        data = {"grade_id": name, "schema_version": 3, "points": points}
        made["metadata"]["nbgrader"] = {
            **data,
            **{flag: flags.get(flag, False) for flag in ("grade", "solution", "locked", "task")},
        }
    return made


def problem_set(answer=STUB, essay="*Your answer goes here.*"):
    """Two problems: a function with a check of 3 points, and a written answer of 2."""
    test = "assert double(4) == 8, 'double(4) should be 8.'\nvisible_checks_passed(hidden=2)"
    tools = "def visible_checks_passed(hidden):\n    print('passed', hidden)"
    return [
        cell("# Problem set 9", "markdown"),
        cell(tools, name="tools", locked=True),
        cell("## Problem 1. Twice (3 points)", "markdown"),
        cell(answer, name="double", solution=True),
        cell(test, name="test-double", points=3, grade=True, locked=True),
        cell("## Problem 2. Why (written, 2 points)", "markdown"),
        cell(essay, "markdown", name="why", points=2, grade=True, solution=True),
    ]


def lecture(text="One plus one is two.", sign="…"):
    """A paragraph and an exercise whose verdict is stored."""
    verdict = {"output_type": "execute_result", "data": {"text/plain": f"{sign} so far"}, "metadata": {}}
    return [cell(text, "markdown"), cell("check_answer('two', None)", outputs=[verdict])]


def write(path, cells):
    """Write a notebook file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    return path


def make_course(root):
    """Write a course that students can get."""
    write(root / "lectures/01-sums.ipynb", lecture())
    write(root / "assignments/release/ps9/ps9.ipynb", problem_set())
    (root / "assignments/release/ps9/data.csv").write_text("1,2\n", encoding="utf-8")
    solved = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    hidden = "\n### BEGIN HIDDEN TESTS\nassert double(77) == 154\n### END HIDDEN TESTS"
    cells = problem_set(solved, "Because.")
    cells[4]["source"] += hidden
    write(root / "assignments/source/ps9/ps9.ipynb", cells)
    return root.resolve()


class Session:
    """Runs cells in this process."""

    def __init__(self):
        self.names = {}

    def run(self, source, timeout):
        text = io.StringIO()
        try:
            with redirect_stdout(text):
                exec(compile(ast.parse(source), "<cell>", "exec"), self.names)
        except Exception as problem:
            error = {"ename": type(problem).__name__, "evalue": str(problem), "traceback": []}
            return [{"output_type": "error", **error}]
        return [{"output_type": "stream", "name": "stdout", "text": text.getvalue()}]


@contextmanager
def session(folder):
    """Stands for a kernel in a folder."""
    yield Session()
