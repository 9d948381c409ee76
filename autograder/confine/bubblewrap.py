"""Whether bubblewrap can run here; `autograder.slot` puts it round each worker."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

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
