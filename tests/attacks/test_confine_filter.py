"""The filter as a program: run here by an interpreter of classic BPF, so for both machines and any argument."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.confine import seccomp, system

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FOREIGN = {"i386": 0x40000003, "arm": 0x40000028, "riscv64": 0xC00000F3}
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
OWN = 4321
MACHINES = pytest.mark.parametrize("machine", ARCHITECTURES)
WORD = st.integers(0, 2**64 - 1)

# Never, whatever the arguments.
FORBIDDEN = [
    "fork",
    "vfork",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "tkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "io_setup",
    "io_submit",
    "bpf",
    "perf_event_open",
    "keyctl",
    "add_key",
    "request_key",
    "userfaultfd",
    "memfd_create",
    "memfd_secret",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsmount",
    "fsconfig",
    "mount_setattr",
    "open_by_handle_at",
    "name_to_handle_at",
    "truncate",
    "creat",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mknod",
    "mknodat",
    "flock",
    "splice",
    "tee",
    "vmsplice",
    "sendfile",
    "copy_file_range",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "capset",
    "setrlimit",
    "setpriority",
    "sched_setaffinity",
    "sched_setscheduler",
    "sched_setparam",
    "sched_setattr",
    "ioprio_set",
    "personality",
    "shmget",
    "shmat",
    "shmctl",
    "semget",
    "semop",
    "msgget",
    "msgsnd",
    "msgrcv",
    "mq_open",
    "mq_unlink",
    "mq_notify",
    "inotify_init1",
    "fanotify_init",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "syslog",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "modify_ldt",
    "kcmp",
    "get_robust_list",
    "migrate_pages",
    "move_pages",
    "mbind",
    "process_madvise",
    "process_mrelease",
    "timer_create",
    "signalfd4",
    "seccomp",
    "landlock_create_ruleset",
    "landlock_restrict_self",
    "prctl_none",
    "clone3",
    "openat2",
    "setsid",
    "setpgid",
    "vhangup",
]


def run(
    program: list[tuple[int, int, int, int]], architecture: int, number: int, arguments: list[int]
) -> int:
    """Interpret a filter as the kernel does (linux/filter.h) and return its answer."""
    data = number.to_bytes(4, "little") + architecture.to_bytes(4, "little") + bytes(8)
    data += b"".join(argument.to_bytes(8, "little") for argument in arguments + [0] * (6 - len(arguments)))
    place = accumulator = 0
    while True:
        code, if_true, if_false, constant = program[place]
        place += 1
        match code:
            case 0x20:  # load a word of the data
                accumulator = int.from_bytes(data[constant : constant + 4], "little")
            case 0x54:  # and
                accumulator &= constant
            case 0x15:  # jump if equal
                place += if_true if accumulator == constant else if_false
            case 0x35:  # jump if greater or equal
                place += if_true if accumulator >= constant else if_false
            case 0x06:  # return
                return constant
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@cache
def built(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter under test."""
    return seccomp.build(OWN, machine)


def answer(machine: str, name_or_number: str | int, *arguments: int) -> int:
    """Return what the filter says to a call on `machine`."""
    number = system.number(name_or_number, machine) if isinstance(name_or_number, str) else name_or_number
    assert number is not None
    return run(built(machine), ARCHITECTURES[machine], number, list(arguments))


def libseccomp_number(name: str, machine: str) -> int | None:
    """Ask libseccomp for a number: the second source."""
    found = ctypes.util.find_library("seccomp")
    if found is None:
        pytest.skip("libseccomp is not installed, so there is no second table to compare with")
    library = ctypes.CDLL(found)
    number = library.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(ARCHITECTURES[machine]), name.encode())
    return number if number >= 0 else None


@MACHINES
def test_numbers_agree_with_libseccomp(machine: str) -> None:
    ours = {name: system.number(name, machine) for name in system.known_calls()}
    theirs = {name: libseccomp_number(name, machine) for name in ours}
    newer = {
        name for name in ours if theirs[name] is None and (ours[name] or 0) > 440
    }  # than that libseccomp
    assert {name: n for name, n in ours.items() if name not in newer} == {
        name: n for name, n in theirs.items() if name not in newer
    }


def test_numbers_agree_with_the_kernel_headers() -> None:
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.exists():
        pytest.skip("the kernel's headers for x86_64 are not installed")
    listed = {
        name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", header.read_text())
    }
    ours = {name: system.number(name, "x86_64") for name in system.known_calls()}
    assert {name: n for name, n in ours.items() if name in listed} == {
        n: listed[n] for n in ours if n in listed
    }


@MACHINES
@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_calls_are_refused_whatever_the_arguments(name: str, machine: str) -> None:
    number = libseccomp_number(name, machine)
    if number is None:
        return  # this machine has no such call
    for argument in (0, 1, OWN, 2**32 - 1, 2**64 - 1):
        assert answer(machine, number, *[argument] * 6) & 0xFFFF0000 == REFUSE


@MACHINES
@given(number=st.integers(0, 2**30 - 1), arguments=st.lists(WORD, min_size=6, max_size=6))
def test_only_listed_numbers_are_allowed(machine: str, number: int, arguments: list[int]) -> None:
    allowed = {system.number(name, machine) for name in seccomp.allowed_calls()}
    verdict = answer(machine, number, *arguments)
    assert verdict != ALLOW or number in allowed


