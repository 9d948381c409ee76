"""The errata: every printed form fails, every right one holds, and the page says what the entries say."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlpkit import errata
from mlpkit.errata.entry import Collection, Proof

PAGE = Path(__file__).parents[2] / "docs" / "errata.md"
IDS = [entry.id for entry in errata.ENTRIES]


@pytest.fixture(scope="module")
def page():
    return errata.page()


@pytest.mark.parametrize("id", IDS)
def test_the_printed_form_fails(id):
    assert errata.get(id).proof().printed_holds is False


@pytest.mark.parametrize("id", IDS)
def test_the_right_form_holds(id):
    assert errata.get(id).proof().right_holds is True


@pytest.mark.parametrize("id", IDS)
def test_the_evidence_has_numbers(id):
    assert len(re.findall(r"\d", errata.get(id).proof().evidence)) >= 2


@pytest.mark.parametrize("id", IDS)
def test_a_proof_comes_out_the_same_again(id):
    assert errata.get(id).proof() == errata.get(id).proof()


@pytest.mark.parametrize("id", IDS)
def test_an_id_begins_with_its_sources(id):
    letters = errata.get(id).source.replace(", ", "").lower()
    assert re.fullmatch(r"[a-e]+(-[a-z]+)+", id)
    assert id.split("-")[0] in (letters, letters[0])


def test_ids_are_used_once():
    assert len(set(IDS)) == len(IDS)


def test_every_source_has_entries():
    assert {letter for entry in errata.ENTRIES for letter in entry.source.split(", ")} == set("ABCDE")


def test_the_committed_page_is_that_of_the_entries(page):
    assert PAGE.read_text(encoding="utf-8") == page


def test_the_page_has_every_entry_once(page):
    assert sorted(re.findall(r"^### (.*)$", page, re.MULTILINE)) == sorted(IDS)


@pytest.mark.parametrize("id", IDS)
def test_the_texts_have_closed_formulas(id):
    entry = errata.get(id)
    texts = (entry.printed, entry.right, entry.why, entry.proof().evidence)
    assert all(text.count("$") % 2 == 0 and text.count("{") == text.count("}") for text in texts)


def test_the_page_can_be_written_from_the_command_line(tmp_path, page):
    target = tmp_path / "errata.md"
    subprocess.run([sys.executable, "-m", "mlpkit.errata", str(target)], check=True)
    assert target.read_text(encoding="utf-8") == page


def test_entries_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        errata.ENTRIES[0].right = "something else"


def test_an_unknown_id_lists_those_there_are():
    with pytest.raises(KeyError, match="a-three-variables-sign"):
        errata.get("a-three-variable-sign")


def test_a_proof_that_fails_says_so():
    collection = Collection()

    @collection.erratum("a-nothing", "A", "nowhere", printed="1 = 1", right="1 = 2", why="")
    def _wrong():
        return Proof(1 == 1, 1 == 2, "1 and 2")  # noqa: PLR0133

    [entry] = collection.entries()
    assert (entry.proof().printed_holds, entry.proof().right_holds) == (True, False)
