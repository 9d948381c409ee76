"""The course's formulas as MathML, made when the site is built.

Browsers draw MathML and screen readers read it without any script and without a network. What is read here is
the part of TeX that the course writes; anything else ends the build with the formula's own text, so that no
page ever shows a formula half set.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

__all__ = ["TexError", "characters", "mathml"]

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "partial": "∂", "ell": "ℓ",
}  # fmt: skip
_UPRIGHT = {
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω", "nabla": "∇", "infty": "∞", "top": "⊤", "#": "#", "%": "%", "$": "$", "&": "&",
    "_": "_", "dots": "…", "ldots": "…", "cdots": "⋯", "vdots": "⋮",
}  # fmt: skip
_RELATIONS = {
    "leftarrow": "←", "rightarrow": "→", "to": "→", "mapsto": "↦", "Rightarrow": "⇒", "le": "≤", "leq": "≤",
    "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "sim": "∼", "propto": "∝", "in": "∈",
    "ll": "≪", "gg": "≫", "equiv": "≡", "mid": "∣",
}  # fmt: skip
_BINARY = {
    "cdot": "⋅", "times": "×", "circ": "∘", "odot": "⊙", "pm": "±", "mp": "∓", "oplus": "⊕", "ast": "∗",
}  # fmt: skip
_FENCES = {
    "lVert": "‖", "rVert": "‖", "Vert": "‖", "|": "‖", "lvert": "|", "rvert": "|", "vert": "|",
    "{": "{", "}": "}", "lbrace": "{", "rbrace": "}", "langle": "⟨", "rangle": "⟩",
}  # fmt: skip
_CLOSING = {"rVert", "rvert", "rangle", "}", "rbrace"}
_FUNCTIONS = {"exp", "log", "ln", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arctan", "det"}
_LIMITS = {"max": "max", "min": "min", "lim": "lim", "arg": "arg", "sum": "∑", "prod": "∏"}
_SPACES = {",": 0.167, ":": 0.222, ";": 0.278, " ": 0.333, "quad": 1.0, "qquad": 2.0}
_ACCENTS = {"dot": "˙", "ddot": "¨", "hat": "ˆ", "tilde": "˜", "bar": "¯", "vec": "→"}
_MATRICES = {"matrix": ("", ""), "bmatrix": ("[", "]"), "pmatrix": ("(", ")"), "vmatrix": ("|", "|")}
_SIGNS = {"-": "−", "*": "∗"}
_RELATION_SIGNS, _BINARY_SIGNS = "=<>≤≥≠≈→←∈:", "+−∗±×⋅∘⊙"
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.S)
_TALL = re.compile(r"<mfrac|<mtable|<munder|<mover>|<msqrt|<mroot|∑|∏|∫")
_SIGNED = ("<mo>−</mo>", "<mo>+</mo>", "<mo>±</mo>")
# After such a sign a minus belongs to what follows it.
_OPENS = re.compile(r"(?:<mo[^>]*>[^\w)\]}|‖…/′]</mo>|<mspace[^>]*>)$")
_LONG = 16  # visible signs; a longer formula within a line may be broken after a relation or an operator
_SCRIPT_EXCEPTIONS = {
    "B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ",
    "e": "ℯ", "g": "ℊ", "o": "ℴ",
}  # fmt: skip


class TexError(ValueError):
    """A formula with something in it that is not read here."""


@dataclass(frozen=True)
class _Atom:
    """One element of a row: its MathML, and what may be done round it."""

    mathml: str
    limits: bool = False  # scripts go above and below it
    function: bool = False  # what follows it stands a little apart
    breaks: bool = False  # a line may end after it


_THIN = _Atom('<mspace width="0.167em"/>')


def mathml(tex: str, *, display: bool = False) -> str:
    """Return the formula as one ``<math>`` element, or as several that a line may be broken between.

    Parameters
    ----------
    tex
        What stands between the dollar signs.
    display
        Whether it stands on a line of its own.

    Raises
    ------
    TexError
        If there is a command, or a construction, that is not known here.
    """
    atoms = _Reader(tex).whole()
    if display:
        return f'<math display="block">{_join(atoms)}</math>'
    if len(_seen(_join(atoms))) <= _LONG:
        return f"<math>{_join(atoms)}</math>"
    return "<wbr>".join(f"<math>{_join(piece)}</math>" for piece in _pieces(atoms))


def characters() -> str:
    """Every character that a formula may show: what a font for the site must have."""
    tables = (_GREEK, _UPRIGHT, _RELATIONS, _BINARY, _FENCES, _ACCENTS, _SIGNS, _SCRIPT_EXCEPTIONS)
    signs = "".join(sign for table in tables for sign in table.values())
    letters = "".join(map(chr, range(0x20, 0x7F)))
    styled = "".join(
        _styled(letter, style) for style in ("bold", "script") for letter in letters if letter.isalnum()
    )
    italic = "".join(map(chr, range(0x1D434, 0x1D468))) + "".join(map(chr, range(0x1D6A8, 0x1D71C)))
    return "".join(sorted(set(signs + letters + styled + italic + "′″‴ℎ∑∏∫√()[]|ηλε…̸")))


def _join(atoms: list[_Atom]) -> str:
    return "".join(atom.mathml for atom in atoms)


def _seen(markup: str) -> str:
    """What is visible of some MathML."""
    return re.sub(r"<[^>]*>|&[a-z]+;", "", markup)


def _pieces(atoms: list[_Atom]) -> list[list[_Atom]]:
    """The atoms in pieces, each of which ends where a line may end: not after a comma within brackets."""
    pieces: list[list[_Atom]] = [[]]
    depth = 0
    for atom in atoms:
        pieces[-1].append(atom)
        shown = _seen(atom.mathml)
        depth += sum(sign in "([" for sign in shown) - sum(sign in ")]" for sign in shown)
        if atom.breaks or (shown == "," and depth == 0):
            pieces.append([])
    return [piece for piece in pieces if piece]


def _mo(sign: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<mo{written}>{escape(sign, quote=False)}</mo>"


def _fence(sign: str, form: str, grows: str) -> str:
    """A bracket that grows with what it holds, or does not; nothing where there is none."""
    return _mo(sign, form=form, stretchy=grows, lspace="0", rspace="0") if sign else ""


def _row(atoms: list[_Atom]) -> str:
    return _join(atoms) if len(atoms) == 1 else f"<mrow>{_join(atoms)}</mrow>"


def _styled(letter: str, style: str) -> str:
    """A letter or digit as Unicode's bold or script form of it."""
    if style == "script":
        plain = letter in _SCRIPT_EXCEPTIONS or not letter.isalpha()
        return _SCRIPT_EXCEPTIONS.get(letter, letter) if plain else _shifted(letter, 0x1D49C)
    return chr(0x1D7CE + int(letter)) if letter.isdigit() else _shifted(letter, 0x1D400)


