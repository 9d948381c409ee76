"""The threat table: each attempt is refused, and nothing has happened, on every kind of machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from confine_attempts import THREATS, X86, table
from confine_lab import SPARE_USER

from autograder.confine import measure

pytestmark = pytest.mark.needs_walls

# What the kernel is said to offer. Faking an older Landlock asks it for no more than the older one had.
KERNELS = {
    "abi-2": {"landlock_abi": 2, "seccomp": True, "namespaces": False},
    "abi-4": {"landlock_abi": 4, "seccomp": True, "namespaces": False},
    "abi-7": {"landlock_abi": 7, "seccomp": True, "namespaces": False},
    "namespaces": None,
    "namespaces-without-landlock": {"landlock_abi": 0, "seccomp": True, "namespaces": True},
}
RANGES = ("own_range", "ordinary_range")
# The oldest kernel and private file systems always; what lies between in the complete run.
ALWAYS = {("abi-2", "own_range"), ("abi-2", "ordinary_range"), ("namespaces", "ordinary_range")}
PAIRS = [
    pytest.param(kernel, place, marks=[] if (kernel, place) in ALWAYS else [pytest.mark.exhaustive])
    for kernel in KERNELS
    for place in RANGES
]


def machine_for(kernel: str, found: Any) -> dict[str, Any] | None:
    """Return the kernel for this range, or skip if the real one gives less."""
    real = found.lab.ask(op="measure")["machine"]
    wanted = KERNELS[kernel]
    if wanted is None or wanted["namespaces"]:
        if not real["namespaces"]:
            pytest.skip(f"no private file systems here: {'; '.join(real['remarks'])}")
        return {**real, **(wanted or {})}
    if wanted["landlock_abi"] > real["landlock_abi"]:
        pytest.skip(f"this kernel has Landlock ABI {real['landlock_abi']} only")
    return {**real, **wanted}


@pytest.mark.parametrize(("kernel", "place"), PAIRS)
@pytest.mark.parametrize("name", THREATS)
def test_attempt_is_refused_and_has_no_effect(
    name: str, kernel: str, place: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(place)
    machine = machine_for(kernel, found)
    before = found.snapshot()
    outcome = found.run(name, machine)
    assert outcome["status"] == 0
    code = 0 if "succeeded" in outcome else outcome.get("refused")
    assert code in THREATS[name].codes, outcome
    assert outcome["reached"]["level"] == "full"
    assert found.snapshot() == before
    assert found.lab.ask(op="measure")


@pytest.mark.skipif(not X86, reason="x86_64 alone has two other ways to call the kernel")
@pytest.mark.parametrize("name", ["thirty_two_bit", "x32"])
def test_other_interfaces_of_the_kernel_kill(name: str, own_range: Any) -> None:
    outcome = own_range.run(name, machine_for("abi-2", own_range))
    assert outcome["status"] == -signal.SIGSYS


@pytest.mark.parametrize("place", RANGES)
def test_processor_time_ends_a_loop_that_ignores_the_warning(
    place: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(place)
    limits = found.policy()["limits"] | {"cpu_seconds": 0.1}
    outcome = found.run("endless_loop", machine_for("abi-2", found), limits=limits)
    assert outcome["status"] == -signal.SIGKILL


def test_threads_are_counted_in_a_namespace(ordinary_range: Any) -> None:
    machine = machine_for("namespaces", ordinary_range)
    outcome = ordinary_range.run("start_threads", machine)
    assert outcome["result"] == ordinary_range.policy()["limits"]["processes"]


def test_threads_are_counted_for_another_user(own_range: Any) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can take another user id")
    machine = machine_for("namespaces", own_range)
    outcome = own_range.run("start_threads", machine, user=SPARE_USER)
    assert outcome["result"] == own_range.policy()["limits"]["processes"]


def test_scratch_is_capped_and_vanishes(own_range: Any) -> None:
    machine = machine_for("namespaces", own_range)
    policy = own_range.policy()
    outcome = own_range.lab.run("fill_scratch", policy, machine, own_range.targets())
    assert 0 < outcome["result"] <= policy["limits"]["scratch_bytes"]
    assert sorted(os.listdir(policy["scratch"])) == ["helper.txt", "package"]


def test_existence_outside_is_hidden_by_private_file_systems(own_range: Any) -> None:
    assert own_range.run("existence", machine_for("namespaces", own_range))["result"] is False


def test_a_crash_leaves_no_core(own_range: Any) -> None:
    machine = machine_for("abi-2", own_range)
    assert own_range.run("own_limits", machine)["result"]["CORE"] == [0, 0]
    policy = own_range.policy()
    outcome = own_range.lab.run("crash", policy, machine, own_range.targets())
    assert outcome["status"] == -signal.SIGSEGV
    assert sorted(os.listdir(policy["scratch"])) == ["helper.txt", "package"]


@pytest.mark.parametrize("place", RANGES)
@pytest.mark.parametrize("kernel", ["abi-2", "namespaces"])
def test_ends_with_its_parent(kernel: str, place: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(place)
    machine = machine_for(kernel, found)
    answer = found.lab.ask(op="orphan", policy=found.policy(), machine=machine, targets=found.targets())
    assert answer["ended"]


def test_ends_with_its_parent_as_another_user(own_range: Any) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can take another user id")
    machine, policy = machine_for("namespaces", own_range), own_range.policy(user=SPARE_USER)
    answer = own_range.lab.ask(op="orphan", policy=policy, machine=machine, targets=own_range.targets())
    assert answer["ended"]


def test_root_takes_another_user_for_good(own_range: Any) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can take another user id")
    identity = own_range.run("own_identity", machine_for("namespaces", own_range), user=SPARE_USER)["result"]
    assert identity["user"] == identity["group"] == [SPARE_USER] * 2
    assert identity["groups"] == []


def test_the_documentation_holds_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "confinement.md"
    assert table() in page.read_text(encoding="utf-8"), "run python tests/attacks/confine_attempts.py"


def test_measure_is_remembered() -> None:
    assert measure() is measure()
