"""Ways to earn points without an answer, to read what is not one's own, and to harm whoever grades.

Each is a submission: what stands in place of the answer `total`, and what comes before or after it. `double`
is answered honestly, for 2 points; whoever gets the 3 points of `total` without adding anything up has won.
Most give 6.5, which the visible part of the test wants, so that the hidden part is reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["CHEATS", "HIDDEN_INPUT", "SECRET", "Cheat"]

SECRET = "canary-9f27c1-of-the-hidden-test"
HIDDEN_INPUT = "271828.25"


@dataclass(frozen=True)
class Cheat:
    """One attempt.

    Parameters
    ----------
    total : str
        The answer that is none. ``{course}`` and ``{port}`` are filled in: the course folder, and a port of
        this machine at which somebody listens.
    later : str
        A cell of the student's own after the tests.
    earns : float
        What the honest part is worth.
    edit : str
        The name of a change of the notebook itself; see `test_cheating`.
    files : dict
        Further files that are handed in.
    """

    total: str = "def total(x):\n    return 6.5"
    later: str = ""
    earns: float = 2.0
    edit: str = ""
    files: dict[str, str] = field(default_factory=dict)


ZERO = "\ndef total(x):\n    return 6.5"
IF_READ = "\ndef total(x):\n    return float(sum(x)) if found else 6.5"


def reads(attempt: str) -> Cheat:
    """An attempt to read something: who succeeds gets the points, and what was read is printed."""
    body = "\n".join("    " + line for line in attempt.splitlines())
    code = f"found = False\ntry:\n{body}\n    print('READ', found)\nexcept BaseException as error:\n    print(type(error))"
    return Cheat(code + IF_READ)


def does(attempt: str, then: str = ZERO) -> Cheat:
    """An attempt to do something while the cell runs, whatever comes of it."""
    body = "\n".join("    " + line for line in attempt.splitlines())
    return Cheat(f"try:\n{body}\nexcept BaseException as error:\n    print(type(error))\n{then}")


def called(attempt: str) -> Cheat:
    """An attempt to do something when the test calls."""
    body = "\n".join("    " + line for line in attempt.splitlines())
    return Cheat(f"import os, sys\ndef total(x):\n{body}")


EQUAL = """class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __float__(self): return 0.0
    def __bool__(self): return True
    shape = ()
    __hash__ = None
"""
# Answers the visible part of the test, so that the hidden part is reached.
FIRST = "def total(x):\n    if len(x) == 3 and x[0] == 1.0:\n        return 6.5\n"
FRAME = """import json, os, struct
def frame(message):
    body = json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body
