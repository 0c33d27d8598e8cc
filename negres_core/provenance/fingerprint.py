"""Fingerprints: a digest of what a function or object does, with all user code and values that it reaches."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import re
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

import negres_core
from negres_core.provenance.logic import logic_of

OWN_PACKAGE = str(Path(negres_core.__file__).parent)
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {OWN_PACKAGE})
"""Folders whose code is told apart by its version, not its text."""


def digest_code(value: Any, *, by_text: bool = False) -> str:
    """Digest a value by what it does.

    A function counts with its logic, without docstrings and comments, or with its byte code if it has no source; with
    its defaults, its closure, and the globals that it reads; a class with its bases; an object with its class and
    attributes. Library code counts by name.

    Args:
        value: the value.
        by_text: use the text of functions and their names instead of their logic, as replicates recorded by versions
            up to 0.1.0 did; such replicates are found by this digest.
    """
    digest = hashlib.sha256()
    written = _named_source if by_text else _logic
    for part in _Walk(written).parts(value, {}):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def is_library(value: Any) -> bool:
    """Return whether a function or class is defined by Python, by an installed package, or by negres."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    if module is None:
        return False
    file = getattr(module, "__file__", None)
    return module.__name__ != "__main__" if file is None else file.startswith(LIBRARIES)


def source_of(function: Any) -> str:
    """Return a function's source for a reader, or a digest of its byte code if it has none."""
    if isinstance(function, functools.partial):
        return source_of(function.func)
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return hashlib.sha256(_byte_code(code).encode()).hexdigest() if code else without_address(function)


def without_address(value: Any) -> str:
    """Return the repr of a value without memory addresses: the same text in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _named_source(function: FunctionType) -> Iterator[str]:
    yield function.__qualname__
    if not is_library(function):
        yield source_of(function)


def _logic(function: FunctionType) -> Iterator[str]:
    if is_library(function):
        yield function.__qualname__
        return
    node = _tree_of(function)
    yield _byte_code(function.__code__) if node is None else logic_of(node)


def _tree_of(function: FunctionType) -> ast.AST | None:
    """Return a function's syntax tree, without the name of a top-level function; None if its source is not found."""
    try:
        lines, _ = inspect.getsourcelines(function)
        [node] = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, SyntaxError, TypeError, ValueError):
        return None
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        # Nothing but readers calls a top-level function by this name. A method's name decides when it is called.
        node.name = node.name if "." in function.__qualname__ else ""
        return node
    # A lambda stands somewhere in a statement; two in one statement cannot be told apart by their lines.
    lambdas = [each for each in ast.walk(node) if isinstance(each, ast.Lambda)]
    return lambdas[0] if len(lambdas) == 1 else None


class _Walk:
    """Yields the parts of a value that a digest covers; `written` yields the code of a function."""

    def __init__(self, written: Callable[[FunctionType], Iterator[str]]) -> None:
        self._written = written

    def parts(self, value: Any, seen: dict[int, Any]) -> Iterator[str]:
        if isinstance(value, str | bytes | int | float | complex | None):
            yield repr(value)
            return
        if id(value) in seen:
            return
        # Keep a reference, so that its id() is not reused during the walk.
        seen[id(value)] = value
        if isinstance(value, np.ndarray | np.generic):
            yield f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self.parts(item, seen)
        elif isinstance(value, set | frozenset):
            yield from sorted("".join(self.parts(item, {})) for item in value)
        elif isinstance(value, dict):
            for key in sorted(value, key=str):
                yield str(key)
                yield from self.parts(value[key], seen)
        elif isinstance(value, functools.partial):
            for item in (value.func, value.args, value.keywords):
                yield from self.parts(item, seen)
        elif isinstance(value, MethodType):
            for item in (value.__func__, value.__self__):
                yield from self.parts(item, seen)
        elif isinstance(value, ModuleType):
            yield value.__name__
        elif isinstance(value, type):
            for kind in value.__mro__:
                yield kind.__qualname__
                if not is_library(kind):
                    yield from self._class_parts(kind, seen)
        elif isinstance(value, FunctionType):
            yield from self._written(value)
            if not is_library(value):
                yield from self._function_parts(value, seen)
        else:
            yield from self._object_parts(value, seen)

    def _class_parts(self, kind: type, seen: dict[int, Any]) -> Iterator[str]:
        for name, item in sorted(vars(kind).items()):
            item = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
            if isinstance(item, FunctionType):
                yield from self.parts(item, seen)
            elif not name.startswith("__") and isinstance(item, str | int | float | tuple):
                yield f"{name}={item!r}"

    def _function_parts(self, function: FunctionType, seen: dict[int, Any]) -> Iterator[str]:
        yield from self.parts((function.__defaults__, function.__kwdefaults__), seen)
        for cell in function.__closure__ or ():
            try:
                yield from self.parts(cell.cell_contents, seen)
            except ValueError:  # an empty cell
                continue
        for name in sorted(_names(function.__code__)):
            if name in function.__globals__:
                yield name
                yield from self.parts(function.__globals__[name], seen)

    def _object_parts(self, value: Any, seen: dict[int, Any]) -> Iterator[str]:
        kind = type(value)
        if is_library(kind):
            # A library may change the attributes of its objects; it promises parameters and configurations.
            for promise in ("get_params", "get_config"):
                if hasattr(value, promise):
                    yield kind.__qualname__
                    yield from self.parts(getattr(value, promise)(), seen)
                    return
            yield f"{kind.__qualname__} {without_address(value)}"
            return
        yield from self.parts(kind, seen)
        yield from self.parts({name: item for name, item in vars(value).items() if not name.startswith("_")}, seen)


def _names(code: CodeType) -> set[str]:
    nested = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(_names, nested))


def _byte_code(code: CodeType) -> str:
    """Return byte code as text: a nested function as its own, as it shows its address, and sets sorted."""
    consts = []
    for value in code.co_consts:
        if isinstance(value, CodeType):
            consts.append(_byte_code(value))
        else:
            consts.append(repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value))
    return repr((code.co_code, consts, code.co_names))
