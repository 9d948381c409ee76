"""The engine for everyday use: notebooks in forks of warm, confined processes, over all cores.

Where nbgrader's own pipeline is a chain of files, this one reads a submission once, runs it, and writes
the executed copy and the gradebook once. The results are what nbgrader's other commands expect.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute, IgnorePattern, LimitOutput
from nbgrader.utils import find_all_files, parse_utc

from . import __version__
from .cluster import Cluster, Scheduler, Terms
from .course import Course, CourseError
from .gradebook import templates
from .grades import GradeBook, UnknownStudentError, UnrecordableError
from .outcome import Outcome, Status
from .placement import Plan, plan_of
from .pool import Failure, Job, Pool
from .rules import read_key, read_rules
from .sandbox import _import_path as import_path
from .sanitise import Template
from .settings import GradingLimits
from .slot import Slot
from .turns import held
from .worker import Assignment, Graded

__all__ = ["FastEngine", "assignment_of", "default_timeout"]

# Steps of nbgrader's own that a course may replace; this engine would leave the replacement out.
_CUSTOM = (
    "sanitize_preprocessors",
    "autograde_preprocessors",
    "exporter_class",
    "pre_convert_hook",
    "post_convert_hook",
)
_FULL = 2


class FastEngine:
    """Grades submissions side by side.

    Parameters
    ----------
    course : Course
        The course folder.
    timeout : float
        Seconds that one cell may run.
    jobs : int
        How many submissions at a time; 0 for one on each core.
    unconfined : bool
        Run student code with the rights of whoever grades. Never for work that you have not read.
    scheduler : Scheduler, optional
        The Dask cluster that grades; without one it is this machine.
    on_notice : callable, optional
        Called with a sentence when a cluster keeps the run waiting.

    Raises
    ------
    CourseError
        If this machine cannot confine student code and ``unconfined`` was not said, or the course changes
        nbgrader's own steps.
    """

    name = "fast"

    def __init__(
        self,
        course: Course,
        timeout: float,
        *,
        jobs: int = 0,
        unconfined: bool = False,
        scheduler: Scheduler | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        self.course = course
        self.jobs = jobs or os.cpu_count() or 1
        self.unconfined = unconfined
        self.scheduler = scheduler
        self.on_notice = on_notice
        self.limits = GradingLimits.from_config(course.config, timeout)
        self._assignment = cache(partial(assignment_of, course))
        _require_plain(course)
        if not unconfined and scheduler is None:
            _require_confinement()

    def fingerprints(self, assignment: str, students: Sequence[str]) -> dict[str, str]:
        """Return for each student a digest of everything that the result depends on."""
        wanted = self._assignment(assignment)
        common = json.dumps(
            [__version__, self.name, self.unconfined, self.limits.to_dict(), wanted.to_dict()], sort_keys=True
        )
        base = hashlib.blake2b(common.encode())
        for path in sorted(wanted.files.values()):
            base.update(Path(path).read_bytes())
        return {name: _fingerprint(base, self.course.submitted(name, assignment)) for name in students}

    def settled(self, assignment: str, recorded: Iterable[Outcome]) -> set[str]:
        """Return whose recorded outcome is what the gradebook and the executed copies still say."""
        with GradeBook(self.course, assignment) as book:
            points = book.automatic_points()
        return {
            outcome.student for outcome in recorded if self._settled(outcome, points.get(outcome.student, {}))
        }

    def _settled(self, outcome: Outcome, points: Mapping[tuple[str, str], float | None]) -> bool:
        if not outcome.graded:
            return all(value is None for value in points.values())
        if not self.course.autograded(outcome.student, outcome.assignment).is_dir():
            return False
        found = {cell: value for (_, cell), value in points.items()}
        found |= {f"{notebook}:{cell}": value for (notebook, cell), value in points.items()}
        return all(found.get(c.grade_id, -1.0) == c.points for c in outcome.cells if not c.manual)

    def run(
        self,
        assignment: str,
        students: Sequence[str],
        on_start: Callable[[str], None] | None = None,
    ) -> Iterator[Outcome]:
        """Grade submissions and yield each outcome as soon as it is in the gradebook."""
        wanted = self._assignment(assignment)
        create = bool(Autograde(config=self.course.config).create_student)
        with (
            self.course.work_folder() as work,
            GradeBook(self.course, assignment, create_students=create) as book,
            self._graders(wanted, work) as pool,
        ):
            jobs = [
                Job(name, self.course.submitted(name, assignment), work / str(number) / "out")
                for number, name in enumerate(students)
            ]
            for job, answer in pool.run(jobs):
                if answer is None:
                    if on_start:
                        on_start(job.student)
                else:
                    with held(job.folder):
                        outcome = self._record(book, wanted, job, answer)
                    yield outcome
                    shutil.rmtree(job.staging.parent, ignore_errors=True)

    def _graders(self, wanted: Assignment, work: Path) -> Pool | Cluster:
        """Who grades: workers of this machine, or those of a cluster."""
        patience = 60 + self.limits.whole_seconds * len(wanted.templates) * 1.5
        if self.scheduler is not None:
            terms = Terms(wanted, self.limits, not self.unconfined, patience)
            return Cluster(self.scheduler, terms, self.on_notice)
        settings = {
            "assignment": wanted.to_dict(),
            "limits": self.limits.to_dict(),
            "confined": not self.unconfined,
        }
        return Pool(settings, self.jobs, patience, self._slot(work))

    def _slot(self, work: Path) -> Slot | None:
        """What the workers of this run may see and change, unless nothing is to be confined."""
        if self.unconfined or not self.limits.bubblewrap:
            return None
        places = (self.course.root, *self.course.folders, *map(Path, import_path()))
        gradebook = self.course.gradebook_file
        hidden = () if gradebook is None else (gradebook,)
        return Slot((*places, *map(Path, self.limits.readable)), work, hidden)

    def _record(self, book: GradeBook, wanted: Assignment, job: Job, answer: Graded | Failure) -> Outcome:
        """Put a result into the gradebook, then the executed copy in its place."""
        if isinstance(answer, Failure):
            answer = Graded(
                Outcome(
                    job.student,
                    wanted.name,
                    Status.CRASHED,
                    max_score=wanted.max_score,
                    reason=f"The engine failed on this submission, {answer.times}: {answer.reason}.",
                    next_step="Read the log in the record of outcomes, then grade this student again.",
                    log=answer.log,
                )
            )
        outcome = answer.outcome
        try:
            when = self._handed_in_at(job)
            if outcome.graded:
                book.write(answer, when)
            else:
                book.withdraw(job.student, when, handed_in=outcome.status is not Status.MISSING)
        except UnrecordableError as problem:
            step = "Shorten the name of the folder, or make the gradebook's database with encoding UTF8."
            status = Status.NOT_GRADABLE
            return replace(outcome, status=status, score=None, cells=(), reason=str(problem), next_step=step)
        except UnknownStudentError:
            return replace(
                outcome,
                status=Status.NOT_GRADABLE,
                score=None,
                cells=(),
                reason=f"The gradebook knows no student `{job.student}`, and create_student is off.",
                next_step="Add the student with: nbgrader db student add",
            )
        _swap(job.staging if outcome.graded else None, self.course.autograded(job.student, wanted.name))
        return outcome

    def _handed_in_at(self, job: Job) -> Any:
        """When the work was handed in, if the exchange wrote it down."""
        path = job.folder / "timestamp.txt"
        with suppress(OSError, ValueError, OverflowError):
            if path.is_file() and not path.is_symlink():
                return parse_utc(path.read_text("utf-8").strip() or None)
        return None


def assignment_of(course: Course, assignment: str) -> Assignment:
    """Collect what grading an assignment needs, from the gradebook and the course's settings."""
    limit, ignore = LimitOutput(config=course.config), IgnorePattern(config=course.config)
    folders = course._folders
    grader = Autograde(coursedir=folders, config=course.config)
    notebooks = templates(course, assignment)
    source = course.step("source", ".", assignment)
    kept = {str(source / name) for name in grader.exclude_overwriting.get(assignment, [])}
    files = find_all_files(str(source), [*folders.ignore, "*.ipynb"]) if source.is_dir() else []
    return Assignment(
        name=assignment,
        templates=notebooks,
        files={str(Path(path).relative_to(source)): path for path in sorted(files) if path not in kept},
        ignore=tuple(folders.ignore),
        max_lines=limit.max_lines,
        max_traceback=limit.max_traceback,
        ignore_stderr=ignore.pattern if ignore.enabled else "",
        permissions=int(str(grader.permissions), 8),
        plans={template.name: _plan(source, template) for template in notebooks},
        rules=read_rules(course.root, assignment),
        key=read_key(course.root),
    )


