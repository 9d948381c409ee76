"""How long from a key press to the painted picture, in a real JupyterLab with a real Chromium.

    python benchmarks/latency.py            # about a minute and a half
    python benchmarks/latency.py --moves 60 --rounds 6

Measured in one run, in turns: the stepper (frames sent once), the learning-rate explorer (a path that Python
computes), the same with another function (a whole redraw), and for comparison `interact` with a Matplotlib
redraw. The clock starts in the page when it gets the key and stops after the frame that shows the answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

from lab_page import LabPage
from lab_server import chromium, find_chromium, jupyterlab
from notebooks.made import open_made
from playwright.sync_api import Page

STEPPER = """\
import numpy as np
from mlpkit import MLP
from mlpkit.diagrams import backward_story
from mlpkit.widgets.stepper import Stepper
net = MLP(widths=(4, 6, 6, 3))
params = net.init(np.random.default_rng(0), 1.0)
Stepper(backward_story(net, params, [.1, .2, .3, .4], [0, 1, 0]), label="Stepper")"""
EXPLORER = "from mlpkit.widgets.learning_rate import LearningRateExplorer\nLearningRateExplorer()"
INTERACT = """\
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact
from mlpkit.descent import SURFACES, descend

surface = SURFACES["tilted bowl"]
grid = np.stack(np.meshgrid(np.linspace(-4, 4, 81), np.linspace(-4, 4, 81)), axis=-1)

@interact(eta=FloatSlider(value=.1, min=.01, max=.24, step=.002))
def show(eta):
    path = descend(surface, (3, 3), eta, steps=50)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2))
    left.contourf(grid[..., 0], grid[..., 1], surface(grid), levels=12)
    left.plot(*path.points.T, "o-")
    right.semilogy(path.values)
    plt.show()"""

#: In the page: remember when the key came, then wait for the change and for the frame that paints it.
WATCH = """(kind) => {
  window.__spent = null;
  let start = null;
  const painted = () => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => { window.__spent = performance.now() - start; };
    after.port2.postMessage(0);
  });
  const key = () => { if (start === null) start = performance.now(); };
  window.addEventListener("keydown", key, { capture: true, once: true });
  const explorer = ".bp-explorer";
  const places = { stepper: ".bp-stepper", path: explorer, redraw: explorer, interact: ".jp-Notebook" };
  const observer = new MutationObserver((changes) => {
    if (start === null) return;
    if (kind !== "interact") {
      observer.disconnect();
      painted();
      return;
    }
    const images = changes.flatMap((c) => [...c.addedNodes]).filter((n) => n.nodeType === 1)
      .flatMap((n) => (n.matches("img") ? [n] : [...n.querySelectorAll("img")]));
    if (!images.length) return;
    observer.disconnect();
    images.at(-1).decode().catch(() => null).then(painted);
  });
  const what = kind === "interact"
    ? { childList: true, subtree: true }
    : { subtree: true, attributes: true, attributeFilter: ["aria-label"] };
  observer.observe(document.querySelector(places[kind]), what);
}"""


def one_move(page: Page, kind: str, key: str) -> float:
    """Milliseconds from the key to the painted answer; the focus is where the key belongs."""
    page.evaluate(WATCH, kind)
    page.keyboard.press(key)
    page.wait_for_function("() => window.__spent !== null", timeout=20_000)
    page.wait_for_timeout(80)  # the next key is not to meet the end of this one
    return float(page.evaluate("() => window.__spent"))


FOCUS = {
    "stepper": ".bp-stepper",
    "path": ".bp-explorer input[type=range]",
    "redraw": ".bp-explorer select",
    "interact": ".widget-slider .noUi-handle",
}
KEYS = {
    "stepper": ("ArrowRight", "ArrowLeft"),
    "path": ("ArrowRight", "ArrowLeft"),
    "redraw": ("ArrowDown", "ArrowUp"),
    "interact": ("ArrowRight", "ArrowLeft"),
}


def measure(page: Page, kind: str, moves: int) -> list[float]:
    """`moves` moves there and back, after two that do not count."""
    place = page.locator(FOCUS[kind]).first
    place.scroll_into_view_if_needed()
    place.focus()
    there, back = KEYS[kind]
    # A list of four functions is gone through one there, one back; sliders go half of the way and return.
    order = [there, back] * moves if kind == "redraw" else [there] * (moves // 2 + 1) + [back] * moves
    spent = [one_move(page, kind, key) for key in order[: moves + 2]]
    return spent[2:]


def run(moves: int, rounds: int) -> dict[str, list[float]]:
    """All four, in turns."""
    results: dict[str, list[float]] = {kind: [] for kind in FOCUS}
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder)) as (url, token),
        chromium(find_chromium()) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        lab = open_made(LabPage(page, url, token), "latency.ipynb", STEPPER, EXPLORER, INTERACT)
        page.wait_for_timeout(1500)
        for _ in range(rounds):
            for kind, known in results.items():
                known.extend(measure(page, kind, moves // rounds))
        lab.shut_down_kernels()
    return results


NAMES = {
    "stepper": "stepper, one step",
    "path": "explorer, path computed by Python",
    "redraw": "explorer, whole redraw",
    "interact": "interact, Matplotlib redraw",
}


def table(results: dict[str, list[float]]) -> str:
    """Median, 95th percentile, and how many times faster than `interact`."""
    slow = float(np.median(results["interact"]))
    lines = [f"{'from key to paint':<36}{'median':>9}{'p95':>9}{'interact / this':>18}"]
    for kind, spent in results.items():
        median, p95 = np.median(spent), np.percentile(spent, 95)
        lines.append(f"{NAMES[kind]:<36}{median:>6.0f} ms{p95:>6.0f} ms{slow / median:>17.1f}×")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=30, help="key presses a kind (default 30)")
    parser.add_argument("--rounds", type=int, default=3, help="turns in which they are taken (default 3)")
    parser.add_argument("--json", type=Path, help="also write every time into this file")
    options = parser.parse_args()
    if find_chromium() is None:
        raise SystemExit("There is no Chromium on this machine (Debian: apt-get install chromium).")
    results = run(options.moves, options.rounds)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
