"""What users give as rows: it becomes one plain array, or an error that names the cause and the line to write."""

from __future__ import annotations

import datetime
import decimal
import math
import numbers
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from negres_core.dataset.remedies import remedy_for_inputs
from negres_core.errors import InputError

ONE_PASS = (
    "Read inputs and targets together in one pass, since a second pass may have another order: Dataset.read(batches, "
    "name=...); or `xs, ys = zip(*batches)`, then x=np.concatenate(xs), y=np.concatenate(ys)."
)
"""How to turn a stream of batches into arrays."""


def as_array(values: Any, label: str, *, of: str) -> np.ndarray:
    """Return what a user gave as one array; nullable integers, booleans and columns of both become plain numbers.

    Args:
        values: an array, a list, a table, a tensor.
        label: the argument, such as "x".
        of: the name of the data set.

    Returns:
        The array. Its dtype is a number's unless it holds something else, such as text.

    Raises:
        InputError: it is not an array of rows, or converting it would change it silently.
    """
    where = f"`{label}` of data set {of!r}"
    _check_kind(values, label, where)
    try:
        array = np.asarray(values)
    except Exception as error:
        shapes = _shapes(values)
        raise InputError(
            f"{where} cannot be converted to an array.",
            received=f"arrays of shapes {shapes}" if shapes else str(error),
            remedy=_remedy_for_parts(values, label),
        ) from error
    if array.dtype.kind == "O" and array.size and kinds_of(array) == {"numbers"}:
        array = np.array(array.tolist())
        # Fractions and decimals are numbers too.
        array = array.astype(float) if array.dtype.kind == "O" else array
    return array


def _check_kind(values: Any, label: str, where: str) -> None:
    """Raise InputError if the rows of what was given cannot be addressed by number, or have values that are hidden."""
    if values is None:
        raise InputError(
            f"{where} is missing.",
            received=f"{label}=None",
            remedy=f"Give one row of inputs and one target for each case; for an autoencoder, y=x. {ONE_PASS}"
            if label.startswith(("x", "y"))
            else "Leave it out, or give one value for each row.",
        )
    if isinstance(values, Mapping):
        raise InputError(
            f"{where} has to be one array.",
            received=f"a dictionary with {', '.join(map(str, values))}",
            remedy=f"Give {label[0]} as a dictionary of arrays; an array cannot be a dictionary itself."
            if label.startswith(("x", "y"))
            else "Give one value for each row.",
        )
    parts = values if isinstance(values, list | tuple) else [values]
    if any(isinstance(part, np.ma.MaskedArray) and bool(np.ma.is_masked(part)) for part in parts):
        raise InputError(
            f"{where} is a masked array, and the masked values would be used as if they were data.",
            received=f"{sum(int(np.ma.getmaskarray(part).sum()) for part in parts)} masked values",
            remedy="Drop the rows with masked values, or fill them with a constant and give the mask as more columns: "
            f"{label}=np.concatenate([{label}.filled(0), np.ma.getmaskarray({label})], axis=-1)."
            if label.startswith("x")
            else f"Drop these rows: keep = ~np.ma.getmaskarray({label}), and take [keep] of x, y and all others.",
        )
    if isinstance(values, str | PathLike):
        raise InputError(
            f"{where} has to be an array.",
            received=f"the text {values!r}" if isinstance(values, str) else f"the path {values}",
            remedy="Read the file first, for example with pd.read_csv or np.load.",
        )
    if hasattr(values, "toarray"):
        raise InputError(
            f"{where} is a sparse matrix, but rows have to be dense arrays.",
            received=f"a {type(values).__name__} of shape {getattr(values, 'shape', '')}",
            remedy=f"Give {label}={label}.toarray(), if it fits into memory.",
        )
    if hasattr(values, "bounding_shape") or hasattr(values, "is_nested"):
        raise InputError(
            f"{where} has rows of different lengths.",
            received=f"a {type(values).__name__}",
            remedy=f"Pad them to one length, for example {label}={label}.to_tensor().",
        )
    is_array = any(hasattr(values, name) for name in ("__array__", "__array_interface__", "__buffer__"))
    if not is_array and not isinstance(values, Sequence | numbers.Number | memoryview):
        raise InputError(
            f"{where} has to be an array: folds select rows by number, and a stream has no row numbers.",
            received=f"a {type(values).__name__}",
            remedy=ONE_PASS,
        )


def _shapes(values: Any) -> str:
    """Return the shapes of the first parts of a sequence of arrays, in words; empty for anything else."""
    if not isinstance(values, list | tuple) or not all(hasattr(part, "shape") for part in values):
        return ""
    shapes = [str(tuple(part.shape)) for part in values]
    return ", ".join(shapes if len(shapes) < 5 else [*shapes[:2], "...", shapes[-1]])


def _remedy_for_parts(values: Any, label: str) -> str:
    several = 'inputs by the names of the model\'s inputs: x={"image": images, "age": ages}.'
    if label.startswith("y"):
        several = 'outputs by the names of the model\'s outputs: y={"age": ages, "sex": labels}.'
    if not _shapes(values):
        return (
            f"Give rows of equal shape; pad sequences, for example {label}=keras.utils.pad_sequences({label}). "
            f"Give several {several}"
        )
    if len({len(part) for part in values if part.shape}) == 1:
        return f"Give several {several}"
    return (
        f"If these are batches, join them: {label}=np.concatenate({label}). If they are rows, give them one shape, for "
        "example by keras.utils.pad_sequences."
    )


