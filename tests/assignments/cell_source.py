"""What the source of a notebook's cell defines, assigns, checks and leaves open."""

from __future__ import annotations

import ast
import inspect
import re

#: What the student copy must not hold.
REGION = re.compile(r"BEGIN (?:SOLUTION|HIDDEN TESTS|MARK SCHEME).*?\n(.*?)\n[^\n]*END ", re.DOTALL)


def defined(source: str) -> list[str]:
    """Names of the functions and classes at the top of a piece of code."""
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def assigned(source: str) -> set[str]:
    """Names that a piece of code binds anywhere, functions and classes included."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return named | {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def hidden_part(source: str) -> str:
    """The hidden tests of a cell, without their marks."""
    return re.search(r"### BEGIN HIDDEN TESTS\n(.*)### END HIDDEN TESTS", source, re.DOTALL)[1]


def checks_called(code: str) -> list[str]:
    """The function of every `check_...` call of a piece of code."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    names = [function.id for function in calls if isinstance(function, ast.Name)]
    return [name for name in names if name.startswith("check_")]


def checks_at_top(code: str) -> list[str]:
    """The function of those calls that are a statement, or the value of one: in no loop, behind no condition."""
    values = (node.value for node in ast.parse(code).body if isinstance(node, ast.Expr | ast.Assign))
    names = [getattr(value.func, "id", "") for value in values if isinstance(value, ast.Call)]
    return [name for name in names if name.startswith("check_")]


def branches(code: str) -> list[str]:
    """The loops and conditions of a piece of code."""
    kinds = ast.For | ast.If | ast.While | ast.Try
    return [ast.unparse(node) for node in ast.walk(ast.parse(code)) if isinstance(node, kinds)]


def gaps(source: str) -> dict[str, int]:
    """How many solutions begin in each function at the top of a cell, and in each method of a class."""
    lines, found = source.splitlines(), {}
    for node in ast.parse(source).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in inside:
            if isinstance(function, ast.FunctionDef):
                name = function.name if function is node else f"{node.name}.{function.name}"
                text = "\n".join(lines[function.lineno - 1 : function.end_lineno])
                found[name] = text.count("### BEGIN SOLUTION")
    return found


def docstrings(name: str, thing: object) -> list[tuple[str, str]]:
    """Name and text of a function's docstring, or of a class and its methods."""
    inside = vars(thing).items() if isinstance(thing, type) else ()
    methods = [(f"{name}.{key}", value) for key, value in inside if inspect.isfunction(value)]
    return [(key, value.__doc__) for key, value in [(name, thing), *methods] if value.__doc__]
