"""Which pages the site has, in which order, and where a link of a source leads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.build_site.markdown import Resolve

__all__ = ["DOWNLOADS", "PARTS", "Source", "find_sources", "resolver"]

DOWNLOADS = "downloads"
PARTS = ("Lectures", "Problem sets", "For students", "For teachers")
_FOR_STUDENTS = ("students-evening", "glossary", "errata")
# The order in which a teacher meets them; documents that are not named here come after these, by name.
_FOR_TEACHERS = (
    "teachers-week", "writing-an-assignment", "grading", "similarity", "private-fork", "privacy",
    "jupyterhub", "splitting-tests", "security", "confinement", "maintaining", "site",
)  # fmt: skip
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.I)


@dataclass(frozen=True)
class Source:
    """A file of the course that becomes a page.

    Attributes
    ----------
    file
        Relative to the course's root, with slashes.
    address
        Of its page, relative to the site's root.
    part
        One of `PARTS`.
    beside
        Files that are offered with it for download, relative to the course's root.
    """

    file: str
    address: str
    part: str
    beside: tuple[str, ...] = ()

    @property
    def is_notebook(self) -> bool:
        """Whether it is a notebook and not a document."""
        return self.file.endswith(".ipynb")

    @property
    def download(self) -> str:
        """Address of the notebook itself, relative to the site's root; problem sets keep their folder."""
        kept = self.file.removeprefix("assignments/release/")
        return f"{DOWNLOADS}/{kept}"


def find_sources(root: Path) -> list[Source]:
    """Return the sources of all pages in reading order; FileNotFoundError if there is no lecture."""
    lectures = sorted((root / "lectures").glob("[0-9][0-9]-*.ipynb"))
    if not lectures:
        raise FileNotFoundError(f"there is no built lecture in {root / 'lectures'}: run `make build`")
    found = [Source(f"lectures/{path.name}", f"lectures/{path.stem}.html", PARTS[0]) for path in lectures]
    for path in sorted((root / "assignments" / "release").glob("*/*.ipynb")):
        if path.stem == path.parent.name:
            found.append(_problem_set(path, root))
    return found + _documents(root)


def _problem_set(path: Path, root: Path) -> Source:
    others = sorted(other for other in path.parent.iterdir() if other.is_file() and other.suffix != ".ipynb")
    beside = tuple(other.relative_to(root).as_posix() for other in others)
    return Source(path.relative_to(root).as_posix(), f"problem-sets/{path.stem}.html", PARTS[1], beside)


def _documents(root: Path) -> list[Source]:
    # One that is still empty has nothing to be called by, and no page.
    stems = sorted(
        path.stem for path in (root / "docs").glob("*.md") if path.read_text(encoding="utf-8").strip()
    )
    students = [stem for stem in _FOR_STUDENTS if stem in stems]
    known = [stem for stem in _FOR_TEACHERS if stem in stems]
    others = [stem for stem in stems if stem not in (*_FOR_STUDENTS, *_FOR_TEACHERS)]
    placed = [(stem, PARTS[2]) for stem in students] + [(stem, PARTS[3]) for stem in (*known, *others)]
    return [Source(f"docs/{stem}.md", f"docs/{stem}.html", part) for stem, part in placed]


def resolver(source: Source, addresses: Mapping[str, str]) -> Resolve:
    """Return the function that turns a link of `source` into one of its page.

    Parameters
    ----------
    source
        The file whose links are meant.
    addresses
        Address, relative to the site's root, of each file of the course that the site has.

    Returns
    -------
    function
        From a link to the address seen from the page; None for a file of the course that has no page.
    """
    folder, here = posixpath.dirname(source.file), posixpath.dirname(source.address)

    def resolve(link: str) -> str | None:
        if _ELSEWHERE.match(link) or link.startswith("#"):
            return link
        file, hash_sign, anchor = link.partition("#")
        address = addresses.get(posixpath.normpath(posixpath.join(folder, file)))
        return None if address is None else posixpath.relpath(address, here) + hash_sign + anchor

    return resolve
