"""Whether bubblewrap can run is said with its reason; tests/autograder/test_slot.py holds what it does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.confine import bubblewrap_refusal


@pytest.fixture
def fresh_answer() -> Iterator[None]:
    """Let the answer of this machine be asked again, before and after."""
    bubblewrap_refusal.cache_clear()
    yield
    bubblewrap_refusal.cache_clear()


@pytest.mark.usefixtures("fresh_answer")
def test_without_the_program_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "not installed" in bubblewrap_refusal()


@pytest.mark.usefixtures("fresh_answer")
def test_a_program_that_fails_gives_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no permissions >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken))
    assert "no permissions" in bubblewrap_refusal()
