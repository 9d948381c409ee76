"""Every formula of the registry: its two sides, its function, its LaTeX, and that a wrong one is found out."""

import re
from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from mlpkit import MLP, formulas, sigmoid, tanh
from mlpkit.activations import leaky_relu, relu, threshold
from mlpkit.differentiate.examples import nested_cosine, quiz_function
from mlpkit.formulas import NetworkPoint
from mlpkit.formulas.operations import Column, Dot, Hadamard, Transpose
from mlpkit.formulas.registry import Formula
from mlpkit.formulas.symbols import Hat, Quantity, add, evaluate, mul, to_latex, written

SEEDS = (0, 1)
WITH_FUNCTION = [name for name in formulas.names() if formulas.get(name).computed is not None]


@cache
def environments(name):
    """Several random points for a formula, drawn once for all tests."""
    formula = formulas.get(name)
    return tuple(formula.point(np.random.default_rng(seed)) for seed in SEEDS)


@pytest.mark.parametrize("name", formulas.names())
def test_both_sides_agree(name):
    formula = formulas.get(name)
    assert max(map(formula.error, environments(name))) <= formula.tolerance


@pytest.mark.parametrize("name", WITH_FUNCTION)
def test_the_function_gives_the_left_side(name):
    formula = formulas.get(name)
    assert max(map(formula.distance_from_function, environments(name))) <= formula.tolerance


@pytest.mark.parametrize("name", formulas.names())
def test_wrong_versions_are_found_out(name):
    formula = formulas.get(name)
    for mistake, wrong in formula.wrong_versions().items():
        found = max(map(wrong.error, environments(name)))
        assert found > max(1.5 * formula.tolerance, 1e-4), mistake


@given(st.sampled_from(formulas.names()), st.integers(min_value=0, max_value=10_000))
def test_both_sides_agree_at_other_points(name, seed):
    formula = formulas.get(name)
    environment = formula.point(np.random.default_rng(seed))
    # An approximation leaves something out, and how much of the whole that is depends on the point.
    slack = 3 if formula.relation == r"\approx" else 1
    assert formula.error(environment) <= slack * formula.tolerance


@pytest.mark.parametrize("name", formulas.names())
def test_every_formula_names_a_function_that_exists(name):
    assert formulas.get(name).function is not None


@pytest.mark.parametrize(
    ("seed", "widths"), [(0, (2, 3, 2)), (1, (3, 2, 2, 1))], ids=["two layers", "three layers"]
)
def test_the_formulas_of_the_passes_hold_at_any_depth(seed, widths):
    net = MLP(widths=widths, hidden=tanh, output=sigmoid)
    environment = NetworkPoint.random(np.random.default_rng(seed), net).environment
    # The formulas of the passes themselves are the first of the registry.
    passes = formulas.names()[: formulas.names().index("backward-products") + 1]
    assert all(formulas.get(name).error(environment) < 1e-9 for name in passes)


@pytest.mark.parametrize(
    ("name", "f"), [("relu-slope", relu), ("leaky-relu-slope", leaky_relu), ("threshold", threshold)]
)
@pytest.mark.parametrize("z", [-1.3, 0.0, 0.7])
def test_every_case_of_a_kinked_function_is_the_functions(name, f, z):
    formula = formulas.get(name)
    side = evaluate(formula.right, {**environments(name)[0], "z": z})
    assert side == (f(z) if name == "threshold" else f.derivative(z))


def test_a_wrong_index_is_found_out():
    # As printed in source A: the unit's own layer instead of the layer before.
    k, i, j = sp.symbols("k i j")
    affine = formulas.get("affine")
    misprint = affine.with_sides(right=affine.right.replace(Quantity("y", k - 1, i), Quantity("y", k - 1, j)))
    net = MLP(widths=(2, 3, 2), hidden=tanh, output=sigmoid)
    with pytest.raises((AssertionError, IndexError)):
        assert misprint.error(NetworkPoint.random(np.random.default_rng(0), net).environment) < 1e-9


