"""Frames between the grading processes: JSON with its length in front. Never pickle.

A frame that comes from student code is only data: its size is bounded, and whoever reads it checks what
is in it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import struct
from typing import Any

__all__ = ["Frames", "WireError", "die_with_parent", "encode", "receive", "send"]

_HEADER = struct.Struct(">I")
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class WireError(Exception):
    """What arrived is not a frame: too long, or not JSON."""


def encode(message: Any) -> bytes:
    """Return a message as one frame."""
    body = json.dumps(message, ensure_ascii=True, separators=(",", ":"), default=repr).encode("ascii")
    return _HEADER.pack(len(body)) + body


def send(connection: socket.socket, message: Any) -> None:
    """Write one frame, all of it."""
    connection.sendall(encode(message))


def receive(connection: socket.socket, limit: int = 1 << 30) -> Any:
    """Wait for one frame.

    Raises
    ------
    EOFError
        If the other side has gone.
    WireError
        If what came is not a frame.
    """
    frames = Frames(limit)
    while True:
        # One frame at a time, so that nothing of the next one is read here and lost.
        data = connection.recv(frames.missing)
        if not data:
            raise EOFError("the other process has gone")
        for message in frames.feed(data):
            return message


class Frames:
    """Cuts a stream of bytes into messages.

    Parameters
    ----------
    limit : int
        The longest frame, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray()

    @property
    def missing(self) -> int:
        """Bytes that the frame being read still lacks; at most a megabyte at a time."""
        if len(self._buffer) < _HEADER.size:
            return _HEADER.size - len(self._buffer)
        (length,) = _HEADER.unpack_from(self._buffer)
        return min(length + _HEADER.size - len(self._buffer), 1 << 20)

    def feed(self, data: bytes) -> list[Any]:
        """Take bytes; return the messages that are complete with them."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer)
            if length > self.limit:
                raise WireError(f"a frame of {length} bytes, at most {self.limit} are allowed")
            if len(self._buffer) < _HEADER.size + length:
                break
            body = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
            del self._buffer[: _HEADER.size + length]
            messages.append(_decode(body))
        return messages


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise WireError(f"a frame that is not JSON: {type(problem).__name__}") from problem


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent dies, and adopt the orphans of its children.

    Parameters
    ----------
    parent : int
        The process that must be the parent; if it has died already, this process leaves at once.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if parent and os.getppid() != parent:
        os._exit(0)
