"""Pairs that are listed and pairs that are not, on works whose history is known."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import similar_kit as kit
from bs4 import BeautifulSoup
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from test_similarity_tokens import patterns
from typer.testing import CliRunner

from autograder.classroom import Hand, Mangle, load_class, write_class
from autograder.cli import app
from autograder.course import Course
from autograder.errors import CourseError
from autograder.similarity import candidates, compare, components, pair_of, similarity, suspicious, weighed
from autograder.similarity_page import matches, render_similarity, table, write_similarity
from autograder.similarity_terms import LONG, SHORT, THRESHOLD, most_common
from autograder.similarity_tokens import RUN, tokens_of
from autograder.similarity_works import Cell, Everyone, Kind, Work, earlier, everyone, library, solution

NOBODY = Everyone(())
NOTHING = np.zeros(0, dtype=np.uint64)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A course with problem sets 2 and 6 released, without sample classes, and nothing handed in."""
    root = tmp_path_factory.mktemp("alike")
    for name in ("ps2", "ps6"):
        for step in ("source", "release"):
            shutil.copytree(kit.ASSIGNMENTS / step / name, root / step / name)
    shutil.copy(kit.ASSIGNMENTS / "nbgrader_config.py", root)
    return root


@pytest.fixture
def course(bare, tmp_path):
    return Course(shutil.copytree(bare, tmp_path / "course"))


@pytest.fixture
def with_classes(course):
    """The same course with its sample classes."""
    shutil.copytree(kit.ASSIGNMENTS / "authoring", course.root / "authoring")
    return course


# What the honest works of the kit do not answer.
REST = ("step", "decay-step", "accuracy", "train-xor", "train-digits", "poll", "three-ways")


def hand(name, cells=None, **others):
    """A student; what is not answered here is the instructor's answer."""
    return Hand(name, "made for the test", "A work whose history is known.", cells or {}, **others)


def trainer(name, student=None, disguise="copied", **others):
    return hand(student or name, kit.disguised(name, disguise), stubs=REST, **others)


def alike(course, assignment="ps6", **others):
    """The comparison without the library, which takes longer to read than a small class."""
    return similarity(course, assignment, libraries=(), **others)


HONEST = tuple(trainer(name) for name in ("amira", "boris", "chen", "dora", "emil", "fatou", "goran", "hana"))


def names(pairs):
    return [{pair.first, pair.second} for pair in pairs]


# --------------------------------------------------------------------------- what is found, and what is not


def test_no_honest_pair_is_listed():
    pairs = [pair for problem_set in kit.KITS for pair in kit.honest_pairs(problem_set)]
    assert (len(pairs), kit.listed(pairs)) == (157, 0)


def test_copies_under_other_names_in_another_order_and_cut_in_pieces_are_listed():
    pairs = [
        pair
        for problem_set in kit.KITS
        for pair in kit.copied_pairs(problem_set, "renamed, reordered, split")
    ]
    assert (len(pairs), kit.listed(pairs)) == (26, 26)


@pytest.mark.exhaustive
def test_the_table_of_the_documentation():
    found = {name: counts for name, *counts in kit.rates()}
    rows = [line for line in DOCUMENTATION.splitlines() if line.startswith("| ")]
    wanted = {
        cells[0]: cells[1:]
        for cells in ([part.strip() for part in row.strip("|").split("|")] for row in rows)
    }
    for name, counts in found.items():
        assert wanted[name] == [str(count) for count in counts]


