"""Pages for students: what was earned and why, without hidden tests and without anything that runs.

nbgrader's own feedback prints hidden tests and passes scripts of a submission on to whoever opens the
page. `secure` makes nbgrader's command write the pages of this module, through the course's configuration
file. `write_feedback` writes them for a whole class: the gradebook and the record are read once, and what
is equal for all students is made once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets.config import Config

from .course import Course, CourseError
from .feedback_page import About, Place, make_page, render_page
from .feedback_safety import clean
from .files import write_atomically
from .gradebook import hidden_regions, open_gradebook
from .marks import Marks, read_marks
from .outcome import Outcome
from .pages import render
from .record import load, require_record
from .rules import read_lectures

__all__ = ["SECTION", "FeedbackExporter", "Page", "clean", "secure", "write_feedback"]

SECTION = "FeedbackPages"
_SCHEMES = ("http", "https")
_EXCHANGE = ("timestamp.txt", "submission_secret.txt")
_LONGEST_MARK = 1000  # bytes of such a file


def secure(config: Config) -> None:
    """Make ``nbgrader generate_feedback`` write the pages of this module.

    Parameters
    ----------
    config : Config
        The settings to change, such as ``c`` in ``nbgrader_config.py``.
    """
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.GenerateFeedback.preprocessors = []


@dataclass(frozen=True)
class Page:
    """One student's page, or why there is none.

    Parameters
    ----------
    student : str
        Whose.
    path : Path or None
        Where it lies.
    problem : str
        Why there is none.
    bytes : int
        How large it is.
    """

    student: str
    path: Path | None
    problem: str = ""
    bytes: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return {**asdict(self), "path": str(self.path) if self.path else None}


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
        One for each notebook. One failure is one `Page` with a problem and does not stop the rest.

    Raises
    ------
    CourseError
        If nothing has been graded, or a student is not on record.
    """
    course.require(assignment)
    record = require_record(course.outcomes(assignment), assignment)
    unknown = sorted(set(students or ()) - set(record))
    if unknown:
        raise CourseError(f"Not graded yet: {', '.join(unknown)}.", f"Run: autograder grade {assignment}")
    chosen = [record[name] for name in (students or record)]
    place = _place(course, assignment)
    with open_gradebook(course) as gradebook:
        marks = read_marks(gradebook, assignment, students)
    pages: list[Page] = []
    for done, outcome in enumerate(chosen):
        if on_start:
            on_start(outcome.student, done, len(chosen))
        pages += _write_pages(course, outcome, marks, place)
    return tuple(pages)


def _place(course: Course, assignment: str) -> Place:
    """What is the same for a whole class."""
    return Place(
        hidden_regions(course.config), read_lectures(course.root, assignment), _address(course.config)
    )


def _address(config: Mapping[str, Any]) -> str:
    """Where lectures are, as ``c.FeedbackPages.lectures`` says.

    Raises
    ------
    CourseError
        If it is no address of a page, or has other gaps than ``{file}`` and ``{name}``.
    """
    address = dict(config.get(SECTION, {})).get("lectures", "")
    scheme, colon, _ = str(address).partition(":")
    try:
        if not isinstance(address, str) or (colon and "/" not in scheme and scheme not in _SCHEMES):
            raise ValueError
        address.format(file="", name="")
    except (ValueError, KeyError, IndexError):
        raise CourseError(
            f"c.{SECTION}.lectures is {address!r}.",
            "Give it an address such as 'https://example.org/lectures/{name}.html', or '../lectures/{file}'.",
        ) from None
    return address


def _write_pages(
    course: Course, outcome: Outcome, marks: Mapping[tuple[str, str], Marks], place: Place
) -> Iterator[Page]:
    """Write a student's pages in place of any earlier ones."""
    folder = course.feedback(outcome.student, outcome.assignment)
    shutil.rmtree(folder, ignore_errors=True)
    _mark_for_exchange(course, outcome, folder)
    if not outcome.graded:
        html = render("not_graded.html.j2", outcome=outcome)
        yield _write(outcome.student, folder / f"{outcome.assignment}.html", lambda: html)
        return
    copies = course.autograded(outcome.student, outcome.assignment)
    # A notebook that the gradebook does not know is a file of the student's.
    names = sorted(name for student, name in marks if student == outcome.student)
    found = [path for name in names if (path := copies / f"{name}.ipynb").is_file()]
    found = found or [copies / f"{outcome.assignment}.ipynb"]
    for path in found:
        about = About(outcome.student, outcome.assignment, path.stem)
        one = marks.get((outcome.student, path.stem), Marks())

        def page(path: Path = path, about: About = about, one: Marks = one) -> str:
            return render_page(make_page(_read(path), about, one, outcome, place))

        yield _write(outcome.student, folder / f"{path.stem}.html", page)


def _mark_for_exchange(course: Course, outcome: Outcome, folder: Path) -> None:
    """Put beside the pages what ``nbgrader release_feedback`` knows a hand-in by, and no other file of it."""
    submitted = course.submitted(outcome.student, outcome.assignment)
    for path in (submitted / name for name in _EXCHANGE):
        # A link would bring the contents of another file to the student.
        if path.is_file() and not (path.is_symlink() or submitted.is_symlink()):
            with suppress(OSError), path.open("rb") as stream:
                text = stream.read(_LONGEST_MARK).decode("utf-8", "replace")
                write_atomically(folder / path.name, text)


def _write(student: str, path: Path, make: Callable[[], str]) -> Page:
    """Write one page; what goes wrong is said in its place."""
    try:
        html = make()
        write_atomically(path, html)
    except Exception as problem:
        return Page(student, None, f"{type(problem).__name__}: {problem}")
    return Page(student, path, bytes=path.stat().st_size)


def _read(path: Path) -> Mapping[str, Any]:
    """Read a graded copy: our own file, so it is not checked again."""
    found = json.loads(path.read_text("utf-8"))
    if isinstance(found, dict) and found.get("nbformat") == nbformat.current_nbformat:
        return found
    older: NotebookNode = nbformat.read(path, as_version=nbformat.current_nbformat)
    return older


class FeedbackExporter(Exporter):
    """What ``nbgrader generate_feedback`` calls for each notebook: the pages of `write_feedback`."""

    export_from_notebook = None

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **_: Any
    ) -> tuple[str, dict[str, Any]]:
        """Turn a graded notebook into a page; `resources` says whose it is and where the gradebook lies."""
        named = resources["nbgrader"]
        about = About(named["student"], named["assignment"], named["notebook"])
        opened = open_gradebook(self._course) if self._course else Gradebook(named["db_url"])
        with opened as gradebook:
            marks = read_marks(gradebook, about.assignment, [about.student])
        outcome, place = self._known(about)
        one = marks.get((about.student, about.notebook), Marks())
        page = render_page(make_page(nb, about, one, outcome, place))
        return page, {**resources, "output_extension": self.file_extension}

    def _known(self, about: About) -> tuple[Outcome | None, Place]:
        """What the course folder adds to the notebook and the gradebook: a record, and lectures."""
        if self._course is None:
            return None, Place(hidden_regions(self.config))
        if about.assignment not in self._places:
            record = load(self._course.outcomes(about.assignment))
            self._places[about.assignment] = record, _place(self._course, about.assignment)
        record, place = self._places[about.assignment]
        return record.get(about.student), place

    @cached_property
    def _places(self) -> dict[str, tuple[dict[str, Outcome], Place]]:
        return {}

    @cached_property
    def _course(self) -> Course | None:
        """The course round the folder in which nbgrader's converters work; there need be none."""
        with suppress(CourseError):
            return Course.find()
        return None
