"""Run the code cells of a notebook in this process, in IPython's own shell, without a kernel.

The outputs are of the same kinds and content as those of ``nbclient`` with ``ipykernel``; the known
differences are listed in ``docs/grading.md`` and held by a test. What a cell reports goes to a sink as
plain events; `autograder.outputs.Recorder` makes outputs of them, on the side that is trusted.
"""

from __future__ import annotations

import asyncio
import base64
import builtins
import getpass
import inspect
import io
import os
import signal
import sys
import threading
import time
import zlib
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import FrameType, TracebackType
from typing import Any

from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell, InteractiveShellABC
from traitlets import Any as AnyTrait
from traitlets import CBool, Dict, Type, default
from traitlets.config import Config

__all__ = ["CellShell", "Hooks", "ReportedStream", "Reporter", "make_shell", "run_cells", "warm_shell"]

Event = dict[str, Any]
Sink = Callable[[Event], None]
_FLUSH_CHARACTERS = 8192
_FLUSH_SECONDS = 0.05
_NO_INPUT = "{} was called, but this frontend does not support input requests."


class Reporter:
    """Passes events of the running cell on; text is gathered, so that a print in a loop stays cheap.

    Parameters
    ----------
    sink : callable
        Takes one event.
    limit : int
        Characters of text that one cell may report; what is over is dropped here already.
    """

    def __init__(self, sink: Sink, limit: int) -> None:
        self.sink = sink
        self.limit = limit
        self._left = limit
        self._texts: dict[str, list[str]] = {}
        self._waiting = 0
        self._since = time.monotonic()
        self._lock = threading.RLock()

    def start_cell(self) -> None:
        """Give the next cell its whole allowance."""
        self._left = self.limit

    def text(self, name: str, text: str) -> None:
        """Report text of a stream, at the latest a moment later."""
        with self._lock:
            if self._left < 0 or not text:
                return
            # One character over the limit, so that the other side knows that text was cut.
            piece = text[: self._left + 1]
            self._left -= len(piece)
            self._texts.setdefault(name, []).append(piece)
            self._waiting += len(piece)
            if self._waiting > _FLUSH_CHARACTERS or time.monotonic() - self._since > _FLUSH_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Send the text that has been gathered."""
        with self._lock:
            texts, self._texts, self._waiting = self._texts, {}, 0
            self._since = time.monotonic()
            for name, pieces in texts.items():
                self.sink({"kind": "stream", "name": name, "text": "".join(pieces)})

    def event(self, event: Event) -> None:
        """Report anything else, after the text before it."""
        with self._lock:
            self.flush()
            self.sink(event)


class ReportedStream(io.TextIOBase):
    """Stands for ``sys.stdout`` or ``sys.stderr``."""

    def __init__(self, name: str, descriptor: int, reporter: Reporter) -> None:
        super().__init__()
        self.name = f"<{name}>"
        self._name = name
        self._descriptor = descriptor
        self._reporter = reporter

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "UTF-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "strict"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._reporter.text(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        self._reporter.flush()

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False


class ReportingPublisher(DisplayPublisher):
    """Reports ``display(...)`` and ``clear_output()``."""

    def publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        event = {"kind": "display", "data": as_text(data), "metadata": dict(metadata or {})}
        self.shell.reporter.event(
            {**event, "id": (transient or {}).get("display_id"), "update": bool(update)}
        )

    def clear_output(self, wait: bool = False) -> None:
        self.shell.reporter.event({"kind": "clear", "wait": bool(wait)})


class ReportingHook(DisplayHook):
    """Reports the value of a cell's last expression."""

    _event: Event | None = None

    def start_displayhook(self) -> None:
        self._event = None

    def write_output_prompt(self) -> None:
        self._event = {"kind": "result", "count": self.prompt_count}

    def write_format_data(
        self, format_dict: Mapping[str, Any], md_dict: Mapping[str, Any] | None = None
    ) -> None:
        if self._event is not None:
            self._event |= {"data": as_text(format_dict), "metadata": dict(md_dict or {})}

    def finish_displayhook(self) -> None:
        if self._event and self._event.get("data"):
            self.shell.reporter.event(self._event)
        self._event = None


