"""Pages for students: what was earned and why, without hidden tests and without anything that runs.

nbgrader's own feedback prints hidden tests and passes scripts of a submission on to whoever opens the
page. `secure` changes that for nbgrader's commands as well, through the course's configuration file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bleach import ALLOWED_TAGS, Cleaner  # type: ignore[import-untyped]
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from traitlets import List, Unicode
from traitlets.config import Config

from .course import Course, CourseError
from .nbgrader_engine import KeepsFailure, captured_log, cell_error, run
from .outcome import Outcome, load, write_atomically
from .pages import TEMPLATES, points, render, ticks

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_IMAGE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_REMOVED = "[a line of a hidden test was left out]"
_PICTURES = ("image/png", "image/jpeg")
_TEXTS = ("text/html", "text/markdown", "text/latex", "text/plain")
# Tags that Markdown and data frames need; bleach escapes or drops everything else.
_TAGS = ALLOWED_TAGS | {
    *("p", "div", "span", "br", "hr", "pre", "del", "sub", "sup", "img", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "dl", "dt", "dd", "kbd", "samp"),
}


def secure(config: Config) -> None:
    """Make ``nbgrader generate_feedback`` write the pages of this module.

    Parameters
    ----------
    config : Config
        The settings to change, such as ``c`` in ``nbgrader_config.py``.
    """
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.GenerateFeedback.preprocessors = [HideHiddenTests, GradesAndReasons, KeepHarmlessOutputs]
    config.FeedbackExporter.template_name = "feedback_page"
    config.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]


class GradesAndReasons(GetGrades):
    """nbgrader's GetGrades, plus why points were lost and what a person has yet to grade."""

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        key = (cell.metadata.nbgrader["grade_id"], self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(*key)
        lost = grade.score < grade.max_score
        cell.metadata.nbgrader["pending"] = grade.auto_score is None and grade.manual_score is None
        cell.metadata.nbgrader["reason"] = cell_error(cell) if lost else None


class HideHiddenTests(NbGraderPreprocessor):
    """Takes hidden tests out of sources, and their lines out of tracebacks and other outputs.

    The final error message stays, unless it quotes such a line. A student who encodes a test's source before
    printing it is not stopped by this; only tests that never enter the student's process are safe.
    """

    begin = Unicode("BEGIN HIDDEN TESTS", help="Marks the first line of a hidden region").tag(config=True)
    end = Unicode("END HIDDEN TESTS", help="Marks the last line of a hidden region").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        split = [self._split(cell.source) for cell in nb.cells]
        public = {line.strip() for visible, _ in split for line in visible}
        secret = {line.strip() for _, hidden in split for line in hidden}
        secret = {line for line in secret - public if len(line) > 3} | {self.begin, self.end}
        for cell, (visible, _) in zip(nb.cells, split, strict=True):
            cell.source = "\n".join(visible)
            for output in cell.get("outputs", []):
                redact(output, secret)
        return nb, resources

    def _split(self, source: str) -> tuple[list[str], list[str]]:
        """Return the lines that students may see, and those that they may not."""
        visible: list[str] = []
        hidden: list[str] = []
        inside = False
        for line in source.split("\n"):
            if self.begin in line:
                inside = True
                visible.append("# (hidden checks ran here)")
            elif self.end in line:
                inside = False
            else:
                (hidden if inside else visible).append(line)
        return visible, hidden


class KeepHarmlessOutputs(NbGraderPreprocessor):
    """Keeps text and pictures of outputs; drops scripts, widgets and all output metadata."""

    kinds = List(Unicode(), [*_PICTURES, *_TEXTS], help="Media types that are kept").tag(config=True)

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        for output in cell.get("outputs", []):
            if "data" in output:
                data = output["data"].items()
                output["data"] = {kind: text for kind, text in data if self._harmless(kind, text)}
                output["metadata"] = {}
        return cell, resources

    def _harmless(self, kind: str, content: Any) -> bool:
        if kind not in self.kinds or not isinstance(content, str):
            return False
        return kind not in _PICTURES or _BASE64.fullmatch(content) is not None


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML exporter whose Markdown filter lets nothing through that could run or load."""

    notes = List(Unicode(), help="What was mended before grading, to be shown on the page").tag(config=True)

    def _init_resources(self, resources: dict[str, Any] | None) -> dict[str, Any]:
        colours = HtmlFormatter(style="default").get_style_defs(".highlight")
        return super()._init_resources(resources) | {"notes": self.notes, "colours": colours}

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return clean(super().markdown2html(context, source))

    def default_filters(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        yield from super().default_filters()
        yield "clean", clean
        yield "points", points
        yield "ticks", ticks


def clean(html: str) -> str:
    """Remove from HTML everything but text, tables, links and embedded pictures."""
    cleaner = Cleaner(
        tags=_TAGS, attributes=_allowed, protocols={"http", "https", "mailto", "data"}, strip=True
    )
    cleaned = cleaner.clean(re.sub(r"(?is)<(script|style)\b.*?(</\1\s*>|\Z)", "", html))
    return re.sub(r"<img(?![^>]*\ssrc=)[^>]*>", "", cleaned)


def _allowed(tag: str, name: str, value: str) -> bool:
    """Which attributes stay: none that load from elsewhere, style the page, or run."""
    if tag == "img" and name == "src":
        return bool(_IMAGE.fullmatch(value))
    if tag == "a" and name == "href":
        return value.strip().lower().startswith(("http://", "https://", "mailto:", "#"))
    return name in {"title", "alt", "colspan", "rowspan", "scope", "id"} or (
        name == "class" and value in {"highlight", "dataframe", "anchor-link"}
    )


def redact(output: NotebookNode, secret: Iterable[str]) -> None:
    """Take every line that shows a secret out of one output, in place."""
    if output.output_type == "error":
        # The message too: student code chooses the messages of its own exceptions.
        output.evalue = _redact_text(output.evalue, secret)
        output.traceback = [_redact_text(frame, secret) for frame in output.traceback]
    elif output.output_type == "stream":
        output.text = _redact_text(output.text, secret)
    else:
        for kind in set(_TEXTS) & set(output.data):
            output.data[kind] = _redact_text("".join(output.data[kind]), secret)


def _redact_text(text: str, secret: Iterable[str]) -> str:
    """Replace the lines of a text in which a secret stands; colours are no disguise."""
    lines = text.split("\n")
    bare = [_ANSI.sub("", line) for line in lines]
    kept = [
        _REMOVED if any(line in plain for line in secret) else raw
        for raw, plain in zip(lines, bare, strict=True)
    ]
    return "\n".join(line for i, line in enumerate(kept) if line != _REMOVED or kept[i - 1 : i] != [_REMOVED])


@dataclass(frozen=True)
class Page:
    """One student's page, or why there is none."""

    student: str
    path: Path | None
    problem: str = ""


class OnePage(KeepsFailure, GenerateFeedback):
    """nbgrader's GenerateFeedback that writes the page only: files of a submission are not passed on."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy nothing."""


def write_feedback(
    course: Course,
    assignment: str,
    students: Sequence[str] | None = None,
    *,
    on_start: Callable[[str, int, int], None] | None = None,
) -> tuple[Page, ...]:
    """Write a page for everybody who has been graded or handed in something that could not be.

    Parameters
    ----------
    course : Course
        The course folder.
    assignment : str
        The assignment's name.
    students : sequence of str, optional
        For whom; everybody on record without it.
    on_start : callable, optional
        Called with the student, the number done and the number of all before each page.

    Returns
    -------
    tuple of Page
        One failure is one `Page` with a problem and does not stop the rest.

    Raises
    ------
    CourseError
        If nothing has been graded, or a student is not on record.
    """
    record = load(course.outcomes(assignment))
    course.require(assignment)
    if not record:
        raise CourseError(f"`{assignment}` has not been graded.", f"Run: autograder grade {assignment}")
    unknown = sorted(set(students or ()) - set(record))
    if unknown:
        raise CourseError(f"Not graded yet: {', '.join(unknown)}.", f"Run: autograder grade {assignment}")
    chosen = [record[name] for name in (students or record)]
    pages = []
    for done, outcome in enumerate(chosen):
        if on_start:
            on_start(outcome.student, done, len(chosen))
        pages.append(_write_page(course, outcome))
    return tuple(pages)


def _write_page(course: Course, outcome: Outcome) -> Page:
    """Write one page in place of any earlier one."""
    folder = course.feedback(outcome.student, outcome.assignment)
    path = folder / f"{outcome.assignment}.html"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        if outcome.graded:
            _convert(course, outcome)
        else:
            write_atomically(path, render("not_graded.html.j2", outcome=outcome))
    except Exception as problem:
        return Page(outcome.student, None, f"{type(problem).__name__}: {problem}")
    return Page(outcome.student, path)


def _convert(course: Course, outcome: Outcome) -> None:
    """Let nbgrader turn an autograded notebook into a page."""
    config = course.config.copy()
    secure(config)
    config.FeedbackExporter.notes = list(outcome.notes)
    with captured_log() as (log, _):
        directory = course.directory(log, outcome.student, outcome.assignment)
        run(OnePage(coursedir=directory, config=config, log=log, force=True))