def test_a_transposed_side_is_found_out():
    formula = formulas.get("vector-weight-gradient")
    turned = formula.with_sides(right=Transpose(formula.right))
    assert turned.error(environments(formula.name)[0]) == np.inf


def test_an_arbitrary_point_of_the_quiz_is_the_syllabus_one():
    environment = {"x": 2.0, "z": 3.0, "y": float(quiz_function(2.0, 3.0))}
    right = evaluate(formulas.get("quiz").right, environment)
    slopes = [evaluate(formulas.get(f"quiz-slope-{v}").right, environment) for v in "xz"]
    assert [right, *slopes] == pytest.approx([412.08655, 1208.36656, 809.73981], abs=6e-6)


def test_the_nested_cosine_has_the_values_of_the_syllabus():
    environment = {"x": 2.0, "t": 4.0, "u": float(np.sin(4.0) + 12.0), "J": float(nested_cosine(2.0))}
    values = [evaluate(formulas.get(n).right, environment) for n in ("nested-cosine", "nested-cosine-slope")]
    assert values == pytest.approx([0.24510, 9.09915], abs=6e-6)


# -- LaTeX ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", formulas.names())
def test_latex_is_well_formed(name):
    tex = formulas.latex(name)
    bare = re.sub(r"\\[{}]", "", tex)
    depth = np.cumsum([{"{": 1, "}": -1}.get(character, 0) for character in bare])
    assert depth.min() >= 0
    assert depth[-1] == 0
    assert len(re.findall(r"\\left\b", tex)) == len(re.findall(r"\\right\b", tex))
    assert re.findall(r"\\begin{(\w+)}", tex) == re.findall(r"\\end{(\w+)}", tex)
    assert _without_groups(tex).count("__") == 0, "a subscript of a subscript"
    assert "$" not in tex
    assert "\n" not in tex


def _without_groups(tex):
    """`tex` with the contents of innermost braces removed until none are left: x_{i}_{j} becomes x__."""
    while (shorter := re.sub(r"{[^{}]*}", "", tex)) != tex:
        tex = shorter
    return tex


#: What Matplotlib's small TeX does not know; the rest of the formula is parsed all the same.
_UNKNOWN = (
    (r"\\begin{(?:cases|bmatrix)}|\\end{(?:cases|bmatrix)}|\\\\|&", " "),
    (r"\\text\b", r"\\mathrm"),
    (r"\\l[vV]ert|\\r[vV]ert|\\Vert", r"\\|"),
    (r"\\!|\\#", ""),
    (r"\\(le|ge)\b", r"\\\1q"),
    (r"\\left\\\||\\right\\\|", r"\\|"),
    (r"\\left\.|\\right\||\\left\||\\left\(|\\right\)|\\left\[|\\right\]", "|"),
)


