"""What a mistake is, what a hint is, and how a mistake's arrays are made.

A pass is run from replaceable parts (`BackwardParts`, `ForwardParts`). Every part left at None is done
rightly; a mistake is a few parts that are done wrongly. So two mistakes can be made at once by taking
the parts of both, and the arrays that follow from a mistake come from one pass, not from forty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.diagnosis.scene import DoesNotApplyError, Previous, Scene, make_scene
from mlpkit.network import MLP

__all__ = ["BackwardParts", "ForwardParts", "Hint", "Mistake", "combine", "run_backward", "run_forward"]

Arrays = dict[str, Array]


@dataclass(frozen=True)
class BackwardParts:
    """The parts of a backward pass that are done in another way; None (or empty) means rightly.

    Attributes
    ----------
    scene
        Changes of what the pass works on (another trace, one row only), first to last.
    start
        (scene) -> derivative to the outputs, (T, D_N).
    output
        (scene, dy) -> derivative to z_N, (T, M_N).
    slope
        (scene, k, dy) -> derivative to z_k of a hidden layer.
    through
        (scene, k, dz) -> derivative to y_{k-1} from that to z_k.
    below
        (scene, k) -> what stands for y_{k-1} in the gradient of W_k.
    weight, bias
        (scene, k, dz, y) -> gradient of W_k; (scene, k, dz) -> gradient of b_k.
    finish
        Functions (scene, gradients) -> gradients of the finished set, first to last.
    note
        A word that the sentence may quote as {note}.
    """

    scene: tuple[Callable[[Scene], Scene], ...] = ()
    start: Callable[[Scene], Array] | None = None
    output: Callable[[Scene, Array], Array] | None = None
    slope: Callable[[Scene, int, Array], Array] | None = None
    through: Callable[[Scene, int, Array], Array] | None = None
    below: Callable[[Scene, int], Array] | None = None
    weight: Callable[[Scene, int, Array, Array], Array] | None = None
    bias: Callable[[Scene, int, Array], Array] | None = None
    finish: tuple[Callable[[Scene, Arrays], Arrays], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class ForwardParts:
    """The parts of a forward pass that are done in another way; None (or empty) means rightly.

    Attributes
    ----------
    scene
        Changes of what the pass works on (other parameters), first to last.
    affine
        (scene, k, y) -> z_k, where `y` is the list y_0..y_{k-1} computed so far.
    activate
        (scene, k, z) -> y_k.
    loss
        (scene, Y, z_N) -> the loss.
    finish
        Functions (scene, values) -> values of the finished set, first to last.
    note
        A word that the sentence may quote as {note}.
    """

    scene: tuple[Callable[[Scene], Scene], ...] = ()
    affine: Callable[[Scene, int, list[Array]], Array] | None = None
    activate: Callable[[Scene, int, Array], Array] | None = None
    loss: Callable[[Scene, Array, Array], Array] | None = None
    finish: tuple[Callable[[Scene, Arrays], Arrays], ...] = ()
    note: str = ""


Parts = TypeVar("Parts", BackwardParts, ForwardParts)


def combine(one: Parts, other: Parts) -> Parts | None:
    """Parts with the mistakes of both, or None if both replace the same part."""
    merged = {}
    for name in (item.name for item in fields(one)):
        a, b = getattr(one, name), getattr(other, name)
        if name in ("scene", "finish", "note"):
            merged[name] = a + b
        elif a is not None and b is not None:
            return None
        else:
            merged[name] = a if b is None else b
    return type(one)(**merged)


def run_backward(s: Scene, parts: BackwardParts) -> Arrays:
    """Gradients of a backward pass with `parts`; keys W1, b1, ..., not always of the parameters' shapes."""
    for change in parts.scene:
        s = change(s)
    gradients = _gradients(s, parts) if _changes_the_pass(parts) else dict(s.right.parameters)
    for change_set in parts.finish:
        gradients = change_set(s, gradients)
    return gradients


def _changes_the_pass(parts: BackwardParts) -> bool:
    inner = ("start", "output", "slope", "through", "below", "weight", "bias")
    return any(getattr(parts, name) is not None for name in inner)


def _gradients(s: Scene, parts: BackwardParts) -> Arrays:
    dz = _output_dz(s, parts)
    gradients: Arrays = {}
    for k in range(s.N, 0, -1):
        y = s.y[k - 1] if parts.below is None else parts.below(s, k)
        gradients[f"W{k}"] = dz.T @ y / s.T if parts.weight is None else parts.weight(s, k, dz, y)
        gradients[f"b{k}"] = dz.sum(axis=0) / s.T if parts.bias is None else parts.bias(s, k, dz)
        if k > 1:
            dy = dz @ s.W(k) if parts.through is None else parts.through(s, k, dz)
            dz = s.pull(k - 1, dy) if parts.slope is None else parts.slope(s, k - 1, dy)
    return {key: gradients[key] for key in s.params}


def _output_dz(s: Scene, parts: BackwardParts) -> Array:
    if parts.start is None and parts.output is None:
        return s.dz_output
    dy = s.dy_output if parts.start is None else parts.start(s)
    return s.pull(s.N, dy) if parts.output is None else parts.output(s, dy)


