"""Every formula of the registry, evaluated against its function and against finite differences."""

import numpy as np
import pytest
import sympy as sp

from mlpkit import MLP, formulas, sigmoid, tanh
from mlpkit.formulas import NetworkPoint
from mlpkit.formulas.symbols import Quantity


@pytest.fixture(
    scope="module", params=[(0, (2, 3, 2)), (1, (3, 2, 2, 1))], ids=["two layers", "three layers"]
)
def point(request):
    seed, widths = request.param
    net = MLP(widths=widths, hidden=tanh, output=sigmoid)
    return NetworkPoint.random(np.random.default_rng(seed), net)


@pytest.mark.parametrize("name", formulas.names())
def test_both_sides_agree(name, point):
    assert formulas.get(name).error(point.environment) < 1e-9


@pytest.mark.parametrize("name", formulas.names())
def test_a_wrong_sign_is_found_out(name, point):
    formula = formulas.get(name)
    assert formula.with_sides(right=-formula.right).error(point.environment) > 1e-3


def test_a_wrong_index_is_found_out(point):
    # As printed in source A: the unit's own layer instead of the layer before.
    k, i, j = sp.symbols("k i j")
    affine = formulas.get("affine")
    misprint = affine.with_sides(right=affine.right.replace(Quantity("y", k - 1, i), Quantity("y", k - 1, j)))
    with pytest.raises((AssertionError, IndexError)):
        assert misprint.error(point.environment) < 1e-9


@pytest.mark.parametrize("name", formulas.names())
def test_every_formula_names_a_function_that_exists(name):
    module, *path = formulas.get(name).stands_for.split(".")
    thing = __import__(module)
    for part in path:
        thing = getattr(thing, part)
    assert thing is not None


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("affine", r"z^{(k)}_{j} = \sum_{i=0}^{D_{k - 1}} w^{(k)}_{ij}\,y^{(k - 1)}_{i}"),
        ("weight-update", r"w^{(k)}_{ij} \leftarrow w^{(k)}_{ij} + \Delta w^{(k)}_{ij}"),
        ("output-derivative", r"\dot{y}^{(N)}_{j} = y^{(N)}_{j} - d_{j}"),
        ("mean-loss", r"\mathrm{Loss} = \frac{1}{T}\,\sum_{t=1}^{T} \mathrm{Div}\!\left(Y_{t}, d_{t}\right)"),
    ],
)
def test_terms_are_printed_in_the_order_written(name, latex):
    assert formulas.latex(name) == latex


def test_an_unknown_name_lists_close_ones():
    with pytest.raises(formulas.UnknownFormulaError, match="sigmoid-slope"):
        formulas.latex("sigmoid-slop")


def test_a_name_is_used_once():
    with pytest.raises(ValueError, match="registered already"):
        formulas.register(formulas.get("affine"))
