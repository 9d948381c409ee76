"""The teacher's page: scores, questions, mistakes, and everything that went wrong. No scripts, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import fmean, median
from typing import Any

from .collect import collected
from .course import Course
from .files import write_atomically
from .gradebook import empty_cells, maximum
from .outcome import CellOutcome, Outcome, Status
from .pages import points, render
from .report_class import Help, Item, Mistake, items, mistakes, needs_help, pseudonyms, without_names
from .report_pictures import bars, beam, describe, histogram
from .report_trouble import (
    Finding,
    Late,
    Protection,
    errors_of_tests,
    lateness,
    mended,
    on_arrival,
    protection,
    tally,
)
from .standing import standings

__all__ = ["LARGE", "Question", "Summary", "question", "render_report", "summarise", "write_report"]

SHOWN = 10  # commonest mistakes
LARGE = 200  # students; the table of a larger class has totals only
ROWS = 10_000  # students in the table
FOLDED = 30  # rows; a longer list is folded
LISTED = 300  # rows of a list of students
REASONS = 2000  # reasons for lost points
NAMES = 12  # students named in one cell of a table
WIDTH = 300  # characters of a message
LOGGED = 1500  # characters from the end of a log


@dataclass(frozen=True)
class Question:
    """How a class did on one graded cell.

    Parameters
    ----------
    grade_id : str
        The cell.
    max_points : float
        What can be earned.
    manual : bool
        Whether a person grades it.
    graded : int
        How many students have points for it.
    full : int
        How many of them have all.
    mean : float or None
        Mean points; ``None`` if nobody has any grade.
    """

    grade_id: str
    max_points: float
    manual: bool
    graded: int
    full: int
    mean: float | None

    @property
    def share(self) -> float | None:
        """Share of full marks among those graded, 0 to 1."""
        return self.full / self.graded if self.graded else None


@dataclass(frozen=True)
class Summary:
    """Everything that the page states.

    Parameters
    ----------
    assignment : str
        The assignment's name.
    max_score : float
        Points that can be earned.
    outcomes : tuple of Outcome
        Everybody, sorted by name, with today's points before penalties.
    questions : tuple of Question
        In the order of the notebook.
    late : tuple of Late
        Who handed in after the due date, and what that cost.
    arrivals : tuple of Finding
        What collecting had to decide.
    named : bool
        Whether students have their own names here.
    """

    assignment: str
    max_score: float
    outcomes: tuple[Outcome, ...]
    questions: tuple[Question, ...]
    late: tuple[Late, ...] = ()
    arrivals: tuple[Finding, ...] = ()
    named: bool = True

    @property
    def graded(self) -> tuple[Outcome, ...]:
        """Those with a grade."""
        return tuple(outcome for outcome in self.outcomes if outcome.graded)

    @property
    def scores(self) -> tuple[float, ...]:
        """The scores of those with a grade."""
        return tuple(outcome.score or 0.0 for outcome in self.graded)

    @property
    def mean(self) -> float | None:
        """Mean score of those with a grade."""
        return fmean(self.scores) if self.scores else None

    @property
    def median(self) -> float | None:
        """Median score of those with a grade."""
        return median(self.scores) if self.scores else None

    @property
    def seconds(self) -> float:
        """Time spent on all submissions."""
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def waiting(self) -> int:
        """How many answers a person has yet to grade."""
        return sum(len(outcome.pending) for outcome in self.graded)

    @property
    def large(self) -> bool:
        """Whether the class is too large for a table of every student's questions."""
        return len(self.outcomes) > LARGE

    @property
    def items(self) -> tuple[Item, ...]:
        """How each question works."""
        return items(self.outcomes)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What tests said, commonest first."""
        return mistakes(self.outcomes)

    @property
    def help(self) -> tuple[Help, ...]:
        """Who may need help, and by which rule."""
        return needs_help(self.outcomes)

    @property
    def protection(self) -> Protection:
        """How well the submissions were confined."""
        return protection(self.outcomes)

    @property
    def tally(self) -> tuple[tuple[str, int], ...]:
        """What went wrong, and how often."""
        return tally(self.outcomes, self.late)

    def count(self, *statuses: Status) -> int:
        """How many ended in one of these."""
        return sum(outcome.status in statuses for outcome in self.outcomes)

    def nameless(self) -> Summary:
        """Return the same without names, messages and whatever else a student can have written."""
        names = pseudonyms(self.outcomes)
        late = (replace(item, student=names[item.student]) for item in self.late)
        return replace(
            self,
            outcomes=without_names(self.outcomes, names),
            late=tuple(sorted(late, key=lambda item: item.student)),
            arrivals=(),
            named=False,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        shut_in = self.protection
        return {
            "assignment": self.assignment,
            "max_score": self.max_score,
            "graded": len(self.graded),
            "not_gradable": self.count(Status.NOT_GRADABLE),
            "missing": self.count(Status.MISSING),
            "mean": self.mean,
            "median": self.median,
            "waiting_for_a_person": self.waiting,
            "seconds": round(self.seconds, 3),
            "protection": {**asdict(shut_in), "warning": shut_in.warning},
            "went_wrong": dict(self.tally),
            "late": [asdict(item) for item in self.late],
            "mended": [asdict(item) for item in mended(self.outcomes)] if self.named else [],
            "questions": [{**asdict(question), "share": question.share} for question in self.questions],
            "items": [asdict(item) for item in self.items],
            "mistakes": [asdict(item) for item in self.mistakes],
            "help": [asdict(item) for item in self.help],
            "outcomes": [outcome.to_dict() for outcome in self.outcomes],
        }


def summarise(course: Course, assignment: str) -> Summary:
    """Put the recorded outcomes and the gradebook's points of today together.

    Raises
    ------
    CourseError
        If nothing has been graded.
    """
    class_now = standings(course, assignment)
    people = collected(course, assignment)
    outcomes = tuple(item.outcome for item in class_now)
    cells = empty_cells(course, assignment)
    return Summary(
        assignment,
        maximum(cells),
        outcomes,
        _questions(outcomes, cells),
        lateness(class_now, people),
        on_arrival(people),
    )


def question(outcomes: Sequence[Outcome], name: str, max_points: float, manual: bool) -> Question:
    """Collect what a class did on one cell."""
    return _questions(outcomes, [CellOutcome(name, None, max_points, manual)])[0]


def _questions(outcomes: Iterable[Outcome], cells: Sequence[CellOutcome]) -> tuple[Question, ...]:
    """Collect what a class did on each cell, reading everybody once."""
    earned: dict[str, list[float]] = {cell.grade_id: [] for cell in cells}
    for outcome in outcomes:
        for cell in outcome.cells:
            if cell.points is not None and cell.grade_id in earned:
                earned[cell.grade_id].append(cell.points)
    return tuple(_question(cell, earned[cell.grade_id]) for cell in cells)


def _question(cell: CellOutcome, earned: Sequence[float]) -> Question:
    full = sum(value >= cell.max_points for value in earned)
    mean = fmean(earned) if earned else None
    return Question(cell.grade_id, cell.max_points, cell.manual, len(earned), full, mean)


@dataclass(frozen=True)
class Listed:
    """The beginning of a list, so that a page stays small however large the class is."""

    rows: tuple[Any, ...]
    more: int


def listed(rows: Iterable[Any], limit: int = LISTED) -> Listed:
    """Cut a list, and say how much was left out."""
    everything = tuple(rows)
    return Listed(everything[:limit], max(0, len(everything) - limit))


def people(students: Sequence[str]) -> str:
    """Name some students in one cell of a table.

    >>> people(["ada", "bo"])
    'ada, bo'
    """
    more = len(students) - NAMES
    return ", ".join(students[:NAMES]) + (f" and {more} more" if more > 0 else "")


def span(seconds: float) -> str:
    """Write a short time.

    >>> span(0.0123), span(2.5)
    ('12 ms', '2.5 s')
    """
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def short(text: str) -> str:
    """Cut a message to a length that a table can hold."""
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def render_report(summary: Summary, now: datetime | None = None) -> str:
    """Return the page as one self-contained HTML text."""
    counts = histogram(summary.scores, summary.max_score)
    lost = listed(() if summary.large or not summary.named else _reasons(summary.graded), REASONS)
    help_now, shown = summary.help, summary.items
    return render(
        "report.html.j2",
        summary=summary,
        bars=bars(counts),
        description=describe(counts),
        status=Status,
        written=(now or datetime.now().astimezone()).strftime("%Y-%m-%d %H:%M"),
        table=listed(
            ((outcome, {cell.grade_id: cell for cell in outcome.cells}) for outcome in summary.outcomes), ROWS
        ),
        mistakes=summary.mistakes[:SHOWN] if summary.named else (),
        help=listed(help_now),
        rules={
            rule: sum(item.rule == rule for item in help_now) for rule in sorted({i.rule for i in help_now})
        },
        items=shown,
        slowest=max((item.seconds for item in shown), default=0.0),
        ungraded=listed(outcome for outcome in summary.outcomes if not outcome.graded),
        stopped=listed(o for o in summary.outcomes if o.status in (Status.TIMED_OUT, Status.DIED)),
        late=listed(summary.late),
        penalties={item.student: item.penalty for item in summary.late if item.penalty},
        findings=listed(mended(summary.outcomes)),
        broken_tests=listed(errors_of_tests(summary.outcomes)),
        arrivals=listed(summary.arrivals),
        reasons=[(who, tuple(cell for _, cell in rows)) for who, rows in groupby(lost.rows, itemgetter(0))],
        more_reasons=lost.more,
        longest=max((outcome.seconds for outcome in summary.outcomes), default=0.0),
        folded=FOLDED,
        logged=LOGGED,
        points=points,
        beam=beam,
        people=people,
        short=short,
        span=span,
    )


def _reasons(graded: Iterable[Outcome]) -> Iterable[tuple[str, CellOutcome]]:
    """Every lost point with its student."""
    return ((outcome.student, cell) for outcome in graded for cell in outcome.failed)


def write_report(course: Course, assignment: str, *, names: bool = True) -> tuple[Path, Summary]:
    """Write the page; return its path and what it states.

    Without `names` it is another page, ``NAME.without-names.html``, that can be shown to the class.
    """
    summary = summarise(course, assignment)
    path = course.report(assignment)
    if not names:
        summary = summary.nameless()
        path = path.with_name(f"{assignment}.without-names.html")
    write_atomically(path, render_report(summary))
    return path, summary
