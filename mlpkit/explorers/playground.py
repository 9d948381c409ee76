"""The playground: a small network on a small problem, trained epoch by epoch; pure, as everything here.

A `Play` is frozen: `advance` and `change` give the next one. Its `state` is a short string that holds the
settings and the number of epochs trained with each; as every random number comes from the seed, `restore`
makes exactly the same play of it again, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from mlpkit import datasets
from mlpkit._checks import Array, finite_number, positive_integer
from mlpkit.activations import Activation, identity, leaky_relu, relu, sigmoid, softplus, tanh
from mlpkit.datasets import Dataset
from mlpkit.diagrams.raster import diverging_bytes
from mlpkit.divergences import Divergence, binary_cross_entropy, half_squared_error, hinge
from mlpkit.explorers.controls import Choice, Control, Slider, Values
from mlpkit.network import MLP
from mlpkit.optimizers import SGD
from mlpkit.training import EpochRecord, Trainer, TrainerState, TrainingDivergedError

__all__ = [
    "CONTROLS",
    "GRID",
    "MOST_EPOCHS",
    "Leg",
    "Play",
    "Settings",
    "advance",
    "change",
    "data_settings",
    "plane_range",
    "play_fields",
    "problem_of",
    "restore",
    "settings_from_values",
    "start_play",
    "unused_controls",
    "values_from_settings",
]

#: Cells along each side of a picture of a region.
GRID = 64
#: A play ends here, so that a state string can always be restored in reasonable time.
MOST_EPOCHS = 10_000
_ROWS = 120
_SCALE = 0.8

_ACTIVATIONS: dict[str, Activation] = {
    "tanh": tanh,
    "sigmoid": sigmoid,
    "ReLU": relu,
    "leaky ReLU": leaky_relu,
    "softplus": softplus,
}
#: Divergence by name, with the output activation and the two targets that go with it.
_DIVERGENCES: dict[str, tuple[Divergence, Activation, tuple[float, float]]] = {
    "cross-entropy": (binary_cross_entropy, sigmoid, (0.0, 1.0)),
    "squared error": (half_squared_error, sigmoid, (0.0, 1.0)),
    "hinge": (hinge, identity, (-1.0, 1.0)),
}
_PLANES = ("circles", "XOR", "AND", "moons", "spirals", "pentagon", "L shape")
_CURVES = ("curve: sine", "curve: step", "curve: bump")


@dataclass(frozen=True)
class Settings:
    """What is trained on what, and how.

    Attributes
    ----------
    data
        Name of the data set.
    noise
        Standard deviation of the noise, in units of the plane (of d for curves).
    hidden
        Units of each hidden layer; () for none.
    activation, divergence
        Names of the hidden activation and of the divergence.
    seed
        Draws the data, the initial weights and the order of the rows.
    eta, alpha, penalty, batch
        Step, momentum, L2 penalty and mini-batch size: these may change while training goes on.
    """

    data: str = "circles"
    noise: float = 0.1
    hidden: tuple[int, ...] = (4,)
    activation: str = "tanh"
    divergence: str = "cross-entropy"
    seed: int = 1
    eta: float = 0.3
    alpha: float = 0.0
    penalty: float = 0.0
    batch: int = 20

    def __post_init__(self) -> None:
        for name, known in (
            ("data", _PLANES + _CURVES),
            ("activation", tuple(_ACTIVATIONS)),
            ("divergence", tuple(_DIVERGENCES)),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}.")
        finite_number("noise", self.noise, low=0.0, high=0.5)
        finite_number("seed", self.seed, low=0, high=1e6)
        if len(self.hidden) > 3 or any(not 1 <= units <= 8 for units in self.hidden):
            raise ValueError(f"hidden must be at most 3 layers of 1 to 8 units, got {self.hidden!r}.")
        positive_integer("batch", self.batch)
        SGD(self.eta, self.alpha, self.penalty)  # its own checks name what is wrong

    @property
    def is_curve(self) -> bool:
        """Whether the data are a curve of one variable instead of two classes in the plane."""
        return self.data in _CURVES

    def network(self) -> MLP:
        """The network for these data."""
        f = _ACTIVATIONS[self.activation]
        if self.is_curve:
            return MLP((1, *self.hidden, 1), f, identity, half_squared_error)
        divergence, output, _ = _DIVERGENCES[self.divergence]
        return MLP((2, *self.hidden, 1), f, output, divergence)

    def problem(self) -> tuple[Dataset, Dataset]:
        """Training and test data, 120 instances each, drawn alike."""
        rng = np.random.default_rng([self.seed, 0])
        return self._draw(rng), self._draw(rng)

    def _draw(self, rng: np.random.Generator) -> Dataset:
        if self.is_curve:
            return datasets.curve(rng, self.data.removeprefix("curve: "), _ROWS, self.noise)
        return _with_targets(_plane_data(self.data, rng, self.noise), self.targets)

    @property
    def targets(self) -> tuple[float, float]:
        """The target of class 0 and of class 1 (for curves, the range of the picture)."""
        return (-1.5, 1.5) if self.is_curve else _DIVERGENCES[self.divergence][2]


def _plane_data(name: str, rng: np.random.Generator, noise: float) -> Dataset:
    if name == "circles":
        return datasets.circles(rng, _ROWS, noise)
    if name == "moons":
        return datasets.moons(rng, _ROWS, noise)
    if name == "spirals":
        return datasets.spirals(rng, _ROWS, noise=noise)
    clean = {
        "XOR": lambda: _repeated(datasets.gate("XOR")),
        "AND": lambda: _repeated(datasets.gate("AND")),
        "pentagon": lambda: datasets.polygon(rng, _ROWS),
        "L shape": lambda: datasets.regions(rng, _ROWS),
    }[name]()
    return replace(clean, x=clean.x + noise * rng.normal(size=clean.x.shape))


def _repeated(gate: Dataset) -> Dataset:
    return gate.rows(np.arange(_ROWS) % len(gate))


def _with_targets(data: Dataset, targets: tuple[float, float]) -> Dataset:
    assert data.labels is not None  # every data set of the plane has two classes
    low, high = targets
    return replace(data, d=np.where(data.labels == 1, high, low)[:, np.newaxis])


# -- a play ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leg:
    """So many epochs with the same live settings."""

    eta: float
    alpha: float
    penalty: float
    batch: int
    epochs: int = 0

    def __str__(self) -> str:
        return f"{self.eta!r},{self.alpha!r},{self.penalty!r},{self.batch}*{self.epochs}"


@dataclass(frozen=True, eq=False)
class Play:
    """A training that can be gone on with, or brought back.

    Attributes
    ----------
    settings
        The present ones.
    training
        Parameters, history and everything else that training is.
    legs
        The live settings so far and how many epochs each was used for, the present ones last.
    failure
        Why it cannot go on, in words for the reader; None while it can. `training` is then the last state
        in which everything was finite.
    """

    settings: Settings
    training: TrainerState = field(repr=False)
    legs: tuple[Leg, ...] = field(repr=False)
    failure: str | None = None

    @property
    def record(self) -> EpochRecord:
        """What the newest epoch led to."""
        return self.training.history.last

    @property
    def state(self) -> str:
        """The string from which `restore` makes this play again."""
        s = self.settings
        hidden = "-".join(map(str, s.hidden)) or "none"
        legs = " + ".join(map(str, self.legs))
        return (
            f"data={s.data}; noise={s.noise!r}; hidden={hidden}; activation={s.activation}; "
            f"divergence={s.divergence}; seed={s.seed}; run={legs}"
        )


def data_settings(settings: Settings) -> Settings:
    """Only what the data depend on, the rest as by default: equal data have equal ones."""
    s = settings
    return Settings(s.data, s.noise, divergence=s.divergence, seed=s.seed)


def problem_of(settings: Settings) -> tuple[Dataset, Dataset]:
    """Training and test data of `settings`, drawn once."""
    return _problem(data_settings(settings))


@lru_cache(maxsize=4)
def _problem(settings: Settings) -> tuple[Dataset, Dataset]:
    return settings.problem()


@lru_cache(maxsize=4)
def _trainer(settings: Settings) -> Trainer:
    data, test = problem_of(settings)
    rule = SGD(settings.eta, settings.alpha, settings.penalty)
    return Trainer(settings.network(), data, rule, min(settings.batch, _ROWS), validation=test)


def _leg(settings: Settings) -> Leg:
    return Leg(settings.eta, settings.alpha, settings.penalty, settings.batch)


def start_play(settings: Settings | None = None) -> Play:
    """A play before its first epoch."""
    settings = settings or Settings()
    weights, order = np.random.default_rng([settings.seed, 1]).spawn(2)
    trainer = _trainer(settings)
    training = trainer.start(trainer.net.init(weights, _SCALE), order)
    return Play(settings, training, (_leg(settings),))


def advance(play: Play, epochs: int = 1) -> Play:
    """The play after so many more epochs; at a loss that is not finite it stops at the last good state."""
    trainer, training = _trainer(play.settings), play.training
    failure, done = play.failure, 0
    while done < epochs and failure is None:
        if training.epoch >= MOST_EPOCHS:
            failure = f"This is enough: {MOST_EPOCHS} epochs. Reset to begin again."
            break
        try:
            training = trainer.advance(training)
        except TrainingDivergedError as error:
            failure = _explain(error)
            break
        done += 1
    last = play.legs[-1]
    legs = (*play.legs[:-1], replace(last, epochs=last.epochs + done))
    return replace(play, training=training, legs=legs, failure=failure)


def _explain(error: TrainingDivergedError) -> str:
    return (
        f"Training ran away in epoch {error.epoch}: the numbers became too large to be represented. Shown is "
        "the last epoch before. Take a smaller step η or less momentum α, and go on or reset."
    )


def change(play: Play, settings: Settings) -> Play:
    """The play with other settings: it goes on if only live ones differ, else it starts anew."""
    if settings == play.settings:
        return play
    if _with_leg(settings, play.legs[-1]) != play.settings:
        return start_play(settings)
    # Live settings that were never trained with leave no trace.
    before = play.legs if play.legs[-1].epochs else play.legs[:-1]
    return replace(play, settings=settings, legs=(*before, _leg(settings)), failure=None)


# -- the state as a string -------------------------------------------------------------------------------


def restore(state: str) -> Play:
    """The play that a state string describes, trained anew and equal to the last bit.

    Raises
    ------
    ValueError
        If the string is not one that `Play.state` wrote; the message names the part at fault.
    """
    settings, legs = _parse(state)
    if sum(leg.epochs for leg in legs) > MOST_EPOCHS:
        raise ValueError(f"the state must have at most {MOST_EPOCHS} epochs.")
    play = start_play(_with_leg(settings, legs[0]))
    for leg in legs:
        play = advance(change(play, _with_leg(settings, leg)), leg.epochs)
    return play


def _with_leg(settings: Settings, leg: Leg) -> Settings:
    return replace(settings, eta=leg.eta, alpha=leg.alpha, penalty=leg.penalty, batch=leg.batch)


def _parse(state: str) -> tuple[Settings, tuple[Leg, ...]]:
    parts = dict(part.split("=", 1) for part in state.strip().split("; ") if "=" in part)
    wanted = ("data", "noise", "hidden", "activation", "divergence", "seed", "run")
    if sorted(parts) != sorted(wanted):
        got = ", ".join(parts) or "none"
        raise ValueError(f"the state must have the parts {', '.join(wanted)}; got {got}.")
    hidden = () if parts["hidden"] == "none" else tuple(map(_whole, parts["hidden"].split("-")))
    settings = Settings(
        parts["data"],
        _number("noise", parts["noise"]),
        hidden,
        parts["activation"],
        parts["divergence"],
        _whole(parts["seed"]),
    )
    return settings, tuple(_parse_leg(text) for text in parts["run"].split(" + "))


def _parse_leg(text: str) -> Leg:
    values, _, epochs = text.partition("*")
    numbers = values.split(",")
    if len(numbers) != 4:
        raise ValueError(f"a leg of the run must be step,momentum,penalty,batch*epochs, got {text!r}.")
    eta, alpha, penalty = (_number("run", number) for number in numbers[:3])
    return Leg(eta, alpha, penalty, _whole(numbers[3]), _whole(epochs))


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, got {text!r}.") from None


def _whole(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError(f"the state must have whole numbers here, got {text!r}.")
    return int(text)


# -- controls --------------------------------------------------------------------------------------------

CONTROLS: tuple[Control, ...] = (
    Choice("data", "data", _PLANES + _CURVES),
    Slider("noise", "noise", 0.0, 0.5, 0.1, step=0.01),
    Slider("layers", "hidden layers", 0, 3, 1, whole=True),
    Slider("units1", "units, layer 1", 1, 8, 4, whole=True),
    Slider("units2", "units, layer 2", 1, 8, 3, whole=True),
    Slider("units3", "units, layer 3", 1, 8, 2, whole=True),
    Choice("activation", "activation", tuple(_ACTIVATIONS)),
    Choice("divergence", "divergence", tuple(_DIVERGENCES)),
    Slider("eta", "step η", 0.001, 10.0, 0.3, log=True),
    Slider("alpha", "momentum α", 0.0, 0.99, 0.0, step=0.01),
    Slider("penalty", "penalty λ", 0.0, 0.1, 0.0, step=0.001),
    Slider("batch", "batch size", 1, _ROWS, 20, whole=True),
    Slider("seed", "seed", 0, 99, 1, whole=True),
)


def settings_from_values(values: Values) -> Settings:
    """Settings from the values of all `CONTROLS`."""
    hidden = tuple(values[f"units{k}"] for k in range(1, values["layers"] + 1))
    names = {f.name for f in fields(Settings)} - {"hidden"}
    return Settings(hidden=hidden, **{name: values[name] for name in names})


def values_from_settings(settings: Settings, before: Mapping[str, Any]) -> dict[str, Any]:
    """Values of all controls for `settings`; units of layers that are not there stay as they were."""
    values = {**before, **{f.name: getattr(settings, f.name) for f in fields(Settings)}}
    values["layers"] = len(values.pop("hidden"))
    return values | {f"units{k}": units for k, units in enumerate(settings.hidden, start=1)}


def unused_controls(settings: Settings) -> tuple[str, ...]:
    """Controls that have no effect at these settings."""
    layers = tuple(f"units{k}" for k in range(len(settings.hidden) + 1, 4))
    alone = () if settings.hidden else ("activation",)
    return layers + alone + (("divergence",) if settings.is_curve else ())


# -- what is shown ---------------------------------------------------------------------------------------


def plane_range(settings: Settings) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ranges of the two axes: the training data and a margin."""
    data, _ = problem_of(settings)
    if settings.is_curve:
        return (-1.0, 1.0), settings.targets
    low, high = data.x.min(axis=0), data.x.max(axis=0)
    middle, half = (low + high) / 2, 0.58 * float((high - low).max())
    (left, foot), (right, top) = middle - half, middle + half
    return (float(left), float(right)), (float(foot), float(top))


