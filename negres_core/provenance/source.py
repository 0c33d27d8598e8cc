"""The source of functions: for readers as text, for digests as a syntax tree or byte code."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import linecache
import re
import textwrap
from collections.abc import Iterator
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
    """Return a function's syntax tree, without the name of a top-level function; None if its source is not found.

    The source of a file that was edited after it was imported is not the function's.
    """
    code = function.__code__
    try:
        # The function itself would be unwrapped: a decorator's inner function would have the source of the decorated.
        lines, _ = inspect.getsourcelines(code)
        [node] = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, SyntaxError, TypeError, ValueError):
        return None
    # pytest rewrites functions with assertions, so their byte code is not that of their source.
    if not any(isinstance(each, ast.Assert) for each in ast.walk(node)) and not _is_source_of(code):
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


def _is_source_of(code: CodeType) -> bool:
    """Return whether the file of a function still has the source that it was compiled from."""
    lines = linecache.getlines(code.co_filename)
    compiled = _codes_in(code.co_filename, "".join(lines)).get((code.co_qualname, code.co_firstlineno), ())
    return any(byte_code(each) == byte_code(code) for each in compiled)


@functools.lru_cache(maxsize=64)
def _codes_in(file: str, source: str) -> dict[tuple[str, int], list[CodeType]]:
    """Return the byte code of each function in a source, by its name and its first line."""
    codes: dict[tuple[str, int], list[CodeType]] = {}
    try:
        waiting = [compile(source, file, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return codes
    while waiting:
        code = waiting.pop()
        codes.setdefault((code.co_qualname, code.co_firstlineno), []).append(code)
        waiting += [const for const in code.co_consts if isinstance(const, CodeType)]
    return codes


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield byte code, and that of nested functions."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from codes_in(const)


def texts_in(code: CodeType) -> set[str]:
    """Return the strings in byte code, including those of nested functions."""
    return {const for each in codes_in(code) for const in each.co_consts if isinstance(const, str)}


def names_in(code: CodeType) -> set[str]:
    """Return the names of globals, attributes and modules in byte code, including that of nested functions."""
    return {name for each in codes_in(code) for name in each.co_names}


def signature_and_code(code: CodeType) -> str:
    """Return all that a compiled function consists of, as text: its byte code does not contain its parameters."""
    flags = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & flags)
    nested = [signature_and_code(const) for const in code.co_consts if isinstance(const, CodeType)]
    names = inspect.getargs(code)
    return repr((byte_code(code), counts, names, code.co_exceptiontable, nested))


def byte_code(code: CodeType) -> str:
    """Return byte code as text: a nested function as its own, as it shows its address, and sets sorted.

    Digests of version 0.1.0 contain this text, so it must not change.
    """
    consts = []
    for value in code.co_consts:
        if isinstance(value, CodeType):
            consts.append(byte_code(value))
        else:
            consts.append(repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value))
    return repr((code.co_code, consts, code.co_names))
