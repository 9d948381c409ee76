"""Small courses to build, and a registry of formulas that needs no SymPy."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

sys.path.insert(0, str(Path(__file__).parents[2]))  # `tools` is not installed

from tools.build_notebooks.cli import main
from tools.build_notebooks.formulas import Registry

FORMULAS = {
    "chain-rule": r"\frac{dy}{dx} = \frac{dy}{dz} \frac{dz}{dx}",
    "update": r"w - \eta g",
    "two-lines": "a\n= b",
}
REGISTRY = Registry(FORMULAS.__getitem__, lambda: FORMULAS)

LECTURE = """
# %% [markdown] id="intro"
# # A lecture
#
# {formula:chain-rule}
#
# The step {formula:update} is small.

# %% id="figure" fold=true
import matplotlib.pyplot as plt

plt.plot([1, 2, 3])
plt.show()

# %% id="slider"
import ipywidgets

ipywidgets.FloatSlider(value=0.5, description="step")

# %% id="address"
class Thing:
    pass


print(Thing(), 0xFF)
Thing()

# %% id="number"
print(1 / 3, 7)

# %% id="varies" check=false
print("a quarter past nine")

# %% id="mistake" raises=true
[][1]
"""

ASSIGNMENT = '''
# %% [markdown]
# # Problem set
#
# {formula:chain-rule}

# %% given="setup"
import math

# %% solution="square"
def square(x):
    """Return the square."""
    ### BEGIN SOLUTION
    secret_answer = x * x
    return secret_answer
    ### END SOLUTION

# %% test="square-test" points=2
assert square(2) == 4
### BEGIN HIDDEN TESTS
assert square(31) == 961
### END HIDDEN TESTS

# %% [markdown] written="why" points=2.5
# Because the secret model answer says so.

# %% [markdown] task="drawing" points=3
# Draw it.
# ### BEGIN MARK SCHEME
# secret scheme
# ### END MARK SCHEME
'''


def make_course(root: Path, lecture: str | None = None, assignment: str | None = None) -> Path:
    """Write a course with at most one lecture, 09-first, and one assignment, ps1."""
    (root / "lectures").mkdir(parents=True)
    (root / "assignments" / "authoring").mkdir(parents=True)
    config = 'c = get_config()\nc.CourseDirectory.course_id = "course"\n'
    (root / "assignments" / "nbgrader_config.py").write_text(config)
    if lecture is not None:
        (root / "lectures" / "09-first.py").write_text(dedent(lecture).lstrip())
    if assignment is not None:
        (root / "assignments" / "authoring" / "ps1.py").write_text(dedent(assignment).lstrip())
    return root


def run(root: Path, *arguments: str) -> int:
    """Run the command on a course with the formulas of the tests."""
    return main(["--root", str(root), *arguments], REGISTRY)


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    """Return content and time of change of every file of a course."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
