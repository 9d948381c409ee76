"""Handwritten digits: the 1,797 images of 8×8 pixels that ship with scikit-learn, and tasks made of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlpkit._checks import Array, describe, positive_integer
from mlpkit.datasets.dataset import Attribute, Dataset, one_hot, require_generator

__all__ = ["digit_or_not", "digits", "digits_or_none"]

_NAMES = tuple(map(str, range(10)))
_ORIGIN = (
    "1,797 real handwritten digits of 8×8 pixels (test part of the UCI optical recognition data, as shipped "
    "with scikit-learn), scaled from 0..16 to [0, 1]"
)


def digits(low: float = 0.0, high: float = 1.0) -> Dataset:
    """All images with ten classes: x (1797, 64) in [0, 1], d (1797, 10) with `low` and `high`."""
    # Imported here: scikit-learn takes longer to load than the rest of the package.
    from sklearn.datasets import load_digits  # noqa: PLC0415

    bundle = load_digits()
    labels = bundle.target.astype(np.intp)
    return Dataset(
        bundle.data / 16.0,
        one_hot(labels, 10, low, high),
        labels,
        "digits",
        f"{_ORIGIN}.",
        False,
        _NAMES,
        tuple(f"pixel {row},{column}" for row in range(8) for column in range(8)),
        image_shape=(8, 8),
    )


def digit_or_not(digit: int = 2, low: float = 0.0, high: float = 1.0) -> Dataset:
    """The task "this digit or not": one output, `high` for the digit. The digit itself is an attribute."""
    if isinstance(digit, bool) or not isinstance(digit, (int, np.integer)) or not 0 <= digit <= 9:
        raise ValueError(f"digit must be a whole number from 0 to 9, got {describe(digit)}.")
    every = digits()
    assert every.labels is not None  # digits always have classes
    labels = (every.labels == digit).astype(np.intp)
    return replace(
        every,
        d=one_hot(labels, 2, low, high)[:, 1:],
        labels=labels,
        name=f"{digit} or not {digit}",
        target_names=(f"not {digit}", str(digit)),
        attributes={"digit": Attribute(every.labels, _NAMES)},
    )


def digits_or_none(rng: np.random.Generator, none: int = 180, low: float = 0.0, high: float = 1.0) -> Dataset:
    """Eleven classes: the ten digits and "none of the above", of which there are `none` generated images.

    A third of these are real digits with their pixels in another order, a third the lower half of one digit
    above the upper half of another, each upside down, a third smooth random blots. They have the grey values
    of digits, so that brightness alone does not tell them apart.
    """
    require_generator(rng)
    none = positive_integer("none", none)
    every = digits()
    assert every.labels is not None  # digits always have classes
    makers = (_scrambled, _mismatched, _blot)
    images = every.images()
    made = np.stack([makers[n % 3](images, rng).ravel() for n in range(none)])
    labels = np.concatenate([every.labels, np.full(none, 10)])
    generated = (np.arange(len(labels)) >= len(every)).astype(np.intp)
    return replace(
        every,
        x=np.concatenate([every.x, made]),
        d=one_hot(labels, 11, low, high),
        labels=labels,
        name="digits or none of the above",
        description=f"{_ORIGIN}; and {none} generated images that are no digits.",
        generated=True,
        target_names=(*_NAMES, "none of the above"),
        attributes={"origin": Attribute(generated, ("real", "generated"))},
    )


def _one(images: Array, rng: np.random.Generator) -> Array:
    return images[rng.integers(len(images))]


def _scrambled(images: Array, rng: np.random.Generator) -> Array:
    return rng.permutation(_one(images, rng).ravel()).reshape(8, 8)


def _mismatched(images: Array, rng: np.random.Generator) -> Array:
    return np.concatenate([_one(images, rng)[4:][::-1], _one(images, rng)[:4][::-1]])


def _blot(images: Array, rng: np.random.Generator) -> Array:
    """Noise smoothed twice over its neighbours, with the grey values of a real digit in the same order."""
    noise = rng.normal(size=(8, 8))
    for _ in range(2):
        noise = noise + sum(np.roll(noise, shift, axis) for shift in (-1, 1) for axis in (0, 1))
    blot = np.empty(64)
    blot[np.argsort(noise.ravel())] = np.sort(_one(images, rng).ravel())
    return blot.reshape(8, 8)
