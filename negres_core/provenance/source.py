"""The source of functions: for readers as text, for digests as a syntax tree or byte code."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import re
import textwrap
from types import CodeType, FunctionType
from typing import Any


def source_of(function: Any) -> str:
    """Return a function's source for a reader, or a digest of its byte code if it has none."""
    if isinstance(function, functools.partial):
        return source_of(function.func)
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return hashlib.sha256(byte_code(code).encode()).hexdigest() if code else without_address(function)


def without_address(value: Any) -> str:
    """Return the repr of a value without memory addresses: the same text in every process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def tree_of(function: FunctionType) -> ast.AST | None:
    """Return a function's syntax tree, without the name of a top-level function; None if its source is not found."""
    code = function.__code__
    try:
        # The function itself would be unwrapped: a decorator's inner function would have the source of the decorated.
        lines, _ = inspect.getsourcelines(code)
        [node] = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, SyntaxError, TypeError, ValueError):
        return None
    if code.co_name != "<lambda>":
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        # A top-level function's own name does not affect what it does. A method's name decides when it is called.
        node.name = node.name if "." in code.co_qualname else ""
        return node
    # A lambda is part of a statement; several lambdas in one statement cannot be told apart by their lines.
    lambdas = [each for each in ast.walk(node) if isinstance(each, ast.Lambda)]
    return lambdas[0] if len(lambdas) == 1 else None


def names_in(code: CodeType) -> set[str]:
    """Return the names of globals, attributes and modules in byte code, including that of nested functions."""
    nested = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(names_in, nested))


def byte_code(code: CodeType) -> str:
    """Return byte code as text: a nested function as its own, as it shows its address, and sets sorted."""
    consts = []
    for value in code.co_consts:
        if isinstance(value, CodeType):
            consts.append(byte_code(value))
        else:
            consts.append(repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value))
    return repr((code.co_code, consts, code.co_names))
