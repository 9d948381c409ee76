"""``autograder`` and ``python -m autograder``.

A student's command loads nothing that only grading needs: nbgrader alone would make it wait a second or two.
"""

from __future__ import annotations

import os
import sys

from . import workspace_cli

_ELSEWHERE = "Grading needs Linux or macOS (on Windows: WSL). Here are the commands that run everywhere.\n"


def _students() -> frozenset[str]:
    """The names of the commands for students."""
    commands = workspace_cli.app.registered_commands
    return frozenset(
        command.name or command.callback.__name__ for command in commands if command.callback is not None
    )


def main() -> None:
    """Run the command that stands in ``sys.argv``."""
    if sys.argv[1:2] and sys.argv[1] in _students():
        workspace_cli.app(prog_name="autograder")
        return
    if not hasattr(os, "fork"):
        sys.stderr.write(_ELSEWHERE)
        workspace_cli.app(["--help"], prog_name="autograder")
        return
    from .cli import app  # noqa: PLC0415  (only here: see above)

    app(prog_name="autograder")


if __name__ == "__main__":
    main()
