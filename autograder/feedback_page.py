"""What a student's page states, put together from the graded notebook, the gradebook and the record."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from markupsafe import Markup

from .feedback_cells import LONGEST_SOURCE, Room, code_html, joined, markdown_html, outputs_html, said
from .feedback_safety import plain, redact_text, secret_lines
from .marks import Mark, Marks
from .nbgrader_engine import cell_error
from .outcome import CellOutcome, Outcome
from .pages import render
from .rules import Lecture, explained_in

__all__ = ["MAX_BYTES", "About", "Check", "FeedbackPage", "Place", "ShownCell", "make_page", "render_page"]

MAX_BYTES = 2_000_000
MOST_CELLS = 800
MOST_NOTES = 40
_FOLDED_LINES = 12  # a given cell that is longer is folded
_LONGEST_REASON = 1200
_HEADING = re.compile(r"^#{1,3}[ \t]+(.+)$", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
_NAMED = "Yours equals"  # how checks begin to name a mistake
# The extension Safe keeps formulas of a submission from making links that run, and from styling the page.
_MATHJAX = {
    "address": "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/MathJax.js?config=TeX-AMS_CHTML-full,Safe",
    "config": Markup(
        "window.MathJax = {messageStyle: 'none', showMathMenu: false, "
        "TeX: {equationNumbers: {autoNumber: 'AMS'}}, "
        "tex2jax: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']], processEscapes: true}};"
    ),
}
_UNANSWERED = "Not answered yet."
_BY_HAND = "Points given by a person."
_NOT_DEFINED = re.compile(r"NameError: name '(\w+)' is not defined")


@dataclass(frozen=True)
class About:
    """Whose work on what.

    Parameters
    ----------
    student, assignment, notebook : str
        Names; the notebook of an assignment usually has its name.
    """

    student: str
    assignment: str
    notebook: str

    @property
    def title(self) -> str:
        """What the page is about."""
        several = self.notebook != self.assignment
        return f"{self.assignment}, {self.notebook}" if several else self.assignment


@dataclass(frozen=True)
class Place:
    """What is the same for a whole class.

    Parameters
    ----------
    regions : tuple of (str, str)
        What begins and what ends hidden tests and mark schemes.
    lectures : tuple of Lecture
        Which lectures explain the assignment.
    address : str
        Where lectures are, with ``{file}`` or ``{name}``; empty: nobody knows, so there are no links.
    """

    regions: tuple[tuple[str, str], ...]
    lectures: tuple[Lecture, ...] = ()
    address: str = ""

    def link(self, lecture: Lecture) -> str:
        """Where a lecture can be read; empty if nobody knows."""
        return self.address.format(file=lecture.file, name=lecture.file.rpartition(".")[0] or lecture.file)


@dataclass(frozen=True)
class Check:
    """One graded cell.

    Parameters
    ----------
    name, problem : str
        Its grade id, and the heading under which it stands.
    points : float or None
        What was earned; ``None`` while a person has yet to grade it.
    max_points : float
        What can be earned.
    found, hint, diagnosis : str
        If points were lost: what the check found, what helps, and which mistake gives just that. All but
        the first may be empty.
    lecture : Lecture or None
        Where it is explained.
    link : str
        Where that lecture can be read; may be empty.
    """

    name: str
    problem: str
    points: float | None
    max_points: float
    found: str = ""
    hint: str = ""
    diagnosis: str = ""
    lecture: Lecture | None = None
    link: str = ""

    @property
    def pending(self) -> bool:
        """Whether a person has yet to grade it."""
        return self.points is None

    @property
    def lost(self) -> bool:
        """Whether points are missing."""
        return self.points is not None and self.points < self.max_points


@dataclass(frozen=True)
class ShownCell:
    """One cell as it stands on the page.

    Parameters
    ----------
    body : Markup
        Its source and outputs.
    name : str
        Its grade id; empty for an ordinary cell.
    check : Check or None
        If it is graded.
    comment : str
        What a person wrote about it.
    fold : str
        What the source is folded under; empty: it is not folded.
    outputs : Markup
        What running it gave.
    """

    body: Markup
    name: str = ""
    check: Check | None = None
    comment: str = ""
    fold: str = ""
    outputs: Markup = field(default_factory=Markup)


@dataclass(frozen=True)
class Look:
    """Checks of one problem that found the same."""

    checks: tuple[Check, ...]

    @property
    def first(self) -> Check:
        """One that stands for all."""
        return self.checks[0]


@dataclass(frozen=True)
class FeedbackPage:
    """Everything that a page states.

    Parameters
    ----------
    about : About
        Whose work on what.
    checks : tuple of Check
        The graded cells in the order of the notebook.
    cells : tuple of ShownCell
        The notebook.
    penalty : float
        Points taken off for lateness.
    reason : str
        What went wrong while it was graded, if anything did.
    notes : tuple of str
        What was mended before grading.
    left_out : str
        What there was no room for.
    listed : bool
        Whether there is room for a line for each graded cell.
    """

    about: About
    checks: tuple[Check, ...]
    cells: tuple[ShownCell, ...]
    penalty: float = 0.0
    reason: str = ""
    notes: tuple[str, ...] = ()
    left_out: str = ""
    listed: bool = True

    @property
    def score(self) -> float:
        """Points after the penalty, never below 0."""
        return max(0.0, sum(check.points or 0.0 for check in self.checks) - self.penalty)

    @property
    def max_score(self) -> float:
        """Points that can be earned."""
        return sum(check.max_points for check in self.checks)

    @property
    def lost(self) -> tuple[Check, ...]:
        """The checks that lost points."""
        return tuple(check for check in self.checks if check.lost)

    @property
    def waiting(self) -> tuple[Check, ...]:
        """What a person has yet to grade."""
        return tuple(check for check in self.checks if check.pending)

    @property
    def problems(self) -> dict[str, tuple[Check, ...]]:
        """The checks by the heading under which they stand."""
        return _by_problem(self.checks)

    @property
    def looks(self) -> dict[str, tuple[Look, ...]]:
        """What to look at, by problem; checks that found the same stand together."""
        found: dict[str, tuple[Look, ...]] = {}
        for problem, checks in _by_problem(self.lost).items():
            same: dict[tuple[str, ...], list[Check]] = {}
            for check in checks:
                same.setdefault((check.found, check.hint, check.diagnosis), []).append(check)
            found[problem] = tuple(Look(tuple(group)) for group in same.values())
        return found

    @property
    def comments(self) -> tuple[ShownCell, ...]:
        """The cells about which a person wrote something."""
        return tuple(cell for cell in self.cells if cell.comment)

    @property
    def summary(self) -> str:
        """How it went, in one or two sentences."""
        ran = len(self.checks) - len(self.waiting)
        lost = len(self.lost)
        if not self.checks:
            return "Nothing in this notebook is graded."
        if not ran:
            return "A person has yet to read it."
        first = f"{lost} of {ran} checks lost points." if lost else "Every check passed: full marks."
        if lost and all(check.found == _UNANSWERED for check in self.lost):
            first = f"{lost} of {ran} checks found no answer yet."
        elif ran == 1:
            first = "The check lost points." if lost else "The check passed: full marks."
        wait = "an answer that waits" if len(self.waiting) == 1 else "answers that wait"
        return f"{first} Points for {wait} for a person come on top." if self.waiting else first

    @staticmethod
    def lectures_of(looks: Sequence[Look]) -> tuple[Check, ...]:
        """One check for each lecture that explains some of these."""
        found = {check.lecture: check for look in looks for check in look.checks if check.lecture}
        return tuple(found.values())

    @property
    def formulas(self) -> bool:
        """Whether anything on the page may be a formula."""
        return any("$" in part or "\\(" in part for cell in self.cells for part in (cell.body, cell.outputs))


def _by_problem(checks: Iterable[Check]) -> dict[str, tuple[Check, ...]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.problem, []).append(check)
    return {problem: tuple(group) for problem, group in found.items()}


def make_page(
    notebook: Mapping[str, Any], about: About, marks: Marks, outcome: Outcome | None, place: Place
) -> FeedbackPage:
    """Put a page together.

    Parameters
    ----------
    notebook : mapping
        The graded notebook as its file has it.
    about : About
        Whose work on what.
    marks : Marks
        What the gradebook has on it.
    outcome : Outcome or None
        What the record of grading has on it, if there is one.
    place : Place
        What is the same for the whole class.
    """
    cells = [cell for cell in notebook.get("cells", []) if isinstance(cell, Mapping)]
    sources, secret = secret_lines([joined(cell.get("source")) for cell in cells], place.regions)
    recorded = {cell.grade_id.rpartition(":")[2]: cell for cell in _of(outcome, about)}
    shown, checks, problem, room = [], [], "", Room()
    for number, (cell, source) in enumerate(zip(cells, sources, strict=True)):
        graded = _nbgrader(cell)
        if cell.get("cell_type") == "markdown" and not graded.get("solution"):
            problem = _heading(source) or problem
        name = str(graded.get("grade_id", ""))
        check = None
        if graded.get("grade") or graded.get("task"):
            check = _check(cell, problem, marks.cells.get(name), recorded.get(name), secret, place)
            checks.append(check)
        if number < MOST_CELLS or check:
            made = _shown(cell, source, secret, room)
            shown.append(replace(made, name=name, check=check, comment=marks.comments.get(name, "")))
    return FeedbackPage(
        about,
        tuple(checks),
        tuple(shown),
        marks.penalty,
        outcome.reason if outcome else "",
        _notes(outcome),
        _left_out(len(cells) - len(shown)),
    )


def render_page(page: FeedbackPage) -> str:
    """Return the page as one HTML text of at most `MAX_BYTES`; only formulas need the network."""
    # Only a notebook with thousands of graded cells needs the second, or the third: points first.
    bare = replace(page, cells=(), left_out="Your notebook is too large to be shown.")
    for smaller in (page, bare):
        html = _render(smaller)
        if len(html.encode("utf-8", "replace")) <= MAX_BYTES:
            return html
    return _render(replace(bare, listed=False))


def _render(page: FeedbackPage) -> str:
    return render("page.html.j2", page=page, policy=policy(page.formulas), mathjax=_MATHJAX)


@cache
def policy(formulas: bool) -> str:
    """What a browser may do on a page: show it. Typesetting formulas is the one thing that may run.

    Whatever gets past the cleaning of a submission, no script of it runs, and it loads and sends nothing.
    """
    rules = ["default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'"]
    styles = "style-src 'unsafe-inline'"
    if not formulas:
        return "; ".join([*rules, styles])
    digest = base64.b64encode(hashlib.sha256(_MATHJAX["config"].encode()).digest()).decode()
    home = _MATHJAX["address"].partition("MathJax.js")[0]
    return "; ".join([*rules, f"{styles} {home}", f"font-src {home}", f"script-src 'sha256-{digest}' {home}"])


def _of(outcome: Outcome | None, about: About) -> list[CellOutcome]:
    """What is on record for this notebook; with several, names begin with that of the notebook."""
    cells = outcome.cells if outcome else ()
    return [cell for cell in cells if cell.grade_id.rpartition(":")[0] in ("", about.notebook)]


def _nbgrader(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = cell.get("metadata")
    found = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _heading(source: str) -> str:
    """The last heading of a cell of text, without marks."""
    found = _HEADING.findall(source)
    return found[-1].strip().strip("*_` ")[:200] if found else ""


def _check(
    cell: Mapping[str, Any],
    problem: str,
    mark: Mark | None,
    recorded: CellOutcome | None,
    secret: Collection[str],
    place: Place,
) -> Check:
    """One graded cell with its points, and why some are lost."""
    graded = _nbgrader(cell)
    by_hand = bool(graded.get("solution") or graded.get("task") or cell.get("cell_type") == "markdown")
    mark = mark or Mark(None, float(graded.get("points") or 0.0))
    # A test that never ran has earned nothing; an answer without points waits for a person.
    points = mark.points if mark.points is not None or by_hand else 0.0
    check = Check(str(graded.get("grade_id", "")), problem, points, mark.max_points)
    if not check.lost:
        return check
    reason = _reason(cell, recorded, secret)
    found, hint, diagnosis = (_BY_HAND, "", "") if by_hand and not reason else explain(reason)
    lecture = explained_in(place.lectures, check.name)
    link = place.link(lecture) if lecture else ""
    return replace(check, found=found, hint=hint, diagnosis=diagnosis, lecture=lecture, link=link)


def _reason(cell: Mapping[str, Any], recorded: CellOutcome | None, secret: Collection[str]) -> str:
    """Why points were lost: what is on record, in full if the cell still has it."""
    text = (recorded.error if recorded else _said_by_nbgrader(cell)) or ""
    errors = (one for one in cell.get("outputs") or [] if one.get("output_type") == "error")
    for error in errors:
        full = f"{joined(error.get('ename'))}: {joined(error.get('evalue')).strip()}"
        if text and text.rstrip("…") == full[: len(text.rstrip("…"))]:
            text = full
            break
    paragraph = plain(text[: 4 * _LONGEST_REASON]).strip().partition("\n\n")[0]
    paragraph = " ".join(redact_text(paragraph, secret).split())
    return paragraph if len(paragraph) <= _LONGEST_REASON else f"{paragraph[:_LONGEST_REASON]}…"


def _said_by_nbgrader(cell: Mapping[str, Any]) -> str | None:
    """Without a record: the reason by nbgrader's rules."""
    import nbformat  # noqa: PLC0415  (only nbgrader's own command, without a record, comes here)

    return cell_error(nbformat.from_dict(cell))


