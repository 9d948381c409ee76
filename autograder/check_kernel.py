"""Run cells in a Jupyter kernel of their own, as *Restart Kernel and Run All Cells* does.

Only Jupyter's own client is used: it starts, interrupts and ends a kernel on every system, Windows included.
"""

from __future__ import annotations

import os
import queue
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_client.manager import KernelManager

from .outputs import TIMEOUT, Output, error_output

__all__ = ["CHECKING", "KernelRunner"]

CHECKING = "AUTOGRADER_CHECKING"  # set in the kernel: a cell that asks for a check must not start another
_KINDS = ("stream", "display_data", "execute_result", "error")
_GRACE_SECONDS = 5.0
_START_SECONDS = 120.0


class KernelRunner:
    """A kernel in a folder; a context manager that ends it.

    Parameters
    ----------
    folder : Path
        Where the cells run, so that data files beside the notebook are found.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended = ""

    def __enter__(self) -> Self:
        self._manager = KernelManager(kernel_name="python3")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # the kernel's own remarks
        self._manager.start_kernel(cwd=str(self._folder), env=os.environ | {CHECKING: "1"}, **quiet)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, source: str, timeout: float) -> Sequence[Output]:
        """Run one cell.

        A cell that takes longer than `timeout` seconds is interrupted, and the cells after it run. If it
        does not listen, or ends Python, those after it are not run and say so.
        """
        if self._ended:
            return [error_output("NotRunError", f"not run, because Python ended in {self._ended}", [])]
        request = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        outputs: list[Output] = []
        if self._collect(request, outputs, timeout):
            return outputs
        if not self._manager.is_alive():
            return [*outputs, self._end(source, "Python ended in this cell")]
        self._manager.interrupt_kernel()
        late = f"the cell ran longer than {timeout:g} seconds and was interrupted"
        marker = error_output(TIMEOUT, late, [])
        if self._collect(request, [], _GRACE_SECONDS):
            return [*outputs, marker]
        self._manager.shutdown_kernel(now=True)
        return [*outputs, self._end(source, f"{late}; it did not listen, so Python was ended")]

    def _end(self, source: str, reason: str) -> Output:
        """Note that nothing can run any more, and where it ended."""
        first = next((line.strip() for line in source.splitlines() if line.strip()), "")
        self._ended = f"the cell that begins with `{first[:60]}`"
        return error_output("DeadKernelError", reason, [])

    def _collect(self, request: str, outputs: list[Output], seconds: float) -> bool:
        """Gather what a cell puts out until it is done; False if time is up or Python has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                message = self._client.get_iopub_msg(timeout=min(1.0, max(0.01, end - time.monotonic())))
            except queue.Empty:
                if not self._manager.is_alive():
                    return False
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return True
            if message["msg_type"] in _KINDS:
                outputs.append(_output(message["msg_type"], message["content"]))
        return False


def _output(kind: str, content: Mapping[str, Any]) -> Output:
    """A message as the output of a notebook."""
    return {"output_type": kind, **content}
