"""The record of a class's outcomes: a file that a run adds to, and that is read one outcome at a time.

``report/NAME.outcomes.json`` is a JSON array with an outcome in each line, in the order of the students.
While a run goes on, its outcomes are lines of a journal beside it: writing the whole record after each of n
submissions would cost n² time. Of a class of thousands the record is tens of megabytes, and several times
that as objects; so a `Record` keeps only where each outcome stands.
"""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, overload

from .errors import CourseError
from .files import replacing
from .outcome import Outcome

__all__ = ["Outcomes", "Record", "append", "condense", "load", "require_record", "save", "to_json"]

_BROKEN = (ValueError, TypeError, KeyError, AttributeError)


class Record(Mapping[str, Outcome]):
    """Recorded outcomes by student, each read from the file when it is asked for.

    They are those of the moment at which this was made, whatever is written later. An absent file is an empty
    record.

    Parameters
    ----------
    path : Path
        ``report/NAME.outcomes.json``; the journal beside it is read as well.

    Raises
    ------
    CourseError
        If the file is not such a record.
    """

    def __init__(self, path: Path) -> None:
        self._places: dict[str, tuple[IO[bytes], int]] = {}
        # The journal is opened first: a run that ends in between has put into the record what was in it.
        journal, record = self._opened(_journal_path(path)), self._opened(path)
        try:
            if record is not None:
                self._places |= self._read_record(record)
        except _BROKEN as problem:
            raise CourseError(
                f"{path.name} is not a record of outcomes ({problem}).", "Delete it and grade again."
            ) from problem
        if journal is not None:
            self._places |= _places(journal, journal=True)

    def __getitem__(self, student: str) -> Outcome:
        return _outcome(self.line(student))

    def line(self, student: str) -> bytes:
        """Return an outcome as it stands in the file: JSON without a line break."""
        stream, offset = self._places[student]
        stream.seek(offset)
        return stream.readline().strip().removesuffix(b",")  # the comma belongs to the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, student: object) -> bool:
        return student in self._places

    def _opened(self, path: Path) -> IO[bytes] | None:
        """Open a file, if it is there, for as long as this record is in use."""
        with suppress(FileNotFoundError):
            stream = path.open("rb")
            weakref.finalize(self, stream.close)
            return stream
        return None

    def _read_record(self, stream: IO[bytes]) -> dict[str, tuple[IO[bytes], int]]:
        """Find the outcomes of a record, which somebody may have indented differently."""
        with suppress(*_BROKEN):
            return _places(stream, journal=False)
        stream.seek(0)
        lines = tempfile.TemporaryFile()  # noqa: SIM115  (closed when this record is not used any more)
        weakref.finalize(self, lines.close)
        lines.writelines(to_json(map(Outcome.from_dict, json.loads(stream.read()))))
        return _places(lines, journal=False)


class Outcomes(Sequence[Outcome]):
    """Outcomes of some students in a fixed order, each read from a record when it is asked for.

    Parameters
    ----------
    record : Mapping of str to Outcome
        Where they stand.
    students : iterable of str
        Whose, in which order; those of whom there is none are left out.
    """

    def __init__(self, record: Mapping[str, Outcome], students: Iterable[str]) -> None:
        self._record = record
        self._students = tuple(student for student in students if student in record)

    def __len__(self) -> int:
        return len(self._students)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, index: int) -> Outcome: ...

    @overload
    def __getitem__(self, index: slice) -> Outcomes: ...

    def __getitem__(self, index: int | slice) -> Outcome | Outcomes:
        if isinstance(index, slice):
            return Outcomes(self._record, self._students[index])
        return self._record[self._students[index]]


def load(path: Path) -> dict[str, Outcome]:
    """Read all recorded outcomes at once, keyed by student; an absent file is an empty record.

    Raises
    ------
    CourseError
        If the file is not such a record.
    """
    return dict(Record(path))


def require_record(path: Path, assignment: str) -> dict[str, Outcome]:
    """Read recorded outcomes of which there must be some, keyed by student.

    Raises
    ------
    CourseError
        If nothing has been graded, or the file is not such a record.
    """
    record = load(path)
    if not record:
        raise CourseError(f"`{assignment}` has not been graded.", f"Run: autograder grade {assignment}")
    return record


def to_json(outcomes: Iterable[Outcome]) -> Iterator[bytes]:
    """Write outcomes as a JSON array, piece by piece."""
    return _array(map(_line, outcomes))


def save(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Replace the record in one step, so that a killed run leaves either the old or the new one."""
    _write(path, map(_line, sorted(outcomes, key=lambda outcome: outcome.student)))


def append(path: Path, outcome: Outcome) -> None:
    """Add one outcome to the record at once; `condense` brings the record into one piece again."""
    journal = _journal_path(path)
    journal.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        # A line before this one may have been cut off by a kill: begin on a new one.
        os.write(descriptor, b"\n" + _line(outcome) + b"\n")
    finally:
        os.close(descriptor)


def condense(path: Path) -> Record:
    """Bring the record into one piece, if anything has been added to it, and return it."""
    record = Record(path)
    if not _journal_path(path).exists():
        return record
    _write(path, map(record.line, sorted(record)))
    return Record(path)


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with replacing(path) as stream:
        stream.writelines(_array(lines))
    _journal_path(path).unlink(missing_ok=True)


def _array(lines: Iterable[bytes]) -> Iterator[bytes]:
    """A JSON array of outcomes, each in a line."""
    yield b"["
    for number, line in enumerate(lines):
        yield b",\n" if number else b"\n"
        yield line
    yield b"\n]\n"


def _line(outcome: Outcome) -> bytes:
    """An outcome as JSON without a line break."""
    data = outcome.to_dict()
    try:
        return json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as in the name of a file that is no UTF-8
        return json.dumps(data).encode()


def _outcome(line: bytes) -> Outcome:
    """Undo `_line`."""
    return Outcome.from_dict(json.loads(line))


def _places(stream: IO[bytes], *, journal: bool) -> dict[str, tuple[IO[bytes], int]]:
    """Where the outcome of each student begins; of a record that is no array of lines, an exception.

    In a journal, a line that a kill has cut off is none.
    """
    found: dict[str, tuple[IO[bytes], int]] = {}
    stream.seek(0)
    offset, last = 0, b""
    for line in stream:
        if content := line.strip().removesuffix(b","):
            last = content
            if content not in (b"[", b"]"):
                with suppress(*(_BROKEN if journal else ())):
                    found[_outcome(content).student] = (stream, offset)
        offset += len(line)
    if last != b"]" and not journal:
        raise ValueError("its end is missing")
    return found


def _journal_path(path: Path) -> Path:
    return path.with_name(f".{path.name}l")
