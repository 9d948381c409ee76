"""A student's process for tests of the split: forked, with the plainest shell that there can be."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
from contextlib import contextmanager, suppress

from autograder.split import Channel, OfferedNames, StudentHost, TrustedClient


class PlainShell:
    """Runs cells with `exec` and gives no outputs."""

    def __init__(self):
        self.namespace = {"__name__": "__main__"}

    def run_cell(self, source):
        exec(compile(source, "<cell>", "exec"), self.namespace)
        return []


def fork(child):
    """Run `child(end)` in a forked process that ends with it; return this side's end and the process."""
    ours, theirs = socket.socketpair()
    process = os.fork()
    if process == 0:
        code = 1
        faulthandler.disable()  # some of them crash on purpose
        with suppress(BaseException):
            ours.close()
            child(theirs)
            code = 0
        os._exit(code)
    theirs.close()
    return ours, process


def end(process):
    """Kill a process that this module has forked, and wait for it."""
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def host(student):
    """Return the work of a student's process: run the code, then answer."""

    def work(theirs):
        shell = PlainShell()
        student_host = StudentHost(Channel(theirs, timed=False), shell)
        shell.namespace["_host"] = student_host  # attacks find it anyway
        shell.run_cell(student)
        student_host.serve()

    return work


@contextmanager
def talking_to(child, **options):
    """A client whose other side is `child(end)` in a process of its own."""
    ours, process = fork(child)
    client = TrustedClient(Channel(ours), **options)
    try:
        yield client
    finally:
        client.close()
        end(process)


@contextmanager
def split(student, names=None, **options):
    """A namespace for tests in which the names of `student` are proxies."""
    if names is None:
        scope = {"__name__": "__main__"}
        exec(student, scope)
        names = [name for name in scope if not name.startswith("__")]
    with talking_to(host(student), **options) as client:
        space = OfferedNames(client)
        space.update(client.helpers(), __name__="__main__", client=client)
        yield client.offer(names, space)


def run(source, space):
    """Run test code in a namespace and return the names of what it raised, '' for nothing."""
    try:
        exec(compile(source, "<test>", "exec"), space)
    except BaseException as error:
        if not isinstance(error, Exception) and not type(error).__module__.startswith("autograder"):
            raise
        return type(error).__name__
    return ""
