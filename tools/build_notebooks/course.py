"""Where the sources are and which notebooks come from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tools.build_notebooks.errors import Problem

_LECTURE = re.compile(r"\d\d-[A-Za-z0-9_-]+\.py")
_ASSIGNMENT = re.compile(r"ps\d+\.py")


@dataclass(frozen=True)
class Target:
    """A source file to build, and the files of the course's tree that come from it."""

    root: Path
    source: Path
    is_assignment: bool

    @property
    def stem(self) -> str:
        """The name that the notebooks have, without suffix."""
        return self.source.stem

    @property
    def source_name(self) -> str:
        """The source, relative to the root."""
        return self.source.relative_to(self.root).as_posix()

    @property
    def folder(self) -> Path:
        """The folder that the first of the notebooks lies in: the lecture or the instructor copy."""
        return self.root / "assignments" / "source" / self.stem if self.is_assignment else self.source.parent

    @property
    def notebook_name(self) -> str:
        """The lecture or the instructor copy, relative to the root."""
        return (self.folder / f"{self.stem}.ipynb").relative_to(self.root).as_posix()

    @property
    def parts_folder(self) -> Path:
        """The folder of the code that problem sets share."""
        return self.source.parent / "parts"

    @property
    def release_folder(self) -> Path:
        """The folder of the student copy of an assignment."""
        return self.root / "assignments" / "release" / self.stem


def find_targets(root: Path) -> list[Target]:
    """Return every lecture and assignment source below the root, in order of name."""
    lectures = [path for path in sorted((root / "lectures").glob("*.py")) if _LECTURE.fullmatch(path.name)]
    authoring = sorted((root / "assignments" / "authoring").glob("*.py"))
    assignments = [path for path in authoring if _ASSIGNMENT.fullmatch(path.name)]
    return [
        *(Target(root, path, False) for path in lectures),
        *(Target(root, path, True) for path in assignments),
    ]


def find_orphans(root: Path, targets: list[Target]) -> list[Problem]:
    """Report notebooks in the places that the builder writes to which no source stands for."""
    known = {target.notebook_name for target in targets}
    known |= {
        (target.release_folder / f"{target.stem}.ipynb").relative_to(root).as_posix()
        for target in targets
        if target.is_assignment
    }
    places = [
        *(root / "lectures").glob("*.ipynb"),
        *(root / "assignments" / "source").rglob("*.ipynb"),
        *(root / "assignments" / "release").rglob("*.ipynb"),
    ]
    names = [path.relative_to(root).as_posix() for path in places if ".ipynb_checkpoints" not in path.parts]
    reason = "there is no source for this notebook: delete it, or add the source and run `make build`"
    return [Problem(name, 0, reason) for name in sorted(names) if name not in known]
