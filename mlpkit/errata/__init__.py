"""The errata: what the source documents get wrong, each with a proof that is computed.

``ENTRIES`` lists them in the order of the sources; ``get(id).proof()`` computes both forms and says with
numbers which one holds. ``page()`` is the errata page for readers; ``python -m mlpkit.errata docs/errata.md``
writes it.
"""

from mlpkit.errata import calculus, notes, passes, training
from mlpkit.errata.entry import Entry, Proof
from mlpkit.errata.pages import write_page

__all__ = ["ENTRIES", "Entry", "Proof", "get", "page"]

#: Every entry, those of A and D first, then B, C, E.
ENTRIES: tuple[Entry, ...] = (*calculus.ENTRIES, *passes.ENTRIES, *training.ENTRIES, *notes.ENTRIES)


def get(id: str) -> Entry:
    """The entry of this id, or KeyError with all ids."""
    for entry in ENTRIES:
        if entry.id == id:
            return entry
    raise KeyError(f"there is no erratum {id!r}; there are: {', '.join(entry.id for entry in ENTRIES)}.")


def page() -> str:
    """The errata page in Markdown: every entry with its proof, computed."""
    return write_page(ENTRIES)
