"""What must be true of every problem set and its sample class: ``class TestProblemSet5(Laws): book = PS5``.

``python tests/assignments/laws.py ps1 ps2 ps3 ps4 ps5 ps6 ps7`` writes the pages docs/mistakes/psN.md, which
a law holds to the class.
"""

from __future__ import annotations

import doctest
import re
import shutil
import sys

import pytest
from cell_source import (
    REGION,
    assigned,
    branches,
    checks_at_top,
    checks_called,
    defined,
    docstrings,
    gaps,
    hidden_part,
)
from plain_executor import scores
from problem_book import NO_GRADE, Book, in_table, page_of

from autograder.course import Course
from autograder.notebook import grade_id

#: Names of students, and what else may stand in the cell for the name.
IDENTITIES = ("ada", "z9", "", "Ada Lovelace", "4711", "µ", "a b", None, 3)


class Laws:
    """The laws. A subclass gives the book, and says who is who in the class and which cells grade what."""

    book: Book
    total: float  # points that a program gives
    problems: int  # headings that promise points
    mistakes: int  # so many hands, or more, are wrong in a way of their own
    #: These hands are in every run of the tests, all others in the exhaustive one; None: all are.
    sample: tuple[str, ...] | None = None
    nothing_done: str  # handed in the notebook as it was released
    zeros: str  # right values, zero derivatives
    all_zeros: str | None  # zeros for everything; where the class has no such hand, the engine makes one
    in_two_cells: frozenset[str]  # derivatives with a cell for differences (own) and one for the reference
    other_derivatives: frozenset[str] = frozenset()  # test cells that zero derivatives lose, too
    not_counted: frozenset[str] = frozenset({"check_array", "check_tuple"})  # they unpack what others check
    without_example: frozenset[str] = frozenset()
    given_functions: frozenset[str] = frozenset()  # stand complete in a cell that has gaps
    other_gaps: frozenset[str] = frozenset()  # cells with a gap that is in no function
    unnamed: frozenset[str] = frozenset()  # wrong without a mistake that a message could name
    identities: tuple[object, ...] = IDENTITIES  # in every run of the tests, the others in the exhaustive one
    many: int = 60  # names in the exhaustive test

    def pytest_generate_tests(self, metafunc) -> None:
        """One test for each student, for each cell, for each name."""
        wanted = set(metafunc.fixturenames)
        if "student" in wanted:
            metafunc.parametrize("student", self.marked(self.book.graded, self.sample))
        if "mistaken" in wanted:
            named = [student for student in self.book.graded if self.book.hands[student].says]
            metafunc.parametrize("mistaken", self.marked(named, self.sample))
        if "whole_class" in wanted:
            marks = () if self.sample is None else pytest.mark.exhaustive
            metafunc.parametrize("whole_class", [pytest.param(self.book.graded, marks=marks, id="all")])
        if "cell" in wanted:
            metafunc.parametrize("cell", self.book.tests, ids=grade_id)
        if "identity" in wanted:
            metafunc.parametrize("identity", self.marked(IDENTITIES, self.identities), ids=repr)
        if "number" in wanted:
            metafunc.parametrize("number", range(self.many))

    def marked(self, values, sample):
        """The values, those outside the sample for the exhaustive tests only."""
        inside = values if sample is None else sample
        return [pytest.param(each, marks=() if each in inside else pytest.mark.exhaustive) for each in values]

    # ----------------------------------------------------------------------- points

    def test_the_instructor_has_full_marks(self):
        assert scores(self.book.of_the_instructor, self.book.points) == self.book.points

    def test_points_are_those_that_the_text_promises(self):
        assert sum(self.book.points.values()) == self.total
        promised, found, title = {}, {}, ""
        for cell in self.book.instructor.cells:
            for heading in re.findall(r"^## (.*)", cell.source, re.M) if cell.cell_type == "markdown" else ():
                title = heading
                if number := re.search(r"\((?:written, )?(\d+) points?\)", title):
                    promised[title] = float(number[1])
            if points := cell.metadata.get("nbgrader", {}).get("points", 0):
                found[title] = found.get(title, 0) + points
        assert found == promised
        assert len(promised) == self.problems

    def test_a_student_gets_exactly_what_is_expected(self, student):
        assert self.book.scores(student) == self.book.expected(student)

    def test_the_sample_has_a_hand_of_every_kind(self):
        kinds = {student: self.book.hands[student].kind for student in self.book.graded}
        assert {kinds[student] for student in self.sample or kinds} == set(kinds.values())

    def test_honest_right_work_prints_nothing_on_stderr_in_test_cells(self):
        right = [
            student for student in self.sample or self.book.graded if self.book.hands[student].kind == "right"
        ]
        assert len(right) >= 1
        for student in right:
            assert not [name for name in self.book.points if self.book.results(student)[name].stderr]

    def test_who_cannot_be_graded_is_expected_to_have_no_grade(self):
        for hand in self.book.hands.values():
            assert (hand.expected is None) == (hand.mangle in NO_GRADE)

    def test_the_student_copy_earns_nothing(self):
        assert set(self.book.scores(self.nothing_done).values()) == {0.0}

    def test_zero_derivatives_of_the_right_shape_earn_nothing(self):
        assert set(self.book.lost(self.zeros)) == self.cells_of_derivatives() | self.other_derivatives

    def test_zeros_that_agree_with_each_other_earn_nothing(self):
        if self.all_zeros is not None:
            assert set(self.book.scores(self.all_zeros).values()) == {0.0}

    def cells_of_derivatives(self):
        """The test cells in which derivatives are graded by differences and by the reference."""
        return {f"test-{part}-{kind}" for part in self.in_two_cells for kind in ("own", "reference")}

    def test_each_derivative_is_graded_in_two_cells(self):
        named = {name for name in self.book.points if name.endswith(("-own", "-reference"))}
        assert named == self.cells_of_derivatives()

    @pytest.fixture
    def course(self, released, tmp_path):
        """A course of its own in which the problem set has been released."""
        return Course(shutil.copytree(released(self.book.name).root, tmp_path / "course"))

    @pytest.mark.exhaustive
    def test_the_engine_gives_a_sample_what_is_expected(self, course):
        from autograder import differences, grade, write_class

        hands = [self.book.hands[student] for student in self.sample or self.book.graded]
        write_class(course, self.book.name, hands)
        assert differences(hands, grade(course, self.book.name)) == ()

    @pytest.mark.exhaustive
    def test_in_the_engine_zeros_and_nan_in_place_of_every_number_earn_nothing(self, course):
        from autograder.verify import verify

        assert [str(trial) for trial in verify(course, self.book.name).trials if not trial.ok] == []

    # ----------------------------------------------------------------------- messages

    def test_a_message_names_the_mistake(self, mistaken):
        for cell, words in self.book.hands[mistaken].says.items():
            assert cell in self.book.lost(mistaken)
            assert words in self.book.message(mistaken, cell)

    def test_nine_mistakes_of_ten_are_named(self):
        wrong = {student for student, hand in self.book.hands.items() if hand.kind == "wrong"} - self.unnamed
        assert len(wrong) >= self.mistakes
        assert sum(bool(self.book.hands[student].says) for student in wrong) >= 0.9 * len(wrong)

    def test_the_page_of_mistakes_is_what_the_checks_say(self, whole_class):
        assert page_of(self.book.name).read_text("utf-8") == self.book.page()

    def test_the_page_of_mistakes_has_a_line_for_each(self):
        page = page_of(self.book.name).read_text("utf-8")
        for hand in self.book.hands.values():
            assert hand.kind != "wrong" or hand.description in page
            assert all(in_table(words) in page for words in hand.says.values())

    # ----------------------------------------------------------------------- test cells

    def test_the_number_of_hidden_checks_printed_is_true(self, cell):
        hidden = hidden_part(cell.source)
        count = sum(name not in self.not_counted for name in checks_called(hidden))
        checks = "hidden checks run" if count != 1 else "hidden check runs"
        last = self.book.of_the_instructor[grade_id(cell)].stdout.splitlines()[-1]
        assert last == f"The visible checks of this cell passed; {count} {checks} at grading."
        assert sum(name not in self.not_counted for name in checks_at_top(hidden)) == count > 0

    def test_no_check_is_in_a_loop_or_behind_a_condition(self, cell):
        assert not any(checks_called(code) for code in branches(hidden_part(cell.source)))

    def test_a_test_cell_assigns_no_name_that_a_student_defines(self, cell):
        students = {name for source in self.book.answers.values() for name in defined(source)}
        assert assigned(cell.source).isdisjoint(students)

    def test_a_test_cell_needs_no_other_test_cell(self, cell):
        exec(compile(cell.source, "<cell>", "exec"), dict(self.book.solved))

    def test_the_instructor_passes_with_anybodys_numbers(self, identity):
        assert self.book.with_numbers_of(identity, f"key of {identity}") == self.book.points

    @pytest.mark.exhaustive
    def test_the_instructor_passes_with_very_many_numbers(self, number):
        assert self.book.with_numbers_of(f"student {number}", f"key {number}") == self.book.points

    # ----------------------------------------------------------------------- what students see

    def test_the_examples_in_the_docstrings_are_true(self):
        names = dict(self.book.solved)
        parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
        things = [name for source in self.book.answers.values() for name in defined(source)]
        # doctest's own finder looks for the file of a class, and a cell has none.
        texts = [text for name in things for text in docstrings(name, names[name])]
        tests = [parser.get_doctest(text, dict(names), name, None, 0) for name, text in texts]
        for test in tests:
            runner.run(test)
        assert runner.failures == 0
        assert set(things) - {test.name for test in tests if test.examples} == self.without_example

    def test_every_function_has_a_hint_and_a_region_of_its_own(self):
        for name, source in self.book.answers.items():
            regions, found = source.count("### BEGIN SOLUTION"), gaps(source)
            assert source.count("# Hint: ") == regions
            assert regions - sum(found.values()) == (name in self.other_gaps)
            assert all(count <= 1 for count in found.values())
            without = {function for function, count in found.items() if count == 0 and "." not in function}
            assert without <= self.given_functions

    def test_the_student_copy_has_a_stub_for_every_gap(self):
        stubs = self.book.released.count("raise NotImplementedError")
        assert stubs == sum(source.count("### BEGIN SOLUTION") for source in self.book.answers.values())

    @pytest.mark.parametrize("mark", ["SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "mlpkit"])
    def test_the_student_copy_does_not_contain(self, mark):
        assert mark not in self.book.released

    def test_the_student_copy_contains_no_solution_and_no_hidden_tests(self):
        for cell in self.book.instructor.cells:
            regions = REGION.findall(cell.source)
            assert not any(region.strip() in self.book.released for region in regions), grade_id(cell)

    def test_notebooks_hold_no_outputs(self):
        books = (self.book.instructor, self.book.release)
        assert not any(cell.get("outputs") for notebook in books for cell in notebook.cells)


if __name__ == "__main__":
    for problem_set in sys.argv[1:]:
        page_of(problem_set).write_text(Book(problem_set).page(), encoding="utf-8")
