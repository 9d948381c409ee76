"""The command line: one thin command for each step, over the functions of this package."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from . import (
    __version__,
    classroom,
    cluster,
    forget_cli,
    gradebook_cli,
    grading,
    late,
    nbgrader_engine,
    regrade,
    release_zip,
    settings,
    similarity_cli,
    workspace_cli,
)
from . import collect as collect_work
from . import export as export_files
from . import feedback as feedback_pages
from . import report as report_page
from .course import Course, CourseError
from .outcome import Outcome, Status
from .pages import points
from .record import Record, load, require_record, to_json

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.registered_commands += workspace_cli.app.registered_commands
app.registered_commands += gradebook_cli.app.registered_commands
app.registered_commands += forget_cli.app.registered_commands
app.registered_commands += similarity_cli.app.registered_commands


def _default(function: Callable[..., Any], name: str) -> Any:
    """The default that the API gives to a parameter, so that the two cannot differ."""
    return inspect.signature(function).parameters[name].default


_FORCE: bool = _default(classroom.write_class, "force")
_TIMEOUT: float | None = _default(grading.grade, "timeout")
_JOBS: int = _default(grading.grade, "jobs")
_AGAIN: bool = _default(grading.grade, "force")
_UNCONFINED: bool = _default(grading.grade, "unconfined")
_PROVISIONAL: bool = _default(export_files.export, "provisional")
_NAMES: bool = _default(report_page.write_report, "names")
_PATIENCE: float = cluster.Scheduler.patience
_ENGINE: str = _default(grading.grade, "engine")

Assignment = Annotated[str, typer.Argument(help="The assignment's name, such as ps2.", show_default=False)]
CourseFolder = Annotated[
    Path | None,
    typer.Option(
        "--course", help="The course folder. Default: found from the current folder.", show_default=False
    ),
]
Students = Annotated[
    str | None, typer.Option(help="Only these students, separated by commas.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output instead of a table.")]
Why = Annotated[bool, typer.Option("--why", help="Say in the table what each failed test reported.")]
Roster = Annotated[
    Path | None,
    typer.Option(
        help="Canvas's exported gradebook, Moodle's grading worksheet, or a CSV with student, lms_id, name.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace work that is already there.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="Write nothing: compare recorded grades with the expected ones.")
]
ClassSize = Annotated[
    int | None,
    typer.Option(
        "--students",
        min=1,
        help="How many students: some of each kind, or the class again and again. Default: the class once.",
        show_default=False,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(help="Seconds that one cell may run. Default: c.Execute.timeout of the course."),
]
Jobs = Annotated[int, typer.Option(help="Submissions at a time; 0: one on each core.")]
Again = Annotated[
    bool,
    typer.Option(
        "--force/--resume", help="Grade everything again, or only what has changed since it was graded."
    ),
]
Unconfined = Annotated[
    bool,
    typer.Option(
        "--unconfined", help="Run submitted code with your own rights. Only for work that you have read."
    ),
]
SchedulerAddress = Annotated[
    str | None,
    typer.Option(
        "--scheduler", help="Grade on a Dask cluster: tcp://host:8786 or tls://host:8786.", show_default=False
    ),
]
TlsCa = Annotated[
    Path | None, typer.Option(help="For tls://: the authority that all trust, as PEM.", show_default=False)
]
TlsCert = Annotated[
    Path | None, typer.Option(help="For tls://: the certificate of who grades.", show_default=False)
]
TlsKey = Annotated[
    Path | None, typer.Option(help="For tls://: the key of that certificate.", show_default=False)
]
Patience = Annotated[float, typer.Option(help="Seconds to wait for a cluster that does not answer.")]
Engine = Annotated[str, typer.Option(help=f"One of: {', '.join(grading.ENGINES)}.")]


def _tells_mistakes(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a `CourseError` into two lines on stderr and exit code 1."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except CourseError as mistake:
            typer.secho(mistake.problem, fg="red", err=True)
            typer.echo(mistake.next_step, err=True)
            raise typer.Exit(1) from None

    return wrapper


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit()


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Release notebooks, grade submissions, explain the grades. Students: your commands are at the end.

    The course folder holds nbgrader_config.py, source/, release/, submitted/, autograded/, feedback/,
    report/ and gradebook.db. What lies in submitted/ is never changed by grading.
    """


