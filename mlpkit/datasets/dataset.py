"""What a data set is: instances with targets, where they come from, and how they are divided and scaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from html import escape
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, finite_number, numeric_array, positive_integer, require_shape

__all__ = ["Attribute", "Dataset", "Scaler", "Split", "one_hot", "require_generator"]


def require_generator(rng: object) -> np.random.Generator:
    """Return `rng` if it is a NumPy generator, or raise TypeError: randomness is always explicit."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be np.random.default_rng(seed) or the like, got {describe(rng)}.")
    return rng


def one_hot(labels: ArrayLike, classes: int, low: float = 0.0, high: float = 1.0) -> Array:
    """Targets of shape (T, classes): `high` in the column of the label, `low` elsewhere.

    Parameters
    ----------
    labels
        Whole numbers 0..classes - 1, shape (T,).
    classes
        How many columns.
    low, high
        0 and 1, or .1 and .9 for sigmoid outputs, which cannot reach 0 and 1 (source `B`).
    """
    classes = positive_integer("classes", classes)
    labels = _whole_numbers("labels", labels, classes)
    low, high = finite_number("low", low), finite_number("high", high)
    if not low < high:
        raise ValueError(f"low must be less than high, got {low:g} and {high:g}.")
    return np.where(labels[:, np.newaxis] == np.arange(classes), high, low)


def _whole_numbers(name: str, labels: ArrayLike, classes: int) -> Array:
    array = np.asarray(labels)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole numbers of shape (T,), got {describe(array)}.")
    if array.size and (array.min() < 0 or array.max() >= classes):
        worst = array.max() if array.max() >= classes else array.min()
        raise ValueError(f"{name} must lie in 0..{classes - 1}, got {worst}.")
    return array.astype(np.intp)