def run_forward(s: Scene, parts: ForwardParts) -> Arrays:
    """Values z1, y1, ..., zN, yN of a forward pass with `parts`, and the loss if there are targets."""
    for change in parts.scene:
        s = change(s)
    values: Arrays = {}
    y = [s.x]
    for k in range(1, s.N + 1):
        z = y[-1] @ s.W(k).T + s.b(k) if parts.affine is None else parts.affine(s, k, y)
        y.append(s.f(k)(z) if parts.activate is None else parts.activate(s, k, z))
        values[f"z{k}"], values[f"y{k}"] = z, y[-1]
    if s.d is not None:
        values["loss"] = _loss(s, parts, y[-1], z)
    for change_set in parts.finish:
        values = change_set(s, values)
    return values


def _loss(s: Scene, parts: ForwardParts, Y: Array, z: Array) -> Array:
    if parts.loss is not None:
        return np.asarray(parts.loss(s, Y, z))
    fused = s.net.divergence.fused_with(s.net.output)
    if fused is not None and parts.activate is None:
        return np.asarray(fused.value(z, s.targets).mean())
    try:
        return np.asarray(s.net.divergence(Y, s.targets).mean())
    except ValueError:
        # Outputs that the divergence refuses (a logarithm of less than zero): the student has NaN here.
        return np.asarray(np.nan)


@dataclass(frozen=True, eq=False)
class Mistake(Generic[Parts]):
    """A mistake that students make, and the arrays that follow from it.

    Attributes
    ----------
    id
        Stable name, words joined by hyphens.
    title
        A few words.
    sentence
        What to tell the student; "{note}" stands for a detail that the match gives.
    variants
        (scene) -> the ways in which the mistake is made, as parts of a pass; may raise `DoesNotApplyError`.
    frequency
        1 for what every class does, 2 for what happens, 3 for what is rare; ranks hints that are tied.
    infer
        (scene, student's arrays) -> the scene with constants that the arrays reveal (a step, a penalty), for
        mistakes that mix in a number that we were not told; None if the mistake needs none.
    runner
        The pass that `variants` are parts of.
    """

    id: str
    title: str
    sentence: str
    variants: Callable[[Scene], Iterable[Parts]]
    frequency: int = 2
    infer: Callable[[Scene, Mapping[str, Array]], Scene] | None = None
    runner: Callable[[Scene, Parts], Arrays] = field(default=run_backward, repr=False)  # type: ignore[assignment]

    def generate(
        self,
        net: MLP,
        params: Mapping[str, ArrayLike],
        x: ArrayLike,
        d: ArrayLike | None = None,
        previous: Previous | None = None,
    ) -> tuple[Arrays, ...]:
        """The sets of arrays that students who make exactly this mistake get, one for each way to make it.

        Empty if the mistake cannot be made here, or needs a number that `previous` does not tell.
        Arguments as in `diagnose`.
        """
        scene = make_scene(net, params, x, d, previous)
        return tuple(arrays for _, arrays in outcomes(self, scene))


def outcomes(mistake: Mistake[Parts], scene: Scene) -> list[tuple[Parts, Arrays]]:
    """(parts, arrays) for every way to make `mistake` in `scene`."""
    try:
        ways = list(mistake.variants(scene))
    except DoesNotApplyError:
        return []
    results = ((parts, outcome(mistake.runner, scene, parts)) for parts in ways)
    return [(parts, arrays) for parts, arrays in results if arrays is not None]


def outcome(runner: Callable[[Scene, Parts], Arrays], scene: Scene, parts: Parts) -> Arrays | None:
    """Arrays of a pass with `parts`, or None if it cannot be run."""
    try:
        with np.errstate(all="ignore"):
            return runner(scene, parts)
    except (DoesNotApplyError, ValueError, IndexError):
        # NumPy refuses the shapes, as it would for the student: nobody gets arrays from this mistake here.
        return None


@dataclass(frozen=True)
class Hint:
    """A mistake (or two at once) that reproduces the student's arrays.

    Attributes
    ----------
    id
        The mistake's id; for two at once both, joined by "+".
    title, sentence
        For the student; no code.
    parameters
        Names of the wrong arrays that it explains, in the network's order.
    mistakes
        The ids one by one.
    match
        "full": reproduces every array; "part": every array is either right or explained by it;
        "pair": two mistakes together reproduce all; "some": explains some wrong arrays, others stay open.
    rank
        1 for the most likely hint, then 2, 3, ...; hints that are tied are ordered by how common they are.
    tied_with
        Ids of other hints that explain the same arrays equally well.
    """

    id: str
    title: str
    sentence: str
    parameters: tuple[str, ...]
    mistakes: tuple[str, ...]
    match: Literal["full", "part", "pair", "some"]
    rank: int = 1
    tied_with: tuple[str, ...] = ()

    @property
    def confidence(self) -> Literal["high", "medium", "low"]:
        """High for one mistake that explains all, low if something stays unexplained."""
        if self.match == "some":
            return "low"
        return "high" if self.match == "full" and not self.tied_with else "medium"

    def __str__(self) -> str:
        return self.sentence