DOCUMENTATION = (kit.ASSIGNMENTS.parent / "docs" / "similarity.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["boris", "jun", "kofi"])
def test_one_long_answer_that_was_taken_is_enough(name):
    taken = kit.disguised(name, "renamed, reformatted, commented")["fit"]
    cells = kit.cells_of(kit.TRAINERS["ivan"]) | {"fit": taken}
    works = [*kit.honest("ps6")[:8], *kit.honest("ps6")[9:], kit.work("taker", cells)]
    documents = {one.work.name: one for one in weighed(works, kit.everybodys("ps6"))}
    pair = pair_of(documents[name], documents["taker"])
    assert pair.share < THRESHOLD and pair.longest >= LONG
    assert suspicious(pair, THRESHOLD) and pair.cells[-1:] == ("fit",)


def test_a_copy_that_is_no_valid_program_is_listed():
    broken = {name: text.replace("):", ")", 1) for name, text in kit.disguised("dora", "renamed").items()}
    with pytest.raises(SyntaxError):
        compile(broken["fit"], "cell", "exec")
    result = compare("ps6", [*kit.honest("ps6"), kit.work("copy", broken)], NOBODY)
    assert {"dora", "copy"} in names(result.pairs)


@pytest.mark.parametrize("assignment", ["ps2", pytest.param("ps6", marks=pytest.mark.exhaustive)])
def test_all_made_up_students_of_a_sample_class_are_let_alone(with_classes, assignment):
    # They share right answers, the instructor's, and each makes a mistake of their own.
    write_class(with_classes, assignment, load_class(with_classes, assignment))
    assert similarity(with_classes, assignment).pairs == ()


def test_two_of_a_sample_class_with_the_same_unusual_answers_are_listed(with_classes):
    hands = load_class(with_classes, "ps2")
    loops = next(one for one in hands if "np.ndindex" in one.replace.get("sigmoid", ""))
    write_class(with_classes, "ps2", [*hands[:12], replace(loops, student="again")])
    assert names(alike(with_classes, "ps2").pairs) == [{"again", loops.student}]


# --------------------------------------------------------------------------- what weighs nothing


def test_work_that_was_not_begun_is_like_nobodys(course):
    stubs = tuple(cell.name for cell in solution(course, "ps6").cells)
    write_class(course, "ps6", [hand("ada", stubs=stubs), hand("bob", stubs=stubs)])
    assert alike(course).pairs == ()


def test_short_answers_of_the_instructor_are_everybodys(course):
    write_class(course, "ps2", [hand(name, stubs=("certain-and-wrong",)) for name in ("ada", "bob")])
    assert alike(course, "ps2").pairs == ()


def test_edited_locked_cells_are_not_compared(course):
    write_class(course, "ps6", HONEST)
    for student in ("amira", "boris"):
        path = course.submitted(student, "ps6") / "ps6.ipynb"
        notebook = json.loads(path.read_text("utf-8"))
        locked = [
            c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "checks"
        ]
        locked[0]["source"] = kit.TRAINERS["boris"]
        path.write_text(json.dumps(notebook), "utf-8")
    assert alike(course).pairs == ()


def test_what_many_have_weighs_nothing():
    passage = kit.cells_of(kit.TRAINERS["boris"])["fit"]
    many = [kit.work(f"student {n}", {"fit": passage}) for n in range(30)]
    assert compare("ps6", many, NOBODY).pairs == ()
    few = [*many[:3], *kit.honest("ps6")[2:]]
    assert len(compare("ps6", few, NOBODY).pairs) == 3


def test_answers_that_two_made_up_students_share_weigh_nothing():
    one, two = (Cell("fit", kit.cells_of(kit.TRAINERS["boris"])["fit"]) for _ in range(2))
    works = [Work("ada", Kind.NOW, (one,)), Work("bob", Kind.NOW, (two,))]
    assert len(compare("ps6", works, NOBODY).pairs) == 1
    assert len(compare("ps6", works, Everyone((), hands=((one,),))).pairs) == 1
    assert compare("ps6", works, Everyone((), hands=((one, Cell("fit", two.text + "\nx = 1")),))).pairs == ()


@pytest.mark.parametrize(("works", "most"), [(2, 3), (9, 3), (30, 10), (60, 20), (1000, 20)])
def test_in_how_many_works_a_passage_is_everybodys(works, most):
    assert most_common(works) == most


# --------------------------------------------------------------------------- against others


def test_code_of_the_library_is_found(course):
    source = next(cell.text for cell in library("mlpkit").cells if cell.name.endswith("optimizers.py"))
    cells = kit.disguised("ivan", "copied") | {"fit": kit.rename(source, random.Random(1))}
    write_class(course, "ps6", [*HONEST, hand("taker", cells, stubs=REST)])
    (pair,) = similarity(course, "ps6").pairs
    assert (pair.first, pair.second, pair.kind) == ("taker", "mlpkit", Kind.LIBRARY)
    assert pair.first_share > THRESHOLD > pair.second_share and "fit" in pair.cells


def test_long_answers_of_the_instructor_are_found(course):
    long = {
        cell.name: cell.text
        for cell in solution(course, "ps6").cells
        if cell.is_code and len(tokens_of([(cell.text, True)])) > SHORT
    }
    taken = {name: kit.rename(text, random.Random(1)) for name, text in long.items()}
    write_class(course, "ps6", [*HONEST, hand("taker", taken, stubs=("three-ways",))])
    (pair,) = alike(course).pairs
    assert (pair.first, pair.kind) == ("taker", Kind.SOLUTION)


LAYOUTS = {
    "nbgrader": "submitted/zoe/ps6/ps6.ipynb",
    "a folder for each": "zoe/ps6.ipynb",
    "plain notebooks": "zoe.ipynb",
    "one notebook": "zoe.ipynb",
    "programs": "zoe.py",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_work_of_another_year_is_found_in_any_layout(course, tmp_path, layout):
    write_class(course, "ps6", [*HONEST, trainer("ivan", "zoe", "renamed, reformatted, commented")])
    path = tmp_path / "2024" / LAYOUTS[layout]
    path.parent.mkdir(parents=True)
    if layout == "programs":
        path.write_text("\n".join(kit.disguised("ivan", "commented").values()), "utf-8")
        shutil.rmtree(course.submitted("zoe", "ps6"))
    else:
        shutil.move(course.submitted("zoe", "ps6") / "ps6.ipynb", path)
    write_class(course, "ps6", [trainer("ivan", "taker")])
    (tmp_path / "2024" / "notes.txt").write_text("no program")
    folder = path if layout == "one notebook" else tmp_path / "2024"
    pairs = alike(course, against=[folder]).pairs
    wanted = "zoe: zoe" if layout == "one notebook" else "2024: zoe"
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [("taker", wanted, Kind.EARLIER)]


def test_earlier_works_are_not_compared_with_each_other(course, tmp_path):
    write_class(course, "ps6", HONEST)
    (tmp_path / "old").mkdir()
    for name in ("zoe", "yan"):
        (tmp_path / "old" / f"{name}.py").write_text(
            "\n".join(kit.disguised("ivan", "copied").values()), "utf-8"
        )
    assert alike(course, against=[tmp_path / "old"]).pairs == ()


def test_two_folders_of_one_name_do_not_hide_each_other(course, tmp_path):
    write_class(course, "ps6", [*HONEST, trainer("ivan", "taker")])
    for year in ("a", "b"):
        path = tmp_path / year / "old" / "zoe.py"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(kit.disguised("ivan", "copied").values()), "utf-8")
    pairs = alike(course, against=[tmp_path / "a" / "old", tmp_path / "b" / "old"]).pairs
    assert [pair.second for pair in pairs] == ["old: zoe", "old: zoe (2)"]


def test_a_student_may_have_the_name_of_the_library(course):
    write_class(course, "ps6", [*HONEST, trainer("ivan", "mlpkit"), trainer("ivan", "taker")])
    result = similarity(course, "ps6")
    assert [(pair.first, pair.second, pair.kind) for pair in result.pairs] == [("mlpkit", "taker", Kind.NOW)]
    assert result.documents["mlpkit"].work.kind is Kind.NOW


def test_a_folder_with_nothing_to_compare_is_refused(course, tmp_path):
    with pytest.raises(CourseError, match="has no notebooks of `ps6`"):
        earlier(course, "ps6", tmp_path / "nothing")


def test_links_are_not_followed(course, tmp_path):
    write_class(course, "ps6", [*HONEST[:2], trainer("ivan", "zoe")])
    secret = tmp_path / "secret.py"
    secret.write_text("\n".join(kit.disguised("ivan", "copied").values()), "utf-8")
    (course.submitted("amira", "ps6") / "more.py").symlink_to(secret)
    (course.submitted("boris", "ps6") / "more").symlink_to(course.submitted("zoe", "ps6"))
    assert alike(course).pairs == ()


def test_programs_beside_the_notebook_are_compared(course):
    write_class(course, "ps6", HONEST)
    for student in ("amira", "boris"):
        text = "\n".join(kit.disguised("ivan", "renamed" if student == "boris" else "copied").values())
        (course.submitted(student, "ps6") / "own.py").write_text(text, "utf-8")
    (pair,) = alike(course).pairs
    assert (pair.first, pair.second) == ("amira", "boris") and "own.py" in pair.cells


def test_who_cannot_be_compared_is_named(course):
    damaged = hand("ada", mangle=Mangle.BROKEN_JSON)
    write_class(course, "ps6", [*HONEST[:1], damaged, hand("bob", mangle=Mangle.MISSING_NOTEBOOK)])
    left_out = alike(course).left_out
    assert left_out["ada"].startswith("ps6.ipynb is damaged") and left_out["bob"] == "no notebook"


def test_a_class_of_nobody_is_refused(course):
    with pytest.raises(CourseError, match="Nobody has handed in `ps6`"):
        alike(course)


@pytest.mark.parametrize("threshold", [0, -1, 1.5, float("nan")])
def test_a_threshold_is_a_share(course, threshold):
    with pytest.raises(CourseError, match="is no share"):
        alike(course, threshold=threshold)


# --------------------------------------------------------------------------- the numbers, by another way


def naive_share(one, other, everyone_else):
    """Share of one program's text that another has, from sets of patterns; no hashes, no arrays."""
    counts = {}
    for pieces in (one, other, *everyone_else):
        for pattern in set(patterns(pieces, RUN)):
            counts[pattern] = counts.get(pattern, 0) + 1
    most = most_common(2 + len(everyone_else))
    own, shared = [0.0] * len(one), [0.0] * len(one)
    theirs = set(patterns(other, RUN))
    for start, pattern in enumerate(patterns(one, RUN)):
        weight = max(0.0, 1 - (counts[pattern] - 1) / most)
        for place in range(start, start + RUN):
            own[place] = max(own[place], weight)
            shared[place] = max(shared[place], weight if pattern in theirs else 0.0)
    return sum(shared) / sum(own)


@pytest.mark.parametrize("seed", range(4))
def test_shares_are_those_of_a_computation_without_hashes(seed):
    rng = random.Random(seed)
    programs = [rng.choices(["a", "b", "c", "+", "if", "["], k=60) for _ in range(5)]
    for program in programs[1:]:
        start, length = rng.randrange(30), rng.randrange(10, 30)
        program[start : start + length] = programs[0][start : start + length]
    works = [kit.work(str(n), {"cell": " ".join(program)}) for n, program in enumerate(programs)]
    documents = weighed(works, NOTHING)
    for i, j in combinations(range(5), 2):
        rest = [program for n, program in enumerate(programs) if n not in (i, j)]
        pair = pair_of(documents[i], documents[j])
        assert pair.first_share == pytest.approx(naive_share(programs[i], programs[j], rest), abs=1e-12)
        assert pair.second_share == pytest.approx(naive_share(programs[j], programs[i], rest), abs=1e-12)


def test_the_index_misses_no_pair_that_is_listed():
    works = kit.honest("ps6") + [
        kit.work(f"c{n}", kit.disguised(n, "everything")) for n in list(kit.TRAINERS)[::2]
    ]
    documents = weighed(works, kit.everybodys("ps6"))
    found = {(i, j) for i, j in candidates(documents)}
    wanted = {
        (i, j)
        for (i, one), (j, other) in combinations(enumerate(documents), 2)
        if suspicious(pair_of(one, other), 0.3)
    }
    assert len(wanted) >= 7 and wanted <= found


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_connected_components(seed):
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, 30, (18, 2))
    graph = coo_array((np.ones(18), (edges[:, 0], edges[:, 1])), shape=(30, 30))
    labels = connected_components(graph, directed=False)[1]
    used = set(edges.ravel().tolist())
    wanted = {
        frozenset(str(n) for n in used if labels[n] == label) for label in set(labels[list(used)].tolist())
    }
    assert {frozenset(group) for group in components([(str(a), str(b)) for a, b in edges])} == wanted


