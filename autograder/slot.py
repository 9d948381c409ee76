"""bubblewrap round a worker and its warm processes, where it can run: a wall outside that of a submission.

It gives what processes cannot give themselves: process ids of their own, so that whatever is in a slot ends
with it; no network, for the warm processes as well; the gradebook out of sight, and everything else that
is not the run's own folder read-only. Started once for each slot, so that it costs a submission nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["MECHANISM", "Slot"]

MECHANISM = "bubblewrap round the slot"
_PATIENCE = 10.0  # seconds for trying it out
_APART = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")
# What is made anew inside, or would lead out: sockets of other programs lie in /run.
_OWN = {"proc", "dev", "tmp", "run"}


@dataclass(frozen=True)
class Slot:
    """What a worker may see and change.

    Parameters
    ----------
    shown : tuple of Path
        What must be visible wherever it lies, read-only.
    work : Path
        The folder of this run, which the worker writes in.
    hidden : tuple of Path
        Files that are covered, such as the gradebook.
    """

    shown: tuple[Path, ...]
    work: Path
    hidden: tuple[Path, ...] = ()

    def command(self, argv: Sequence[str]) -> list[str] | None:
        """Return the command that runs `argv` inside bubblewrap; ``None`` where bubblewrap cannot run."""
        program = shutil.which("bwrap")
        if program is None or sys.platform != "linux":
            return None
        wrapped = (program, *self._options())
        return [*wrapped, "--", *argv] if not _refusal(wrapped) else None

    def _options(self) -> tuple[str, ...]:
        options = [*_APART, *_rights(), "--die-with-parent", "--new-session"]
        options += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        tops = (path for path in sorted(Path("/").iterdir()) if path.name not in _OWN and path.is_dir())
        for path in (*tops, *sorted(self.shown, key=lambda path: len(path.parts))):
            if path.exists():
                options += ["--ro-bind", str(path), str(path)]
        options += ["--bind", str(self.work), str(self.work)]
        for path in self.hidden:
            if path.is_file():
                options += ["--ro-bind", "/dev/null", str(path)]
        return tuple(options)


def _rights() -> tuple[str, ...]:
    """Root keeps its rights, to give each submission a user id of its own; others get a user namespace."""
    return ("--cap-add", "ALL") if os.getuid() == 0 else ("--unshare-user",)


@cache
def _refusal(wrapped: tuple[str, ...]) -> str:
    """Why bubblewrap does not run like this, "" if it does. Tried once, then remembered."""
    try:
        done = subprocess.run(
            [*wrapped, "--", "/bin/sh", "-c", ":"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"
