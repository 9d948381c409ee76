"""Problem set 1: what its class earns, and answers that agree with symbolic derivatives and with searches."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from laws import Laws
from problem_book import Book
from scipy import optimize

PS1 = Book("ps1")


class TestProblemSet1(Laws):
    book = PS1
    total, problems, mistakes = 40, 12, 30
    nothing_done, zeros, all_zeros = "priya", "jana", "kim"
    in_two_cells = frozenset(
        {"three-variables", "three-variables-hessian", "two-valleys-gradient", "two-valleys-hessian"}
    )
    without_example = frozenset({"always_true", "decided_by_the_hessian"})


TWO_VALLEYS = sp.sympify("x1**4 - 2*x1**2 + x1*x2 + x2**2")
THREE_VARIABLES = sp.sympify("x1**2 + x1*(1 - x2) + x2**2 - x2*x3 + x3**2 + x3")


@pytest.mark.parametrize(("name", "f"), [("two_valleys", TWO_VALLEYS), ("three_variables", THREE_VARIABLES)])
def test_the_model_answers_agree_with_symbolic_derivatives(name, f):
    names = PS1.solved
    variables = sorted(f.free_symbols, key=str)
    at = np.random.default_rng(1).normal(size=len(variables))
    numbers = dict(zip(variables, at, strict=True))
    gradient = [sp.diff(f, v) for v in variables]
    assert np.isclose(names[name](at), float(f.subs(numbers)))
    assert np.allclose(names[f"{name}_gradient"](at), [float(g.subs(numbers)) for g in gradient])
    wanted = [[float(sp.diff(g, v).subs(numbers)) for v in variables] for g in gradient]
    assert np.allclose(names[f"{name}_hessian"](at), wanted)


def test_the_floor_of_a_valley_is_where_a_search_finds_it():
    names = PS1.solved
    found = optimize.minimize(names["two_valleys"], [1.0, 0.0], tol=1e-12).x
    assert np.allclose(found, [1.125**0.5, -(1.125**0.5) / 2], atol=1e-5)


def test_the_limit_step_divides_walks_that_arrive_from_walks_that_do_not():
    names = PS1.solved
    H = np.array([[2.0, 1.0], [1.0, 8.0]])
    limit = names["limit_step"](H)
    ends = [
        names["descend"](lambda x: H @ x, np.array([3.0, 3.0]), part * limit, 2000)[-1]
        for part in (0.99, 1.01)
    ]
    assert np.abs(ends[0]).max() < 1e-6
    assert np.abs(ends[1]).max() > 1e6


def test_no_other_fixed_step_contracts_more_than_the_best():
    names = PS1.solved
    H = np.diag([1.0, 3.0, 9.0])
    found = optimize.minimize_scalar(
        lambda eta: names["contraction"](H, eta), bounds=(0.0, 1.0), method="bounded"
    )
    assert np.isclose(found.x, names["best_step"](H), atol=1e-4)


def test_the_numbers_of_the_model_answer_are_true():
    answer = PS1.model_answer("why-the-limit")
    values, vectors = np.linalg.eigh([[2.0, 1.0], [1.0, 8.0]])
    top = np.abs(vectors[:, 1])
    factor = 1 - 0.25 * values[1]
    for number in (
        f"{3 * top.sum():.4f}",
        f"{factor:.5f}",
        f"{factor**50:.3f}",
        f"{1 - 0.25 * values[0]:.5f}",
    ):
        assert number in answer
    assert np.round(3 * top.sum() * factor**50 * top, 2).tolist() == [4.03, 24.81]


def test_objects_that_agree_with_everything_earn_nothing():
    assert "should be 0.24503, yours is 7" in PS1.results("mallory")["test-limit-step"].error
    assert PS1.scores("mallory") == PS1.expected("mallory")
