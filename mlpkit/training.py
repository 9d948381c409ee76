"""Training: many steps of an optimizer on a data set, with a record of every epoch.

`train` runs to the end; a `Trainer` does the same in pieces: its `advance` takes a frozen state and returns
the next one, and two runs of 50 epochs give, bit for bit, what one of 100 gives. Nothing that the caller
passes is changed: arrays are not written to, and the generator is copied.

What is reported: `loss` is the mean divergence over the training set **plus the penalty**, `divergence` is
the mean divergence alone, `validation_loss` is the mean divergence over the validation set (no penalty). Each
is taken with the parameters at the end of the epoch; epoch 0 is the state before training.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import escape
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, describe, finite_number, numeric_array, positive_integer
from mlpkit.network import MLP, Parameters, Workspace
from mlpkit.optimizers import SGD, penalty_gradient

__all__ = [
    "CrossValidation",
    "EpochRecord",
    "History",
    "Stop",
    "Trainer",
    "TrainerState",
    "TrainingDivergedError",
    "TrainingResult",
    "accuracy",
    "cross_validate",
    "mean_gradients",
    "train",
]

Progress = bool | Callable[["EpochRecord"], object]
Rows = tuple[Array, Array]

#: Gradients over many rows are taken in blocks of this size, so that memory does not grow with the data.
BLOCK = 4096


# -- records ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch led to, measured with the parameters at its end.

    Attributes
    ----------
    epoch
        1, 2, ...; 0 is before training.
    loss
        Mean divergence over the training set plus the penalty.
    divergence
        Mean divergence over the training set.
    validation_loss
        Mean divergence over the validation set, NaN without one.
    accuracy, validation_accuracy
        Share of instances whose class is right, NaN if the targets are no classes.
    gradient_norm
        Length of the gradient of `loss`, all parameters together.
    step
        η of the epoch, NaN before training.
    """

    epoch: int
    loss: float
    divergence: float
    validation_loss: float
    accuracy: float
    validation_accuracy: float
    gradient_norm: float
    step: float


_COLUMNS = tuple(column.name for column in fields(EpochRecord))


