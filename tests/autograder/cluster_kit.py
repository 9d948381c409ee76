"""A Dask scheduler and workers on this machine, each a process of its own, to be killed by tests."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
from course_kit import wait_for

QUIET = ("--no-dashboard",)


def free_port():
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DaskCluster:
    """A scheduler at a port of its own, and workers with one thread each."""

    def __init__(self, folder, protocol="tcp", security=()):
        self.folder = Path(folder)
        self.security = tuple(security)
        self.port = free_port()
        self.address = f"{protocol}://127.0.0.1:{self.port}"
        self.scheduler = None
        self.workers = []

    def __enter__(self):
        self.start_scheduler()
        return self

    def __exit__(self, *_):
        for process in (*self.workers, self.scheduler):
            kill(process)

    def start_scheduler(self):
        """Start the scheduler; again after it was killed, at the same port."""
        place = ("--host", self.address.rpartition(":")[0], "--port", str(self.port))
        self.scheduler = self._start("scheduler", *place, log="scheduler")
        wait_for(lambda: "Scheduler at" in self.log("scheduler"))

    def start_workers(self, count=2, *options, nanny=False, environment=None):
        """Start workers, and wait until the scheduler knows them."""
        known = self.log("scheduler").count("Register worker")
        for _ in range(count):
            log = f"worker-{len(self.workers)}"
            local = ("--local-directory", str(self.folder / log), "--memory-limit", "0", "--nthreads", "1")
            kind = "--nanny" if nanny else "--no-nanny"
            self.workers.append(
                self._start("worker", self.address, kind, *local, *options, log=log, environment=environment)
            )
        wait_for(lambda: self.log("scheduler").count("Register worker") >= known + count)
        return self.workers[-count:]

    def _start(self, *words, log, environment=None):
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], *QUIET]
        with open(self.folder / f"{log}.log", "ab") as stream:
            return subprocess.Popen(
                [*command, *self.security],
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def log(self, name):
        """What a process has said so far."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def addresses(self):
        """Where the workers listen, in the order in which they came."""
        return re.findall(r"Register worker addr: (\S+)", self.log("scheduler"))


def kill(process, number=signal.SIGKILL):
    """End a process and all below it; the kernel ends what grades with them."""
    if process is None or process.poll() is not None:
        return
    family = psutil.Process(process.pid).children(recursive=True)
    for member in (process, *family):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            os.kill(member.pid, number)
    process.wait(30)


def graders(process):
    """The grading processes below a Dask worker; bubblewrap may stand between."""
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        return [member for member in family if name_of(member) == "grade-worker"]
    return []


def name_of(process):
    with suppress(psutil.NoSuchProcess):
        return process.name()
    return ""


def at_work(process):
    """Whether a notebook runs below a Dask worker: children of the warm processes."""
    for grader in graders(process):
        with suppress(psutil.NoSuchProcess):
            if any(warm.children() for warm in grader.children()):
                return True
    return False


def make_keys(folder, name="course"):
    """Make an authority and a certificate with ``openssl``; return the three files.

    The commands are those of docs/cluster.md.
    """
    ca, key, cert = (folder / f"{name}-{part}.pem" for part in ("ca", "key", "cert"))
    ca_key, request = folder / f"{name}-ca-key.pem", folder / f"{name}-request.pem"
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    commands = (
        [*new, "-x509", "-days", "30", "-subj", f"/CN={name} authority", "-keyout", ca_key, "-out", ca],
        [*new, "-subj", f"/CN={name}", "-keyout", key, "-out", request],
        ["openssl", "x509", "-req", "-days", "30", "-in", request, "-CA", ca, "-CAkey", ca_key, "-out", cert],
    )
    for command in commands:
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return ca, cert, key
