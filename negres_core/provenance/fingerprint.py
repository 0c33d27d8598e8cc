"""Fingerprints: a digest of what a function or object does, with all user code and values that it reaches."""

from __future__ import annotations

import ast
import enum
import functools
import hashlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Set
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

import negres_core
from negres_core.provenance.logic import logic_of

OWN_PACKAGE = str(Path(negres_core.__file__).parent) + os.sep
LIBRARIES = (
    OWN_PACKAGE,
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
"""Folders whose code counts by name, not by content: Python, installed packages and negres."""

ANNOTATION_FUNCTIONS = {"__annotate__", "__annotate_func__"}
"""Functions that Python 3.14 adds to classes with annotations."""


def digest_code(value: Any, *, by_text: bool = False) -> str:
    """Digest a value by what it does.

    A function counts with its logic, without docstrings and comments, or with its byte code if it has no source; and
    with its defaults, its closure, the globals that it reads and the user's modules that it imports. A class counts
    with its bases and attributes, an object with its class and attributes. Library code counts by name.

    Two values with the same digest do the same, up to these limits: the state of library objects beyond what their
    `get_params`, `get_config` or `repr` shows, and private attributes of classes that derive from a library's.

    Args:
        value: the value.
        by_text: compute the digest of versions up to 0.1.0, to find replicates that they recorded.
    """
    if by_text:
        from negres_core.provenance.text_digest import digest_text  # that module imports this one

        return digest_text(value)
    digest = hashlib.sha256()
    for part in _Walk().parts(value):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def is_library(value: Any) -> bool:
    """Return whether a function or class is defined by Python, by an installed package, or by negres."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return module is not None and _is_library_module(module)


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
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def names_in(code: CodeType) -> set[str]:
    """Return the names of globals, attributes and modules in byte code, including that of nested functions."""
    nested = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(names_in, nested))


class _Walk:
    """Yields the parts of a value that its digest covers.

    The parts of each container, function and object stand between brackets. A value that is reached again is
    represented by its place in the walk.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        # Keep a reference to each value, so that its id() is not reused during the walk.
        self._values: list[Any] = []

    def parts(self, value: Any) -> Iterator[str]:
        if isinstance(value, enum.Enum):
            yield f"{type(value).__qualname__}.{value.name}"
            yield from self.parts(value.value)
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
            yield from self._contents(value)
            yield ")"

    def _contents(self, value: Any) -> Iterator[str]:
        if isinstance(value, np.ndarray | np.generic):
            yield from self.parts(value.tolist())
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self.parts(item)
        elif isinstance(value, Set):
            yield from sorted("\0".join(_Walk().parts(item)) for item in value)
        elif isinstance(value, dict):
            for key in sorted(value, key=without_address):
                yield from self.parts(key)
                yield from self.parts(value[key])
        elif isinstance(value, functools.partial):
            yield from self.parts([value.func, value.args, value.keywords])
        elif isinstance(value, MethodType):
            yield from self.parts([value.__func__, value.__self__])
        elif isinstance(value, ModuleType):
            yield value.__name__
        elif isinstance(value, type):
            for kind in value.__mro__:
                yield from self._class_parts(kind)
        elif isinstance(value, FunctionType):
            yield from self._function_parts(value)
        else:
            yield from self._object_parts(value)

    def _class_parts(self, kind: type) -> Iterator[str]:
        if is_library(kind):
            yield _library_name(kind)
            return
        yield kind.__qualname__
        for name, item in sorted(vars(kind).items()):
            functions = _functions_of(item)
            if name in ANNOTATION_FUNCTIONS or not (functions or _is_own(name, kind)):
                continue
            yield name
            for each in functions or [item]:
                yield from self.parts(each)

    def _function_parts(self, function: FunctionType) -> Iterator[str]:
        if is_library(function):
            yield _library_name(function)
            return
        tree = _tree_of(function)
        yield _byte_code(function.__code__) if tree is None else logic_of(tree)
        yield from self.parts((function.__defaults__, function.__kwdefaults__))
        for cell in function.__closure__ or ():
            try:
                yield from self.parts(cell.cell_contents)
            except ValueError:  # an empty cell
                continue
        names = sorted(names_in(function.__code__))
        for name in names:
            if name in function.__globals__:
                yield name
                yield from self._named_parts(function.__globals__[name], names)
        for module, aliases in _late_imports(tree, function.__globals__):
            yield from self._named_parts(module, aliases or names)

    def _named_parts(self, value: Any, names: list[str], path: tuple[ModuleType, ...] = ()) -> Iterator[str]:
        """Yield the parts of a value; of a user's module, those of its attributes with one of some names."""
        if not isinstance(value, ModuleType) or _is_library_module(value):
            yield from self.parts(value)
        elif value not in path:
            for name in names:
                if name in vars(value):
                    yield name
                    yield from self._named_parts(vars(value)[name], names, (*path, value))

    def _object_parts(self, value: Any) -> Iterator[str]:
        kind = type(value)
        if not is_library(kind):
            yield from self.parts(kind)
            yield from self.parts({name: item for name, item in _attributes(value) if _is_own(name, kind)})
            return
        yield _library_name(kind)
        # A library may change the attributes of its objects; it promises parameters and configurations.
        promise = next((name for name in ("get_params", "get_config") if hasattr(value, name)), None)
        if promise:
            yield from self.parts(getattr(value, promise)())
        elif callable(wrapped := getattr(value, "__wrapped__", None)):  # for example by functools.cache
            yield from self.parts(wrapped)
        else:
            yield without_address(value)


def _is_library_module(module: ModuleType) -> bool:
    # A package without __init__.py has no file, but folders; a module that is built into Python has neither.
    place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return module.__name__ != "__main__" if place is None else place.startswith(LIBRARIES)


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
    attributes = [item for part in (state if isinstance(state, tuple) else [state]) for item in (part or {}).items()]
    return [
        each for each in attributes if not isinstance(getattr(type(value), each[0], None), functools.cached_property)
    ]


def _is_own(name: str, kind: type) -> bool:
    """Return whether an attribute is the user's. Private ones are, unless a base class of a library may have set them."""
    if name.startswith("__"):
        return False
    return not name.startswith("_") or all(each is object or not is_library(each) for each in kind.__mro__)


def _tree_of(function: FunctionType) -> ast.AST | None:
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


def _late_imports(tree: ast.AST | None, namespace: dict[str, Any]) -> Iterator[tuple[ModuleType, list[str]]]:
    """Yield each user's module that a function imports when it runs, with the names that it imports from it, if any."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            imports = [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports = [("." * node.level + (node.module or ""), [alias.name for alias in node.names])]
        else:
            continue
        for name, aliases in imports:
            module = _import(name, namespace.get("__package__") or "")
            if module is not None and not _is_library_module(module):
                yield module, aliases


def _import(name: str, package: str) -> ModuleType | None:
    try:
        return importlib.import_module(name, package or None)
    except ImportError:
        return None


def _byte_code(code: CodeType) -> str:
    """Return byte code as text: a nested function as its own, as it shows its address, and sets sorted."""
    consts = []
    for value in code.co_consts:
        if isinstance(value, CodeType):
            consts.append(_byte_code(value))
        else:
            consts.append(repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value))
    return repr((code.co_code, consts, code.co_names))
