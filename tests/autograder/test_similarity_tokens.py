"""Tokens, hashes and fingerprints, each against a slow computation that shares nothing with them."""

from __future__ import annotations

import io
import keyword
import tokenize
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.similarity_tokens import (
    _LEXER,
    NONE,
    RUN,
    WINDOW,
    Tokens,
    covered,
    hashes,
    own_names,
    tokens_of,
    winnow,
)

SOURCES = sorted((Path(__file__).parents[2] / "mlpkit").glob("*.py"))[:14]
STEP = """\
def step(params, grads, eta):
    moved = {}
    for key in params:
        moved[key] = params[key] - eta * np.clip(grads[key], -1, 1)
    return moved
"""


def code(*texts):
    return tokens_of([(text, True) for text in texts])


def same(one, other):
    return np.array_equal(hashes(code(one)), hashes(code(other)))


# --------------------------------------------------------------------------- the tokeniser


def standard(text):
    """Names, numbers, strings and signs by the standard library; an f-string is one string."""
    found, inside = [], 0
    for kind, piece, *_ in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[kind]
        if name == "FSTRING_START":
            inside += 1
            if inside == 1:
                found.append("string")
        elif name == "FSTRING_END":
            inside -= 1
        elif not inside and name in ("NAME", "NUMBER", "OP"):
            found.append(piece)
        elif not inside and name == "STRING":
            found.append("string")
    return [piece for piece in found if piece != ";"]


def ours(text):
    pieces = (match for match in _LEXER.finditer(text) if match.lastgroup not in ("space", "line"))
    return ["string" if match.lastgroup == "string" else match.group() for match in pieces]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_programs_are_cut_as_by_the_standard_library(path):
    text = path.read_text("utf-8")
    assert ours(text) == standard(text)


@given(st.text(alphabet=st.sampled_from("ab1.eE\"'\\\n\r\t ()[]{},;:=#-+*/@é\u2028xrf_"), max_size=60))
def test_any_text_has_tokens_on_its_lines(text):
    tokens = code(text, text)
    assert set(tokens.cell.tolist()) <= {0, 1}
    assert all(1 <= line <= text.count("\n") + 1 for line in tokens.line.tolist())


def test_each_token_knows_its_line():
    tokens = code('"""Two\nlines."""\n\nx = (1 +\n     y)\n')
    assert tokens.line.tolist() == [4, 4, 4, 4, 5]  # x = 1 + y


# --------------------------------------------------------------------------- what makes no difference

ALIKE = {
    "names": STEP.replace("moved", "new").replace("key", "k").replace("grads", "g").replace("eta", "rate"),
    "the name of the module": STEP.replace("np.", "numpy."),
    "comments": STEP.replace(":\n", ":  # why\n").replace("    moved", "    # here\n    moved"),
    "a docstring": STEP.replace("eta):\n", 'eta):\n    """Down\n    the hill."""\n'),
    "indentation": STEP.replace("    ", "\t"),
    "line ends": STEP.replace("\n", "\r\n"),
    "line breaks": STEP.replace("params, grads, eta", "\n  params,\n  grads,\n  eta,\n"),
    "brackets": STEP.replace("return moved", "return (moved)").replace("eta * np", "(eta) * np"),
    "semicolons": STEP.replace("{}\n", "{};\n"),
    "numbers": STEP.replace("-1, 1", "-2.5e-3, 0xff"),
    "a continued line": STEP.replace("= {}", "= \\\n {}"),
}
OTHER = {
    "another operation": STEP.replace("-", "+", 1),
    "another function of the library": STEP.replace("clip", "maximum"),
    "one name in the place of another": STEP.replace("eta * np.clip(grads", "eta * np.clip(params"),
    "another word of Python": STEP.replace("for key in", "if key in"),
}


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE)
def test_the_same_program(text):
    assert same(STEP, text)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_another_program(text):
    assert not same(STEP, text)


def test_strings_are_all_alike():
    assert same(STEP.replace("eta *", "'a' *"), STEP.replace("eta *", 'f"{b}" "c" *'))


def test_methods_that_a_program_defines_can_be_renamed():
    text = "class A:\n    def go(self, x):\n        self.total = x\n        return self.total + self.go(x).sum()\n"
    assert own_names([text]) == {"A", "go", "total"}
    assert same(text, text.replace("go", "run").replace("total", "all_of_it").replace("A", "B"))
    assert not same(text, text.replace("sum", "mean"))


