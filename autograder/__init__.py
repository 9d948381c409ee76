"""A grading harness for nbgrader course folders.

`grading.grade` runs an engine over every submission; an engine turns one submission into an `Outcome`.
Tables, feedback and the report are made from outcomes and the gradebook.

Names are loaded when they are first used: the processes that run notebooks import as little as possible.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .classroom import Hand, Mangle, differences, expected_scores, load_class, write_class
    from .course import Course, CourseError
    from .feedback import write_feedback
    from .grading import ENGINES, Engine, grade
    from .nbgrader_engine import NbgraderEngine, release
    from .outcome import CellOutcome, Outcome, Status
    from .report import Summary, summarise, write_report

__all__ = [
    "ENGINES",
    "CellOutcome",
    "Course",
    "CourseError",
    "Engine",
    "Hand",
    "Mangle",
    "NbgraderEngine",
    "Outcome",
    "Status",
    "Summary",
    "__version__",
    "differences",
    "expected_scores",
    "grade",
    "load_class",
    "release",
    "summarise",
    "write_class",
    "write_feedback",
    "write_report",
]

_HOMES = {
    "Hand": "classroom",
    "Mangle": "classroom",
    "differences": "classroom",
    "expected_scores": "classroom",
    "load_class": "classroom",
    "write_class": "classroom",
    "Course": "course",
    "CourseError": "course",
    "write_feedback": "feedback",
    "ENGINES": "grading",
    "Engine": "grading",
    "grade": "grading",
    "NbgraderEngine": "nbgrader_engine",
    "release": "nbgrader_engine",
    "CellOutcome": "outcome",
    "Outcome": "outcome",
    "Status": "outcome",
    "Summary": "report",
    "summarise": "report",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
