"""The same submission gives the same scores and the same outputs, whoever is graded with it and how often."""

from __future__ import annotations

import json
import shutil

import pytest
from nbformat.v4 import new_code_cell

from autograder import Course, Hand, grade, write_class

# Each shows something that differs between two runs of a Jupyter kernel, or between two processes.
CHANCE = {
    "random": "import random\nrandom.random(), random.sample(range(100), 5)",
    "numpy": "import numpy as np\nnp.random.rand(3), np.random.permutation(9)",
    "a chosen seed": "np.random.default_rng(7).normal(size=3)",
    "order of a set": "print({'apple', 'pear', 'fig', 'plum', 'cherry'})",
    "hash of a text": "hash('a text'), hash(b'bytes'), hash(('a', 1))",
    "temporary names": "import tempfile\ntempfile.gettempprefix()",
    "the working folder": "import os\nsorted(os.listdir('.'))",
    "threads": "import threading\nfound = []\nthreads = [threading.Thread(target=found.append, args=(n,)) for n in range(4)]\n[t.start() for t in threads]; [t.join() for t in threads]\nsorted(found)",
    "an error": "def f(x):\n    return 1 / x\nf(0)",
    "a warning": "import warnings\nwarnings.warn('careful')",
    "the environment": "sorted(os.environ)",
    "modules": "import sys\n'autograder.worker' in sys.modules, len(sys.argv)",
    "a product": "rng = np.random.default_rng(1)\na = rng.normal(size=(60, 60))\nrepr(float((a @ a).sum()))",
    "matplotlib": "import matplotlib.pyplot as plt\nplt.plot(np.random.rand(5));",
}


@pytest.fixture
def room(released, tmp_path):
    """A course whose students all hand in the same notebook, full of chance."""
    course = Course(shutil.copytree(released.root, tmp_path / "course"))
    names = ["ada", "bob", "cy"]
    write_class(course, "ps9", [Hand(name, "", "") for name in names])
    for name in names:
        path = course.submitted(name, "ps9") / "ps9.ipynb"
        notebook = json.loads(path.read_text("utf-8"))
        notebook["cells"] += [
            {**new_code_cell(source), "id": f"c{n}"} for n, source in enumerate(CHANCE.values())
        ]
        path.write_text(json.dumps(notebook), "utf-8")
    return course


def shown(course, student):
    """Sources and outputs of an executed copy, as the file has them."""
    cells = json.loads((course.autograded(student, "ps9") / "ps9.ipynb").read_text("utf-8"))["cells"]
    return [(cell["source"], cell.get("outputs")) for cell in cells]


@pytest.mark.exhaustive
def test_runs_orders_and_jobs_change_neither_scores_nor_outputs(room):
    seen = []
    for students, jobs in ((None, 1), (None, 3), (["cy"], 1), (["bob", "ada"], 2)):
        outcomes = grade(room, "ps9", students, jobs=jobs, force=True)
        seen += [([c.points for c in o.cells], shown(room, o.student)) for o in outcomes]
    assert len(seen) == 9
    assert all(other == seen[0] for other in seen[1:])
    kinds = {name: outputs for name, (_, outputs) in zip(CHANCE, seen[0][1][-len(CHANCE) :], strict=True)}
    assert [name for name, outputs in kinds.items() if not outputs] == []
