"""The paths of a policy as they are on this machine, looked up once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .policy import ConfinementError, Policy


@dataclass(frozen=True)
class Places:
    """Real paths, without links.

    Parameters
    ----------
    readable, writable : tuple of Path
        As in `Policy`, without those that lie in another one; they exist.
    hidden : tuple of Path
        As in `Policy`, those that something readable holds.
    scratch : Path or None
        As in `Policy`; it exists.
    links : tuple of (Path, str)
        The symbolic links on the way to the paths as they were given, each with what it says.
    """

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    hidden: tuple[Path, ...]
    scratch: Path | None
    links: tuple[tuple[Path, str], ...]

    @property
    def changeable(self) -> tuple[Path, ...]:
        """Everything that may be written."""
        return self.writable if self.scratch is None else (*self.writable, self.scratch)

    @property
    def root_is_readable(self) -> bool:
        """Whether nothing at all is kept from being read."""
        return Path("/") in (*self.readable, *self.writable)


def look_up(policy: Policy) -> Places:
    """Return the places of a policy.

    Raises
    ------
    ConfinementError
        If one cannot be reached, or is granted although it lies in a hidden one.
    """
    given = (*policy.readable, *policy.changeable)
    secrets = tuple(Path(os.path.realpath(path)) for path in policy.hidden)
    readable = tuple(_real("readable", path, secrets) for path in policy.readable)
    writable = tuple(_real("writable", path, secrets) for path in policy.writable)
    scratch = None if policy.scratch is None else _real("scratch", policy.scratch, secrets)
    shown = {*readable, *writable, scratch}
    hidden = tuple(secret for secret in secrets if shown.intersection(secret.parents))
    reals = (*readable, *writable, *(() if scratch is None else (scratch,)))
    links = tuple(_links(zip(given, reals, strict=True)))
    return Places(_outermost(readable), _outermost(writable), hidden, scratch, links)


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths that lie below no other one, in order."""
    together = set(paths)
    return tuple(sorted(path for path in together if together.isdisjoint(path.parents)))


def _real(name: str, path: Path, secrets: tuple[Path, ...]) -> Path:
    try:
        real = Path(os.path.realpath(path, strict=True))
    except OSError as error:
        raise ConfinementError(f"Policy.{name}: {path} cannot be reached ({error.strerror})") from None
    for secret in secrets:
        if real == secret or secret in real.parents:
            raise ConfinementError(f"Policy.{name}: {path} lies in {secret}, which is to be hidden")
    return real


def _links(pairs: Iterable[tuple[Path, Path]]) -> Iterator[tuple[Path, str]]:
    for path, real in pairs:
        plain = Path(os.path.abspath(path))
        if plain != real:
            yield from symlinks_on(plain)


def symlinks_on(path: Path, depth: int = 40) -> Iterator[tuple[Path, str]]:
    """Yield every symbolic link met on the way to the absolute `path`, with what it says."""
    place = Path("/")
    for index, part in enumerate(path.parts[1:], start=2):
        place /= part
        if place.is_symlink():
            target = os.readlink(place)
            yield place, target
            if depth:
                rest = Path(os.path.normpath(place.parent / target), *path.parts[index:])
                yield from symlinks_on(rest, depth - 1)
            return


def check_reach(places: Places) -> None:
    """Raise ConfinementError if this process, as the user it is now, cannot read or write what it may."""
    for path in places.readable:
        _check(path, os.R_OK, "read")
    for path in places.changeable:
        _check(path, os.R_OK | os.W_OK | os.X_OK, "write in")


def check_hidden(places: Places) -> None:
    """Raise ConfinementError if a path to be hidden is missing: only Landlock hides what comes later."""
    for secret in places.hidden:
        if not secret.exists():
            raise ConfinementError(f"Policy.hidden: {secret} is not there, so nothing can be put over it")


def _check(path: Path, mode: int, verb: str) -> None:
    if not os.access(path, mode):
        raise ConfinementError(f"user {os.getuid()} may not {verb} {path}, which the policy grants")
