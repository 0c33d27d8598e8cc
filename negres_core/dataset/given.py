"""What users give as rows: it becomes one plain array, or an error that names the cause and the line to write."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from negres_core.errors import InputError

ONE_PASS = (
    "Collect inputs and targets together, in one pass, since a second pass may come in another order: "
    "`xs, ys = zip(*batches)`, then x=np.concatenate(xs), y=np.concatenate(ys)."
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
    return array


def _check_kind(values: Any, label: str, where: str) -> None:
    """Raise InputError if the rows of what was given cannot be addressed by number, or have values that are hidden."""
    if values is None:
        raise InputError(
            f"{where} is missing.",
            received=f"{label}=None",
            remedy="Give one row of inputs and one target for each case; for an autoencoder, y=x. " + ONE_PASS,
        )
    if isinstance(values, Mapping):
        raise InputError(
            f"{where} has to be one array.",
            received=f"a dictionary with {', '.join(map(str, values))}",
            remedy="A model is judged by one target, so ask about each in a hypothesis of its own: "
            f"y=y[{next(iter(values), '')!r}], with a model that has this output alone."
            if label == "y"
            else "Give x as a dictionary of arrays; an array cannot be a dictionary itself.",
        )
    parts = values if isinstance(values, list | tuple) else [values]
    if any(isinstance(part, np.ma.MaskedArray) and bool(np.ma.is_masked(part)) for part in parts):
        raise InputError(
            f"{where} is a masked array, and what is under its mask would be used as if it were data.",
            received=f"{sum(int(np.ma.getmaskarray(part).sum()) for part in parts)} masked values",
            remedy="Drop the rows with masked values, or fill them with a constant and give the mask as more columns: "
            f"{label}=np.concatenate([{label}.filled(0), np.ma.getmaskarray({label})], axis=-1)."
            if label.startswith("x")
            else f"Drop these rows: keep = ~np.ma.getmaskarray({label}), and take [keep] of x, y and all others.",
        )
    if isinstance(values, str):
        raise InputError(
            f"{where} has to be an array.",
            received=f"the text {values!r}",
            remedy="Read the file first, for example with pd.read_csv or np.load.",
        )
    if hasattr(values, "toarray"):
        raise InputError(
            f"{where} is a sparse matrix, and rows are held as plain arrays.",
            received=f"a {type(values).__name__} of shape {getattr(values, 'shape', '')}",
            remedy=f"Give {label}={label}.toarray(), if it fits into memory.",
        )
    if hasattr(values, "bounding_shape") or hasattr(values, "is_nested"):
        raise InputError(
            f"{where} has rows of different length.",
            received=f"a {type(values).__name__}",
            remedy=f"Pad them to one length, for example {label}={label}.to_tensor().",
        )
    is_array = any(hasattr(values, name) for name in ("__array__", "__array_interface__", "__buffer__"))
    if not is_array and not isinstance(values, Sequence | numbers.Number | memoryview):
        raise InputError(
            f"{where} has to be an array: folds address rows by number, and a stream has no numbered rows.",
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
    if not _shapes(values):
        return (
            f"Give rows of equal shape; pad sequences, for example {label}=keras.utils.pad_sequences({label}). "
            'Several inputs have names: x={"image": images, "age": ages}.'
        )
    if len({len(part) for part in values if part.shape}) == 1:
        return 'Give several inputs by the names of the model\'s inputs: x={"image": images, "age": ages}.'
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


def is_reordered(x: Any, y: Any) -> bool:
    """Return whether inputs and targets are tables of pandas with the same index in another order."""
    if not (hasattr(x, "iloc") and hasattr(y, "iloc")) or x.index.equals(y.index):
        return False
    return bool(set(x.index) == set(y.index))


def kinds_of(array: np.ndarray) -> set[str]:
    """Return what an array of Python objects, or of text or dates, holds, each in one word."""
    if array.dtype.kind != "O":
        return {_KINDS.get(array.dtype.kind, str(array.dtype))}
    kinds = {kind: _kind_of(kind) for kind in set(map(type, array.ravel().tolist()))}
    found = set(kinds.values())
    # pandas marks missing text by a NaN.
    if {"numbers", "text"} <= found and all(
        math.isnan(item) for item in array.ravel().tolist() if kinds[type(item)] == "numbers"
    ):
        found = (found - {"numbers"}) | {"missing values"}
    return found


_KINDS = {"U": "text", "S": "text", "T": "text", "M": "dates", "m": "dates", "c": "complex numbers"} | dict.fromkeys(
    "biuf", "numbers"
)


def _kind_of(kind: type) -> str:
    if issubclass(kind, int | float | np.bool_ | np.integer | np.floating):
        return "numbers"
    if issubclass(kind, str | bytes):
        return "text"
    if kind.__name__ in ("NoneType", "NAType", "NaTType"):
        return "missing values"
    if issubclass(kind, datetime.date | datetime.timedelta | np.datetime64 | np.timedelta64):
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
    if len(kinds - {"missing values"}) == 1 and "text" in kinds:
        remedy = _remedy_for_text(label, names if columns else None)
    elif "dates" in kinds:
        remedy = (
            "Give numbers with a meaning, such as days since a fixed day: "
            f'({label}[{names[0] if columns else 0}] - pd.Timestamp("2020-01-01")).dt.days; or month and weekday as '
            "columns of their own."
        )
    elif kinds == {"missing values"}:
        remedy = remedy_for_missing(label, is_table=bool(columns))
    elif "complex numbers" in kinds:
        remedy = f"Give real and imaginary parts as columns: np.stack([{label}.real, {label}.imag], axis=-1)."
    else:
        remedy = "Give one number for each value, for example as a NumPy array of floats."
    some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    raise InputError(
        f"`{label}` of data set {of!r} has to be an array of numbers.",
        received=f"{' and '.join(sorted(kinds))} in column{'s' if len(names) > 1 else ''} {some}"
        if array.ndim > 1
        else f"{' and '.join(sorted(kinds))}, dtype {array.dtype}",
        remedy=remedy,
    )


def _remedy_for_text(label: str, names: list[str] | None) -> str:
    if names:
        return (
            f"Turn each category into a column: {label}=pd.get_dummies({label}, columns=[{', '.join(names)}], "
            "dummy_na=True). This learns nothing from other rows, so it may be done before the split."
        )
    return (
        f"Turn each category into a column: {label}=pd.get_dummies(pd.DataFrame({label})); and sentences into numbers "
        "with something that learns nothing from other rows, such as scikit-learn's HashingVectorizer."
    )


def remedy_for_missing(label: str, *, is_table: bool) -> str:
    """Return how to deal with missing inputs such that no row of a test fold has a part in training."""
    line = (
        f'pd.concat([{label}.fillna(0), {label}.isna().add_suffix(" missing")], axis=1)'
        if is_table
        else f"np.concatenate([np.nan_to_num({label}), np.isnan({label})], axis=-1)"
    )
    return (
        f"Fill them with a constant and mark them, {label}={line}, or drop these rows. Do not fill in means: "
        "computed before the split, they carry test rows into training."
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
