"""Weights as images: what a hidden unit of a picture classifier looks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.activations import sigmoid, softmax
from mlpkit.datasets import Dataset, digits
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.plane import picture
from mlpkit.diagrams.raster import diverging_bytes, image
from mlpkit.divergences import cross_entropy
from mlpkit.explorers.controls import Slider, Values
from mlpkit.explorers.exploration import Exploration, View, part
from mlpkit.network import MLP, Parameters
from mlpkit.optimizers import SGD
from mlpkit.training import train

__all__ = ["WeightFacts", "digit_reader", "weight_facts", "weight_images"]

_THUMB = 84


@dataclass(frozen=True)
class WeightFacts:
    """A hidden unit and an instance.

    Attributes
    ----------
    weights, pixels
        Of the unit and of the instance, each of the image's shape (rows, columns).
    bias, z, y
        Bias, sum and output of the unit for this instance; z is the sum of weights · pixels plus the bias.
    outgoing
        Weights from the unit to the outputs, shape (D_2,).
    answer, wanted
        Names of the class that the network answers and of the right one.
    """

    weights: Array
    pixels: Array
    bias: float
    z: float
    y: float
    outgoing: Array
    answer: str
    wanted: str


@lru_cache(maxsize=1)
def digit_reader() -> tuple[MLP, Parameters, Dataset]:
    """A network 64-8-10 trained on 1,200 of the 8×8 digits, and 200 others to try it on.

    Trained when first asked for (about a second); the same every time.
    """
    data = digits()
    order = np.random.default_rng(0).permutation(len(data))
    seen, unseen = data.rows(order[:1200]), data.rows(order[1200:1400])
    net = MLP(widths=(data.x.shape[1], 8, 10), hidden=sigmoid, output=softmax, divergence=cross_entropy)
    rng = np.random.default_rng(3)
    result = train(net, net.init(rng, 0.1), seen, SGD(0.4, 0.8, 1e-3), 25, batch_size=20, rng=rng)
    return net, result.params, unseen


def weight_facts(
    net: MLP, params: Mapping[str, ArrayLike], data: Dataset, unit: int, instance: int
) -> WeightFacts:
    """Hidden unit `unit` (from 1) of layer 1 at instance `instance` (from 1) of the data."""
    shape, n = data.image_shape, instance - 1
    trace, arrays = net.forward(params, data.x[n]), net.check_params(params)
    names = data.target_names or tuple(map(str, range(net.widths[-1])))
    return WeightFacts(
        arrays["W1"][unit - 1].reshape(shape),
        data.x[n].reshape(shape),
        float(arrays["b1"][unit - 1]),
        float(trace.pre_activation(1)[unit - 1]),
        float(trace.y[1][unit - 1]),
        arrays["W2"][:, unit - 1],
        names[int(trace.output.argmax())],
        names[int(data.d[n].argmax())],
    )


def weight_images(
    net: MLP | None = None, params: Mapping[str, ArrayLike] | None = None, data: Dataset | None = None
) -> Exploration:
    """The weights of layer 1 as images, and what one unit makes of one instance.

    Parameters
    ----------
    net, params, data
        A network of two layers with several outputs, its parameters, and images to try it on; all three
        or none. By default a small reader of digits (`digit_reader`).
    """
    if net is None or params is None or data is None:
        if not (net is None and params is None and data is None):
            raise ValueError("net, params and data must be given together, or none of them.")
        net, params, data = digit_reader()
    if data.image_shape is None or net.depth != 2 or net.widths[-1] < 2:
        raise ValueError(
            "data must consist of images and net must have one hidden layer and several outputs, "
            f"got {data!r} and widths {net.widths}."
        )
    scene = _Scene(net, net.check_params(params), data)
    controls = (
        Slider("unit", "hidden unit", 1, max(net.widths[1], 2), 1, whole=True),
        Slider("instance", "picture", 1, len(data), 1, whole=True),
    )
    return Exploration("Weights as images", controls, scene.view)


@dataclass(frozen=True, eq=False)
class _Scene:
    net: MLP
    params: Parameters
    data: Dataset

    @property
    def largest(self) -> float:
        return float(np.abs(self.params["W1"]).max()) or 1.0

    def view(self, values: Values) -> View:
        unit, instance = min(values["unit"], self.net.widths[1]), values["instance"]
        facts = weight_facts(self.net, self.params, self.data, unit, instance)
        helped = [self.data.target_names[n] for n in np.argsort(facts.outgoing)[::-1][:2]]
        says = f"Hidden unit {unit} and picture {instance} (a {facts.wanted}): sum of weights × pixels "
        says += f"{number(facts.z - facts.bias)}, plus bias {number(facts.bias)} gives z = {number(facts.z)}"
        says += f", y = {number(facts.y)}."
        out = f"Its largest outgoing weights are to {helped[0]} and {helped[1]}. "
        out += f"The network answers {facts.answer}."
        return View(
            self._base(),
            {"mark": self._mark(unit), "large": self._large(facts), "outgoing": self._outgoing(facts)},
            f"<p><strong>{says}</strong></p><p>{out}</p>",
            f"{says} {out}",
        )

    def _outgoing(self, facts: WeightFacts) -> str:
        return _bars(facts, self.data.target_names, self._foot())

    def _place(self, unit: int) -> tuple[float, float]:
        row, column = divmod(unit - 1, 8)
        return 20 + column * (_THUMB + 24), 34 + row * (_THUMB * self._tall() + 34)

    def _tall(self) -> float:
        rows, columns = self.data.image_shape or (1, 1)
        return rows / columns

    def _foot(self) -> float:
        return self._place(self.net.widths[1])[1] + _THUMB * self._tall() + 54

    def _base(self) -> str:
        thumbs = '<text class="title" x="20" y="20">all hidden units: blue positive, orange negative</text>'
        for unit in range(1, self.net.widths[1] + 1):
            x, y = self._place(unit)
            W = self.params["W1"][unit - 1].reshape(self.data.image_shape)
            indices = diverging_bytes(W, -self.largest, self.largest)
            thumbs += image(indices, x, y, _THUMB, _THUMB * self._tall(), smooth=False)
            thumbs += (
                f'<text class="tick" x="{x:g}" y="{y + _THUMB * self._tall() + 15:.0f}">unit {unit}</text>'
            )
        height = self._foot() + 180 * min(self._tall(), 1.2) + 40
        return picture(880, height, thumbs + part("mark") + part("large") + part("outgoing"))

    def _mark(self, unit: int) -> str:
        x, y = self._place(unit)
        return (
            f'<rect x="{x - 4:g}" y="{y - 4:g}" width="{_THUMB + 8}" height="{_THUMB * self._tall() + 8:g}" '
            'fill="none" stroke="#1b1f24" stroke-width="3" rx="3"/>'
        )

    def _large(self, facts: WeightFacts) -> str:
        top, width = self._foot(), 180 / max(self._tall() / 1.2, 1)
        product = facts.weights * facts.pixels
        most = float(np.abs(facts.pixels).max()) or 1.0
        panels = (
            ("picture", diverging_bytes(facts.pixels, -most, most)),
            ("weights", diverging_bytes(facts.weights, -self.largest, self.largest)),
            ("weights × pixels", diverging_bytes(product, -self.largest, self.largest)),
        )
        return (
            "".join(
                f'<text class="title" x="{20 + n * 200}" y="{top:g}">{name}</text>'
                + image(indices, 20 + n * 200, top + 10, width, width * self._tall(), smooth=False)
                for n, (name, indices) in enumerate(panels)
            )
            + f'<rect class="box" x="20" y="{top + 10:g}" width="{width:g}" '
            f'height="{width * self._tall():g}"/>'
        )


def _bars(facts: WeightFacts, names: tuple[str, ...], top: float) -> str:
    """The outgoing weights as bars to the right (positive) or to the left of a line."""
    largest, step = float(np.abs(facts.outgoing).max()) or 1.0, min(180 / len(names), 22)
    text = f'<text class="title" x="640" y="{top:g}">weights to the outputs</text>'
    for n, (name, weight) in enumerate(zip(names, facts.outgoing, strict=True)):
        y, length = top + 12 + n * step, 76 * float(weight) / largest
        css = "blue" if weight > 0 else "orange"
        text += f'<rect class="{css}" x="{790 + min(length, 0):.1f}" y="{y:.1f}" width="{abs(length):.1f}" '
        text += f'height="{step - 5:.1f}"/><text class="tick" x="640" y="{y + step - 6:.1f}">{name}</text>'
    foot = top + 12 + len(names) * step
    return text + f'<path class="zero" d="M790 {top + 8:g}V{foot:g}"/>'
