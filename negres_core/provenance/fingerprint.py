"""Fingerprints: a digest of what a function or object does, with all user code and values that it reaches."""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import hashlib
from collections.abc import Iterator, Set
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from negres_core.provenance.late_imports import late_imports
from negres_core.provenance.libraries import LIBRARIES, is_library, is_library_module
from negres_core.provenance.logic import logic_of
from negres_core.provenance.source import byte_code, names_in, source_of, tree_of, without_address
from negres_core.provenance.text_digest import digest_text

__all__ = ["digest_code", "is_library", "source_of", "without_address"]

Part: TypeAlias = "str | Iterator[Part]"
"""A part of a digest: text, or an iterator over further parts."""

ANNOTATION_FUNCTIONS = {"__annotate__", "__annotate_func__"}
"""Functions that Python 3.14 adds to classes with annotations."""


def digest_code(value: Any, *, by_text: bool = False) -> str:
    """Digest a value by what it does.

    A function counts with its logic, without docstrings and comments, or with its byte code if it has no source; and
    with its defaults, its closure, the globals that it reads and the user's modules that it imports. A class counts
    with its bases and attributes, an object with its class and attributes. Library code counts by name.

    It does not cover the order of dictionaries, the state of a library's object that its parameters, configuration or
    `repr` do not show, or private attributes of objects whose class derives from a library's.

    Args:
        value: the value.
        by_text: compute the digest of versions up to 0.1.0, to find replicates that they recorded.
    """
    if by_text:
        return digest_text(value)
    digest = hashlib.sha256()
    for text in _texts_of(value):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _texts_of(value: Any) -> Iterator[str]:
    """Yield the parts of a value as texts."""
    walks = [_Walk().parts(value)]
    while walks:
        part = next(walks[-1], None)
        if part is None:
            walks.pop()
        elif isinstance(part, str):
            yield part
        else:
            walks.append(part)


