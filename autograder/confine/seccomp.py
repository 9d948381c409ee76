"""The list of system calls that a confined process may make; every other one is refused.

An allow-list, because a kernel gains calls every year. Where an argument decides, it is compared with the
values that are needed, not with those that are feared. The filter assumes that the process runs machine code
of the attacker's choice (ctypes gives that), so nothing here relies on what Python or libc would do.

The filter is a program for the kernel's classic BPF machine (filter.h, seccomp.h): eight bytes an
instruction, jumps forward only, over at most 255 instructions. Each rule below ends in a return, so no jump
is longer than one rule.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable, Sequence
from functools import cache

from . import system

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
Program = list[Instruction]

# seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6]. Both machines are little-endian.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _AND, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000  # x86_64 kernels may take calls of the x32 interface, told apart by this bit only
_NO_SUCH_PROCESS_ID = 0  # as a target of signals 0 means the own group, so it is never let through

ALLOW, KILL = 0x7FFF0000, 0x80000000


def refuse(code: int = errno.EPERM) -> int:
    """Return the filter's answer "do nothing and fail with errno `code`"; 0 is "do nothing and succeed"."""
    return 0x00050000 | code


# Calls that only touch the process itself, or paths and descriptors that Landlock judges.
_FREE = (
    # descriptors that are open
    *("read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "lseek", "close"),
    *(
        "close_range",
        "dup",
        "dup2",
        "dup3",
        "fstat",
        "fstatfs",
        "fsync",
        "fdatasync",
        "ftruncate",
        "fallocate",
    ),
    *("fadvise64", "getdents64", "pipe", "pipe2", "eventfd2", "recvfrom"),
    # waiting
    *("poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait"),
    *("nanosleep", "clock_nanosleep", "restart_syscall", "sched_yield", "futex"),
    # paths
    *("stat", "lstat", "newfstatat", "statx", "statfs", "access", "faccessat", "faccessat2", "readlink"),
    *("readlinkat", "getcwd", "chdir", "fchdir", "umask", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat"),
    *("rename", "renameat", "renameat2"),
    # memory
    *("brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "msync", "membarrier"),
    # threads, signals of one's own, the end
    *("set_robust_list", "rseq", "gettid", "getcpu", "sched_getaffinity", "rt_sigaction", "rt_sigprocmask"),
    *("rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigpending", "sigaltstack"),
    *("alarm", "setitimer", "getitimer", "exit", "exit_group"),
    # time, chance, who and where
    *("clock_gettime", "clock_getres", "gettimeofday", "time", "times", "getrusage", "getrandom"),
    *(
        "getpid",
        "getppid",
        "getpgrp",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "getgroups",
        "uname",
        "sysinfo",
    ),
)

# libc asks for these first and falls back to an older call when there is "no such call".
_FALL_BACK = ("clone3", "openat2", "fchmodat2", "epoll_pwait2", "futex_waitv")

# Modes and times belong to files that may only be read as well, and Landlock does not guard them. Copying a
# file within the scratch folder asks for both (shutil.copy), so the answer is "done", and nothing is done.
_PRETENDED = ("chmod", "fchmod", "fchmodat", "utime", "utimes", "futimesat", "utimensat")

# "Not supported by this file system" is what copying understands here.
_UNSUPPORTED = ("getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr")

_THREAD = 0x00010F00  # CLONE_VM | FS | FILES | SIGHAND | THREAD
# What must not come with it: CLONE_PIDFD, PTRACE, VFORK, PARENT, UNTRACED and every CLONE_NEW*.
_NOT_THREAD = 0x00001000 | 0x2000 | 0x4000 | 0x8000 | 0x00800000 | 0x7E020000

# O_PATH and the access mode 3 open a descriptor without asking Landlock; O_TRUNC without write access
# empties a file that may only be read where Landlock is older than ABI 3.
_ACCESS_MODE, _TRUNCATE, _PATH_ONLY = 0o3, 0o1000, 0o10000000

# Locks stay (SQLite); owners and signals of descriptors (F_SETOWN, F_SETSIG: a way to kill), leases,
# notifications and pipe sizes do not.
# F_DUPFD, GETFD, SETFD, GETFL, SETFL, GETLK, SETLK, SETLKW; F_DUPFD_CLOEXEC, GETPIPE_SZ.
_FCNTL = (*range(8), 1030, 1032)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIO(N)CLEX
_PRCTL = (15, 16, 0x53564D41)  # names of threads; libc names its memory with PR_SET_VMA
_ASYNC = 0o20000  # O_ASYNC: signals for a descriptor


def _low(argument: int) -> Instruction:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)


def _high(argument: int) -> Instruction:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4)


def _answer(value: int) -> Program:
    return [(_RETURN, 0, 0, value)]


def _unless_among(load: Sequence[Instruction], values: Iterable[int]) -> Program:
    """Refuse unless the loaded number is one of `values`, else go on."""
    listed = list(values)
    tests = [(_IF_EQUAL, len(listed) - place, 0, value) for place, value in enumerate(listed)]
    return [*load, *tests, *_answer(refuse())]


def _if_equal(load: Sequence[Instruction], value: int) -> Program:
    """Refuse if the loaded number is `value`, else go on."""
    return [*load, (_IF_EQUAL, 0, 1, value), *_answer(refuse())]


def _masked(argument: int, mask: int) -> Program:
    return [_low(argument), (_AND, 0, 0, mask)]


def _null(argument: int) -> Program:
    """Refuse unless all 64 bits are zero (a pointer that must not be given)."""
    return [*_unless_among([_low(argument)], [0]), *_unless_among([_high(argument)], [0])]


def _open_flags(argument: int) -> Program:
    """Refuse the ways of opening that Landlock is not asked about; see `_PATH_ONLY`."""
    return [
        *_unless_among(_masked(argument, _PATH_ONLY), [0]),
        *_unless_among(_masked(argument, _ACCESS_MODE), [0, 1, 2]),
        *_if_equal(_masked(argument, _TRUNCATE | _ACCESS_MODE), _TRUNCATE),
    ]


def _decided_by_arguments(process: int) -> dict[str, Program]:
    """Return for each call the checks of its arguments; a call that passes them is allowed.

    The kernel reads flags, commands and process ids as 32-bit integers, so the low halves decide.
    """
    no_async = [  # only F_SETFL (4) takes flags: let the others pass
        _low(1),
        (_IF_EQUAL, 0, 4, 4),
        *_unless_among(_masked(2, _ASYNC), [0]),
    ]
    return {
        "open": _open_flags(1),
        "openat": _open_flags(2),
        "clone": _unless_among(_masked(0, _THREAD | _NOT_THREAD), [_THREAD]),
        "kill": _unless_among([_low(0)], [process]),
        "tgkill": _unless_among([_low(0)], [process]),
        "fcntl": [*_unless_among([_low(1)], _FCNTL), *no_async],
        "ioctl": _unless_among([_low(1)], _IOCTL),
        "prctl": _unless_among([_low(0)], _PRCTL),
        "prlimit64": [*_unless_among([_low(0)], [0]), *_null(2)],
        # asyncio wakes itself up through a pair of stream sockets. They have no address, get none
        # (no bind, no connect), and sendto must not name one.
        "socketpair": [*_unless_among([_low(0)], [1]), *_unless_among(_masked(1, 0xF), [1])],
        "sendto": _null(4),
    }


def _rule(number: int, body: Program) -> Program:
    """Run `body`, which ends in an answer, if the call has this number; the number stays loaded if not."""
    if len(body) > 255:
        raise ValueError(f"A rule must be at most 255 instructions long, got {len(body)} for call {number}.")
    return [(_IF_EQUAL, 0, len(body), number), *body]


def build(process: int, machine: str | None = None) -> Program:
    """Return the filter for the process with id `process`, which alone it may signal.

    Parameters
    ----------
    process : int
        The id of the process that will install the filter.
    machine : str, optional
        "x86_64" or "aarch64"; default: this one.
    """
    if process <= _NO_SUCH_PROCESS_ID:
        raise ValueError(f"process must be a positive process id, got {process}.")
    machine = machine or platform.machine()
    program: Program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, _AUDIT_ARCHITECTURE[machine]),
        *_answer(KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_IF_AT_LEAST, 0, 1, _X32_BIT), *_answer(KILL)]
    bodies = {name: _answer(ALLOW) for name in _FREE}
    bodies |= {name: [*checks, *_answer(ALLOW)] for name, checks in _decided_by_arguments(process).items()}
    bodies |= {name: _answer(refuse(errno.ENOSYS)) for name in _FALL_BACK}
    bodies |= {name: _answer(refuse(0)) for name in _PRETENDED}
    bodies |= {name: _answer(refuse(errno.ENOTSUP)) for name in _UNSUPPORTED}
    for name, body in bodies.items():
        number = system.number(name, machine)
        if number is not None:
            program += _rule(number, body)
    return [*program, *_answer(refuse())]


