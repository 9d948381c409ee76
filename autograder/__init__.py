"""A grading harness for nbgrader course folders.

`grading.grade` runs an engine over every submission; an engine turns one submission into an `Outcome`.
Tables, feedback and the report are made from outcomes and the gradebook.
"""

__version__ = "0.1.0"

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
