"""Formulas in prose, and display mathematics that does not come from the registry."""

import pytest
from build_courses import FORMULAS, REGISTRY
from hypothesis import given
from hypothesis import strategies as st

from tools.build_notebooks.errors import BuildError
from tools.build_notebooks.formulas import check_mathematics, expand_formulas
from tools.build_notebooks.source import SourceCell

UPDATE = FORMULAS["update"]


def _markdown(text):
    return SourceCell("markdown", text, {}, 10, 11)


def _expand(text):
    return expand_formulas(_markdown(text), "x.py", REGISTRY)


def _display(text, kind="markdown"):
    return [
        (problem.line, problem.reason)
        for problem in check_mathematics(SourceCell(kind, text, {}, 10, 11), "x.py")
    ]


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("{formula:update}", f"$$\n{UPDATE}\n$$"),
        ("a\n\n{formula:update}\n\nb", f"a\n\n$$\n{UPDATE}\n$$\n\nb"),
        ("a {formula:update} b", f"a ${UPDATE}$ b"),
        ("a\n{formula:update}\nb", f"a\n${UPDATE}$\nb"),
        ("({formula:update})", f"(${UPDATE}$)"),
        ("{formula:update} and {formula:update}", f"${UPDATE}$ and ${UPDATE}$"),
        ("- a\n\n  {formula:update}\n", f"- a\n\n  $$\n  {UPDATE}\n  $$\n"),
        ("- {formula:update}\n- b", f"- $${UPDATE}$$\n- b"),
        ("> a\n>\n> {formula:update}", f"> a\n>\n> $${UPDATE}$$"),
        ("{formula:two-lines}", "$$\na\n= b\n$$"),
        ("so {formula:two-lines}", "so $a = b$"),
        ("| {formula:update} | b |", f"| ${UPDATE}$ | b |"),
        ("`{formula:update}`", "`{formula:update}`"),
        ("``a ` {formula:update}``", "``a ` {formula:update}``"),
        ("```\n{formula:update}\n```", "```\n{formula:update}\n```"),
        (
            "~~~ text\n{formula:none}\n~~~\n{formula:update} b",
            f"~~~ text\n{{formula:none}}\n~~~\n${UPDATE}$ b",
        ),
        ("a ` b {formula:update}", f"a ` b ${UPDATE}$"),
        ("`a\n\n{formula:update}\n\nb`", f"`a\n\n$$\n{UPDATE}\n$$\n\nb`"),
        (r"\$5 {formula:update}", rf"\$5 ${UPDATE}$"),
        ("$x$ {formula:update}", f"$x$ ${UPDATE}$"),
        ("`$` {formula:update}", f"`$` ${UPDATE}$"),
        ("{x} {{y}} $\\frac{1}{2}$ {formula}", "{x} {{y}} $\\frac{1}{2}$ {formula}"),
    ],
)
def test_a_marker_becomes_mathematics_of_the_right_kind(text, expanded):
    assert _expand(text) == expanded


@given(st.text(alphabet="ab{}:`$~\\\n >-f", max_size=60))
def test_text_without_markers_is_unchanged(text):
    assert _expand(text) == text


@given(st.text(alphabet="ab{}`~ \n", max_size=40), st.text(alphabet="ab{}`~ \n", max_size=40))
def test_expansion_leaves_the_text_around_a_marker_as_it_is(before, after):
    expanded = _expand(f"{before}{{formula:update}}{after}")
    assert expanded.startswith(before)
    assert expanded.endswith(after)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a\n{formula:chain-rul} b", 12, "unknown formula 'chain-rul': did you mean chain-rule?"),
        ("{formula: update}", 11, "unknown formula ' update': did you mean update?"),
        ("{formula:zzzzzz}", 11, "unknown formula 'zzzzzz': no name"),
        ("{formula:}", 11, "unknown formula ''"),
        ("a $x = {formula:update}$", 11, "stands between dollar signs"),
    ],
)
def test_a_marker_that_cannot_be_expanded_is_an_error(text, line, reason):
    with pytest.raises(BuildError) as caught:
        _expand(text)
    [problem] = caught.value.problems
    assert (problem.file, problem.line) == ("x.py", line)
    assert reason in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        "$$x$$",
        "a\n$$x",
        "a $$x$$ b",
        r"\[x\]",
        r"\\[x\\]",
        r"\[ x",
        r"\begin{equation}x\end{equation}",
        r"\begin{align*}x\end{align*}",
        r"\begin{gather}",
        r"$\begin{equation}x\end{equation}$",
        r"\begin{pmatrix}1\end{pmatrix}",
        "`a` $$x$$ `b`",
        "```\ncode\n```\n$$\nx\n$$",
    ],
)
def test_display_mathematics_outside_the_registry_is_an_error(text):
    assert _display(text)


def test_it_is_reported_with_its_line_and_what_to_do():
    assert _display("a\n\n\\begin{align}x")[0] == (
        13,
        r"\begin{align}: display mathematics comes from {formula:name} only",
    )


@pytest.mark.parametrize(
    "text",
    [
        "$x$ and $y$",
        "```\n$$x$$\n```",
        "> ```\n> $$x$$\n> ```",
        "`$$x$$` and `\\[x\\]`",
        r"$\begin{pmatrix}1\end{pmatrix}$",
        r"costs \$\$ much",
        "[a link](b) and {formula:update}",
        "```\n$$ never closed",
    ],
)
def test_inline_mathematics_and_code_are_allowed(text):
    assert not _display(text)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("Math('x')", 11),
        ("x = 1\ndisplay(Latex('x'))", 12),
        ("import IPython.display as d\nd.Math('x')", 12),
        ("%%latex\nx", 11),
        ("from IPython.display import Math as M, display\nM('x')", 11),
    ],
)
def test_latex_typeset_by_code_is_an_error(code, line):
    assert [where for where, _ in _display(code, "code")] == [line]


@pytest.mark.parametrize(
    "code", ["# Math('x')", "s = 'Latex(x)'", "Mathematics(1)", "import math\nmath.sqrt(2)", "x = ("]
)
def test_other_code_is_allowed(code):
    assert not _display(code, "code")