def allowed_calls() -> tuple[str, ...]:
    """Return the names of all calls that are allowed, some of them for certain arguments only."""
    return tuple(sorted({*_FREE, *_decided_by_arguments(1)}))


def assemble(program: Program) -> bytes:
    """Return the program as the kernel reads it: struct sock_filter, one after the other."""
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


_MARK = 0x7FFFFFF1  # stands for the process id in a prepared filter; larger than any id (2**22)


@cache
def _prepared() -> bytes:
    return assemble(build(_MARK))


def compiled(process: int) -> bytes:
    """Return the assembled filter for `process`. The work is done once: call it before forking."""
    return _prepared().replace(struct.pack("<I", _MARK), struct.pack("<I", process))


_SET_MODE_FILTER, _SYNCHRONISE_THREADS, _ACTION_AVAILABLE = 1, 1, 2


def available() -> bool:
    """Whether the kernel filters system calls and can kill the process for one."""
    try:
        system.call("seccomp", _ACTION_AVAILABLE, 0, struct.pack("<I", KILL))
    except OSError:
        return False
    return True


def install(filter_bytes: bytes) -> None:
    """Install an assembled filter for all threads, for good; `no_new_privs` must be set.

    Raises
    ------
    OSError
        If the kernel refuses, or a thread cannot be brought under the filter.
    """
    instructions = ctypes.create_string_buffer(filter_bytes, len(filter_bytes))
    header = struct.pack("<HxxxxxxQ", len(filter_bytes) // 8, ctypes.addressof(instructions))
    stuck = system.call("seccomp", _SET_MODE_FILTER, _SYNCHRONISE_THREADS, header)
    if stuck:
        raise OSError(errno.EBUSY, f"thread {stuck} cannot be filtered")
