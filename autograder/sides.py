"""What the two processes of a submission do once they are confined.

The student's process runs the student's cells, keeps what they left (`split_moments`) and then answers.
Only when it has reported its last output do tests begin, in the other process: nothing that a test shows to
student code can come out of a cell.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import os
import sys
import sysconfig
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from . import split
from .proxy import SplitRefusal, StudentError, StudentLost
from .shell import CellShell, Hooks, ReportedStream, Reporter, run_cells
from .split import OfferedNames, TrustedClient
from .split_channel import Channel
from .split_host import StudentHost
from .split_moments import Moments

__all__ = ["START", "WITHHELD", "Channel", "OfferedNames", "TestShell", "run_student", "run_tests"]

START = -1  # the moment before the first cell
WITHHELD = "raised by the answer; what it says is shown when you run this cell in your own notebook"
_LIBRARIES = (
    *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(__file__).resolve().parent) + os.sep,
    "<frozen ",
    "<__array_function__",
)
NOT_PLAIN = "the answer gives an object where this test wants plain data, such as a number or an array"
Cells = Sequence[tuple[int, str]]
Spare = Callable[[], Mapping[str, str]]


# ---- the student's side


class _KeepMoments(Hooks):
    """Takes a moment after the cells that tests look at."""

    def __init__(self, moments: Moments, wanted: Sequence[int]) -> None:
        self._moments = moments
        self._wanted = frozenset(wanted)

    def after(self, number: int) -> Mapping[str, Any]:
        if number in self._wanted:
            with suppress(Exception):  # objects of students can fail at anything
                self._moments.take(number)
        return {}


class _Names:
    """What the host needs of a shell whose cells have all run."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def run_cell(self, source: str) -> Any:
        raise RuntimeError("All cells have run.")


def run_student(
    request: Mapping[str, Any],
    end: Channel,
    shell: CellShell,
    cells: Cells,
    reporter: Reporter,
    loop: asyncio.AbstractEventLoop,
    spare: Spare,
) -> None:
    """Run the student's cells, then answer the tests until they hang up."""
    moments = Moments(shell.user_ns)
    moments.take(START)
    run_cells(shell, cells, reporter, loop, spare, _KeepMoments(moments, request["moments"]))
    reporter.event({"kind": "bye"})
    reporter.sink = _nowhere
    StudentHost(end, _Names(shell.user_ns), restore=moments.restore).serve()


def _nowhere(event: Any) -> None:
    """Nobody listens to what student code shows while tests call it."""


# ---- the trusted side


class TestShell(CellShell):
    """Runs test cells: what an exception of the student says is not shown, nor is the way through libraries.

    A student needs the line of the test. Reading the libraries' sources to show theirs took 100 ms an error.
    """

    __test__ = False  # for pytest, which takes it for a class of tests
    frank = False

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        kind, error, trace = exc_tuple or sys.exc_info()
        if not self.frank:
            _withhold(error)
        super().showtraceback((kind, error, _own_frames(trace)), *args, **kwargs)


def _own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of libraries and of this package; all if there are no others."""
    entries = []
    step = trace
    while step is not None:
        entries.append(step)
        step = step.tb_next
    # The outermost is IPython's, which it leaves out by itself.
    kept = [e for e in entries[1:] if not e.tb_frame.f_code.co_filename.startswith(_LIBRARIES)]
    made: TracebackType | None = None
    for entry in reversed([*entries[:1], *kept] if kept else []):
        made = TracebackType(made, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return made or trace


def _withhold(error: BaseException | None) -> None:
    """Take the words of the student out of an exception and those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, SplitRefusal):
            error.args = (NOT_PLAIN,)
        if hasattr(error, "student_traceback"):
            error.args = (WITHHELD,)
            error.__notes__ = []
            if isinstance(error, StudentError) and type(error) is not StudentError:
                type(error).__name__ = type(error).__qualname__ = "StudentError"
        error = error.__cause__ or error.__context__


class _AskTheStudent(Hooks):
    """Lets names resolve to what they were before each test, and watches over the student's process."""

    def __init__(self, client: TrustedClient, space: OfferedNames, request: Mapping[str, Any]) -> None:
        self._client = client
        self._space = space
        self._seconds = float(request["seconds"])
        self._places = {int(number): place for number, place in request["places"].items()}

    def before(self, number: int) -> bool:
        moment, names = self._places[number]
        self._client.offer(names, self._space)
        self._client.late = False
        self._client.until = time.monotonic() + self._seconds
        try:
            self._client.switch(int(moment))
        except StudentLost:
            return False
        except Exception:  # a moment that the student's side has lost: its names stay as they are
            return True
        return True

    def after(self, number: int) -> Mapping[str, Any] | None:
        self._client.until = None
        if self._client.lost:
            return None
        return {"late": True} if self._client.late else {}


def run_tests(
    request: Mapping[str, Any],
    end: Channel,
    shell: CellShell,
    cells: Cells,
    reporter: Reporter,
    loop: asyncio.AbstractEventLoop,
    spare: Spare,
) -> None:
    """Run the cells of the instructor, with the student's names as proxies."""
    space = shell.user_ns
    assert isinstance(space, OfferedNames)
    assert isinstance(shell, TestShell)
    shell.frank = bool(request["frank"])
    client = TrustedClient(
        end,
        seconds=float(request["seconds"]),
        grace=float(request["grace"]),
        operators=request["operators"],
        argument_writes=request["argument_writes"],
        hears=_is_redirected,
    )
    space.client = client
    space.update(client.helpers())
    for name, helper in client.helpers().items():
        if name != "unchanged":
            setattr(split, name, helper)
    _run_imports(request["imports"], space)
    run_cells(shell, cells, reporter, loop, spare, _AskTheStudent(client, space, request))
    if client.lost:
        reporter.event({"kind": "lost", "late": client.late, "reason": client.lost})
    else:
        reporter.event({"kind": "bye"})


def _is_redirected(stream: Any) -> bool:
    """Tell whether a test caught what is printed; else it would be shown to the student."""
    return not isinstance(stream, ReportedStream)


def _run_imports(source: str, space: dict[str, Any]) -> None:
    """Import what the instructor's own cells import; one that fails is noticed by the test that needs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for node in ast.parse(source).body:
            with suppress(Exception):
                exec(compile(ast.Module([node], []), "<imports>", "exec"), space)
    importlib.invalidate_caches()