def test_three_who_share_are_one_group(course):
    copies = [trainer("ivan", name, disguise) for name, disguise in (("x", "renamed"), ("y", "commented"))]
    write_class(course, "ps6", [*HONEST, trainer("ivan"), *copies])
    result = alike(course)
    assert result.groups == (("ivan", "x", "y"),)
    assert len(result.pairs) == 3 and {result.group_of(pair) for pair in result.pairs} == {1}


def test_a_library_joins_nobody_to_a_group():
    text = kit.TRAINERS["boris"]
    works = [kit.work(name, {"own": text + f"\n{name} = 1"}) for name in ("ada", "bob")]
    works.append(Work("library", Kind.LIBRARY, (Cell("a.py", text),)))
    result = compare("ps6", works, NOBODY)
    assert len(result.pairs) == 3 and result.groups == ()


def test_the_order_of_works_changes_nothing():
    works = [*kit.honest("ps6"), kit.work("copy", kit.disguised("lena", "everything"))]
    one, two = (compare("ps6", order, NOBODY, 0.3) for order in (works, works[::-1]))
    assert names(one.pairs) == names(two.pairs) and one.pairs


# --------------------------------------------------------------------------- page, table, command

NASTY = "<b>x"


@pytest.fixture(scope="module")
def shown(bare, tmp_path_factory):
    """A class with one copy, by somebody whose name and text are markup, and its result."""
    course = Course(shutil.copytree(bare, tmp_path_factory.mktemp("shown") / "course"))
    cells = kit.disguised("mats", "copied")
    cells = cells | {"fit": cells["fit"] + "# <script>alert(1)</script>\n"}
    moved = cells | {"penalty": cells["mini-batches"], "mini-batches": cells["penalty"]}
    write_class(course, "ps6", [*HONEST, trainer("mats"), hand(NASTY, moved, stubs=REST)])
    return course, alike(course)


