"""Read a downloaded folder or zip file as a list of files, and refuse archives that are not what they seem.

Nothing is unpacked here: an archive is judged by its table of contents before a byte of it is written.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from .errors import CourseError

__all__ = ["Entry", "open_source"]

MAX_FILES = 50_000
MAX_FILE_BYTES = 256 * 1024**2
MAX_BYTES = 8 * 1024**3
# Deflate packs zeros about 1030 times; notebooks with pictures 2 to 10 times.
MAX_RATIO = 200
_SMALL = 1024**2
_UTF8 = 0x800
_ENCRYPTED = 0x1
# What systems put beside the files of their users.
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", ".ipynb_checkpoints", "desktop.ini")


@dataclass(frozen=True)
class Entry:
    """One file of a download.

    Parameters
    ----------
    path : PurePosixPath
        Where it lies in the download, in composed Unicode.
    size : int
        Bytes.
    read : callable
        Returns the content.
    modified : datetime or None
        When the archive says that it was changed, in the time of the machine that packed it.
    """

    path: PurePosixPath
    size: int
    read: Callable[[], bytes] = field(repr=False, compare=False)
    modified: datetime | None = None


@contextmanager
def open_source(source: Path) -> Iterator[tuple[tuple[Entry, ...], tuple[str, ...]]]:
    """Open a folder or a zip file; yield its files, and the names of links that were left out.

    Raises
    ------
    CourseError
        If it is neither, or a zip file that must not be unpacked.
    """
    if source.is_dir():
        yield _of_folder(source)
    elif not source.is_file():
        raise CourseError(f"There is no folder or file {source}.", "Name what you have downloaded.")
    elif not zipfile.is_zipfile(source):
        raise CourseError(
            f"{source.name} is no zip file, or only a part of one.",
            "Download it again, or unpack it yourself and name the folder.",
        )
    else:
        with zipfile.ZipFile(source) as archive:
            yield _of_zip(archive), ()


def _of_folder(folder: Path) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """List the ordinary files below a folder; links may lead anywhere, so they are only named."""
    entries, links = [], []
    for path in sorted(folder.rglob("*")):
        name = _plain(path.relative_to(folder).as_posix())
        if path.is_symlink():
            links.append(str(name))
        elif path.is_file() and not _is_litter(name):
            when = datetime.fromtimestamp(path.stat().st_mtime)
            entries.append(Entry(name, path.stat().st_size, path.read_bytes, when))
    large = next((entry for entry in entries if entry.size > MAX_FILE_BYTES), None)
    if large is not None:
        raise _refused(f"`{large.path}` has {large.size // 1024**2} MB")
    return tuple(entries), tuple(links)


def _of_zip(archive: zipfile.ZipFile) -> tuple[Entry, ...]:
    """List the files of an archive after judging all of it."""
    files = [item for item in archive.infolist() if not item.is_dir()]
    if len(files) > MAX_FILES:
        raise _refused(f"it has {len(files)} files")
    if sum(item.file_size for item in files) > MAX_BYTES:
        raise _refused(f"unpacked it would have {sum(item.file_size for item in files) // 1024**3} GB")
    entries = []
    for item in files:
        name = _name_of(item)
        _require_harmless(item, name)
        if not _is_litter(_plain(name)):
            when = _time_of(item)
            entries.append(Entry(_plain(name), item.file_size, _reader(archive, item), when))
    return tuple(entries)


def _require_harmless(item: zipfile.ZipInfo, name: str) -> None:
    """Refuse an archive for one entry that no learning platform would have put there."""
    kind = stat.S_IFMT(item.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _refused(f"`{name}` is a symbolic link or a device")
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0][:2] or "\0" in item.orig_filename:
        raise _refused(f"`{name}` leads out of the folder that it is unpacked to")
    if item.flag_bits & _ENCRYPTED:
        raise _refused(f"`{name}` is protected by a password")
    if item.file_size > MAX_FILE_BYTES:
        raise _refused(f"`{name}` would have {item.file_size // 1024**2} MB")
    if item.file_size > max(_SMALL, MAX_RATIO * item.compress_size):
        raise _refused(
            f"`{name}` would grow {item.file_size // max(1, item.compress_size)} times (a zip bomb)"
        )


def _refused(why: str) -> CourseError:
    return CourseError(
        f"The download was refused, and nothing of it was unpacked: {why}.",
        "Take that file out and collect the rest; ask whoever handed it in for a plain notebook.",
    )


def _name_of(item: zipfile.ZipInfo) -> str:
    """The name of an entry; some packers write UTF-8 without saying so."""
    if item.flag_bits & _UTF8:
        return item.filename
    try:
        return item.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return item.filename


def _plain(name: str) -> PurePosixPath:
    """Compose accents: macOS writes `é` as two characters, which would make two students of one."""
    return PurePosixPath(unicodedata.normalize("NFC", name))


def _time_of(item: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*item.date_time) if item.date_time[0] > 1980 else None
    except ValueError:
        return None


def _reader(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Read one entry; its size is bounded by what the table of contents says."""

    def read() -> bytes:
        try:
            with archive.open(item) as stream:
                return stream.read(item.file_size)
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError) as problem:
            raise CourseError(
                f"`{item.filename}` in the archive is damaged ({problem}).", "Download the archive again."
            ) from problem

    return read


def _is_litter(path: PurePosixPath) -> bool:
    return any(part in _LITTER or part.startswith("._") for part in path.parts)
