"""A warm process that confines a fresh child for every experiment and reports how the child ended.

A process of its own, so that the children have one thread and inherit nothing of pytest. As root the lab can
also be an ordinary user: it loads all it needs, then gives up its rights for good.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

PATIENCE = 30.0
# No such users, so nothing on the machine belongs to them; others for each run, as the kernel counts threads.
ORDINARY_USER, SPARE_USER = 200_000_000 + 2 * os.getpid(), 200_000_001 + 2 * os.getpid()


class Lab:
    """The test's end: starts the warm process and asks it."""

    def __init__(self, user: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(user or 0)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "COURSE_SECRET": "opensesame", "OPENBLAS_NUM_THREADS": "2"},
        )
        self.user = os.getuid() if user is None else user

    def ask(self, **request: Any) -> Any:
        """Send a request and return the answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def run(
        self, attempt: str, policy: dict[str, Any], machine: dict[str, Any] | None, targets: dict[str, Any]
    ) -> Any:
        """Try something in a confined child; return what became of it."""
        return self.ask(op="run", attempt=attempt, policy=policy, machine=machine, targets=targets)

    def close(self) -> None:
        """End the warm process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def _serve(user: int) -> None:
    from autograder.confine import measure

    # An ordinary user cannot read root's Python: load what children will import.
    for name in ("numpy.random", "secrets", "asyncio", "confine_work", "confine_attempts"):
        importlib.import_module(name)
    secrets = [os.open(__file__, os.O_RDONLY)]
    secrets.append(os.dup2(secrets[0], 500))
    if user:
        _become(user)
    measure()
    gc.freeze()  # children then copy less memory
    extra = {"descriptors": secrets, "environment_block": _environment_block(), "parent": os.getpid()}
    for line in sys.stdin:
        request = json.loads(line)
        answer = _OPERATIONS[request.pop("op")](extra=extra, **request)
        print(json.dumps(answer), flush=True)


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as after a login: the process may see itself in /proc


def _environment_block() -> tuple[int, int]:
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return int(fields[47]), int(fields[48]) - int(fields[47])


def _measure(extra: dict[str, Any]) -> dict[str, Any]:
    from autograder.confine import measure, probe

    return {"machine": asdict(measure()), "probe": probe().to_json()}


def _run(
    extra: dict[str, Any],
    attempt: str,
    policy: dict[str, Any],
    machine: dict[str, Any] | None,
    targets: dict[str, Any],
    before: str = "",
) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _BEFORE[before]()
        _child(writer, attempt, policy, machine, {**targets, **extra})
    os.close(writer)
    return _follow(child, reader)


def _follow(child: int, reader: int) -> dict[str, Any]:
    """Read what the child reports until it ends, and say how it ended."""
    said = b""
    end = time.monotonic() + PATIENCE
    while select.select([reader], [], [], max(0.0, end - time.monotonic()))[0]:
        piece = os.read(reader, 1 << 16)
        if not piece:
            break
        said += piece
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    lines = [json.loads(line) for line in said.decode().splitlines()]
    merged: dict[str, Any] = {"status": os.waitstatus_to_exitcode(status)}
    for line in lines:
        merged |= line
    return merged


def _child(
    writer: int, attempt: str, policy: dict[str, Any], machine: dict[str, Any] | None, targets: dict[str, Any]
) -> None:
    from autograder.confine import ConfinementError

    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # the lab speaks on 1; attempts must not
        os.dup2(nothing, descriptor)

    def say(**values: Any) -> None:
        os.write(writer, json.dumps(values, default=str).encode() + b"\n")

    try:
        said = _confine_and_try(writer, attempt, policy, machine, targets, say)
        say(**said)
    except ConfinementError as error:
        say(unconfined=str(error))
    except BaseException as error:
        say(broken=f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _confine_and_try(
    writer: int,
    attempt: str,
    policy: dict[str, Any],
    machine: dict[str, Any] | None,
    targets: dict[str, Any],
    say: Any,
) -> dict[str, Any]:
    import confine_attempts
    import confine_work

    from autograder.confine import Limits, Machine, Policy, confine

    chosen = dict(policy, limits=Limits(**policy.get("limits", {})), descriptors=(0, 1, 2, writer))
    if os.path.exists(f"/proc/self/fd/{_FOLDER}"):
        chosen["descriptors"] += (_FOLDER,)
    if policy.get("scratch"):
        os.chdir(policy["scratch"])
    known = None if machine is None else Machine(**{**machine, "remarks": tuple(machine["remarks"])})
    reached = confine(Policy(**chosen), known)
    say(reached=reached.to_json())
    if attempt in confine_attempts.THREATS:
        return _try(confine_attempts.THREATS[attempt].attempt, targets)
    others = confine_attempts.OTHERS | confine_work.WORK
    return {"result": others[attempt](targets)}


def _try(attempt: Any, targets: dict[str, Any]) -> dict[str, Any]:
    try:
        result = attempt(targets)
    except OSError as error:
        return {"refused": error.errno, "message": str(error)}
    return {"succeeded": repr(result)[:200]}


def _orphan(
    extra: dict[str, Any], policy: dict[str, Any], machine: dict[str, Any] | None, targets: dict[str, Any]
) -> dict[str, Any]:
    """Confine a child of a process that then ends; return whether the child ended as well."""
    reader, writer = os.pipe()
    middle = os.fork()
    if middle == 0:
        child = os.fork()
        if child == 0:
            _child(writer, "wait_long", policy, machine, {**targets, **extra})
        os.close(writer)
        os.read(reader, 1 << 16)  # it is confined now
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writer)
    os.waitpid(middle, 0)
    ended = bool(select.select([reader], [], [], PATIENCE)[0]) and os.read(reader, 1) == b""
    os.close(reader)
    return {"ended": ended}


def _start_thread() -> None:
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def _open_folder() -> None:
    os.dup2(os.open("/", os.O_RDONLY), _FOLDER)


_FOLDER = 77
_BEFORE: dict[str, Any] = {"": lambda: None, "thread": _start_thread, "folder": _open_folder}
_OPERATIONS: dict[str, Any] = {"measure": _measure, "run": _run, "orphan": _orphan}

if __name__ == "__main__":
    _serve(int(sys.argv[1]))
