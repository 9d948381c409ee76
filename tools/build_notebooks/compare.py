"""Say how a committed notebook differs from the one that its source gives now."""

from __future__ import annotations

import base64
import json
import math
import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

from nbformat import NotebookNode

from tools.build_notebooks.errors import BuildError, Problem
from tools.build_notebooks.notebook import from_text, to_text
from tools.build_notebooks.reproducible import WIDGET_STATE, make_reproducible

RELATIVE = 1e-6  # six significant digits
ABSOLUTE = 1e-15  # rounding around zero
SHOWN = 60  # characters of each side of a difference
UNCHECKED = "nbval-ignore-output"

# Numbers with a point (also between the letters of an SVG path, but not within a version such as 1.2.3),
# and words that are a number with an exponent.
_NUMBER = re.compile(
    r"(?<![\d.])[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\d.]*\d)|(?<![\w.])[-+]?\d+[eE][-+]?\d+(?![\w.]*\w)"
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FOREIGN_FRAMES = ("File python/", "File site-packages/", "File env/")
_DATA_URI = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
_SPACES = re.compile(r"[ \t]+")
_PNG = b"\x89PNG\r\n\x1a\n"

Difference = tuple[str, Any, Any]


def compare_texts(
    built: str,
    committed: str,
    file: str,
    source: str,
    line_of: Callable[[str], int],
    clean: Callable[[NotebookNode], Any],
) -> list[Problem]:
    """Return every difference between the built text of a notebook and the committed one.

    ``line_of`` gives the line of the source for a cell id; ``clean`` makes a notebook reproducible in place.
    """
    if built == committed:
        return []
    try:
        theirs = from_text(committed, file)
    except BuildError as failure:
        return list(failure.problems)
    ours = from_text(built, file)
    as_written = to_text(theirs) == committed
    for notebook in (ours, theirs):
        clean(notebook)
    problems = [Problem(file, 0, _say(*difference)) for difference in _notebook_differences(ours, theirs)]
    for cell_id, difference in _cell_differences(ours, theirs):
        line = line_of(cell_id)
        place = f"source line {line} of {source}" if line else f"not in {source}"
        problems.append(Problem(file, 0, f"cell {cell_id} ({place}): {_say(*difference)}"))
    if not problems and not as_written:
        problems.append(Problem(file, 0, "the file is not written the way the builder writes it"))
    return problems


def cleaner(name: str, root: Any) -> Callable[[NotebookNode], Any]:
    """Return what takes addresses, paths and random model ids out of the outputs of a notebook, in place."""

    def clean(notebook: NotebookNode) -> None:
        metadata = {key: notebook.metadata.get(key) for key in ("kernelspec", "language_info")}
        executions = [cell.metadata.get("execution") for cell in notebook.cells]
        make_reproducible(notebook, name, root)
        # What is compared byte for byte stays as it was found.
        notebook.metadata.update({key: value for key, value in metadata.items() if value is not None})
        for cell, execution in zip(notebook.cells, executions, strict=True):
            if execution is not None:
                cell.metadata.execution = execution

    return clean


def _say(what: str, expected: Any, got: Any) -> str:
    """Put a difference in words, down to the first entry that differs."""
    while isinstance(expected, dict) and isinstance(got, dict):
        keys = sorted({*expected, *got})
        key = next((key for key in keys if not same_value(expected.get(key), got.get(key))), None)
        if key is None:  # what differs is less than shows there: an empty entry, a seventh digit
            break
        what, expected, got = f"{what} {key}", expected.get(key), got.get(key)
    if got is None and expected is not None:
        return f"{what}: expected {_short(expected, expected)} got nothing"
    if expected is None:
        return f"{what}: expected nothing got {_short(got, got)}"
    return f"{what}: expected {_short(expected, got)} got {_short(got, expected)}"


def _short(value: Any, other: Any) -> str:
    """Show a value around the place where it begins to differ from the other."""
    text, against = (
        side if isinstance(side, str) else json.dumps(side, sort_keys=True) for side in (value, other)
    )
    same = 0 if value is other else _common_length(text, against)
    start = max(0, min(same, len(text)) - SHOWN // 3)
    cut = text[start : start + SHOWN]
    return (
        ("..." if start else "")
        + (repr(cut) if isinstance(value, str) else cut)
        + ("..." if start + SHOWN < len(text) else "")
    )


def _common_length(text: str, other: str) -> int:
    """Return how many characters two texts have in common from their beginning."""
    pairs = zip(text, other, strict=False)
    different = (index for index, (a, b) in enumerate(pairs) if a != b)
    return next(different, min(len(text), len(other)))


def _notebook_differences(ours: NotebookNode, theirs: NotebookNode) -> Iterator[Difference]:
    """Yield differences of the metadata of the notebook, saved widgets and the order of cells included."""
    for key in sorted({*ours.metadata, *theirs.metadata} - {"widgets"}):
        if ours.metadata.get(key) != theirs.metadata.get(key):
            yield f"metadata {key}", ours.metadata.get(key), theirs.metadata.get(key)
    yield from _widget_differences(ours.metadata.get("widgets"), theirs.metadata.get("widgets"))
    ids, their_ids = ([cell.get("id") for cell in notebook.cells] for notebook in (ours, theirs))
    if sorted(ids) == sorted(their_ids) and ids != their_ids:
        yield "order of cells", ids, their_ids


def _widget_differences(ours: Any, theirs: Any) -> Iterator[Difference]:
    """Yield differences of the saved widgets, named by the model in which they are."""
    if ours is None or theirs is None:
        if ours != theirs:
            yield "saved widgets", ours, theirs
        return
    states = [dict(side.get(WIDGET_STATE, {}).get("state", {})) for side in (ours, theirs)]
    rest = [{**side, WIDGET_STATE: {**side.get(WIDGET_STATE, {}), "state": None}} for side in (ours, theirs)]
    if rest[0] != rest[1]:
        yield "saved widgets", rest[0], rest[1]
    for model in sorted({*states[0], *states[1]}):
        expected, got = (state.get(model) for state in states)
        if not same_value(expected, got):
            name = (expected or got or {}).get("model_name", model)
            yield f"saved widget {name}", expected, got


def _cell_differences(ours: NotebookNode, theirs: NotebookNode) -> Iterator[tuple[str, Difference]]:
    """Yield (cell id, difference) for cells that are missing, too many, or not the same."""
    committed = {cell.get("id"): cell for cell in theirs.cells}
    built = {cell.id for cell in ours.cells}
    for cell in ours.cells:
        other = committed.get(cell.id)
        if other is None:
            yield cell.id, ("cell", cell.source, None)
            continue
        for key in sorted({*cell, *other} - {"outputs"}):
            if cell.get(key) != other.get(key):
                yield cell.id, (key, cell.get(key), other.get(key))
        if UNCHECKED not in cell.metadata.get("tags", []):
            for difference in _output_differences(cell.get("outputs", []), other.get("outputs", [])):
                yield cell.id, difference
    for cell_id, cell in committed.items():
        if cell_id not in built:
            yield str(cell_id), ("cell", None, cell.source)


def _output_differences(ours: list[Any], theirs: list[Any]) -> Iterator[Difference]:
    """Yield differences of the outputs of one cell, normalised."""
    if len(ours) != len(theirs):
        yield "number of outputs", len(ours), len(theirs)
    for index, (expected, got) in enumerate(zip(ours, theirs, strict=False)):
        flat, other = _flat(expected), _flat(got)
        for key in [*flat, *(key for key in other if key not in flat)]:
            binary = key in ("image/png", "image/jpeg")
            if not same_value(flat.get(key), other.get(key), binary=binary):
                name = f"output {index}" + (f" {key}" if "/" in key else "")
                yield name, _sized(flat.get(key)), _sized(other.get(key))


def _flat(output: Any) -> dict[str, Any]:
    """Return an output with its data by kind on the same level as its other fields.

    Of a traceback the frames of cells and of the course are kept: line numbers within other packages
    change with their version.
    """
    flat = {key: value for key, value in output.items() if key != "data"}
    if "traceback" in flat:
        frames = [_ANSI.sub("", frame) for frame in flat["traceback"]]
        flat["traceback"] = [frame for frame in frames if not frame.startswith(_FOREIGN_FRAMES)]
    return {**flat, **{str(kind): value for kind, value in output.get("data", {}).items()}}


def _sized(value: Any) -> Any:
    """Replace a picture by its size, for a message."""
    return picture_size(value) or value


def same_value(expected: Any, got: Any, *, binary: bool = False) -> bool:
    """Tell whether two values of an output are the same but for rounding and the pixels of pictures."""
    if isinstance(expected, dict) and isinstance(got, dict):
        encoded = expected.get("encoding") == "base64"
        return expected.keys() == got.keys() and all(
            same_value(expected[key], got[key], binary=encoded and key == "data") for key in expected
        )
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same_value, expected, got))
    if isinstance(expected, str) and isinstance(got, str):
        return expected == got or (_same_binary if binary else same_text)(expected, got)
    if _is_number(expected) and _is_number(got) and float in (type(expected), type(got)):
        return _close(expected, got)
    return type(expected) is type(got) and expected == got


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_binary(expected: str, got: str) -> bool:
    """Tell whether two values in base64 are pictures of one size or, if no pictures, of one length."""
    size = picture_size(expected)
    return size == picture_size(got) and (size is not None or len(expected) == len(got))


def same_text(expected: str, got: str) -> bool:
    """Tell whether two texts are the same but for rounding after the sixth digit.

    Whole numbers must agree exactly. Runs of spaces count as one: NumPy pads columns to the longest number.
    """
    texts = [_DATA_URI.sub(lambda uri: picture_size(uri[1]) or uri[0], text) for text in (expected, got)]
    words = [_SPACES.sub(" ", _NUMBER.sub("#", text)) for text in texts]
    if words[0] != words[1]:
        return False
    numbers = [[float(number) for number in _NUMBER.findall(text)] for text in texts]
    return len(numbers[0]) == len(numbers[1]) and all(map(_close, *numbers))


def _close(a: float, b: float) -> bool:
    """Tell whether two numbers agree to six significant digits (NaN agrees with NaN)."""
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE) or (math.isnan(a) and math.isnan(b))


def picture_size(value: Any) -> str | None:
    """Return "W x H pixels" of a PNG in base64, None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        head = base64.b64decode(value[:64].strip().replace("\n", "")[:44])
    except ValueError:
        return None
    if not head.startswith(_PNG) or len(head) < 24:
        return None
    width, height = struct.unpack(">II", head[16:24])
    return f"PNG of {width} x {height} pixels"