class CellCompiler(CachingCompiler):
    """Names a cell's code as a kernel does: tracebacks then look the same, and are made in the same way."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        # A kernel has its process number here, which would change with every run.
        name = f"/tmp/ipykernel_0/{zlib.crc32(code.encode('utf-8', 'replace'))}.py"
        # No module has this file. Said here, because a traceback looks through all modules for each frame.
        inspect.modulesbyfile[name] = ""
        return name


class CellShell(InteractiveShell):
    """IPython's shell as a notebook kernel sets it up, reporting to a `Reporter`."""

    displayhook_class = Type(ReportingHook)
    display_pub_class = Type(ReportingPublisher)
    compiler_class = Type(CellCompiler)
    colors_force = CBool(True)
    readline_use = CBool(False)
    autoindent = CBool(False)
    reporter = AnyTrait()
    prepared = Dict()

    @default("exiter")
    def _no_exit(self) -> ExitAutocall:
        # `exit` asks the front end to leave, and there is none: the cells after it are still graded.
        return ExitAutocall(self)

    def ask_exit(self) -> None:
        """Stay: a notebook is run to its end."""

    def transform_cell(self, raw_cell: str) -> str:
        """Turn magics into Python; cells that every submission holds have been done before the fork."""
        return self.prepared.get(raw_cell) or super().transform_cell(raw_cell)

    def prepare(self, sources: Iterable[str]) -> None:
        """Transform cells ahead."""
        for source in sources:
            with suppress(SyntaxError):
                self.prepared[source] = super().transform_cell(source)

    def enable_gui(self, gui: str | None = None) -> None:
        """Have no event loop of a window system; figures are shown inline."""

    def init_io(self) -> None:
        """Leave the streams to `redirect`."""

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        _forget_interrupt_frames(sys.exc_info()[2])
        super().showtraceback(*args, **kwargs)

    def _format_exception_for_storage(self, exception: BaseException, *_: Any, **__: Any) -> dict[str, Any]:
        # IPython would render every traceback a second time, for a history that nobody reads.
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self._last_traceback = stb
        event = {"kind": "error", "ename": str(etype.__name__), "evalue": _message(evalue)}
        self.reporter.event({**event, "traceback": [str(line) for line in stb or []]})


InteractiveShellABC.register(CellShell)


def make_shell(
    reporter: Reporter, names: dict[str, Any] | None = None, kind: type[CellShell] = CellShell
) -> CellShell:
    """Make the one shell of this process; safe before a fork, because it starts no thread and no loop.

    Parameters
    ----------
    reporter : Reporter
        What it reports to.
    names : dict, optional
        The namespace of its cells.
    kind : type
        What shell to make.
    """
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.xmode = "Context"
    own = {} if names is None else {"user_ns": names}
    shell: CellShell = kind.instance(config=config, reporter=reporter, **own)
    shell.set_hook("show_in_pager", _page, 99)
    return shell


def speed_up_highlighting() -> None:
    """Let tracebacks reuse what is the same for all of them; they look as before.

    For each frame a lexer class without rules of its own is derived and the rules of its parent processed
    again, and for each traceback 256 colours are searched for the same few: 40 ms an error in all.
    """
    try:
        terminal256: Any = import_module("pygments.formatters.terminal256")
        lexer: Any = import_module("pygments.lexer")

        make, find = lexer.RegexLexerMeta.__call__, terminal256.Terminal256Formatter._closest_color
    except (ImportError, AttributeError):
        return  # another version: slower, but right
    colours: dict[tuple[int, int, int], int] = {}

    def make_from_parent(cls: Any, *arguments: Any, **options: Any) -> Any:
        parent = cls.__mro__[1]
        if not {"tokens", "_tokens", "flags"} & set(vars(cls)) and "_tokens" in vars(parent):
            cls._tokens, cls._all_tokens, cls._tmpname = parent._tokens, {}, 0
        return make(cls, *arguments, **options)

    def find_once(self: Any, r: int, g: int, b: int) -> int:
        if (r, g, b) not in colours:
            colours[r, g, b] = find(self, r, g, b)
        return colours[r, g, b]

    lexer.RegexLexerMeta.__call__ = make_from_parent
    terminal256.Terminal256Formatter._closest_color = find_once


def warm_shell(shell: CellShell) -> None:
    """Load what formatting results and errors needs; the state of the shell stays as it was."""
    speed_up_highlighting()
    try:
        exec(compile("def f():\n    1 / 0\nf()", "<ipython-input>", "exec"), {})
    except ZeroDivisionError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())
    shell.display_formatter.format([0.5, "text", {"a": (1,)}])
    shell.transform_cell("%matplotlib inline\nx = 1\nx;")
    shell.should_run_async("await f()", transformed_cell="await f()")


def redirect(shell: CellShell, reporter: Reporter) -> None:
    """Let a shell and the streams of this process report to `reporter`; refuse questions to a person."""
    shell.reporter = reporter
    sys.stdout = ReportedStream("stdout", 1, reporter)
    sys.stderr = ReportedStream("stderr", 2, reporter)
    builtins.input, getpass.getpass = _refuse("raw_input"), _refuse("getpass")


class Hooks:
    """What is done round each cell; nothing here."""

    def before(self, number: int) -> bool:
        """Prepare a cell that has been announced; ``False`` ends the run in it."""
        return True

    def after(self, number: int) -> Mapping[str, Any] | None:
        """Look at a cell that has run: what its end is to say besides; ``None`` ends the run in it."""
        return {}


def run_cells(
    shell: CellShell,
    cells: Sequence[tuple[int, str]],
    reporter: Reporter,
    loop: asyncio.AbstractEventLoop,
    spare: Callable[[], Mapping[str, str]] = dict,
    hooks: Hooks | None = None,
) -> None:
    """Run cells one after the other; an error ends its cell only.

    Parameters
    ----------
    shell : CellShell
        Where they run.
    cells : sequence of (int, str)
        Numbers and sources.
    reporter : Reporter
        Is told ``start`` and ``end`` of every cell, and everything between.
    loop : asyncio.AbstractEventLoop
        Made in this process, after any fork. As in a kernel it is running while cells run.
    spare : callable
        Returns text that went past Python to descriptors 1 and 2 since it was last asked.
    hooks : Hooks
        What is to be done round each cell.
    """
    redirect(shell, reporter)
    asyncio.set_event_loop(loop)
    interrupt = Interrupt(loop)
    signal.signal(signal.SIGINT, interrupt)
    loop.run_until_complete(_run_all(shell, cells, reporter, interrupt, spare, hooks or Hooks()))


