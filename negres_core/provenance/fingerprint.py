"""Fingerprints: a digest of what a function or object does, with all user code and values that it reaches."""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from negres_core.errors import InputError
from negres_core.provenance.late_imports import import_named, imported_names, late_imports, registered_objects
from negres_core.provenance.libraries import is_library, is_library_module, is_library_place, versions_of
from negres_core.provenance.logic import logic_of
from negres_core.provenance.outside_reads import outside_reads
from negres_core.provenance.source import names_in, signature_and_code, source_of, texts_in, tree_of, without_address
from negres_core.provenance.state import UnknownStateError, inherited_state, state_of, without_counts
from negres_core.provenance.text_digest import digest_text

__all__ = ["digest_code", "is_library", "packages_of", "source_of", "without_address"]

Part: TypeAlias = "str | Iterator[Part]"
"""A part of a digest: text, or an iterator over further parts."""

CONTAINERS = (
    *(str, bytes, int, float, complex, list, tuple, set, frozenset, dict),
    *(np.ndarray, np.generic, functools.partial),
)
"""Types that a user's class may derive from, and whose content is walked as theirs."""

MARKS = ("__wrapped__", "__signature__", "pytestmark")
"""Attributes of functions that only tools read."""

ANNOTATION_FUNCTIONS = {"__annotate__", "__annotate_func__"}
"""Functions that Python 3.14 adds to classes with annotations."""


DYNAMIC = {
    *("getattr", "globals", "vars", "import_module", "__import__", "modules", "attrgetter", "methodcaller"),
    *("eval", "exec"),
}
"""What finds functions by a text."""

DECLARED_FIELDS = ("__attrs_attrs__", "__pydantic_fields__", "_field_defaults")
"""Attributes of classes that contain the defaults of their fields, which only generated methods know."""

MOST_NESTED = 100_000
"""Depth at which an object is taken for one that creates a new one whenever it is looked at."""


def digest_code(value: Any, *, by_text: bool = False) -> str:
    """Digest a value by what it does.

    A function counts with its logic, without docstrings and comments, or with its byte code if its source is not found
    or was edited since; with its defaults, its closure, the globals that it reads and the user's modules that it
    imports; and with the files and environment variables that it reads, see `outside_reads`. A class counts with its
    bases and attributes, an object with its class and attributes, arrays, tables and tensors with their numbers.
    Library code counts by name; see `packages_of` for its version.

    It does not cover the order of dictionaries, attributes and environment variables whose names are computed when the
    code runs, files that no call was seen to read, or how far a generator of random numbers has got.

    Args:
        value: the value.
        by_text: compute the digest of versions up to 0.1.0, to find replicates that they recorded.

    Raises:
        InputError: the value reaches an object whose state cannot be known.
    """
    if by_text:
        return digest_text(value)
    digest = hashlib.sha256()
    for text in _texts_of(_Walk(), value):
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def packages_of(value: Any) -> dict[str, str]:
    """Return the version of each installed package that a value's code names, by the name of its distribution.

    Raises:
        InputError: the value reaches an object whose state cannot be known.
    """
    walk = _Walk()
    for _ in _texts_of(walk, value):
        pass
    return versions_of(walk.packages)


def _texts_of(walk: _Walk, value: Any) -> Iterator[str]:
    """Yield the parts of a value as texts."""
    walks = [walk.parts_of_modules(), walk.parts(value)]
    while walks:
        try:
            part = next(walks[-1], None)
            if len(walks) > MOST_NESTED:
                raise UnknownStateError
        except UnknownStateError as error:
            raise InputError(
                "A recipe uses an object whose content cannot be read, so negres cannot tell whether stored "
                "replicates belong to it.",
                received=f"{walk.place}, {_kind_of(walk.unknown)}",
                remedy="Create the object inside the function that uses it, or keep its content as numbers, strings, "
                "arrays or functions.",
            ) from error
        if part is None:
            walks.pop()
        elif isinstance(part, str):
            yield part
        else:
            walks.append(part)


