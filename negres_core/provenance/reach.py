"""Reach: the arrays and the functions that a function's code can use, besides its arguments."""

from __future__ import annotations

import ast
import dis
import inspect
from collections.abc import Iterator, Mapping, Sequence, Set
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from negres_core.provenance.libraries import is_library, is_library_module
from negres_core.provenance.source import tree_of

MOST_VALUES = 20_000
"""Most values that are visited."""
MEASURES = {"shape", "ndim", "dtype", "size", "nbytes", "width", "outputs", "input_shape", "task", "name", "columns"}
"""Attributes that tell how large an array is, or what it is called, and not what is in it."""
SUMMARIES = {"len", "max", "min", "unique", "bincount", "set", "nunique", "ndim", "shape", "Input"}
"""Functions that tell which labels an array has, and how many."""


def reachable_arrays(*values: Any) -> Iterator[np.ndarray]:
    """Yield the arrays that functions or objects reach, and what can be read as an array, such as a table of pandas.

    A table of several kinds is yielded as it is, an array of objects, and then column by column.

    A function reaches what is in its closure, its defaults, and the globals that it and its inner functions load, also
    through other functions and through the user's modules. What it only measures, as in `len(x)` or `x.shape`, does not
    count. Objects reach their attributes: a fitted nearest-neighbour classifier holds the rows that it was fitted on.
    The walk ends after `MOST_VALUES` values.
    """
    return (each for each in _walk(values) if isinstance(each, np.ndarray))


def reachable_functions(*values: Any) -> Iterator[FunctionType]:
    """Yield the functions of the user that functions, classes or objects reach, in the same way; themselves, too."""
    return (each for each in _walk(values) if isinstance(each, FunctionType) and not is_library(each))


def _walk(values: Sequence[Any]) -> Iterator[np.ndarray | FunctionType]:
    """Yield the arrays and the functions that values reach."""
    pending, seen = list(values), dict[int, Any]()
    while pending and len(seen) < MOST_VALUES:
        value = pending.pop()
        if id(value) in seen or isinstance(value, str | bytes | int | float | complex | None):
            continue
        seen[id(value)] = value  # kept, so that its id is not reused
        array = _as_array(value)
        if array is None:
            if isinstance(value, FunctionType):
                yield value
            pending.extend(_parts_of(value))
        elif array.dtype.hasobject:
            if array.ndim == 2:
                yield array
            pending.extend(_as_array(column) if array.ndim == 2 else column for column in _columns_of(array))
        else:
            yield array


def _as_array(value: Any) -> np.ndarray | None:
    """Return a value as an array, or None if it is not one."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, list | tuple) and len(value) > 1 and _is_numeric(value):
        return np.asarray(value)
    if not isinstance(value, type) and hasattr(type(value), "__array__") and hasattr(value, "shape"):
        try:
            return np.asarray(value)
        except Exception:  # whatever a library raises for a symbolic tensor
            return None
    return None


def _is_numeric(values: Sequence[Any]) -> bool:
    """Return whether a list holds numbers, or lists of numbers, of equal length."""
    first = values[0]
    if isinstance(first, list | tuple):
        rows = all(isinstance(row, list | tuple) and len(row) == len(first) for row in values)
        return rows and all(_is_numeric(row) for row in values if len(row)) and len(first) > 0
    return all(isinstance(value, int | float | np.number) for value in values)


def _columns_of(table: np.ndarray) -> list[Any]:
    """Return the columns of a table of mixed kinds, those that are numbers as arrays of numbers."""
    if table.ndim != 2:
        return table.reshape(-1).tolist()
    columns = []
    for column in table.T:
        try:
            columns.append(column.astype(np.float64))
        except (TypeError, ValueError):
            continue
    return columns


def _parts_of(value: Any) -> list[Any]:
    if isinstance(value, FunctionType):
        return [] if is_library(value) and value.__closure__ is None else _parts_of_function(value)
    if isinstance(value, MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | Set):
        return list(value)
    if isinstance(value, type):
        return [] if is_library(value) else list(vars(value).values())
    if isinstance(value, ModuleType):
        return []
    if isinstance(value, property):
        return [value.fget]
    if isinstance(value, staticmethod | classmethod):
        return [value.__func__]
    parts = [getattr(value, name, None) for name in ("func", "args", "keywords", "__wrapped__", "_tensors")]
    slots = [getattr(value, name, None) for kind in type(value).__mro__ for name in _slots_of(kind)]
    return [*parts, *slots, *_attributes_of(value), *([] if is_library(type(value)) else [type(value)])]


def _slots_of(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return () if is_library(kind) else (slots,) if isinstance(slots, str) else tuple(slots)


def _attributes_of(value: Any) -> list[Any]:
    try:
        return list(vars(value).values())
    except TypeError:
        return []


def _parts_of_function(function: FunctionType) -> list[Any]:
    code = function.__code__
    tree = tree_of(function)
    measured = _measured_names(tree) if tree is not None else set()
    parts = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        if name not in measured:
            try:
                parts.append(cell.cell_contents)
            except ValueError:  # an empty cell
                continue
    if is_library(function):
        return parts
    globals_, attributes = _names_of(code)
    for name in globals_ - measured:
        if name in function.__globals__:
            parts += _through_modules(function.__globals__[name], attributes, depth=4)
    wrapped = inspect.getattr_static(function, "__wrapped__", None)
    return [*parts, wrapped]


def _through_modules(value: Any, names: set[str], *, depth: int) -> list[Any]:
    """Return a value; of a user's module, its attributes with one of some names."""
    if not isinstance(value, ModuleType):
        return [value]
    if is_library_module(value) or depth == 0:
        return []
    found = [vars(value)[name] for name in names if name in vars(value)]
    return [part for each in found for part in _through_modules(each, names, depth=depth - 1)]


def _names_of(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the names of the globals and of the attributes that byte code loads, with that of inner functions."""
    globals_, attributes = set(), set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            globals_.add(instruction.argval)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
            attributes.add(instruction.argval)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            inner = _names_of(const)
            globals_ |= inner[0]
            attributes |= inner[1]
    return globals_, attributes


def _measured_names(tree: ast.AST) -> set[str]:
    """Return the names that a function only measures: each use is `len(x)`, `x.shape`, `np.unique(x)` or the like."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    uses: dict[str, list[bool]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            uses.setdefault(node.id, []).append(_is_measured(node, parents))
    return {name for name, measured in uses.items() if all(measured)}


def _is_measured(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Return whether this use of an array tells only how large it is, or which labels it has."""
    parent = parents.get(node)
    while isinstance(parent, ast.Attribute):
        if parent.attr in MEASURES | SUMMARIES:
            return True
        node, parent = parent, parents.get(parent)
    if isinstance(parent, ast.Call) and node in parent.args:
        called = parent.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return name in SUMMARIES
    return False