def _shifted(letter: str, start: int) -> str:
    return chr(start + ord(letter) - (ord("A") if letter.isupper() else ord("a") - 26))


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, tex: str) -> None:
        self.tex = tex
        self.tokens = _TOKEN.findall(tex)
        self.at = 0

    # -- tokens ------------------------------------------------------------------------------------------

    def peek(self) -> str:
        """The next token that is not a space; empty at the end."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise self.error("ends too early")
        self.at += 1
        return token

    def error(self, why: str) -> TexError:
        return TexError(
            f"the formula ${self.tex.strip()}$ {why}: teach tools.build_site.tex, or write it otherwise"
        )

    # -- rows --------------------------------------------------------------------------------------------

    def whole(self) -> list[_Atom]:
        atoms = self.row(lambda token: token == "")
        if not atoms:
            raise self.error("is empty")
        return atoms

    def row(self, ends: Callable[[str], bool]) -> list[_Atom]:
        """The atoms up to a token at which the row ends; that token is left where it is."""
        atoms: list[_Atom] = []
        while not ends(token := self.peek()):
            if token in ("", "}", "&", r"\\", r"\right", r"\end"):
                raise self.error(f"has {token or 'its end'} where it should not be")
            atom = self.scripted()
            if atom.mathml in _SIGNED and (not atoms or _OPENS.search(atoms[-1].mathml)):
                atom = _Atom(atom.mathml.replace("<mo>", '<mo form="prefix">'))
            if atom.mathml:
                atoms.append(atom)
            if (
                atom.function
                and not ends(self.peek())
                and self.peek() not in ("(", "[", r"\left", r"\!", r"\,")
            ):
                atoms.append(_THIN)
        return atoms

    def scripted(self) -> _Atom:
        """One atom with what is raised and lowered at it."""
        base, above, below = self.atom(), "", ""
        while (sign := self.peek()) in ("^", "_", "'"):
            self.take()
            if sign == "'":
                primes = 1
                while self.peek() == "'":
                    primes += bool(self.take())
                above += _mo(" ′″‴"[primes], lspace="0", rspace="0")
            elif sign == "^":
                above += self.argument()
            elif below:
                raise self.error("has two indices below one letter")
            else:
                below = self.argument()
        return _with_scripts(base, above, below)

    def group(self) -> list[_Atom]:
        """What stands between braces."""
        if self.take() != "{":
            raise self.error("lacks a brace")
        atoms = self.row(lambda token: token == "}")
        self.take()
        return atoms

    def letters(self) -> str:
        """What stands between braces, sign by sign, with its spaces; or the one sign that stands without."""
        if (token := self.take()) != "{":
            return token
        end = next((n for n in range(self.at, len(self.tokens)) if self.tokens[n] == "}"), None)
        if end is None:
            raise self.error("lacks a closing brace")
        text = "".join(self.tokens[self.at : end])
        self.at = end + 1
        return text

    # -- atoms -------------------------------------------------------------------------------------------

    def atom(self) -> _Atom:
        token = self.peek()
        if token == "{":
            return _Atom(_row(self.group()))
        self.take()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return _Atom(f"<mn>{token}</mn>")
        if token.isalpha():
            return _Atom(f"<mi>{token}</mi>")
        return self.sign(_SIGNS.get(token, token))

    def sign(self, sign: str) -> _Atom:
        if sign in "()[]":
            return _Atom(_mo(sign, stretchy="false"))
        if sign in "|/!":
            return _Atom(_mo(sign, stretchy="false", lspace="0", rspace="0"))
        if sign in _RELATION_SIGNS:
            return _Atom(_mo(sign), breaks=True)
        if sign in _BINARY_SIGNS:
            return _Atom(_mo(sign), breaks=self.at > 1)
        if sign in ".,;?…~·":
            return _Atom(
                "<mtext>\u00a0</mtext>"
                if sign == "~"
                else _mo(sign, lspace="0")
                if sign in ",;"
                else f"<mtext>{sign}</mtext>"
            )
        raise self.error(f"has the sign {sign!r}, which is not known here")

    def command(self, name: str) -> _Atom:
        reader = _CONSTRUCTIONS.get(name)
        if reader:
            return reader(self)
        if name in _ACCENTS:
            accent = _mo(_ACCENTS[name], stretchy="false")
            return _Atom(f'<mover accent="true">{self.argument()}{accent}</mover>')
        if name in _SPACES:
            return _Atom(f'<mspace width="{_SPACES[name]}em"/>')
        atom = _named(name)
        if atom is None:
            raise self.error(f"uses \\{name}, which is not known here")
        return atom

    # -- constructions -----------------------------------------------------------------------------------

    def argument(self) -> str:
        """What a command or a script takes: a group, or a single sign, which is one digit of a number."""
        if self.peek()[:1].isdigit() and len(self.peek()) > 1:
            token = self.tokens[self.at]
            self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
        return self.atom().mathml

    def fraction(self) -> _Atom:
        return _Atom(f"<mfrac>{self.argument()}{self.argument()}</mfrac>")

    def text_fraction(self) -> _Atom:
        return _Atom(f'<mstyle displaystyle="false" scriptlevel="0">{self.fraction().mathml}</mstyle>')

    def display_fraction(self) -> _Atom:
        return _Atom(f'<mstyle displaystyle="true" scriptlevel="0">{self.fraction().mathml}</mstyle>')

    def root(self) -> _Atom:
        if self.peek() != "[":
            return _Atom(f"<msqrt>{self.argument()}</msqrt>")
        self.take()
        degree = _row(self.row(lambda token: token == "]"))
        self.take()
        return _Atom(f"<mroot>{self.argument()}{degree}</mroot>")

    def words(self) -> _Atom:
        return _Atom(f"<mtext>{escape(self.letters().replace(' ', chr(0xA0)), quote=False)}</mtext>")

    def upright(self) -> _Atom:
        return _Atom(f'<mi mathvariant="normal">{escape(self.letters().strip(), quote=False)}</mi>')

    def operator(self) -> _Atom:
        name = self.letters()
        return _Atom(
            _mo(name, form="prefix", lspace="0", rspace="0", movablelimits="true"), limits=True, function=True
        )

    def bold(self) -> _Atom:
        letters = "".join(_styled(letter, "bold") for letter in self.letters() if letter.isalnum())
        return _Atom(f"<mi>{letters}</mi>")

    def script(self) -> _Atom:
        return _Atom(f"<mi>{''.join(_styled(letter, 'script') for letter in self.letters())}</mi>")

    def fenced(self) -> _Atom:
        r"""From ``\left`` to its ``\right``, with delimiters as high as what is between them."""
        left = self.delimiter()
        inside = _join(self.row(lambda token: token == r"\right"))
        self.take()
        right = self.delimiter()
        # Chromium keeps room for its widest form beside a bracket that may grow: let only grow what must.
        grows = "true" if _TALL.search(inside) else "false"
        return _Atom(f"<mrow>{_fence(left, 'prefix', grows)}{inside}{_fence(right, 'postfix', grows)}</mrow>")

    def delimiter(self) -> str:
        token = self.take()
        if token == ".":
            return ""
        sign = _FENCES.get(token[1:]) if token.startswith("\\") else token
        if sign is None:
            raise self.error(f"has the delimiter {token}, which is not known here")
        return sign

    def environment(self) -> _Atom:
        name = self.letters()
        if name != "cases" and name not in _MATRICES:
            raise self.error(f"has the environment {name}, which is not known here")
        rows = self.table()
        if self.letters() != name:
            raise self.error(f"closes another environment than {name}")
        kind = "cases" if name == "cases" else "matrix"
        cells = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
        left, right = ("{", "") if name == "cases" else _MATRICES[name]
        opening, closing = _fence(left, "prefix", "true"), _fence(right, "postfix", "true")
        return _Atom(f'<mrow>{opening}<mtable class="{kind}">{cells}</mtable>{closing}</mrow>')

    def table(self) -> list[list[str]]:
        r"""Rows of cells up to ``\end``, which is consumed."""
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(_join(self.row(lambda token: token in ("&", r"\\", r"\end"))))
            token = self.take()
            if token == r"\end" or (token == r"\\" and self.peek() == r"\end" and self.take()):
                return rows
            if token == r"\\":
                rows.append([])


_CONSTRUCTIONS: dict[str, Callable[[_Reader], _Atom]] = {
    "frac": _Reader.fraction,
    "tfrac": _Reader.text_fraction,
    "dfrac": _Reader.display_fraction,
    "sqrt": _Reader.root,
    "text": _Reader.words,
    "mathrm": _Reader.upright,
    "operatorname": _Reader.operator,
    "mathbf": _Reader.bold,
    "mathcal": _Reader.script,
    "left": _Reader.fenced,
    "begin": _Reader.environment,
}


def _named(name: str) -> _Atom | None:
    """The sign that a command without arguments stands for."""
    atom = None
    if name == "!":  # only takes back a space that TeX puts before \left, and MathML does not
        atom = _Atom("")
    elif name == "int":
        atom = _Atom(_mo("∫"))
    elif name in _LIMITS:
        atom = _with_limits(_LIMITS[name])
    elif name in _FUNCTIONS:
        atom = _Atom(f"<mi>{name}</mi>", function=True)
    elif name in _GREEK:
        atom = _Atom(f"<mi>{_GREEK[name]}</mi>")
    elif name in _UPRIGHT:
        atom = _Atom(f'<mi mathvariant="normal">{escape(_UPRIGHT[name])}</mi>')
    elif name in _RELATIONS or name in _BINARY:
        atom = _Atom(_mo(_RELATIONS.get(name) or _BINARY[name]), breaks=True)
    elif name in _FENCES:
        form = "postfix" if name in _CLOSING else "prefix"
        atom = _Atom(_mo(_FENCES[name], form=form, stretchy="false", lspace="0", rspace="0"))
    return atom


def _with_limits(sign: str) -> _Atom:
    """A sum, a product, or a word such as max, whose index goes below it in a displayed formula."""
    word = {"form": "prefix", "lspace": "0", "rspace": "0", "movablelimits": "true"} if sign.isalpha() else {}
    return _Atom(_mo(sign, **word), limits=True, function=bool(word))


def _with_scripts(base: _Atom, above: str, below: str) -> _Atom:
    """The atom with its scripts, each of which is one element whatever it is made of."""
    if not above and not below:
        return base
    above, below = (f"<mrow>{part}</mrow>" if part else "" for part in (above, below))
    name = "m" + (
        "under" * bool(below) + "over" * bool(above)
        if base.limits
        else "sub" * bool(below) + "sup" * bool(above)
    )
    return _Atom(f"<{name}>{base.mathml or '<mrow></mrow>'}{below}{above}</{name}>", function=base.function)
