"""What submitted code may try, one function an attempt, and what stops it.

Every function runs in a confined child of `confine_lab`. It raises OSError when it is refused, and returns
normally when it gets through. Targets are files, folders and processes that the test has made, signals to
"everybody" are number 0, so an attempt that succeeds does no harm.

Run this file to print the table of docs/confinement.md.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Targets = dict[str, Any]  # what a test has made: paths and process ids by name

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
X86 = platform.machine() == "x86_64"

# Numbers of calls that the confinement knows nothing of, so written down here again: (x86_64, aarch64).
CALLS = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "capset": (126, 91),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "execveat": (322, 281),
    "fanotify_init": (300, 262),
    "fsopen": (430, 430),
    "get_robust_list": (274, 100),
    "init_module": (175, 105),
    "inotify_init1": (294, 26),
    "io_setup": (206, 0),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "landlock_create_ruleset": (444, 444),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "mlock": (149, 228),
    "mount": (165, 40),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "semget": (64, 190),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "setxattr": (188, 5),
    "shmget": (29, 194),
    "splice": (275, 76),
    "swapoff": (168, 225),
    "syslog": (103, 116),
    "tgkill": (234, 131),
    "timer_create": (222, 107),
    "tkill": (200, 130),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}


def raw(name: str, *arguments: int | bytes | None) -> int:
    """Make a system call without libc's help."""
    number = CALLS[name][0 if X86 else 1]
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = _LIBC.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return int(result)


@dataclass(frozen=True)
class Threat:
    """An attempt and what stops it on three generations of kernels.

    Parameters
    ----------
    name : str
        The id, which is also the id of its test.
    what : str
        What is tried.
    attempt : callable
        Tries it.
    stops : tuple of three str
        What stops it with Landlock ABI 2 (Linux 6.1), 4 (6.8) and 7 (6.15 or newer).
    codes : frozenset of int
        The ways in which the kernel may refuse. 0: the call says that it succeeded, but does nothing.
    """

    name: str
    what: str
    attempt: Callable[[Targets], object]
    stops: tuple[str, str, str]
    codes: frozenset[int]


THREATS: dict[str, Threat] = {}

FILES = ("Landlock",) * 3
FILTER = ("seccomp",) * 3
_REFUSED = (errno.EPERM, errno.EACCES)


def threat(
    name: str, what: str, stops: tuple[str, str, str] = FILTER, codes: tuple[int, ...] = _REFUSED
) -> Callable[[Callable[[Targets], object]], Callable[[Targets], object]]:
    """Put an attempt into the table."""

    def register(attempt: Callable[[Targets], object]) -> Callable[[Targets], object]:
        assert name not in THREATS, name
        THREATS[name] = Threat(name, what, attempt, stops, frozenset(codes))
        return attempt

    return register


def simple(name: str, what: str, call: str, *arguments: int | bytes | None) -> None:
    """Put a single system call into the table."""
    threat(name, what)(lambda _: raw(call, *arguments))


# --- reading -------------------------------------------------------------------------------------------
# With a private root what is not named does not exist (ENOENT); a descriptor number may not be open (EBADF).
_GONE = (*_REFUSED, errno.ENOENT)


@threat("read-gradebook", "read a file outside what was given", FILES, _GONE)
def _(t: Targets) -> object:
    return Path(t["gradebook"]).read_text()


@threat("read-dot-dot", "read it by a path through a readable folder and ..", FILES, _GONE)
def _(t: Targets) -> object:
    return open(f"{t['given']}/../outside/gradebook.db").read()


@threat("read-link", "read it by a link that lies in a readable folder", FILES, _GONE)
def _(t: Targets) -> object:
    return (Path(t["given"]) / "link").read_text()


@threat("read-neighbour", "read another submission's folder", FILES, _GONE)
def _(t: Targets) -> object:
    return (Path(t["neighbour"]) / "answer.py").read_text()


@threat("list-neighbour", "list another submission's folder", FILES, _GONE)
def _(t: Targets) -> object:
    return os.listdir(t["neighbour"])


@threat("read-hidden", "read a hidden file inside a readable folder", FILES, (*_GONE, errno.EACCES))
def _(t: Targets) -> object:
    return (Path(t["hidden"]) / "reference.py").read_text()


@threat("read-passwd", "read /etc/passwd", FILES, _GONE)
def _(t: Targets) -> object:
    return open("/etc/passwd").read()


