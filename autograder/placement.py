"""Which cell of a notebook runs where, and which of the student's names tests may use.

Tests run apart from the student's code. Names are offered to them from the instructor's own notebook: what
its answers define is what a student's answers are to define. A locked cell without points runs on both
sides. Other names (modules, helpers of the tests) are those of the tests' own side.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .sandbox import Side, Step
from .sanitise import Cell, Template

__all__ = ["IN_PROCESS", "Plan", "apart", "changed_names", "imports_in", "names_in", "plan_of", "together"]

# A test that cannot be split says so in a line of its own. It can then be read and fooled by student code.
IN_PROCESS = "# autograder: in-process"
_MARK = re.compile(rf"^{re.escape(IN_PROCESS)}\b", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """What the instructor's notebook says about names.

    Parameters
    ----------
    offers : mapping of str to tuple of str
        Names that an answer defines or changes, by the name of its cell.
    plain : tuple of str
        Names that the instructor's cells without a name in the gradebook define.
    imports : str
        What the instructor's cells import that do not run on the tests' side.
    """

    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plain: tuple[str, ...] = ()
    imports: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a value that ``json`` can write."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Undo `to_dict`."""
        offers = {name: tuple(names) for name, names in data["offers"].items()}
        return cls(offers, tuple(data["plain"]), data["imports"])


def plan_of(cells: Sequence[Cell], template: Template) -> Plan:
    """Read names and imports off the instructor's notebook.

    Parameters
    ----------
    cells : sequence of dict
        The instructor's cells, solutions included; empty if there is no such notebook.
    template : Template
        The notebook as the gradebook has it: what is not among `cells` is taken from there.
    """
    offers: dict[str, tuple[str, ...]] = {}
    plain: dict[str, None] = {}
    imports: list[str] = []
    known = {cell.name: cell for cell in template.cells}
    sources = {cell.name: cell.source for cell in template.cells if cell.cell_type == "code"}
    for cell in cells:
        if cell.get("cell_type") == "code":
            name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
            if name in known:
                sources[name] = _text(cell)
            else:
                plain |= dict.fromkeys(names_in(_text(cell)))
                imports.append(imports_in(_text(cell)))
    for name, source in sources.items():
        if not known[name].locked:
            offers[name] = tuple(dict.fromkeys((*names_in(source), *changed_names(source))))
            imports.append(imports_in(source))
    return Plan(offers, tuple(plain), "\n".join(line for line in imports if line))


def _text(cell: Cell) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _parsed(source: str) -> ast.Module | None:
    """Parse a cell; lines that are magics of IPython stand for nothing."""
    plain = re.sub(r"^[ \t]*[%!?].*$", "pass", source, flags=re.MULTILINE)
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError):
        return None


def names_in(source: str) -> tuple[str, ...]:
    """Names that a cell binds at its outermost level, imports left out."""
    tree = _parsed(source)
    if tree is None:
        return ()
    table = symtable.symtable(ast.unparse(tree), "<cell>", "exec")
    found = [s.get_name() for s in table.get_symbols() if s.is_assigned() and not s.is_imported()]
    return tuple(sorted(name for name in found if not name.startswith("__")))


def changed_names(source: str) -> tuple[str, ...]:
    """Names whose parts a cell changes, as in ``params["W1"] = ...`` or ``net.step = ...``."""
    tree = _parsed(source)
    roots = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            inner: ast.expr = node
            while isinstance(inner, (ast.Subscript, ast.Attribute)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                roots.add(inner.id)
    inside = _inner_names(tree) if tree is not None else set()
    return tuple(sorted(roots - inside))


def _inner_names(tree: ast.Module) -> set[str]:
    """Parameters and local names of functions: a part of such a name is no part of the cell's."""
    names: set[str] = set()
    tables = [symtable.symtable(ast.unparse(tree), "<cell>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        if table.get_type() == "function":
            names |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_local()}
    return names


def imports_in(source: str) -> str:
    """The import statements at the outermost level of a cell."""
    tree = _parsed(source)
    body = tree.body if tree is not None else []
    wanted = [
        node
        for node in body
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__")
    ]
    return "\n".join(map(ast.unparse, wanted))


def together(cells: Sequence[Cell], template: Template, plan: Plan) -> tuple[Step, ...]:
    """Run every code cell in one process, tests included: student code can read and fool them.

    For assignments that are declared so, and for other people's courses that cannot be split.
    """
    return tuple(
        Step(index, cell["source"], _name(cell)) for index, cell in enumerate(cells) if _is_code(cell)
    )


def apart(cells: Sequence[Cell], template: Template, plan: Plan) -> tuple[Step, ...]:
    """Run tests in a process of their own and locked cells without points in both."""
    known = {cell.name: cell for cell in template.cells}
    steps = []
    for index, cell in enumerate(cells):
        if not _is_code(cell):
            continue
        name = _name(cell)
        original = known.get(name)
        step = Step(index, cell["source"], name, offers=plan.offers.get(name, ()))
        if original is None or not original.locked:
            steps.append(step)
        elif not original.grade:
            shown = original.visible or original.source
            steps.append(
                Step(index, original.source, name, Side.BOTH, shown if shown != step.source else None)
            )
        elif is_in_process(cell["source"]):
            steps.append(Step(index, cell["source"], name))
        else:
            steps.append(Step(index, cell["source"], name, Side.TESTS))
    return tuple(steps)


def is_in_process(source: str) -> bool:
    """Tell whether a test asks to run in the student's process."""
    return bool(_MARK.search(source))


def _is_code(cell: Cell) -> bool:
    return cell["cell_type"] == "code" and bool(cell["source"].strip())


def _name(cell: Cell) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