@pytest.mark.parametrize("name", formulas.names())
def test_latex_is_parsed_by_a_typesetter(name):
    tex = formulas.latex(name)
    for unknown, known in _UNKNOWN:
        tex = re.sub(unknown, known, tex)
    assert MathTextParser("path").parse(f"${tex}$").width > 0


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("affine", r"z^{(k)}_{j} = \sum_{i=0}^{D_{k - 1}} w^{(k)}_{ij}\,y^{(k - 1)}_{i}"),
        ("weight-update", r"w^{(k)}_{ij} \leftarrow w^{(k)}_{ij} + \Delta w^{(k)}_{ij}"),
        ("output-derivative", r"\dot{y}^{(N)}_{j} = y^{(N)}_{j} - d_{j}"),
        ("mean-loss", r"\mathrm{Loss} = \frac{1}{T}\,\sum_{t=1}^{T} \mathrm{Div}\!\left(Y_{t}, d_{t}\right)"),
        ("tanh-from-sigmoid", r"\tanh\!\left(u\right) = 2\,S\!\left(2\,u\right) - 1"),
        ("vector-to-layer-below", r"\dot{y}_{k - 1} = W_{k}^{T}\,\dot{z}_{k}"),
        ("batch-affine", r"Z_{k} = Y_{k - 1}\,W_{k}^{T} + \mathbf{1}\,b_{k}^{T}"),
        ("best-step", r"\eta_{\text{best}} = \frac{2}{\lambda_{\min} + \lambda_{\max}}"),
        ("max-groups", r"y_{j} = \max_{l \in S_{j}} z_{l}"),
        (
            "batch-weight-gradient",
            r"\nabla_{W_{k}}\mathrm{Loss} = \frac{1}{T}\,\dot{Z}_{k}^{T}\,Y_{k - 1}",
        ),
        (
            "one-hot",
            r"d_{j} = \begin{cases} 1, & j = c \\ 0, & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_terms_are_printed_in_the_order_written(name, latex):
    assert formulas.latex(name) == latex


def test_at_most_a_fifth_is_set_by_hand():
    by_hand = [name for name in formulas.names() if formulas.get(name).hand_set]
    assert 0 < len(by_hand) <= len(formulas.names()) / 5


# -- the operations ------------------------------------------------------------------------------------

_A, _B = sp.symbols("A B")


def test_a_product_of_matrices_keeps_its_order():
    a, b = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [3.0, 1.0]])
    assert evaluate(Dot(_A, _B), {"A": a, "B": b}) == pytest.approx(a @ b)


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=3))
def test_unevaluated_sums_and_products_have_the_value_of_the_plain_ones(numbers):
    a, b, c = numbers
    x, y, z = sp.symbols("x y z")
    assert evaluate(add(mul(x, y), mul(-1, z), x), {"x": a, "y": b, "z": c}) == a * b - c + a


def test_a_product_entry_by_entry_does_not_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        evaluate(Hadamard(_A, _B), {"A": np.ones(2), "B": np.ones((2, 1))})


def test_a_sum_within_a_product_is_put_in_parentheses():
    assert to_latex(Dot(_A, add(_B, _A))) == r"A\,\left(B + A\right)"


def test_a_column_of_sums_prints_them_in_the_order_written():
    assert to_latex(Column(add(mul(2, _B), _A), 1)) == r"\begin{bmatrix} 2\,B + A \\ 1 \end{bmatrix}"


def test_a_key_is_written_in_one_way_only():
    with pytest.raises(ValueError, match="is written"):
        written({"Loss": "L"})


def test_a_symbol_is_written_in_one_way_only():
    Hat("only for this test", "a")
    with pytest.raises(ValueError, match="is written a already"):
        Hat("only for this test", "b")


# -- the registry --------------------------------------------------------------------------------------


def test_an_unknown_name_lists_close_ones():
    with pytest.raises(formulas.UnknownFormulaError, match="sigmoid-slope"):
        formulas.latex("sigmoid-slop")


def test_a_name_is_used_once():
    with pytest.raises(ValueError, match="registered already"):
        formulas.register(formulas.get("affine"))


@pytest.mark.parametrize("name", formulas.names())
def test_names_are_kebab_case(name):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)


def test_no_two_formulas_look_alike():
    latex = [formulas.latex(name) for name in formulas.names()]
    assert len(set(latex)) == len(latex)


def test_a_formula_without_index_values_is_not_called_right():
    formula = formulas.get("one-hot")
    with pytest.raises(ValueError, match="no index values"):
        formula.error({**environments("one-hot")[0], "K": 0})


def test_a_function_that_does_not_exist_is_named():
    formula = formulas.get("affine")
    other = Formula("other", formula.left, formula.right, "", "", "mlpkit.sigmoid.no_such_thing")
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = other.function


def test_the_catalogue_lists_every_formula():
    text = repr(formulas.catalogue())
    assert all(f"  {name} " in text for name in formulas.names())


def test_the_catalogue_can_be_searched():
    found = [formula.name for formula in formulas.catalogue("hinge").formulas]
    assert found == ["hinge", "hinge-slope"]


def test_the_catalogue_escapes_what_a_browser_would_take_for_a_tag():
    html = formulas.catalogue("relu-slope")._repr_html_()
    assert "z < 0" not in html
    assert "z &lt; 0" in html
