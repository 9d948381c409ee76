"""Descent on plain functions: turning points, the best step, and what becomes of a sequence of steps.

Before there is a network there is a function f of a point x. `descend` follows one of two rules downhill and
returns a `Path` that says what happened; for quadratic functions there are exact answers to compare with
(`limit_step` and its neighbours); `SURFACES` holds the lectures' named functions with their derivatives.

Points have the shape (n,), or () for a function of one number. Functions must accept such a point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, finite_number, numeric_array, positive_integer, require_shape
from mlpkit.optimizers import FixedStep, Schedule, as_schedule

__all__ = [
    "SURFACES",
    "Path",
    "Status",
    "Surface",
    "best_fixed_step",
    "best_momentum",
    "classify_stationary_point",
    "contraction_factor",
    "curvatures",
    "descend",
    "limit_step",
]

Status = Literal["converged", "oscillating", "diverging", "not converged yet"]
Rule = Literal["gradient", "sign"]
Kind = Literal["minimum", "maximum", "saddle", "inconclusive"]
Function = Callable[[Array], "float | Array"]
Gradient = Callable[[Array], ArrayLike]


# -- quadratic functions ---------------------------------------------------------------------------------


def curvatures(H: ArrayLike) -> Array:
    """Eigenvalues of a Hessian in rising order, shape (n,): the curvatures along its eigenvectors.

    Parameters
    ----------
    H
        Hessian, shape (n, n), symmetric; a single number counts as (1, 1).
    """
    H = np.atleast_2d(numeric_array("H", H))
    require_shape("H", H, (H.shape[0], H.shape[0]), "a Hessian is square")
    if not np.allclose(H, H.T, rtol=1e-9, atol=1e-12 * max(1.0, float(np.abs(H).max(initial=0.0)))):
        raise ValueError("H must be symmetric (second derivatives do not depend on their order).")
    return np.linalg.eigvalsh((H + H.T) / 2)


def classify_stationary_point(H: ArrayLike, tolerance: float = 1e-9) -> Kind:
    """What the Hessian at a point with gradient 0 says about it.

    All curvatures positive: minimum; all negative: maximum; some of each sign: saddle, whatever the others
    are. Otherwise one is zero, and zero decides nothing ("inconclusive"): x⁴ has a minimum at 0, -x⁴ a
    maximum, x³ neither.

    Parameters
    ----------
    H
        Hessian at the stationary point, shape (n, n).
    tolerance
        A curvature counts as zero if its magnitude is at most this part of the largest one.
    """
    values = curvatures(H)
    zero = finite_number("tolerance", tolerance, low=0.0) * float(np.abs(values).max())
    upward, downward = bool((values > zero).any()), bool((values < -zero).any())
    if upward and downward:
        return "saddle"
    if (np.abs(values) <= zero).any():
        return "inconclusive"
    return "minimum" if upward else "maximum"


def _momentum(value: float) -> float:
    momentum = finite_number("momentum", value, low=0.0)
    if momentum >= 1.0:
        raise ValueError(f"momentum must be less than 1, got {momentum:g}.")
    return momentum


def _bowl(H: ArrayLike) -> tuple[float, float]:
    """Smallest and largest curvature of a bowl, or ValueError if some direction does not curve upwards."""
    values = curvatures(H)
    if values[0] <= 0:
        raise ValueError(
            "H must have positive eigenvalues only: without a unique minimum no step is a best one; "
            f"got eigenvalues from {values[0]:g} to {values[-1]:g}."
        )
    return float(values[0]), float(values[-1])


def limit_step(H: ArrayLike, momentum: float = 0.0) -> float:
    """The step at which descent on ½xᵀHx stops converging: 2(1 + α)/λ_max.

    Along an eigenvector with curvature λ the error obeys e' = (1 + α - ηλ)e - αe_before, with characteristic
    polynomial r² - (1 + α - ηλ)r + α. For 0 <= α < 1 both roots lie inside the unit circle if and only if
    |1 + α - ηλ| < 1 + α (the Schur-Cohn conditions for degree two), that is 0 < ηλ < 2(1 + α). The largest
    curvature gives the narrowest bound; without momentum it is the lectures' 2/λ_max (source `A`).
    """
    return 2.0 * (1.0 + _momentum(momentum)) / _bowl(H)[1]


def best_fixed_step(H: ArrayLike, momentum: float = 0.0) -> float:
    """The fixed step with the smallest contraction factor: 2(1 + α)/(λ_min + λ_max).

    The factor of one curvature does not fall as |1 + α - ηλ| grows; the step that makes the two extreme
    curvatures equally bad is therefore the best (without momentum |1 - ηλ_min| = |1 - ηλ_max|).
    """
    low, high = _bowl(H)
    return 2.0 * (1.0 + _momentum(momentum)) / (low + high)


def best_momentum(H: ArrayLike) -> tuple[float, float]:
    """Step η and momentum α that together contract fastest on ½xᵀHx (Polyak, 1964).

    η = (2/(√λ_min + √λ_max))², α = ((√λ_max - √λ_min)/(√λ_max + √λ_min))²; the factor is then √α.
    """
    low, high = np.sqrt(_bowl(H))
    return float((2.0 / (low + high)) ** 2), float(((high - low) / (high + low)) ** 2)


def contraction_factor(H: ArrayLike, step: float, momentum: float = 0.0) -> float:
    """By what the error of descent on ½xᵀHx is multiplied per step in the long run.

    The largest magnitude of a root of r² - (1 + α - ηλ)r + α over the curvatures λ; without momentum
    max|1 - ηλ|. Below 1 the descent converges, above 1 it diverges.
    """
    alpha, eta = _momentum(momentum), finite_number("step", step, low=0.0)
    _bowl(H)
    middle = (1.0 + alpha - eta * curvatures(H)).astype(complex) / 2.0
    root = np.sqrt(middle**2 - alpha)
    return float(np.maximum(np.abs(middle + root), np.abs(middle - root)).max())


# -- named functions -------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Surface:
    """A named function with its derivatives.

    Attributes
    ----------
    name
        Key in `SURFACES`.
    dimension
        n, the number of variables.
    expression
        The function in Python syntax, variables x1, ..., xn.
    text
        What it is good for.
    value
        Function of points, shape (..., n) -> (...): whole grids at once.
    gradient
        Its gradient, shape (..., n) -> (..., n).
    hessian
        Its Hessian at one point, shape (n,) -> (n, n).
    """

    name: str
    dimension: int
    expression: str
    text: str
    value: Function
    gradient: Gradient
    hessian: Callable[[Array], Array]

    def __call__(self, x: ArrayLike) -> Array | float:
        """Value at `x`, shape (n,) -> a number, or (..., n) -> (...)."""
        return self.value(self._points(x))

    def gradient_at(self, x: ArrayLike) -> Array:
        """Gradient at `x`, the shape of `x`."""
        return np.asarray(self.gradient(self._points(x)))

    def hessian_at(self, x: ArrayLike) -> Array:
        """Hessian at one point `x`, shape (n, n)."""
        x = self._points(x)
        require_shape("x", x, (self.dimension,), "one point")
        return self.hessian(x)

    def _points(self, x: ArrayLike) -> Array:
        x = numeric_array("x", x)
        if x.ndim == 0 or x.shape[-1] != self.dimension:
            raise ValueError(
                f"x must have shape (..., {self.dimension}) ({self.name} has {self.dimension} variables), "
                f"got {x.shape}."
            )
        return x

    def __repr__(self) -> str:
        return f"Surface({self.name}: {self.expression})"


def _stack(*components: Array) -> Array:
    return np.stack(np.broadcast_arrays(*components), axis=-1)


def _quadratic(name: str, expression: str, text: str, H: ArrayLike, c: ArrayLike) -> Surface:
    """The surface ½xᵀHx + cᵀx."""
    H, c = numeric_array("H", H), numeric_array("c", c)
    return Surface(
        name,
        len(c),
        expression,
        text,
        lambda x: 0.5 * ((x @ H) * x).sum(axis=-1) + x @ c,
        lambda x: x @ H + c,
        lambda x: H.copy(),
    )


_SURFACES = (
    _quadratic(
        "three variables",
        "x1**2 + x1*(1 - x2) + x2**2 - x2*x3 + x3**2 + x3",
        "N1: a bowl in three dimensions with its minimum at (-1, -1, -1).",
        [[2, -1, 0], [-1, 2, -1], [0, -1, 2]],
        [1, 0, 1],
    ),
    _quadratic(
        "three variables, misprinted",
        "x1**2 + x1*(1 - x2) - x2**2 - x2*x3 + x3**2 + x3",
        "N1 with the sign printed in source A: the stationary point (-1/3, 1/3, -1/3) is a saddle.",
        [[2, -1, 0], [-1, -2, -1], [0, -1, 2]],
        [1, 0, 1],
    ),
    _quadratic(
        "tilted bowl",
        "x1**2 + x1*x2 + 4*x2**2",
        "N2: an elongated bowl whose axes are not those of the coordinates; limit step 0.24503.",
        [[2, 1], [1, 8]],
        [0, 0],
    ),
    _quadratic(
        "narrow valley",
        "x1**2/2 + 25*x2**2",
        "Curvatures 1 and 50: a step that is safe across the valley is slow along it.",
        [[1, 0], [0, 50]],
        [0, 0],
    ),
    _quadratic(
        "saddle",
        "x1**2 - x2**2",
        "Stationary at 0 but no minimum: descent leaves along x2, without bound.",
        [[2, 0], [0, -2]],
        [0, 0],
    ),
    Surface(
        "curved valley",
        2,
        "(1 - x1)**2 + 100*(x2 - x1**2)**2",
        "A valley that bends (Rosenbrock, 1960); minimum 0 at (1, 1).",
        lambda x: (1 - x[..., 0]) ** 2 + 100 * (x[..., 1] - x[..., 0] ** 2) ** 2,
        lambda x: _stack(
            -2 * (1 - x[..., 0]) - 400 * x[..., 0] * (x[..., 1] - x[..., 0] ** 2),
            200 * (x[..., 1] - x[..., 0] ** 2),
        ),
        lambda x: np.array([[2 - 400 * x[1] + 1200 * x[0] ** 2, -400 * x[0]], [-400 * x[0], 200.0]]),
    ),
    Surface(
        "two minima",
        2,
        "(x1**2 - 1)**2/4 + x1/10 + x2**2/2",
        "A local minimum near x1 = .95 and a deeper one near x1 = -1.05, with a saddle between them.",
        lambda x: (x[..., 0] ** 2 - 1) ** 2 / 4 + x[..., 0] / 10 + x[..., 1] ** 2 / 2,
        lambda x: _stack(x[..., 0] ** 3 - x[..., 0] + 0.1, x[..., 1]),
        lambda x: np.array([[3 * x[0] ** 2 - 1, 0.0], [0.0, 1.0]]),
    ),
    Surface(
        "quartic",
        1,
        "x1**4",
        "A minimum at 0 where the second derivative is 0.",
        lambda x: x[..., 0] ** 4,
        lambda x: 4 * x**3,
        lambda x: np.array([[12 * x[0] ** 2]]),
    ),
    Surface(
        "cubic",
        1,
        "x1**3",
        "Derivative and second derivative 0 at 0, where there is an inflection and no minimum.",
        lambda x: x[..., 0] ** 3,
        lambda x: 3 * x**2,
        lambda x: np.array([[6 * x[0]]]),
    ),
)

#: The named functions of the lectures, by name.
SURFACES: Mapping[str, Surface] = MappingProxyType({surface.name: surface for surface in _SURFACES})


# -- descent ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Path:
    """Where a descent went and what became of it.

    Attributes
    ----------
    points
        x^0, x^1, ..., shape (steps + 1, n), or (steps + 1,) for a function of one number.
    values
        f at the points, shape (steps + 1,).
    gradients
        Gradients at the points, the shape of `points`.
    status
        "converged", "oscillating", "diverging" or "not converged yet".
    reason
        Why this status, with the numbers it rests on.
    rule
        The rule that was followed, in words.
    """

    points: Array
    values: Array
    gradients: Array
    status: Status
    reason: str
    rule: str

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.values) - 1

    @property
    def end(self) -> Array:
        """The last point, shape (n,) or ()."""
        return self.points[-1]

    @property
    def gradient_norms(self) -> Array:
        """Length of the gradient at every point, shape (steps + 1,)."""
        return _lengths(self.gradients)

    def __repr__(self) -> str:
        end = np.array2string(np.asarray(self.end), precision=5, separator=", ")
        return (
            f"Path({self.status} after {self.steps} steps at {end}, f = {self.values[-1]:.6g}; "
            f"{self.reason}; {self.rule})"
        )


@dataclass(frozen=True)
class _Downhill:
    """The rule that turns a gradient into the next change of the point."""

    rule: Rule
    schedule: Schedule
    momentum: float

    def __post_init__(self) -> None:
        if self.rule not in ("gradient", "sign"):
            raise ValueError(f'rule must be "gradient" or "sign", got {self.rule!r}.')

    def change(self, k: int, g: Array, before: Array) -> Array:
        """Δ of step k from the gradient and the Δ before."""
        return self.momentum * before - self.schedule(k) * (np.sign(g) if self.rule == "sign" else g)

    def promise(self, k: int, g: Array) -> float:
        """By how much a step without momentum should lower f, to first order."""
        return self.schedule(k) * (float(np.abs(g).sum()) if self.rule == "sign" else _length(g) ** 2)

    def __str__(self) -> str:
        size = f"step {self.schedule.step:g}" if isinstance(self.schedule, FixedStep) else repr(self.schedule)
        against = "the sign of the gradient" if self.rule == "sign" else "the gradient"
        return f"{size} against {against}" + (f", momentum {self.momentum:g}" if self.momentum else "")


@dataclass(frozen=True)
class _Stop:
    """When to stop; None switches a criterion off."""

    steps: int
    gradient_norm: float | None
    value_change: float | None
    bound: float


@dataclass
class _Walk:
    """The growing path inside `descend`; never leaves it."""

    points: list[Array] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    gradients: list[Array] = field(default_factory=list)

    def add(self, x: Array, value: float, gradient: Array) -> None:
        self.points.append(x)
        self.values.append(value)
        self.gradients.append(gradient)


def descend(
    function: Surface | Function,
    start: ArrayLike,
    step: float | Schedule,
    *,
    gradient: Gradient | None = None,
    rule: Rule = "gradient",
    momentum: float = 0.0,
    steps: int = 100,
    gradient_norm: float | None = 1e-8,
    value_change: float | None = None,
    bound: float = 1e12,
) -> Path:
    """Go downhill from `start` until a criterion is met.

    The rule "gradient" is Δ ← αΔ - η∇f(x), x ← x + Δ. The rule "sign" looks at the sign of each partial
    derivative only, Δ ← αΔ - η·sign(∇f(x)): with a fixed step it cannot settle, because its steps do not
    become shorter near a minimum (sources `A` and `D`).

    Parameters
    ----------
    function
        A `Surface`, or a function of a point; then `gradient` is needed.
    start
        x^0, shape (n,), or a number for a function of one number.
    step
        η, positive, or a `Schedule` for a step that decays.
    gradient
        The gradient of `function` at a point, of the shape of the point.
    rule
        "gradient" or "sign".
    momentum
        α in [0, 1).
    steps
        Stop after so many.
    gradient_norm
        Stop where the gradient is at most this long, and what momentum carries on is too. This can be tested
        at x^0.
    value_change
        Stop when a step changes f by at most this much. It needs two points, so it is tested after a step:
        do ... while (source `D`; `A` tests before x^1 exists).
    bound
        Give up as "diverging" where |x| or |f| exceeds this.

    Returns
    -------
    Path
        Its status is judged from the path, not only from the criterion met: a value that stopped changing
        because the point jumps to and fro across a minimum is called oscillating.
    """
    f, slope = _function_and_gradient(function, gradient)
    x = np.array(numeric_array("start", start), dtype=np.float64)
    downhill = _Downhill(rule, as_schedule(step), _momentum(momentum))
    stop = _stop_conditions(steps, gradient_norm, value_change, bound)
    walk = _Walk()
    with np.errstate(over="ignore", invalid="ignore"):
        walk.add(x, *_evaluate(f, slope, x))
        problem = _escaped(x, walk.values[0], walk.gradients[0], stop.bound)
        if problem is not None:
            raise ValueError(f"start must be a point where f and its gradient are finite: {problem}.")
        status, reason = _follow(walk, f, slope, downhill, stop)
    arrays = (np.stack(walk.points), np.array(walk.values), np.stack(walk.gradients))
    for array in arrays:
        array.flags.writeable = False
    return Path(arrays[0], arrays[1], arrays[2], status, reason, str(downhill))


def _follow(
    walk: _Walk, f: Function, slope: Gradient, downhill: _Downhill, stop: _Stop
) -> tuple[Status, str]:
    """Add points to `walk` until a criterion is met; return the verdict."""
    x, change = walk.points[0], np.zeros_like(walk.points[0])
    for k in range(stop.steps):
        g = walk.gradients[-1]
        if _settled(g, downhill.momentum * change, stop):
            return "converged", _flat_reason(g, stop)
        change = downhill.change(k, g, change)
        x = x + change
        value, g = _evaluate(f, slope, x)
        problem = _escaped(x, value, g, stop.bound)
        if problem is not None:
            return "diverging", problem
        walk.add(x, value, g)
        if stop.value_change is not None and abs(value - walk.values[-2]) <= stop.value_change:
            return _after_value_test(walk, stop.value_change, downhill.promise(k, g))
    if _settled(walk.gradients[-1], downhill.momentum * change, stop):
        return "converged", _flat_reason(walk.gradients[-1], stop)
    return _judge(walk)


def _function_and_gradient(
    function: Surface | Function, gradient: Gradient | None
) -> tuple[Function, Gradient]:
    if isinstance(function, Surface):
        if gradient is not None:
            raise ValueError("gradient must be left out for a Surface, which has its own.")
        return function, function.gradient_at
    if not callable(function) or not callable(gradient):
        raise TypeError(
            "function must be a Surface, or a function of a point together with its gradient; got "
            f"{describe(function)} and gradient {describe(gradient)}."
        )
    return function, gradient


def _stop_conditions(
    steps: int, gradient_norm: float | None, value_change: float | None, bound: float
) -> _Stop:
    if gradient_norm is not None:
        finite_number("gradient_norm", gradient_norm, low=0.0)
    if value_change is not None:
        finite_number("value_change", value_change, low=0.0)
    return _Stop(positive_integer("steps", steps), gradient_norm, value_change, finite_number("bound", bound))


def _evaluate(f: Function, slope: Gradient, x: Array) -> tuple[float, Array]:
    """f and its gradient at a copy of `x`, so that neither can change the path."""
    value = numeric_array("f(x)", f(x.copy()), finite=False)
    if value.size != 1:
        raise ValueError(f"function must return one number, got {describe(value)}.")
    g = np.array(numeric_array("gradient(x)", slope(x.copy()), finite=False), dtype=np.float64)
    require_shape("gradient(x)", g, x.shape, "the shape of the point")
    return float(value.reshape(())), g


def _length(x: Array) -> float:
    return float(np.linalg.norm(np.ravel(x)))


def _lengths(rows: Array) -> Array:
    return np.linalg.norm(rows.reshape(len(rows), -1), axis=1)


def _escaped(x: Array, value: float, g: Array, bound: float) -> str | None:
    """Why the point is out of bounds, or None."""
    if not (np.isfinite(value) and np.isfinite(g).all() and np.isfinite(x).all()):
        return "the next point has no finite value or gradient"
    if _length(x) > bound or abs(value) > bound:
        return f"the next point leaves the bound {bound:g} (|x| = {_length(x):.3g}, f = {value:.3g})"
    return None


def _settled(g: Array, carried: Array, stop: _Stop) -> bool:
    """True if the gradient is short and momentum does not carry the point on (it may only be passing)."""
    limit = stop.gradient_norm
    return limit is not None and _length(g) <= limit and _length(carried) <= limit


def _flat_reason(g: Array, stop: _Stop) -> str:
    return f"the gradient has length {_length(g):.3g} <= {stop.gradient_norm:g}"


#: The value test is called fooled if the next step promises a fall so many times the change that it allows.
FOOLED = 1e4


def _after_value_test(walk: _Walk, allowed: float, promised: float) -> tuple[Status, str]:
    """Whether f stopped changing because of a minimum, or because the step leapt over one."""
    g, before = walk.gradients[-1], walk.gradients[-2]
    change = abs(walk.values[-1] - walk.values[-2])
    seen = f"the last step changed f by {change:.3g} <= {allowed:g}"
    rounding = np.finfo(float).eps * abs(walk.values[-1])
    if promised <= FOOLED * max(allowed, rounding):
        return "converged", seen
    move = np.ravel(walk.points[-1] - walk.points[-2])
    still = f"{seen}, but the gradient still has length {_length(g):.3g}"
    if np.ravel(before) @ move < 0 < np.ravel(g) @ move:
        return "oscillating", f"{still}: the step leapt across a minimum"
    return "not converged yet", still


def _judge(walk: _Walk) -> tuple[Status, str]:
    """Status of a path that met no criterion, from its second half (at least four moves are needed)."""
    points, values = np.stack(walk.points), np.array(walk.values)
    moves = np.diff(points, axis=0).reshape(len(points) - 1, -1)
    unfinished: tuple[Status, str] = ("not converged yet", f"all {len(moves)} steps are used up")
    if len(moves) < 4:
        return unfinished
    third = max(1, len(values) // 3)
    if values[-third:].max() > values[:-third].max() * (1 + 1e-9) + 1e-300 and values[-1] > values[0]:
        return "diverging", f"f rose from {values[0]:.4g} to {values[-1]:.4g}, above all it was before"
    late = moves[len(moves) // 2 :]
    lengths = np.linalg.norm(late, axis=1)
    reversals = float(np.mean((late[1:] * late[:-1]).sum(axis=1) < 0))
    quarter = len(lengths) // 2
    growth = float(lengths[quarter:].mean() / max(lengths[:quarter].mean(), np.finfo(float).tiny))
    half = len(values) // 2
    progress = values[:half].min() - values[half:].min()
    if reversals <= 0.5 or progress > 1e-9 * max(abs(values[0]), np.ptp(values)):
        return unfinished
    if growth > 1 + 1e-6 and _rises(values[half:]):
        return (
            "diverging",
            f"steps turn back on each other and grow ({growth:.4g} times from quarter to quarter)",
        )
    if growth < 1 - 1e-6:
        return unfinished
    return (
        "oscillating",
        f"steps of length {lengths[-1]:.3g} turn back on each other and do not become shorter",
    )


def _rises(values: Array) -> bool:
    """True if the largest value of each third is above that of the third before."""
    peaks = [part.max() for part in np.array_split(values, 3) if part.size]
    return all(after > before for before, after in pairwise(peaks))