async def _run_all(
    shell: CellShell,
    cells: Sequence[tuple[int, str]],
    reporter: Reporter,
    interrupt: Interrupt,
    spare: Callable[[], Mapping[str, str]],
    hooks: Hooks,
) -> None:
    for number, source in cells:
        reporter.start_cell()
        reporter.event({"kind": "start", "cell": number})
        if not hooks.before(number):
            return
        began = time.perf_counter()
        interrupt.cell_began()
        try:
            await _run_cell(shell, source, interrupt)
            await asyncio.sleep(0)
        except (KeyboardInterrupt, asyncio.CancelledError):
            # It arrived on the way out of the cell, or cancelled an await.
            _report_interrupt(reporter)
        finally:
            interrupt.cell_ended()
        for name, text in spare().items():
            reporter.text(name, text)
        seconds = round(time.perf_counter() - began, 6)
        more = hooks.after(number)
        if more is None:
            return
        count = shell.execution_count - 1
        reporter.event({"kind": "end", "cell": number, "count": count, "seconds": seconds, **more})


async def _run_cell(shell: CellShell, source: str, interrupt: Interrupt) -> None:
    """Run one cell as ipykernel does: inside the running loop, awaited only if it awaits."""
    problem = None
    try:
        transformed = shell.transform_cell(source)
    except Exception:
        transformed, problem = source, sys.exc_info()
    coroutine = shell.run_cell_async(
        source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
    )
    # Most cells hold neither word, and asking IPython means parsing the cell once more.
    waits = ("await" in transformed or "async" in transformed) and shell.should_run_async(
        source, transformed_cell=transformed, preprocessing_exc_tuple=problem
    )
    result = None
    try:
        if waits:
            interrupt.task = asyncio.ensure_future(coroutine)
            result = await interrupt.task
        else:
            result = _run_through(coroutine)
    finally:
        interrupt.task = None
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)


def _run_through(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits, without giving other tasks a turn."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    raise RuntimeError("a cell without await has waited")


class Interrupt:
    """The handler of SIGINT: ends the running cell, and is deaf between cells.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop that runs the cells.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.task: asyncio.Future[Any] | None = None
        self._running = False

    def cell_began(self) -> None:
        """Listen from now on."""
        self._running = True

    def cell_ended(self) -> None:
        """Listen no more."""
        self._running = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self._running:
            return
        if self.task is not None and asyncio.current_task(self.loop) is None:
            # Nothing runs: the cell waits in an await, and an exception would end the loop instead.
            self.loop.call_soon_threadsafe(self.task.cancel)
            return
        raise KeyboardInterrupt


def _forget_interrupt_frames(traceback: TracebackType | None) -> None:
    """Cut the frame of our handler off a traceback: in a kernel there is none."""
    while traceback is not None and traceback.tb_next is not None:
        if traceback.tb_next.tb_frame.f_code is Interrupt.__call__.__code__:
            traceback.tb_next = None
            return
        traceback = traceback.tb_next


def _report_interrupt(reporter: Reporter) -> None:
    line = "\x1b[31mKeyboardInterrupt\x1b[39m: "
    reporter.event({"kind": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": [line]})


def as_text(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bundle of representations that JSON can hold: bytes become base64."""
    return {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


def _message(evalue: BaseException) -> str:
    """The message of an exception, even if its ``__str__`` raises."""
    try:
        return str(evalue)
    except Exception:
        return f"<unprintable {type(evalue).__name__} object>"


def _page(shell: CellShell, data: Any, start: int = 0, screen_lines: int = 0) -> None:
    """Show nothing: a pager's text is no output of a notebook."""


def _refuse(name: str) -> Callable[..., str]:
    """Return a function that refuses a question to a person, as a kernel without a front end does."""

    def ask(*_: Any, **__: Any) -> str:
        raise StdinNotImplementedError(_NO_INPUT.format(name))

    return ask


def spare_text(descriptors: Mapping[str, int], limit: int) -> Callable[[], Mapping[str, str]]:
    """Return a function that reads what was written past Python into the files behind 1 and 2.

    Parameters
    ----------
    descriptors : mapping of str to int
        The files' descriptors by the name of the stream.
    limit : int
        Bytes that are read at a time.
    """
    read = dict.fromkeys(descriptors, 0)

    def rest() -> Mapping[str, str]:
        texts = {}
        for name, descriptor in descriptors.items():
            size = os.fstat(descriptor).st_size
            if size > read[name]:
                data = os.pread(descriptor, min(size - read[name], limit), read[name])
                read[name] = size
                texts[name] = data.decode("utf-8", "replace")
        return texts

    return rest
