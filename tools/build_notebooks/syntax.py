"""Python's parser, for notebooks that are built at the same time in several threads."""

from __future__ import annotations

import ast
import threading

from IPython.core.inputtransformer2 import TransformerManager

# Up to Python 3.12 the interpreter counts the depth of all trees under construction together, and a second
# thread makes it fail with "AST constructor recursion depth mismatch" (python/cpython#106905).
_ONE_AT_A_TIME = threading.Lock()


def parse(source: str, flags: int = 0) -> ast.Module:
    """Parse a module; `flags` are more of the compiler's.

    Raises
    ------
    SyntaxError
        If it does not parse.
    """
    with _ONE_AT_A_TIME:
        tree = compile(source, "<cell>", "exec", flags=ast.PyCF_ONLY_AST | flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def parse_code(source: str) -> ast.Module:
    """Parse a cell as IPython would run it (magics and top-level await allowed)."""
    return parse(TransformerManager().transform_cell(source), ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
