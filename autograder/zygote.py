"""A warm process that forks once for each run of a notebook.

It imports what notebooks need, holds nothing that students may not see, and never runs student code
itself. `serve` is its life: it is asked to fork over a socket, tells when the child has ended, and kills
it when asked. Student code runs in `_child`, after confinement.

As little as possible is imported here: the memory of this process is what students start with.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from . import wire
from .shell import CellShell, Reporter, make_shell, run_cells, spare_text, warm_shell

__all__ = ["main", "serve", "warm"]

# What this machine's confinement can use, measured once before any fork.
MACHINE: dict[str, Any] = {}
# What a process does that has another one on the other side, by its role; loaded before any fork.
ROLES: dict[str, Any] = {}
_MESSAGE = 1 << 20
_CHANNEL = 3
_SPLIT = 4  # to the other process of the submission
_ALONE, _STUDENT, _TESTS = "alone", "student", "tests"


def warm(modules: Sequence[str]) -> None:
    """Import modules, and draw a picture, so that children find everything ready.

    The inline backend is left alone: it must meet the child's shell first, or it shows no figures.
    A module that cannot be imported is the notebook's problem, not ours.
    """
    for name in modules:
        with suppress(Exception):
            importlib.import_module(name)
    if "matplotlib" in sys.modules:
        with suppress(Exception):
            _draw()


def _draw() -> None:
    """Draw with the renderer itself: fonts, ticks and mathematics are loaded by it."""
    from io import BytesIO  # noqa: PLC0415

    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [1e-3, 2], label="$x^2$")
    axes.legend()
    FigureCanvasAgg(figure).print_png(BytesIO())


def serve(control: socket.socket, shell: CellShell) -> None:
    """Fork when asked, one child at a time, until the other side goes away."""
    while True:
        request, descriptors = _request(control)
        if request is None:
            return
        if request.get("op") != "fork":
            continue  # it came too late: the child that it meant has ended
        pid = os.fork()
        if pid == 0:
            control.close()
            _child(request, descriptors, shell)
        with suppress(OSError):
            os.setpgid(pid, pid)
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(json.dumps({"pid": pid}).encode())
        ended = _watch(control, pid)
        _end_orphans()
        if ended is None:
            return
        control.send(json.dumps(ended).encode())


def _request(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Wait for a request and the descriptors that come with it; ``None`` when nobody is left."""
    try:
        data, descriptors, _, _ = socket.recv_fds(control, _MESSAGE, 8)
    except OSError:
        return None, []
    return (json.loads(data) if data else None), list(descriptors)


def _watch(control: socket.socket, pid: int) -> dict[str, Any] | None:
    """Wait for the child's end, killing or interrupting it when asked; ``None`` when nobody is left."""
    child = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(child, select.POLLIN)
    alive = True
    try:
        while child not in dict(poll.poll()):
            request, _ = _request(control)
            alive = request is not None
            if request is None or request.get("op") == "kill":
                _kill(pid, signal.SIGKILL)
                if not alive:
                    break
            elif request.get("op") == "interrupt":
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
    finally:
        os.close(child)
    _, status, used = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    cpu = round(used.ru_utime + used.ru_stime, 6)
    return {"exit": code, "cpu": cpu, "peak": used.ru_maxrss * 1024} if alive else None


def _kill(pid: int, number: int) -> None:
    """Signal the child and whatever it started in its group."""
    for send in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            send(pid, number)


def _end_orphans() -> None:
    """Kill what a child without confinement left behind: this process adopts it."""
    for _ in range(100):
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as stream:
            orphans = [int(pid) for pid in stream.read().split()]
        if not orphans:
            return
        for pid in orphans:
            _kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _child(request: Mapping[str, Any], descriptors: Sequence[int], shell: CellShell) -> NoReturn:
    """Live as the process of one notebook; does not return."""
    code = 1
    try:
        channel = _settle(request, descriptors)
        code = _run(request, channel, shell)
    except BaseException:
        import traceback  # noqa: PLC0415

        os.write(2, traceback.format_exc().encode()[-4000:])
    finally:
        os._exit(code)


