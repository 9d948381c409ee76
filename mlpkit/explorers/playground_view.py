"""How a play is shown: the plane with its data, the losses, words, and a still picture of it all."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mlpkit._checks import Array
from mlpkit.datasets import Dataset
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.plane import Axes, picture
from mlpkit.diagrams.raster import image
from mlpkit.explorers.exploration import View, part
from mlpkit.explorers.playground import Play, Settings, data_settings, plane_range, play_fields, problem_of

__all__ = [
    "FIELD_BOX",
    "field_view",
    "hidden_names",
    "loss_view",
    "play_alt",
    "play_caption",
    "still_picture",
]

#: Left, top, width and height of the plane inside its picture: a canvas lies there, under the data.
FIELD_BOX = (62, 30, 330, 330)
_FIELD_SIZE = (408, 412)
_LOSS_SIZE = (520, 412)
_TICK_EPOCHS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def _field_axes(settings: Settings) -> Axes:
    (x, y), curve = plane_range(settings), settings.is_curve
    title = "curve and network" if curve else "output over the plane"
    return Axes(x, y, *FIELD_BOX, "x" if curve else "x₁", "d" if curve else "x₂", title)


def field_view(play: Play) -> View:
    """The plane without its colours: axes, data, and for a curve the network's own."""
    axes = _field_axes(play.settings)
    curve = axes.inside(axes.line(_network_curve(play))) if play.settings.is_curve else ""
    return View(_field_base(data_settings(play.settings)), {"curve": curve}, "", play_alt(play))


@lru_cache(maxsize=4)
def _field_base(settings: Settings) -> str:
    axes, (data, test) = _field_axes(settings), problem_of(settings)
    marks = _marks(axes, test, 'opacity=".45"', 2.6) + _marks(axes, data, "", 4.2)
    width, height = _FIELD_SIZE
    svg = picture(width, height, axes.frame() + axes.inside(marks) + part("curve"))
    # The colours lie underneath: no white ground here.
    return svg.replace('<rect width="100%" height="100%" fill="#fff"/>', "", 1)


def _marks(axes: Axes, data: Dataset, more: str, size: float) -> str:
    """Class 1 as blue discs and class 0 as orange squares; for a curve discs only."""
    points = np.column_stack([data.x, data.d]) if data.labels is None else data.x
    places, text, side = axes.places(points), "", 2 * size
    for n, (x, y) in enumerate(places):
        if data.labels is None or data.labels[n] == 1:
            text += f'<circle class="one" cx="{x:.1f}" cy="{y:.1f}" r="{size:g}"/>'
        else:
            corner = f"M{x - size:.1f} {y - size:.1f}"
            text += f'<path class="none" d="{corner}h{side:g}v{side:g}h-{side:g}z"/>'
    return f"<g {more}>{text}</g>"


def _network_curve(play: Play) -> Array:
    x = np.linspace(-1, 1, 201)
    y = play.settings.network().forward(play.training.params, x[:, np.newaxis]).output[:, 0]
    return np.column_stack([x, y])


# -- losses ----------------------------------------------------------------------------------------------


def loss_view(play: Play) -> View:
    """Training and test loss against the epoch."""
    history = play.training.history
    train, test = history.divergence, history.validation_loss
    epochs = np.arange(len(train))
    # As many points as can be told apart, the last always among them.
    kept = np.unique(np.round(np.linspace(0, len(train) - 1, min(len(train), 260))).astype(int))
    last = next(limit for limit in _TICK_EPOCHS if limit >= epochs[-1])
    top = _round_up(min(float(max(train.max(), test.max())), 20 * float(train[0]) + 1.0) * 1.05)
    axes = Axes((0, last), (0, top), 62, 30, 440, 330, "epoch", "mean divergence")
    lines = axes.line(np.column_stack([epochs, test])[kept], "line2")
    lines += axes.line(np.column_stack([epochs, train])[kept])
    return View(
        _loss_base(), {"frame": axes.frame(grid=True), "lines": axes.inside(lines)}, "", _loss_alt(play)
    )


@lru_cache(maxsize=1)
def _loss_base() -> str:
    key = (
        '<path class="line" d="M64 16h36"/><text x="108" y="21">training loss</text>'
        '<path class="line2" d="M224 16h36"/><text x="268" y="21">test loss</text>'
    )
    return picture(*_LOSS_SIZE, key + part("frame") + part("lines"))


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7 times a power of ten: the axis changes seldom."""
    power = 10.0 ** np.floor(np.log10(max(value, 1e-6)))
    return next(f * power for f in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0) if f * power >= value)


def _loss_alt(play: Play) -> str:
    record = play.record
    return (
        f"Loss curves up to epoch {record.epoch}: training {number(record.divergence)}, "
        f"test {number(record.validation_loss)}."
    )


# -- words -----------------------------------------------------------------------------------------------


def _percent(value: float) -> str:
    return f"{number(100 * value, 3)} %"


def play_caption(play: Play) -> str:
    """Epoch, losses and accuracies, as HTML."""
    record = play.record
    text = (
        f"epoch <strong>{record.epoch}</strong> · training loss <strong>{number(record.divergence)}</strong> "
        f"· test loss <strong>{number(record.validation_loss)}</strong>"
    )
    if np.isfinite(record.accuracy):
        text += (
            f" · right: training <strong>{_percent(record.accuracy)}</strong>, "
            f"test <strong>{_percent(record.validation_accuracy)}</strong>"
        )
    return text


def play_alt(play: Play) -> str:
    """What is trained on what, and how far it has come."""
    s, record = play.settings, play.record
    net = s.network()
    words = (
        f"Network {'-'.join(map(str, net.widths))} ({s.activation}) on {s.data}. Epoch {record.epoch}: "
        f"training loss {number(record.divergence)}, test loss {number(record.validation_loss)}"
    )
    if np.isfinite(record.accuracy):
        words += (
            f", training accuracy {_percent(record.accuracy)}, "
            f"test accuracy {_percent(record.validation_accuracy)}"
        )
    return words + "."


def hidden_names(settings: Settings) -> list[list[str]]:
    """Names of the hidden units, layer by layer."""
    return [
        [f"layer {k}, unit {j}" for j in range(1, units + 1)]
        for k, units in enumerate(settings.hidden, start=1)
    ]


# -- a still picture -------------------------------------------------------------------------------------


def still_picture(play: Play) -> str:
    """All of it as one SVG, for pages without a live view."""
    fields, left = play_fields(play), _FIELD_SIZE[0] + 24
    field, loss = field_view(play).svg(), loss_view(play).svg()
    colours = "" if play.settings.is_curve else image(fields[0], *FIELD_BOX)
    body = colours + field + loss.replace("<svg ", f'<svg x="{left}" ', 1)
    n, top = 1, _FIELD_SIZE[1] + 8
    for names in hidden_names(play.settings):
        for column, name in enumerate(names):
            x = 62 + column * 108
            body += image(fields[n], x, top, 84, 84)
            body += f'<text class="tick" x="{x}" y="{top + 99}">{name}</text>'
            n += 1
        top += 114
    alt = play_alt(play)
    return picture(left + _LOSS_SIZE[0], top + 6, body, alt)