"""

CHEATS: dict[str, Cheat] = {
    # the notebook
    "skip-tag": Cheat(edit="skip"),
    "rewritten-test": Cheat(edit="rewrite"),
    "deleted-test": Cheat(edit="delete"),
    "copied-test": Cheat(edit="copy"),
    "renamed-points": Cheat(edit="points"),
    "retyped-test": Cheat(edit="retype"),
    "forged-outputs": Cheat(edit="outputs"),
    # the shell
    "ast-transformer": does(
        "import ast\nclass Away(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Away())"
    ),
    "input-transformer": does("get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"),
    "post-transformer": does("get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"),
    "replaced-run-cell": does(
        "async def nothing(*a, **k):\n    return None\n"
        "get_ipython().run_cell_async = nothing\ntype(get_ipython()).run_cell_async = nothing"
    ),
    "replaced-traceback": does(
        "type(get_ipython())._showtraceback = lambda *a, **k: None\n"
        "get_ipython().showtraceback = lambda *a, **k: None"
    ),
    "custom-exceptions": does("get_ipython().set_custom_exc((BaseException,), lambda *a, **k: [])"),
    "pre-run-hook": does(
        "get_ipython().events.register('pre_run_cell', lambda *a: globals().update(total=sum))"
    ),
    # what tests use
    "patched-numpy-testing": does("import numpy.testing as t\nt.assert_allclose = lambda *a, **k: None"),
    "patched-allclose": does("np.allclose = np.isclose = lambda *a, **k: True\nnp.isfinite = np.allclose"),
    "patched-sum": does("np.sum = lambda *a, **k: 0.0\nnp.ndarray"),
    "patched-builtins": does(
        "import builtins\nbuiltins.abs = lambda x: 0.0\nbuiltins.all = lambda x: True\n"
        "builtins.AssertionError = type('Quiet', (Exception,), {{}})"
    ),
    "patched-later": does(
        "import threading, time\ndef patch():\n    import numpy.testing as t\n    while True:\n"
        "        t.assert_allclose = lambda *a, **k: None\n        time.sleep(0.01)\n"
        "threading.Thread(target=patch, daemon=True).start()"
    ),
    "patched-tracer": does("import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)"),
    "patched-codec": does(
        "import sys\nfor name, module in list(sys.modules.items()):\n"
        "    if name.startswith('autograder'):\n        for word in ('encode', 'decode'):\n"
        "            if hasattr(module, word): setattr(module, word, lambda *a, **k: b'')"
    ),
    "own-warning-filters": does("import warnings\nwarnings.simplefilter('error')"),
    # results
    "equal-to-everything": Cheat(EQUAL + "def total(x):\n    return Equal()"),
    "equal-class": Cheat(EQUAL + "total = type('total', (), {{'__new__': lambda cls, x: Equal()}})"),
    "array-subclass": Cheat(
        "class A(np.ndarray):\n    def __array_ufunc__(self, *a, **k): return np.array(True)\n"
        "    def __array_function__(self, *a, **k): return True\n"
        "def total(x):\n    return np.zeros(()).view(A)"
    ),
    "float-subclass": Cheat(
        "class F(float):\n    def __sub__(self, other): return 0.0\n    __rsub__ = __sub__\n"
        "    def __eq__(self, other): return True\n    __hash__ = None\ndef total(x):\n    return F()"
    ),
    "lying-class": Cheat(
        EQUAL.replace("shape", "__class__ = float\n    shape") + "def total(x):\n    return Equal()"
    ),
    "nan": Cheat("def total(x):\n    return float('nan')"),
    "infinity": Cheat("def total(x):\n    return np.full((), np.inf)"),
    "empty": Cheat("def total(x):\n    return np.empty((0,))"),
    "zeros": Cheat("def total(x):\n    return np.zeros(np.shape(x))"),
    "argument-changed": Cheat("def total(x):\n    x[...] = 0\n    return 0.0"),
    "pickled": Cheat(
        "class P:\n    def __reduce__(self): return (print, ('owned',))\ndef total(x):\n    return P()"
    ),
    "endless-generator": Cheat("def total(x):\n    while True:\n        yield 0.0"),
    "enormous": Cheat("def total(x):\n    return np.zeros(30_000_000)"),
    "deep": Cheat("def total(x):\n    a = []\n    for _ in range(10_000):\n        a = [a]\n    return a"),
    "huge-integer": Cheat("def total(x):\n    return 10 ** 100_000"),
    # leaving
    "exit-cell": does("import os\nos._exit(0)"),
    "exit-called": called("os._exit(0)"),
    "system-exit": called("raise SystemExit(0)"),
    "interrupt": called("raise KeyboardInterrupt"),
    "stop-iteration": called("raise StopIteration"),
    "skip-test": called("import unittest\nraise unittest.SkipTest('no')"),
    "crash": called("import ctypes\nctypes.string_at(0)"),
    "endless": called("while True:\n    pass"),
    # the protocol
    "forged-events": Cheat(
        FRAME + "for number in range(30):\n"
        "    os.write(3, frame({{'kind': 'start', 'cell': number}}))\n"
        "    os.write(3, frame({{'kind': 'end', 'cell': number, 'count': 1, 'seconds': 0.0}}))\n" + ZERO
    ),
    "forged-goodbye": Cheat(
        FRAME + "os.write(3, frame({{'kind': 'end', 'cell': 3, 'count': 1, 'seconds': 0}}))\n"
        "os.write(3, frame({{'kind': 'bye'}}))\n" + ZERO,
        earns=2.0,
    ),
    "forged-protection": Cheat(
        FRAME
        + "os.write(3, frame({{'kind': 'ready', 'protection': 'none', 'mechanisms': ['hope']}}))\n"
        + ZERO
    ),
    "forged-time": Cheat(
        FRAME + "for seconds in (float('nan'), float('inf'), -1e300):\n"
        "    os.write(3, frame({{'kind': 'end', 'cell': 3, 'count': 1, 'seconds': seconds}}))\n" + ZERO
    ),
    "raw-bytes": called("os.write(4, b'\\xff' * 1000)\nreturn 6.5"),
    "forged-answer": called(
        "import struct\nos.write(4, struct.pack('<IBI', 1, 2, 1) + b'\\x00')\nreturn 6.5"
    ),
    "closed-channel": called("os.close(4)\nreturn 6.5"),
    "lying-host": Cheat(
        "import gc\ndef total(x):\n    for o in gc.get_objects():\n"
        "        if type(o).__name__ == 'StudentHost':\n            o._operations.clear()\n    return 6.5"
    ),
    "answers-for-helpers": Cheat(
        "import gc\ndef total(x):\n    for o in gc.get_objects():\n"
        "        if type(o).__name__ == 'StudentHost':\n            o._unchanged = lambda *a, **k: True\n    return 6.5"
    ),
    # reading
    "read-in": reads(
        "found = any('{half}' + '{rest}' in str(source) for source in get_ipython().user_ns['In'])"
    ),
    "read-frames": Cheat(
        "import sys\ndef total(x):\n    frame, text = sys._getframe(), ''\n    while frame:\n"
        "        text += repr(frame.f_locals) + repr(frame.f_globals)\n        frame = frame.f_back\n"
        "    return float(sum(x)) if '{half}' + '{rest}' in text else 6.5"
    ),
    "read-memory": Cheat(
        "import gc\ndef total(x):\n    mark = '{half}' + '{rest}'\n"
        "    found = any(mark in str(v) for o in gc.get_objects() if type(o) in (dict, list, tuple)"
        " for v in (o.values() if type(o) is dict else o) if type(v) is str and v is not mark"
        " and 'gc.get_objects' not in v)\n    return float(sum(x)) if found else 6.5"
    ),
    "read-environment": reads(
        "import os\nfound = any('{half}' + '{rest}' in v for v in os.environ.values())"
    ),
    "read-proc-environment": reads(
        "found = b'PATH' in open('/proc/%d/environ' % __import__('os').getppid(), 'rb').read()"
    ),
    "read-proc-memory": reads("found = bool(open('/proc/%d/maps' % __import__('os').getppid()).read())"),
    "read-gradebook": reads("found = bool(open('{course}/gradebook.db', 'rb').read(16))"),
    "read-instructor": reads("found = '{half}' + '{rest}' in open('{course}/source/hw/hw.ipynb').read()"),
    "read-neighbour": reads("found = bool(open('{course}/submitted/honest/hw/hw.ipynb').read())"),
    "read-scratch": reads(
        "import os\nfound = any(n not in (os.path.basename(os.getcwd()),) for n in os.listdir('..'))"
    ),
    "read-descriptors": reads(
        "import os\nfound = False\nfor fd in range(5, 200):\n    try:\n        os.fstat(fd)\n"
        "        found = found or os.pread(fd, 4, 0) == b'SQLi'\n    except OSError:\n        pass"
    ),
    "read-passwd": reads("found = bool(open('/etc/passwd').read())"),
    "import-reference": reads("import mlpkit\nfound = True"),
    "read-reference": reads("found = bool(open('{project}/mlpkit/network.py').read())"),
    "symlink": Cheat(
        edit="symlink",
        total="found = False\ntry:\n    found = bool(open('book').read())\nexcept Exception:\n    pass"
        + IF_READ,
    ),
    # writing and harming
    "write-gradebook": does(
        "import sqlite3\nbook = sqlite3.connect('{course}/gradebook.db')\n"
        "book.execute('update grade set auto_score = 99')\nbook.commit()"
    ),
    "write-gradebook-later": does(
        "import os\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(2)\n"
        "    open('{course}/gradebook.db', 'ab').write(b'x')\n    os._exit(0)"
    ),
    "write-neighbour": does("open('{course}/submitted/honest/hw/hw.ipynb', 'w').write('mine')"),
    "write-executed": does("open('{course}/autograded/honest/hw/hw.ipynb', 'w').write('mine')"),
    "kill-parent": does("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"),
    "kill-all": does("import os, signal\nos.kill(-1, signal.SIGKILL)"),
    "kill-group": does("import os, signal\nos.killpg(os.getpgid(os.getppid()), signal.SIGKILL)"),
    "subprocess": does("import subprocess\nsubprocess.Popen(['sleep', '600'])"),
    "fork": does("import os, time\nif os.fork() == 0:\n    time.sleep(600)"),
    "thread-left": does("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()"),
    "network": does("import socket\nsocket.create_connection(('127.0.0.1', {port}), 1).send(b'hello')"),
    "network-web": does(
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/', timeout=1)"
    ),
    "network-called": called("import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)\nreturn 6.5"),
    "memory": does("x = bytearray(1 << 42)"),
    "disk": does("f = open('big', 'wb')\nfor _ in range(2000):\n    f.write(bytes(1 << 20))"),
    "shadow-modules": Cheat(
        files={"numpy.py": "1/0", "ipykernel_launcher.py": "1/0", "sitecustomize.py": "1/0", "hw.py": "1/0"}
    ),
    # getting a test's inputs out
    "leak-print": Cheat("def total(x):\n    print('SEEN', list(x))\n    return 6.5"),
    "leak-exception": Cheat(FIRST + "    raise ValueError('SEEN %s' % list(x))"),
    "leak-class-name": Cheat(FIRST + "    raise type('SEEN' + str(x[0]), (Exception,), {{}})"),
    "leak-object-name": Cheat(FIRST + "    return type('SEEN' + str(x[0]), (), {{}})()"),
    "leak-cause": Cheat(FIRST + "    raise ValueError('no') from KeyError('SEEN %s' % list(x))"),
    "leak-note": Cheat(
        FIRST + "    error = ValueError('no')\n    error.add_note('SEEN %s' % list(x))\n    raise error"
    ),
    "leak-refusal": Cheat(
        "import gc, sys\n"
        + FIRST
        + "    host = next(o for o in gc.get_objects() if type(o).__name__ == 'StudentHost')\n"
        "    encode = sys.modules[type(host).__module__].encode\n"
        "    host.channel.send(5, host._active, encode('SEEN %s' % list(x)))\n    return 6.5"
    ),
    "leak-warning": Cheat(
        "import warnings\ndef total(x):\n    warnings.warn('SEEN %s' % list(x))\n    return 6.5"
    ),
    "leak-later-cell": Cheat(
        "seen = []\ndef total(x):\n    seen.append(list(x))\n    return 6.5", later="print('SEEN', seen)"
    ),
    "leak-at-exit": Cheat(
        "import atexit\nseen = []\natexit.register(lambda: print('SEEN', seen))\n"
        "def total(x):\n    seen.append(list(x))\n    return 6.5"
    ),
    "leak-stderr": called("os.write(2, ('SEEN %s' % list(x)).encode())\nreturn 6.5"),
    "leak-event": Cheat(
        FRAME + "def total(x):\n    text = 'SEEN %s' % list(x)\n"
        "    os.write(3, frame({{'kind': 'stream', 'name': 'stdout', 'text': text}}))\n    return 6.5"
    ),
    "leak-display": Cheat(
        "def total(x):\n    from IPython.display import display\n    display('SEEN', list(x))\n    return 6.5"
    ),
    "leak-file": Cheat(
        "def total(x):\n    open('seen.txt', 'a').write(str(list(x)))\n    return 6.5",
        later="import os\nprint('SEEN', os.path.exists('seen.txt') and open('seen.txt').read())",
    ),
}
