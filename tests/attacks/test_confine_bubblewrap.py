"""bubblewrap round a slot: what it shows, hides and takes away."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.confine import Policy, bubblewrap_command, bubblewrap_refusal, runtime_paths

SYSTEM = tuple(Path(path) for path in ("/usr", "/bin", "/lib", "/lib64") if Path(path).exists())


@pytest.fixture
def bwrap() -> None:
    if bubblewrap_refusal():
        pytest.skip(bubblewrap_refusal())


@pytest.fixture
def fresh_answer() -> Iterator[None]:
    """Let the answer of this machine be asked again, before and after."""
    bubblewrap_refusal.cache_clear()
    yield
    bubblewrap_refusal.cache_clear()


def wrapped(policy: Policy, *argv: str) -> subprocess.CompletedProcess[str]:
    command = bubblewrap_command(policy, argv)
    assert command is not None
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def slot(tmp_path: Path) -> Policy:
    for name in ("given/hidden", "scratch", "outside"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text(name)
    return Policy(
        readable=(*SYSTEM, tmp_path / "given"),
        writable=(tmp_path / "scratch",),
        hidden=(tmp_path / "given" / "hidden",),
    )


@pytest.mark.usefixtures("bwrap")
def test_what_is_given_can_be_read_and_not_written(slot: Policy) -> None:
    place = slot.readable[-1] / "data"
    place.write_text("1")
    assert wrapped(slot, "cat", str(place)).stdout == "1"
    assert wrapped(slot, "sh", "-c", f"echo 2 > {place}").returncode != 0
    assert place.read_text() == "1"


@pytest.mark.usefixtures("bwrap")
def test_what_is_not_named_does_not_exist(slot: Policy, tmp_path: Path) -> None:
    assert wrapped(slot, "cat", str(tmp_path / "outside" / "file")).returncode != 0
    assert wrapped(slot, "cat", str(tmp_path / "given" / "hidden" / "file")).returncode != 0
    assert wrapped(slot, "cat", "/etc/passwd").returncode != 0


@pytest.mark.usefixtures("bwrap")
def test_what_is_writable_stays(slot: Policy) -> None:
    assert wrapped(slot, "sh", "-c", f"echo kept > {slot.writable[0]}/new").returncode == 0
    assert (slot.writable[0] / "new").read_text() == "kept\n"


@pytest.mark.usefixtures("bwrap")
def test_other_processes_and_networks_are_out_of_sight(slot: Policy) -> None:
    assert len(wrapped(slot, "sh", "-c", "ls -d /proc/[0-9]*").stdout.split()) < 6
    lines = wrapped(slot, "cat", "/proc/net/dev").stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo"]


@pytest.mark.exhaustive
@pytest.mark.usefixtures("bwrap")
def test_full_protection_is_reached_inside() -> None:
    package = Path(__file__).parents[2] / "autograder"
    policy = Policy(readable=(*SYSTEM, *runtime_paths(), Path(sys.prefix), Path(sys.base_prefix), package))
    code = f"import sys; sys.path.insert(0, {str(package.parent)!r})\nimport json\n"
    code += "from autograder.confine import probe; print(json.dumps(probe().to_json()))"
    done = wrapped(policy, sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["level"] == "full"


@pytest.mark.usefixtures("fresh_answer")
def test_without_the_program_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert bubblewrap_command(Policy(), ["true"]) is None
    assert "not installed" in bubblewrap_refusal()


@pytest.mark.usefixtures("fresh_answer")
def test_a_program_that_fails_gives_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no permissions >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken))
    assert bubblewrap_command(Policy(), ["true"]) is None
    assert "no permissions" in bubblewrap_refusal()
