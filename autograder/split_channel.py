"""Messages over a socket pair, with a deadline on every read and write.

A frame is a length, a kind, an id and a body. The other end may be an enemy who sends 4 GB headers, one
byte a second, random bytes or nothing: each is cut off with an error, none makes this side hang or
allocate more than the limit.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import NamedTuple

from .codec import ProtocolError

__all__ = ["Channel", "ChannelClosedError", "ChannelTimeoutError", "Frame"]

_HEADER = struct.Struct("<IBI")
_TICK = struct.pack("ll", 0, 50_000)  # how often a waiting side looks at the clock: 50 ms
_CHUNK = 1 << 16
_PIECE = 1 << 18


class ChannelClosedError(Exception):
    """The other process has closed its end, or has died."""


class ChannelTimeoutError(Exception):
    """The other process did not send or take a message in time."""


class Frame(NamedTuple):
    """One message as it came."""

    kind: int
    ident: int
    body: bytes | bytearray


class Channel:
    """One end of a socket pair.

    Parameters
    ----------
    end : socket.socket
        A connected stream socket of the family AF_UNIX. The channel owns it from now on.
    limit : int
        Bytes of the longest frame that is accepted.
    timed : bool
        Whether reads and writes can have a deadline. The student's side needs none: the trusted side ends it.
    """

    def __init__(self, end: socket.socket, limit: int = 65 << 20, *, timed: bool = True) -> None:
        end.setblocking(True)
        if timed:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TICK)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TICK)
        self._end = end
        self._fd = end.fileno()
        self._limit = limit
        self._pending: bytes | bytearray = b""
        self._spare: memoryview | None = None

    def fileno(self) -> int:
        """Return the descriptor, so that nobody else closes it; -1 when closed."""
        return self._fd

    def close(self) -> None:
        """Close this end. Later reads and writes raise `ChannelClosedError`."""
        if self._fd >= 0:
            self._fd = -1
            self._end.close()

    def send(self, kind: int, ident: int, body: bytes | bytearray, deadline: float | None = None) -> None:
        """Write one frame, all of it.

        Raises
        ------
        ChannelClosedError, ChannelTimeoutError
            If the other side has gone, or does not read before `deadline` (of `time.monotonic`).
        """
        header = _HEADER.pack(len(body), kind, ident)
        if len(body) > _CHUNK:
            self._send_all(header, deadline)
            self._send_all(body, deadline)
        else:
            self._send_all(header + body, deadline)

    def _send_all(self, frame: bytes | bytearray, deadline: float | None) -> None:
        sent = self._write(frame, deadline)
        if sent < len(frame):
            with memoryview(frame) as rest:
                while sent < len(frame):
                    sent += self._write(rest[sent:], deadline)

    def _write(self, data: bytes | bytearray | memoryview, deadline: float | None) -> int:
        if self._fd < 0:
            raise ChannelClosedError("the channel is closed")
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            _check(deadline, "take a message")
            return 0
        except OSError:
            raise ChannelClosedError("the other process has gone") from None

    def receive(self, deadline: float | None = None) -> Frame:
        """Wait for one frame.

        Raises
        ------
        ProtocolError
            If the header announces more than the limit.
        ChannelClosedError, ChannelTimeoutError
            If the other side has gone, or the frame is not complete by `deadline`.
        """
        data, self._pending = self._pending, b""
        try:
            while len(data) < _HEADER.size:
                data += self._read(_CHUNK, deadline)
            length, kind, ident = _HEADER.unpack_from(data)
            if length > self._limit:
                raise ProtocolError(f"a message of {length} bytes; at most {self._limit} are allowed.")
            end = _HEADER.size + length
            if len(data) < end:
                data = bytearray(data)
                # Memory grows with what arrives, not with what is announced.
                while len(data) < end:
                    data += self._read_large(end - len(data), deadline)
                del data[: _HEADER.size]  # without a copy of the rest
                return Frame(kind, ident, data)
        except BaseException:
            # Whoever interrupts this side in the middle of a frame can go on reading it afterwards.
            self._pending = data
            raise
        self._pending = bytes(data[end:])
        return Frame(kind, ident, data[_HEADER.size : end])

    def _read_large(self, missing: int, deadline: float | None) -> memoryview | bytes:
        """Read what is there of a long body, into memory that is used again and again."""
        if self._spare is None:
            self._spare = memoryview(bytearray(_PIECE))
        try:
            count = os.readv(self._fd, [self._spare[: min(missing, _PIECE)]])
        except OSError:
            return self._read(min(missing, _CHUNK), deadline)
        if not count:
            raise ChannelClosedError("the other process has gone")
        _check(deadline, "send a message")
        return self._spare[:count]

    def _read(self, size: int, deadline: float | None) -> bytes:
        """Read what is there, at most `size` bytes; empty if nothing came for one tick."""
        if self._fd < 0:
            raise ChannelClosedError("the channel is closed")
        try:
            data = os.read(self._fd, size)
        except BlockingIOError:
            _check(deadline, "send a message")
            return b""
        except OSError:
            raise ChannelClosedError("the other process has gone") from None
        if not data:
            raise ChannelClosedError("the other process has gone")
        if len(data) < size:
            _check(deadline, "send a message")
        return data


def _check(deadline: float | None, what: str) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise ChannelTimeoutError(f"the other process did not {what} in time")