@MACHINES
def test_every_unlisted_number_is_refused(machine: str) -> None:
    program = seccomp.build(OWN, machine)
    listed = {system.number(name, machine) for name in system.known_calls()}
    verdicts = {run(program, ARCHITECTURES[machine], n, []) for n in range(1024) if n not in listed}
    assert verdicts == {REFUSE | errno.EPERM}


@MACHINES
@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_foreign_architecture_kills(machine: str, foreign: str) -> None:
    program = seccomp.build(OWN, machine)
    assert {run(program, FOREIGN[foreign], number, []) for number in range(600)} == {KILL}


@given(number=st.integers(0, 2**30 - 1))
def test_the_x32_interface_kills(number: int) -> None:
    assert answer("x86_64", number | 0x40000000) == KILL


@MACHINES
@given(flags=WORD)
def test_clone_makes_threads_only(machine: str, flags: int) -> None:
    thread, memory, namespaces, others = 0x10000, 0x100, 0x7E020000, 0x00800000 | 0x8000 | 0x4000 | 0x2000
    allowed = answer(machine, "clone", flags) == ALLOW
    is_thread = flags & thread and flags & memory and not flags & (namespaces | others)
    assert is_thread or not allowed


@MACHINES
@pytest.mark.parametrize("bit", [1 << bit for bit in (12, 13, 14, 15, 17, 23, *range(25, 31))])
def test_no_flag_comes_with_a_thread_that_makes_it_more(machine: str, bit: int) -> None:
    assert answer(machine, "clone", 0x3D0F00 | bit) == REFUSE | errno.EPERM


@MACHINES
@given(extra=st.integers(0, 2**32 - 1).map(lambda high: high << 32))
def test_the_flags_of_pthread_create_are_allowed(machine: str, extra: int) -> None:
    assert answer(machine, "clone", 0x3D0F00 | extra) == ALLOW


@MACHINES
@pytest.mark.parametrize("name", ["kill", "tgkill"])
@given(target=WORD)
@example(target=OWN)
@example(target=0)
@example(target=2**32 - 1)
@example(target=1 << 32)
def test_only_oneself_can_be_signalled(machine: str, name: str, target: int) -> None:
    assert (answer(machine, name, target, 9, 9) == ALLOW) == (target & 0xFFFFFFFF == OWN)


@MACHINES
@given(flags=st.integers(0, 2**32 - 1))
def test_files_are_opened_only_where_landlock_is_asked(machine: str, flags: int) -> None:
    allowed = answer(machine, "openat", 0, 0, flags) == ALLOW
    mode = flags & os.O_ACCMODE
    evades = flags & 0o10000000 or mode == 3 or (flags & os.O_TRUNC and mode == os.O_RDONLY)
    assert allowed != bool(evades)


@MACHINES
@given(pid=WORD, pointer=WORD)
@example(pid=0, pointer=1)
@example(pid=0, pointer=1 << 32)
@example(pid=0, pointer=0)
@example(pid=OWN, pointer=0)
def test_limits_can_be_read_and_not_set(machine: str, pid: int, pointer: int) -> None:
    allowed = answer(machine, "prlimit64", pid, 4, pointer, 1) == ALLOW
    assert allowed == (pid & 0xFFFFFFFF == 0 and pointer == 0)


@MACHINES
@given(address=WORD)
@example(address=0)
@example(address=1 << 32)
def test_nothing_is_sent_to_an_address(machine: str, address: int) -> None:
    assert (answer(machine, "sendto", 3, 0, 1, 0, address, 0) == ALLOW) == (address == 0)


@MACHINES
@given(command=st.integers(0, 2**32 - 1), argument=WORD)
def test_descriptors_send_no_signals(machine: str, command: int, argument: int) -> None:
    allowed = answer(machine, "fcntl", 3, command, argument) == ALLOW
    assert not (allowed and command in (8, 10, 15, 1024, 1026, 1031))
    assert not (allowed and command == 4 and argument & os.O_ASYNC)


@MACHINES
@given(request=st.integers(0, 2**32 - 1))
def test_few_ioctls_are_allowed(machine: str, request: int) -> None:
    allowed = answer(machine, "ioctl", 0, request) == ALLOW
    assert not allowed or request in (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)


@MACHINES
def test_every_path_ends_in_an_answer_within_the_kernels_bounds(machine: str) -> None:
    program = seccomp.build(OWN, machine)
    assert len(program) <= 4096
    for place, (code, if_true, if_false, _) in enumerate(program):
        steps = {if_true, if_false} if code in (0x15, 0x35) else {0} if code != 0x06 else set()
        assert all(0 <= step <= 255 and place + 1 + step < len(program) for step in steps)


@given(process=st.integers(1, 2**22))
def test_the_prepared_filter_is_the_built_one(process: int) -> None:
    assert seccomp.compiled(process) == seccomp.assemble(seccomp.build(process))


@pytest.mark.parametrize("process", [0, -1])
def test_no_filter_for_groups_of_processes(process: int) -> None:
    with pytest.raises(ValueError, match="positive process id"):
        seccomp.build(process)


def test_an_unknown_machine_is_an_error() -> None:
    with pytest.raises(OSError, match="no table of system calls for 'mips'"):
        system.number("read", "mips")
