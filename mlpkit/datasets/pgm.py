"""Grey pictures in PGM files, and the folder of photographs of the face task."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlpkit._checks import Array, describe
from mlpkit.datasets.dataset import Attribute, Dataset
from mlpkit.datasets.faces import (
    EXPRESSIONS,
    EYES,
    FACE_SHAPE,
    POSES,
    block_means,
    check_target,
    pixel_names,
)

__all__ = ["FaceName", "PGMError", "load_faces", "parse_face_name", "read_pgm"]

_HEADER = re.compile(
    rb"(P[25])(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:#[^\n]*)?[ \t\r\n\v\f]"
)
_LARGEST_SIDE = 4096


class PGMError(ValueError):
    """A file is not a readable PGM picture; the message says what is wrong with it."""


def read_pgm(path: str | Path) -> Array:
    """Read a PGM picture, plain (P2) or binary (P5).

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    array
        Shape (rows, columns), values in [0, 1]: grey values divided by the file's largest allowed one.

    Raises
    ------
    PGMError
        If it is no PGM file, its sizes are impossible, or values are missing or too large.
    OSError
        If the file cannot be opened.
    """
    data = Path(path).read_bytes()
    header = _HEADER.match(data)
    if header is None:
        raise PGMError(f"{Path(path).name} is no PGM file: it does not begin with a P2 or P5 header.")
    columns, rows, largest = (int(number[:8]) for number in header.groups()[1:])
    if not (0 < columns <= _LARGEST_SIDE and 0 < rows <= _LARGEST_SIDE and 0 < largest < 65536):
        raise PGMError(
            f"{Path(path).name} must have sides from 1 to {_LARGEST_SIDE} and a largest value below 65536, "
            f"got {columns} by {rows}, {largest}."
        )
    body = data[header.end() :]
    values = _plain(body) if header.group(1) == b"P2" else _binary(body, largest, rows * columns)
    if values is None or len(values) < rows * columns:
        found = 0 if values is None else len(values)
        raise PGMError(f"{Path(path).name} must hold {rows * columns} grey values, got {found}.")
    values = values[: rows * columns]
    if values.max() > largest:
        raise PGMError(f"{Path(path).name} has a grey value {values.max()} above its largest, {largest}.")
    return values.reshape(rows, columns) / largest


def _plain(body: bytes) -> Array | None:
    """Numbers of a P2 body, or None if there is something else in it."""
    tokens = re.sub(rb"#[^\n]*", b"", body).split()
    if not all(token.isdigit() and len(token) < 8 for token in tokens):
        return None
    return np.array([int(token) for token in tokens], dtype=np.int64)


def _binary(body: bytes, largest: int, count: int) -> Array:
    """Numbers of a P5 body: one byte each, or two with the high one first if `largest` is above 255."""
    kind = np.dtype(np.uint8 if largest < 256 else ">u2")
    whole = min(len(body) // kind.itemsize, count)
    return np.frombuffer(body, dtype=kind, count=whole).astype(np.int64)


# -- the folder of photographs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class FaceName:
    """What a name like ``an2i_left_angry_open_4.pgm`` says.

    `scale` is by how much the picture was reduced: 1 (120 rows by 128 columns), 2, or 4 (30 by 32).
    """

    user: str
    pose: str
    expression: str
    eyes: str
    scale: int = 1


def parse_face_name(name: str) -> FaceName:
    """Read the attributes out of a file name, user_pose_expression_eyes or user_pose_expression_eyes_scale.

    Raises
    ------
    ValueError
        If there are not four or five parts, or one of them is unknown.
    """
    parts = Path(name).stem.split("_")
    if len(parts) not in (4, 5) or not parts[0]:
        raise ValueError(
            f"{name} must be named user_pose_expression_eyes or user_pose_expression_eyes_scale."
        )
    for what, part, known in (
        ("pose", parts[1], POSES),
        ("expression", parts[2], EXPRESSIONS),
        ("eyes", parts[3], EYES),
        ("scale", parts[4] if len(parts) == 5 else "1", ("1", "2", "4")),
    ):
        if part not in known:
            raise ValueError(f"{name} has the {what} {part!r}; known are {', '.join(known)}.")
    return FaceName(parts[0], parts[1], parts[2], parts[3], int(parts[4]) if len(parts) == 5 else 1)


def load_faces(folder: str | Path, target: str = "pose", low: float = 0.1, high: float = 0.9) -> Dataset:
    """Read a folder of the original face photographs (all levels below it) as 30×32 pictures.

    Pictures at full or half size are reduced by block means. If one photograph is there in several sizes the
    largest is taken, once. Files that cannot be used are skipped: one warning says how many, and `notes` of
    the data set holds every name with the reason.

    Parameters
    ----------
    folder
        With files such as ``an2i_left_angry_open_4.pgm``.
    target
        "pose", "identity", "expression" or "eyes".
    low, high
        Targets of the wrong and of the right output unit.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.
    ValueError
        If no usable picture is in it; the message quotes the first reasons.
    """
    folder = Path(folder)
    check_target(target)
    if not folder.is_dir():
        raise NotADirectoryError(f"folder must be a folder of PGM files, got {describe(str(folder))}.")
    pictures, skipped = _read_all(folder)
    if not pictures:
        reasons = "; ".join(skipped[:3]) or "there is no file with the ending .pgm"
        raise ValueError(f"folder {str(folder)!r} has no usable face picture: {reasons}.")
    if skipped:
        shown = "; ".join(skipped[:3]) + ("; ..." if len(skipped) > 3 else "")
        warnings.warn(
            f"{len(skipped)} of the PGM files were skipped (see notes): {shown}", UserWarning, stacklevel=2
        )
    return _as_dataset(pictures, tuple(skipped)).with_targets(target, low, high)


def _read_all(folder: Path) -> tuple[dict[FaceName, Array], list[str]]:
    """Usable pictures by name (scale left out), and the reasons why others were skipped."""
    pictures: dict[FaceName, Array] = {}
    skipped: list[str] = []
    named: list[tuple[FaceName, Path]] = []
    for path in sorted(folder.rglob("*.pgm")):
        try:
            named.append((parse_face_name(path.name), path))
        except ValueError as error:
            skipped.append(str(error))
    for name, path in sorted(named, key=lambda item: item[0].scale):
        photograph = FaceName(name.user, name.pose, name.expression, name.eyes)
        if photograph in pictures:
            continue
        try:
            pictures[photograph] = _reduced(path)
        except (OSError, PGMError) as error:
            skipped.append(str(error))
    return dict(sorted(pictures.items(), key=lambda item: repr(item[0]))), skipped


def _reduced(path: Path) -> Array:
    picture = read_pgm(path)
    factor = picture.shape[0] // FACE_SHAPE[0]
    if factor not in (1, 2, 4) or picture.shape != (factor * FACE_SHAPE[0], factor * FACE_SHAPE[1]):
        raise PGMError(f"{path.name} must have 30×32, 60×64 or 120×128 pixels, got {picture.shape}.")
    return block_means(picture, factor)


def _as_dataset(pictures: dict[FaceName, Array], skipped: tuple[str, ...]) -> Dataset:
    names = list(pictures)
    users = tuple(sorted({name.user for name in names}))

    def attribute(known: tuple[str, ...], values: list[str]) -> Attribute:
        return Attribute(np.array([known.index(value) for value in values], dtype=np.intp), known)

    x = np.stack([picture.ravel() for picture in pictures.values()])
    return Dataset(
        x,
        np.zeros((len(x), 1)),
        name="faces (photographs)",
        description=f"{len(x)} photographs of {len(users)} people, 30×32 pixels, read from a folder.",
        feature_names=pixel_names(),
        attributes={
            "pose": attribute(POSES, [name.pose for name in names]),
            "identity": attribute(users, [name.user for name in names]),
            "expression": attribute(EXPRESSIONS, [name.expression for name in names]),
            "eyes": attribute(EYES, [name.eyes for name in names]),
        },
        image_shape=FACE_SHAPE,
        notes=tuple(f"skipped: {reason}" for reason in skipped),
    )
