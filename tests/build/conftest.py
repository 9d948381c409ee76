"""Fixtures: a course that has been built, and sources that are put together without running them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from build_courses import ASSIGNMENT, LECTURE, REGISTRY, make_course, run

from tools.build_notebooks.errors import BuildError
from tools.build_notebooks.notebook import Assembled, assemble


@pytest.fixture(scope="session")
def built_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has been built; not to be changed."""
    root = make_course(tmp_path_factory.mktemp("built") / "course", LECTURE, ASSIGNMENT)
    assert run(root) == 0
    return root


@pytest.fixture
def course(built_course: Path, tmp_path: Path) -> Path:
    """A copy of the built course, to be changed."""
    return Path(shutil.copytree(built_course, tmp_path / "course"))


@pytest.fixture
def lecture() -> Callable[[str], Assembled]:
    """Assemble the source of a lecture."""
    return lambda text: assemble(dedent(text).lstrip(), "lectures/09-x.py", REGISTRY, assignment=False)


@pytest.fixture
def assignment() -> Callable[[str], Assembled]:
    """Assemble the source of an assignment."""
    return lambda text: assemble(
        dedent(text).lstrip(), "assignments/authoring/ps1.py", REGISTRY, assignment=True
    )


@pytest.fixture
def reasons() -> Callable[[Callable[[str], Assembled], str], list[tuple[int, str]]]:
    """Return (line, reason) of each problem that a source has."""

    def read(assembler: Callable[[str], Assembled], text: str) -> list[tuple[int, str]]:
        with pytest.raises(BuildError) as caught:
            assembler(text)
        return [(problem.line, problem.reason) for problem in caught.value.problems]

    return read
