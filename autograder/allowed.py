"""What a student's process may import: the standard library, what drawing and showing need, and a list.

Three things keep to the list. Packages that are not on it are not readable once the process is confined,
so no trick of Python's brings them in. A module of the course's own package that is on the list is loaded
before, without the rest of its package. And whoever imports something else is told so in a sentence.
"""

from __future__ import annotations

import importlib
import sys
import sysconfig
import types
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import metadata
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from typing import Any

__all__ = ["OURS", "Guard", "homes", "installed", "load_listed", "runtime"]

# What IPython's shell and NumPy's arrays and Matplotlib's figures need, whatever a list says.
_ALWAYS = ("numpy", "matplotlib", "matplotlib-inline", "ipython")
# Reference passes, and the grader itself.
OURS = ("mlpkit", "autograder")


def runtime(imports: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return what a student's process may read to import what is listed; None for all that is installed.

    Parameters
    ----------
    imports : sequence of str or None
        Modules that answers may import.
    """
    site = Path(sysconfig.get_paths()["purelib"])
    if imports is None:
        if not any((site / name).exists() for name in OURS):
            return None
        return _found([*_standard(site), *(path for path in site.iterdir() if path.name not in OURS)])
    return _found([*_standard(site), *installed(name.split(".")[0] for name in imports)])


def _standard(site: Path) -> list[Path]:
    """The standard library and the system's libraries, without what is installed beside them."""
    from .confine import runtime_paths  # noqa: PLC0415  (Linux only)

    paths: list[Path] = []
    for path in runtime_paths():
        if path == site or "site-packages" in path.parts:
            continue
        if path in site.parents:
            paths += _around(path, site)
        else:
            paths.append(path)
    return paths


def _around(folder: Path, site: Path) -> list[Path]:
    """Everything in a folder but the one place below it."""
    found: list[Path] = []
    for path in folder.iterdir():
        if path in site.parents:
            found += _around(path, site)
        elif path != site:
            found.append(path)
    return found


def _found(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(path) for path in paths if path.exists()))


def installed(names: Iterable[str]) -> list[Path]:
    """Return the files and folders of installed packages, of what they need, and of what is always there.

    Parameters
    ----------
    names : iterable of str
        Names as they are imported. Those of the standard library, and of packages that lie elsewhere, have
        none.
    """
    found: dict[str, metadata.Distribution] = {}
    # What our own packages need is what the whole course needs.
    others = [name for name in names if name not in sys.stdlib_module_names and name not in OURS]
    waiting = [*_ALWAYS, *_distributions(others)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.distribution(name)
            waiting += _needed(found[name])
    return [path for distribution in found.values() for path in _files(distribution)]


def _distributions(names: Sequence[str]) -> list[str]:
    """The distributions that packages come from; most have the same name, and looking the rest up is slow."""
    known = []
    others = []
    for name in names:
        try:
            known.append(metadata.distribution(name).name)
        except metadata.PackageNotFoundError:
            others.append(name)
    if others:
        table = metadata.packages_distributions()
        known += [distribution for name in others for distribution in table.get(name, ())]
    return known


def _needed(distribution: metadata.Distribution) -> list[str]:
    """What a distribution needs here."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415

    names = []
    for line in distribution.requires or ():
        with suppress(InvalidRequirement):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                names.append(requirement.name)
    return names


def _files(distribution: metadata.Distribution) -> list[Path]:
    """The outermost files and folders that a distribution has put beside the others."""
    record = distribution.read_text("RECORD") or ""
    tops = {line.partition(",")[0].partition("/")[0].strip('"') for line in record.splitlines()}
    tops = {top for top in tops if top and top not in ("..", "__pycache__") and ".dist-info" not in top}
    return [Path(str(distribution.locate_file(top))) for top in sorted(tops)]


def homes(modules: Iterable[str]) -> tuple[str, ...]:
    """Where packages lie that are installed outside Python's own folders, such as a course's package."""
    found: list[str] = []
    for name in sorted({module.split(".")[0] for module in modules}):
        with suppress(ImportError, ValueError):
            spec = find_spec(name)
            if spec is not None and spec.submodule_search_locations:
                found += list(spec.submodule_search_locations)
            elif spec is not None and spec.origin and Path(spec.origin).is_file():
                found.append(spec.origin)
    return tuple(place for place in found if "site-packages" not in place)


def load_listed(imports: Iterable[str]) -> None:
    """Load the listed modules of our packages, each without the package round it.

    Importing ``mlpkit.datasets`` would run all of ``mlpkit`` first. Here its package is an empty one that
    only knows where its modules lie.
    """
    for name in imports:
        package, _, module = name.partition(".")
        if package in OURS and module and package not in sys.modules:
            spec = find_spec(package)
            if spec is not None and spec.submodule_search_locations:
                bare = types.ModuleType(package, "What this assignment lists of the package.")
                bare.__path__ = list(spec.submodule_search_locations)
                sys.modules[package] = bare
        if package in OURS and module:
            with suppress(Exception):
                importlib.import_module(name)


class Guard:
    """Says what may be imported to whoever imports something else.

    Parameters
    ----------
    imports : sequence of str or None
        What is listed.
    readable : sequence of str
        What `runtime` gives for it.

    Notes
    -----
    It stands first among Python's finders and can be removed by student code; what is not readable stays so.
    """

    def __init__(self, imports: Sequence[str] | None, readable: Sequence[str]) -> None:
        self._listed = None if imports is None else tuple(imports)
        self._known = {Path(path).name.partition(".")[0]: Path(path) for path in readable}
        site = Path(sysconfig.get_paths()["purelib"])
        # Asked now: later the folder cannot be listed.
        self._there = {path.name.partition(".")[0].partition("-")[0] for path in site.iterdir()}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Refuse a module that is not listed; otherwise leave it to the finders after this one."""
        top = name.partition(".")[0]
        if top in OURS and not self._lists(name):
            raise ModuleNotFoundError(
                f"{name} is not there while answers are graded. {self._say()}", name=name
            )
        if self._listed is None or path is not None or top in sys.stdlib_module_names:
            return None
        if name in self._known and name in self._there:
            return _spec(name, self._known[name])
        if name in self._there and not self._lists(name):
            raise ModuleNotFoundError(f"{name} may not be imported here. {self._say()}", name=name)
        return None

    def _lists(self, name: str) -> bool:
        return any(f"{name}.".startswith(f"{listed}.") for listed in self._listed or ())

    def _say(self) -> str:
        if self._listed is None:
            return "Write the answer yourself."
        return f"This assignment allows: {', '.join(self._listed)}, and the standard library."


def _spec(name: str, path: Path) -> ModuleSpec | None:
    """Say where a package lies, because the folder that it lies in cannot be listed."""
    if path.is_file():
        return spec_from_file_location(name, path)
    begin = path / "__init__.py"
    if begin.is_file():
        return spec_from_file_location(name, begin, submodule_search_locations=[str(path)])
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(path)]
    return spec
