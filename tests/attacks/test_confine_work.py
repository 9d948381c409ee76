"""What students ordinarily do goes on working inside the walls."""

from __future__ import annotations

from typing import Any

import pytest
from confine_lab import SPARE_USER
from confine_work import NEEDS_IMPORTS, WORK

pytestmark = pytest.mark.needs_walls

EXPECTED: dict[str, Any] = {
    "matrix_product": 600.0**3,
    "matrix_products_in_threads": 4 * 600.0**3,
    "linear_algebra": True,
    "figure": True,
    "shell": [2, "ZeroDivisionError"],
    "late_import": "0.5",
    "event_loop": "from a thread",
    "own_files": ["nex", "3", "copy", "folder", "helper.txt", "package"],
    "given_files": ["1,2,3", "1,2,3", "help", "deep"],
    "database": 7,
    "signals_to_oneself": ["signal", "alarm"],
    "chance_and_time": True,
    "callbacks": 2,
    "locks": 1,
    "null_device": "00",
}
MACHINES = {
    "namespaces": {},
    "landlock-2-alone": {"landlock_abi": 2, "namespaces": False},
    "no-landlock": {"landlock_abi": 0},
}


def _machine(name: str, found: Any) -> dict[str, Any]:
    real = found.lab.ask(op="measure")["machine"]
    if name != "landlock-2-alone" and not real["namespaces"]:
        pytest.skip(f"no private file systems here: {'; '.join(real['remarks'])}")
    return {**real, **MACHINES[name]}


@pytest.mark.parametrize("place", ["own_range", "ordinary_range"])
@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", WORK)
def test_work_goes_on(name: str, machine: str, place: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(place)
    if name in NEEDS_IMPORTS and place == "ordinary_range":
        pytest.skip("a user made up for the test cannot read this Python's packages; own_range imports them")
    outcome = found.run(name, _machine(machine, found))
    assert outcome.get("result") == EXPECTED[name], outcome
    assert outcome["status"] == 0


@pytest.mark.parametrize("name", ["given_files", "own_files", "event_loop"])
def test_work_goes_on_as_another_user(name: str, own_range: Any) -> None:
    if own_range.lab.user != 0:
        pytest.skip("only root can take another user id")
    outcome = own_range.run(name, _machine("namespaces", own_range), user=SPARE_USER)
    assert outcome.get("result") == EXPECTED[name], outcome


def test_every_kind_of_work_has_an_expectation() -> None:
    assert set(EXPECTED) == set(WORK)
