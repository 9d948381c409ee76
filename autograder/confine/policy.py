"""What a confined process may do, and what was reached: plain frozen values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

KiB, MiB, GiB = 2**10, 2**20, 2**30

# What programs read from the environment to work at all; everything else may be a secret.
KEPT_VARIABLES = (
    "HOME",
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "IPYTHONDIR",
    "MPLBACKEND",
    "MPLCONFIGDIR",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE",
)


class ConfinementError(RuntimeError):
    """The protection that was asked for is not there. Nothing of a student's may run in this process."""


class Protection(IntEnum):
    """How well a process is shut in; a higher level includes the lower ones."""

    NONE = 0
    PARTIAL = 1
    FULL = 2

    @property
    def label(self) -> str:
        """One word for tables."""
        return self.name.lower()

    @property
    def words(self) -> str:
        """What the level gives, in plain words."""
        return _WORDS[self]


_WORDS = {
    Protection.NONE: "Limits on resources at most: submitted code can do whatever the teacher can.",
    Protection.PARTIAL: "Some of the walls stand (see which are missing): code that means harm can get out.",
    Protection.FULL: (
        "Submitted code reads only what it was given, writes only to its scratch folder, starts no process, "
        "opens no connection, signals nobody, and stops at its limits."
    ),
}


@dataclass(frozen=True)
class Limits:
    """What one submission may use up.

    Parameters
    ----------
    cpu_seconds : float
        Processor time of all threads together; rounded up to whole seconds.
    memory_bytes : int
        Address space that may be added to what the warm process already has.
    processes : int
        Threads at one time, beyond the first. New processes are always refused.
    open_files : int
        Descriptors at one time.
    file_bytes : int
        Size of the largest file that may be written.
    scratch_bytes : int
        Size of the scratch folder, where it can be private (see `Confinement.missing`).
    """

    cpu_seconds: float = 60
    memory_bytes: int = 2 * GiB
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MiB
    scratch_bytes: int = 128 * MiB

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 2**62:
                raise ValueError(f"Limits.{name} must be a positive number, got {value!r}.")


@dataclass(frozen=True)
class Policy:
    """What a confined process may reach; everything that is not named here is refused.

    Parameters
    ----------
    readable : tuple of Path
        Files and folders (with all below them) that may be read. `runtime_paths` lists what Python needs.
    writable : tuple of Path
        Folders that may be read and written; what is written there stays. Counts against no cap but
        `Limits.file_bytes`, so prefer `scratch`.
    limits : Limits
        What may be used up.
    require : Protection
        Less than this raises `ConfinementError`.
    hidden : tuple of Path
        Paths that must not be readable although a folder above them is. Names below a hidden folder
        may stay visible; contents never are.
    scratch : Path or None
        An existing folder to write in. Where the machine allows, its contents are copied into a private
        file system of `Limits.scratch_bytes` that vanishes with the process; else the folder itself is used.
    descriptors : tuple of int
        Open descriptors that stay open; all others are closed. Folders are not allowed among them.
    environment : tuple of str
        Variables that stay; the others are removed, and wiped from the memory of the process.
    user : int or None
        As root: take this user and group id (best one for each slot). ``None`` keeps the id and
        gives up the capabilities only.
    """

    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    limits: Limits = Limits()
    require: Protection = Protection.FULL
    hidden: tuple[Path, ...] = ()
    scratch: Path | None = None
    descriptors: tuple[int, ...] = (0, 1, 2)
    environment: tuple[str, ...] = KEPT_VARIABLES
    user: int | None = None

    def __post_init__(self) -> None:
        for name in ("readable", "writable", "hidden"):
            object.__setattr__(self, name, tuple(Path(path) for path in getattr(self, name)))
        if self.scratch is not None:
            object.__setattr__(self, "scratch", Path(self.scratch))
        object.__setattr__(self, "require", Protection(self.require))
        if self.user is not None and (isinstance(self.user, bool) or not 0 < self.user < 2**32 - 1):
            raise ValueError(f"Policy.user must be the number of a user other than root, got {self.user!r}.")

    @property
    def changeable(self) -> tuple[Path, ...]:
        """Everything that may be written."""
        return self.writable if self.scratch is None else (*self.writable, self.scratch)


@dataclass(frozen=True)
class Confinement:
    """What was reached, or (from `probe`) what can be reached here.

    Parameters
    ----------
    level : Protection
        The level as a whole.
    mechanisms : tuple of str
        What is in force.
    missing : tuple of str
        What this machine could not give, each with its consequence in plain words.
    landlock_abi : int
        Version of the kernel's Landlock that was used; 0 for none.
    namespaces : bool
        Whether the process has file systems of its own.
    """

    level: Protection
    mechanisms: tuple[str, ...]
    missing: tuple[str, ...]
    landlock_abi: int
    namespaces: bool

    def to_json(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`."""
        return {
            "level": self.level.label,
            "mechanisms": list(self.mechanisms),
            "missing": list(self.missing),
            "landlock_abi": self.landlock_abi,
            "namespaces": self.namespaces,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Confinement:
        """Undo `to_json`."""
        return cls(
            level=Protection[values["level"].upper()],
            mechanisms=tuple(values["mechanisms"]),
            missing=tuple(values["missing"]),
            landlock_abi=int(values["landlock_abi"]),
            namespaces=bool(values["namespaces"]),
        )

    def __str__(self) -> str:
        lines = [f"Protection: {self.level.label}. {self.level.words}"]
        lines += [f"  in force: {item}" for item in self.mechanisms]
        lines += [f"  missing:  {item}" for item in self.missing]
        return "\n".join(lines)