@dataclass(frozen=True, eq=False)
class History:
    """The records of a training run, one an epoch, the one before training first.

    Columns are arrays of shape (epochs + 1,): ``history["loss"]`` or ``history.loss``.
    """

    records: tuple[EpochRecord, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return _COLUMNS

    @property
    def last(self) -> EpochRecord:
        """The newest record."""
        return self.records[-1]

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, column: str) -> Array:
        if column not in _COLUMNS:
            raise KeyError(f"a history has no column {column!r}; it has: {', '.join(_COLUMNS)}.")
        return np.array([getattr(record, column) for record in self.records])

    def __getattr__(self, name: str) -> Array:
        if name in _COLUMNS:
            return self[name]
        raise AttributeError(f"a history has no column {name!r}; it has: {', '.join(_COLUMNS)}.")

    def to_array(self) -> Array:
        """All columns beside each other, shape (epochs + 1, columns)."""
        return np.column_stack([self[column] for column in _COLUMNS])

    def _shown(self) -> tuple[str, ...]:
        """Columns that hold a number in some row."""
        return tuple(column for column in _COLUMNS if not np.isnan(self[column]).all())

    def __repr__(self) -> str:
        last = self.last
        parts = [f"loss {self.records[0].loss:.4g} → {last.loss:.4g}"]
        parts += [
            f"{name.replace('_', ' ')} {getattr(last, name):.4g}"
            for name in ("validation_loss", "accuracy", "validation_accuracy")
            if not np.isnan(getattr(last, name))
        ]
        return f"History({last.epoch} epochs: {', '.join(parts)})"

    def _repr_html_(self) -> str:
        columns = self._shown()
        step = max(1, -(-(len(self) - 1) // 10))
        chosen = [*self.records[:-1:step], self.last]
        head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in columns)
        lines = "".join(
            "<tr>" + "".join(f"<td>{getattr(record, name):.5g}</td>" for name in columns) + "</tr>"
            for record in chosen
        )
        title = f"<caption>{escape(repr(self))}</caption>"
        return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


class TrainingDivergedError(ArithmeticError):
    """A loss, a gradient or a parameter is no longer finite.

    Attributes
    ----------
    epoch, step
        Where: the epoch (from 1) and the update in it (from 1); step 0 means before the first update.
    last_loss
        The last finite loss of a batch, NaN if there was none.
    params
        The last parameters at which loss and gradient were finite.
    history
        The epochs completed before.
    """

    def __init__(
        self, what: str, epoch: int, step: int, last_loss: float, params: Parameters, history: History | None
    ) -> None:
        self.epoch, self.step, self.last_loss = epoch, step, last_loss
        self.params, self.history = params, history
        super().__init__(
            f"training diverged in epoch {epoch} at step {step}: {what}; the last finite loss was "
            f"{last_loss:.6g}. Try a smaller step, less momentum, smaller initial weights or standardised "
            "inputs; `.params` of this error holds the parameters before the failure, `.history` the "
            "epochs before it."
        )


# -- measuring -------------------------------------------------------------------------------------------


def _two_values(d: Array) -> tuple[float, float] | None:
    """The low and high target if `d` stands for classes, else None.

    Targets stand for classes if they take exactly two values and, where there are several columns, every row
    has the high one exactly once.
    """
    low, high = float(d.min()), float(d.max())
    if low == high or not ((d == low) | (d == high)).all():
        return None
    one_high = d.shape[1] == 1 or bool(((d == high).sum(axis=1) == 1).all())
    return (low, high) if one_high else None


def accuracy(Y: ArrayLike, d: ArrayLike, threshold: float | None = None) -> float:
    """Share of the rows whose class is right.

    Parameters
    ----------
    Y, d
        Outputs and targets, shape (T, D). With several columns the class is the one with the largest
        value; with one it is whether the value is above `threshold`.
    threshold
        By default half-way between the smallest and the largest target.
    """
    Y, d = numeric_array("Y", Y), numeric_array("d", d)
    if Y.ndim != 2 or Y.shape != d.shape or len(Y) == 0:
        raise ValueError(f"Y and d must have the same shape (T, D) with T >= 1, got {Y.shape} and {d.shape}.")
    if Y.shape[1] > 1:
        return float(np.mean(Y.argmax(axis=1) == d.argmax(axis=1)))
    middle = (d.min() + d.max()) / 2 if threshold is None else finite_number("threshold", threshold)
    return float(np.mean((middle < Y) == (middle < d)))


def mean_gradients(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    batch_size: int = BLOCK,
) -> tuple[float, Parameters]:
    """Mean divergence and its gradients over all rows, accumulated batch by batch.

    Every batch counts by its number of rows, so that a ragged last one has the weight that its rows
    deserve, and the result does not depend on `batch_size` (but for rounding).

    Parameters
    ----------
    net, params
        The network and its parameters.
    x, d
        Inputs (T, D_0) and targets (T, D_N).
    batch_size
        Rows taken at a time.
    """
    x, d = _rows(net, "data", (x, d))
    batches = _batches(np.arange(len(x)), positive_integer("batch_size", batch_size))
    loss, gradients, _ = _accumulated(net, params, x, d, batches, None)
    return loss, gradients


def _accumulated(
    net: MLP,
    params: Mapping[str, ArrayLike],
    x: Array,
    d: Array,
    batches: Sequence[Array],
    noise: np.random.Generator | None,
    workspace: Workspace | None = None,
) -> tuple[float, Parameters, Array]:
    """Loss and gradients over the rows in `batches` together, and the outputs in their order.

    With a workspace the gradients hold only until the next call with it.
    """
    memory = workspace if len(batches) == 1 else None
    total = sum(len(batch) for batch in batches)
    loss, gradients, outputs = 0.0, dict[str, Array](), []
    for batch in batches:
        # Random activations have one slope for both passes; without a generator they have their mean.
        now = net if noise is None else net.sample(noise, len(batch))
        trace = now.forward(params, x[batch], memory)
        share = len(batch) / total
        loss += share * float(now.divergences(trace, d[batch]).mean())
        for key, gradient in now.backward(params, trace, d[batch], memory).items():
            part = gradient if share == 1.0 else share * gradient
            gradients[key] = gradients[key] + part if key in gradients else part
        outputs.append(trace.output)
    return loss, gradients, np.concatenate(outputs)


def _batches(order: Array, size: int) -> list[Array]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def _rows(net: MLP, name: str, data: Any) -> Rows:
    """Inputs and targets of a Dataset or a pair, checked against the network."""
    if hasattr(data, "x") and hasattr(data, "d"):
        data = (data.x, data.d)
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise TypeError(f"{name} must be a Dataset or a pair (x, d), got {describe(data)}.")
    x, d = numeric_array(f"x of {name}", data[0]), numeric_array(f"d of {name}", data[1])
    for letter, array, width, role in (
        ("x", x, net.widths[0], "inputs"),
        ("d", d, net.widths[-1], "outputs"),
    ):
        if array.ndim != 2 or array.shape[1] != width:
            raise ValueError(
                f"{letter} of {name} must have shape (T, {width}) (the network has {width} {role}), "
                f"got {array.shape}."
            )
    if len(x) == 0 or len(x) != len(d):
        raise ValueError(
            f"{name} must have as many rows of x as of d, and at least one; got {len(x)} and {len(d)}."
        )
    return x, net.divergence.check_targets(d)


# -- training in pieces ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """When to stop before the epochs are used up; None switches a criterion off.

    Attributes
    ----------
    loss_change
        The loss changed by at most this much in an epoch.
    gradient_norm
        The gradient of the loss is at most this long.
    loss
        The loss is at most this.
    patience
        Early stopping: for so many epochs the validation loss has not fallen below its best. The best
        parameters are then what `train` returns. Needs validation data.
    improvement
        By how much the validation loss must fall below its best to count.
    """

    loss_change: float | None = None
    gradient_norm: float | None = None
    loss: float | None = None
    patience: int | None = None
    improvement: float = 0.0

    def __post_init__(self) -> None:
        for name in ("loss_change", "gradient_norm", "loss"):
            if getattr(self, name) is not None:
                finite_number(name, getattr(self, name), low=None if name == "loss" else 0.0)
        if self.patience is not None:
            positive_integer("patience", self.patience)
        finite_number("improvement", self.improvement, low=0.0)

    def reason(self, records: Sequence[EpochRecord], best_epoch: int | None) -> str | None:
        """Which criterion the newest record meets, in words, or None."""
        last = records[-1]
        if self.loss is not None and last.loss <= self.loss:
            return f"the loss {last.loss:.4g} is at most {self.loss:g}"
        if self.gradient_norm is not None and last.gradient_norm <= self.gradient_norm:
            return f"the gradient's length {last.gradient_norm:.4g} is at most {self.gradient_norm:g}"
        # A change needs two records: it is asked for after the first epoch, never before.
        if self.loss_change is not None and len(records) > 1:
            change = abs(last.loss - records[-2].loss)
            if change <= self.loss_change:
                return f"the loss changed by {change:.4g}, at most {self.loss_change:g}"
        if self.patience is not None and best_epoch is not None and last.epoch - best_epoch >= self.patience:
            return (
                f"the validation loss has not improved for {self.patience} epochs (best: epoch {best_epoch})"
            )
        return None


@dataclass(frozen=True, eq=False)
class TrainerState:
    """Everything that training is at the end of an epoch; `Trainer.advance` makes the next one from it.

    Attributes
    ----------
    params, changes
        Parameters and their last changes Δ.
    gradients
        Gradients of the mean divergence at `params`.
    history
        All records so far.
    best_params, best_epoch
        Where the validation loss was least, None without validation data.
    stopped
        The criterion that ended training, None while it may go on.
    """

    params: Mapping[str, Array]
    changes: Mapping[str, Array]
    gradients: Mapping[str, Array] = field(repr=False)
    history: History = field(repr=False)
    best_params: Mapping[str, Array] | None = field(repr=False, default=None)
    best_epoch: int | None = None
    stopped: str | None = None
    _order: np.random.Generator | None = field(repr=False, default=None)
    _noise: np.random.Generator | None = field(repr=False, default=None)

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return self.history.last.epoch

    def __repr__(self) -> str:
        ending = f", stopped: {self.stopped}" if self.stopped else ""
        return f"TrainerState(epoch {self.epoch}, loss {self.history.last.loss:.6g}{ending})"

    def __getstate__(self) -> dict[str, Any]:
        plain = {key: dict(v) if isinstance(v, MappingProxyType) else v for key, v in self.__dict__.items()}
        return plain

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, _frozen(value) if isinstance(value, dict) else value)


def _frozen(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    """A read-only copy of a dict of arrays."""
    copies = {key: np.array(value) for key, value in arrays.items()}
    for value in copies.values():
        value.flags.writeable = False
    return MappingProxyType(copies)


@dataclass(frozen=True, eq=False)
class Trainer:
    """How a network is trained: everything but the parameters, which are in a `TrainerState`.

    Parameters
    ----------
    net
        The network.
    data
        A Dataset, or a pair (x, d) of shapes (T, D_0) and (T, D_N). Not copied and not changed.
    optimizer
        The rule for an update.
    batch_size
        Rows an update: 1 is stochastic, None (or T and more) is batch training, else mini-batches. The last
        one of an epoch may be smaller.
    shuffle
        Take the rows in a new order in every epoch. Batch training takes them as they are.
    accumulate
        So many mini-batches give one update, with the mean of their gradients over all their rows.
    validation
        Like `data`; measured after every epoch, never trained on.
    stop
        When to stop before the epochs are used up.

    Examples
    --------
    >>> from mlpkit import datasets
    >>> net = MLP(widths=(2, 2, 1))
    >>> trainer = Trainer(net, datasets.xor(), SGD(step=0.5, momentum=0.9))
    >>> state = trainer.start(net.init(np.random.default_rng(1), scale=1.0))
    >>> trainer.advance(trainer.advance(state, 10), 10).epoch
    20
    """

    net: MLP
    data: Any
    optimizer: SGD
    batch_size: int | None = None
    shuffle: bool = True
    accumulate: int = 1
    validation: Any = None
    stop: Stop = Stop()

    def __post_init__(self) -> None:
        if not isinstance(self.net, MLP):
            raise TypeError(f"net must be an MLP, got {describe(self.net)}.")
        if not isinstance(self.optimizer, SGD):
            raise TypeError(f"optimizer must be an SGD, got {describe(self.optimizer)}.")
        if not isinstance(self.stop, Stop):
            raise TypeError(f"stop must be a Stop, got {describe(self.stop)}.")
        if self.batch_size is not None:
            positive_integer("batch_size", self.batch_size)
        positive_integer("accumulate", self.accumulate)
        object.__setattr__(self, "data", _rows(self.net, "data", self.data))
        if self.validation is not None:
            object.__setattr__(self, "validation", _rows(self.net, "validation", self.validation))
        elif self.stop.patience is not None:
            raise ValueError("stop.patience needs validation data to be patient about, got validation None.")

    # -- the two operations ------------------------------------------------------------------------------

    def start(self, params: Mapping[str, ArrayLike], rng: np.random.Generator | None = None) -> TrainerState:
        """The state before training.

        Parameters
        ----------
        params
            Initial parameters; copied.
        rng
            Decides the order of the rows and draws random activations; copied, so the caller's generator
            stays where it is. Needed only if there is something to draw.
        """
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be np.random.default_rng(seed) or the like, got {describe(rng)}.")
        if rng is None and self._draws():
            raise ValueError(
                "rng must be a generator, np.random.default_rng(seed), to shuffle the rows or to draw random "
                "activations; got None. Without shuffling: shuffle=False."
            )
        order = copy.deepcopy(rng)
        # A stream of its own for random activations: the order of the rows does not depend on them.
        noise = order.spawn(1)[0] if order is not None else None
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            checked = self.net.check_params(params)
            try:
                record, gradients = self._measure(checked, 0, np.nan)
            except (_NotFiniteError, ValueError) as error:
                raise _diverged(error, 0, 0, np.nan, checked, None) from None
        history = History((record,))
        best = None if self.validation is None else 0
        return TrainerState(
            _frozen(checked),
            _frozen(self.optimizer.start(checked)),
            _frozen(gradients),
            history,
            None if best is None else _frozen(checked),
            best,
            self.stop.reason(history.records, best),
            order,
            noise,
        )

    def advance(self, state: TrainerState, epochs: int = 1, progress: Progress = False) -> TrainerState:
        """The state after (at most) `epochs` more; `state` itself stays what it is.

        Stops early where a criterion is met; a state that has stopped is returned as it is.

        Raises
        ------
        TrainingDivergedError
            If a loss, a gradient or a parameter is not finite any more.
        """
        epochs = _epochs(epochs)
        report, close = _reporter(progress, epochs)
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                for _ in range(epochs):
                    if state.stopped is not None:
                        break
                    state = self._epoch(state)
                    report(state.history.last)
        finally:
            close()
        return state

    # -- one epoch ---------------------------------------------------------------------------------------

    def _epoch(self, state: TrainerState) -> TrainerState:
        order, noise = copy.deepcopy((state._order, state._noise))
        groups, (x, d) = self._groups(order), self.data
        draws = noise if self._random() else None
        epoch, params, changes = state.epoch + 1, dict(state.params), dict(state.changes)
        safe, loss, step = params, state.history.last.divergence, 0
        workspace = Workspace()  # the gradients of a step are used up before the next
        try:
            for step, batches in enumerate(groups, start=1):  # noqa: B007 (the error tells the step)
                if len(groups) == 1 and not self._random():
                    gradients = dict(state.gradients)  # known since the end of the epoch before
                else:
                    batch_loss, gradients, _ = _accumulated(self.net, params, x, d, batches, draws, workspace)
                    _require_finite(batch_loss, gradients)
                    loss = batch_loss
                safe = params
                params, changes = self.optimizer.update(params, gradients, changes, epoch - 1)
            record, gradients = self._measure(params, epoch, self.optimizer.step_at(epoch - 1))
        except (_NotFiniteError, ValueError) as error:
            raise _diverged(error, epoch, step, loss, safe, state.history) from None
        return self._next(state, params, changes, gradients, record, order, noise)

    def _next(
        self,
        state: TrainerState,
        params: Parameters,
        changes: Parameters,
        gradients: Parameters,
        record: EpochRecord,
        order: np.random.Generator | None,
        noise: np.random.Generator | None,
    ) -> TrainerState:
        history = History((*state.history.records, record))
        kept = _frozen(params)
        best, best_params = state.best_epoch, state.best_params
        if best is not None:
            least = state.history.records[best].validation_loss
            if record.validation_loss < least - self.stop.improvement:
                best, best_params = record.epoch, kept
        return TrainerState(
            kept,
            _frozen(changes),
            _frozen(gradients),
            history,
            best_params,
            best,
            self.stop.reason(history.records, best),
            order,
            noise,
        )

    def _size(self) -> int:
        rows = len(self.data[0])
        return rows if self.batch_size is None else min(self.batch_size, rows)

    def _random(self) -> bool:
        return any(self.net.activation(k).random for k in range(1, self.net.depth + 1))

    def _shuffles(self) -> bool:
        return self.shuffle and self._size() * self.accumulate < len(self.data[0])

    def _draws(self) -> bool:
        return self._shuffles() or self._random()

    def _groups(self, order: np.random.Generator | None) -> list[list[Array]]:
        """Mini-batches of an epoch, in groups that give one update each."""
        rows = np.arange(len(self.data[0]))
        if self._shuffles() and order is not None:
            rows = order.permutation(rows)
        batches = _batches(rows, self._size())
        return [batches[n : n + self.accumulate] for n in range(0, len(batches), self.accumulate)]

    def _measure(self, params: Parameters, epoch: int, step: float) -> tuple[EpochRecord, Parameters]:
        """Record of the state `params`, and the gradients of the mean divergence there."""
        x, d = self.data
        blocks = _batches(np.arange(len(x)), BLOCK)
        divergence, gradients, outputs = _accumulated(self.net, params, x, d, blocks, None)
        _require_finite(divergence, gradients)
        penalised = [
            gradient + penalty_gradient(key, params[key], self.optimizer.penalty, self.optimizer.penalty_kind)
            for key, gradient in gradients.items()
        ]
        classes = _two_values(d)
        middle = None if classes is None else sum(classes) / 2
        known = accuracy(outputs, d, middle) if classes else np.nan
        validation_loss, validation_accuracy = self._validate(params, middle)
        record = EpochRecord(
            epoch,
            divergence + self.optimizer.penalty_value(params),
            divergence,
            validation_loss,
            known,
            validation_accuracy,
            float(np.sqrt(sum(np.sum(np.square(g)) for g in penalised))),
            step,
        )
        _require_finite(record.loss, {"gradient": np.asarray(record.gradient_norm)})
        return record, gradients

    def _validate(self, params: Parameters, middle: float | None) -> tuple[float, float]:
        """Mean divergence and accuracy over the validation data, NaN where there are none."""
        if self.validation is None:
            return np.nan, np.nan
        x, d = self.validation
        trace = self.net.forward(params, x)
        loss = float(self.net.divergences(trace, d).mean())
        return loss, np.nan if middle is None else accuracy(trace.output, d, middle)


class _NotFiniteError(ArithmeticError):
    """A loss or a gradient is not finite; caught inside this module."""


def _require_finite(loss: float, gradients: Mapping[str, Array]) -> None:
    if not np.isfinite(loss):
        raise _NotFiniteError(f"the loss is {loss}")
    for key, gradient in gradients.items():
        if not np.isfinite(gradient).all():
            raise _NotFiniteError(f"the gradient of {key} is not finite")


def _diverged(
    error: Exception, epoch: int, step: int, loss: float, params: Parameters, history: History | None
) -> Exception:
    """The error to raise: any other ValueError than that of a number that is not finite stays what it is."""
    if isinstance(error, _NotFiniteError) or "must be finite" in str(error):
        what = str(error).rstrip(".")
        return TrainingDivergedError(what, epoch, step, loss, params, history)
    return error


def _epochs(epochs: object) -> int:
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)):
        raise TypeError(f"epochs must be a whole number, got {describe(epochs)}.")
    if epochs < 0:
        raise ValueError(f"epochs must be at least 0, got {epochs}.")
    return int(epochs)


def _reporter(progress: Progress, epochs: int) -> tuple[Callable[[EpochRecord], object], Callable[[], None]]:
    """What to call after each epoch and at the end: nothing, the caller's function, or a bar on stdout."""
    if callable(progress):
        return progress, lambda: None
    if not progress:
        return lambda record: None, lambda: None
    from tqdm import tqdm  # noqa: PLC0415  (only those who ask for a bar need it)

    bar = tqdm(total=epochs, file=sys.stdout, unit="epoch")

    def show(record: EpochRecord) -> None:
        bar.set_postfix(loss=f"{record.loss:.4g}", refresh=False)
        bar.update()

    return show, bar.close


# -- training to the end ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What training led to.

    Attributes
    ----------
    params
        The parameters to use: those of the best epoch with early stopping, else the last ones.
    history
        One record an epoch.
    stopped
        Why training ended.
    epoch
        The epoch that `params` are from.
    state
        The last state; ``Trainer.advance`` can go on from it.
    """

    params: Parameters
    history: History
    stopped: str
    epoch: int
    state: TrainerState

    def __repr__(self) -> str:
        return f"TrainingResult(parameters of epoch {self.epoch}; {self.history!r}; stopped: {self.stopped})"

    def _repr_html_(self) -> str:
        stopped = f"<p>Parameters of epoch {self.epoch}; stopped: {escape(self.stopped)}.</p>"
        return stopped + self.history._repr_html_()


def train(
    net: MLP,
    params: Mapping[str, ArrayLike],
    data: Any,
    optimizer: SGD,
    epochs: int = 100,
    *,
    batch_size: int | None = None,
    rng: np.random.Generator | None = None,
    shuffle: bool = True,
    accumulate: int = 1,
    validation: Any = None,
    stop: Stop | None = None,
    progress: Progress = False,
) -> TrainingResult:
    """Train a network.

    Parameters
    ----------
    net, params, data, optimizer, batch_size, shuffle, accumulate, validation
        See `Trainer`. `params` are not changed.
    epochs
        How often to go through the data, at most; 0 only measures.
    rng
        Decides the order of the rows; copied, the caller's stays where it is. The same seed gives the same
        result to the last bit, and the same order of rows whatever the batch size.
    stop
        Further criteria. With ``Stop(patience=...)`` the best parameters on the validation data come back.
    progress
        True for a bar on the standard output, or a function that is called with every `EpochRecord`. By
        default nothing is printed.

    Raises
    ------
    TrainingDivergedError
        If a loss, a gradient or a parameter is not finite any more.
    """
    epochs = _epochs(epochs)
    trainer = Trainer(net, data, optimizer, batch_size, shuffle, accumulate, validation, stop or Stop())
    state = trainer.advance(trainer.start(params, rng), epochs, progress)
    early = trainer.stop.patience is not None and state.best_params is not None
    kept = state.best_params if early and state.best_params is not None else state.params
    return TrainingResult(
        {key: value.copy() for key, value in kept.items()},
        state.history,
        state.stopped or f"all {epochs} epochs are done",
        state.best_epoch if early and state.best_epoch is not None else state.epoch,
        state,
    )


# -- cross-validation ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Scores of several choices, each tried on the same folds.

    Attributes
    ----------
    choices
        What was tried, for instance numbers of hidden units.
    scores
        Shape (choices, folds): the score on the fold that was held out.
    measure
        "loss" (mean divergence, less is better) or "accuracy" (more is better).
    """

    choices: tuple[Any, ...]
    scores: Array
    measure: str

    @property
    def mean(self) -> Array:
        """Mean score of every choice over the folds, shape (choices,)."""
        return self.scores.mean(axis=1)

    @property
    def standard_error(self) -> Array:
        """Standard error of these means, shape (choices,).

        The folds share training data, so it is only a rough guide (it tends to be too small).
        """
        return self.scores.std(axis=1, ddof=1) / np.sqrt(self.scores.shape[1])

    @property
    def best(self) -> int:
        """Index of the best mean; the first one if there are several."""
        return int(self.mean.argmin() if self.measure == "loss" else self.mean.argmax())

    @property
    def chosen(self) -> Any:
        """The choice with the best mean."""
        return self.choices[self.best]

    @property
    def simplest(self) -> Any:
        """The first choice within one standard error of the best mean (list simple choices first)."""
        worse = np.abs(self.mean - self.mean[self.best])
        return self.choices[int(np.argmax(worse <= self.standard_error[self.best]))]

    def _lines(self) -> Iterator[tuple[str, float, float]]:
        return zip(map(str, self.choices), self.mean, self.standard_error, strict=True)

    def __repr__(self) -> str:
        lines = ", ".join(f"{choice}: {mean:.4g} ± {error:.2g}" for choice, mean, error in self._lines())
        return f"CrossValidation({self.measure}, {self.scores.shape[1]} folds; {lines}; chosen {self.chosen})"

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr><td>{escape(choice)}</td><td>{mean:.4g}</td><td>{error:.2g}</td></tr>"
            for choice, mean, error in self._lines()
        )
        head = f"<tr><th>choice</th><th>mean {self.measure}</th><th>standard error</th></tr>"
        caption = f"<caption>{self.scores.shape[1]} folds; chosen: {escape(str(self.chosen))}</caption>"
        return f"<table>{caption}<thead>{head}</thead><tbody>{lines}</tbody></table>"


