"""Ten vowels by their first two formants, generated round the published means."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from mlpkit._checks import Array, finite_number, positive_integer
from mlpkit.datasets.dataset import Attribute, Dataset, Scaler, one_hot, require_generator

__all__ = ["FORMANTS", "VOWELS", "vowel_scaler", "vowels"]

#: The words that were spoken, in the order of the published table.
VOWELS = ("heed", "hid", "head", "had", "hod", "hawed", "hood", "who'd", "hud", "heard")

#: Mean (F1, F2) in Hz of every vowel, by group of speakers (Peterson and Barney, 1952).
FORMANTS = MappingProxyType(
    {
        "men": (
            (270, 2290), (390, 1990), (530, 1840), (660, 1720), (730, 1090),
            (570, 840), (440, 1020), (300, 870), (640, 1190), (490, 1350),
        ),
        "women": (
            (310, 2790), (430, 2480), (610, 2330), (860, 2050), (850, 1220),
            (590, 920), (470, 1160), (370, 950), (760, 1400), (500, 1640),
        ),
        "children": (
            (370, 3200), (530, 2730), (690, 2610), (1010, 2320), (1030, 1370),
            (680, 1060), (560, 1410), (430, 1170), (850, 1590), (560, 1820),
        ),
    }
)  # fmt: skip


def vowel_scaler() -> Scaler:
    """The scaler that gives the 30 published means mean 0 and standard deviation 1 in F1 and in F2.

    It depends on the table only, not on a sample: no test instance can have a say in it.
    """
    table = np.array([pair for group in FORMANTS.values() for pair in group], dtype=float)
    return Scaler(table.mean(axis=0), table.std(axis=0))


def vowels(
    rng: np.random.Generator,
    per_vowel: int = 50,
    groups: Sequence[str] = ("men", "women", "children"),
    spread: float = 0.06,
    scaled: bool = True,
) -> Dataset:
    """Generated formants: normal samples round the published mean of each vowel and group.

    Parameters
    ----------
    rng
        Generator.
    per_vowel
        Instances of every vowel in every group.
    groups
        Some of "men", "women", "children".
    spread
        Standard deviation as a part of the mean, the same for F1 and F2. The published table gives means
        only; this number is our choice.
    scaled
        Inputs scaled by `vowel_scaler` (about -2 to 2), or False for Hz.

    Returns
    -------
    Dataset
        x (T, 2): F1, F2; d (T, 10) one-hot; attribute "group".
    """
    require_generator(rng)
    per_vowel = positive_integer("per_vowel", per_vowel)
    spread = finite_number("spread", spread, low=0.0, high=0.3)
    unknown = [group for group in groups if group not in FORMANTS]
    if not groups or unknown or isinstance(groups, str):
        raise ValueError(f"groups must be some of {', '.join(FORMANTS)}, got {groups!r}.")
    means = np.array([FORMANTS[group] for group in groups], dtype=float)
    centres = np.repeat(means.reshape(-1, 2), per_vowel, axis=0)
    hertz: Array = centres * (1.0 + spread * rng.normal(size=centres.shape))
    labels = np.tile(np.repeat(np.arange(len(VOWELS)), per_vowel), len(groups))
    speakers = np.repeat(np.arange(len(groups)), len(VOWELS) * per_vowel)
    unit = "scaled" if scaled else "Hz"
    return Dataset(
        vowel_scaler()(hertz) if scaled else hertz,
        one_hot(labels, len(VOWELS)),
        labels,
        "vowels",
        f"Generated: normal samples with a spread of {spread:.0%} round the mean formants of Peterson and "
        f"Barney (1952) for {', '.join(groups)}; no recordings.",
        True,
        VOWELS,
        (f"F1 ({unit})", f"F2 ({unit})"),
        {"group": Attribute(speakers, tuple(groups))},
    )
