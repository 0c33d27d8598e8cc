"""The state of a library's object: what it consists of, as values that a digest can cover.

Nothing is guessed: an object that does not tell its whole state is refused, because a digest of less would find stored
replicates of other numbers.
"""

from __future__ import annotations

import _thread
import contextvars
import copyreg
import functools
import io
import logging
import random
import re
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from types import (
    BuiltinMethodType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from negres_core.provenance.libraries import is_library
from negres_core.provenance.source import without_address

DESCRIPTORS = (
    ClassMethodDescriptorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
WHOLE_IN_REPR = (*DESCRIPTORS, range, slice, PurePath, np.dtype, np.ufunc)
WHOLE_IN_REPR_MODULES = ("datetime", "decimal", "fractions", "uuid")
"""Types and modules of types whose `repr` is all there is."""

WITHOUT_CONTENT = (
    _thread.RLock,
    logging.Logger,
    logging.LoggerAdapter,
    threading.Condition,
    threading.Event,
    threading.Semaphore,
    type(threading.Lock()),
    weakref.WeakKeyDictionary,
    weakref.WeakSet,
    weakref.WeakValueDictionary,
)
"""Types of objects that cannot change a number: they order threads, report, or only remember."""


class UnknownStateError(Exception):
    """An object does not tell its whole state."""


def state_of(value: Any) -> list[Any]:
    """Return the state of a library's object, as values and texts.

    Raises:
        UnknownStateError: it cannot be known.
    """
    if isinstance(value, BuiltinMethodType | MethodWrapperType):
        return _state_of_builtin(value)
    if isinstance(value, WITHOUT_CONTENT):
        return [getattr(value, "name", "")]
    if isinstance(value, WHOLE_IN_REPR) or type(value).__module__ in WHOLE_IN_REPR_MODULES:
        return [without_address(value)]
    for read in (_special, _promised, _wrapped, _numbers):
        if (state := read(value)) is not None:
            return state
    return _reduced(value)


def inherited_state(value: Any) -> list[Any]:
    """Return what the library's base classes keep of an object of a user's class, as values and texts.

    Raises:
        UnknownStateError: it cannot be known.
    """
    for read in (_special, _promised, _numbers):
        if (state := read(value)) is not None:
            return state
    return _reduced(value)


def _state_of_builtin(value: Any) -> list[Any]:
    owner = value.__self__
    if owner is None or isinstance(owner, ModuleType | type) or _is_global_generator(owner):
        return [without_address(value)]
    return [value.__name__, owner]


def is_made_up(name: str, kind: str) -> bool:
    """Return whether Keras made up a name: the class in snake case, and a count of the objects made before."""
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
    return re.fullmatch(rf"{snake}(_\d+)?", name) is not None


def without_counts(values: Any, kind: str) -> Any:
    """Return the configuration or the attributes of an object of Keras, with made-up names that count nothing."""
    if isinstance(values, list):
        return [without_counts(item, kind) for item in values]
    if not isinstance(values, dict):
        return values
    kind = values["class_name"] if isinstance(values.get("class_name"), str) else kind
    changed = {name: without_counts(item, kind) for name, item in values.items()}
    if isinstance(name := values.get("name"), str) and is_made_up(name, kind):
        changed["name"] = re.sub(r"_\d+$", "", name)
    return changed


def _promised(value: Any) -> list[Any] | None:
    """Return parameters or a configuration, which a library promises, and what the object has learned since."""
    if hasattr(value, "get_params"):
        parameters = value.get_params()
        learned = {name: item for name, item in getattr(value, "__dict__", {}).items() if name not in parameters}
        return [parameters, learned] if learned else [parameters]
    return _state_of_keras(value) if hasattr(value, "get_config") else None


def _state_of_keras(value: Any) -> list[Any]:
    """Return the configuration of an object of Keras, and what is not in it.

    A configuration contains names of the user's functions and classes and not their code, and some leave out an
    argument. An object without variables consists of its attributes. Those of others count what was made before, and an
    attribute that the configuration has may be a seed that is drawn for each object.
    """
    kind = type(value).__name__
    try:
        config = without_counts(value.get_config(), kind)
    except Exception as error:  # abstract in Keras, or arguments that Keras cannot serialize
        if is_library(type(value)):
            raise UnknownStateError from error
        config = None  # a digest covers the attributes that the user's class uses
    learned = [value.get_weights() if hasattr(value, "get_weights") else []]
    learned += [value.get_vocabulary()] if hasattr(value, "get_vocabulary") else []
    attributes = {
        name: item for name, item in getattr(value, "__dict__", {}).items() if name.lstrip("_") not in (config or ())
    }
    if hasattr(value, "variables") or any(hasattr(item, "assign") for item in attributes.values()):
        attributes = {name: item for name, item in attributes.items() if name == "_fn_kwargs"}
    return [config, learned, without_counts(attributes, kind), list(_of_user(value))]


def _of_user(value: Any) -> Iterator[Any]:
    """Yield the user's functions and objects that an object of Keras holds, also inside other objects of Keras."""
    pending, seen = [value], dict[int, Any]()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each  # kept, so that its id is not reused
        if isinstance(each, list | tuple):
            pending += reversed(each)
        elif isinstance(each, dict):
            pending += [item for _, item in sorted(each.items(), key=repr)]
        elif each is not value and _is_of_user(each):
            yield each
        elif hasattr(each, "get_config"):
            pending += [item for _, item in sorted(vars(each).items())]


def _is_of_user(value: Any) -> bool:
    return not is_library(value if isinstance(value, FunctionType | type) else type(value))


def _wrapped(value: Any) -> list[Any] | None:
    """Return the function that a library's object wraps, for example functools.cache or a just-in-time compiler."""
    for name in ("__wrapped__", "py_func", "pyfunc"):
        if callable(wrapped := getattr(value, name, None)):
            return [wrapped]
    return None


def _numbers(value: Any) -> list[Any] | None:
    """Return the numbers of a table, a sparse matrix or a tensor; their repr shows only some."""
    if hasattr(value, "tocoo"):
        entries = value.tocoo()
        places = getattr(entries, "coords", None) or (entries.row, entries.col)
        return [entries.shape, [*places], entries.data]
    if hasattr(value, "to_numpy"):
        labels = [
            getattr(value, name) for name in ("index", "columns") if hasattr(getattr(value, name, None), "to_numpy")
        ]
        types = list(value.dtypes) if np.iterable(getattr(value, "dtypes", None)) else [getattr(value, "dtype", None)]
        # What a category means may depend on the order of all of them.
        kinds = [(str(each), getattr(each, "categories", None), getattr(each, "ordered", None)) for each in types]
        name = str(getattr(value, "name", ""))
        return [value.to_numpy(), [*filter(_is_index, labels)], name, kinds, getattr(value, "attrs", {})]
    if type(value).__name__ == "KerasTensor":  # it stands for the numbers of a batch, and has none
        return [str(value.shape), str(value.dtype)]
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(type(value), "__array__"):
        try:
            return [np.array(value)]
        except Exception as error:  # for example a symbolic tensor
            raise UnknownStateError from error
    return None


def _is_index(labels: Any) -> bool:
    return hasattr(labels, "to_numpy")


def _special(value: Any) -> list[Any] | None:
    if isinstance(value, Mapping):
        return [dict(value)]
    if isinstance(value, weakref.ref):
        return [value()]
    if isinstance(value, memoryview):
        return [value.tobytes()]
    if isinstance(value, contextvars.ContextVar):
        return [value.name, value.get(None)]
    if isinstance(value, threading.local):
        return [vars(value)]
    if _is_global_generator(value) or any(value is each for each in (sys.stdout, sys.stderr, sys.stdin)):
        return [""]
    if isinstance(value, np.random.RandomState):
        return [value.get_state(legacy=False)]  # it does not remember its seed
    if isinstance(value, np.random.Generator | np.random.BitGenerator):
        # Its seed and not its state, which moves with each number drawn: a digest that moves with it finds nothing.
        bits: Any = getattr(value, "bit_generator", value)
        return [type(bits).__name__, bits.seed_seq.entropy, bits.seed_seq.spawn_key]
    if isinstance(value, io.IOBase):
        raise UnknownStateError
    return None


def _is_global_generator(value: Any) -> bool:
    """Return whether a generator is NumPy's or Python's global one, which is seeded before each call."""
    return value is getattr(np.random.mtrand, "_rand", None) or value is getattr(random, "_inst", None)


def _reduced(value: Any) -> list[Any]:
    """Return the state that an object would be pickled by, or its name if it is pickled by name."""
    if isinstance(value, Iterator) and not hasattr(type(value), "__reduce__"):
        raise UnknownStateError
    try:
        registered = copyreg.dispatch_table.get(type(value))
        reduced = registered(value) if registered else value.__reduce_ex__(4)
    except Exception as error:
        raise UnknownStateError from error
    if isinstance(reduced, str):
        return [without_address(value)]
    make, arguments, *more = reduced
    state = more[0] if more else None
    if isinstance(state, dict):
        cached = functools.cached_property
        state = {name: item for name, item in state.items() if not isinstance(getattr(type(value), name, None), cached)}
        state = state or None
    items = [list(each) for each in more[1:3] if each is not None]
    return [make, arguments, state, items]
