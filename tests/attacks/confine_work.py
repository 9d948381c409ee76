"""Ordinary work that must go on inside the walls. Each function returns something that can be compared."""

from __future__ import annotations

import asyncio
import ctypes
import io
import mmap
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

Targets = dict[str, Any]


def matrix_product(_: Targets) -> float:
    """Multiply matrices large enough for the library to use its threads."""
    a = np.ones((600, 600))
    return float((a @ a).sum())


def matrix_products_in_threads(_: Targets) -> float:
    """The same from four threads at a time."""
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(lambda _: matrix_product({}), range(4)))


def linear_algebra(_: Targets) -> bool:
    """Solve a system and decompose a matrix."""
    a = np.random.default_rng(1).normal(size=(50, 50))
    u, s, vt = np.linalg.svd(a)
    return bool(np.allclose(a @ np.linalg.solve(a, np.ones(50)), 1) and np.allclose(u * s @ vt, a))


def figure(_: Targets) -> bool:
    """Draw a figure with text into memory and into a file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt.plot([1, 2, 3])
    plt.title(r"$\delta = W^T \delta$")
    buffer = io.BytesIO()
    plt.savefig(buffer)
    plt.savefig("figure.png")
    return buffer.getvalue()[:4] == b"\x89PNG" == Path("figure.png").read_bytes()[:4]


def shell(_: Targets) -> list[Any]:
    """Run cells in IPython's shell, one of them with await."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    ipython = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    ipython.run_cell("import asyncio\nx = 1")
    ipython.run_cell("await asyncio.sleep(0)\nx += 1")
    failed = ipython.run_cell("1 / 0")
    return [ipython.user_ns["x"], type(failed.error_in_exec).__name__]


def late_import(_: Targets) -> str:
    """Import a package with compiled parts that was not loaded before."""
    import scipy.special

    return f"{scipy.special.expit(0.0):.1f}"


def event_loop(_: Targets) -> str:
    """Make an event loop and hand it work from a thread."""

    async def work() -> str:
        return await asyncio.to_thread(lambda: "from a thread")

    return asyncio.run(work())


def own_files(_: Targets) -> list[str]:
    """Write, list, map, rename, move into a folder, truncate and remove files."""
    Path("a").write_text("text")
    os.mkdir("folder")
    os.rename("a", "folder/b")
    with open("folder/b", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[0:1] = b"n"
    with open("folder/b", "r+") as file:
        file.truncate(3)
    text = Path("folder/b").read_text()
    np.save("array.npy", np.arange(3))
    total = int(np.load("array.npy", mmap_mode="r").sum())
    os.remove("array.npy")
    shutil.copy2("folder/b", "copy")
    shutil.rmtree(shutil.copytree("folder", "tree"))
    with tempfile.TemporaryDirectory(dir=".") as place:
        Path(place, "x").touch()
    return [text, str(total), *sorted(os.listdir("."))]


def given_files(targets: Targets) -> list[str]:
    """Read what was given: in the readable folder, by a link to it, and in the scratch folder."""
    return [
        Path(targets["given"], "data.csv").read_text(),
        Path(targets["link_to_given"], "data.csv").read_text(),
        Path("helper.txt").read_text(),
        Path("package/module.txt").read_text(),
    ]


def database(_: Targets) -> int:
    """Use SQLite in a file."""
    with sqlite3.connect("base.db") as base:
        base.execute("create table t (x)")
        base.execute("insert into t values (7)")
        return base.execute("select x from t").fetchone()[0]


def signals_to_oneself(_: Targets) -> list[str]:
    """Signal oneself and set an alarm."""
    heard = []
    signal.signal(signal.SIGUSR1, lambda *_: heard.append("signal"))
    signal.signal(signal.SIGALRM, lambda *_: heard.append("alarm"))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    time.sleep(0.05)
    return heard


def chance_and_time(_: Targets) -> bool:
    """Ask for random numbers, the time of day and the processors."""
    random.seed()
    np.random.default_rng().normal()
    before = time.monotonic()
    time.sleep(0.001)
    return len(os.urandom(8)) == 8 and time.monotonic() > before and time.localtime().tm_year > 2000


def callbacks(_: Targets) -> int:
    """Let machine code call Python, for which ctypes makes executable memory."""
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda value: value + 1)
    return compare(1)


def locks(_: Targets) -> int:
    """Threads that wait for each other."""
    condition, seen = threading.Condition(), []

    def wait() -> None:
        with condition:
            condition.wait_for(lambda: seen, timeout=5)

    thread = threading.Thread(target=wait)
    thread.start()
    with condition:
        seen.append(1)
        condition.notify()
    thread.join(5)
    return threading.active_count()


def null_device(_: Targets) -> str:
    """Write to and read from the devices that everybody expects."""
    with open(os.devnull, "w") as file:
        file.write("x")
    return open("/dev/zero", "rb").read(1).hex()


NEEDS_IMPORTS = ("figure", "shell", "late_import")  # of what an ordinary user cannot read in root's Python

WORK = {
    function.__name__: function
    for function in (
        matrix_product,
        matrix_products_in_threads,
        linear_algebra,
        figure,
        shell,
        late_import,
        event_loop,
        own_files,
        given_files,
        database,
        signals_to_oneself,
        chance_and_time,
        callbacks,
        locks,
        null_device,
    )
}
