"""Draw the animation at the head of the README: a stepper of lecture 09, a press of the key for each picture.

    python -m tools.readme_picture        # needs Chromium; writes docs/images/stepper.gif

The stepper comes from the static site, so that what the README shows is what the course shows.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tools.build_site.cli import main as build_site

__all__ = ["animation", "main", "steps"]

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "stepper.gif"
LECTURE = "lectures/09-the-backward-pass.html"
NAME = "Backward pass of a network with two outputs"
WIDTH = 1000
STEP_MS, LAST_MS = 1100, 4000
COLOURS = 64
EDGE = 3  # the frame and its round corners are left out


def steps(browser: Browser, page_file: Path) -> Iterator[Image.Image]:
    """Each step of the stepper, as a picture."""
    page = browser.new_page(viewport={"width": WIDTH + 360, "height": 900})
    page.goto(page_file.as_uri())
    stepper = page.get_by_role("group", name=NAME, exact=True)
    slider = stepper.get_by_label("Step", exact=True)
    slider.wait_for()
    stepper.press("Home")
    page.wait_for_timeout(400)
    for _ in range(int(slider.get_attribute("max") or 0) + 1):
        yield Image.open(io.BytesIO(stepper.screenshot())).convert("RGB")
        stepper.press("ArrowRight")
        page.wait_for_timeout(400)  # colours fade


def animation(pictures: Sequence[Image.Image], path: Path) -> None:
    """Write pictures as an animation with one palette, so that nothing flickers."""
    size = max(picture.width for picture in pictures), max(picture.height for picture in pictures)
    frames = []
    for picture in pictures:
        frame = Image.new("RGB", size, "white")
        frame.paste(picture.crop((EDGE, EDGE, picture.width - EDGE, picture.height - EDGE)), (EDGE, EDGE))
        frames.append(frame)
    palette = frames[len(frames) // 2].quantize(COLOURS, dither=Image.Dither.NONE)
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [STEP_MS] * (len(flat) - 1) + [LAST_MS]
    flat[0].save(path, save_all=True, append_images=flat[1:], duration=durations, loop=0, optimize=True)


def main() -> int:
    """Build the site aside, take the pictures, write the file."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is needed: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder) / "site"
        if failed := build_site(["--into", str(site)]):
            return failed
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        animation(list(steps(browser, site / LECTURE)), PICTURE)
        browser.close()
    print(f"Written: {PICTURE.relative_to(ROOT)}, {PICTURE.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
