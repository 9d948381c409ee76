"""How long the comparison of a class takes, by its size.

    python -m benchmarks.similarity [--students N ...] [--json]

A class of problem set 6 is written to a temporary folder: everybody has answers of the sample class in a
version of their own, with other names, statements put in and operators changed; one in fifty has taken
the work of another, and renamed it once more. The time of reading, comparing and writing is that of a
process of its own for each size, on one core; `cpu` holds on a busy machine, too. `others` are pairs who
drew the same unusual answers: few have them in a class of 100, many in one of 1,000.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.classroom import load_class, made_up_names
from autograder.course import CONFIG_NAME, Course
from autograder.similarity import similarity
from autograder.similarity_page import write_similarity
from autograder.similarity_works import solution

ASSIGNMENTS = Path(__file__).parents[1] / "assignments"
ASSIGNMENT = "ps6"
ONE_IN = 50  # one student in so many has taken another's work
_SIGNS = ("+", "-", "*", "/", "@", "//", "%", "**")
_IDLE = ("{0} = {1} {2} 1", "{0} = [{1}] {2} {1}", "if {0} {2} {1}: pass", "{0} = {1}[0] {2} len({1})")


def written_in_own_words(text: str, rng: random.Random) -> str:
    """The same program by somebody else: operators changed, statements put in, other names."""
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        lines.append(re.sub(r" [-+*/] ", lambda _: f" {rng.choice(_SIGNS)} ", line))
        if line.startswith(" ") and line.rstrip()[-1:] not in tuple(",({[:") and rng.random() < 0.5:
            names = rng.sample("abcdefgh", 2)
            lines.append(indent + rng.choice(_IDLE).format(*names, rng.choice(_SIGNS)))
    return renamed("\n".join(lines), rng)


def renamed(text: str, rng: random.Random) -> str:
    """The same program with a number behind every name that is assigned."""
    number = rng.randrange(10_000)
    for name in sorted(set(re.findall(r"\b(\w+) = ", text))):
        text = re.sub(rf"(?<![.\w]){name}\b", f"{name}_{number}", text)
    return text


def write_class(root: Path, students: int, seed: int = 0) -> set[frozenset[str]]:
    """Write submissions of a course in `root`; return the pairs that should be found."""
    rng = random.Random(seed)
    course, source = Course(root), Course(ASSIGNMENTS)
    alternatives = {cell.name: [cell.text] for cell in solution(source, ASSIGNMENT).cells if cell.is_code}
    for hand in load_class(source, ASSIGNMENT):
        for name, text in hand.replace.items():
            alternatives[name].append(text)
    notebook = json.loads(course.release(ASSIGNMENT).read_text("utf-8"))
    names = made_up_names()
    class_: dict[str, dict[str, str]] = {}
    planted = set()
    for number in range(students):
        student = next(names)
        if number and number % ONE_IN == 0:
            other = rng.choice(list(class_))
            class_[student] = {name: renamed(text, rng) for name, text in class_[other].items()}
            planted.add(frozenset((student, other)))
        else:
            class_[student] = {
                name: written_in_own_words(rng.choice(texts), rng) for name, texts in alternatives.items()
            }
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = class_[student].get(name, cell["source"])
        folder = course.submitted(student, ASSIGNMENT)
        folder.mkdir(parents=True)
        (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook), "utf-8")
    return planted


def make_course(root: Path) -> None:
    """Copy what the comparison reads besides submissions."""
    for step in ("source", "release"):
        folder = root / step / ASSIGNMENT
        folder.mkdir(parents=True)
        name = f"{ASSIGNMENT}.ipynb"
        (folder / name).write_bytes((ASSIGNMENTS / step / ASSIGNMENT / name).read_bytes())
    (root / CONFIG_NAME).write_bytes((ASSIGNMENTS / CONFIG_NAME).read_bytes())


def measure(root: Path) -> dict[str, Any]:
    """Compare the class in `root`; return seconds, memory and the pairs."""
    course = Course(root)
    start, cpu = time.perf_counter(), time.process_time()
    result = similarity(course, ASSIGNMENT)
    compared = time.perf_counter()
    write_similarity(course, result)
    end = time.perf_counter()
    return {
        "students": sum(result.compared.values()) - 2,
        "compare": round(compared - start, 2),
        "write": round(end - compared, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "pairs": [[pair.first, pair.second] for pair in result.pairs],
    }


def run(students: int) -> dict[str, Any]:
    """Write a class, compare it in a process of its own, and count what was found."""
    with tempfile.TemporaryDirectory() as folder:
        make_course(Path(folder))
        planted = write_class(Path(folder), students)
        command = [sys.executable, "-m", "benchmarks.similarity", "--measure", folder]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    found = {frozenset(pair) for pair in row.pop("pairs")}
    return row | {"planted": len(planted), "found": len(planted & found), "others": len(found - planted)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each size of class."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    rows = [run(students) for students in options.students]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print("  ".join(f"{name:>8}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>8}" for value in row.values()))


if __name__ == "__main__":
    main()
