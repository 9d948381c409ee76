"""A pass as matrices: every vector and matrix of a network as a block with its shape.

The upper half of the picture holds what the forward pass computes, in its order from left to right; below
each block stands its derivative, which has the same shape. A frame lights the block that is computed and
those that it is computed from, and says the product with all shapes. Small blocks show all their numbers;
of large ones the first rows and columns and the last ones are shown, as many as there is room for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array
from mlpkit.diagrams.legend import NOW, READ, legend
from mlpkit.diagrams.network import describe_network, topic
from mlpkit.diagrams.notation import number
from mlpkit.diagrams.story import Frame, Story
from mlpkit.formulas import get
from mlpkit.network import MLP, Trace
from mlpkit.steps import MatrixStep, Operand, matrix_backward_steps, matrix_forward_steps

__all__ = ["matrix_story"]

_NUMBER_W, _DOTS_W, _ROW_H, _PAD = 54, 16, 21, 5
_LEAST_W, _GAP, _MARGIN = 84, 14, 14
_HEAD, _LABEL, _BETWEEN = 34, 40, 30
_WIDEST, _MOST_ROWS = 1180, 6
#: Characters of a number that a block has room for.
_ROOM = 6
#: Numbers that an alt text lists; of larger arrays it gives the shape and the largest entry.
_SPOKEN = 12

_STYLE = """
.bp-mat{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
.bp-mat text{fill:#1b1f24;font-size:13px}
.bp-mat .cell{fill:#fff;stroke:#57606a;stroke-width:1.2}
.bp-mat .dot.cell{stroke:#a04a12}
.bp-mat .number{font-variant-numeric:tabular-nums}
.bp-mat .d.number{fill:#8a3b00}
.bp-mat .letter{font-size:17px}
.bp-mat .head{fill:#424a53}
.bp-mat .rule{stroke:#8c959f;stroke-dasharray:3 4}
.bp-mat .cell.bp-read{fill:#e7f0fa;stroke:#0b4a8f;stroke-width:2.6}
.bp-mat .cell.bp-now{fill:#fff3c4;stroke:#1b1f24;stroke-width:3.2}
"""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


# -- which rows and columns are shown ------------------------------------------------------------------


def _shown(count: int, most: int) -> tuple[int | None, ...]:
    """Indices of the rows or columns that are drawn; None stands for those left out."""
    if count <= most:
        return tuple(range(count))
    return (*range(most - 2), None, count - 1)


@dataclass(frozen=True)
class _Block:
    """A matrix on the picture: its letter, its size and what is drawn of it."""

    label: str
    symbols: str
    rows: int
    columns: int
    most_columns: int
    most_rows: int = _MOST_ROWS

    @property
    def shown_rows(self) -> tuple[int | None, ...]:
        return _shown(self.rows, self.most_rows)

    @property
    def shown_columns(self) -> tuple[int | None, ...]:
        return _shown(self.columns, self.most_columns)

    @property
    def width(self) -> float:
        return 2 * _PAD + sum(_DOTS_W if c is None else _NUMBER_W for c in self.shown_columns)

    @property
    def height(self) -> float:
        return 2 * _PAD + _ROW_H * len(self.shown_rows)

    @property
    def size(self) -> str:
        return f"{self.symbols} = {self.rows}×{self.columns}"


@dataclass(frozen=True)
class _Map:
    """All blocks of the forward half, column by column; the blocks of a column stand below each other."""

    columns: tuple[tuple[_Block, ...], ...]

    @property
    def widths(self) -> list[float]:
        return [
            max(_LEAST_W, *(max(block.width, 7.0 * len(block.size)) for block in column))
            for column in self.columns
        ]

    @property
    def width(self) -> float:
        return sum(self.widths) + _GAP * (len(self.columns) - 1) + 2 * _MARGIN

    @property
    def half(self) -> float:
        """Height of the forward half, and of the backward half."""
        return max(sum(_LABEL + block.height for block in column) + 8 for column in self.columns)

    @property
    def height(self) -> float:
        return 2 * (_HEAD + self.half) + _BETWEEN + 6

    def places(self) -> Iterator[tuple[_Block, float, float]]:
        """Every block with the middle of its column and the top of its label, in the forward half."""
        x = float(_MARGIN)
        for width, column in zip(self.widths, self.columns, strict=True):
            y = float(_HEAD)
            for block in column:
                yield block, x + width / 2, y
                y += _LABEL + block.height + 8
            x += width + _GAP


def _network_map(net: MLP, trace: Trace) -> _Map:
    """The map with as many rows and columns of each block as fit the width of a page."""
    maps = (_map_with(net, trace, most) for most in (8, 7, 6, 5, 4))
    return next((fits for fits in maps if fits.width <= _WIDEST), _map_with(net, trace, 3))


def _map_with(net: MLP, trace: Trace, most: int) -> _Map:
    batch = trace.output.ndim == 2
    T = len(trace.output) if batch else 1

    def rows_of(letter: str, k: int | None, width: int, size: str) -> _Block:
        name = f"{letter.upper() if batch else letter}{'' if k is None else k}"
        symbols = f"T×{size}" if batch else f"{size}×1"
        return _Block(name, symbols, *((T, width) if batch else (width, 1)), most)

    columns: list[tuple[_Block, ...]] = [(rows_of("y", 0, net.widths[0], "D₀"),)]
    for k in range(1, net.depth + 1):
        sums, below = net.sums(k), net.widths[k - 1]
        M = f"{'D' if sums == net.widths[k] else 'M'}{k}".translate(_SUBSCRIPTS)
        D, before = (f"D{n}".translate(_SUBSCRIPTS) for n in (k, k - 1))
        W = _Block(f"W{k}", f"{M}×{before}", sums, below, most)
        # Beside a batch a bias is a row, added to every row; for one instance it is a column.
        b = _Block(f"b{k}", *((f"1×{M}", 1, sums) if batch else (f"{M}×1", sums, 1)), most)
        columns += [(W, b), (rows_of("z", k, sums, M),), (rows_of("y", k, net.widths[k], D),)]
    columns.append((rows_of("d", None, net.widths[-1], f"D{net.depth}".translate(_SUBSCRIPTS)),))
    return _Map(tuple(columns))


# -- drawing -------------------------------------------------------------------------------------------


def _picture(blocks: _Map, alt: str, fixed: Mapping[str, Array]) -> str:
    below = _HEAD + blocks.half + _BETWEEN
    parts = [
        f'<text class="head" x="{_MARGIN}" y="22">forward: what is computed from the input</text>',
        f'<path class="rule" d="M{_MARGIN} {below - 14:.0f}H{blocks.width - _MARGIN:.0f}"/>',
        f'<text class="head" x="{_MARGIN}" y="{below + 22:.0f}">backward: the derivatives, each below what '
        "it belongs to and of the same shape</text>",
    ]
    for block, middle, top in blocks.places():
        parts.append(_draw(block, middle, top, fixed.get(block.label)))
        if block.label.lower() != "d":
            parts.append(_draw(block, middle, top + below, None, dotted=True))
    key, key_height = legend((NOW, READ), _MARGIN, blocks.height, blocks.width)
    width, height = blocks.width, blocks.height + key_height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-mat" role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}{key}</svg>'
    )


def _draw(block: _Block, middle: float, top: float, values: Array | None, dotted: bool = False) -> str:
    """A block with its letter and shape above; its numbers are empty unless `values` are given."""
    name = f"d{block.label}" if dotted else block.label
    kind = "d " if dotted else ""
    left, y = middle - block.width / 2, top + _LABEL
    texts = dict(_entries(block, name, values))
    # The dot of a small b hides behind its stem in most fonts.
    has_stem = dotted and block.label.startswith("b")
    own_dot = f'<circle cx="{middle - 2:.1f}" cy="{top + 2:.1f}" r="1.8" fill="#1b1f24"/>' if has_stem else ""
    numbers = "".join(
        f'<text id="{name}-{r}-{c}" class="{kind}number" x="{x:.0f}" y="{y + _PAD + n * _ROW_H + 15:.0f}" '
        f'text-anchor="end">{texts.get(f"{name}-{r}-{c}", "")}</text>'
        for n, r in enumerate(block.shown_rows)
        for c, x in _right_edges(block, left)
        if r is not None and c is not None
    )
    return (
        f'<text class="letter" x="{middle:.0f}" y="{top + 16:.0f}" text-anchor="middle">'
        f"{_letter(block.label if own_dot else name)}</text>{own_dot}"
        f'<text class="head" x="{middle:.0f}" y="{top + 33:.0f}" text-anchor="middle">{block.size}</text>'
        f'<rect id="{name}" class="{"dot " if dotted else ""}cell" x="{left:.0f}" y="{y:.0f}" '
        f'width="{block.width:.0f}" height="{block.height:.0f}" rx="4"/>{numbers}' + _dots(block, left, y)
    )


def _right_edges(block: _Block, left: float) -> Iterator[tuple[int | None, float]]:
    x = left + _PAD
    for column in block.shown_columns:
        x += _DOTS_W if column is None else _NUMBER_W
        yield column, x - 3


def _dots(block: _Block, left: float, top: float) -> str:
    """Dots in place of the rows and columns that are left out."""
    parts = []
    for n, row in enumerate(block.shown_rows):
        for column, x in _right_edges(block, left):
            if row is None and column is None:
                parts.append((x - 3, n, "⋱"))
            elif row is None or column is None:
                parts.append((x - (3 if column is None else 20), n, "⋯" if column is None else "⋮"))
    return "".join(
        f'<text x="{x:.0f}" y="{top + _PAD + n * _ROW_H + 15:.0f}" text-anchor="middle">{sign}</text>'
        for x, n, sign in parts
    )


def _entries(block: _Block, name: str, values: Array | None) -> Iterator[tuple[str, str]]:
    """Element id and text of every number of a block that is drawn."""
    if values is None:
        return
    matrix = values.reshape(block.rows, block.columns)
    for r in block.shown_rows:
        for c in block.shown_columns:
            if r is not None and c is not None:
                yield f"{name}-{r}-{c}", _short(float(matrix[r, c]))


def _short(value: float) -> str:
    """`value` with three significant digits, or as many as have room in a block."""
    return next(text for digits in (3, 2, 1) if len(text := number(value, digits)) <= _ROOM or digits == 1)


# -- writing -------------------------------------------------------------------------------------------

_SYMBOL = re.compile(r"(?<![\w'′])(d?)([WbYyZzDdJ])(\d*)(ᵀ?)(?![\w'])")
_SLOPE = re.compile(r"\w+'\(\w+\)")
_DOTTED = {letter: letter + "\N{COMBINING DOT ABOVE}" for letter in "WbYyZzDd"} | {
    "y": "ẏ", "z": "ż", "Y": "Ẏ", "Z": "Ż", "W": "Ẇ", "b": "ḃ"
}  # fmt: skip


def _letter(label: str) -> str:
    """ "dW1" as Ẇ₁."""
    return _SYMBOL.sub(lambda m: _written(m) + m[3].translate(_SUBSCRIPTS) + m[4], label)


def _written(match: re.Match[str]) -> str:
    return _DOTTED[match[2]] if match[1] else match[2]


def _equation(step: MatrixStep) -> str:
    """The step's text with every matrix over its shape (HTML)."""
    shapes = {operand.label: operand.value for operand in step.operands} | {_label(step): step.value}
    batch = any(letter in step.text for letter in "YZ")
    text = step.text.replace("_", " ").replace(" - ", " − ")
    if (slope := _SLOPE.search(step.text)) and slope[0] in shapes:
        before, after = step.text.split(slope[0])
        written = _letter(slope[0].replace("'", "′"))
        of_slope = _over_shape(written, _as_matrix(slope[0], shapes[slope[0]], batch))
        return f"<p>{_shaped(before, shapes, batch)}{of_slope}{_shaped(after, shapes, batch)}</p>"
    return f"<p>{_shaped(text, shapes, batch)}</p>"


def _shaped(text: str, shapes: Mapping[str, Array], batch: bool) -> str:
    """`text` with every matrix of `shapes` over its shape."""

    def over(match: re.Match[str]) -> str:
        label = match[0].removesuffix("ᵀ")
        if label not in shapes:
            return escape(match[0])
        shape = _as_matrix(label, shapes[label], batch)
        index = f"<sub>{match[3]}</sub>" if match[3] else ""
        turned = "<sup>T</sup>" if match[4] else ""
        return _over_shape(f"{_written(match)}{index}{turned}", shape[::-1] if turned else shape)

    rows = next((len(value) for label, value in shapes.items() if label.startswith(("dZ", "Y"))), 0)
    written = _SYMBOL.sub(over, text)
    return re.sub(r"/ T$", f"/ {_over_shape('<i>T</i>', (rows,))}", written)


def _over_shape(letter: str, shape: Sequence[int]) -> str:
    return f'<span class="bp-shaped"><span>{letter}</span><small>{"×".join(map(str, shape))}</small></span>'


def _as_matrix(label: str, value: Array, batch: bool) -> tuple[int, ...]:
    """Shape of an array as it is drawn: a vector is a column, a bias beside a batch a row."""
    if value.ndim != 1:
        return value.shape
    return (1, len(value)) if batch and "b" in label else (len(value), 1)


def _label(step: MatrixStep) -> str:
    layer = "" if step.target.layer is None else str(step.target.layer)
    return step.target.quantity + layer


def _spoken(label: str) -> str:
    return f"derivative to {label[1:]}" if label.startswith("d") and len(label) > 1 else label


def _alt(step: MatrixStep) -> str:
    """Shape of the result and of what it is computed from, and its numbers if they are few."""

    def size(label: str, value: Array) -> str:
        return f"{_spoken(label)} ({' by '.join(map(str, value.shape))})"

    read = ", ".join(size(operand.label, operand.value) for operand in step.operands)
    flat = np.ravel(step.value)
    if flat.size <= _SPOKEN:
        said = f"values {', '.join(number(float(value), 3) for value in flat)}"
    else:
        said = f"entries from {number(float(flat.min()), 3)} to {number(float(flat.max()), 3)}"
    return f"{size(_label(step), step.value)} from {read}: {said}"


# -- the story -----------------------------------------------------------------------------------------


def matrix_story(
    net: MLP, params: Mapping[str, ArrayLike], X: ArrayLike, D: ArrayLike | None = None
) -> Story:
    """The passes as vectors (one instance) or matrices (a batch, one row an instance), with all shapes.

    Parameters
    ----------
    net, params
        The network and its parameters.
    X
        One instance, shape (D_0,), or a batch, shape (T, D_0).
    D
        Its target, shape (D_N,), or targets, shape (T, D_N); None for the forward pass alone.
    """
    checked, trace = net.check_params(params), net.forward(params, X)
    blocks = _network_map(net, trace)
    by_label = {block.label: block for block, _, _ in blocks.places()}
    batch = trace.output.ndim == 2
    rows = f"A batch of {len(trace.output)} instances, one a row. " if batch else ""
    alt = f"{rows}{describe_network(net)}"
    frames = [_first_frame(by_label, trace), *_frames(by_label, matrix_forward_steps(net, checked, X))]
    if D is not None:
        targets = net.divergence.check_targets(D)
        frames += [
            _target_frame(by_label, net, trace, targets),
            *_frames(by_label, matrix_backward_steps(net, checked, X, D)),
        ]
    return Story(_picture(blocks, alt, checked), tuple(frames), alt)


def _first_frame(blocks: Mapping[str, _Block], trace: Trace) -> Frame:
    label = "Y0" if trace.output.ndim == 2 else "y0"
    block = blocks[label]
    return Frame(
        "The input arrives",
        f"<p>{_letter(label)} is the input, {block.size}</p>",
        f"{label} is the input, {block.rows} by {block.columns}",
        "One instance a row." if label == "Y0" else "One instance, a column.",
        texts=dict(_entries(block, label, trace.y[0])),
        now=(label,),
        topic="y-0",
    )


def _target_frame(blocks: Mapping[str, _Block], net: MLP, trace: Trace, targets: Array) -> Frame:
    batch = trace.output.ndim == 2
    label, output = ("D", f"Y{net.depth}") if batch else ("d", f"y{net.depth}")
    loss = number(float(np.mean(net.divergences(trace, targets))))
    what = "mean divergence (the loss)" if batch else "divergence"
    return Frame(
        "The forward pass is done; now compare with the targets",
        f"<p>{what.capitalize()} = {loss}</p>",
        f"The {what} is {loss}.",
        "From here on every new block is a derivative, of the shape of what it belongs to.",
        texts=dict(_entries(blocks[label], label, targets)),
        now=(label,),
        read=(output,),
        topic="d",
    )


def _frames(blocks: Mapping[str, _Block], steps: Sequence[MatrixStep]) -> Iterator[Frame]:
    for step in steps:
        label = _label(step)
        block = blocks[label.removeprefix("d") if label not in blocks else label]
        formula = get(step.formula).says if step.formula else ""
        yield Frame(
            _title(step),
            _equation(step),
            _alt(step),
            formula,
            texts=dict(_entries(block, label, step.value)),
            now=(label,),
            read=tuple(dict.fromkeys(_place(blocks, operand, step) for operand in step.operands)),
            topic=topic(step.target),
        )


def _place(blocks: Mapping[str, _Block], operand: Operand, step: MatrixStep) -> str:
    """The block that shows an operand; slopes and Jacobians are taken at the sums of their layer."""
    if operand.label.removeprefix("d") in blocks or operand.label in blocks:
        return operand.label
    k = step.target.layer
    return next(label for label in (f"Z{k}", f"z{k}") if label in blocks)


_WORDS = {"y": "outputs", "z": "sums", "w": "weights", "b": "biases"}


def _title(step: MatrixStep) -> str:
    letter, layer = step.target.quantity[-1].lower(), step.target.layer
    what = "the input" if (letter, layer) == ("y", 0) else f"the {_WORDS[letter]} of layer {layer}"
    words = f"derivatives to {what}" if len(step.target.quantity) > 1 else what.removeprefix("the ")
    return words.capitalize()