@threat("list-machine", "list a folder of the machine", FILES, _GONE)
def _(t: Targets) -> object:
    return os.listdir("/var")


for _what in ("environ", "mem", "maps", "cmdline", "status", "fd"):

    @threat(f"read-parent-{_what}", f"look at /proc/PARENT/{_what}", FILES, _GONE)
    def _(t: Targets, what: str = _what) -> object:
        path = f"/proc/{t['parent']}/{what}"
        return os.listdir(path) if what == "fd" else open(path, "rb").read(1)


@threat("read-own-environ", "read the variables of the warm process in /proc/self/environ", FILES, _GONE)
def _(t: Targets) -> object:
    return open("/proc/self/environ").read()


@threat("read-disk", "read the machine's disk or memory as a device", FILES, _GONE)
def _(t: Targets) -> object:
    return open("/dev/mem", "rb").read(1)


@threat("open-path", "open a file with O_PATH, which Landlock is not asked about")
def _(t: Targets) -> object:
    return os.open(f"{t['given']}/data.csv", os.O_PATH)


@threat("open-mode-3", "open a file with access mode 3, which Landlock is not asked about")
def _(t: Targets) -> object:
    return os.open(f"{t['given']}/data.csv", 3)


@threat("open-openat2", "open a file with openat2, whose flags a filter cannot see", codes=(errno.ENOSYS,))
def _(t: Targets) -> object:
    return raw("openat2", -100, os.fsencode(t["given"]), struct.pack("<QQQ", 0, 0, 0), 24)


simple("open-handle", "open a file by its handle", "open_by_handle_at", -100, bytes(16), 0)
simple("name-handle", "get a file's handle", "name_to_handle_at", -100, b"/", bytes(16), bytes(8), 0)


@threat(
    "environment", "find a secret of the warm process in the environment", ("wiped",) * 3, (errno.ENOENT,)
)
def _(t: Targets) -> object:
    found = [os.environ.get("COURSE_SECRET"), _LIBC.getenv(b"COURSE_SECRET")]
    start, length = t["environment_block"]
    if any(found) or b"opensesame" in ctypes.string_at(start, length):
        return "found"
    raise FileNotFoundError(errno.ENOENT, "no such variable")


for _name, _which in {"descriptor": 0, "descriptor-high": 1}.items():

    @threat(_name, "read from a descriptor that the warm process has open", ("closed",) * 3, (errno.EBADF,))
    def _(t: Targets, which: int = _which) -> object:
        return os.pread(t["descriptors"][which], 10, 0)


# --- changing ------------------------------------------------------------------------------------------
_ROFS = (*_GONE, errno.EROFS)


