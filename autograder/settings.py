"""What a submission may use, and how it is run: defaults, and a section of ``nbgrader_config.py``.

    c.AutograderLimits.memory_bytes = 4 * 1024**3
    c.AutograderLimits.preload = ["matplotlib.pyplot", "pandas"]

The time-out of a cell is nbgrader's own ``c.Execute.timeout``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .errors import CourseError

__all__ = ["BACKEND", "SECTION", "GradingLimits", "describe"]

# What a notebook kernel draws with.
BACKEND = "module://matplotlib_inline.backend_inline"
SECTION = "AutograderLimits"
_GIGABYTE = 1024**3
_MEGABYTE = 1024**2


def _limit(default: Any, meaning: str) -> Any:
    """A field with its meaning, which ``--help`` shows."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class GradingLimits:
    """What one notebook may use. Times in seconds, sizes in bytes."""

    cell_seconds: float = _limit(30.0, "wall time of a cell; c.Execute.timeout or --timeout sets it")
    notebook_seconds: float = _limit(0.0, "wall time of a notebook; 0: ten times that of a cell")
    grace_seconds: float = _limit(1.0, "time that an interrupted cell has to end before it is killed")
    cpu_seconds: int = _limit(0, "processor time of a notebook; 0: twice its wall time")
    attempts: int = _limit(4, "starts of a notebook whose cells kill the process")
    memory_bytes: int = _limit(2 * _GIGABYTE, "address space beyond what the warm process has")
    processes: int = _limit(64, "threads of a notebook")
    open_files: int = _limit(128, "files open at a time")
    file_bytes: int = _limit(64 * _MEGABYTE, "size of one file")
    scratch_bytes: int = _limit(256 * _MEGABYTE, "files of a notebook, where the machine can limit them")
    output_characters: int = _limit(1_000_000, "output of one cell")
    notebook_bytes: int = _limit(256 * _MEGABYTE, "size of a notebook that is handed in")
    seed: int = _limit(0, "seed of the global random generators")
    preload: tuple[str, ...] = _limit(
        ("matplotlib.pyplot", "matplotlib.backends.backend_agg"),
        "modules to import ahead for notebooks that name them; those of the assignment always are",
    )
    bubblewrap: bool = _limit(True, "put bubblewrap round each worker, where it can run")
    readable: tuple[str, ...] = _limit((), "further files and folders that notebooks may read, such as data")

    @classmethod
    def from_config(cls, config: Mapping[str, Any], cell_seconds: float) -> GradingLimits:
        """Read the section of a course's configuration.

        Raises
        ------
        CourseError
            If it names a limit that does not exist, or gives it a value of another kind.
        """
        known = {item.name: item for item in fields(cls)}
        section = dict(config.get(SECTION, {}))
        unknown = sorted(set(section) - set(known))
        if unknown:
            raise CourseError(
                f"c.{SECTION} has no limit `{unknown[0]}`.", f"Choose from: {', '.join(known)}."
            )
        values: dict[str, Any] = {
            name: _convert(name, value, known[name].default) for name, value in section.items()
        }
        return cls(**{"cell_seconds": cell_seconds, **values})

    @property
    def whole_seconds(self) -> float:
        """Wall time of a notebook, all its starts together."""
        return self.notebook_seconds or 10 * self.cell_seconds

    @property
    def whole_cpu_seconds(self) -> int:
        """Processor time of one start of a notebook."""
        return self.cpu_seconds or int(2 * self.whole_seconds) + 1

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GradingLimits:
        """Undo `to_dict`, after a journey as JSON."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)


def describe() -> str:
    """Say in lines what can be set, for ``--help``."""
    lines = [f"c.{SECTION}.{f.name} = {f.default!r}: {f.metadata['meaning']}." for f in fields(GradingLimits)]
    return "\n\n".join(lines)


def _convert(name: str, value: Any, default: Any) -> Any:
    """Check one value against the kind of its default."""
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        raise CourseError(f"c.{SECTION}.{name} is {value!r}.", "Give it True or False.")
    if isinstance(default, tuple):
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return type(default)(value)
    wanted = "a list of strings" if isinstance(default, tuple) else "a number that is not negative"
    raise CourseError(f"c.{SECTION}.{name} is {value!r}.", f"Give it {wanted}.")