def test_words_of_a_written_answer_are_compared_without_case_and_signs():
    one = tokens_of(
        [("The units stay equal: one gradient, one step, for ever and ever; nothing breaks it.", False)]
    )
    two = tokens_of(
        [("the units stay equal. One gradient - one step\nfor ever and ever (nothing breaks it)", False)]
    )
    assert np.array_equal(hashes(one), hashes(two))


def test_a_written_answer_is_no_program():
    text = "return and or not in is if else for while with as"
    assert not set(hashes(tokens_of([(text, False)]))[:1]) & set(hashes(code(text)))


# --------------------------------------------------------------------------- hashes of runs

KINDS = st.lists(st.sampled_from(["a", "b", "c", "+", "if", "1"]), max_size=40)


def patterns(pieces, run):
    """Each run as a tuple in which names are numbered in the order of their first place."""
    for start in range(len(pieces) - run + 1):
        order = {}
        yield tuple(
            order.setdefault(piece, len(order)) if piece in "abc" else piece
            for piece in pieces[start : start + run]
        )


@given(KINDS, KINDS, st.integers(2, 6))
def test_two_runs_have_one_hash_if_a_renaming_turns_one_into_the_other(one, two, run):
    found = []
    for pieces in (one, two):
        values = hashes(code(" ".join(pieces)), run)
        plain = ["0" if piece == "1" else piece for piece in pieces]
        assert (values[len(pieces) - run + 1 :] == NONE).all()
        found += zip(patterns(plain, run), values.tolist(), strict=False)
    for first, second in zip(found, found[1:] + found[:1], strict=True):
        assert (first[0] == second[0]) == (first[1] == second[1])
    assert len(dict(found)) == len(set(found)) == len({value for _, value in found})


def test_a_run_stays_within_its_cell():
    whole, halves = hashes(code("a + b - c * d"), 4), hashes(code("a + b -", "c * d"), 4)
    assert (whole != NONE).tolist() == [True, True, True, True, False, False, False]
    assert (halves != NONE).tolist() == [True, False, False, False, False, False, False]


def test_hashes_are_the_same_everywhere():
    assert int(hashes(code(STEP))[0]) == 0xCBAEEF603BEDA23B


# --------------------------------------------------------------------------- fingerprints

SMALL = st.lists(st.integers(0, 9), min_size=1, max_size=40)


def naive_winnow(values, window):
    """The definition, window by window, with windows over both ends."""
    chosen = set()
    for end in range(len(values) + window - 1):
        inside = [place for place in range(end - window + 1, end + 1) if 0 <= place < len(values)]
        least = min((values[place] for place in inside), default=int(NONE))
        if least != int(NONE):
            chosen.add(max(place for place in inside if values[place] == least))
    return sorted(chosen)


@given(st.lists(st.sampled_from([*range(6), int(NONE)]), max_size=30), st.integers(1, 6))
def test_fingerprints_are_those_of_the_definition(values, window):
    assert winnow(np.array(values, dtype=np.uint64), window).tolist() == naive_winnow(values, window)


@settings(max_examples=60)
@given(SMALL, SMALL, SMALL, SMALL, st.lists(st.integers(0, 9), min_size=RUN + WINDOW - 1, max_size=40))
def test_a_passage_that_is_long_enough_is_always_found(before, after, left, right, passage):
    signs = ["+", "-", "*", "/", "%", "@", "&", "|", "^", "<"]
    prints = []
    for start, end in ((before, after), (left, right)):
        values = hashes(code(" ".join(signs[number] for number in (*start, *passage, *end))))
        prints.append(set(values[winnow(values)].tolist()))
    assert prints[0] & prints[1]


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), max_size=20), st.integers(1, 5))
def test_a_token_has_the_largest_mark_of_its_runs(marks, run):
    wanted = [max(marks[max(0, n - run + 1) : n + 1]) for n in range(len(marks))]
    assert covered(np.array(marks, dtype=float), run).tolist() == wanted


def test_words_of_python_are_kept():
    kinds = {word: int(code(f"{word} x").codes[0]) for word in keyword.kwlist}
    assert len(set(kinds.values())) == len(kinds)


def test_tokens_say_how_many_they_are():
    tokens = code("x = 1", "y")
    assert isinstance(tokens, Tokens) and repr(tokens) == "Tokens(4 in 2 cells)"
    assert all(one <= two for one, two in pairwise(tokens.cell.tolist()))