def is_list_of_inputs(x: Any, y: Any) -> bool:
    """Return whether x is a list of arrays that each have as many rows as y, which is not what a list of rows is."""
    if not isinstance(x, list | tuple) or len(x) < 2 or not all(len(getattr(part, "shape", ())) > 1 for part in x):
        return False
    rows = len(y) if hasattr(y, "__len__") else -1
    return len(x) != rows and all(len(part) == rows for part in x)


def refuse_reordered(given: Mapping[str, Any], *, of: str) -> None:
    """Raise InputError if tables of pandas have the same index in another order: rows are taken as they come.

    Args:
        given: what a user gave, by argument, such as "x".
        of: the name of the data set.
    """
    tables = {label: values for label, values in given.items() if hasattr(values, "iloc")}
    first, *others = tables or [""]
    for label in others:
        index, other = tables[first].index, tables[label].index
        if not index.equals(other) and set(index) == set(other):
            raise InputError(
                f"`{first}` and `{label}` of data set {of!r} have the same index in another order.",
                received=f"{first} from row {index[0]!r} on, and {label} from row {other[0]!r} on",
                remedy=f"Give {label} in the order of {first}: {label}={label}.loc[{first}.index].",
            )


def kinds_of(array: np.ndarray) -> set[str]:
    """Return what an array of Python objects, or of text or dates, holds, each in one word."""
    if array.dtype.kind != "O":
        return {_KINDS.get(array.dtype.kind, str(array.dtype))}
    kinds = {kind: _kind_of(kind) for kind in set(map(type, array.ravel().tolist()))}
    found = set(kinds.values())
    if any(isinstance(item, int) and not -(2**63) <= item < 2**64 for item in array.ravel().tolist()):
        found |= {"integers of more than 64 bits"}
    # pandas marks missing text by a NaN.
    if {"numbers", "text"} <= found and all(
        math.isnan(item) for item in array.ravel().tolist() if kinds[type(item)] == "numbers"
    ):
        found = (found - {"numbers"}) | {"missing values"}
    return found


_KINDS = {
    **dict.fromkeys("UST", "text"),
    **dict.fromkeys("biuf", "numbers"),
    **{"M": "dates", "m": "durations", "c": "complex numbers", "V": "fields"},
}


def _kind_of(kind: type) -> str:
    if issubclass(kind, numbers.Real | decimal.Decimal | np.bool_):
        return "numbers"
    if issubclass(kind, numbers.Complex):
        return "complex numbers"
    if issubclass(kind, str | bytes):
        return "text"
    if kind.__name__ in ("NoneType", "NAType", "NaTType"):
        return "missing values"
    if issubclass(kind, datetime.timedelta | np.timedelta64):
        return "durations"
    if issubclass(kind, datetime.date | np.datetime64):
        return "dates"
    return f"objects of type {kind.__name__}"


def columns_of(values: Any) -> list[Any] | None:
    """Return the names of a table's columns, or None if it has none."""
    columns = getattr(values, "columns", None)
    return None if columns is None or callable(columns) else list(columns)


def check_numeric(array: np.ndarray, label: str, *, of: str, columns: list[Any] | None) -> None:
    """Raise InputError, naming the columns, if inputs hold anything but numbers."""
    if array.dtype.kind in "biuf":
        return
    parts = [array] if array.ndim < 2 else [array[:, number] for number in range(array.shape[1])]
    found = {number: kinds for number, part in enumerate(parts) if (kinds := kinds_of(part)) - {"numbers"}}
    names = [repr(columns[number]) if columns else str(number) for number in found]
    kinds = set().union(*found.values()) - {"numbers"}
    values = {columns[number] if columns else number: parts[number].ravel().tolist() for number in found}
    remedy = remedy_for_inputs(kinds, label, values, is_table=bool(columns), ndim=array.ndim)
    some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    raise InputError(
        f"`{label}` of data set {of!r} has to be an array of numbers.",
        received=f"{' and '.join(sorted(kinds))} in column{'s' if len(names) > 1 else ''} {some}"
        if array.ndim > 1
        else f"{' and '.join(sorted(kinds))}, dtype {array.dtype}",
        remedy=remedy,
    )


def number_names(array: np.ndarray, label: str, *, of: str, missing: str) -> np.ndarray:
    """Return numbers from 0 for names, (rows,), in the sorted order of the names.

    Args:
        array: names, or any values that can be sorted, (rows,).
        label: the argument, such as "groups".
        of: the name of the data set.
        missing: the remedy for missing names.

    Raises:
        InputError: names are missing, or of several types.
    """
    kinds = kinds_of(array)
    if array.dtype.kind in "fMm" and (np.isnan(array) if array.dtype.kind == "f" else np.isnat(array)).any():
        kinds |= {"missing values"}
    if "missing values" in kinds:
        raise InputError(
            f"`{label}` of data set {of!r} has missing values.",
            received=" and ".join(sorted(kinds)),
            remedy=missing,
        )
    if len(kinds) > 1:
        raise InputError(
            f"`{label}` of data set {of!r} mixes values of several kinds, which may or may not mean the same.",
            received=" and ".join(sorted(kinds)),
            remedy=f"Make them all text: {label}=[str(each) for each in {label}].",
        )
    try:
        return np.unique(array, return_inverse=True)[1].reshape(array.shape).astype(np.int32)
    except TypeError as error:
        raise InputError(
            f"`{label}` of data set {of!r} has values that cannot be sorted.",
            received=str(error),
            remedy=f"Make them text: {label}=[str(each) for each in {label}].",
        ) from error
