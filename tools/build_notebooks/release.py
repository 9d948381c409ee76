"""Make the student copy of an assignment with nbgrader itself, in a temporary copy of the course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.build_notebooks.course import Target
from tools.build_notebooks.errors import fail
from tools.build_notebooks.grading import REGIONS
from tools.build_notebooks.notebook import from_text, to_text

_IGNORED = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__", "*.pyc")
_MARKS = tuple(f"{edge} {region}" for region in REGIONS for edge in ("BEGIN", "END"))


def make_release(target: Target, instructor_text: str) -> dict[str, bytes]:
    """Return the files of the student copy, by path relative to ``release/psN``.

    Besides the notebook these are the files that lie next to the instructor copy (data, pictures):
    nbgrader hands those out as they are, so one with a solution in it is refused.
    """
    course = target.root / "assignments"
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        copy = Path(folder) / "course"
        _copy_course(target, course, copy, instructor_text)
        _generate(target, copy, Path(folder))
        made = copy / "release" / target.stem
        paths = [path for path in made.rglob("*") if path.is_file()]
        files = {path.relative_to(made).as_posix(): path.read_bytes() for path in paths}
    name = f"{target.stem}.ipynb"
    if name not in files:
        raise fail(target.source_name, 0, "nbgrader made no student copy")
    files[name] = to_text(from_text(files[name].decode(), name)).encode()
    for path, content in files.items():
        _refuse_solutions(target, path, content)
    return files


def _copy_course(target: Target, course: Path, copy: Path, instructor_text: str) -> None:
    """Copy what nbgrader needs for one assignment: the configuration, headers, and the source folder."""
    config = course / "nbgrader_config.py"
    if not config.is_file():
        raise fail("assignments/nbgrader_config.py", 0, "the course has no nbgrader configuration")
    source = copy / "source" / target.stem
    source.parent.mkdir(parents=True)
    shutil.copy(config, copy)
    for path in (course / "source").glob("*"):
        if path.is_file():  # headers and footers
            shutil.copy(path, source.parent)
    if target.folder.is_dir():
        shutil.copytree(target.folder, source, ignore=_IGNORED)
    source.mkdir(exist_ok=True)
    (source / f"{target.stem}.ipynb").write_text(instructor_text, encoding="utf-8")
    for path in source.rglob("*.ipynb"):
        if path != source / f"{target.stem}.ipynb":
            name = f"assignments/source/{target.stem}/{path.relative_to(source).as_posix()}"
            raise fail(name, 0, "no source gives this notebook, and nbgrader would hand it out: delete it")


def _generate(target: Target, copy: Path, scratch: Path) -> None:
    """Run `nbgrader generate_assignment` on the copy, without the settings of the user or a gradebook."""
    home = scratch / "jupyter"
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_DATA_DIR": str(home)}
    command = [
        *(sys.executable, "-m", "nbgrader", "generate_assignment", target.stem, "--no-db", "--force"),
        f"--CourseDirectory.root={copy}",
        f"--CourseDirectory.db_url=sqlite:///{scratch / 'gradebook.db'}",
        "--CourseDirectory.source_directory=source",
        "--CourseDirectory.release_directory=release",
    ]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line or "Error" in line]
        raise fail(target.source_name, 0, "nbgrader cannot make the student copy: " + " | ".join(said[-3:]))


def _refuse_solutions(target: Target, path: str, content: bytes) -> None:
    """Fail if a file that students would get still has a mark of what they must not see."""
    for mark in _MARKS:
        if mark.encode() in content:
            name = f"assignments/release/{target.stem}/{path}"
            raise fail(name, 0, f"{mark} would reach the students; it comes from {target.folder.name}/{path}")