@app.command()
@_tells_mistakes
def release(
    assignment: Assignment,
    course: CourseFolder = None,
    as_zip: Annotated[
        bool, typer.Option("--zip", help="Write release/NAME.zip as well, to be put on a platform.")
    ] = False,
) -> None:
    """Make the student copy, and register the hidden tests in the gradebook. Safe to repeat."""
    place = Course.find(course)
    path = nbgrader_engine.release(place, assignment)
    typer.echo(f"Student copy: {_shown(path)}")
    if as_zip:
        made = release_zip.write_zip(place, assignment)
        files = f"{len(made.files)} {'file' if len(made.files) == 1 else 'files'}"
        typer.echo(f"For a platform: {_shown(made.path)} ({files}, {-(-made.size // 1000)} kB)")


@app.command("sample-class")
@_tells_mistakes
def sample_class(
    assignment: Assignment,
    course: CourseFolder = None,
    students: ClassSize = None,
    force: Force = _FORCE,
    verify: Verify = False,
) -> None:
    """Write the sample class into submitted/; students who have handed in keep their work."""
    place = Course.find(course)
    hands = classroom.load_class(place, assignment)
    if students is not None:
        hands = classroom.resize(hands, students)
    if verify:
        return _verify(place, assignment, hands)
    enrolment = classroom.write_class(place, assignment, hands, force=force)
    typer.echo(f"Written: {len(enrolment.written)} submissions to {_shown(place.root / 'submitted')}")
    if enrolment.kept:
        typer.echo(f"Kept as they were (--force replaces them): {', '.join(enrolment.kept)}")


@app.command()
@_tells_mistakes
def collect(
    assignment: Assignment,
    source: Annotated[Path, typer.Argument(help="A folder, or a zip file.", show_default=False)],
    course: CourseFolder = None,
    roster: Roster = None,
    as_json: AsJson = False,
) -> None:
    """Put downloaded work into submitted/; earlier work that it replaces is kept.

    Known are the bulk downloads of Canvas, Moodle and Blackboard, and folders:

    \b
    submissions.zip
        perezjose_LATE_1234_56789_ps2-1.ipynb                      Canvas
        José Pérez_657737_assignsubmission_file_/ps2.ipynb         Moodle
        ps2_jperez_attempt_2026-03-01-15-00-00_ps2.ipynb           Blackboard
        jperez/ps2/ps2.ipynb   or   jperez/ps2.ipynb               a folder for each student
    """
    place = Course.find(course)
    result = collect_work.collect(place, assignment, source, roster=roster)
    if as_json:
        typer.echo(json.dumps(result.to_dict(), indent=1, ensure_ascii=False))
        return
    counts = [(name, result.count(name)) for name in ("placed", "replaced", "unchanged", "kept")]
    typer.echo(
        f"{assignment}: {', '.join(f'{count} {name}' for name, count in counts if count)} "
        f"in {_shown(place.root / 'submitted')}"
    )
    for item in result.students:
        for note in item.notes:
            typer.echo(f"  {item.student}: {note}")
    for name, why in result.lost.items():
        typer.secho(f"Not placed: {name}: {why}", fg="red", err=True)
    if result.lost:
        typer.echo(
            f"Put such work into {_shown(place.submitted('STUDENT', assignment))} yourself, or leave it out.",
            err=True,
        )


