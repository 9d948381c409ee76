"""Run a lecture in a fresh kernel, in surroundings that do not depend on the machine."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools.build_notebooks.errors import BuildError, Problem, fail
from tools.build_notebooks.notebook import Assembled
from tools.build_notebooks.percent import build_only_folder
from tools.build_notebooks.reproducible import CELL_FILE

# What would make outputs differ from one machine, or one run, to the next.
_SETTINGS = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "SOURCE_DATE_EPOCH": "315532800",  # 1980-01-01: pictures carry no date of their making
    "MATPLOTLIBRC": os.devnull,
    "COLUMNS": "80",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# The kernel itself sets MPLBACKEND, to inline pictures.
_DROPPED = ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS", "FORCE_COLOR", "NO_COLOR")
_RAISED_ON = re.compile(r"Cell In\[\d+\], line (\d+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def kernel_environment(ipython_folder: str) -> dict[str, str]:
    """Return the environment of a lecture's kernel."""
    environment = {key: value for key, value in os.environ.items() if key not in _DROPPED}
    environment.update(_SETTINGS, IPYTHONDIR=ipython_folder)
    search = environment.pop("PYTHONPATH", "").split(os.pathsep)
    kept = [entry for entry in search if entry and Path(entry).resolve() != build_only_folder().resolve()]
    return {**environment, "PYTHONPATH": os.pathsep.join(kept)} if kept else environment


def execute(assembled: Assembled, file: str, folder: Path, timeout: int) -> NotebookNode:
    """Run every cell in order, with ``folder`` as working directory; return the notebook with outputs.

    Raises
    ------
    BuildError
        If a cell raises without being marked for it, writes to stderr, takes more than ``timeout``
        seconds, or takes the kernel down: file, line of the source, what happened.
    """
    notebook = assembled.notebook
    started = [0]  # index of the cell that is running; the exceptions of nbclient do not say
    client = NotebookClient(
        notebook,
        # No folders to look in leaves the one kernel that is certainly ours: this very Python.
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        kernel_name="python3",
        timeout=timeout,
        record_timing=False,
        store_widget_state=True,
        coalesce_streams=True,
        shutdown_kernel="immediate",  # nothing of a lecture is to be saved at exit
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: started.__setitem__(0, cell_index),
    )
    with tempfile.TemporaryDirectory() as ipython_folder, tempfile.TemporaryFile() as noise:
        environment = kernel_environment(ipython_folder)
        try:
            # The kernel's own messages at its start are no output of a cell.
            client.execute(cleanup_kc=True, env=environment, stdout=noise, stderr=noise)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            noise.seek(0)
            said = noise.read().decode(errors="replace")
            raise _failure(assembled, file, started[0], error, timeout, said) from error
    problems = list(_unwanted_outputs(assembled, file))
    if problems:
        raise BuildError(problems)
    return notebook


def _failure(
    assembled: Assembled, file: str, index: int, error: Exception, timeout: int, noise: str
) -> BuildError:
    """Say which cell stopped the run, and why."""
    cell = assembled.cells[index]
    where = f"cell {assembled.notebook.cells[index].id}"
    if isinstance(error, CellTimeoutError):
        return fail(file, cell.line, f"{where} ran for more than {timeout} s")
    if isinstance(error, CellExecutionError):
        raised = _RAISED_ON.findall(_ANSI.sub("", error.traceback))
        line = cell.first_line + int(raised[0]) - 1 if raised else cell.line
        return fail(file, line, f"{where} raised {error.ename}: {_ANSI.sub('', error.evalue)}")
    last = (noise.strip().splitlines() or ["no message"])[-1]
    return fail(file, cell.line, f"{where} ended the kernel: {last}")


def _unwanted_outputs(assembled: Assembled, file: str) -> Iterator[Problem]:
    """Report warnings, which a reader must not meet, and cells that did not raise as they should."""
    for node, cell in zip(assembled.notebook.cells, assembled.cells, strict=True):
        outputs = node.get("outputs", [])
        for output in outputs:
            if output.output_type == "stream" and output.name == "stderr":
                said = output.text.strip().splitlines() or [""]
                first = CELL_FILE.sub("<cell>", said[0])
                yield Problem(file, cell.line, f"cell {node.id} wrote to stderr: {first}")
        if "raises" in cell.options and not any(output.output_type == "error" for output in outputs):
            yield Problem(file, cell.line, f"cell {node.id} is marked raises=true and raised nothing")
