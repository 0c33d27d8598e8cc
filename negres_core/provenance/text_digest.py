"""The digest of code by its text, exactly as version 0.1.0 computed it, to find replicates of that version."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from negres_core.provenance.libraries import is_library
from negres_core.provenance.source import names_in, source_of, without_address


def digest_text(value: Any) -> str:
    """Digest a value by the text of the code and by the values that it reaches.

    It misses changes that `digest_code` finds, for example in the order of nested lists, in private attributes, and in
    modules whose functions are called by attribute.
    """
    digest = hashlib.sha256()
    for part in _parts(value, {}):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _parts(value: Any, visited: dict[int, Any]) -> Iterator[str]:
    if isinstance(value, str | bytes | int | float | complex | None):
        yield repr(value)
        return
    if id(value) in visited:
        return
    # Keep a reference, so that its id() is not reused during the walk.
    visited[id(value)] = value
    if isinstance(value, np.ndarray | np.generic):
        yield f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item, visited)
    elif isinstance(value, set | frozenset):
        yield from sorted("".join(_parts(item, {})) for item in value)
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            yield str(key)
            yield from _parts(value[key], visited)
    elif isinstance(value, functools.partial):
        for item in (value.func, value.args, value.keywords):
            yield from _parts(item, visited)
    elif isinstance(value, MethodType):
        for item in (value.__func__, value.__self__):
            yield from _parts(item, visited)
    elif isinstance(value, ModuleType):
        yield value.__name__
    elif isinstance(value, type):
        for kind in value.__mro__:
            yield kind.__qualname__
            if not is_library(kind):
                yield from _class_parts(kind, visited)
    elif isinstance(value, FunctionType):
        yield value.__qualname__
        if not is_library(value):
            yield source_of(value)
            yield from _function_parts(value, visited)
    else:
        yield from _object_parts(value, visited)


def _class_parts(kind: type, visited: dict[int, Any]) -> Iterator[str]:
    for name, item in sorted(vars(kind).items()):
        item = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
        if isinstance(item, FunctionType):
            yield from _parts(item, visited)
        elif not name.startswith("__") and isinstance(item, str | int | float | tuple):
            yield f"{name}={item!r}"


def _function_parts(function: FunctionType, visited: dict[int, Any]) -> Iterator[str]:
    yield from _parts((function.__defaults__, function.__kwdefaults__), visited)
    for cell in function.__closure__ or ():
        try:
            yield from _parts(cell.cell_contents, visited)
        except ValueError:  # an empty cell
            continue
    for name in sorted(names_in(function.__code__)):
        if name in function.__globals__:
            yield name
            yield from _parts(function.__globals__[name], visited)


def _object_parts(value: Any, visited: dict[int, Any]) -> Iterator[str]:
    kind = type(value)
    if is_library(kind):
        for promise in ("get_params", "get_config"):
            if hasattr(value, promise):
                yield kind.__qualname__
                yield from _parts(getattr(value, promise)(), visited)
                return
        yield f"{kind.__qualname__} {without_address(value)}"
        return
    yield from _parts(kind, visited)
    yield from _parts({name: item for name, item in vars(value).items() if not name.startswith("_")}, visited)
