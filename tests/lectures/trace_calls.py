"""Run a built lecture in one process and tell which public functions each of its cells called.

``python trace_calls.py NOTEBOOK NAME...`` prints JSON: cell id -> those of the dotted names that ran.
A name may be a function, a class (counted when an object is made), a method, or a callable object such
as ``mlpkit.sigmoid`` and a method of one object such as ``mlpkit.sigmoid.derivative``.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import sys
from pathlib import Path

import nbformat


def resolve(name):
    """Follow the dots of `name`; return (parent object, last attribute, object).

    What a package exports comes before a module of the same name: ``mlpkit.datasets.vowels`` is the function.
    """
    parts = name.split(".")
    parent, found = None, importlib.import_module(parts[0])
    for depth, attribute in enumerate(parts[1:], start=2):
        if inspect.ismodule(found) and not hasattr(found, attribute):
            importlib.import_module(".".join(parts[:depth]))
        parent, found = found, getattr(found, attribute)
    return parent, parts[-1], found


def notice(function, name, seen, only=None):
    """Wrap `function` so that a call adds `name` to `seen`; `only` for calls on that object."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        if only is None or (args and args[0] is only):
            seen.add(name)
        return function(*args, **kwargs)

    return wrapper


def watch(name, seen):
    """Arrange that running `name` is noticed."""
    parent, attribute, found = resolve(name)
    if inspect.isclass(found):
        found.__init__ = notice(found.__init__, name, seen)
    elif inspect.isclass(parent):
        raw = inspect.getattr_static(parent, attribute)
        if isinstance(raw, (classmethod, staticmethod)):
            setattr(parent, attribute, type(raw)(notice(raw.__func__, name, seen)))
        else:
            setattr(parent, attribute, notice(raw, name, seen))
    elif inspect.ismethod(found):
        owner = type(found.__self__)
        setattr(owner, attribute, notice(getattr(owner, attribute), name, seen, only=found.__self__))
    elif inspect.isfunction(found):
        replace_everywhere(found, notice(found, name, seen))
    elif callable(found):
        type(found).__call__ = notice(type(found).__call__, name, seen, only=found)
    else:
        raise TypeError(f"{name} cannot be called.")


def replace_everywhere(old, new):
    """Put `new` where modules of mlpkit hold `old`: names imported from elsewhere count, too."""
    for module in [m for key, m in sys.modules.items() if key.split(".")[0] == "mlpkit"]:
        for attribute, value in list(vars(module).items()):
            if value is old:
                setattr(module, attribute, new)


def calls_by_cell(path, names):
    """Run the code cells of the notebook; return cell id -> sorted names that were called in it."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    for name in names:  # import everything first, so that a wrapper reaches every module
        resolve(name)
    seen: set[str] = set()
    for name in names:
        watch(name, seen)
    shell = InteractiveShell.instance()
    called = {}
    os.chdir(path.parent)
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        seen.clear()
        with capture_output():
            result = shell.run_cell(cell.source, store_history=True)
        tags = cell.metadata.get("tags", [])
        if not result.success and "raises-exception" not in tags:
            raise RuntimeError(f"cell {cell.id} fails: {result.error_in_exec or result.error_before_exec!r}")
        called[cell.id] = sorted(seen)
    return called


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    answer = calls_by_cell(Path(sys.argv[1]).resolve(), sys.argv[2:])
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
