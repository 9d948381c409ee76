"""Closed when something is missing: levels, refusals, and what a policy may say."""

from __future__ import annotations

import errno
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confine_lab import SPARE_USER

from autograder.confine import (
    KEPT_VARIABLES,
    Confinement,
    ConfinementError,
    Limits,
    Machine,
    Policy,
    Protection,
    confine,
    landlock,
    limits,
    probe,
    runtime_paths,
    scratch_use,
    system,
)
from autograder.confine.places import Places, look_up, symlinks_on

RANGES = pytest.mark.parametrize("place", ["own_range", "ordinary_range"])
walls = pytest.mark.needs_walls


def machine(found: Any, **changes: Any) -> dict[str, Any]:
    """Return the real machine with less."""
    return {**found.lab.ask(op="measure")["machine"], **changes}


# --- what is missing decides ---------------------------------------------------------------------------
@walls
@RANGES
@pytest.mark.parametrize("abi", [0, 1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("namespaces", [False, True])
def test_without_seccomp_full_is_refused(abi: int, namespaces: bool, place: str, request: Any) -> None:
    found = request.getfixturevalue(place)
    outcome = found.run("own_limits", machine(found, landlock_abi=abi, namespaces=namespaces, seccomp=False))
    assert "seccomp" in outcome["unconfined"]
    assert "result" not in outcome


@walls
@RANGES
def test_without_any_wall_round_files_full_is_refused(place: str, request: Any) -> None:
    found = request.getfixturevalue(place)
    outcome = found.run("own_limits", machine(found, landlock_abi=0, namespaces=False))
    assert "Landlock" in outcome["unconfined"]
    assert "result" not in outcome


@walls
@RANGES
@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6, 7])
def test_every_landlock_with_seccomp_gives_full(abi: int, place: str, request: Any) -> None:
    found = request.getfixturevalue(place)
    if abi > found.lab.ask(op="measure")["machine"]["landlock_abi"]:
        pytest.skip("this kernel has an older Landlock")
    outcome = found.run("own_limits", machine(found, landlock_abi=abi, namespaces=False))
    assert (outcome["reached"]["level"], outcome["reached"]["landlock_abi"]) == ("full", abi)
    assert "result" in outcome


@walls
def test_partial_is_had_when_partial_is_asked_for(own_range: Any) -> None:
    weak = machine(own_range, seccomp=False, namespaces=False)
    outcome = own_range.run("own_limits", weak, require=int(Protection.PARTIAL))
    assert outcome["reached"]["level"] == "partial"
    assert any("seccomp" in item for item in outcome["reached"]["missing"])


@walls
def test_a_mechanism_that_fails_after_all_is_an_error(ordinary_range: Any) -> None:
    lie = machine(ordinary_range, namespaces=True, privileged=True)
    if ordinary_range.lab.user == 0:
        pytest.skip("root may mount")
    outcome = ordinary_range.run("own_limits", lie)
    assert "a mechanism of the confinement failed" in outcome["unconfined"]
    assert "result" not in outcome


@walls
def test_a_second_thread_is_an_error(own_range: Any) -> None:
    outcome = own_range.lab.ask(
        op="run",
        attempt="own_limits",
        policy=own_range.policy(),
        machine=None,
        targets=own_range.targets(),
        before="thread",
    )
    assert "one thread" in outcome["unconfined"]


@walls
def test_an_open_folder_is_an_error(own_range: Any) -> None:
    outcome = own_range.lab.ask(
        op="run",
        attempt="own_limits",
        policy=own_range.policy(),
        machine=None,
        targets=own_range.targets(),
        before="folder",
    )
    assert "is a folder" in outcome["unconfined"]


@walls
def test_a_path_that_is_not_there_is_an_error(own_range: Any) -> None:
    outcome = own_range.run("own_limits", None, readable=["/no/such/place"])
    assert "Policy.readable: /no/such/place" in outcome["unconfined"]


@walls
def test_a_path_that_the_user_cannot_reach_is_an_error(own_range: Any) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can take another user id")
    (own_range.base / "private").mkdir(mode=0o700, exist_ok=True)
    readable = [str(own_range.base / "private")]
    outcome = own_range.run(
        "own_limits", machine(own_range, namespaces=False), readable=readable, user=SPARE_USER
    )
    assert f"user {SPARE_USER} may not read" in outcome["unconfined"]


@walls
def test_where_everything_is_readable_nothing_can_be_written(own_range: Any) -> None:
    outcome = own_range.run("write-given", None, readable=["/"], hidden=[])
    assert outcome["refused"] in (errno.EACCES, errno.EPERM)
    assert not outcome["reached"]["namespaces"]


@walls
@RANGES
def test_secrets_of_the_environment_are_gone_and_the_rest_stays(place: str, request: Any) -> None:
    found = request.getfixturevalue(place)
    names = found.run("variables", None)["result"]
    assert "OPENBLAS_NUM_THREADS" in names
    assert set(names) <= set(KEPT_VARIABLES)


@walls
def test_what_lies_in_hidden_must_not_be_granted(own_range: Any) -> None:
    readable = [str(own_range.base / "given" / "reference" / "reference.py")]
    assert "which is to be hidden" in own_range.run("own_limits", None, readable=readable)["unconfined"]


@walls
def test_without_landlock_what_is_to_be_hidden_must_exist(own_range: Any) -> None:
    lesser = machine(own_range, landlock_abi=0)
    if not lesser["namespaces"]:
        pytest.skip("no private file systems here")
    outcome = own_range.run("own_limits", lesser, hidden=[str(own_range.base / "given" / "later.db")])
    assert "later.db is not there" in outcome["unconfined"]


