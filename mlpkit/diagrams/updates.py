"""Frames of a weight update: every weight before and after, and the change between them."""

from __future__ import annotations

from collections.abc import Iterator

from mlpkit.diagrams.notation import element_id, html_name, number, spoken_name
from mlpkit.diagrams.story import Frame
from mlpkit.formulas import get
from mlpkit.optimizers import SGD
from mlpkit.steps import Name, Optimizer, TrainingStep, WeightChange

__all__ = ["update_equation", "update_frames"]

#: Weights after a step often differ from those before in the third digit only.
_DIGITS = 5


def update_frames(step: TrainingStep, optimizer: Optimizer) -> Iterator[Frame]:
    """One frame a weight, between one that says what is about to happen and one that says what came of it."""
    yield Frame(
        "All derivatives are known; now the weights move",
        f"<p>Loss before the step: {number(step.loss, _DIGITS)}</p>",
        f"The loss before the step is {number(step.loss, _DIGITS)}.",
        get("weight-update").says,
        topic="update",
    )
    for change in step.weights:
        yield _weight_frame(change, optimizer)
    before, after = number(step.loss, _DIGITS), number(step.loss_after, _DIGITS)
    yield Frame(
        "The step is done",
        f"<p>Loss of this instance: {before} before, <b>{after}</b> after</p>",
        f"The loss of this instance was {before} and is now {after}.",
        "The derivatives belong to the old weights; the next step needs a new forward pass.",
        topic="done",
    )


def _weight_frame(change: WeightChange, optimizer: Optimizer) -> Frame:
    edge = element_id(change.name)
    before, after, moved = (number(value, _DIGITS) for value in (change.before, change.after, change.change))
    return Frame(
        f"New {spoken_name(change.name)}",
        update_equation(change, optimizer),
        f"was {before}, changes by {moved}, is now {after}",
        get("momentum-change").says if isinstance(optimizer, SGD) else "",
        texts={f"{edge}-value": f"{before} → {after}", f"d{edge}-value": f"Δ {moved}"},
        classes=_new_sign(change, edge),
        now=(edge, f"{edge}-value", f"d{edge}-value"),
        topic=f"update-{change.name.layer}",
    )


def _new_sign(change: WeightChange, edge: str) -> dict[str, str]:
    """The class that repaints a line whose weight has changed its sign."""
    if change.before * change.after > 0 or change.after == change.before:
        return {}
    return {edge: "to-pos" if change.after > 0 else "to-neg"}


def update_equation(change: WeightChange, optimizer: Optimizer) -> str:
    """The change of a weight, and the weight with it, in symbols and in numbers (HTML)."""
    layer, indices = change.name.layer, change.name.indices
    name, moved = html_name(change.name), html_name(Name("change", layer, indices))
    numbers = {key: number(getattr(change, key), _DIGITS) for key in ("before", "change", "after")}
    rule = f"{_rule(change, optimizer)} = " if isinstance(optimizer, SGD) else ""
    return (
        f"<p>{moved} = {rule}<b>{numbers['change']}</b></p>"
        f"<p>{name} ← {name} + {moved} = {numbers['before']} + {_bracketed(numbers['change'])} = "
        f"<b>{numbers['after']}</b></p>"
    )


def _rule(change: WeightChange, optimizer: SGD) -> str:
    """α · Δ before − η · (derivative + penalty), in symbols and in numbers."""
    layer, indices = change.name.layer, change.name.indices
    eta, alpha = number(optimizer.step_at(), _DIGITS), number(optimizer.momentum, _DIGITS)
    earlier, slope = number(change.earlier, _DIGITS), number(change.gradient, _DIGITS)
    derivative = html_name(Name("dw", layer, indices))
    symbols, numbers = derivative, _bracketed(slope)
    if optimizer.penalty and indices[0]:
        strength = number(optimizer.penalty, _DIGITS)
        pulled = "" if optimizer.penalty_kind == "L2" else "sign "
        symbols = f"({derivative} + λ · {pulled}{html_name(change.name)})"
        numbers = f"({slope} + {strength} · {pulled}{_bracketed(number(change.before, _DIGITS))})"
    return f"α · Δ before − η · {symbols} = {alpha} · {_bracketed(earlier)} − {eta} · {numbers}"


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text