def test_a_page_holds_no_markup_of_a_work(shown):
    soup = BeautifulSoup(render_similarity(shown[1]), "html.parser")
    assert not soup.find_all(["script", "b", "img", "link", "iframe"])
    assert not [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    assert NASTY in soup.find("section").h3.text
    assert "# <script>alert(1)</script>" in soup.find("section").text


def test_a_page_needs_nothing_else(shown):
    text = render_similarity(shown[1])
    assert "http:" not in text and "https:" not in text and "url(" not in text and "@import" not in text


def test_a_page_says_that_it_is_no_verdict(shown):
    text = " ".join(BeautifulSoup(render_similarity(shown[1]), "html.parser").text.split())
    assert "A reason to look and to talk, never a verdict." in text


def test_a_passage_in_another_cell_stands_beside_its_origin(shown):
    documents = shown[1].documents
    found = matches(documents["mats"], documents[NASTY])
    assert ("penalty", "mini-batches") in [(match.first.cell, match.second.cell) for match in found]
    assert ("penalty", "penalty") not in [(match.first.cell, match.second.cell) for match in found]


def test_marked_lines_are_those_that_the_other_has():
    text = kit.cells_of(kit.TRAINERS["boris"])["fit"]
    other = kit.cells_of(kit.TRAINERS["chen"])["standardise"]
    works = [kit.work("ada", {"cell": other + text}), kit.work("bob", {"cell": text})]
    (match,) = matches(*weighed(works, NOTHING))
    lines = {line.number for line in match.first.lines if line.marked}
    start = other.count("\n")
    assert lines == set(range(start + 1, start + text.count("\n") + 1))
    assert match.second.marked == text.count("\n")


def test_lines_far_from_a_marked_one_are_left_out():
    text = kit.cells_of(kit.TRAINERS["boris"])["fit"]
    filler = "# nothing\n" * 50
    works = [kit.work("ada", {"cell": filler + text + filler}), kit.work("bob", {"cell": text})]
    (match,) = matches(*weighed(works, NOTHING))
    assert match.first.lines[0].number is None and match.first.lines[-1].number is None
    assert len(match.first.lines) == text.count("\n") + 2 * 3 + 2


def test_the_table_is_safe_in_a_spreadsheet():
    text = kit.TRAINERS["boris"]
    works = [kit.work(name, {"=cell": text}) for name in ("=1+1", "@sum")]
    (row,) = csv.DictReader(io.StringIO(table(compare("ps6", works, NOBODY))))
    assert (row["first"], row["second"], row["cells"]) == ("'=1+1", "'@sum", "'=cell")
    assert (row["first_share"], row["second_is_from"], row["group"]) == ("1.000", "this class", "")


def test_files_are_written_into_the_report_folder(shown):
    course, result = shown
    page, rows = write_similarity(course, result)
    assert (page.name, rows.name) == ("ps6.similarity.html", "ps6.similarity.csv")
    assert page.parent == course.report("ps6").parent == rows.parent


def test_the_command_prints_the_pairs(shown):
    run = CliRunner().invoke(
        app, ["similarity", "ps6", "--course", str(shown[0].root)], env={"COLUMNS": "120"}
    )
    assert run.exit_code == 0, run.output
    assert "<b>x" in run.output and "mats" in run.output and "never a verdict" in run.output


def test_the_command_prints_json(shown):
    run = CliRunner().invoke(app, ["similarity", "ps6", "--course", str(shown[0].root), "--json"])
    data = json.loads(run.stdout)
    assert data == similarity(shown[0], "ps6").to_dict()
    assert [{pair["first"], pair["second"]} for pair in data["pairs"]] == [{NASTY, "mats"}]


def test_a_mistake_is_two_lines(shown):
    run = CliRunner().invoke(app, ["similarity", "ps6", "--course", str(shown[0].root), "--threshold", "0"])
    assert run.exit_code == 1 and "is no share" in run.stderr


def test_everyone_is_read_from_the_course(course):
    nobody = everyone(course, "ps6")
    assert {cell.name for cell in nobody.answers} == {
        cell.name for cell in solution(course, "ps6").cells if cell.is_code
    }
    assert all("BEGIN SOLUTION" not in cell.text for cell in (*nobody.answers, *nobody.released))