@app.command("export")
@_tells_mistakes
def export_grades(
    assignment: Annotated[
        str | None,
        typer.Argument(help="The assignment's name. Default: all that are graded.", show_default=False),
    ] = None,
    course: CourseFolder = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All graded assignments, and report/course.csv over them.")
    ] = False,
    canvas: Annotated[
        Path | None, typer.Option(help="The gradebook that Canvas exported: filled in.", show_default=False)
    ] = None,
    moodle: Annotated[
        Path | None, typer.Option(help="The grading worksheet of Moodle: filled in.", show_default=False)
    ] = None,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Export scores in which an answer waits for a person, too.")
    ] = _PROVISIONAL,
    as_json: AsJson = False,
) -> None:
    """Write CSV files of students and of questions, and what Canvas and Moodle import.

    Without a name, or with --all, also one table of the course: a row for each student, a column for each
    assignment. An empty cell is no grade.
    """
    if assignment is not None and everything:
        raise CourseError(
            f"`{assignment}` and --all exclude each other.", "Name an assignment, or write --all."
        )
    place = Course.find(course)
    names = export_files.graded_assignments(place) if assignment is None else (assignment,)
    for name in names:
        with suppress(CourseError) if assignment is None else nullcontext():
            late.apply_dates(place, name)  # points given by hand change what a share of them is
    done: export_files.CourseExport | export_files.Exported
    if assignment is None:
        done = export_files.export_course(place, canvas=canvas, moodle=moodle, provisional=provisional)
    else:
        done = export_files.export(place, assignment, canvas=canvas, moodle=moodle, provisional=provisional)
    if as_json:
        typer.echo(json.dumps(done.to_dict(), indent=1, ensure_ascii=False))
    else:
        _print_export(done)


def _print_export(done: export_files.CourseExport | export_files.Exported) -> None:
    """Say which files were written, and who is not in those of the platforms."""
    if isinstance(done, export_files.CourseExport):
        typer.echo(f"Written: {_shown(done.table)}")
        for name, why in done.skipped.items():
            typer.secho(f"Left out: {name}: {why}", fg="red", err=True)
        for exported in done.assignments.values():
            _print_export(exported)
        return
    for path in done.files:
        typer.echo(f"Written: {_shown(path)}")
    for student in sorted(done.without):
        typer.echo(f"No grade for a platform: {student} {done.without[student]}", err=True)


@app.command(epilog=f"Limits, to be set in nbgrader_config.py:\n\n{settings.describe()}")
@_tells_mistakes
def grade(
    assignment: Assignment,
    course: CourseFolder = None,
    students: Students = None,
    timeout: Timeout = _TIMEOUT,
    engine: Engine = _ENGINE,
    jobs: Jobs = _JOBS,
    force: Again = _AGAIN,
    unconfined: Unconfined = _UNCONFINED,
    scheduler: SchedulerAddress = None,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    patience: Patience = _PATIENCE,
    why: Why = False,
    as_json: AsJson = False,
) -> None:
    """Grade every submission; one that cannot be graded gets a reason and stops nobody else."""
    place = Course.find(course)
    skipped: list[str] = []
    before = Record(place.outcomes(assignment))
    where = cluster.scheduler_of(scheduler, tls_ca, tls_cert, tls_key, patience)
    with _plain_interrupt(), _progress("Grading") as on_start:
        outcomes = grading.grade(
            place,
            assignment,
            _names(students),
            timeout=timeout,
            engine=engine,
            jobs=jobs,
            force=force,
            unconfined=unconfined,
            on_start=on_start,
            on_skip=skipped.extend,
            scheduler=where,
            on_notice=lambda sentence: typer.echo(sentence, err=True),
        )
    with _plain_interrupt():
        changes = _changes(place, assignment, before, outcomes, timeout)
    if as_json:
        for piece in to_json(outcomes):
            typer.echo(piece, nl=False)
    else:
        _print_outcomes(outcomes, why)
    if skipped:
        kept = f"{len(skipped)} of {len(outcomes)} had not changed since they were graded and were kept"
        typer.echo(f"{kept}; --force grades them again.", err=as_json)
    for sentence in changes:
        typer.echo(sentence, err=as_json)


