"""Where things live in a course folder, and how its configuration is read."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from glob import escape, glob
from logging import Logger
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from .errors import CourseError

__all__ = ["CONFIG_NAME", "Course", "CourseError", "put_tools_on_path"]

CONFIG_NAME = "nbgrader_config.py"
_WORK = ".work-"
_SQLITE = "sqlite:///"
# nbgrader takes any name but one with a plus sign; ours must not lead to another folder either.
_NAME = re.compile(r"[^./\\+\0][^/\\+\0]*")


@dataclass(frozen=True)
class Course:
    """An nbgrader course folder; every path that the harness uses is made here.

    Parameters
    ----------
    root : Path
        The folder that holds ``nbgrader_config.py``.
    """

    root: Path

    @classmethod
    def find(cls, folder: Path | None = None) -> Course:
        """Open a course folder.

        Parameters
        ----------
        folder : Path, optional
            The course folder. Without it, the current folder and its parents are searched for
            ``nbgrader_config.py``, then ``./assignments``.

        Raises
        ------
        CourseError
            If there is no ``nbgrader_config.py``.
        """
        here = Path.cwd()
        candidates = [folder] if folder else [here, *here.parents, here / "assignments"]
        for candidate in candidates:
            if (candidate / CONFIG_NAME).is_file():
                return cls(candidate.resolve())
        raise CourseError(
            f"There is no {CONFIG_NAME} in {folder or 'this folder, above it, or in ./assignments'}.",
            "Go to the course folder, or name it with --course.",
        )

    @cached_property
    def config(self) -> Config:
        """The settings of ``nbgrader_config.py``: the machine's, then the user's, then the course's own.

        nbgrader looks in the same places. Where the course lies has been said already, so a root that is
        not of the course's own file is left out.
        """
        config = Config()
        for folder in reversed(jupyter_config_path()):
            if Path(folder, CONFIG_NAME).is_file():
                config.merge(PyFileConfigLoader(CONFIG_NAME, path=folder).load_config())
        config.CourseDirectory.pop("root", None)
        config.merge(PyFileConfigLoader(CONFIG_NAME, path=str(self.root)).load_config())
        return config

    def directory(self, log: Logger, student: str = "*", assignment: str = "") -> CourseDirectory:
        """Return nbgrader's own view of the course, restricted to one student if one is named."""
        pattern = student if student in ("*", ".") else escape(student)
        return CourseDirectory(
            config=self.config, root=self._home, student_id=pattern, assignment_id=assignment, log=log
        )

    @cached_property
    def _folders(self) -> CourseDirectory:
        """nbgrader's own idea of where things are, changed by ``c.CourseDirectory`` alone."""
        return CourseDirectory(config=self.config, root=self._home)

    @property
    def _home(self) -> str:
        """Where the folders of the steps lie: here, or at the root that the course's own file names."""
        return os.path.abspath(os.path.join(self.root, self.config.CourseDirectory.get("root") or ""))

    def step(self, step: str, student: str, assignment: str) -> Path:
        """The folder of one of nbgrader's steps, such as ``"submitted"``."""
        name = getattr(self._folders, f"{step}_directory")
        return Path(self._folders.format_path(name, student, assignment))

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that grading reads from, wherever the course's settings put them."""
        steps = (self._pattern("source", "."), self._pattern("submitted"))
        return tuple(Path(pattern.split("*", 1)[0]) for pattern in steps)

    @cached_property
    def gradebook_url(self) -> str:
        """The gradebook's address: the one in the configuration, or SQLite in the course folder.

        A relative path in it is one from the course's root, where nbgrader's converters work.
        """
        return self.absolute_url(str(self._folders.db_url))

    def absolute_url(self, url: str) -> str:
        """An address of a gradebook, whose file lies below the course's root if it is a relative one."""
        file = url.removeprefix(_SQLITE)
        if file == url or file.startswith(":memory:") or not file:
            return url
        return _SQLITE + os.path.join(self._home, file)

    @property
    def gradebook_file(self) -> Path | None:
        """SQLite's file; ``None`` if the gradebook is on a server."""
        file = self.gradebook_url.removeprefix(_SQLITE)
        return None if file == self.gradebook_url else Path(file)

    @cached_property
    def course_id(self) -> str:
        """The course id of the configuration."""
        return self.config.CourseDirectory.get("course_id") or "default_course"

    def source(self, assignment: str) -> Path:
        """The instructor notebook."""
        return self.step("source", ".", assignment) / f"{assignment}.ipynb"

    def release(self, assignment: str) -> Path:
        """The student copy."""
        return self.step("release", ".", assignment) / f"{assignment}.ipynb"

    def authoring(self, name: str) -> Path:
        """A file of the course's authors that is never copied to students."""
        return self.root / "authoring" / name

    def submitted(self, student: str, assignment: str) -> Path:
        """The folder that a student handed in. Read only: grading never changes it."""
        return self.step("submitted", student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        """The folder with the executed copy of a submission."""
        return self.step("autograded", student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        """The folder with the pages for a student."""
        return self.step("feedback", student, assignment)

    def outcomes(self, assignment: str) -> Path:
        """The record of the last grading of every student."""
        return self.root / "report" / f"{assignment}.outcomes.json"

    def report(self, assignment: str) -> Path:
        """The teacher's page."""
        return self.root / "report" / f"{assignment}.html"

    def require(self, assignment: str) -> None:
        """Check that an assignment has an instructor notebook.

        Raises
        ------
        CourseError
            If the name is not a plain folder name, or nothing has been built under it.
        """
        if not _NAME.fullmatch(assignment):
            raise CourseError(f"`{assignment}` is not an assignment name.", "Use a plain name such as ps2.")
        if not any(self.source(assignment).parent.glob("*.ipynb")):
            everything = os.path.join(self._pattern("source", "."), "*.ipynb")
            known = sorted({Path(path).parent.name for path in glob(everything)})
            raise CourseError(
                f"There is no assignment `{assignment}`: source/{assignment}/{assignment}.ipynb is missing.",
                f"Known assignments: {', '.join(known)}." if known else "Build the notebooks first.",
            )

    def handed_in(self) -> tuple[str, ...]:
        """Names of the students who have a folder among the submissions, sorted."""
        # With nbgrader's own layout a student's folder counts even if it holds no assignment.
        inside = self._folders.directory_structure.endswith(os.path.join("{student_id}", "{assignment_id}"))
        where = self._pattern("submitted")
        names = {
            match["student"]
            for path in glob(os.path.dirname(where) if inside else where)
            if os.path.isdir(path) and (match := self._student_of(inside).fullmatch(path))
        }
        return tuple(sorted(name for name in names if not name.startswith(".")))

    def _pattern(self, step: str, student: str = "") -> str:
        """What matches the folder of a step for any assignment, and any student or the one named."""
        path = escape(str(self.step(step, student or "\0", "\1")))
        return path.replace("\0", "*").replace("\1", "*")

    @property
    def excluded(self) -> frozenset[str]:
        """Students whom ``c.CourseDirectory.student_id_exclude`` leaves out when everybody is meant."""
        names = self._folders.student_id_exclude.split(",")
        return frozenset(name.strip() for name in names if name.strip())

    def _student_of(self, inside: bool) -> re.Pattern[str]:
        """Matches a folder of submissions and finds the student in it."""
        where = self.step("submitted", "\0", "\1")
        pattern = re.escape(str(where.parent if inside else where))
        student, assignment = re.escape("\0"), re.escape("\1")
        return re.compile(pattern.replace(student, "(?P<student>[^/]+)", 1).replace(assignment, "[^/]+"))

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """Yield a temporary folder inside the course, so that a move from it is atomic.

        It lies in ``autograded/``, which git ignores, under a dotted name that no tool lists.
        """
        parent = self.step("autograded", "\0", "\0")
        while "\0" in str(parent):
            parent = parent.parent
        parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{_ours()}{os.getpid()}-", dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """Remove the temporary folders of runs that were killed; of other machines nobody here can tell."""
    for folder in parent.glob(f"{escape(_ours())}*"):
        pid = folder.name.removeprefix(_ours()).split("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _ours() -> str:
    """What temporary folders of this machine begin with: the course folder may be shared with others."""
    return f"{_WORK}{re.sub('[^A-Za-z0-9]', '', platform.node())}-"


def put_tools_on_path() -> None:
    """Put the running interpreter's folder first on PATH, because nbgrader calls ``alembic`` by bare name."""
    tools = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if tools not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([tools, path])