class _Walk:
    """Yields the parts of a value that its digest covers.

    Parts that consist of others are iterators, so that a long chain of functions needs no deep recursion. The parts of
    each container, function and object stand between brackets. A value that is reached again is represented by its
    place in the walk.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        # Keep a reference to each value, so that its id() is not reused during the walk.
        self._values: list[Any] = []

    def parts(self, value: Any) -> Iterator[Part]:
        if isinstance(value, enum.Enum):
            yield f"{type(value).__qualname__}.{value.name}"
            yield self.parts(value.value)
        elif isinstance(value, str | bytes | int | float | complex | None):
            yield repr(value)
        elif isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
            yield f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
        elif id(value) in self._places:
            yield f"again {self._places[id(value)]}"
        else:
            # Whether equal constants are one tuple or two depends on the version of Python.
            if not isinstance(value, tuple | frozenset):
                self._places[id(value)] = len(self._places)
            self._values.append(value)
            yield "("
            yield self._contents(value)
            yield ")"

    def _contents(self, value: Any) -> Iterator[Part]:
        if isinstance(value, np.ndarray | np.generic):
            yield self.parts(value.tolist())
        elif isinstance(value, list | tuple):
            for item in value:
                yield self.parts(item)
        elif isinstance(value, Set):
            yield from sorted("\0".join(_texts_of(item)) for item in value)
        elif isinstance(value, dict):
            for key in sorted(value, key=without_address):
                yield self.parts(key)
                yield self.parts(value[key])
        elif isinstance(value, functools.partial):
            yield self.parts([value.func, value.args, value.keywords])
        elif isinstance(value, MethodType):
            yield self.parts([value.__func__, value.__self__])
        elif isinstance(value, ModuleType):
            yield value.__name__
        elif isinstance(value, type):
            for kind in value.__mro__:
                yield self._class_parts(kind)
        elif isinstance(value, FunctionType):
            yield self._function_parts(value)
        else:
            yield self._object_parts(value)

    def _class_parts(self, kind: type) -> Iterator[Part]:
        if is_library(kind):
            yield _library_name(kind)
            return
        yield kind.__qualname__
        if dataclasses.is_dataclass(kind):
            yield self.parts([(field.name, field.default_factory) for field in dataclasses.fields(kind)])
        for name, item in sorted(vars(kind).items()):
            functions = _functions_of(item)
            if _is_generated(name, item, kind) or not (functions or _is_own(name, kind)):
                continue
            yield name
            for each in functions or [item]:
                yield self.parts(each)

    def _function_parts(self, function: FunctionType) -> Iterator[Part]:
        if is_library(function):
            yield _library_name(function)
            return
        # The inner function of a library's decorator has the name and the module of the function that it decorates.
        in_library = function.__code__.co_filename.startswith(LIBRARIES)
        tree = None if in_library else tree_of(function)
        if in_library:
            yield function.__code__.co_qualname
        else:
            yield byte_code(function.__code__) if tree is None else logic_of(tree)
        yield self.parts((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                yield self.parts(cell.cell_contents)
            except ValueError:  # an empty cell
                continue
        if not in_library:
            yield self._global_parts(function, tree)

    def _global_parts(self, function: FunctionType, tree: ast.AST | None) -> Iterator[Part]:
        """Yield the parts of the globals that a function reads, and of what it imports from the user's modules."""
        names = sorted(names_in(function.__code__))
        for name in names:
            if name in function.__globals__:
                yield name
                yield self._named_parts(function.__globals__[name], names)
        for module, aliases in late_imports(tree, function.__globals__.get("__package__")) if tree else ():
            yield self._named_parts(module, aliases or names)

    def _named_parts(self, value: Any, names: list[str], path: tuple[ModuleType, ...] = ()) -> Iterator[Part]:
        """Yield the parts of a value; of a user's module, those of its attributes with one of some names."""
        if not isinstance(value, ModuleType) or is_library_module(value):
            yield self.parts(value)
        elif value not in path:
            for name in names:
                if name in vars(value):
                    yield name
                    yield self._named_parts(vars(value)[name], names, (*path, value))

    def _object_parts(self, value: Any) -> Iterator[Part]:
        kind = type(value)
        if not is_library(kind):
            yield self.parts(kind)
            yield self.parts({name: item for name, item in _attributes(value) if _is_own(name, kind)})
            return
        yield _library_name(kind)
        # A library may change the attributes of its objects; it promises parameters and configurations.
        promise = next((name for name in ("get_params", "get_config") if hasattr(value, name)), None)
        if promise:
            yield self.parts(getattr(value, promise)())
        elif callable(wrapped := getattr(value, "__wrapped__", None)):  # for example by functools.cache
            yield self.parts(wrapped)
        elif hasattr(value, "to_numpy"):  # a table, of which repr shows only some rows
            yield self.parts([without_address(value), value.to_numpy()])
        else:
            yield without_address(value)


def _library_name(value: Any) -> str:
    """Return the name of a library's function or class, with the package but without the module, which may change."""
    return f"{value.__module__.partition('.')[0]}.{value.__qualname__}"


def _functions_of(item: Any) -> list[Any]:
    """Return the functions of a class attribute; empty if it is data."""
    if isinstance(item, property):
        return [item.fget, item.fset, item.fdel]
    if isinstance(item, staticmethod | classmethod):
        return [item.__func__]
    if isinstance(item, functools.cached_property):
        return [item.func]
    return [item] if isinstance(item, FunctionType) else []


def _attributes(value: Any) -> list[tuple[str, Any]]:
    """Return the attributes of an object, except for the values of cached properties, which follow from the others."""
    state = object.__getstate__(value)  # a dictionary, or a pair with another one if the class has slots, or None
    parts: tuple[dict[str, Any] | None, ...] = state if isinstance(state, tuple) else (state,)
    attributes = [item for part in parts for item in (part or {}).items()]
    return [
        each for each in attributes if not isinstance(getattr(type(value), each[0], None), functools.cached_property)
    ]


def _is_generated(name: str, item: Any, kind: type) -> bool:
    """Return whether a class attribute follows from others; its byte code depends on the version of Python."""
    is_method = dataclasses.is_dataclass(kind) and isinstance(item, FunctionType)
    return name in ANNOTATION_FUNCTIONS or (is_method and item.__code__.co_filename == "<string>")


def _is_own(name: str, kind: type) -> bool:
    """Return whether an attribute is the user's own; a private one may be that of a library's base class."""
    if name.startswith("__"):
        return False
    return not name.startswith("_") or all(each is object or not is_library(each) for each in kind.__mro__)
