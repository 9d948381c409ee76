"""Short texts with a little mathematics in them, for pictures and widgets.

`$...$` holds a small part of TeX: letters, numbers, Greek letters, indices, dots and hats, fractions and
the usual signs. It becomes MathML, which browsers draw and screen readers read without any script: the same
in JupyterLab, in an exported page and without a network. (MathJax is not told of what a widget puts into
the page.) Names made by `mlpkit.diagrams.notation.html_name` may stand in the text as well, and code
between backticks. Anything else is plain text: HTML is not let through.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from unicodedata import normalize

from mlpkit.diagrams.notation import expand_names

__all__ = ["plain_text", "prose_html"]


@dataclass(frozen=True)
class _Piece:
    """A part of a formula: as MathML and in one line of plain text."""

    mathml: str
    plain: str


_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_SIGNS = {
    "cdot": "·", "times": "×", "circ": "∘", "odot": "⊙", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "to": "→", "leftarrow": "←", "rightarrow": "→",
    "in": "∈", "sum": "∑", "prod": "∏", "infty": "∞", "partial": "∂", "nabla": "∇", "Vert": "‖",
    "vert": "|", "mid": "|", "ldots": "…", "dots": "…", "cdots": "⋯", "top": "⊤", "propto": "∝",
    "lbrace": "{", "rbrace": "}", "{": "{", "}": "}", "%": "%", "$": "$",
}  # fmt: skip
_FUNCTIONS = {"exp", "log", "ln", "sin", "cos", "tanh", "max", "min", "argmax"}
_SPACES = {",": "\u2009", ";": "\u2005", " ": " ", "quad": "\u2003", "!": ""}
_ACCENTS = {"dot": "\u0307", "hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "vec": "\u20d7"}
_OVER = {"dot": "˙", "hat": "^", "bar": "‾", "tilde": "~", "vec": "→"}
_WORDS = {"mathrm", "text", "operatorname", "mathbf"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.S)


# -- a small reader of TeX -------------------------------------------------------------------------------


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, tex: str) -> None:
        self.tex = tex
        self.tokens = [token for token in _TOKEN.findall(tex) if token.strip()]
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next
        if not token:
            raise self.error("ends too early")
        self.at += 1
        return token

    def error(self, why: str) -> ValueError:
        return ValueError(f"the formula ${self.tex}$ {why}; see mlpkit.diagrams.prose for what can be used.")

    def row(self, until: str = "") -> _Piece:
        """Everything up to the token `until`, which is consumed (or to the end)."""
        pieces = []
        while self.next != until:
            if self.next == "}":
                raise self.error("has a } without a {")
            pieces.append(self.scripted())
        if until:
            self.take()
        return _Piece(_row(pieces), "".join(piece.plain for piece in pieces))

    def scripted(self) -> _Piece:
        """One atom with what is raised and lowered at it."""
        base, above, below = self.atom(), "", ""
        plain = base.plain
        while self.next in ("^", "_", "'"):
            if (sign := self.take()) == "'":
                above += "<mo>′</mo>"
                plain += "′"
                continue
            script = self.atom()
            plain += sign + _bracketed(script.plain.replace(" ", ""))
            above, below = (above + script.mathml, below) if sign == "^" else (above, below + script.mathml)
        return _Piece(_with_scripts(base.mathml, above, below), plain)

    def atom(self) -> _Piece:
        token = self.take()
        if token == "{":
            return self.row(until="}")
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return _Piece(f"<mn>{token}</mn>", token)
        if token.isalpha():
            return _Piece(f"<mi>{token}</mi>", token)
        shown = "−" if token == "-" else token
        return _Piece(f"<mo>{escape(shown)}</mo>", _spaced(shown))

    def command(self, name: str) -> _Piece:
        if name in ("left", "right"):
            return self.atom()
        if name in _WORDS:
            return self.word()
        if name == "frac":
            above, below = self.atom(), self.atom()
            both = f"<mfrac>{above.mathml}{below.mathml}</mfrac>"
            return _Piece(both, f"{_bracketed(above.plain)}/{_bracketed(below.plain)}")
        if name == "sqrt":
            inside = self.atom()
            return _Piece(f"<msqrt>{inside.mathml}</msqrt>", f"√({inside.plain})")
        if name in _ACCENTS:
            return _accented(self.atom(), name)
        return self.sign(name)

    def word(self) -> _Piece:
        """Letters between braces, set upright."""
        if self.take() != "{":
            raise self.error("needs braces round upright letters")
        letters = ""
        while (token := self.take()) != "}":
            letters += token
        return _Piece(f'<mi mathvariant="normal">{escape(letters)}</mi>', letters)

    def sign(self, name: str) -> _Piece:
        if name in _GREEK:
            return _Piece(f"<mi>{_GREEK[name]}</mi>", _GREEK[name])
        if name in _FUNCTIONS:
            return _Piece(f"<mi>{name}</mi>", f"{name} ")
        if name in _SPACES:
            return _Piece(f"<mtext>{_SPACES[name]}</mtext>", _SPACES[name])
        if name in _SIGNS:
            return _Piece(f"<mo>{escape(_SIGNS[name])}</mo>", _spaced(_SIGNS[name]))
        raise self.error(f"uses \\{name}, which is not known here")


def _accented(inside: _Piece, accent: str) -> _Piece:
    plain = normalize("NFC", inside.plain + _ACCENTS[accent])
    if len(plain) == 1:
        # One letter with its accent: not every font has an accent that can be set over a letter.
        return _Piece(f'<mi mathvariant="normal" style="font-style:italic">{plain}</mi>', plain)
    return _Piece(f'<mover accent="true">{inside.mathml}<mo>{_OVER[accent]}</mo></mover>', plain)


def _row(pieces: list[_Piece]) -> str:
    inside = "".join(piece.mathml for piece in pieces)
    return inside if len(pieces) == 1 else f"<mrow>{inside}</mrow>"


def _with_scripts(base: str, above: str, below: str) -> str:
    # Each script is one element, whatever it is made of.
    above, below = (f"<mrow>{part}</mrow>" if part else "" for part in (above, below))
    if above and below:
        return f"<msubsup>{base}{below}{above}</msubsup>"
    if above:
        return f"<msup>{base}{above}</msup>"
    return f"<msub>{base}{below}</msub>" if below else base


def _bracketed(plain: str) -> str:
    bracketed = plain.startswith("(") and plain.endswith(")")
    return plain if len(plain) < 3 or bracketed or plain.isalnum() else f"({plain})"


def _spaced(sign: str) -> str:
    return f" {sign} " if sign in "=+−≤≥≠≈→←∈<>·×∘⊙±∝" else sign


# -- texts -----------------------------------------------------------------------------------------------

_PART = re.compile(r"(?<!\\)\$(.+?)(?<!\\)\$|`([^`]+)`", re.S)
_NAME = re.compile("‹([^|›]*)\\|([^|›]*)\\|([^›]*)›")


def prose_html(text: str) -> str:
    """`text` as HTML, with MathML for `$...$`, `<code>` for backticks and markup for names."""
    return _converted(
        text,
        lambda tex: f'<math displaystyle="true">{_Reader(tex).row().mathml}</math>',
        lambda code: f"<code>{escape(code)}</code>",
        lambda words: expand_names(escape(words)),
    )


def plain_text(text: str) -> str:
    """`text` in plain letters, for still pictures, alt texts and screen readers."""
    written = _converted(
        text,
        lambda tex: re.sub(" +", " ", _Reader(tex).row().plain).strip(),
        lambda code: code,
        lambda words: _NAME.sub(lambda m: f"{m[1]}{m[2]}" + (f"[{m[3]}]" if m[3] else ""), words),
    )
    return " ".join(written.split())


def _converted(
    text: str, formula: Callable[[str], str], code: Callable[[str], str], words: Callable[[str], str]
) -> str:
    parts, end = [], 0
    for match in _PART.finditer(text):
        parts.append(words(text[end : match.start()].replace("\\$", "$")))
        parts.append(formula(match[1]) if match[1] is not None else code(match[2]))
        end = match.end()
    return "".join([*parts, words(text[end:].replace("\\$", "$"))])