def _changes(
    course: Course,
    assignment: str,
    before: Mapping[str, Outcome],
    after: Sequence[Outcome],
    timeout: float | None,
) -> list[str]:
    """Say what moved since the last run and why, penalties included, and remember what this run saw."""
    old = regrade.load_state(course, assignment)
    new = regrade.state_of(course, assignment, [outcome.student for outcome in after], timeout)
    moved = regrade.moves(before, after, old, new)
    regrade.save_state(course, assignment, new)
    penalties = [change for change in late.apply_dates(course, assignment) if change.student in before]
    sentences = [f"Moved: {move}" for move in moved]
    return sentences + [
        f"Moved: {item.student} penalty for lateness: {points(item.before)} → {points(item.after)}"
        for item in penalties
    ]


@app.command()
@_tells_mistakes
def due(
    assignment: Assignment,
    when: Annotated[
        str, typer.Argument(help="Such as '2026-03-01 23:59 Europe/Berlin'; none takes it away.")
    ],
    course: CourseFolder = None,
    as_json: AsJson = False,
) -> None:
    """Set when an assignment is due. Extensions stand in extensions.csv: student,assignment,until,reason."""
    place = Course.find(course)
    set_to = late.set_due(place, assignment, when)
    changes = late.apply_dates(place, assignment)
    if as_json:
        utc = set_to.strftime("%Y-%m-%dT%H:%M:%SZ") if set_to else None
        moved = [asdict(change) for change in changes]
        typer.echo(json.dumps({"assignment": assignment, "due": utc, "moved": moved}, indent=1))
        return
    typer.echo(f"{assignment} is due {f'{set_to:%Y-%m-%d %H:%M} UTC' if set_to else 'at no time'}.")
    for change in changes:
        typer.echo(f"Moved: {change.student} penalty: {points(change.before)} → {points(change.after)}")


@contextmanager
def _plain_interrupt() -> Iterator[None]:
    """Turn Ctrl-C into a sentence."""
    try:
        yield
    except KeyboardInterrupt:
        raise CourseError(
            "Interrupted. Every finished submission is recorded.", "The same command goes on from there."
        ) from None


@app.command("verify")
@_tells_mistakes
def verify_assignment(
    assignment: Assignment,
    course: CourseFolder = None,
    timeout: Timeout = _TIMEOUT,
    unconfined: Unconfined = _UNCONFINED,
    as_json: AsJson = False,
) -> None:
    """Try an assignment: its solution must earn every point, and answers that are none nothing."""
    from .verify import verify  # noqa: PLC0415  (the other commands do not need it)

    verdict = verify(Course.find(course), assignment, timeout=timeout, unconfined=unconfined)
    if as_json:
        typer.echo(json.dumps(verdict.to_dict(), indent=1, ensure_ascii=False))
    else:
        for trial in verdict.trials:
            typer.secho(f"{'ok ' if trial.ok else 'BAD'} {trial}", fg=None if trial.ok else "red")
        for finding in verdict.findings:
            typer.echo(f"look at {finding}")
    if not verdict.ok:
        raise typer.Exit(1)


@app.command()
@_tells_mistakes
def feedback(
    assignment: Assignment,
    course: CourseFolder = None,
    students: Students = None,
    as_json: AsJson = False,
) -> None:
    """Write one HTML page for each student: what was earned and why, without hidden tests.

    \b
    autograded/ada/ps2/ps2.ipynb, gradebook.db   ->   feedback/ada/ps2/ps2.html
    """
    place = Course.find(course)
    place.require(assignment)
    require_record(place.outcomes(assignment), assignment)
    late.apply_dates(place, assignment)  # points given by hand change what a share of them is
    with _progress("Writing feedback") as on_start:
        pages = feedback_pages.write_feedback(place, assignment, _names(students), on_start=on_start)
    failed = [page for page in pages if page.path is None]
    if as_json:
        typer.echo(json.dumps([page.to_dict() for page in pages], indent=1, ensure_ascii=False))
    else:
        typer.echo(f"Written: {len(pages) - len(failed)} pages to {_shown(place.root / 'feedback')}")
    for page in failed:
        typer.secho(f"No page for {page.student}: {page.problem}", fg="red", err=True)
    if failed:
        raise typer.Exit(1)


