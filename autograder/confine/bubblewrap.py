"""bubblewrap round a whole slot, where it can run: a second wall outside the one of each submission.

It gives what a process cannot give itself: process ids of its own, so that even the warm process of a slot
sees no other, and a network without any way out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .policy import Policy

_PATIENCE = 10.0  # seconds for trying it out
_BASE = (
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
)


@cache
def bubblewrap_refusal() -> str:
    """Return why bubblewrap cannot be used on this machine, "" if it can. Tried once, then remembered."""
    program = shutil.which("bwrap")
    if program is None:
        return "bwrap is not installed (Debian, Ubuntu: apt-get install bubblewrap)"
    command = [program, "--ro-bind", "/", "/", *_BASE, "true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not run: {error}"
    return "" if done.returncode == 0 else f"bwrap does not run: {done.stderr.strip()}"


def _ordered(policy: Policy) -> list[tuple[str, Path]]:
    """Return what to show, outer folders before inner ones, so that inner ones are not covered."""
    shown = [("--ro-bind", path) for path in policy.readable]
    shown += [("--bind", path) for path in policy.changeable]
    return sorted(shown, key=lambda item: len(item[1].parts))


def bubblewrap_command(policy: Policy, argv: Sequence[str]) -> list[str] | None:
    """Return the command that runs `argv` inside bubblewrap with the policy's paths.

    Parameters
    ----------
    policy : Policy
        Of the slot: the paths of all submissions that it will confine one by one.
    argv : sequence of str
        The command of the slot. Its program must be below a readable path.

    Returns
    -------
    list of str or None
        None where bubblewrap cannot run; `bubblewrap_refusal` says why.
    """
    if sys.platform != "linux" or bubblewrap_refusal():
        return None
    command = [str(shutil.which("bwrap")), *_BASE]
    for option, path in _ordered(policy):
        command += [option, str(path), str(path)]
    for path in policy.hidden:
        command += ["--tmpfs", str(path)] if path.is_dir() else ["--ro-bind", "/dev/null", str(path)]
    return [*command, "--", *argv]
