"""Every relative link of a lecture leads to a file that is there, and to a heading that is in it."""

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted((ROOT / "lectures").glob("[0-9][0-9]-*.ipynb"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def headings(path):
    """Anchors as JupyterLab makes them: the words of a heading, joined by hyphens."""
    return {
        line.lstrip("# ").strip().replace(" ", "-") for line in prose(path).splitlines() if line[:1] == "#"
    }


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda path: path.stem)
def test_links_lead_somewhere(lecture):
    broken = []
    for link in LINK.findall(prose(lecture)):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (lecture.parent / file) if file else lecture
        if not target.is_file() or (anchor and target.suffix == ".ipynb" and anchor not in headings(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize(("lecture", "following"), list(pairwise(LECTURES)), ids=lambda path: path.stem)
def test_every_lecture_links_to_the_next(lecture, following):
    assert f"({following.name})" in prose(lecture)
