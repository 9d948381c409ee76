"""The errata page, written from the entries and their proofs."""

from __future__ import annotations

from collections.abc import Sequence

from mlpkit.errata.entry import Entry

__all__ = ["write_page"]

_HEAD = """# Errors in the sources

The course is drawn from five documents, called A to E. These are the places where they are wrong or say less
than they should, with what is right. Each entry has a proof: a calculation that `mlpkit.errata` makes and
that the tests repeat. This page is written from the entries, by `python -m mlpkit.errata docs/errata.md`.
"""

_TITLES = {"A": "Source A (and D)", "B": "Source B", "C": "Source C", "E": "Source E"}


def write_page(entries: Sequence[Entry]) -> str:
    """The page in Markdown for these entries, proofs computed."""
    parts = [_HEAD]
    for letter, title in _TITLES.items():
        parts.append(f"## {title}\n")
        parts += [_section(entry) for entry in entries if _belongs(entry, letter)]
    return "\n".join(parts)


def _belongs(entry: Entry, letter: str) -> bool:
    # What D took over from A stands with A.
    return entry.source.replace("D", "A")[0] == letter


def _section(entry: Entry) -> str:
    proof = entry.proof()
    return (
        f"### {entry.id}\n\n"
        f"*{entry.source}: {entry.place}*\n\n"
        f"- **Printed:** {entry.printed}\n"
        f"- **Right:** {entry.right}\n"
        f"- **Why:** {entry.why}\n"
        f"- **Computed:** {proof.evidence}\n"
    )
