"""A class of 40 for problem set 2, taken through the week: graded, partly by hand, late in places, exported.

All 40 are made up: the sample class of the problem set, with six more who make its commonest mistakes or end
the process. ``python tests/golden/class_of_40.py`` writes anew what `results` gives into ps2-class-of-40/:
read the difference before you commit it.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from autograder.classroom import Hand, load_class, write_class
from autograder.course import Course
from autograder.export import export
from autograder.gradebook import open_gradebook
from autograder.grading import grade
from autograder.late import apply_dates, set_due
from autograder.nbgrader_engine import release
from autograder.report import Summary, summarise
from autograder.report_trouble import mended

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "ps2-class-of-40"
NAME = "ps2"
WRITTEN = "certain-and-wrong"
TIMEOUT = 15  # seconds: many times what any cell needs that ends at all

# Who repeats whose mistakes.
AGAIN = {"amara": "mina", "bruno": "arjun", "clea": "ines", "deniz": "ines", "elif": "ines"}
LEAVES = Hand(
    "fynn",
    "exits",
    "Ends the Python process in the cell of the poll.",
    {"poll": "import os\nos._exit(0)"},
    expected={"test-poll-activations": 0.0, "test-poll-divergences": 0.0},
)

RULES = """
c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"
c.PerDay.percent = 10
c.PerDay.at_most = 50
c.PerDay.grace_minutes = 15
"""
DUE = "2026-03-08 18:00:00 UTC"
IN_TIME = "2026-03-08 12:00:00 UTC"
LATE = {
    "kaya": "2026-03-08 18:10:00 UTC",  # within the grace
    "noor": "2026-03-09 12:00:00 UTC",
    "hugo": "2026-03-10 12:00:00 UTC",  # with an extension
    "wen": "2026-03-17 12:00:00 UTC",
}
EXTENSIONS = "student,assignment,until,reason\nhugo,ps2,+3 days,ill\n"
# What a person gives for a written answer with these words, and whose answers nobody has read yet.
BY_HAND = {"the two cancel": 5.0, "hardly moves": 3.0, "d-y=0.9975": 2.0, "everybody uses it": 1.0}
UNREAD = ("fynn", "olga", "pia", "viktor", "yusuf")


def make_class(course: Course) -> tuple[Hand, ...]:
    """Return the 40 hands."""
    hands = {hand.student: hand for hand in load_class(course, NAME)}
    again = (replace(hands[whom], student=student) for student, whom in AGAIN.items())
    return (*hands.values(), *again, LEAVES)


def make_course(folder: Path) -> Course:
    """Copy what is needed of the course, with a rule for lateness and an extension."""
    for part in ("source/ps2", "authoring"):
        shutil.copytree(ROOT / "assignments" / part, folder / part, ignore=shutil.ignore_patterns(".*"))
    config = (ROOT / "assignments" / "nbgrader_config.py").read_text("utf-8")
    (folder / "nbgrader_config.py").write_text(config + RULES, "utf-8")
    (folder / "extensions.csv").write_text(EXTENSIONS, "utf-8")
    return Course(folder.resolve())


def hand_in(course: Course, hands: tuple[Hand, ...]) -> None:
    """Write everybody's work, with the time of its handing in."""
    write_class(course, NAME, hands)
    for hand in hands:
        folder = course.submitted(hand.student, NAME)
        if any(folder.iterdir()):
            (folder / "timestamp.txt").write_text(LATE.get(hand.student, IN_TIME) + "\n", "utf-8")


def give_points_by_hand(course: Course, hands: tuple[Hand, ...]) -> None:
    """Give points for the written answers, as a person does in Formgrader."""
    with open_gradebook(course) as gradebook:
        graded = {item.student_id: item for item in gradebook.assignment_submissions(NAME)}
        for hand in hands:
            answer = hand.written.get(WRITTEN, "")
            points = next((points for words, points in BY_HAND.items() if words in answer), None)
            if points is None or hand.student in UNREAD or hand.student not in graded:
                continue
            mark = gradebook.find_grade(WRITTEN, NAME, NAME, hand.student)
            mark.manual_score, mark.needs_manual_grade = points, False
        gradebook.db.commit()