def _plan(folder: Path, template: Template) -> Plan:
    """Which names tests may use, from the instructor's notebook if it is still there."""
    path = folder / f"{template.name}.ipynb"
    cells = []
    if template.language in ("python", "ipython"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            cells = list(json.loads(path.read_text("utf-8"))["cells"])
    return plan_of(cells, template)


def default_timeout(course: Course) -> float:
    """The time-out of a cell in the course's own settings for nbgrader; 30 s without any."""
    return float(Execute(config=course.config).timeout or 0) or 30.0


def _require_plain(course: Course) -> None:
    """Refuse a course whose settings replace steps that this engine does itself."""
    section = course.config.get("Autograde", {})
    changed = [name for name in _CUSTOM if name in section]
    if changed:
        raise CourseError(
            f"nbgrader_config.py sets c.Autograde.{changed[0]}: the fast engine replaces that step.",
            "Grade with --engine nbgrader, or remove the setting.",
        )


def _require_confinement() -> None:
    """Refuse to run student code that cannot be confined."""
    try:
        from .confine import probe  # noqa: PLC0415

        reached = probe()
    except ImportError as problem:
        raise CourseError(
            f"This installation cannot confine student code ({problem}).", _UNCONFINED
        ) from problem
    if reached.level < _FULL:
        raise CourseError(
            f"This machine cannot confine student code (missing: {'; '.join(reached.missing)}).", _UNCONFINED
        )


_UNCONFINED = (
    "Grade on Linux 6.1 or newer. With --unconfined, submitted code can do whatever you can: "
    "say it only for work that you have read."
)


def _fingerprint(base: Any, folder: Path) -> str:
    """Digest a folder: names, kinds and contents, in a fixed order."""
    digest = base.copy()
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            digest.update(f"\0{path.relative_to(folder)}\0".encode("utf-8", "surrogateescape"))
            if path.is_symlink():
                digest.update(b"link")
            elif path.is_file():
                with suppress(OSError), path.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "blake2b").digest())
    return digest.hexdigest()[:32]


def _swap(staging: Path | None, target: Path) -> None:
    """Put a new folder in the place of the old one; without a new one the old one goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    old = None
    if target.exists() or target.is_symlink():
        # Beside the new folder, which is in the work folder: gone with it if this process is killed.
        old = (staging.parent if staging else target.parent) / f".old-{target.name}"
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    if staging is not None:
        staging.rename(target)
    if old is not None:
        _open_up(old)
        shutil.rmtree(old, ignore_errors=True)


def _open_up(folder: Path) -> None:
    """Make a read-only tree removable."""
    for place, _, _ in os.walk(folder):
        with suppress(OSError):
            os.chmod(place, 0o755)