def _grid_points(settings: Settings) -> Array:
    """Where the network is asked: the centres of GRID × GRID cells, top row first, shape (·, D_0)."""
    (left, right), (foot, top) = plane_range(settings)
    cells = (np.arange(GRID) + 0.5) / GRID
    x = left + cells * (right - left)
    if settings.is_curve:
        return x[:, np.newaxis]
    return np.stack(np.meshgrid(x, top - cells * (top - foot)), axis=-1).reshape(-1, 2)


def play_fields(play: Play) -> Array:
    """The output and every hidden unit over the plane, as indices into the diverging palette.

    Returns
    -------
    Array
        Shape (1 + hidden units, GRID, GRID), type uint8, top row first; the output first, then layer by
        layer. For a curve every row is the same: the units over x.
    """
    net, points = play.settings.network(), _grid_points(play.settings)
    trace = net.forward(play.training.params, points)
    low, high = play.settings.targets
    pictures = [diverging_bytes(trace.output[:, 0], low, high)]
    for k in range(1, net.depth):
        pictures += [_unit_bytes(y, net.activation(k)) for y in trace.y[k].T]
    if play.settings.is_curve:
        pictures = [np.tile(picture, GRID) for picture in pictures]
    return np.stack(pictures).reshape(-1, GRID, GRID)


def _unit_bytes(y: Array, f: Activation) -> Array:
    """A unit's outputs as colours: from limit to limit, or from -max to max where there is no limit."""
    low, high = f.limits
    if not (np.isfinite(low) and np.isfinite(high)):
        high = float(np.abs(y).max()) or 1.0
        low = -high
    return diverging_bytes(y, low, high)