@threat("write-gradebook", "overwrite a file outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return Path(t["gradebook"]).write_text("100 points")


@threat("append-gradebook", "append to a file outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return open(t["gradebook"], "a")


@threat("create-outside", "create a file outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return open(f"{t['outside']}/created", "x")


@threat("write-given", "overwrite a file that may be read", FILES, _ROFS)
def _(t: Targets) -> object:
    return open(f"{t['given']}/data.csv", "r+")


@threat("create-given", "create a file in a folder that may be read", FILES, _ROFS)
def _(t: Targets) -> object:
    return open(f"{t['given']}/numpy.py", "x")


_TRUNCATING = ("seccomp", "seccomp, Landlock", "seccomp, Landlock")


@threat("truncate", "empty a file with truncate", _TRUNCATING)
def _(t: Targets) -> object:
    return os.truncate(f"{t['given']}/data.csv", 0)


@threat("truncate-by-opening", "empty a file by opening it for reading with O_TRUNC", _TRUNCATING)
def _(t: Targets) -> object:
    return os.open(f"{t['given']}/data.csv", os.O_RDONLY | os.O_TRUNC)


_PRETENDED = ("seccomp (pretends)",) * 3


@threat("chmod", "change the mode of a file that may be read", _PRETENDED, (0,))
def _(t: Targets) -> object:
    return os.chmod(f"{t['given']}/data.csv", 0o777)


@threat("fchmod", "change it through a descriptor", _PRETENDED, (0,))
def _(t: Targets) -> object:
    return os.fchmod(os.open(f"{t['given']}/data.csv", os.O_RDONLY), 0o777)


@threat("chmod-neighbour", "change the mode of another submission's file", _PRETENDED, (0,))
def _(t: Targets) -> object:
    return os.chmod(f"{t['neighbour']}/answer.py", 0)


@threat("chown", "change the owner of a file")
def _(t: Targets) -> object:
    return os.chown(f"{t['given']}/data.csv", os.getuid(), os.getgid())


@threat("utime", "change the times of a file", _PRETENDED, (0,))
def _(t: Targets) -> object:
    return os.utime(f"{t['given']}/data.csv", (1, 1))


@threat("setxattr", "change the attributes of a file")
def _(t: Targets) -> object:
    return os.setxattr(f"{t['given']}/data.csv", "user.x", b"1")


@threat("set-flags", "make a file immutable (ioctl)")
def _(t: Targets) -> object:
    return fcntl.ioctl(os.open(f"{t['given']}/data.csv", os.O_RDONLY), 0x40086602, struct.pack("q", 0x10))


@threat("rename-outside", "rename a file outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return os.rename(t["gradebook"], f"{t['outside']}/gone")


@threat(
    "rename-out-of-scratch",
    "move a file from the scratch folder over one outside",
    FILES,
    (*_ROFS, errno.EXDEV),
)
def _(t: Targets) -> object:
    Path("mine").write_text("100 points")
    return os.rename("mine", t["gradebook"])


@threat(
    "rename-into-scratch", "move a file from outside into the scratch folder", FILES, (*_ROFS, errno.EXDEV)
)
def _(t: Targets) -> object:
    return os.rename(f"{t['given']}/data.csv", "mine")


@threat("link-secret", "link a file from outside into the scratch folder")
def _(t: Targets) -> object:
    return os.link(t["gradebook"], "mine")


@threat("symlink", "leave a symbolic link for the grader to follow", ("seccomp, Landlock",) * 3)
def _(t: Targets) -> object:
    return os.symlink(t["gradebook"], "result.png")


@threat("mkfifo", "leave a pipe for the grader to wait at", ("seccomp, Landlock",) * 3)
def _(t: Targets) -> object:
    return os.mkfifo("result.png")


@threat("unlink", "remove a file outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return os.unlink(t["gradebook"])


@threat("unlink-given", "remove a file that may be read", FILES, _ROFS)
def _(t: Targets) -> object:
    return os.unlink(f"{t['given']}/data.csv")


@threat("mkdir", "make a folder outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return os.mkdir(f"{t['outside']}/folder")


@threat("rmdir", "remove a folder outside", FILES, _ROFS)
def _(t: Targets) -> object:
    return os.rmdir(f"{t['outside']}/empty")


@threat("shared-memory", "leave a note for the next submission in /dev/shm", FILES, _ROFS)
def _(t: Targets) -> object:
    return open(f"/dev/shm/{t['token']}", "x")


@threat("leave-in-tmp", "leave a note in /tmp", FILES, _ROFS)
def _(t: Targets) -> object:
    return open(f"/tmp/{t['token']}", "x")


simple("mount", "mount something", "mount", b"none", b"/", None, 1 << 18, None)
simple("umount", "unmount something", "umount2", b"/nowhere", 0)
simple("chroot", "change the root", "chroot", b".")
simple("pivot-root", "exchange the root", "pivot_root", b".", b".")
simple("open-tree", "copy a mount", "open_tree", -100, b"/", 1)
simple("fsopen", "make a file system", "fsopen", b"tmpfs", 0)
simple("splice", "move data between descriptors in the kernel", "splice", 0, None, 1, None, 0, 0)


@threat("lease", "hold up whoever opens a file (lease)")
def _(t: Targets) -> object:
    return fcntl.fcntl(os.open(f"{t['given']}/data.csv", os.O_RDONLY), 1024, fcntl.F_RDLCK)


@threat("watch-folder", "be told what others do in a folder (dnotify)")
def _(t: Targets) -> object:
    return fcntl.fcntl(os.open(t["given"], os.O_RDONLY), 1026, 1)


@threat("flock", "hold up whoever locks a file that may be read")
def _(t: Targets) -> object:
    return fcntl.flock(os.open(f"{t['given']}/data.csv", os.O_RDONLY), fcntl.LOCK_EX)


simple("inotify", "be told what others do in a folder (inotify)", "inotify_init1", 0)
simple("fanotify", "be told what others do on a disk", "fanotify_init", 0, 0)

# --- the network and other processes' sockets -----------------------------------------------------------
_FAMILIES = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM),
    "udp": (socket.AF_INET, socket.SOCK_DGRAM),
    "tcp6": (socket.AF_INET6, socket.SOCK_STREAM),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM),
    "unix-datagram": (socket.AF_UNIX, socket.SOCK_DGRAM),
    "netlink": (16, socket.SOCK_RAW),
    "packet": (17, socket.SOCK_RAW),
    "crypto": (38, socket.SOCK_SEQPACKET),
    "vsock": (40, socket.SOCK_STREAM),
}
for _name, _family in _FAMILIES.items():

    @threat(f"socket-{_name}", f"open a socket: {_name}")
    def _(t: Targets, family: tuple[int, int] = _family) -> object:
        return socket.socket(*family)


@threat("socket-abstract", "talk to a process of the grader by an abstract name")
def _(t: Targets) -> object:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mine:
        return mine.connect("\0" + t["token"])


@threat("socketpair-datagram", "get a datagram socket, which can be sent anywhere, as one of a pair")
def _(t: Targets) -> object:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


@threat("sendto-address", "send to an address from a socket of a pair")
def _(t: Targets) -> object:
    return socket.socketpair()[0].sendto(b"x", "\0" + t["token"])


@threat("pass-descriptor", "pass descriptors over a socket")
def _(t: Targets) -> object:
    return socket.send_fds(socket.socketpair()[0], [b"x"], [0])


@threat("bind-pair", "give a socket of a pair a name")
def _(t: Targets) -> object:
    return socket.socketpair()[0].bind("\0" + t["token"] + "x")


@threat("connect-pair", "connect a socket of a pair to somebody else")
def _(t: Targets) -> object:
    return socket.socketpair()[0].connect("\0" + t["token"])


# --- signals -------------------------------------------------------------------------------------------
_SIGNAL = ("seccomp", "seccomp", "seccomp, Landlock")


@threat("kill-victim", "kill another process of the same user", _SIGNAL)
def _(t: Targets) -> object:
    return os.kill(t["victim"], signal.SIGKILL)


@threat("kill-parent", "signal the warm process", _SIGNAL)
def _(t: Targets) -> object:
    return os.kill(t["parent"], signal.SIGURG)


for _name, _target in {"group-0": 0, "everybody": -1}.items():

    @threat(f"kill-{_name}", f"signal process {_target}", _SIGNAL)
    def _(t: Targets, target: int = _target) -> object:
        return os.kill(target, 0)


@threat("kill-group", "signal a group of processes", _SIGNAL)
def _(t: Targets) -> object:
    return os.killpg(t["victim"], 0)


@threat("kill-wide", "signal process 0 hidden by the upper half of the argument", _SIGNAL)
def _(t: Targets) -> object:
    number = 62 if X86 else 129
    if _LIBC.syscall(ctypes.c_long(number), ctypes.c_long(1 << 32), ctypes.c_long(0)) < 0:
        raise OSError(ctypes.get_errno(), "kill")
    return "sent"


@threat("tkill", "signal a thread of another process", _SIGNAL)
def _(t: Targets) -> object:
    return raw("tkill", t["victim"], signal.SIGKILL)


@threat("tgkill", "signal a thread of another process by its group", _SIGNAL)
def _(t: Targets) -> object:
    return raw("tgkill", t["victim"], t["victim"], signal.SIGKILL)


@threat("sigqueue", "queue a signal for another process", _SIGNAL)
def _(t: Targets) -> object:
    return raw(
        "rt_sigqueueinfo", t["victim"], signal.SIGKILL, struct.pack("iii", signal.SIGKILL, 0, -1) + bytes(116)
    )


@threat("tgsigqueue", "queue a signal for a thread of another process", _SIGNAL)
def _(t: Targets) -> object:
    info = struct.pack("iii", signal.SIGKILL, 0, -1) + bytes(116)
    return raw("rt_tgsigqueueinfo", t["victim"], t["victim"], signal.SIGKILL, info)


@threat("pidfd-open", "get a descriptor of another process")
def _(t: Targets) -> object:
    return raw("pidfd_open", t["victim"], 0)


simple("pidfd-signal", "signal through a descriptor of a process", "pidfd_send_signal", 0, 9, None, 0)


@threat(
    "signal-by-descriptor",
    "have the kernel send a signal of one's choice when a pipe fills (F_SETOWN)",
    _SIGNAL,
)
def _(t: Targets) -> object:
    return fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, t["victim"])


@threat("signal-number", "choose SIGKILL for that (F_SETSIG)", _SIGNAL)
def _(t: Targets) -> object:
    return fcntl.fcntl(os.pipe()[0], 10, signal.SIGKILL)


@threat("signal-async", "switch those signals on (O_ASYNC)", _SIGNAL)
def _(t: Targets) -> object:
    return fcntl.fcntl(os.pipe()[0], fcntl.F_SETFL, os.O_ASYNC)


@threat("signal-owner-ioctl", "the same by ioctl (FIOSETOWN)", _SIGNAL)
def _(t: Targets) -> object:
    return fcntl.ioctl(os.pipe()[0], 0x8901, struct.pack("i", t["victim"]))


simple("timer-thread", "have a timer signal a thread", "timer_create", 0, bytes(64), bytes(8))


@threat("survive-parent", "outlive the warm process (PR_SET_PDEATHSIG)")
def _(t: Targets) -> object:
    if _LIBC.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return "set"


@threat("be-dumpable", "let others look in (PR_SET_DUMPABLE)")
def _(t: Targets) -> object:
    if _LIBC.prctl(4, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return "set"


@threat("type-into-terminal", "type a command into the teacher's terminal (TIOCSTI)")
def _(t: Targets) -> object:
    return fcntl.ioctl(0, 0x5412, b"\0")


# --- other processes' memory ---------------------------------------------------------------------------
@threat("ptrace-attach", "attach to another process as a debugger")
def _(t: Targets) -> object:
    return raw("ptrace", 0x4206, t["victim"], 0, 0)


simple("ptrace-me", "be debugged", "ptrace", 0, 0, 0, 0)


@threat("vm-read", "read another process's memory")
def _(t: Targets) -> object:
    return raw("process_vm_readv", t["parent"], None, 0, None, 0, 0)


@threat("vm-write", "write another process's memory")
def _(t: Targets) -> object:
    return raw("process_vm_writev", t["parent"], None, 0, None, 0, 0)


simple("pidfd-getfd", "take a descriptor of another process", "pidfd_getfd", 0, 0, 0)
simple("process-madvise", "advise on another process's memory", "process_madvise", 0, None, 0, 0, 0)


@threat("kcmp", "compare with another process")
def _(t: Targets) -> object:
    return raw("kcmp", t["parent"], t["victim"], 1, 0, 0)


@threat("robust-list", "read where another process keeps its locks")
def _(t: Targets) -> object:
    return raw("get_robust_list", t["victim"], bytes(8), bytes(8))


@threat("move-pages", "move another process's memory")
def _(t: Targets) -> object:
    return raw("move_pages", t["victim"], 0, None, None, None, 0)


@threat("migrate-pages", "move all of another process's memory")
def _(t: Targets) -> object:
    return raw("migrate_pages", t["victim"], 0, None, None)


# --- new processes and programs ------------------------------------------------------------------------
def _end_if_child(child: int) -> int:
    if child == 0:
        os._exit(0)
    return child


@threat("fork", "start a process")
def _(t: Targets) -> object:
    return _end_if_child(os.fork())


@threat("fork-raw", "start a process with clone")
def _(t: Targets) -> object:
    return _end_if_child(raw("clone", signal.SIGCHLD, 0, 0, 0, 0))


@threat("clone-sharing", "start a process that shares memory but is no thread")
def _(t: Targets) -> object:
    return _end_if_child(raw("clone", 0x00000400 | signal.SIGCHLD, 0, 0, 0, 0))


@threat("clone-sibling", "start a process that is the grader's child (CLONE_PARENT)")
def _(t: Targets) -> object:
    return _end_if_child(raw("clone", 0x00008000 | signal.SIGCHLD, 0, 0, 0, 0))


@threat("clone-namespace", "start a process in namespaces of its own")
def _(t: Targets) -> object:
    return _end_if_child(raw("clone", 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0))


@threat("clone3", "start a process with clone3, whose flags a filter cannot see", codes=(errno.ENOSYS,))
def _(t: Targets) -> object:
    return _end_if_child(raw("clone3", struct.pack("<8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64))


@threat("vfork", "start a process as vfork does")
def _(t: Targets) -> object:
    return _end_if_child(raw("clone", 0x00004000 | signal.SIGCHLD, 0, 0, 0, 0))


@threat("subprocess", "run a command")
def _(t: Targets) -> object:
    return subprocess.run(["/bin/true"], check=True)


@threat("spawn", "run a command with posix_spawn", codes=(*_REFUSED, errno.ENOSYS))
def _(t: Targets) -> object:
    return os.posix_spawn("/bin/true", ["true"], {})


@threat("exec", "become another program", ("seccomp, Landlock",) * 3)
def _(t: Targets) -> object:
    return os.execv("/bin/true", ["true"])


@threat("exec-own", "write a program and become it", ("seccomp, Landlock",) * 3)
def _(t: Targets) -> object:
    Path("program").write_text("#!/bin/sh\n")
    return os.execv("program", ["program"])


simple("execveat", "become a program by its descriptor", "execveat", 0, b"", None, None, 0x1000)
simple("memfd", "keep a file in memory only", "memfd_create", b"x", 0)
simple("memfd-secret", "keep memory from the kernel", "memfd_secret", 0)

# --- doors into the kernel -----------------------------------------------------------------------------
simple("io-uring", "make system calls past the filter (io_uring)", "io_uring_setup", 1, bytes(120))
simple("bpf", "load a program into the kernel", "bpf", 0, bytes(64), 64)
simple("perf", "watch the machine's counters", "perf_event_open", bytes(120), 0, -1, -1, 0)
simple("keyctl", "read the session's keys", "keyctl", 0, -3, 0, 0, 0)
simple("add-key", "leave a key", "add_key", b"user", b"x", b"y", 1, -3)
simple("request-key", "have the kernel ask for a key", "request_key", b"user", b"x", None, 0)
simple("userfaultfd", "handle page faults oneself", "userfaultfd", 1)
simple("kernel-module", "load a kernel module", "init_module", None, 0, None)
simple("unload-module", "unload a kernel module", "delete_module", b"none", 0)
simple("kernel-log", "read the kernel's log", "syslog", 3, bytes(8), 8)
simple("accounting", "switch accounting of processes off", "acct", None)
simple("swap", "switch swapping off", "swapoff", b"/nowhere")
simple("own-filter", "install a filter of one's own", "seccomp", 0, 0, None)
simple("own-landlock", "make rules of one's own", "landlock_create_ruleset", None, 0, 1)
simple("personality", "run like an older machine", "personality", 0x0040000)
simple("setns", "enter another namespace", "setns", 0, 0)
for _name, _flag in {
    "user": 0x10000000,
    "mount": 0x00020000,
    "net": 0x40000000,
    "pid": 0x20000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
}.items():
    simple(f"unshare-{_name}", f"get a namespace of one's own: {_name}", "unshare", _flag)

# --- rights and limits ---------------------------------------------------------------------------------
simple("capset", "take capabilities", "capset", struct.pack("<Ii", 0x20080522, 0), b"\xff" * 24)


@threat("setuid", "become root")
def _(t: Targets) -> object:
    return os.setuid(0)


@threat("setgid", "join a group")
def _(t: Targets) -> object:
    return os.setgid(0)


@threat("raise-limit", "raise a limit of one's own")
def _(t: Targets) -> object:
    return raw("prlimit64", 0, resource.RLIMIT_CORE, struct.pack("qq", -1, -1), None)


@threat("limit-victim", "change the limits of another process")
def _(t: Targets) -> object:
    return raw("prlimit64", t["victim"], resource.RLIMIT_CORE, struct.pack("QQ", 0, 0), None)


@threat("see-limit-victim", "read the limits of another process")
def _(t: Targets) -> object:
    return resource.prlimit(t["victim"], resource.RLIMIT_CORE)


@threat("priority-victim", "slow another process down")
def _(t: Targets) -> object:
    return os.setpriority(os.PRIO_PROCESS, t["victim"], 19)


@threat("affinity-victim", "push another process to one processor")
def _(t: Targets) -> object:
    return os.sched_setaffinity(t["victim"], {0})


@threat("affinity", "choose one's own processor")
def _(t: Targets) -> object:
    return os.sched_setaffinity(0, {0})


@threat("scheduler", "choose one's own scheduling")
def _(t: Targets) -> object:
    return os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


simple("scheduler-attributes", "choose one's scheduling by attributes", "sched_setattr", 0, bytes(56), 0)
simple("io-priority", "choose the priority of one's reading and writing", "ioprio_set", 1, 0, 0)
simple("lock-memory", "lock memory", "mlock", 0, 4096)

# --- places to leave notes for other submissions -------------------------------------------------------
simple("shmget", "make shared memory (System V)", "shmget", 0x5EC0, 4096, 0o1666)
simple("semget", "make a semaphore (System V)", "semget", 0x5EC0, 1, 0o1666)
simple("msgget", "make a queue (System V)", "msgget", 0x5EC0, 0o1666)
simple("mq-open", "make a queue (POSIX)", "mq_open", b"confine", 0o102, 0o666, None)


# --- using things up -----------------------------------------------------------------------------------
@threat("large-file", "write a file larger than allowed", ("RLIMIT_FSIZE",) * 3, (errno.EFBIG,))
def _(t: Targets) -> object:
    with open("large", "wb") as file:
        return file.truncate(t["file_bytes"] + 1)


@threat("many-files", "hold more files open than allowed", ("RLIMIT_NOFILE",) * 3, (errno.EMFILE,))
def _(t: Targets) -> object:
    return [os.open("/dev/null", os.O_RDONLY) for _ in range(t["open_files"] + 1)]


@threat("large-memory", "take more memory than allowed", ("RLIMIT_AS",) * 3, (errno.ENOMEM,))
def _(t: Targets) -> object:
    return mmap.mmap(-1, t["memory_bytes"] + 1)  # not touched: costs nothing if it succeeds


@threat("many-pipes", "take more memory by large pipes")
def _(t: Targets) -> object:
    return fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)


# --- attempts whose end is not a refusal; see their tests ------------------------------------------------
def machine_code(code: bytes) -> int:
    """Run machine code and return what it leaves in its result register."""
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


def thirty_two_bit(_: Targets) -> int:
    """Call getpid by the 32-bit entry: push rbx; mov eax, 20; int 0x80; pop rbx; ret."""
    return machine_code(b"\x53\xb8\x14\x00\x00\x00\xcd\x80\x5b\xc3")


def x32(_: Targets) -> int:
    """Call getpid by the x32 interface."""
    return int(_LIBC.syscall(ctypes.c_long(0x40000000 | 39)))


def start_threads(targets: Targets) -> int:
    """Start threads until it is refused or 300 run; return how many ran at one time."""
    release, running = threading.Event(), 0
    threading.stack_size(64 * 1024)
    threads = [threading.Thread(target=release.wait, daemon=True) for _ in range(300)]
    try:
        for thread in threads:
            thread.start()
            running += 1
    except RuntimeError:
        pass
    release.set()
    return running


def fill_scratch(targets: Targets) -> int:
    """Write files of 1 MiB until it is refused, or twice the cap is there; return the bytes written."""
    written = 0
    try:
        for index in range(2 * targets["scratch_bytes"] // 2**20):
            Path(f"part{index}").write_bytes(bytes(2**20))
            written += 2**20
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    return written


def endless_loop(_: Targets) -> None:
    """Use processor time, whatever comes."""
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def crash(_: Targets) -> None:
    """Die as if from a fault in machine code; the system might write a core file."""
    ctypes.string_at(0)


def own_limits(_: Targets) -> dict[str, tuple[int, int]]:
    """Return the limits in force."""
    names = ("CORE", "CPU", "FSIZE", "NOFILE")
    return {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}


def own_identity(_: Targets) -> dict[str, Any]:
    """Return who the process is: real and effective ids, and the other groups."""
    return {
        "user": [os.getuid(), os.geteuid()],
        "group": [os.getgid(), os.getegid()],
        "groups": os.getgroups(),
    }


def variables(_: Targets) -> list[str]:
    """Return the names of the variables in the environment."""
    return list(os.environ)


def existence(targets: Targets) -> bool:
    """Return whether a path outside can be seen to exist."""
    return os.path.exists(targets["gradebook"])


def wait_long(_: Targets) -> None:
    """Sleep until killed."""
    threading.Event().wait()


OTHERS: dict[str, Callable[[Targets], object]] = {
    function.__name__: function
    for function in (
        thirty_two_bit,
        x32,
        start_threads,
        fill_scratch,
        endless_loop,
        crash,
        own_limits,
        own_identity,
        variables,
        existence,
        wait_long,
    )
}


def table() -> str:
    """Return the threats as a Markdown table."""
    rows = ["| id | what is tried | ABI 2 (Linux 6.1) | ABI 4 (6.8) | ABI 7 |", "|---|---|---|---|---|"]
    rows += [f"| `{t.name}` | {t.what} | {' | '.join(t.stops)} |" for t in THREATS.values()]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