def platform_files(hands: tuple[Hand, ...], folder: Path) -> tuple[Path, Path]:
    """Make what Canvas and Moodle would export, with a stranger in each."""
    names = sorted((hand.student for hand in hands), key=lambda name: name[::-1])
    canvas = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{NAME} (4711)", "Total"]]
    canvas.append(["    Points Possible", "", "", "", "", "45", ""])
    canvas += [
        [f"Made-up, {name.title()}", str(1000 + i), f"s{i:03}", name, "A", "", ""]
        for i, name in enumerate(names)
    ]
    canvas.append(["Student, Test", "999", "", "test", "A", "", ""])
    head = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]
    moodle = [
        [f"Participant {5000 + i}", f"{n.title()} Made-up", f"{n}@example.org", "Submitted", "", "45.00"]
        for i, n in enumerate(names)
    ]
    moodle.append(["Participant 4999", "Else Nobody", "nobody@example.org", "No submission", "", "45.00"])
    paths = folder / "from-canvas.csv", folder / "from-moodle.csv"
    for path, rows in zip(paths, (canvas, [head, *moodle]), strict=True):
        path.write_text(table(rows), "utf-8")
    return paths


def results(folder: Path) -> dict[str, str]:
    """Take the class through the week in a fresh course; return each golden file's text by its name."""
    course = make_course(folder)
    release(course, NAME)
    set_due(course, NAME, DUE)
    hands = make_class(course)
    hand_in(course, hands)
    grade(course, NAME, timeout=TIMEOUT)
    give_points_by_hand(course, hands)
    apply_dates(course, NAME)
    canvas, moodle = platform_files(hands, folder)
    done = export(course, NAME, canvas=canvas, moodle=moodle)
    files = {path.name.removeprefix(f"{NAME}."): masked(path.read_text("utf-8")) for path in done.files}
    without = [["student", "why"], *sorted(map(list, done.without.items()))]
    return files | {"without.csv": table(without)} | statements(summarise(course, NAME))


def statements(summary: Summary) -> dict[str, str]:
    """What the teacher's page says of the class, as tables."""
    commonest = [[m.question, m.message, " ".join(m.students)] for m in summary.mistakes[:3]]
    wrong = [[what, str(count)] for what, count in summary.tally]
    late = [[item.student, item.words, f"{item.penalty:g}"] for item in summary.late]
    notes = [[item.what, " ".join(item.students)] for item in mended(summary.outcomes)]
    return {
        "mistakes.csv": masked(table([["question", "message", "students"], *commonest])),
        "help.csv": table([["student", "rule"], *([item.student, item.rule] for item in summary.help)]),
        "went-wrong.csv": table([["what", "students"], *wrong]),
        "late.csv": table([["student", "how late", "penalty"], *late]),
        "mended.csv": table([["what", "students"], *notes]),
    }


def table(rows: list[list[str]]) -> str:
    """Write rows as CSV."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def masked(text: str) -> str:
    """Take out times of the clock, which differ from run to run."""
    return re.sub(r"\b\d+(?:\.\d+)? (?:s|seconds)\b", "… s", text)


def renew() -> None:
    """Write the golden files."""
    with tempfile.TemporaryDirectory(prefix="class-of-40-") as folder:
        made = results(Path(folder))
    GOLDEN.mkdir(exist_ok=True)
    for path in GOLDEN.iterdir():
        path.unlink()
    for name, text in made.items():
        (GOLDEN / name).write_text(text, "utf-8")
        sys.stdout.write(f"Written: {GOLDEN.name}/{name}\n")


if __name__ == "__main__":
    renew()