def cross_validate(
    make_net: Callable[[Any], MLP],
    data: Any,
    choices: Sequence[Any],
    folds: int,
    rng: np.random.Generator,
    optimizer: SGD,
    *,
    epochs: int = 100,
    scale: float = 0.5,
    batch_size: int | None = None,
    measure: Literal["loss", "accuracy"] = "loss",
    stop: Stop | None = None,
) -> CrossValidation:
    """Try every choice on every fold: train on the others, score on the one held out.

    The rows are divided once, at random; all choices see the same folds, and in each fold they begin from the
    same stream of random numbers, so that they differ in the choice and not in luck.

    Parameters
    ----------
    make_net
        Gives the network for a choice, for instance ``lambda units: MLP((2, units, 1))``.
    data
        A Dataset, or a pair (x, d).
    choices
        What to try; list simple ones first.
    folds
        How many, from 2 to the number of rows.
    rng
        Decides folds, initial weights and order; copied, the caller's stays where it is.
    optimizer, epochs, batch_size, stop
        As in `train`; `stop` cannot have a patience, because the fold held out must not decide.
    scale
        Initial weights are uniform in [-scale, scale].
    measure
        "loss" or "accuracy".
    """
    choices = _checked_choices(choices, measure, stop)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be np.random.default_rng(seed) or the like, got {describe(rng)}.")
    nets = [make_net(choice) for choice in choices]
    x, d = _rows(nets[0], "data", data)
    folds = positive_integer("folds", folds)
    if not 2 <= folds <= len(x):
        raise ValueError(f"folds must be from 2 to the number of rows, {len(x)}, got {folds}.")
    middle = _middle(d, measure)
    rng = copy.deepcopy(rng)
    held_out = np.array_split(rng.permutation(len(x)), folds)
    streams = rng.spawn(folds)
    scores = np.empty((len(choices), folds))
    for place in np.ndindex(scores.shape):
        net, rows, stream = nets[place[0]], held_out[place[1]], copy.deepcopy(streams[place[1]])
        rest = np.setdiff1d(np.arange(len(x)), rows)
        start = net.init(stream, scale)
        result = train(
            net, start, (x[rest], d[rest]), optimizer, epochs, batch_size=batch_size, rng=stream, stop=stop
        )
        trace = net.forward(result.params, x[rows])
        loss = float(net.divergences(trace, d[rows]).mean())
        scores[place] = loss if measure == "loss" else accuracy(trace.output, d[rows], middle)
    scores.flags.writeable = False
    return CrossValidation(choices, scores, measure)


def _checked_choices(choices: Sequence[Any], measure: str, stop: Stop | None) -> tuple[Any, ...]:
    if len(choices) == 0:
        raise ValueError("choices must hold at least one, got none.")
    if measure not in ("loss", "accuracy"):
        raise ValueError(f'measure must be "loss" or "accuracy", got {measure!r}.')
    if stop is not None and stop.patience is not None:
        raise ValueError("stop must have no patience: the fold held out must not decide when to stop.")
    return tuple(choices)


def _middle(d: Array, measure: str) -> float:
    classes = _two_values(d)
    if measure == "accuracy" and classes is None:
        raise ValueError('measure "accuracy" needs classes: two target values, one high one a row.')
    return sum(classes) / 2 if classes else 0.0
