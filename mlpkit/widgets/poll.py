"""The poll: a question with choices, and the reason why a choice is right or wrong, at once."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

import traitlets

from mlpkit._checks import describe
from mlpkit.diagrams.prose import plain_text, prose_html
from mlpkit.widgets.base import StillWidget, asset, joined_assets

__all__ = ["Poll"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Poll(StillWidget):
    """Ask a question; say at once whether the choice is right, and why.

    One right answer gives radio buttons, several give check boxes. Everything happens in the page, so a poll
    works without a kernel and in an exported page. Keys: Tab goes to the choices, the arrow keys choose (the
    space bar ticks a box), Enter checks. What was answered is part of the widget's state: it comes back when
    the page is reloaded, and with the notebook if that is saved with its widgets' state (in JupyterLab:
    Settings, Save Widget State Automatically).

    The right answer is not in the still picture nor in the plain text, but the page must know it in order to
    answer without a kernel: whoever looks into the notebook's file finds it. A poll is for learning. Where
    the answer counts, ask for it in a solution cell.

    Parameters
    ----------
    question
        Plain text with `$...$` and names, as `mlpkit.diagrams.prose` explains.
    choices
        At least two, written like the question.
    answer
        Number of the right choice, counted from 0; or several of them.
    reasons
        For each choice, why it is right or wrong.
    name
        Accessible name of the whole, such as "Poll: what backpropagation computes".

    Attributes
    ----------
    chosen
        What is ticked now, numbers from 0; a trait.
    checked
        What was ticked when it was last checked; empty before.
    tries
        How often it was checked before it was right (the right one counts).
    solved
        Whether it has been right.
    """

    _esm = asset("poll.js")
    _css = joined_assets("names.css", "poll.css")

    question = traitlets.Unicode(read_only=True).tag(sync=True)
    choices = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)
    several = traitlets.Bool(read_only=True).tag(sync=True)
    name = traitlets.Unicode(read_only=True).tag(sync=True)
    chosen = traitlets.List(traitlets.Int()).tag(sync=True)
    checked = traitlets.List(traitlets.Int()).tag(sync=True)
    tries = traitlets.Int(0, min=0).tag(sync=True)
    solved = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        question: str,
        choices: Sequence[str],
        answer: int | Sequence[int],
        reasons: Sequence[str],
        name: str = "Poll",
    ) -> None:
        _check_texts(question, choices, reasons)
        right = _answers(answer, len(choices))
        self._question, self._choices = plain_text(question), tuple(map(plain_text, choices))
        super().__init__()
        self.set_trait("question", prose_html(question))
        self.set_trait("several", not isinstance(answer, int))
        self.set_trait("name", name)
        both = enumerate(zip(choices, reasons, strict=True))
        self.set_trait(
            "choices",
            [
                {"html": prose_html(choice), "right": n in right, "reason": prose_html(reason)}
                for n, (choice, reason) in both
            ],
        )

    @traitlets.validate("chosen", "checked")
    def _of_the_choices(self, proposal: Any) -> list[int]:
        known = range(len(self._choices))
        if unknown := [n for n in proposal["value"] if n not in known]:
            raise traitlets.TraitError(
                f"{proposal['trait'].name} must hold numbers from 0 to {len(known) - 1}, got {unknown[0]}."
            )
        return sorted(set(proposal["value"]))

    def still_alt(self) -> str:
        lettered = (f"({letter}) {choice}" for letter, choice in zip(_LETTERS, self._choices, strict=False))
        return f"{self.name}: {self._question} {' '.join(lettered)}"

    def still_svg(self) -> str:
        """Question and choices on a card, without the answer."""
        lines = [(20, 600, line) for line in wrap(self._question, 84)]
        for letter, choice in zip(_LETTERS, self._choices, strict=False):
            first, *more = wrap(choice, 80) or [""]
            lines += [(36, 400, f"({letter}) {first}"), *((60, 400, line) for line in more)]
        return _card(lines, self.still_alt())


def _card(lines: Sequence[tuple[int, int, str]], alt: str) -> str:
    """Lines of text, each with its indent and weight, on a white card."""
    height = 26 * len(lines) + 28
    texts = "".join(
        f'<text x="{x}" y="{36 + 26 * n}" font-weight="{weight}">{escape(line)}</text>'
        for n, (x, weight, line) in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(alt, quote=True)}" '
        f'viewBox="0 0 760 {height}" width="760" height="{height}" font-size="16" fill="#1b1f24" '
        "font-family=\"system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif\">"
        f'<rect x="1" y="1" width="758" height="{height - 2}" rx="8" fill="#fff" stroke="#d0d7de"/>'
        f"{texts}</svg>"
    )


def _check_texts(question: str, choices: Sequence[str], reasons: Sequence[str]) -> None:
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"question must be a text, got {describe(question)}.")
    if isinstance(choices, str) or not 2 <= len(choices) <= len(_LETTERS):
        raise ValueError(f"choices must list 2 to {len(_LETTERS)} texts, got {describe(choices)}.")
    if isinstance(reasons, str) or len(reasons) != len(choices):
        raise ValueError(
            f"reasons must have one text for each of {len(choices)} choices, got {len(reasons)}."
        )
    for title, texts in (("choices", choices), ("reasons", reasons)):
        for n, text in enumerate(texts):
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{title}[{n}] must be a text, got {describe(text)}.")


def _answers(answer: int | Sequence[int], count: int) -> frozenset[int]:
    """The right choices; TypeError or ValueError if they are none of the choices."""
    several = [answer] if isinstance(answer, int) else list(answer)
    if not several:
        raise ValueError("answer must name at least one right choice, got none.")
    for n in several:
        if isinstance(n, bool) or not isinstance(n, int):
            raise TypeError(f"answer must be a number counted from 0, or several, got {describe(n)}.")
        if not 0 <= n < count:
            raise ValueError(f"answer must be from 0 to {count - 1} (there are {count} choices), got {n}.")
    return frozenset(several)