def explain(reason: str) -> tuple[str, str, str]:
    """Part a reason into what was found, what helps, and which mistake gives just that.

    Checks say first what they found, then what helps; a sentence that names a mistake begins with
    ``Yours equals``, and what follows it belongs to it.
    """
    if reason.startswith("NotImplementedError") or reason == "not answered":
        return _UNANSWERED, "", ""
    if missing := _NOT_DEFINED.match(reason):
        cell = f"Look at the cell that should define `{missing[1]}`"
        return (
            f"`{missing[1]}` does not exist.",
            f"{cell}: did it run to its end, and is the name spelt so?",
            "",
        )
    if not reason:
        return "Points are missing, and no reason is on record.", "", ""
    if reason.startswith("time-out"):
        return (
            f"{reason.rstrip('.')}.",
            "Look for a loop that does not end, or for work that is done again and again.",
            "",
        )
    found, *rest = _SENTENCE.split(reason.removeprefix("AssertionError: "))
    named = next((place for place, said in enumerate(rest) if said.startswith(_NAMED)), len(rest))
    return found, " ".join(rest[:named]), " ".join(rest[named:])


def _shown(cell: Mapping[str, Any], source: str, secret: Collection[str], room: Room) -> ShownCell:
    """Source and outputs of a cell as HTML."""
    kind, graded = cell.get("cell_type"), _nbgrader(cell)

    def made() -> str:
        return markdown_html(source, cell.get("attachments")) if kind == "markdown" else code_html(source)

    html = room.take("pictures" if cell.get("attachments") else "sources", source[:LONGEST_SOURCE], made)
    if html is None:
        html = said("This cell is not shown: the page would become too large.")
    checks = bool(graded.get("grade"))
    outputs = outputs_html(cell.get("outputs"), secret, room, fold=checks) if kind == "code" else Markup()
    given = kind == "code" and graded.get("locked") and not checks
    fold = "Code that was given" if given and source.count("\n") >= _FOLDED_LINES else ""
    return ShownCell(Markup(html), fold=fold, outputs=outputs)


def _notes(outcome: Outcome | None) -> tuple[str, ...]:
    """What was mended, as far as anybody would read."""
    notes = outcome.notes if outcome else ()
    more = len(notes) - MOST_NOTES
    shown = tuple(note[:300] for note in notes[:MOST_NOTES])
    return shown if more <= 0 else (*shown, f"and {more:,} more")


def _left_out(cells: int) -> str:
    return f"{cells:,} more cells of your notebook are not shown here." if cells else ""
