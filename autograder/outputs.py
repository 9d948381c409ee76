"""Turn what a running cell reports into the outputs of a notebook, as a Jupyter client does.

Everything here comes from student code, so nothing is believed: kinds are checked, texts are bounded,
and whatever is not a known event is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["TIMEOUT", "Output", "Recorder", "error_output", "limit_lines", "tidy_streams"]

TIMEOUT = "CellTimeoutError"
Output = dict[str, Any]
_MARK = "\n... Output truncated ...\n"


class Recorder:
    """Collects the outputs of the cells of one run.

    Parameters
    ----------
    limit : int
        Characters of output that one cell may keep.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.outputs: dict[int, list[Output]] = {}
        self._size: dict[int, int] = {}
        self._cell = -1
        self._clear = False
        self._shown: dict[str, list[tuple[int, Output]]] = {}

    def start(self, cell: int) -> None:
        """Begin a cell; what is reported from now on belongs to it."""
        self._cell, self._clear = cell, False
        self.outputs[cell], self._size[cell] = [], 0

    def event(self, event: Mapping[str, Any]) -> None:
        """Apply one event of the running cell."""
        kind = event.get("kind")
        if kind == "clear":
            self._clear = bool(event.get("wait"))
            if not self._clear:
                self._empty()
        elif kind == "stream":
            self._stream(str(event.get("name")), str(event.get("text", "")))
        elif kind in ("display", "result"):
            self._display(kind, event)
        elif kind == "error":
            self._append(error_output(event.get("ename"), event.get("evalue"), event.get("traceback")))

    def _empty(self) -> None:
        self.outputs[self._cell], self._size[self._cell], self._clear = [], 0, False

    def _stream(self, name: str, text: str) -> None:
        """Add text, to the output before it if that is of the same stream."""
        name = name if name == "stderr" else "stdout"
        if self._clear:
            self._empty()
        outputs = self.outputs[self._cell]
        room = max(0, self.limit - self._size[self._cell])
        if room == 0:
            return
        self._size[self._cell] += len(text)
        text = text if len(text) <= room else text[:room] + _MARK
        if outputs and outputs[-1].get("name") == name:
            outputs[-1]["text"] += text
        else:
            outputs.append({"output_type": "stream", "name": name, "text": text})

    def _display(self, kind: str, event: Mapping[str, Any]) -> None:
        """Add rich output, or change what an earlier one with the same name shows."""
        data, metadata = _bundle(event.get("data")), _mapping(event.get("metadata"))
        name = event.get("id")
        if isinstance(name, str):
            for _, earlier in self._shown.get(name, []):
                earlier["data"], earlier["metadata"] = data, metadata
        if event.get("update"):
            return
        output: Output = {"output_type": "display_data", "data": data, "metadata": metadata}
        if kind == "result":
            count = event.get("count")
            output |= {
                "output_type": "execute_result",
                "execution_count": count if isinstance(count, int) else None,
            }
        if self._append(output) and isinstance(name, str):
            self._shown.setdefault(name, []).append((self._cell, output))

    def _append(self, output: Output) -> bool:
        """Add an output if there is room for it; an error always has room."""
        if self._clear:
            self._empty()
        size = _size(output)
        if output["output_type"] != "error" and self._size[self._cell] + size > self.limit:
            self._stream("stdout", _MARK)
            self._size[self._cell] = self.limit
            if output["output_type"] != "execute_result":
                return False
            output["data"] = {"text/plain": str(output["data"].get("text/plain", ""))[:200]}
        self._size[self._cell] += size
        self.outputs[self._cell].append(output)
        return True


def error_output(ename: Any, evalue: Any, traceback: Any, limit: int = 20_000) -> Output:
    """Return an error as notebooks hold it, with every text bounded."""
    lines = traceback if isinstance(traceback, list) else []
    return {
        "output_type": "error",
        "ename": str(ename)[:200],
        "evalue": str(evalue)[:limit],
        "traceback": [str(line)[:limit] for line in lines[:1000]],
    }


def tidy_streams(outputs: Sequence[Output]) -> list[Output]:
    """Join the pieces of each stream between two other outputs, stdout before stderr.

    The streams of a kernel are buffered apart and have no order between them; this is the order in
    which they usually arrive.
    """
    tidy: list[Output] = []
    texts: dict[str, str] = {}
    for output in [*outputs, None]:
        if output is not None and output["output_type"] == "stream":
            texts[output["name"]] = texts.get(output["name"], "") + output["text"]
            continue
        names = [name for name in ("stdout", "stderr") if name in texts]
        tidy += [{"output_type": "stream", "name": name, "text": texts[name]} for name in names]
        texts = {}
        if output is not None:
            tidy.append(output)
    return tidy


def limit_lines(outputs: Sequence[Output], lines: int, traceback: int) -> list[Output]:
    """Shorten outputs by the rules of nbgrader's ``LimitOutput``; -1 means no limit."""
    kept, used = [], 0
    for output in outputs:
        if output["output_type"] == "stream" and lines != -1:
            if used >= lines:
                continue
            text = output["text"].split("\n")
            if len(text) + used > lines:
                text = [*text[: lines - used - 1], "... Output truncated ..."]
            used += len(text)
            kept.append({**output, "text": "\n".join(text)})
        elif output["output_type"] == "error" and len(output["traceback"]) > traceback != -1:
            half = traceback // 2
            frames = output["traceback"]
            rest = frames[len(frames) - (traceback - half - 1) :]
            kept.append({**output, "traceback": [*frames[:half], "... Traceback truncated ...", *rest]})
        else:
            kept.append(output)
    return kept


def _bundle(data: Any) -> dict[str, Any]:
    """Keep the representations that a notebook may hold: text, and JSON under a JSON type."""
    if not isinstance(data, dict):
        return {}
    return {
        str(kind): value if isinstance(value, str) or "json" in str(kind) else str(value)
        for kind, value in data.items()
    }


def _mapping(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _size(output: Output) -> int:
    """Roughly how many characters an output holds."""
    if output["output_type"] == "error":
        return sum(map(len, output["traceback"]))
    return sum(len(v) if isinstance(v, str) else len(repr(v)) for v in output["data"].values())