# --- machines that cannot confine ------------------------------------------------------------------------
def test_other_systems_refuse_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "supported", lambda: False)
    with pytest.raises(ConfinementError, match="only Linux on x86_64 or aarch64"):
        confine(Policy(), Machine())


def test_other_systems_do_nothing_when_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "supported", lambda: False)
    reached = confine(Policy(require=Protection.NONE), Machine(remarks=("of a test",)))
    assert (reached.level, reached.mechanisms) == (Protection.NONE, ())


def test_it_imports_where_there_is_no_resource_module() -> None:
    code = (
        # What the standard library has for Windows is not here: its modules must be there before the name changes.
        "import ctypes, shutil, subprocess, sys, tempfile, types\n"
        "sys.platform = 'win32'; sys.modules['resource'] = None\n"
        "package = types.ModuleType('autograder'); package.__path__ = [sys.argv[1]]\n"
        "sys.modules['autograder'] = package\n"
        "from autograder.confine import probe; print(probe().level.label)"
    )
    folder = str(Path(landlock.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"


# --- what a machine says of itself -----------------------------------------------------------------------
def test_probe_counts_its_mechanisms() -> None:
    found = probe()
    walls_there = found.landlock_abi > 0 or found.namespaces
    filtered = any(item.startswith("seccomp") for item in found.mechanisms)
    assert found.level == Protection(int(walls_there) + int(filtered))


def test_confinement_goes_to_json_and_back() -> None:
    found = Confinement(Protection.PARTIAL, ("a", "b"), ("c",), 4, True)
    assert Confinement.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_levels_speak_plainly() -> None:
    assert [level.label for level in Protection] == ["none", "partial", "full"]
    assert "starts no process" in Protection.FULL.words
    assert "missing:  c" in str(Confinement(Protection.PARTIAL, ("a",), ("c",), 4, True))


def test_the_command_shows_the_level(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["confine", "--json"])
    runpy.run_module("autograder.confine", run_name="__main__")
    shown = json.loads(capsys.readouterr().out)
    assert shown["level"] == probe().level.label
    assert "bubblewrap" in shown


# --- values ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", [0, -1, True, 2**62, "1", float("nan"), float("inf")])
def test_limits_are_positive_numbers(value: Any) -> None:
    with pytest.raises(ValueError, match=r"Limits\.open_files must be a positive number"):
        Limits(open_files=value)


@pytest.mark.parametrize("user", [0, -1, True, 2**32 - 1])
def test_the_user_is_not_root(user: Any) -> None:
    with pytest.raises(ValueError, match=r"Policy\.user"):
        Policy(user=user)


def test_a_policy_takes_strings_for_paths() -> None:
    policy = Policy(readable=("/usr",), scratch="/tmp", require=1)  # type: ignore[arg-type]
    assert policy.readable == (Path("/usr"),)
    assert policy.changeable == (Path("/tmp"),)
    assert policy.require is Protection.PARTIAL


def test_links_on_the_way_are_found(tmp_path: Path) -> None:
    real = tmp_path.resolve()
    (real / "a" / "b").mkdir(parents=True)
    (real / "one").symlink_to("a")
    (real / "a" / "two").symlink_to(real / "a" / "b")
    found = list(symlinks_on(real / "one" / "two"))
    assert found == [(real / "one", "a"), (real / "a" / "two", str(real / "a" / "b"))]


def test_places_are_real_and_remember_links(tmp_path: Path) -> None:
    real = tmp_path.resolve()
    (real / "folder").mkdir()
    (real / "link").symlink_to("folder")
    places = look_up(Policy(readable=(real / "link",), scratch=real / "folder"))
    assert (places.readable, places.scratch) == ((real / "folder",), real / "folder")
    assert places.links == ((real / "link", "folder"),)


def test_places_within_others_are_named_once(tmp_path: Path) -> None:
    real = tmp_path.resolve()
    (real / "a" / "b").mkdir(parents=True)
    (real / "ab").mkdir()
    places = look_up(Policy(readable=(real / "a" / "b", real / "ab", real / "a", real / "a")))
    assert places.readable == (real / "a", real / "ab")


def test_a_folder_is_granted_round_what_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "a" / "secret").mkdir(parents=True)
    (tmp_path / "a" / "plain").mkdir()
    (tmp_path / "b").touch()
    (tmp_path / "link").symlink_to("a/secret")
    granted = dict(landlock.without(tmp_path, landlock.READ, (tmp_path / "a" / "secret",)))
    assert {path for path, rights in granted.items() if rights == landlock.READ} == {
        tmp_path / "a" / "plain",
        tmp_path / "b",
    }
    assert {path for path, rights in granted.items() if rights != landlock.READ} == {tmp_path, tmp_path / "a"}


def test_hidden_paths_elsewhere_cost_nothing(tmp_path: Path) -> None:
    places = look_up(Policy(readable=(tmp_path,), hidden=(Path("/no/such/thing"),)))
    assert places.hidden == ()


def test_runtime_paths_hold_the_library_and_not_the_course() -> None:
    paths = runtime_paths()
    assert any(path in Path(os.__file__).parents for path in paths)
    assert not any(path in Path(__file__).parents for path in paths)


def test_threads_are_not_limited_where_neighbours_cannot_be_seen() -> None:
    assert limits.thread_limit(Limits(processes=8), own_count=False, visible=False) is None
    assert limits.thread_limit(Limits(processes=8), own_count=True, visible=False) == 9


def test_use_of_a_folder_is_counted_with_what_lies_below(tmp_path: Path) -> None:
    before = scratch_use(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"x" * 100_000)
    assert scratch_use(tmp_path) - before >= 100_000


def test_places_know_when_everything_is_readable() -> None:
    assert Places((Path("/"),), (), (), None, ()).root_is_readable
    assert not Places((Path("/usr"),), (), (), None, ()).root_is_readable
