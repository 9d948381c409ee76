"""Cells of every kind that a course's notebooks hold, and what is known to differ from a Jupyter kernel."""

from __future__ import annotations

import re

CELLS = {
    "print": "print('one'); print('two')",
    "result": "1 + 1",
    "silent": "1 + 1;",
    "none": "None",
    "several expressions": "1\n2\n3",
    "unicode": "'Grüße, 世界, \\u2211'",
    "stderr": "import sys\nprint('to stderr', file=sys.stderr)",
    "both streams": "import sys\nprint('out'); print('err', file=sys.stderr); print('out again')",
    "streams around a display": "from IPython.display import display\nprint('before')\ndisplay({'a': 1})\nprint('after')",
    "error": "1 / 0",
    "error in a function": "def f(x):\n    y = x - 1\n    return 1 / y\n\nf(1)",
    "chained error": "try:\n    {}['a']\nexcept KeyError as problem:\n    raise ValueError('no a') from problem",
    "error while handling": "try:\n    {}['a']\nexcept KeyError:\n    [][0]",
    "assertion": "assert 1 == 2, 'not equal'",
    "syntax error": "def f(:\n    pass",
    "indentation error": "if True:\nprint(1)",
    "name error": "never_defined",
    "custom error": "class Odd(Exception):\n    def __str__(self):\n        return 'odd ' + repr(self.args)\nraise Odd(1, 2)",
    "exception group": "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
    "text then error": "print('before')\nraise RuntimeError('after')",
    "system exit": "import sys\nsys.exit(3)",
    "input": "input('name? ')",
    "getpass": "import getpass\ngetpass.getpass()",
    "display twice": "from IPython.display import display\ndisplay(1, 'two')",
    "html": "from IPython.display import HTML\nHTML('<b>bold</b>')",
    "markdown and latex": "from IPython.display import Markdown, Math, display\ndisplay(Markdown('*m*'), Math('x^2'))",
    "svg": "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "json": "from IPython.display import JSON\nJSON({'a': [1, 2]})",
    "own representation": "class Shown:\n    def _repr_html_(self):\n        return '<i>shown</i>'\n    def __repr__(self):\n        return 'Shown()'\nShown()",
    "representation that fails": "class Broken:\n    def __repr__(self):\n        raise ValueError('no repr')\nBroken()",
    "update a display": "from IPython.display import display\nhandle = display('first', display_id='here')\nhandle.update('second')",
    "clear output": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('kept')",
    "clear output later": "print('gone')\nclear_output(wait=True)\nprint('kept')",
    "update an earlier cell": "handle.update('third')",
    "array": "import numpy as np\nnp.linspace(0, 1, 3), np.float64(2.5)",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 2, 4]);",
    "figure of an object": "figure, axes = plt.subplots()\naxes.plot([3, 1])\nplt.close(figure)\nfigure",
    "two figures": "plt.figure(); plt.plot([1]); plt.figure(); plt.plot([2]);",
    "inline magic": "%matplotlib inline\nplt.plot([5, 6]);",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'waited'",
    "await an error": "async def fails():\n    await asyncio.sleep(0)\n    raise ValueError('in a coroutine')\nawait fails()",
    "task": "async def work():\n    return 5\ntask = asyncio.ensure_future(work())\nawait task",
    "loop is running": "asyncio.get_running_loop().is_running()",
    "asyncio.run": "asyncio.run(work())",
    "line magic": "%pwd\nx = 5\n%whos int",
    "cell magic": "%%capture caught\nprint('caught')",
    "captured": "caught.stdout",
    "unknown magic": "%no_such_magic",
    "history": "In[1], Out[2], _",
    "carriage return": "print('10 %\\r20 %\\r30 %')",
    "no newline": "print('a', end='')\nprint('b', end='')",
    "warning": "import warnings\nwarnings.warn('careful')",
    "logging": "import logging\nlogging.warning('logged')",
    "thread": "import threading\nt = threading.Thread(target=print, args=('from a thread',))\nt.start(); t.join()",
    "exit": "exit",
    "after exit": "'still here'",
    "raises-exception": "raise KeyError('expected')",
    "empty": "   ",
    "comment": "# nothing",
}

# By the name of the cell: why its outputs are not the same.
DIFFERENT = {
    "input": "frames of the function that refuses the question",
    "getpass": "frames of the function that refuses the question",
    "asyncio.run": "the home folder is another, so that no path begins with ~",
}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
# Cells are named after the process and a digest of their source.
_CELL_FILE = re.compile(r"(/tmp/ipykernel_)?\d+(/\d+)?\.py")


def normal(outputs):
    """Outputs without what differs between any two runs."""
    return [_normal(dict(output)) for output in outputs]


def _normal(output):
    output.pop("execution_count", None)
    if "data" in output:
        output["data"] = {
            kind: "(picture)" if kind == "image/png" else _same(value)
            for kind, value in output["data"].items()
        }
    for name in ("text", "evalue"):
        if name in output:
            output[name] = _same(output[name])
    if "traceback" in output:
        output["traceback"] = [_same(line) for line in output["traceback"]]
    return output


def _same(text):
    return _CELL_FILE.sub("cell.py", _ADDRESS.sub("0x", text)) if isinstance(text, str) else text


def plain(outputs):
    """Kinds and texts alone: what stays the same even where frames or file names differ."""
    found = []
    for output in outputs:
        if output["output_type"] == "error":
            found.append(("error", output["ename"]))
        elif output["output_type"] == "stream":
            found.append((output["name"], _ANSI.sub("", output["text"]).splitlines()[-1:]))
        else:
            found.append((output["output_type"], sorted(output["data"])))
    return found
