"""Confining the process that calls, in the one order that works, and measuring what a machine can give."""

from __future__ import annotations

import errno
import os
import platform
import select
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NoReturn

from . import landlock, limits, namespaces, privileges, seccomp, system
from .places import Places, check_hidden, check_reach, look_up
from .policy import Confinement, ConfinementError, MiB, Policy, Protection
from .system import Machine

_NO_LANDLOCK = "Landlock: this kernel does not restrict paths by itself"
_NO_SECCOMP = "seccomp: system calls are not filtered, so processes, signals and connections are not refused"
_NO_ROOT = "private file systems: whether a known path exists can be seen (not what is in it)"
_NO_CAP = "capped scratch folder: disk use is limited by the largest file only"
_SHARED_COUNT = "own count of threads: the limit leaves room for the user's other processes"
_NO_COUNT = "limit on threads: other processes of this user are counted but cannot be seen from here"
_ROOT_COUNT = "limit on threads: the kernel does not count those of root (give Policy.user)"

_PATIENCE = 20.0  # seconds for a child that only tries mechanisms out


def confine(policy: Policy, machine: Machine | None = None) -> Confinement:
    """Shut the calling process in, for good.

    Call it in a freshly forked child with one thread, before anything of a student's runs.

    Parameters
    ----------
    policy : Policy
        What may be reached, and how much protection must be had.
    machine : Machine, optional
        What to use; default: all that this machine has (`measure`, best called before the fork).

    Returns
    -------
    Confinement
        What is in force now.

    Raises
    ------
    ConfinementError
        If `policy.require` is not reached, a path of the policy is not there, or a mechanism that the
        machine has did not take effect. The process may be shut in halfway and must end.

    Notes
    -----
    Off Linux, and with ``require=Protection.NONE``, nothing is done at all.
    """
    machine = _usable(policy, measure() if machine is None else machine)
    expected = _foresee(policy.user, machine, _is_root())
    if expected.level < policy.require:
        raise ConfinementError(_refusal(policy.require, expected))
    if not system.supported():
        return expected
    try:
        _shut_in(policy, machine)
    except OSError as error:
        raise ConfinementError(f"a mechanism of the confinement failed: {error}") from error
    return expected


def _refusal(wanted: Protection, reached: Confinement) -> str:
    absent = "; ".join(reached.missing)
    return (
        f"{wanted.label} protection was asked for, this machine gives {reached.level.label} "
        f"(missing: {absent}). Run on Linux 6.1 or newer, or ask for less with Policy.require."
    )


def _usable(policy: Policy, machine: Machine) -> Machine:
    """Leave out private file systems where the policy rules them out.

    A user namespace of one's own knows no second user, and a root that holds "/" would hold itself.
    """
    second_user = policy.user is not None and not machine.privileged
    if second_user or Path("/") in (*policy.readable, *policy.changeable):
        return replace(machine, namespaces=False)
    return machine


def _is_root() -> bool:
    return hasattr(os, "getuid") and os.getuid() == 0


def _own_count(user: int | None, machine: Machine, root: bool) -> bool:
    """Whether the kernel counts this process's threads apart: another user, or a namespace of one's own."""
    in_namespace = machine.namespaces and not machine.privileged
    return user is not None or (in_namespace and not root)


@cache
def _foresee(user: int | None, machine: Machine, root: bool) -> Confinement:
    """Return what `confine` will reach with these mechanisms."""
    if not system.supported():
        here = f"{platform.system()} {platform.machine()}"
        remark = f"{here}: only Linux on {' or '.join(system.MACHINES)} can shut a process in"
        return Confinement(Protection.NONE, (), (remark,), 0, False)
    walls = machine.landlock_abi > 0 or machine.namespaces
    shared = _SHARED_COUNT if machine.counts_tasks else _NO_COUNT
    parts = [
        (True, "resource limits, no new privileges, no capabilities, ends with its parent", ""),
        (machine.landlock_abi > 0, f"Landlock ABI {machine.landlock_abi}", _NO_LANDLOCK),
        (machine.seccomp, f"seccomp: {len(seccomp.allowed_calls())} system calls allowed", _NO_SECCOMP),
        (machine.namespaces, "private file systems", _NO_ROOT),
        (machine.namespaces, "capped scratch folder", _NO_CAP),
        (_own_count(user, machine, root), "own count of threads", _ROOT_COUNT if root else shared),
    ]
    return Confinement(
        level=Protection(int(walls) + int(machine.seccomp)),
        mechanisms=tuple(name for there, name, _ in parts if there),
        missing=(*(absent for there, _, absent in parts if not there), *machine.remarks),
        landlock_abi=machine.landlock_abi,
        namespaces=machine.namespaces,
    )