def _frozen(array: Array) -> Array:
    array = np.array(array)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Attribute:
    """A further property of every instance: its class numbers, shape (T,), and their names."""

    labels: Array
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(map(str, self.names)))
        labels = _whole_numbers("attribute labels", self.labels, len(self.names))
        object.__setattr__(self, "labels", _frozen(labels))

    def __reduce__(self) -> tuple[Any, ...]:
        # Made anew when unpickled, so that its array is read-only again.
        return Attribute, (self.labels, self.names)

    def __repr__(self) -> str:
        return f"Attribute({', '.join(self.names)})"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Instances, their targets, and what they are. The arrays are copies and cannot be written to.

    Attributes
    ----------
    x
        Inputs, shape (T, D_0).
    d
        Targets, shape (T, D_N).
    labels
        Class of every instance as a whole number, shape (T,), or None where there are no classes.
    name, description
        What it is and where it comes from.
    generated
        True if any part of it was made by a random generator instead of being observed; the description
        then says so.
    target_names
        Names of the classes (of the columns of `d` where there are no classes).
    feature_names
        Names of the columns of `x`.
    attributes
        Further labels by name, each an `Attribute`.
    image_shape
        (rows, columns) if an instance is an image whose pixels lie row by row in `x`.
    notes
        What else must be known, such as files that could not be read.
    """

    x: Array
    d: Array
    labels: Array | None = None
    name: str = "data"
    description: str = ""
    generated: bool = False
    target_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    image_shape: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        x, d = _table("x", self.x), _table("d", self.d)
        if len(x) == 0:
            raise ValueError("x must have at least one row: the data set is empty.")
        require_shape("d", d, (len(x), d.shape[1]), "one row of targets for every row of x")
        object.__setattr__(self, "x", _frozen(x))
        object.__setattr__(self, "d", _frozen(d))
        object.__setattr__(self, "target_names", tuple(map(str, self.target_names)))
        object.__setattr__(self, "feature_names", tuple(map(str, self.feature_names)))
        if self.labels is not None:
            classes = len(self.target_names) or int(np.max(self.labels)) + 1
            labels = _whole_numbers("labels", self.labels, classes)
            require_shape("labels", labels, (len(x),), "one for every row of x")
            object.__setattr__(self, "labels", _frozen(labels))
        self._check_names(x.shape[1])
        for name, attribute in self.attributes.items():
            require_shape(
                f"attributes[{name!r}]", attribute.labels, (len(x),), "one label for every row of x"
            )
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    def _check_names(self, width: int) -> None:
        if self.feature_names and len(self.feature_names) != width:
            raise ValueError(
                f"feature_names must name the {width} columns of x, got {len(self.feature_names)} names."
            )
        if self.image_shape is not None and int(np.prod(self.image_shape)) != width:
            raise ValueError(
                f"image_shape must have {width} pixels (the columns of x), got {self.image_shape}."
            )

    def __len__(self) -> int:
        return len(self.x)

    def __reduce__(self) -> tuple[Any, ...]:
        # Made anew when unpickled, so that its arrays are read-only again.
        values = {part.name: getattr(self, part.name) for part in fields(self)}
        return Dataset, (*{**values, "attributes": dict(self.attributes)}.values(),)

    @property
    def class_counts(self) -> dict[str, int]:
        """How many instances of every class there are, by name; empty where there are no classes."""
        if self.labels is None:
            return {}
        names = self.target_names or tuple(map(str, range(int(self.labels.max()) + 1)))
        return {name: int((self.labels == n).sum()) for n, name in enumerate(names)}

    def rows(self, which: ArrayLike) -> Dataset:
        """The instances `which` (indices, or a mask of T truth values), in that order."""
        index = np.asarray(which)
        if index.dtype.kind not in "iub" or index.ndim != 1:
            raise TypeError(f"which must be row numbers or a mask, got {describe(which)}.")
        index = np.flatnonzero(index) if index.dtype.kind == "b" and len(index) == len(self) else index
        if index.dtype.kind == "b" or (index.size and (index.min() < -len(self) or index.max() >= len(self))):
            raise IndexError(f"which must be rows of 0..{len(self) - 1} or a mask of {len(self)} values.")
        return replace(
            self,
            x=self.x[index],
            d=self.d[index],
            labels=None if self.labels is None else self.labels[index],
            attributes={
                name: Attribute(attribute.labels[index], attribute.names)
                for name, attribute in self.attributes.items()
            },
        )

    def with_targets(self, attribute: str, low: float = 0.1, high: float = 0.9) -> Dataset:
        """The same instances with another attribute as the target: one column a class."""
        if attribute not in self.attributes:
            known = ", ".join(self.attributes) or "none"
            raise KeyError(f"{self.name} has no attribute {attribute!r}; it has: {known}.")
        chosen = self.attributes[attribute]
        targets = one_hot(chosen.labels, len(chosen.names), low, high)
        return replace(self, d=targets, labels=chosen.labels, target_names=chosen.names)

    def images(self) -> Array:
        """The instances as images, shape (T, rows, columns)."""
        if self.image_shape is None:
            raise ValueError(f"{self.name} does not consist of images.")
        return self.x.reshape(-1, *self.image_shape)

    def split(
        self,
        rng: np.random.Generator,
        train: float = 0.6,
        validation: float = 0.2,
        test: float = 0.2,
        stratify: bool = True,
    ) -> Split:
        """Divide the rows at random into three parts.

        Parameters
        ----------
        rng
            Draws the order.
        train, validation, test
            Shares, at least 0, with sum 1; a share of 0 gives no such part (None). `train` must not be 0.
        stratify
            Keep the shares in every class too, as nearly as whole rows allow; no effect without labels.

        Raises
        ------
        ValueError
            If the shares do not sum to 1, or a part with a positive share would be empty.
        """
        require_generator(rng)
        shares = _shares(train, validation, test)
        classes = self.labels if stratify and self.labels is not None else np.zeros(len(self), dtype=np.intp)
        order = rng.permutation(len(self))
        # Rows of one class stand together, shuffled inside; each then takes its place in the same cycle of
        # parts, so that every class (and the whole) gets its share.
        order = order[np.argsort(classes[order], kind="stable")]
        part = _deal(np.bincount(classes), shares)
        chosen = [rng.permutation(order[part == n]) for n in range(3)]
        for name, share, index in zip(("train", "validation", "test"), shares, chosen, strict=True):
            if share > 0 and len(index) == 0:
                raise ValueError(f"{name} = {share:g} of {len(self)} rows is less than one row.")
        parts = [self.rows(index) if len(index) else None for index in chosen]
        assert parts[0] is not None  # its share is positive
        return Split(parts[0], parts[1], parts[2])

    def __repr__(self) -> str:
        origin = "generated" if self.generated else "real"
        classes = f", {len(self.target_names)} classes" if self.labels is not None else ""
        return (
            f"Dataset({self.name}: {len(self)} instances, {self.x.shape[1]} inputs, "
            f"{self.d.shape[1]} outputs{classes}, {origin})"
        )

    def _repr_html_(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.class_counts.items())
        lines = [f"<strong>{escape(repr(self))}</strong>", escape(self.description), escape(counts)]
        return "<br>".join(line for line in [*lines, *map(escape, self.notes)] if line)


def _table(name: str, value: ArrayLike) -> Array:
    array = numeric_array(name, value)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"{name} must have shape (T, columns), got {array.shape}.")
    return array


def _shares(*shares: float) -> tuple[float, ...]:
    names = ("train", "validation", "test")
    checked = tuple(
        finite_number(name, share, low=0.0, high=1.0) for name, share in zip(names, shares, strict=True)
    )
    if abs(sum(checked) - 1.0) > 1e-9:
        raise ValueError(f"train + validation + test must be 1, got {sum(checked):g}.")
    if checked[0] == 0:
        raise ValueError("train must be greater than 0, got 0.")
    return checked


def _deal(counts: Array, shares: Sequence[float]) -> Array:
    """Part (0, 1, 2) of every row, classes one after the other, each part as near its share as can be."""
    given, wanted, part = np.zeros(len(shares)), np.zeros(len(shares)), []
    for count in counts:
        in_class = np.floor(np.asarray(shares) * count + 1e-9).astype(int)
        wanted += np.asarray(shares) * count
        # What rounding down leaves over goes to the parts that are furthest behind in the whole.
        for _ in range(int(count) - in_class.sum()):
            behind = np.where(np.asarray(shares) > 0, wanted - given - in_class, -np.inf)
            in_class[int(np.argmax(behind))] += 1
        given += in_class
        part.append(np.repeat(np.arange(len(shares)), in_class))
    return np.concatenate(part)


@dataclass(frozen=True, eq=False)
class Scaler:
    """Moves and stretches each input: (x - centre) / scale, both of shape (D_0,)."""

    centre: Array
    scale: Array

    @classmethod
    def fitted_on(cls, data: Dataset) -> Scaler:
        """The scaler that gives the inputs of `data` mean 0 and standard deviation 1.

        A constant input, whose standard deviation is 0, is only centred.
        """
        deviation = data.x.std(axis=0)
        constant = deviation <= 1e-12 * np.maximum(1.0, np.abs(data.x).max(axis=0))
        return cls(_frozen(data.x.mean(axis=0)), _frozen(np.where(constant, 1.0, deviation)))

    def __call__(self, x: ArrayLike) -> Array:
        """Scaled inputs, shape (..., D_0)."""
        return (self._fitting(x) - self.centre) / self.scale

    def inverse(self, x: ArrayLike) -> Array:
        """Inputs in their first units again, shape (..., D_0)."""
        return self._fitting(x) * self.scale + self.centre

    def apply(self, data: Dataset) -> Dataset:
        """The data set with scaled inputs."""
        return replace(data, x=self(data.x))

    def _fitting(self, x: ArrayLike) -> Array:
        x = numeric_array("x", x)
        if x.ndim == 0 or x.shape[-1] != len(self.centre):
            raise ValueError(f"x must have shape (..., {len(self.centre)}), got {x.shape}.")
        return x


@dataclass(frozen=True, eq=False)
class Split:
    """Training, validation and test part of a data set; a part with a share of 0 is None."""

    train: Dataset
    validation: Dataset | None
    test: Dataset | None

    def standardise(self) -> Split:
        """All parts scaled by what the **training** part says; the others must not have a say in it."""
        return self.scaled_by(Scaler.fitted_on(self.train))

    def scaled_by(self, scaler: Scaler) -> Split:
        """All parts scaled by `scaler`."""
        later = (None if part is None else scaler.apply(part) for part in (self.validation, self.test))
        return Split(scaler.apply(self.train), *later)

    def __repr__(self) -> str:
        parts: list[tuple[str, Any]] = [
            ("train", self.train),
            ("validation", self.validation),
            ("test", self.test),
        ]
        sizes = ", ".join(f"{name} {len(part)}" for name, part in parts if part is not None)
        return f"Split({self.train.name}: {sizes})"
