"""The learning rate: a descent on a function of two variables, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlpkit._checks import Array
from mlpkit.descent import SURFACES, Path, Surface, contraction_factor, curvatures, descend, limit_step
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.plane import Axes, level_lines, picture
from mlpkit.explorers.controls import Choice, Slider, Values
from mlpkit.explorers.exploration import Exploration, View, part

__all__ = ["DescentFacts", "descent_facts", "learning_rate"]

_WIDTH, _HEIGHT = 960, 452


@dataclass(frozen=True)
class _Scene:
    """Where a named function is shown from: the ranges of the picture and the start."""

    x: tuple[float, float]
    y: tuple[float, float]
    start: tuple[float, float]


_SCENES = {
    "tilted bowl": _Scene((-4, 4), (-4, 4), (3.0, 3.0)),
    "narrow valley": _Scene((-4, 4), (-1.6, 1.6), (-3.5, 1.0)),
    "two minima": _Scene((-2, 2), (-1.6, 1.6), (0.3, 1.2)),
    "saddle": _Scene((-3, 3), (-3, 3), (2.5, 0.02)),
}
_QUADRATIC = ("tilted bowl", "narrow valley", "saddle")
_PRINTED = {
    "tilted bowl": "x₁² + x₁x₂ + 4x₂²",
    "narrow valley": "x₁²/2 + 25x₂²",
    "two minima": "(x₁² − 1)²/4 + x₁/10 + x₂²/2",
    "saddle": "x₁² − x₂²",
}


@dataclass(frozen=True)
class DescentFacts:
    """A descent and the verdict on it.

    Attributes
    ----------
    surface, eta, alpha, path
        The function, the step η, the momentum α and where the descent went.
    verdict
        "converging", "oscillating", "diverging" or "still moving".
    why
        The reason, in a sentence.
    limit
        The step at which descent stops converging, 2(1 + α)/λ_max (at the minimum reached, where the
        curvature is not the same everywhere); None where no step converges or none is known.
    """

    surface: Surface
    eta: float
    alpha: float
    path: Path
    verdict: str
    why: str
    limit: float | None


def descent_facts(
    function: str, eta: float, alpha: float, start: tuple[float, float], steps: int
) -> DescentFacts:
    """Descend on a named function of `SURFACES` and judge what happens.

    On a quadratic the verdict is the theory's, exact for any number of steps; elsewhere it is read from a
    descent of at least 300 steps.
    """
    surface = SURFACES[function]
    path = descend(surface, start, eta, momentum=alpha, steps=steps)
    if function in _QUADRATIC:
        verdict, why, limit = _by_theory(surface, eta, alpha, path)
    else:
        verdict, why, limit = _by_trying(surface, eta, alpha, path)
    return DescentFacts(surface, eta, alpha, path, verdict, why, limit)


def _by_theory(surface: Surface, eta: float, alpha: float, path: Path) -> tuple[str, str, float | None]:
    H = surface.hessian_at(path.points[0])
    values, axes = np.linalg.eigh(H)
    if values[0] < 0:
        return _on_a_saddle(values, axes, path)
    limit = limit_step(H, alpha)
    if eta > limit * (1 + 1e-9):
        return "diverging", f"η is above the limit {_limit_text(limit, alpha)}.", limit
    if eta >= limit * (1 - 1e-9):
        return "oscillating", f"η is the limit {_limit_text(limit, alpha)} itself.", limit
    factor = contraction_factor(H, eta, alpha)
    leaps = alpha == 0 and eta * curvatures(H)[-1] > 1 + 1e-9
    how = ", leaping from side to side" if leaps else ""
    digits = 3 if factor < 0.9995 else 6  # just below the limit it must not read as 1
    why = (
        f"η is below the limit {_limit_text(limit, alpha)}; in the long run each step multiplies "
        f"the error by {number(factor, digits)}{how}."
    )
    return "converging", why, limit


def _limit_text(limit: float, alpha: float) -> str:
    return f"{'2(1 + α)' if alpha else '2'}/λ_max = {number(limit, 5)}"


def _on_a_saddle(values: Array, axes: Array, path: Path) -> tuple[str, str, None]:
    along = axes[:, 0] @ path.gradients[0]
    curvature = number(float(values[0]))
    if along == 0:
        why = f"it starts exactly on the ridge; the least error sends it away (curvature {curvature})."
        return "converging", why, None
    return "diverging", f"one curvature is {curvature}: no step is small enough, f has no minimum.", None


_VERDICTS = {
    "converged": "converging",
    "oscillating": "oscillating",
    "diverging": "diverging",
    "not converged yet": "still moving",
}


def _by_trying(surface: Surface, eta: float, alpha: float, path: Path) -> tuple[str, str, float | None]:
    long = path
    if path.status == "not converged yet" and path.steps < 300:
        long = descend(surface, path.points[0], eta, momentum=alpha, steps=300)
    verdict = _VERDICTS[long.status]
    if verdict == "diverging":
        return verdict, "the steps carry it further and further out.", None
    least = _nearest_minimum(surface, long.end)
    if least is None:
        return verdict, f"judged after {long.steps} steps.", None
    H = surface.hessian_at(least)
    limit = limit_step(H, alpha)
    # Near the minimum the function is a bowl, and theory knows the end of a path that has not ended yet.
    if np.linalg.norm(long.end - least) < 0.05 and contraction_factor(H, eta, alpha) < 1:
        verdict = "converging"
    where = ", ".join(number(float(value), 3) for value in least)
    return (
        verdict,
        f"the minimum near it is ({where}), where the limit is {_limit_text(limit, alpha)}.",
        limit,
    )


def _nearest_minimum(surface: Surface, start: Array) -> Array | None:
    """The minimum that Newton's steps from `start` lead to, or None if they lead to none."""
    x = np.array(start, dtype=float)
    for _ in range(40):
        H = surface.hessian_at(x)
        if curvatures(H)[0] <= 1e-9 or np.abs(x).max() > 1e3:
            return None
        x = x - np.linalg.solve(H, surface.gradient_at(x))
    return x


