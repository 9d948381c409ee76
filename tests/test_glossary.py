"""The glossary: in order, without repetition, and every term is really explained in the lecture that it names."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(
    r"^\| (?P<term>.+?) \| (?P<meaning>.+) \| \[(?P<number>\d\d)\]\(\.\./lectures/(?P<file>[^)]+)\) \|$"
)
LINES = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
ROWS = [match for match in map(ROW.match, LINES) if match]


def test_every_row_of_the_table_can_be_read():
    table = [line for line in LINES if line.startswith("|")]
    assert len(ROWS) == len(table) - 2 >= 60


def test_terms_are_in_order_and_stand_once():
    terms = [row["term"].lower() for row in ROWS]
    assert terms == sorted(set(terms))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["term"])
def test_the_lecture_uses_the_term(row):
    path = ROOT / "lectures" / row["file"]
    assert path.name.startswith(row["number"])
    book = nbformat.read(path, as_version=4)
    text = " ".join(cell.source for cell in book.cells if cell.cell_type == "markdown").lower()
    plain = re.sub(r"[*_]|\s+", " ", text)
    term = row["term"].lower().removesuffix(" divergence")
    assert re.sub(r"[-\s]+", " ", term) in re.sub(r"[-\s]+", " ", plain)
