"""Activations: what a layer does with its affine sums `z` to give its outputs `y`.

All are layers of one kind. For `z` of shape (..., M) an activation gives

* ``f(z)``: the value `y`, shape (..., D);
* ``f.vjp(z, dy)``: the vector-Jacobian product, the derivative to `z` from the derivative to `y`,
  shape (..., M);
* ``f.jacobian(z)``: all partial derivatives, shape (..., D, M), entry [j, i] = dy_j/dz_i.

A scalar activation treats each component alone (D = M) and has a ``derivative(z)`` as well; a vector
activation such as softmax mixes them and may have more inputs than outputs. Everything accepts complex
`z`, so that the complex step can check it wherever the function is analytic.

Where a function has a kink the derivative given is one subgradient, stated with each activation;
``kink_distance`` and ``crosses_kink`` tell a gradient checker when a difference quotient means nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, finite_number, numeric_array, positive_integer

__all__ = [
    "Activation",
    "LinearActivation",
    "MaxGroups",
    "PairProducts",
    "Polynomial",
    "PowerProducts",
    "RandomisedLeakyReLU",
    "ScalarActivation",
    "Softmax",
    "VectorActivation",
    "identity",
    "leaky_relu",
    "make_leaky_relu",
    "pair_products",
    "randomised_leaky_relu",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "tanh",
    "threshold",
]

Table = tuple[tuple[float, ...], ...]


class Activation(ABC):
    """What every layer's activation offers; see the module's description for the shapes."""

    name: str
    #: True if each output depends on the pre-activation of its own unit only.
    elementwise: bool = False
    #: True if the function is analytic, so that the complex step differentiates it.
    analytic: bool = True
    #: True if training draws something anew for each pass; see `sample`.
    random: bool = False
    #: The closed interval in which every output lies.
    limits: tuple[float, float] = (-np.inf, np.inf)

    @abstractmethod
    def __call__(self, z: ArrayLike) -> Array:
        """Outputs y, shape (..., D), for pre-activations `z`, shape (..., M)."""

    @abstractmethod
    def vjp(self, z: ArrayLike, dy: ArrayLike) -> Array:
        """Derivative to `z`, shape (..., M), from the derivative `dy` to the outputs, shape (..., D)."""

    @abstractmethod
    def jacobian(self, z: ArrayLike) -> Array:
        """Partial derivatives dy_j/dz_i, shape (..., D, M)."""

    def vjp_from_output(self, z: Array, y: Array, dy: Array) -> Array:
        """As `vjp`, with the outputs ``y = f(z)`` at hand; arrays that fit are taken on trust.

        The backward pass calls this, so that nothing the forward pass knew is computed again. Where a
        slope is written in y (S' = y(1 - y)), it is exact to rounding of 1, while `vjp` is exact to
        rounding of the slope itself, however small.
        """
        return self.vjp(z, dy)

    def inputs_for(self, outputs: int) -> int:
        """Number M of pre-activations that a layer with `outputs` = D units needs."""
        return outputs

    def outputs_for(self, inputs: int) -> int:
        """Number D of outputs that `inputs` = M pre-activations give."""
        return inputs

    def reads(self, inputs: int) -> Array:
        """Which of `inputs` = M pre-activations each output is computed from: booleans (D, M)."""
        if self.elementwise:
            return np.eye(inputs, dtype=bool)
        return np.ones((self.outputs_for(inputs), inputs), dtype=bool)

    def influences(self, z: ArrayLike) -> Array:
        """Which pre-activations each output depends on at `z`: booleans (D, M) or (..., D, M).

        As `reads`, but a maximum reads its whole group and is influenced by the largest only.
        """
        return self.reads(np.shape(z)[-1])

    def kink_distance(self, z: ArrayLike) -> Array:
        """How far each pre-activation is from the nearest kink, shape of `z`; infinite without kinks.

        As long as every pre-activation moves by less than its distance, the function is smooth along the
        way.
        """
        return np.full(np.shape(numeric_array("z", z)), np.inf)

    def crosses_kink(self, start: ArrayLike, end: ArrayLike) -> Array:
        """Whether a kink lies on the straight way from `start` to `end`, ends included.

        One boolean a decision: (..., M) for a scalar activation, (..., D) for a vector activation.
        """
        start = numeric_array("start", start)
        return np.zeros((*start.shape[:-1], self.outputs_for(start.shape[-1])), dtype=bool)

    def sample(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> Activation:
        """The activation for one training pass over sums of this `shape`, (M,) or (T, M).

        The activation itself unless it is a random one; the result is fixed and can be differentiated.
        """
        return self


# -- scalar activations --------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class ScalarActivation(Activation):
    """An activation that treats every component alone.

    Attributes
    ----------
    name
        The name used in reprs, tables and state strings.
    value, slope
        Functions of an array, of the same shape: the value and the derivative.
    kinks
        The points where the function has no derivative; `slope` gives a subderivative there.
    limits
        The closed interval in which the values lie.
    slope_from_output
        Function (z, y) -> derivative where the value y spares work; used by the backward pass, which may
        write into the array returned.
    jumps
        Those of the kinks at which the value jumps.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    kinks: tuple[float, ...] = ()
    limits: tuple[float, float] = (-np.inf, np.inf)
    slope_from_output: Callable[[Array, Array], Any] | None = None
    jumps: tuple[float, ...] = ()
    elementwise: bool = field(default=True, init=False)

    @property
    def analytic(self) -> bool:  # type: ignore[override]
        """True if there is no kink."""
        return not self.kinks

    def __call__(self, z: ArrayLike) -> Array:
        return self.value(numeric_array("z", z))

    def derivative(self, z: ArrayLike) -> Array:
        """dy/dz of each component, same shape as `z`; at a kink the subderivative that we chose."""
        return self.slope(numeric_array("z", z))

    def vjp(self, z: ArrayLike, dy: ArrayLike) -> Array:
        z, dy = numeric_array("z", z), numeric_array("dy", dy, finite=False)
        _require_same_shape(z, dy)
        return self.slope(z) * dy

    def vjp_from_output(self, z: Array, y: Array, dy: Array) -> Array:
        if self.slope_from_output is None:
            return self.slope(z) * dy
        slope = self.slope_from_output(z, y)
        if np.result_type(slope, dy) != getattr(slope, "dtype", None):
            return slope * dy
        slope *= dy
        return slope

    def jacobian(self, z: ArrayLike) -> Array:
        slope = self.derivative(_with_units(numeric_array("z", z)))
        return slope[..., :, np.newaxis] * np.eye(slope.shape[-1], dtype=slope.dtype)

    def kink_distance(self, z: ArrayLike) -> Array:
        z = numeric_array("z", z).real
        distances = [np.abs(z - kink) for kink in self.kinks]
        return np.min(distances, axis=0) if distances else np.full(z.shape, np.inf)

    def crosses_kink(self, start: ArrayLike, end: ArrayLike) -> Array:
        start, end = numeric_array("start", start).real, numeric_array("end", end).real
        low, high = np.minimum(start, end), np.maximum(start, end)
        between = [(low <= kink) & (kink <= high) for kink in self.kinks]
        return np.any(between, axis=0) if between else np.zeros(low.shape, dtype=bool)

    def subgradient_interval(self, z: ArrayLike) -> tuple[Array, Array]:
        """Least and greatest subderivative at each component of `z` (real), each of its shape.

        g is a subderivative at z if f(z + h) >= f(z) + g·h up to terms smaller than h. Away from kinks
        that is the derivative alone; at a kink everything from the slope on the left to the slope on the
        right. Both ends are NaN where there is none: at a jump, and where the slope falls.
        """
        z = np.asarray(numeric_array("z", z).real)
        low, high = np.array(self.slope(z)), np.array(self.slope(z))
        for kink in self.kinks:
            here = z == kink
            # The slopes beside the kink are read at the neighbouring floating-point numbers.
            left, right = (float(self.slope(np.nextafter(np.array(kink), end))) for end in (-np.inf, np.inf))
            none = kink in self.jumps or left > right
            low[here], high[here] = (np.nan, np.nan) if none else (left, right)
        return low, high

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str | tuple[object, ...]:
        # The functions inside may be lambdas; a named activation pickles as its public name.
        return self.name if globals().get(self.name) is self else super().__reduce__()


def _sigmoid(z: Array) -> Array:
    if np.iscomplexobj(z):
        # exp is only ever taken of a number with a real part <= 0, so it cannot overflow.
        positive = z.real >= 0
        small = np.exp(np.where(positive, -z, z))
        return np.where(positive, 1.0, small) / (1.0 + small)
    y = np.empty_like(z)
    # For real numbers an overflow is harmless: exp(-z) = inf gives y = 0, which is right to rounding.
    with np.errstate(over="ignore"):
        np.exp(np.negative(z, out=y), out=y)
    y += 1.0
    return np.reciprocal(y, out=y)


def _sigmoid_slope(z: Array) -> Array:
    # S(z)·S(-z) instead of S·(1-S): the second factor keeps its digits for large z.
    return _sigmoid(z) * _sigmoid(-z)


def _sigmoid_slope_from_output(z: Array, y: Array) -> Array:
    slope = 1.0 - y
    slope *= y
    return slope


def _tanh_slope(z: Array) -> Array:
    # 1 - tanh² loses all its digits for large |z|; 4·S(2z)·S(-2z) is the same function and does not.
    return 4.0 * _sigmoid_slope(2.0 * z)


def _tanh_slope_from_output(z: Array, y: Array) -> Array:
    square = y * y
    return np.subtract(1.0, square, out=square)


def _softplus(z: Array) -> Array:
    if not np.iscomplexobj(z):
        return np.logaddexp(np.zeros_like(z), z)
    positive = z.real >= 0
    return np.where(positive, z, 0.0) + np.log1p(np.exp(np.where(positive, -z, z)))


def _relu(z: Array) -> Array:
    return np.where(z.real >= 0, z, 0.0) if np.iscomplexobj(z) else np.maximum(z, 0.0)


def _unit_step(z: Array) -> Array:
    return (z.real >= 0).astype(z.dtype)


@dataclass(frozen=True)
class _LeakyValue:
    """z for z >= 0, else slope·z; a class, unlike a lambda, can be compared and pickled."""

    negative: float

    def __call__(self, z: Array) -> Array:
        return np.where(z.real >= 0, z, self.negative * z)


@dataclass(frozen=True)
class _LeakySlope:
    negative: float

    def __call__(self, z: Array) -> Array:
        return np.where(z.real >= 0, np.ones_like(z), np.full_like(z, self.negative))


def make_leaky_relu(slope: float) -> ScalarActivation:
    """Leaky ReLU: z for z >= 0, slope·z below.

    Parameters
    ----------
    slope
        In [0, 1]. At the kink 0 every number from `slope` to 1 is a subderivative; 1 is given, as by `relu`.
    """
    slope = finite_number("slope", slope, low=0.0, high=1.0)
    name = "leaky_relu" if slope == 0.01 else f"leaky_relu({slope:g})"
    return ScalarActivation(name, _LeakyValue(slope), _LeakySlope(slope), kinks=(0.0,))


@dataclass(frozen=True, eq=False)
class _DrawnValue:
    """Leaky ReLU with a slope of its own for each component, shape (M,) or (T, M)."""

    negative: Array

    def __call__(self, z: Array) -> Array:
        return np.where(z.real >= 0, z, _fitting_slopes(self.negative, z) * z)


@dataclass(frozen=True, eq=False)
class _DrawnSlope:
    negative: Array

    def __call__(self, z: Array) -> Array:
        return np.where(z.real >= 0, np.ones_like(z), _fitting_slopes(self.negative, z))


def _fitting_slopes(slopes: Array, z: Array) -> Array:
    if z.shape != slopes.shape and z.shape[-1:] != slopes.shape:
        raise ValueError(f"z must have shape {slopes.shape}, for which the slopes were drawn, got {z.shape}.")
    return slopes.astype(z.dtype, copy=False)


@dataclass(frozen=True, repr=False, init=False)
class RandomisedLeakyReLU(ScalarActivation):
    """Leaky ReLU whose slope is drawn uniformly from [low, high] for each component of a training pass.

    Used as it is, it has the mean slope: that is how it is tested. For a training pass take
    ``f.sample(rng, z.shape)``, or ``net.sample(rng, rows)`` for a whole network: a fixed activation for
    which forward and backward pass see the same slopes. At 0 the subderivative 1 is given.

    Parameters
    ----------
    low, high
        Ends of the interval, 0 <= low <= high <= 1.
    """

    low: float = 1 / 8
    high: float = 1 / 3
    random = True

    def __init__(self, low: float = 1 / 8, high: float = 1 / 3) -> None:
        low = finite_number("low", low, low=0.0, high=1.0)
        high = finite_number("high", high, low=low, high=1.0)
        mean = (low + high) / 2
        super().__init__("randomised_leaky_relu", _LeakyValue(mean), _LeakySlope(mean), kinks=(0.0,))
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def sample(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> ScalarActivation:
        """A leaky ReLU with slopes drawn for pre-activations of this `shape`, (M,) or (T, M)."""
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be np.random.default_rng(seed) or the like, got {describe(rng)}.")
        slopes = np.atleast_1d(rng.uniform(self.low, self.high, shape))
        slopes.setflags(write=False)
        return ScalarActivation(f"{self.name} (drawn)", _DrawnValue(slopes), _DrawnSlope(slopes), (0.0,))


identity = ScalarActivation("identity", lambda z: +z, np.ones_like, slope_from_output=lambda z, y: 1.0)
sigmoid = ScalarActivation(
    "sigmoid", _sigmoid, _sigmoid_slope, limits=(0.0, 1.0), slope_from_output=_sigmoid_slope_from_output
)
tanh = ScalarActivation(
    "tanh", np.tanh, _tanh_slope, limits=(-1.0, 1.0), slope_from_output=_tanh_slope_from_output
)
softplus = ScalarActivation(
    "softplus", _softplus, _sigmoid, limits=(0.0, np.inf), slope_from_output=lambda z, y: -np.expm1(-y)
)
relu = ScalarActivation(
    "relu",
    _relu,
    # At 0 any value in [0, 1] is a subderivative; the course takes 1.
    _unit_step,
    kinks=(0.0,),
    limits=(0.0, np.inf),
    # A boolean mask: a product with it costs half of one with an array of ones and zeros.
    slope_from_output=lambda z, y: z.real >= 0,
)
leaky_relu = make_leaky_relu(0.01)
randomised_leaky_relu = RandomisedLeakyReLU()
#: The perceptron's unit: 1 for z >= 0, else 0. Its derivative is 0 wherever there is one, so nothing is ever
#: learnt through it; at the jump 0 there is neither derivative nor subderivative, and 0 is given.
threshold = ScalarActivation(
    "threshold", _unit_step, np.zeros_like, kinks=(0.0,), limits=(0.0, 1.0), jumps=(0.0,)
)


# -- vector activations --------------------------------------------------------------------------------


class VectorActivation(Activation):
    """An activation that mixes components. A subclass gives the mathematics, this class the checks.

    A subclass defines ``_value(z)`` and ``_jacobian(z, y)``, and ``_pull(z, y, dy)`` where the product
    with the Jacobian is cheaper than the Jacobian. Their arguments are finite and fit.
    """

    @abstractmethod
    def _value(self, z: Array) -> Array: ...

    @abstractmethod
    def _jacobian(self, z: Array, y: Array) -> Array: ...

    def _pull(self, z: Array, y: Array, dy: Array) -> Array:
        return (dy[..., np.newaxis, :] @ self._jacobian(z, y))[..., 0, :]

    def __call__(self, z: ArrayLike) -> Array:
        return self._value(self._checked(z))

    def vjp(self, z: ArrayLike, dy: ArrayLike) -> Array:
        z, dy = self._checked(z), numeric_array("dy", dy, finite=False)
        y = self._value(z)
        _require_same_shape(y, dy)
        return self._pull(z, y, dy)

    def vjp_from_output(self, z: Array, y: Array, dy: Array) -> Array:
        return self._pull(z, y, dy)

    def jacobian(self, z: ArrayLike) -> Array:
        z = self._checked(z)
        return self._jacobian(z, self._value(z))

    def _checked(self, z: ArrayLike) -> Array:
        z = _with_units(numeric_array("z", z))
        self.outputs_for(z.shape[-1])
        return z

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, repr=False)
class Softmax(VectorActivation):
    """Exponentials made to sum to one: y_j = exp(z_j) / sum_i exp(z_i)."""

    name: str = "softmax"
    limits = (0.0, 1.0)

    def _value(self, z: Array) -> Array:
        # Subtracting the largest entry changes no quotient and keeps every exponential at most 1.
        powers = np.exp(z - z.real.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)

    def _pull(self, z: Array, y: Array, dy: Array) -> Array:
        return y * (dy - (y * dy).sum(axis=-1, keepdims=True))

    def _jacobian(self, z: Array, y: Array) -> Array:
        return y[..., :, np.newaxis] * (np.eye(y.shape[-1], dtype=y.dtype) - y[..., np.newaxis, :])


@dataclass(frozen=True, repr=False)
class PairProducts(VectorActivation):
    """Multiplicative units: products of neighbours, y_i = z_{2i-1}·z_{2i} (counted from 1); M = 2D."""

    name = "pair_products"

    def inputs_for(self, outputs: int) -> int:
        return 2 * outputs

    def outputs_for(self, inputs: int) -> int:
        if inputs % 2:
            raise ValueError(f"z must have an even number of units, two for each product, got {inputs}.")
        return inputs // 2

    def reads(self, inputs: int) -> Array:
        return np.repeat(np.eye(self.outputs_for(inputs), dtype=bool), 2, axis=1)

    def _value(self, z: Array) -> Array:
        return z[..., 0::2] * z[..., 1::2]

    def _pull(self, z: Array, y: Array, dy: Array) -> Array:
        return self._partners(z) * np.repeat(dy, 2, axis=-1)

    def _jacobian(self, z: Array, y: Array) -> Array:
        return self.reads(z.shape[-1]) * self._partners(z)[..., np.newaxis, :]

    @staticmethod
    def _partners(z: Array) -> Array:
        """For each pre-activation the one that it is multiplied with: the derivative of their product."""
        swapped = np.empty_like(z)
        swapped[..., 0::2], swapped[..., 1::2] = z[..., 1::2], z[..., 0::2]
        return swapped


@dataclass(frozen=True, repr=False)
class PowerProducts(VectorActivation):
    """Multiplicative units: products of powers, y_i = prod_l z_l^p_li.

    Parameters
    ----------
    exponents
        p, shape (M, D): row l holds the exponents of z_l. Where one of a row is not whole, z_l must be
        positive; where one is a negative whole number, z_l must not be 0. An exponent 0 gives the
        factor 1, at z_l = 0 too.

    Raises
    ------
    ValueError
        On use, naming the entry of `z` that is outside the domain.
    """

    exponents: Table

    name = "power_products"

    def __post_init__(self) -> None:
        object.__setattr__(self, "exponents", _table("exponents", self.exponents))

    @cached_property
    def _p(self) -> Array:
        return np.array(self.exponents)

    @property
    def limits(self) -> tuple[float, float]:  # type: ignore[override]
        """(0, inf) if no factor can be negative: each exponent is even or its argument positive."""
        positive = ~_whole(self._p).all(axis=1, keepdims=True)
        return (0.0, np.inf) if (positive | (self._p % 2 == 0)).all() else (-np.inf, np.inf)

    def inputs_for(self, outputs: int) -> int:
        _require_count("exponents", self._p.shape[1], outputs)
        return self._p.shape[0]

    def outputs_for(self, inputs: int) -> int:
        _require_units(inputs, self._p.shape[0], "one for each row of the exponents")
        return self._p.shape[1]

    def reads(self, inputs: int) -> Array:
        self.outputs_for(inputs)
        return (self._p != 0).T

    def _checked(self, z: ArrayLike) -> Array:
        z = super()._checked(z)
        fractional = ~_whole(self._p).all(axis=1)
        _require_domain(z, fractional & (z.real <= 0), "> 0, because one of its exponents is not whole")
        _require_domain(z, (self._p < 0).any(axis=1) & (z == 0), "not 0, having a negative exponent")
        return z

    def _value(self, z: Array) -> Array:
        return _powers(z, self._p).prod(axis=-2)

    def _jacobian(self, z: Array, y: Array) -> Array:
        # d/dz of z^p is p·z^(p-1); where p = 0 it is 0 without raising 0 to the power of -1. The product
        # of the other factors is built without dividing by z, so that it is right at z = 0.
        reduced = np.where(self._p == 0, 0.0, self._p - 1.0)
        own = self._p.astype(z.real.dtype) * _powers(z, reduced)
        return np.swapaxes(own * _products_of_others(_powers(z, self._p)), -1, -2)

    def __repr__(self) -> str:
        return f"PowerProducts(exponents={self.exponents})"


@dataclass(frozen=True, repr=False)
class LinearActivation(VectorActivation):
    """The linear vector activation y = A z.

    Parameters
    ----------
    A
        Shape (D, M).
    """

    A: Table

    name = "linear"

    def __post_init__(self) -> None:
        object.__setattr__(self, "A", _table("A", self.A))

    @cached_property
    def _matrix(self) -> Array:
        return np.array(self.A)

    def inputs_for(self, outputs: int) -> int:
        _require_count("A", self._matrix.shape[0], outputs)
        return self._matrix.shape[1]

    def outputs_for(self, inputs: int) -> int:
        _require_units(inputs, self._matrix.shape[1], "one for each column of A")
        return self._matrix.shape[0]

    def reads(self, inputs: int) -> Array:
        self.outputs_for(inputs)
        return self._matrix != 0

    def _value(self, z: Array) -> Array:
        return z @ self._matrix.T.astype(z.dtype)

    def _pull(self, z: Array, y: Array, dy: Array) -> Array:
        return dy @ self._matrix.astype(z.dtype)

    def _jacobian(self, z: Array, y: Array) -> Array:
        return np.broadcast_to(self._matrix.astype(z.dtype), (*z.shape[:-1], *self._matrix.shape)).copy()

    def __repr__(self) -> str:
        return f"LinearActivation(A={self.A})"


@dataclass(frozen=True, repr=False)
class Polynomial(VectorActivation):
    """A polynomial vector activation, y_j = sum_r c_jr prod_l z_l^p_lr.

    Parameters
    ----------
    coefficients
        c, shape (D, R): one row an output, one column a monomial.
    exponents
        p, shape (M, R), whole numbers from 0: one row a pre-activation, one column a monomial.

    Examples
    --------
    >>> norm_and_product = Polynomial(coefficients=((1, 1, 0), (0, 0, 1)), exponents=((2, 0, 1), (0, 2, 1)))
    >>> norm_and_product([3.0, 4.0])
    array([25., 12.])
    """

    coefficients: Table
    exponents: Table

    name = "polynomial"

    def __post_init__(self) -> None:
        object.__setattr__(self, "coefficients", _table("coefficients", self.coefficients))
        object.__setattr__(self, "exponents", _table("exponents", self.exponents))
        p, c = np.array(self.exponents), np.array(self.coefficients)
        if not (_whole(p) & (p >= 0)).all():
            raise ValueError(f"exponents must be whole numbers from 0, got {self.exponents}.")
        if p.shape[1] != c.shape[1]:
            raise ValueError(
                "coefficients and exponents must have a column for each monomial, "
                f"got shapes {c.shape} and {p.shape}."
            )

    @cached_property
    def _monomials(self) -> PowerProducts:
        return PowerProducts(self.exponents)

    @cached_property
    def _c(self) -> Array:
        return np.array(self.coefficients)

    def inputs_for(self, outputs: int) -> int:
        _require_count("coefficients", self._c.shape[0], outputs)
        return len(self.exponents)

    def outputs_for(self, inputs: int) -> int:
        _require_units(inputs, len(self.exponents), "one for each row of the exponents")
        return self._c.shape[0]

    def reads(self, inputs: int) -> Array:
        self.outputs_for(inputs)
        return (self._c != 0) @ self._monomials.reads(inputs)

    def _value(self, z: Array) -> Array:
        return self._monomials._value(z) @ self._c.T.astype(z.dtype)

    def _jacobian(self, z: Array, y: Array) -> Array:
        return self._c.astype(z.dtype) @ self._monomials._jacobian(z, y)

    def __repr__(self) -> str:
        return f"Polynomial(coefficients={self.coefficients}, exponents={self.exponents})"


@dataclass(frozen=True, repr=False)
class MaxGroups(VectorActivation):
    """The largest of each group, y_j = max over l in S_j of z_l, as in the pooling of convolutional nets.

    The derivative is 1 to the largest and 0 to the others. Where several are the largest, every mixture of
    their unit vectors is a subgradient; the one that is first in the group is taken.

    Parameters
    ----------
    groups
        A size (then groups of neighbours of that size, M = size·D), or one tuple of indices (from 0) for
        each output; such groups may overlap, differ in size and leave pre-activations out.
    inputs
        M, where indices are given and the last ones are in no group; else one more than the largest index.
    """

    groups: int | tuple[tuple[int, ...], ...]
    inputs: int | None = None

    name = "max_groups"
    analytic = False

    def __post_init__(self) -> None:
        if isinstance(self.groups, (int, np.integer)):
            object.__setattr__(self, "groups", positive_integer("groups", self.groups))
            if self.inputs is not None:
                raise ValueError("inputs follows from the number of outputs where groups is a size.")
            return
        groups = _index_groups(self.groups)
        needed = 1 + max(max(group) for group in groups)
        inputs = needed if self.inputs is None else positive_integer("inputs", self.inputs)
        if inputs < needed:
            raise ValueError(f"inputs must be at least {needed}, the largest index and one, got {inputs}.")
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "inputs", inputs)

    def inputs_for(self, outputs: int) -> int:
        if isinstance(self.groups, int):
            return self.groups * outputs
        _require_count("groups", len(self.groups), outputs)
        assert self.inputs is not None  # set together with the groups
        return self.inputs

    def outputs_for(self, inputs: int) -> int:
        if not isinstance(self.groups, int):
            _require_units(inputs, self.inputs or 0, "as many as the groups are made for")
            return len(self.groups)
        if inputs % self.groups:
            raise ValueError(f"z must have a multiple of {self.groups} units (groups' size), got {inputs}.")
        return inputs // self.groups

    def reads(self, inputs: int) -> Array:
        members = self._members(inputs)
        mask = np.zeros((len(members), inputs), dtype=bool)
        np.put_along_axis(mask, members, True, axis=1)
        return mask

    def influences(self, z: ArrayLike) -> Array:
        return self.jacobian(z) != 0

    def winners(self, z: ArrayLike) -> Array:
        """Index (from 0) of the largest of each group, shape (..., D); the first in the group of several."""
        z = self._checked(z).real
        members = self._members(z.shape[-1])
        first = z[..., members].argmax(axis=-1)
        return members[np.arange(len(members)), first]

    def gap(self, z: ArrayLike) -> Array:
        """Largest minus second largest of each group, shape (..., D); 0 at a tie, inf for groups of one."""
        z = self._checked(z).real
        members = self._members(z.shape[-1])
        # Short groups are padded with copies of their first member; -inf takes the copies out of the race.
        spare = members == members[:, :1]
        spare[:, 0] = False
        ranked = np.sort(np.where(spare, -np.inf, z[..., members]), axis=-1)
        if ranked.shape[-1] == 1:
            return np.full(ranked.shape[:-1], np.inf)
        return ranked[..., -1] - ranked[..., -2]

    def kink_distance(self, z: ArrayLike) -> Array:
        """Half of what separates each pre-activation from another winner, shape (..., M).

        For the largest of a group that is half its `gap`, for another half the distance to the largest, and
        the least over the groups that it is in: both may move, so each has half of the way.
        """
        z = self._checked(z).real
        won = self.jacobian(z) != 0
        y, gap = self._value(z), self.gap(z)
        behind = np.where(won, gap[..., np.newaxis], y[..., np.newaxis] - z[..., np.newaxis, :])
        member = self.reads(z.shape[-1])
        return np.where(member, behind, np.inf).min(axis=-2) / 2

    def crosses_kink(self, start: ArrayLike, end: ArrayLike) -> Array:
        """Whether the largest of each group changes on the way, or is tied at an end, shape (..., D)."""
        changed = self.winners(start) != self.winners(end)
        return changed | (self.gap(start) == 0) | (self.gap(end) == 0)

    def _members(self, inputs: int) -> Array:
        """Indices of each group, shape (D, longest); shorter groups repeat their first member."""
        if isinstance(self.groups, int):
            return np.arange(inputs).reshape(self.outputs_for(inputs), self.groups)
        longest = max(map(len, self.groups))
        return np.array([(*group, *group[:1] * (longest - len(group))) for group in self.groups])

    def _value(self, z: Array) -> Array:
        return np.take_along_axis(z, self.winners(z), axis=-1)

    def _pull(self, z: Array, y: Array, dy: Array) -> Array:
        M, D = z.shape[-1], y.shape[-1]
        dz = np.zeros((z.size // M, M), dtype=dy.dtype)
        winners = self.winners(z).reshape(-1, D)
        # add.at and not an assignment: in overlapping groups one pre-activation may win several times.
        np.add.at(dz, (np.arange(len(dz))[:, np.newaxis], winners), dy.reshape(-1, D))
        return dz.reshape(z.shape)

    def _jacobian(self, z: Array, y: Array) -> Array:
        return (self.winners(z)[..., np.newaxis] == np.arange(z.shape[-1])).astype(z.dtype)

    def __repr__(self) -> str:
        return f"MaxGroups({self.groups})"


softmax = Softmax()
pair_products = PairProducts()


# -- checks and small calculations ---------------------------------------------------------------------


def _require_same_shape(y: Array, dy: Array) -> None:
    if y.shape != dy.shape:
        raise ValueError(f"dy must have the shape of the outputs, {y.shape}, got {dy.shape}.")


def _with_units(z: Array) -> Array:
    if z.ndim == 0 or z.shape[-1] == 0:
        raise ValueError(f"z must have at least one unit along its last axis, got shape {z.shape}.")
    return z


def _require_units(got: int, wanted: int, why: str) -> None:
    if got != wanted:
        raise ValueError(f"z must have {wanted} units ({why}), got {got}.")


def _require_count(name: str, made_for: int, outputs: int) -> None:
    if made_for != outputs:
        raise ValueError(f"{name} must be made for the layer's {outputs} outputs, got {made_for}.")


def _require_domain(z: Array, outside: Array, wanted: str) -> None:
    if outside.any():
        where = tuple(int(n) for n in np.argwhere(outside)[0])
        raise ValueError(f"z must be {wanted}, at index {where}, got {z[where]}.")


def _table(name: str, value: Any) -> Table:
    """A matrix as nested tuples, which, unlike an array, can be compared and hashed."""
    array = numeric_array(name, value)
    if array.ndim != 2 or array.size == 0 or np.iscomplexobj(array):
        raise ValueError(f"{name} must be a real matrix with at least one entry, got {describe(value)}.")
    return tuple(tuple(float(entry) for entry in row) for row in array)


def _index_groups(groups: Any) -> tuple[tuple[int, ...], ...]:
    if not isinstance(groups, Sequence) or not groups:
        raise ValueError(f"groups must be a size or tuples of indices, at least one, got {describe(groups)}.")
    return tuple(_index_group(n, group) for n, group in enumerate(groups))


def _index_group(n: int, group: Any) -> tuple[int, ...]:
    indices = np.asarray(group)
    if indices.ndim != 1 or indices.size == 0 or indices.dtype.kind not in "iu":
        raise ValueError(f"groups[{n}] must be a tuple of indices, at least one, got {describe(group)}.")
    if (indices < 0).any() or len(set(indices.tolist())) < indices.size:
        raise ValueError(f"groups[{n}] must hold different indices counted from 0, got {describe(group)}.")
    return tuple(int(index) for index in indices)


def _whole(p: Array) -> Array:
    return p == np.round(p)


def _powers(z: Array, p: Array) -> Array:
    """z_l^p_li for every l and i, shape (..., M, D), in the precision of `z`."""
    return z[..., :, np.newaxis] ** p.astype(z.real.dtype)


def _products_of_others(factors: Array) -> Array:
    """For each entry of `factors`, shape (..., M, D), the product of the others along M."""
    ones = np.ones_like(factors[..., :1, :])
    before = np.concatenate([ones, factors[..., :-1, :]], axis=-2).cumprod(axis=-2)
    reverse = np.concatenate([ones, factors[..., :0:-1, :]], axis=-2).cumprod(axis=-2)
    return before * reverse[..., ::-1, :]
