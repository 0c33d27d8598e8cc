"""What a function or object would do, as a digest: its code, and all of the user's code and values that it reaches."""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

OWN_PACKAGE = str(Path(__file__).parent)
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {OWN_PACKAGE})
"""Folders whose code is told apart by its version, not its text."""


def digest_code(value: Any) -> str:
    """Digest a value by what it would do.

    A function counts with its source, or its byte code where there is none; its defaults, what it closes over, and what
    it reads of its module; a class with those it derives from; an object with its class and attributes. What a library
    defines counts by name.
    """
    digest = hashlib.sha256()
    for part in _parts(value, {}):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def is_library(value: Any) -> bool:
    """Tell whether a function or class is defined by Python, by an installed package, or by negres."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    if module is None:
        return False
    file = getattr(module, "__file__", None)
    return module.__name__ != "__main__" if file is None else file.startswith(LIBRARIES)


def source_of(function: Any) -> str:
    """Return a function's source for a reader, or where there is none its byte code's digest."""
    if isinstance(function, functools.partial):
        return source_of(function.func)
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return hashlib.sha256(_byte_code(code).encode()).hexdigest() if code else _without_address(function)


def _parts(value: Any, seen: dict[int, Any]) -> Iterator[str]:
    if isinstance(value, str | bytes | int | float | complex | None):
        yield repr(value)
        return
    if id(value) in seen:
        return
    # Held, so that no other value comes to have its identity.
    seen[id(value)] = value
    if isinstance(value, np.ndarray | np.generic):
        yield f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item, seen)
    elif isinstance(value, set | frozenset):
        yield from sorted("".join(_parts(item, {})) for item in value)
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            yield str(key)
            yield from _parts(value[key], seen)
    elif isinstance(value, functools.partial):
        for item in (value.func, value.args, value.keywords):
            yield from _parts(item, seen)
    elif isinstance(value, MethodType):
        for item in (value.__func__, value.__self__):
            yield from _parts(item, seen)
    elif isinstance(value, ModuleType):
        yield value.__name__
    elif isinstance(value, type):
        for kind in value.__mro__:
            yield kind.__qualname__
            if not is_library(kind):
                yield from _class_parts(kind, seen)
    elif isinstance(value, FunctionType):
        yield value.__qualname__
        if not is_library(value):
            yield from _function_parts(value, seen)
    else:
        yield from _object_parts(value, seen)


def _class_parts(kind: type, seen: dict[int, Any]) -> Iterator[str]:
    for name, item in sorted(vars(kind).items()):
        item = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
        if isinstance(item, FunctionType):
            yield from _parts(item, seen)
        elif not name.startswith("__") and isinstance(item, str | int | float | tuple):
            yield f"{name}={item!r}"


def _function_parts(function: FunctionType, seen: dict[int, Any]) -> Iterator[str]:
    yield source_of(function)
    yield from _parts((function.__defaults__, function.__kwdefaults__), seen)
    for cell in function.__closure__ or ():
        try:
            yield from _parts(cell.cell_contents, seen)
        except ValueError:  # an empty cell
            continue
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield name
            yield from _parts(function.__globals__[name], seen)


def _object_parts(value: Any, seen: dict[int, Any]) -> Iterator[str]:
    kind = type(value)
    if is_library(kind):
        # How a library lays out its objects is its own affair; parameters and configurations are what it promises.
        for promise in ("get_params", "get_config"):
            if hasattr(value, promise):
                yield kind.__qualname__
                yield from _parts(getattr(value, promise)(), seen)
                return
        yield f"{kind.__qualname__} {_without_address(value)}"
        return
    yield from _parts(kind, seen)
    yield from _parts({name: item for name, item in vars(value).items() if not name.startswith("_")}, seen)


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


def _without_address(value: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