@app.command()
@_tells_mistakes
def report(
    assignment: Assignment,
    course: CourseFolder = None,
    names: Annotated[
        bool, typer.Option("--names/--no-names", help="With names, or a page to show to the class.")
    ] = _NAMES,
    as_json: AsJson = False,
) -> None:
    """Write the teacher's page: scores, questions, commonest mistakes, and what could not be graded."""
    path, summary = report_page.write_report(Course.find(course), assignment, names=names)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), indent=1, ensure_ascii=False))
    else:
        typer.echo(f"Report: {_shown(path)}")
    if warning := summary.protection.warning:
        typer.secho(warning, fg="yellow", err=True)


def _verify(place: Course, assignment: str, hands: Sequence[classroom.Hand]) -> None:
    """Compare the record with what the class expects; exit code 1 if they differ."""
    found = classroom.differences(hands, tuple(load(place.outcomes(assignment)).values()))
    for sentence in found:
        typer.secho(sentence, fg="red", err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(f"All {len(hands)} students have the expected grades.")


def _names(students: str | None) -> list[str] | None:
    """Split the list of students; an empty one is a mistake, not everybody."""
    if students is None:
        return None
    names = [name.strip() for name in students.split(",") if name.strip()]
    if not names:
        raise CourseError("--students names nobody.", "Write names separated by commas, or leave it out.")
    return names


def _shown(path: Path) -> str:
    """A path as a person would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@contextmanager
def _progress(label: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar on stderr: who is being worked on, how many are done, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def on_start(student: str, done: int, total: int) -> None:
            bar.update(task, description=f"{label} {escape(student)}", completed=done, total=total)

        yield on_start


def _print_outcomes(outcomes: Sequence[Outcome], why: bool) -> None:
    """Print the table of a run; with `why`, what each failed test reported as well."""
    table = Table("Student", "Score", "Failed cells", "Status", "Seconds", show_lines=True)
    for column, justify in zip(table.columns, ("left", "right", "left", "left", "right"), strict=True):
        column.justify = justify  # type: ignore[assignment]
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for outcome in outcomes:
        table.add_row(*map(escape, _row(outcome, why)))
    console = Console()
    console.print(table)
    console.print(escape(_totals(outcomes)))
    if protection := _protection(outcomes):
        console.print(escape(protection))


def _row(outcome: Outcome, why: bool) -> tuple[str, str, str, str, str]:
    """One line of the table; a dash stands where there is no score."""
    score = f"{points(outcome.score)} / {points(outcome.max_score)}"
    if why:
        failed = "\n".join(f"{cell.grade_id}: {cell.error or 'no points'}" for cell in outcome.failed)
    else:
        failed = ", ".join(cell.grade_id for cell in outcome.failed)
    waiting = [f"{len(outcome.pending)} to grade by hand"] if outcome.pending else []
    notes = [f"note: {note}" for note in outcome.notes]
    status = "\n".join([outcome.summary, *waiting, *notes])
    return outcome.student, score, failed, status, f"{outcome.seconds:.1f}"


def _protection(outcomes: Sequence[Outcome]) -> str:
    """How the submissions were confined while they ran, said once."""
    ran = [outcome for outcome in outcomes if outcome.protection]
    levels = sorted({outcome.protection for outcome in ran})
    mechanisms = dict.fromkeys(name for outcome in ran for name in outcome.mechanisms)
    return f"Protection: {', '.join(levels)} ({', '.join(mechanisms) or 'nothing'})" if ran else ""


def _totals(outcomes: Sequence[Outcome]) -> str:
    """The line below the table."""
    graded = [outcome for outcome in outcomes if outcome.graded]
    late = sum(outcome.status is Status.TIMED_OUT for outcome in outcomes)
    lost = sum(outcome.status in (Status.NOT_GRADABLE, Status.CRASHED) for outcome in outcomes)
    missing = sum(outcome.status is Status.MISSING for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    mean = sum(outcome.score or 0.0 for outcome in graded) / len(graded) if graded else None
    return (
        f"{len(graded)} graded ({late} with a time-out), {lost} not gradable, {missing} missing; "
        f"mean score {points(mean)}; {seconds:.1f} s, {seconds / max(1, len(outcomes)):.1f} s a submission"
    )