def _kind_of(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


class _Walk:
    """Yields the parts of a value that its digest covers.

    Parts that consist of others are iterators, so that a long chain of functions needs no deep recursion. The parts of
    each container, function and object stand between brackets. A value that is reached again is represented by its
    place in the walk.

    Attributes:
        packages: the installed packages that were reached, by the names of their modules.
        place: what is looked at, for a reader.
        unknown: the library's object whose state was asked for last.
    """

    def __init__(self, packages: set[str] | None = None) -> None:
        self.packages: set[str] = set() if packages is None else packages
        self.place = "the recipe"
        self.unknown: Any = None
        self._names: set[str] = set()
        self._modules: list[ModuleType] = []
        self._places: dict[int, int] = {}
        # Keep a reference to each value, so that its id() is not reused during the walk.
        self._values: list[Any] = []

    def parts(self, value: Any) -> Iterator[Part]:
        if isinstance(value, enum.Enum):
            yield f"{type(value).__qualname__}.{value.name}"
            yield self.parts(value.value)
            if not is_library(type(value)):
                yield self.parts({name: item for name, item in vars(value).items() if not name.startswith("_")})
                yield self.parts(type(value))  # its methods, and the members beside this one
        elif isinstance(value, str | bytes | int | float | complex | None) and is_library(type(value)):
            yield repr(value)
        elif isinstance(value, np.ndarray | np.generic) and _is_plain(value) and is_library(type(value)):
            yield _numbers_of(value)
        elif value is os.environ:
            yield "os.environ"  # the function that reads it knows which variables; the others do not matter
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
        if isinstance(value, np.ma.MaskedArray):
            yield self.parts([value.filled(0), np.ma.getmaskarray(value)])
        elif isinstance(value, np.ndarray | np.generic) and value.dtype.names:
            # Field by field, because the bytes between the fields are arbitrary.
            yield self.parts([(name, np.asarray(value)[name]) for name in value.dtype.names])
        elif isinstance(value, np.ndarray | np.generic):
            yield _numbers_of(value) if _is_plain(value) else self.parts(value.tolist())
        elif isinstance(value, list | tuple):
            for item in value:
                yield self.parts(item)
        elif isinstance(value, Set):
            yield from sorted("\0".join(_texts_of(_Walk(self.packages), item)) for item in value)
        elif isinstance(value, dict):
            for key in sorted(value, key=without_address):
                yield self.parts(key)
                self.place = f"{without_address(key)} of a dictionary"[:80]
                yield self.parts(value[key])
        elif isinstance(value, functools.partial):
            yield self.parts([value.func, value.args, value.keywords])
        elif isinstance(value, MethodType):
            yield self.parts([value.__func__, value.__self__])
        elif isinstance(value, ModuleType):
            self._use(value.__name__)
            yield value.__name__
            if not is_library_module(value):
                self._modules.append(value)
        elif isinstance(value, type):
            for kind in value.__mro__:
                yield self._class_parts(kind)
        elif isinstance(value, FunctionType):
            yield self._function_parts(value)
        else:
            yield self._object_parts(value)
            return
        if isinstance(value, defaultdict):
            yield self.parts(value.default_factory)
        if isinstance(value, CONTAINERS) and not is_library(type(value)):
            yield self._object_parts(value)  # a container with methods or attributes of its own

    def _use(self, module: str) -> None:
        self.packages.add(module.partition(".")[0])

    def _class_parts(self, kind: type) -> Iterator[Part]:
        if is_library(kind):
            self._use(kind.__module__)
            yield _library_name(kind)
            return
        yield kind.__qualname__
        if not is_library(type(kind)):
            yield self.parts(type(kind))  # a metaclass
        if dataclasses.is_dataclass(kind):
            fields = dataclasses.fields(kind)
            yield self.parts([(field.name, field.default_factory) for field in fields])
            if "__slots__" in vars(kind):  # then no class attribute has the default
                yield self.parts([field.default for field in fields])
        for name, item in sorted(vars(kind).items()):
            functions = _functions_of(item)
            if _is_generated(name, item, kind) or not (functions or _is_own(name, kind)):
                continue
            yield name
            for each in functions or [item]:
                yield self.parts(each)

    def _function_parts(self, function: FunctionType) -> Iterator[Part]:
        if is_library(function):
            self._use(function.__module__)
            yield _library_name(function)
            return
        # The inner function of a library's decorator has the name and the module of the function that it decorates.
        in_library = is_library_place(function.__code__.co_filename)
        tree = None if in_library else tree_of(function)
        if in_library:
            yield function.__code__.co_qualname
        else:
            yield signature_and_code(function.__code__) if tree is None else logic_of(tree)
        yield self.parts((function.__defaults__, function.__kwdefaults__))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self.place = f"{name} in the closure of {function.__qualname__}"
            try:
                yield self.parts(cell.cell_contents)
            except ValueError:  # an empty cell
                continue
        attributes = {name: item for name, item in vars(function).items() if name not in MARKS}
        if attributes:
            yield self.parts(attributes)
        if not in_library:
            yield self._global_parts(function, tree)
            yield from outside_reads(function)

    def _global_parts(self, function: FunctionType, tree: ast.AST | None) -> Iterator[Part]:
        """Yield the parts of the globals that a function reads, and of what it imports from the user's modules."""
        found, texts = names_in(function.__code__), set[str]()
        if found & DYNAMIC:
            reached = [function.__globals__[name] for name in found if name in function.__globals__]
            texts = texts_in(function.__code__) | {each for each in reached if isinstance(each, str)}
        names = sorted(found | texts)
        self._names.update(names)
        for name in names:
            if name in function.__globals__:
                yield name
                self.place = f"the global {name}, which {function.__qualname__} reads"
                yield self._named_parts(function.__globals__[name], names)
        loaded = [sys.modules[name] for name in sorted(texts) if "modules" in found and name in sys.modules]
        for module in (*loaded, *(import_named(sorted(texts)) if found & {"import_module", "__import__"} else ())):
            yield self._named_parts(module, names)
        for module, aliases in late_imports(tree, function.__globals__.get("__package__")) if tree else ():
            yield self._named_parts(module, aliases or names)
        for each in registered_objects(sorted(texts_in(function.__code__))):
            yield self.parts(each)
        self.packages.update(imported_names(tree) if tree else ())

    def _named_parts(self, value: Any, names: list[str], path: tuple[ModuleType, ...] = ()) -> Iterator[Part]:
        """Yield the parts of a value; of a user's module, those of its attributes with one of some names."""
        if not isinstance(value, ModuleType) or is_library_module(value):
            yield self.parts(value)
        elif value not in path:
            for name in names:
                if name in vars(value) or ("__getattr__" in vars(value) and hasattr(value, name)):
                    yield name
                    self.place = f"{value.__name__}.{name}"
                    yield self._named_parts(getattr(value, name), names, (*path, value))

    def parts_of_modules(self) -> Iterator[Part]:
        """Yield what is read of the user's modules that were reached as values, for example in a list of modules.

        Nothing tells which function reads an attribute of which module, so all names that were read count. The parts
        come last, because they depend on all functions that were reached.
        """
        visited = set[tuple[int, str]]()
        while found := [
            (module, name)
            for module in self._modules
            for name in sorted(self._names)
            if name in vars(module) and not name.startswith("__") and (id(module), name) not in visited
        ]:
            visited.update((id(module), name) for module, name in found)
            for module, name in found:
                yield name
                self.place = f"{module.__name__}.{name}"
                yield self._named_parts(vars(module)[name], sorted(self._names), (module,))

    def _object_parts(self, value: Any) -> Iterator[Part]:
        kind = type(value)
        if is_library(kind):
            self._use(kind.__module__)
            yield _library_name(kind)
            yield self._state_parts(value, state_of)
            return
        yield self.parts(kind)
        attributes = {name: item for name, item in _attributes(value) if _is_own(name, kind)}
        yield self.parts(without_counts(attributes, kind.__name__))
        if not isinstance(value, CONTAINERS) and any(is_library(base) for base in kind.__mro__[:-1]):
            yield self._state_parts(value, inherited_state)

    def _state_parts(self, value: Any, read: Callable[[Any], list[Any]]) -> Iterator[Part]:
        self.unknown = value
        for each in read(value):
            yield each if isinstance(each, str) else self.parts(each)


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
    if isinstance(item, functools.partialmethod):
        return [item.func, item.args, item.keywords]
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
        return name in DECLARED_FIELDS or hasattr(vars(kind).get(name), "__wrapped__")
    own = [each for each in kind.__mro__ if each is not object and not is_library(each)]
    if not name.startswith("_") or name in DECLARED_FIELDS or len(own) == len(kind.__mro__) - 1:
        return True
    functions = [each for base in own for item in vars(base).values() for each in _functions_of(item)]
    return any(name in names_in(each.__code__) for each in functions if isinstance(each, FunctionType))


def _numbers_of(array: Any) -> str:
    """Return the dtype, the shape and a digest of the bytes of a plain array."""
    return f"{array.dtype.str}{array.shape}{hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()}"


def _is_plain(array: Any) -> bool:
    """Return whether the bytes of an array are all that it is."""
    return not array.dtype.hasobject and not array.dtype.names and not isinstance(array, np.ma.MaskedArray)