def _settle(request: Mapping[str, Any], descriptors: Sequence[int]) -> socket.socket:
    """Leave everything behind that belongs to the warm process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # the parent may have been faster
        os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != request["parent"]:
        os._exit(0)
    # The channel, the capture of descriptors 1 and 2, and the way to the other process if there is one;
    # first out of the way of the numbers they get.
    high = [os.dup2(descriptor, 100 + index) for index, descriptor in enumerate(descriptors)]
    nothing = os.open(os.devnull, os.O_RDONLY)
    numbers = (_CHANNEL, 1, 2, _SPLIT)
    for source, target in ((nothing, 0), *zip(high, numbers, strict=False)):
        os.dup2(source, target)
    os.closerange(_CHANNEL + len(high) - 2, 4096)
    os.chdir(request["folder"])
    os.environ.update(HOME=request["folder"], TMPDIR=request["folder"])
    os.umask(0o077)
    return socket.socket(fileno=_CHANNEL)


def _run(request: Mapping[str, Any], channel: socket.socket, shell: CellShell) -> int:
    """Confine this process, then run the cells."""
    # Last on the path: a file beside the notebook can be imported, but stands for no installed module.
    sys.path.append(request["folder"])
    importlib.invalidate_caches()
    loop = asyncio.new_event_loop()
    spare = spare_text({"stdout": 1, "stderr": 2}, request["output"])
    work = wire.receive(channel)
    cells = [(number, source) for number, source in work["cells"]]
    role = work["role"]
    # Made before confinement, which allows no more settings of sockets.
    end = ROLES["channel"](socket.socket(fileno=_SPLIT), timed=role == _TESTS) if role != _ALONE else None
    protection = _confine(request["policy"])
    _seed(request["seed"])
    reporter = Reporter(lambda event: wire.send(channel, event), request["output"])
    reporter.event({"kind": "ready", **protection})
    if end is None:
        run_cells(shell, cells, reporter, loop, spare)
        reporter.event({"kind": "bye"})
    else:
        ROLES[role](work, end, shell, cells, reporter, loop, spare)
    return 0


def _confine(policy: Mapping[str, Any] | None) -> dict[str, Any]:
    """Confine this process as the policy wants; return the level reached.

    Without a policy nothing is confined: somebody said ``--unconfined``.
    """
    if policy is None:
        return {"protection": "none", "mechanisms": []}
    from .confine import Limits, Policy, Protection, confine  # noqa: PLC0415

    reached = confine(
        Policy(
            readable=tuple(map(Path, policy["readable"])),
            scratch=Path(policy["scratch"]),
            limits=Limits(**policy["limits"]),
            require=Protection.FULL,
            descriptors=_open_descriptors(),
            user=policy["user"],
        ),
        MACHINE.get("machine"),
    )
    os.chdir(policy["scratch"])  # the folder may be another file system now
    return {"protection": reached.level.label, "mechanisms": list(reached.mechanisms)}


def _open_descriptors() -> tuple[int, ...]:
    """What is open now: 0 to 3, and what the event loop needs."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            os.fstat(int(name))
            found.append(int(name))
    return tuple(sorted(found))


def _seed(seed: int) -> None:
    """Seed the global generators, so that the same notebook gives the same results."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)


def _make_shell(role: str) -> CellShell:
    """Make the shell that fits what the children are to do."""
    reporter = Reporter(lambda event: None, 0)
    if role == _ALONE:
        return make_shell(reporter)
    sides = importlib.import_module("autograder.sides")
    ROLES["channel"] = sides.Channel
    if role == _STUDENT:
        ROLES[_STUDENT] = sides.run_student
        return make_shell(reporter)
    ROLES[_TESTS] = sides.run_tests
    return make_shell(reporter, sides.OfferedNames(None), sides.TestShell)


def main() -> None:
    """Start as ``python -c`` was told: settings come as JSON on standard input."""
    settings = json.load(sys.stdin)
    wire.die_with_parent(settings["parent"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=settings["control"])
    allowed = importlib.import_module("autograder.allowed") if settings["role"] == _STUDENT else None
    if allowed is not None:
        allowed.load_listed(settings["imports"] or ())
    warm(["numpy", *settings["modules"]])  # NumPy always: its global generator is seeded in the child
    if settings["confined"]:
        MACHINE["machine"] = importlib.import_module("autograder.confine").measure()
    shell = _make_shell(settings["role"])
    warm_shell(shell)
    shell.prepare(settings["prepare"])
    sys.argv[:] = ["ipykernel_launcher.py"]
    sys.path[:] = [entry for entry in sys.path if entry]
    if allowed is not None:
        sys.meta_path.insert(0, allowed.Guard(settings["imports"], settings["readable"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": os.getpid()}).encode())
    serve(control, shell)
