"""System calls by number, and the numbers: the one place that talks to libc.

ctypes instead of a package: pyseccomp needs libseccomp on every teacher's machine, landlockpy is young and
drops what an old kernel lacks without a word, and both together save little over the tables below.
Numbers: the kernel's own tables, checked in the tests against its headers and against libseccomp.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from functools import cache

# name: (x86_64, aarch64); None where the architecture has no such call.
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "access": (21, None),
    "alarm": (37, None),
    "brk": (12, 214),
    "capset": (126, 91),
    "chdir": (80, 49),
    "chmod": (90, None),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "clone": (56, 220),
    "clone3": (435, 435),
    "close": (3, 57),
    "close_range": (436, 436),
    "dup": (32, 23),
    "dup2": (33, None),
    "dup3": (292, 24),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441),
    "epoll_wait": (232, None),
    "eventfd2": (290, 19),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "fadvise64": (221, 223),
    "fallocate": (285, 47),
    "fchdir": (81, 50),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fcntl": (72, 25),
    "fdatasync": (75, 83),
    "fgetxattr": (193, 10),
    "flistxattr": (196, 13),
    "fstat": (5, 80),
    "fstatfs": (138, 44),
    "fsync": (74, 82),
    "ftruncate": (77, 46),
    "futex": (202, 98),
    "futex_waitv": (449, 449),
    "futimesat": (261, None),
    "getcpu": (309, 168),
    "getcwd": (79, 17),
    "getdents64": (217, 61),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getgroups": (115, 158),
    "getitimer": (36, 102),
    "getpgrp": (111, None),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "getuid": (102, 174),
    "getxattr": (191, 8),
    "ioctl": (16, 29),
    "kill": (62, 129),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "lgetxattr": (192, 9),
    "listxattr": (194, 11),
    "llistxattr": (195, 12),
    "lseek": (8, 62),
    "lstat": (6, None),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "mmap": (9, 222),
    "mount_setattr": (442, 442),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "msync": (26, 227),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "newfstatat": (262, 79),
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "pipe": (22, None),
    "pipe2": (293, 59),
    "pivot_root": (155, 41),
    "poll": (7, None),
    "ppoll": (271, 73),
    "prctl": (157, 167),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "prlimit64": (302, 261),
    "pselect6": (270, 72),
    "pwrite64": (18, 68),
    "pwritev": (296, 70),
    "read": (0, 63),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "readv": (19, 65),
    "recvfrom": (45, 207),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "restart_syscall": (219, 128),
    "rmdir": (84, None),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigpending": (127, 136),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "seccomp": (317, 277),
    "select": (23, None),
    "sendto": (44, 206),
    "set_robust_list": (273, 99),
    "setitimer": (38, 103),
    "sigaltstack": (131, 132),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "stat": (4, None),
    "statfs": (137, 43),
    "statx": (332, 291),
    "sysinfo": (99, 179),
    "tgkill": (234, 131),
    "time": (201, None),
    "times": (100, 153),
    "umask": (95, 166),
    "uname": (63, 160),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
    "write": (1, 64),
    "writev": (20, 66),
}

MACHINES = ("x86_64", "aarch64")


def number(name: str, machine: str | None = None) -> int | None:
    """Return the number of the system call `name` on `machine` (default: here), or None if it has none.

    Raises
    ------
    KeyError
        If `name` is not in the table.
    OSError
        If there is no table for the machine.
    """
    machine = machine or _here()
    if machine not in MACHINES:
        raise OSError(f"There is no table of system calls for {machine!r}; known: {', '.join(MACHINES)}.")
    return _NUMBERS[name][MACHINES.index(machine)]


def known_calls() -> tuple[str, ...]:
    """Return the names of all calls in the table."""
    return tuple(_NUMBERS)


_here = cache(platform.machine)


@cache
def supported() -> bool:
    """Whether this is a 64-bit Linux of a known architecture: nothing here works elsewhere."""
    return sys.platform == "linux" and _here() in MACHINES and sys.maxsize > 2**32


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make the system call `name` and return its result.

    Every integer is passed as 64 bits: a bare Python int would reach variadic `syscall` as 32 bits.

    Raises
    ------
    OSError
        With the errno of the kernel.
    """
    number_here = number(name)
    assert number_here is not None, name
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = _libc().syscall(ctypes.c_long(number_here), *wide)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return int(result)


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Call mount(2); `kind` is the type of a file system, None for bind mounts and changes."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    if _libc().mount(*encoded, ctypes.c_ulong(flags), os.fsencode(data) or None) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount {target}: {os.strerror(code)}")


def unmount(target: str, flags: int) -> None:
    """Call umount2(2)."""
    if _libc().umount2(os.fsencode(target), flags) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"umount {target}: {os.strerror(code)}")


def unshare(flags: int) -> None:
    """Call unshare(2)."""
    if _libc().unshare(flags) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"unshare: {os.strerror(code)}")


def clear_environment() -> None:
    """Call clearenv(3): libc then reads no variable of the initial environment."""
    _libc().clearenv()


@dataclass(frozen=True)
class Machine:
    """What the kernel offers. Made by `measure`, or by a test that wants to see an older kernel.

    Parameters
    ----------
    landlock_abi : int
        Version of Landlock to use, 0 for none.
    seccomp : bool
        Whether system calls can be filtered.
    namespaces : bool
        Whether a process gets file systems of its own.
    privileged : bool
        Whether this process may mount by itself, so that no user namespace is needed.
    counts_tasks : bool
        Whether the threads that the kernel counts for this user can be seen from here.
    remarks : tuple of str
        Why something is not offered.
    """

    landlock_abi: int = 0
    seccomp: bool = False
    namespaces: bool = False
    privileged: bool = False
    counts_tasks: bool = False
    remarks: tuple[str, ...] = ()


def count_threads() -> int:
    """Return how many threads this process has: Landlock and namespaces shut in one thread only."""
    return os.stat("/proc/self/task").st_nlink - 2
