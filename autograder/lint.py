"""Read test cells for what makes tests weak: things that answers which are none have been seen to pass.

Three of them matter most. A comparison without a look at the shape lets one number stand for an array. One
without a look at finiteness can be passed by NaN. A derivative that is held against differences of the
student's own function only is passed by functions that give zero.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .placement import is_in_process
from .rules import SPLIT
from .sanitise import TemplateCell
from .worker import Assignment

__all__ = ["RULES", "Finding", "lint"]

RULES = {
    "shape": "compares numbers without checking their shape: one number can stand for an array",
    "finite": "compares numbers without checking that they are finite",
    "own-differences": "holds a derivative against differences of the student's own function, and no other "
    "test holds it against a reference: functions that give zero pass",
    "in-process": "runs inside the student's process: its text and its verdict are the student's to change",
    "catch-all": "has an except that catches everything: an answer that fails may pass",
    "silent": "has no assert, no call of a checking function and no points of its own to give",
    "no-test": "no test uses what this answer defines",
}
_COMPARES = re.compile(r"(assert_)?(array_)?(almost_|all)?(close|equal|equiv)\w*|array_equal|isclose")
_SHAPES = {"shape", "ndim", "size", "len"}
_FINITE = {"isfinite", "isnan", "nan_to_num"}
# These compare shapes by themselves.
_SHAPED = {"array_equal", "assert_array_equal", "array_equiv"}


@dataclass(frozen=True)
class Finding:
    """Something that a person should look at.

    Parameters
    ----------
    cell : str
        The grade id of the cell.
    rule : str
        Which of `RULES`.
    message : str
        What it means.
    """

    cell: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.cell}: {self.message} [{self.rule}]"


@dataclass(frozen=True)
class _Facts:
    """What the text of a cell or of a function says."""

    called: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    compares: bool = False
    shape: bool = False
    finite: bool = False
    differences: bool = False
    asserts: bool = False


def lint(assignment: Assignment) -> Iterator[Finding]:
    """Yield what is found in the tests of an assignment, in the order of its notebooks."""
    for template in assignment.templates:
        code = [cell for cell in template.cells if cell.cell_type == "code"]
        helpers = _helpers(cell.source for cell in code if cell.locked and not cell.grade)
        plan = assignment.plans.get(template.name)
        offered = {name for names in plan.offers.values() for name in names} if plan else set()
        tests = {c.name: c for c in code if c.locked and c.grade}
        facts = {name: _with_helpers(_facts(_tree(cell.source)), helpers) for name, cell in tests.items()}
        for name, cell in tests.items():
            found = _of_test(cell, facts[name], assignment)
            found += _own_only(name, facts, offered, helpers)
            yield from (Finding(name, rule, RULES[rule]) for rule in found)
        used = {word for fact in facts.values() for word in fact.names}
        for name, names in (plan.offers if plan else {}).items():
            if names and not used & set(names):
                yield Finding(name, "no-test", RULES["no-test"])


def _of_test(cell: TemplateCell, facts: _Facts, assignment: Assignment) -> list[str]:
    """The rules that one test breaks by itself."""
    found = []
    if facts.compares and not facts.shape:
        found.append("shape")
    if facts.compares and not facts.finite:
        found.append("finite")
    if not facts.asserts and not facts.compares and not _gives_points(cell.source):
        found.append("silent")
    if any(_catches_all(node) for node in ast.walk(_tree(cell.source))):
        found.append("catch-all")
    if is_in_process(cell.source) or assignment.rules.mode != SPLIT:
        found.append("in-process")
    return found


def _own_only(
    name: str, facts: Mapping[str, _Facts], offered: set[str], helpers: Mapping[str, _Facts]
) -> list[str]:
    """Whether a test of differences has no other test beside it that uses the same derivative."""
    if not facts[name].differences or _has_reference(facts[name]):
        return []
    mine = facts[name].names & offered
    others = [fact for other, fact in facts.items() if other != name and not fact.differences]
    held = {word for fact in others for word in fact.names & offered}
    return [] if mine & held == mine else ["own-differences"]


def _has_reference(facts: _Facts) -> bool:
    return any(word in facts.names for word in ("mlpkit", "torch", "scipy", "sklearn"))


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(re.sub(r"^[ \t]*[%!?].*$", "pass", source, flags=re.MULTILINE))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _helpers(sources: Iterable[str]) -> dict[str, _Facts]:
    """What the functions of the instructor's own cells do, those that they call included."""
    own = {
        node.name: _facts(node)
        for source in sources
        for node in _tree(source).body
        if isinstance(node, ast.FunctionDef)
    }
    for _ in own:
        merged = {name: _with_helpers(facts, own) for name, facts in own.items()}
        if merged == own:
            break
        own = merged
    return own


def _with_helpers(facts: _Facts, helpers: Mapping[str, _Facts]) -> _Facts:
    """Add what the functions do that are called."""
    called = [helpers[name] for name in facts.called & helpers.keys()]
    return _Facts(
        facts.called,
        facts.names,
        *(
            getattr(facts, word) or any(getattr(other, word) for other in called)
            for word in ("compares", "shape", "finite", "differences", "asserts")
        ),
    )


def _facts(tree: ast.AST) -> _Facts:
    """Read what a piece of code does."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {_called(node) for node in calls}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    compares = any(_COMPARES.fullmatch(name) for name in called) or _takes_difference(tree)
    return _Facts(
        frozenset(called),
        frozenset(names),
        compares,
        bool((attributes | called) & (_SHAPES | _SHAPED)),
        bool((attributes | called) & _FINITE),
        _differences(calls),
        any(isinstance(node, (ast.Assert, ast.Raise)) for node in ast.walk(tree)),
    )


def _called(node: ast.Call) -> str:
    function = node.func
    return str(getattr(function, "id", None) or getattr(function, "attr", ""))


def _takes_difference(tree: ast.AST) -> bool:
    """Whether two numbers are subtracted inside an assertion, or to see how far apart they are."""
    return any(
        isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and _called(node) in ("abs", "fabs", "absolute", "norm"))
        for inner in ast.walk(node.test if isinstance(node, ast.Assert) else node)
    )


def _differences(calls: Iterable[ast.Call]) -> bool:
    """Whether a function is called a little above and a little below the same place."""
    above: set[tuple[frozenset[str], str]] = set()
    below: set[tuple[frozenset[str], str]] = set()
    for call in calls:
        words = frozenset((_called(call), *(a.id for a in call.args if isinstance(a, ast.Name))))
        for argument in call.args:
            if isinstance(argument, ast.BinOp) and isinstance(argument.op, (ast.Add, ast.Sub)):
                (above if isinstance(argument.op, ast.Add) else below).add((words, ast.dump(argument.left)))
    return bool(above & below)


def _catches_all(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = {"BaseException", "Exception"}
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in kinds)


def _gives_points(source: str) -> bool:
    """Whether a test ends in an expression, whose value is its points."""
    body = _tree(source).body
    return bool(body) and isinstance(body[-1], ast.Expr)
