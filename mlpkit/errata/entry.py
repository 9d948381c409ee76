"""What an entry of the errata is: a misprint of a source, what is right, and a proof that is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Collection", "Entry", "Proof"]


@dataclass(frozen=True)
class Proof:
    """What came out when both forms were computed.

    Attributes
    ----------
    printed_holds
        Whether the form printed in the source holds.
    right_holds
        Whether the corrected form holds.
    evidence
        The numbers that decide it, as a sentence.
    """

    printed_holds: bool
    right_holds: bool
    evidence: str

    def __post_init__(self) -> None:
        # NumPy's comparisons give booleans of its own, which print differently.
        object.__setattr__(self, "printed_holds", bool(self.printed_holds))
        object.__setattr__(self, "right_holds", bool(self.right_holds))


@dataclass(frozen=True)
class Entry:
    """One error of a source.

    Attributes
    ----------
    id
        Name, in kebab-case, beginning with the letter of the source.
    source
        Short names of the sources in which it stands.
    place
        Where in the source.
    printed, right
        What stands there and what is right; formulas between dollar signs.
    why
        How one can see it.
    """

    id: str
    source: str
    place: str
    printed: str
    right: str
    why: str
    prove: Callable[[], Proof] = field(repr=False)

    def proof(self) -> Proof:
        """Compute both forms and say which one holds, with the numbers."""
        return self.prove()


class Collection:
    """The entries of one module: `erratum` registers the function below it as the proof of an entry."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def erratum(
        self, id: str, source: str, place: str, *, printed: str, right: str, why: str
    ) -> Callable[[Callable[[], Proof]], Callable[[], Proof]]:
        """Take the fields of an entry; what is decorated computes its proof."""

        def keep(prove: Callable[[], Proof]) -> Callable[[], Proof]:
            self._entries.append(Entry(id, source, place, printed, right, why, prove))
            return prove

        return keep

    def entries(self) -> tuple[Entry, ...]:
        """All entries, in the order in which they were written down."""
        return tuple(self._entries)
