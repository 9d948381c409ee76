"""The places and processes that attempts aim at, and the warm processes that confine those who try."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from confine_lab import ORDINARY_USER, Lab
from hypothesis import settings

from autograder.confine import measure, runtime_paths

# As for the other tests: reproducible, and without a deadline.
settings.register_profile("course", deadline=None, derandomize=True, max_examples=40, print_blob=True)
settings.load_profile("course")

MiB = 2**20
LIMITS = {
    "cpu_seconds": 20,
    "memory_bytes": 1024 * MiB,
    "processes": 16,
    "open_files": 64,
    "file_bytes": 4 * MiB,
    "scratch_bytes": 6 * MiB,
}


@dataclass
class Range:
    """Where attempts are made: a lab, what it may reach, and what it must not.

    `snapshot` says how everything outside looks, so that "nothing has happened" can be compared.
    """

    lab: Lab
    base: Path
    victim: subprocess.Popen[bytes]
    token: str = field(default_factory=lambda: "confine-" + secrets.token_hex(8))

    def fresh_scratch(self) -> Path:
        """Return a new scratch folder with a helper file, as beside a notebook."""
        scratch = Path(tempfile.mkdtemp(dir=self.base / "scratches"))
        (scratch / "helper.txt").write_text("help")
        (scratch / "package").mkdir()
        (scratch / "package" / "module.txt").write_text("deep")
        _give(scratch, self.lab.user)
        return scratch

    def policy(self, **changes: Any) -> dict[str, Any]:
        """Return a policy in plain values."""
        given = [self.base / "given", self.base / "link-to-given"]
        plain = {
            "readable": [str(path) for path in (*_runtime(self.lab.user), *given)],
            "hidden": [str(self.base / "given" / "reference")],
            "scratch": str(self.fresh_scratch()),
            "limits": LIMITS,
        }
        return plain | changes

    def targets(self) -> dict[str, Any]:
        """Return what attempts aim at."""
        return {
            "gradebook": str(self.base / "outside" / "gradebook.db"),
            "outside": str(self.base / "outside"),
            "neighbour": str(self.base / "neighbour"),
            "given": str(self.base / "given"),
            "link_to_given": str(self.base / "link-to-given"),
            "hidden": str(self.base / "given" / "reference"),
            "victim": self.victim.pid,
            "token": self.token,
            **LIMITS,
        }

    def snapshot(self) -> list[Any]:
        """Return everything that an attempt could have changed."""
        seen: list[Any] = []
        for top in ("outside", "neighbour", "given"):
            for place, folders, files in sorted(os.walk(self.base / top)):
                for name in sorted((*folders, *files)):
                    path = Path(place, name)
                    status = path.lstat()
                    content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
                    facts = (status.st_mode, status.st_uid, status.st_mtime_ns, status.st_nlink, content)
                    seen.append((str(path), facts, tuple(os.listxattr(path, follow_symlinks=False))))
        notes = [Path(folder, self.token).exists() for folder in ("/tmp", "/dev/shm")]
        queues = [
            Path(f"/proc/sysvipc/{kind}").read_text().count(str(0x5EC0)) for kind in ("shm", "sem", "msg")
        ]
        process = (self.victim.poll(), os.getpriority(os.PRIO_PROCESS, self.victim.pid))
        placing = (sorted(os.sched_getaffinity(self.victim.pid)), self.lab.process.poll())
        return [seen, notes, queues, process, placing]

    def run(self, attempt: str, machine: dict[str, Any] | None, **changes: Any) -> dict[str, Any]:
        """Make an attempt in a confined child."""
        return self.lab.run(attempt, self.policy(**changes), machine, self.targets())


def _give(folder: Path, user: int) -> None:
    """Let everything belong to the user who attacks: then only confinement stands in the way."""
    os.chown(folder, user, -1)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(place, name), user, -1, follow_symlinks=False)


@cache
def _runtime(user: int) -> tuple[Path, ...]:
    return tuple(path for path in runtime_paths() if _open_to(path, user))


def _open_to(path: Path, user: int) -> bool:
    """Whether `user` can reach a path by the bits for everybody."""
    steps = (path.resolve(), *path.resolve().parents)
    return user == os.getuid() or all(step.stat().st_mode & 0o005 == 0o005 for step in steps if step.is_dir())


def _build(base: Path, user: int) -> None:
    for name in ("outside/empty", "neighbour", "given/reference", "scratches"):
        (base / name).mkdir(parents=True)
    (base / "outside/gradebook.db").write_text("grades")
    (base / "neighbour/answer.py").write_text("42")
    (base / "given/data.csv").write_text("1,2,3")
    (base / "given/reference/reference.py").write_text("solution")
    (base / "given/link").symlink_to(base / "outside/gradebook.db")
    (base / "link-to-given").symlink_to("given")
    _give(base, user)


def _range(user: int | None) -> Iterator[Range]:
    base = Path(tempfile.mkdtemp(prefix="confine-range-"))
    base.chmod(0o755)
    owner = os.getuid() if user is None else user
    _build(base, owner)
    lab = Lab(user)
    victim = subprocess.Popen(["sleep", "600"], start_new_session=True, user=user)
    found = Range(lab, base, victim)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + found.token)
    listener.listen()
    try:
        yield found
    finally:
        listener.close()
        victim.kill()
        victim.wait()
        lab.close()
        shutil.rmtree(base)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a kernel that confines, and say what is lacking."""
    machine = measure()
    lacking = [
        name
        for name, there in (("Landlock", machine.landlock_abi), ("seccomp", machine.seccomp))
        if not there
    ]
    for item in items:
        if lacking and item.get_closest_marker("needs_walls"):
            item.add_marker(pytest.mark.skip(reason=f"this machine has no {' and no '.join(lacking)}"))


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of these tests known."""
    config.addinivalue_line("markers", "needs_walls: needs Landlock and seccomp")


@pytest.fixture(scope="session")
def own_range() -> Iterator[Range]:
    """The range of whoever runs the tests."""
    yield from _range(None)


@pytest.fixture(scope="session")
def ordinary_range() -> Iterator[Range]:
    """The range of an ordinary user: whoever runs the tests, or as root a user made up."""
    if os.getuid() == 0:
        yield from _range(ORDINARY_USER)
    else:
        yield from _range(None)
