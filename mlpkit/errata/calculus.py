"""Errors of source A (and D, which took some over) in calculus and descent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlpkit import activations, gradcheck
from mlpkit.descent import SURFACES, classify_stationary_point, curvatures, descend
from mlpkit.errata.entry import Collection, Proof

__all__ = ["ENTRIES"]

_errata = Collection()


def _numbers(values: ArrayLike) -> str:
    """Numbers in parentheses, three digits after the point, without minus zeros."""
    return "(" + ", ".join(f"{v + 0.0:g}" for v in np.round(np.asarray(values, dtype=float), 3)) + ")"


@_errata.erratum(
    "a-three-variables-sign",
    "A",
    "three-variable example of unconstrained minimisation",
    printed="$f = x_1^2 + x_1(1-x_2) - (x_2)^2 - x_2x_3 + x_3^2 + x_3$",
    right="$+x_2^2$: then the gradient, the stationary point (-1, -1, -1) and the Hessian shown belong to f",
    why="Differentiating the printed function to $x_2$ gives $-x_1-2x_2-x_3$ and not the second line shown.",
)
def _three_variables() -> Proof:
    right, printed = SURFACES["three variables"], SURFACES["three variables, misprinted"]
    place = np.array([-1.0, -1.0, -1.0])
    slopes = [gradcheck.numerical_gradient(f, place) for f in (printed, right)]
    stationary = np.array([-1.0, 1.0, -1.0]) / 3
    at_saddle = gradcheck.numerical_gradient(printed, stationary)
    kind = classify_stationary_point(printed.hessian_at(stationary))
    return Proof(
        bool(np.allclose(slopes[0], 0, atol=1e-6)),
        bool(np.allclose(slopes[1], 0, atol=1e-6)),
        f"At (-1, -1, -1) the gradient of the printed function is {_numbers(slopes[0])}, that of "
        f"the right one "
        f"{_numbers(slopes[1])}. The printed one is stationary at (-1/3, 1/3, -1/3), gradient "
        f"{_numbers(at_saddle)}, with curvatures {_numbers(curvatures(printed.hessian_at(stationary)))}: "
        f"a {kind}.",
    )


@_errata.erratum(
    "a-second-derivative-test",
    "A",
    "finding the minimum or maximum of a function",
    printed="if $f''(x)$ is positive it is a minimum, otherwise it is a maximum",
    right="positive: minimum; negative: maximum; zero decides nothing",
    why="Zero is neither positive nor negative; functions with all kinds of behaviour have $f''=0$.",
)
def _second_derivative() -> Proof:
    f = SURFACES["quartic"]
    second = float(f.hessian_at(np.zeros(1))[0, 0])
    beside = [float(f(np.array([v]))) for v in (-0.1, 0.0, 0.1)]
    is_minimum = beside[1] < min(beside[0], beside[2])
    printed_verdict = "minimum" if second > 0 else "maximum"
    verdict = classify_stationary_point(f.hessian_at(np.zeros(1)))
    return Proof(
        (printed_verdict == "minimum") == is_minimum,
        verdict == "inconclusive",
        f"x^4 has second derivative {second:g} at 0 and the values {beside[0]:.4f}, {beside[1]:g}, "
        f"{beside[2]:.4f} at -0.1, 0, 0.1: a minimum, which the printed rule calls a {printed_verdict}. "
        f"mlpkit says {verdict!r}.",
    )


@_errata.erratum(
    "a-turning-point",
    "A",
    "finding the minimum of a function",
    printed="where $f'(x)=0$ is a turning point: the derivative changes its sign there",
    right="it may also keep its sign: a point of inflection with a horizontal tangent",
    why="The sign of the derivative before and after must be looked at.",
)
def _turning_point() -> Proof:
    f = SURFACES["cubic"]
    before, at, after = (float(f.gradient_at(np.array([v]))[0]) for v in (-0.1, 0.0, 0.1))
    return Proof(
        before * after < 0,
        at == 0 and before * after > 0,
        f"x^3 has the derivatives {before:.2f}, {at:g}, {after:.2f} at -0.1, 0, 0.1: zero without turning.",
    )


@_errata.erratum(
    "a-descent-loop",
    "A",
    "overall gradient descent algorithm (twice)",
    printed="while $|f(x^{k+1}) - f(x^k)| > \\varepsilon$, tested before the first step",
    right="do the step first, then test (do ... while, as in D)",
    why="At k = 0 the condition reads $x^1$, which the first step has yet to make.",
)
def _descent_loop() -> Proof:
    f = SURFACES["tilted bowl"]
    points = [np.array([3.0, 3.0])]
    try:
        _ = abs(float(f(points[1])) - float(f(points[0]))) > 1e-6
        printed = True
    except IndexError:
        printed = False
    path = descend(f, points[0], 0.1, value_change=1e-6, gradient_norm=None)
    return Proof(
        printed,
        path.status == "converged",
        f"Asked before the first step there are {len(points)} points and the second is read. Asked "
        f"after each "
        f"step, the descent with step 0.1 from (3, 3) ends after {path.steps} steps at f = "
        f"{path.values[-1]:.1e}.",
    )


@_errata.erratum(
    "a-descent-finds",
    "A",
    "convergence of gradient descent",
    printed="for convex functions it always finds the minimum, for others a local minimum or an "
    "inflection point",
    right="if there is a minimum to find: descent may also run away without end, on convex functions, too",
    why="Neither kind of function need have a minimum.",
)
def _descent_finds() -> Proof:
    saddle = descend(SURFACES["saddle"], [1.0, 0.1], 0.1, steps=300)
    slope = descend(np.exp, 0.0, 0.5, gradient=np.exp, steps=2000)
    bowl = descend(SURFACES["tilted bowl"], [3.0, 3.0], 0.1, steps=300)
    return Proof(
        saddle.status == "converged" and slope.status == "converged",
        saddle.status == "diverging" and bowl.status == "converged",
        f"On x1^2 - x2^2 from (1, 0.1): {saddle.status}. On the convex e^x from 0 the point is at "
        f"{float(slope.end):.2f} after {slope.steps} steps with slope "
        f"{slope.gradient_norms[-1]:.1e}, and still "
        f"on its way. On the bowl: {bowl.status}.",
    )


@_errata.erratum(
    "a-distributed-chain-rule",
    "A",
    "distributed chain rule",
    printed="$y=f(g_1(x),g_1(x),\\dots,g_M(x))$",
    right="$y=f(g_1(x),g_2(x),\\dots,g_M(x))$",
    why="With $g_1$ twice its influence is counted twice and that of $g_2$ not at all.",
)
def _distributed() -> Proof:
    x = 0.7
    whole = (np.sin(x + 1e-6) * np.exp(2 * (x + 1e-6)) - np.sin(x - 1e-6) * np.exp(2 * (x - 1e-6))) / 2e-6
    g1, g2, dg1, dg2 = np.sin(x), np.exp(2 * x), np.cos(x), 2 * np.exp(2 * x)
    right, printed = g2 * dg1 + g1 * dg2, g1 * dg1 + g1 * dg1
    return Proof(
        bool(np.isclose(printed, whole, rtol=1e-6)),
        bool(np.isclose(right, whole, rtol=1e-6)),
        f"For y = g_1 g_2 with g_1 = sin x, g_2 = e^2x at x = 0.7 differences give {whole:.4f}; "
        f"with g_1 and g_2 "
        f"the rule gives {right:.4f}, with g_1 twice {printed:.4f}.",
    )


@_errata.erratum(
    "a-subgradient-increase",
    "A, D",
    "the subgradient",
    printed="the subgradient is a direction in which the function is guaranteed to increase",
    right="only if it is not zero, and at a minimum zero is a subgradient",
    why="$f(x+tv)\\ge f(x)+t\\,v^Tv$ promises an increase only for $v\\ne0$.",
)
def _subgradient_increase() -> Proof:
    low, high = (float(end) for end in activations.relu.subgradient_interval(0.0))
    relu = activations.relu
    along_zero = float(relu(0.0 + 0.0)) - float(relu(0.0))
    along_half = float(relu(0.0 + 0.5)) - float(relu(0.0))
    return Proof(
        along_zero > 0,
        low <= 0.0 <= high and along_half > 0,
        f"The subderivatives of the ReLU at 0 are [{low:g}, {high:g}]. Along v = 0 it rises by "
        f"{along_zero:g}, "
        f"along v = 0.5 by {along_half:g}.",
    )


@_errata.erratum(
    "d-subgradient-direction",
    "D",
    "the subgradient",
    printed="any direction such that moving in that direction increases the function",
    right="any v with $f(x)-f(x_0)\\ge v^T(x-x_0)$ for all x",
    why="An increase is not enough: the line with slope v must nowhere be above the function.",
)
def _subgradient_direction() -> Proof:
    x = np.linspace(-3, 5, 801)
    increases = (1 + 0.1 * 5) ** 2 > 1.0
    deficit = {v: float((x**2 - 1 - v * (x - 1)).min()) for v in (5.0, 2.0)}
    return Proof(
        not increases or deficit[5.0] >= -1e-12,
        deficit[2.0] >= -1e-12,
        f"x^2 at 1 increases along v = 5, from 1 to {(1 + 0.1 * 5) ** 2:g} for a tenth of it, but "
        f"the line with "
        f"slope 5 is above it by {-deficit[5.0]:.2f} somewhere; the line with slope 2 nowhere.",
    )


@_errata.erratum(
    "d-subderivative-line",
    "D",
    "subgradients and the ReLU",
    printed="the slope of any line that lies entirely under it",
    right="of any line that lies under it and touches it at the point",
    why="A line can lie below everywhere without saying anything of the point.",
)
def _subderivative_line() -> Proof:
    x = np.linspace(-10, 10, 2001)
    under = bool((0.5 * x - 1 <= activations.relu(x)).all())
    low, high = (float(end) for end in activations.relu.subgradient_interval(2.0))
    return Proof(
        not under or low <= 0.5 <= high,
        low == high == 1.0,
        f"The line 0.5 x - 1 is under the ReLU everywhere ({under}), but at 2 the only "
        f"subderivative is {low:g}.",
    )


ENTRIES = _errata.entries()
