"""Shutting a process in before a student's code runs in it.

`confine` is called in a freshly forked child; it cannot be undone, needs no rights, and raises instead of
giving less than was asked for. `probe` says what this machine can give. docs/confinement.md lists what each
level stops and by which means.
"""

from .apply import confine, measure, probe
from .bubblewrap import bubblewrap_refusal
from .limits import scratch_use
from .policy import KEPT_VARIABLES, Confinement, ConfinementError, Limits, Policy, Protection
from .runtime import runtime_paths
from .system import Machine

__all__ = [
    "KEPT_VARIABLES",
    "Confinement",
    "ConfinementError",
    "Limits",
    "Machine",
    "Policy",
    "Protection",
    "bubblewrap_refusal",
    "confine",
    "measure",
    "probe",
    "runtime_paths",
    "scratch_use",
]