def _shut_in(policy: Policy, machine: Machine) -> None:
    """Apply everything. Namespaces need rights, so they come early; the filter refuses all else, so last."""
    if system.count_threads() != 1:
        raise ConfinementError(f"confine needs a process with one thread, got {system.count_threads()}")
    parent = os.getppid()
    privileges.die_with_parent(parent)
    privileges.own_session()
    places = look_up(policy)
    if machine.landlock_abi == 0:
        check_hidden(places)
    privileges.wipe_environment(policy.environment)
    privileges.close_descriptors(policy.descriptors)
    used = limits.address_space()  # read now: there may be no /proc later
    threads = _thread_limit(policy, machine)
    if machine.namespaces:
        namespaces.enter_private_root(places, policy.limits.scratch_bytes, privileged=machine.privileged)
    if policy.user is not None:
        _become(policy.user, places)
    check_reach(places)
    limits.apply(policy.limits, used=used, threads=threads)
    privileges.no_new_privileges()
    if machine.landlock_abi > 0:
        landlock.restrict(places, machine.landlock_abi)
    privileges.drop_capabilities()
    privileges.not_dumpable()
    privileges.die_with_parent(parent)  # again: changes of ids have undone it
    if machine.seccomp:
        seccomp.install(seccomp.compiled(os.getpid()))
    _try_the_walls(machine, places)


def _thread_limit(policy: Policy, machine: Machine) -> int | None:
    own_count = _own_count(policy.user, machine, _is_root())
    return limits.thread_limit(policy.limits, own_count=own_count, visible=machine.counts_tasks)


def _become(user: int, places: Places) -> None:
    """Take another user id; the scratch folder and what lies in it goes to that user."""
    if places.scratch is not None:
        os.chown(places.scratch, user, user)
        for place, folders, files in os.walk(places.scratch):
            for name in (*folders, *files):
                os.chown(os.path.join(place, name), user, user, follow_symlinks=False)
    privileges.become(user)


def _try_the_walls(machine: Machine, places: Places) -> None:
    """Lean against each wall once: what is not refused now would not be refused to a student."""
    if machine.seccomp:
        _must_fail("opening a socket", lambda: socket.socket(socket.AF_UNIX), errno.EPERM)
        _must_fail("signalling the parent", lambda: os.kill(os.getppid(), 0), errno.EPERM)
    if places.root_is_readable:
        return
    if machine.landlock_abi:
        _must_fail("listing /", lambda: os.listdir("/"), errno.EACCES)
    if machine.namespaces and Path("/proc") not in places.readable:
        _must_fail("looking at processes", lambda: os.stat("/proc/self"), errno.ENOENT)


def _must_fail(what: str, attempt: Callable[[], object], code: int) -> None:
    try:
        attempt()
    except OSError as error:
        if error.errno == code:
            return
        raise ConfinementError(f"{what} failed for another reason than confinement: {error}") from error
    raise ConfinementError(f"{what} is still possible after confinement")


@cache
def measure() -> Machine:
    """Return what this machine offers, each mechanism tried in a child of its own. Remembered."""
    if not system.supported():
        return Machine()
    abi, privileged = landlock.abi(), privileges.may_mount()
    places = look_up(Policy(readable=(Path("/usr"),)) if os.path.isdir("/usr") else Policy())

    def walls() -> None:
        privileges.no_new_privileges()
        landlock.restrict(places, abi)

    def filtering() -> None:
        privileges.no_new_privileges()
        seccomp.install(seccomp.compiled(os.getpid()))

    if seccomp.available():
        seccomp.compiled(os.getpid())  # prepared here, so that no child has to do it again

    def mounts() -> None:
        namespaces.enter_private_root(places, MiB, privileged=privileged)

    no_landlock = _trouble_of(walls) if abi else ""
    no_seccomp = _trouble_of(filtering) if seccomp.available() else "the kernel has none"
    no_mounts = _trouble_of(mounts)
    found = [("Landlock", no_landlock), ("seccomp", no_seccomp), ("private file systems", no_mounts)]
    return Machine(
        landlock_abi=0 if no_landlock else abi,
        seccomp=not no_seccomp,
        namespaces=not no_mounts,
        privileged=privileged,
        counts_tasks=not _is_root() and not _trouble_of(limits.try_counting),
        remarks=tuple(f"{name}: tried here, got: {trouble}" for name, trouble in found if trouble),
    )


def probe() -> Confinement:
    """Return what `confine` reaches on this machine. Measured in children once, then remembered."""
    return _foresee(None, measure(), _is_root())


def _trouble_of(attempt: Callable[[], None]) -> str:
    """Run `attempt` in a forked child and return what it raised, "" for nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _report_and_exit(attempt, writer)
    os.close(writer)
    try:
        if not select.select([reader], [], [], _PATIENCE)[0]:
            os.kill(child, signal.SIGKILL)
            return f"no answer within {_PATIENCE:g} seconds"
        answer = os.read(reader, 4096).decode(errors="replace")
    finally:
        os.close(reader)
        os.waitpid(child, 0)
    return {"": "the process was killed", "done": ""}.get(answer, answer)


def _report_and_exit(attempt: Callable[[], None], writer: int) -> NoReturn:
    """Run `attempt`, write how it went, and end without the parent's clean-up."""
    try:
        attempt()
        answer = "done"
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    finally:
        os.write(writer, answer.encode())
        os._exit(0)
