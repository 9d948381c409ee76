"""The functions that the lectures differentiate in all four ways, each written once.

Arguments are numbers, arrays, `Dual`, `Node`, SymPy symbols, or object arrays of symbols.
"""

from __future__ import annotations

from typing import Any

from mlpkit.differentiate.functions import cos, exp, log, sigmoid, sin

__all__ = ["logistic_loss", "nested_cosine", "quiz_function", "two_layer_loss"]


def quiz_function(x: Any, z: Any) -> Any:
    """N7: y = e^(xz) + xz/log x + sin(log x)/e^(xz), for x > 0, x ≠ 1."""
    return exp(x * z) + x * z / log(x) + sin(log(x)) / exp(x * z)


def nested_cosine(x: Any) -> Any:
    """N8: J = cos(sin(x²) + 3x²), by its intermediate variables t, u1, u2, u; t is used twice."""
    t = x * x
    u1 = sin(t)
    u2 = 3 * t
    u = u1 + u2
    return cos(u)


def logistic_loss(theta: Any, x: Any, d: Any) -> Any:
    """Binary cross-entropy of logistic regression, one instance.

    Parameters
    ----------
    theta
        Weights, shape (D + 1,), the bias first.
    x
        Input, shape (D,).
    d
        Target in [0, 1].
    """
    a = theta[0] + theta[1:] @ x
    y = sigmoid(a)
    return -(d * log(y) + (1 - d) * log(1 - y))


def two_layer_loss(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, d: Any) -> Any:
    """Binary cross-entropy of a network with sigmoid hidden units and one sigmoid output: modules 1 to 5.

    Parameters
    ----------
    W1, b1
        Shapes (D_1, D_0) and (D_1,).
    W2, b2
        Shapes (1, D_1) and (1,).
    x
        Input, shape (D_0,).
    d
        Target in [0, 1], shape (1,).
    """
    z1 = W1 @ x + b1  # module 1
    y1 = sigmoid(z1)  # module 2
    z2 = W2 @ y1 + b2  # module 3
    y2 = sigmoid(z2)  # module 4
    return -(d * log(y2) + (1 - d) * log(1 - y2)).sum()  # module 5