# -- drawing -------------------------------------------------------------------------------------------


def _plane(function: str) -> Axes:
    scene = _SCENES[function]
    return Axes(scene.x, scene.y, 62, 34, 400, 366, "x₁", "x₂", f"f = {_PRINTED[function]}")


def _loss_axes(facts: DescentFacts, wanted: int) -> Axes:
    """f against the step: logarithmic where the least value is 0, so that a steady rate is a line."""
    first = float(facts.path.values[0])
    steps = wanted * 1.03  # room for the last dot
    title, box = "f along the path", (548.0, 34.0, 390.0, 366.0)
    if facts.surface.name in ("tilted bowl", "narrow valley"):
        low = max(first, 1e-6)
        return Axes((0, steps), (low * 1e-10, low * 1e3), *box, "step", "f", title, y_log=True)
    scene = _SCENES[facts.surface.name]
    corner = abs(float(facts.surface([scene.x[1], scene.y[1]]))) + 1.0
    low, high = (-0.25, max(first, 0.5)) if facts.surface.name == "two minima" else (-corner, corner)
    return Axes((0, steps), (low, high * 1.2), *box, "step", "f", title)


@lru_cache(maxsize=16)
def _base(function: str) -> str:
    axes = _plane(function)
    levels = axes.inside(level_lines(axes, SURFACES[function]))
    return picture(_WIDTH, _HEIGHT, levels + axes.frame() + part("path") + part("frame") + part("loss"))


def _path_markup(facts: DescentFacts, axes: Axes) -> str:
    points = facts.path.points
    ends = axes.dots(points[:1], "start", 6) + axes.dots(points[-1:], "end", 5)
    return axes.inside(axes.line(points) + axes.dots(points[1:-1], "dot", 2.6) + ends)


def _loss_markup(facts: DescentFacts, axes: Axes) -> str:
    values = facts.path.values
    points = np.stack([np.arange(len(values)), np.maximum(values, 1e-300) if axes.y_log else values], axis=1)
    return axes.inside(axes.line(points) + axes.dots(points[-1:], "end", 5))


def _end(facts: DescentFacts) -> str:
    x, y = (number(float(value), 4) for value in facts.path.end)
    scene = _SCENES[facts.surface.name]
    low, high = np.array([scene.x, scene.y]).T
    gone = "" if ((low <= facts.path.end) & (facts.path.end <= high)).all() else ", outside of the picture"
    value = number(float(facts.path.values[-1]), 4)
    return f"After {facts.path.steps} steps: x = ({x}, {y}), f = {value}{gone}."


def _view(values: Values) -> View:
    function = values["function"]
    start = (values["x1"], values["x2"])
    facts = descent_facts(function, values["eta"], values["alpha"], start, values["steps"])
    axes, beside = _plane(function), _loss_axes(facts, values["steps"])
    verdict = facts.verdict.capitalize()
    caption = f"<p><strong>{verdict}:</strong> {facts.why}</p><p>{_end(facts)}</p>"
    settings = f"f = {_PRINTED[function]}, η = {number(facts.eta)}, α = {number(facts.alpha)}, "
    settings += f"start ({number(start[0])}, {number(start[1])})."
    return View(
        _base(function),
        {
            "path": _path_markup(facts, axes),
            "frame": beside.frame(grid=True),
            "loss": _loss_markup(facts, beside),
        },
        caption.replace("λ_max", "<i>λ</i><sub>max</sub>"),
        f"Gradient descent on {settings} {verdict}: {facts.why} {_end(facts)}",
        axes.click("x1", "x2"),
    )


def _settle(before: Values, after: Values) -> Values:
    """A function newly chosen is entered at its own start; points stay in the picture."""
    scene = _SCENES[after["function"]]
    if before["function"] != after["function"]:
        return {**after, "x1": scene.start[0], "x2": scene.start[1]}
    x1, x2 = np.clip(after["x1"], *scene.x), np.clip(after["x2"], *scene.y)
    return {**after, "x1": float(x1), "x2": float(x2)}


def learning_rate() -> Exploration:
    """Descent with step η and momentum α on the level lines of a function, and f beside it."""
    controls = (
        Choice("function", "function", tuple(_SCENES)),
        Slider("eta", "step η", 0.001, 1.0, 0.1, log=True, positions=180),
        Slider("alpha", "momentum α", 0.0, 0.98, 0.0, step=0.01),
        Slider("steps", "steps", 1, 200, 50, whole=True),
        Slider("x1", "start x₁", -4.0, 4.0, 3.0, step=0.05),
        Slider("x2", "start x₂", -4.0, 4.0, 3.0, step=0.05),
    )
    return Exploration("Learning rate", controls, _view, _settle)
