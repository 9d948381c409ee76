"""Fields of numbers as small pictures: a diverging palette and the PNG that carries it.

Blue stands for what is large or positive and orange for what is small or negative, as everywhere in the
course; the middle is nearly white. The two ends differ in hue for every common kind of colour vision.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import ArrayLike

from mlpkit._checks import Array, numeric_array

__all__ = ["DIVERGING", "diverging_bytes", "image", "png"]


def _palette() -> Array:
    """256 colours from orange over nearly white to blue, shape (256, 3), type uint8."""
    stops = np.array([[216, 108, 20], [247, 185, 120], [247, 247, 247], [140, 190, 225], [44, 112, 180]])
    places = np.linspace(0, 255, len(stops))
    return np.stack([np.interp(np.arange(256), places, stops[:, n]) for n in range(3)], axis=1).astype(
        np.uint8
    )


#: The palette: index 0 is orange, 128 nearly white, 255 blue.
DIVERGING = _palette()
DIVERGING.flags.writeable = False


def diverging_bytes(values: ArrayLike, low: float, high: float) -> Array:
    """Indices into `DIVERGING` for `values`, same shape, type uint8; beyond `low` and `high` the ends.

    Parameters
    ----------
    values
        Any shape; NaN counts as the middle.
    low, high
        The values of the first and the last colour, low < high.
    """
    if not low < high:
        raise ValueError(f"low must be less than high, got {low:g} and {high:g}.")
    values = numeric_array("values", values, finite=False)
    share = np.nan_to_num((np.clip(values, low, high) - low) / (high - low), nan=0.5)
    return np.round(share * 255).astype(np.uint8)


def png(indices: Array) -> bytes:
    """A palette PNG of `indices`, shape (rows, columns), type uint8, first row at the top."""
    rows, columns = indices.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    # Every row is preceded by its filter type, 0: none.
    lines = np.concatenate([np.zeros((rows, 1), dtype=np.uint8), indices], axis=1)
    parts = [
        (b"IHDR", header),
        (b"PLTE", DIVERGING.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def image(indices: Array, x: float, y: float, width: float, height: float, smooth: bool = True) -> str:
    """An SVG image of `indices`, shape (rows, columns), stretched over a rectangle."""
    data = base64.b64encode(png(indices)).decode("ascii")
    rendering = "" if smooth else ' style="image-rendering:pixelated"'
    return (
        f'<image x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"{rendering}/>'
    )
