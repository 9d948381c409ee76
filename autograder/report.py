"""The teacher's page: scores, questions, what could not be graded and why. No scripts, no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from .course import Course, CourseError
from .gradebook import empty_cells, maximum, refresh, require_released
from .outcome import Outcome, Status, load, write_atomically
from .pages import points, render
from .report_class import items, mistakes, needs_help, without_names

BINS = 10
SHOWN = 10  # commonest mistakes


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
        Everybody, sorted by name, with today's points.
    questions : tuple of Question
        In the order of the notebook.
    """

    assignment: str
    max_score: float
    outcomes: tuple[Outcome, ...]
    questions: tuple[Question, ...]

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
        return mean(self.scores) if self.scores else None

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

    def count(self, *statuses: Status) -> int:
        """How many ended in one of these."""
        return sum(outcome.status in statuses for outcome in self.outcomes)

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
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
            "questions": [{**asdict(question), "share": question.share} for question in self.questions],
            "outcomes": [outcome.to_dict() for outcome in self.outcomes],
        }


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram, in the units of the picture."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str


def summarise(course: Course, assignment: str) -> Summary:
    """Put the recorded outcomes and the gradebook's points of today together.

    Raises
    ------
    CourseError
        If nothing has been graded.
    """
    require_released(course, assignment)
    record = load(course.outcomes(assignment))
    if not record:
        raise CourseError(f"`{assignment}` has not been graded.", f"Run: autograder grade {assignment}")
    cells = empty_cells(course, assignment)
    outcomes = tuple(refresh(course, record[student]) for student in sorted(record))
    questions = tuple(question(outcomes, cell.grade_id, cell.max_points, cell.manual) for cell in cells)
    return Summary(assignment, maximum(cells), outcomes, questions)


def question(outcomes: Sequence[Outcome], name: str, max_points: float, manual: bool) -> Question:
    """Collect what a class did on one cell."""
    earned = [
        cell.points
        for outcome in outcomes
        for cell in outcome.cells
        if cell.grade_id == name and cell.points is not None
    ]
    full = sum(value >= max_points for value in earned)
    return Question(name, max_points, manual, len(earned), full, mean(earned) if earned else None)


def histogram(scores: Sequence[float], max_score: float) -> tuple[int, ...]:
    """Count scores in ten equal parts of the range; full marks belong to the last."""
    parts = Counter(
        min(BINS - 1, max(0, int(BINS * score / max_score))) if max_score else 0 for score in scores
    )
    return tuple(parts[index] for index in range(BINS))


def bars(counts: Sequence[int], width: float = 480, height: float = 150) -> tuple[Bar, ...]:
    """Lay out the histogram."""
    step, top = width / len(counts), max([*counts, 1])
    return tuple(
        Bar(
            x=round(index * step + 2, 2),
            y=round(height * (1 - count / top), 2),
            width=round(step - 4, 2),
            height=round(height * count / top, 2),
            count=count,
            label=f"{index * 100 // len(counts)}",
        )
        for index, count in enumerate(counts)
    )


def describe(counts: Sequence[int]) -> str:
    """Say in words what the histogram shows."""
    step = 100 // len(counts)
    parts = [
        f"{count} from {index * step} to {(index + 1) * step} %"
        for index, count in enumerate(counts)
        if count
    ]
    what = "submission" if sum(counts) == 1 else "submissions"
    return f"Scores of {sum(counts)} graded {what}: {'; '.join(parts) or 'none'}."


def render_report(summary: Summary, now: datetime | None = None) -> str:
    """Return the page as one self-contained HTML text."""
    counts = histogram(summary.scores, summary.max_score)
    return render(
        "report.html.j2",
        summary=summary,
        bars=bars(counts),
        description=describe(counts),
        status=Status,
        written=(now or datetime.now().astimezone()).strftime("%Y-%m-%d %H:%M"),
        table=[(outcome, {cell.grade_id: cell for cell in outcome.cells}) for outcome in summary.outcomes],
        mistakes=mistakes(summary.outcomes)[:SHOWN],
        help=needs_help(summary.outcomes),
        items=items(summary.outcomes),
        longest=max((outcome.seconds for outcome in summary.outcomes), default=0.0) or 1.0,
        points=points,
    )


def write_report(course: Course, assignment: str, *, names: bool = True) -> tuple[Path, Summary]:
    """Write the page; return its path and what it states.

    Without `names` it is another page, ``NAME.without-names.html``, that can be shown to the class.
    """
    summary = summarise(course, assignment)
    path = course.report(assignment)
    if not names:
        summary = replace(summary, outcomes=without_names(summary.outcomes))
        path = path.with_name(f"{assignment}.without-names.html")
    write_atomically(path, render_report(summary))
    return path, summary
