"""Attributes and groups: further values of each row, which no arm is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from negres_core.dataset.exact import as_float32, as_int32
from negres_core.dataset.given import as_array, check_numeric, kinds_of, number_names
from negres_core.errors import InputError


def check_attribute(name: str, values: Any, *, rows: int, of: str) -> np.ndarray:
    """Return an attribute, (rows,): labels as int32, values as float32.

    Args:
        name: its name.
        values: one number or one name per row.
        rows: number of rows.
        of: the name of the data set.

    Raises:
        InputError: it is neither, or integers are negative.
    """
    label = f"attributes[{name!r}]"
    array = as_array(values, label, of=of)
    if array.shape != (rows,):
        raise InputError(
            f"Attribute {name!r} of data set {of!r} needs one number or one name per row.",
            received=f"an array of shape {array.shape}, for {rows} rows",
            remedy="Give a one-dimensional array as long as x; make each of several columns an attribute of its own.",
        )
    if array.dtype.kind not in "biuf" and kinds_of(array) <= {"text", "missing values"}:
        missing = f'Give unknown values a name of their own: pd.Series({name}).fillna("unknown").'
        array = number_names(array, label, of=of, missing=missing)
    check_numeric(array, label, of=of, columns=None)
    if array.dtype.kind == "f":
        return as_float32(array, label, of=of)
    if array.dtype.kind != "b" and array.min() < 0:
        raise InputError(
            f"Attribute {name!r} of data set {of!r} has negative integers, but integers have to be labels from 0.",
            received=f"integers from {array.min()} to {array.max()}",
            remedy="Give values as floats, values.astype(float), and labels as "
            "np.unique(labels, return_inverse=True)[1].",
        )
    return as_int32(array, label, of=of)


def check_groups(given: Any, *, rows: int, of: str) -> np.ndarray | None:
    """Return groups numbered from 0, (rows,), int32; or None."""
    if given is None:
        return None
    groups = as_array(given, "groups", of=of)
    if groups.shape != (rows,):
        raise InputError(
            f"`groups` of data set {of!r} needs one label per row.",
            received=f"groups of shape {groups.shape} for {rows} rows",
            remedy="Give a one-dimensional array as long as x. To group by several columns, join them: "
            "groups=[str(each) for each in groups].",
        )
    missing = (
        "Drop the rows whose group is unknown, or keep all of them together: "
        'groups=pd.Series(groups).fillna("unknown").'
    )
    return number_names(groups, "groups", of=of, missing=missing)


def check_attribute_names(given: Any, *, of: str) -> None:
    """Raise InputError unless the attributes of a data set have names."""
    if not isinstance(given, Mapping) or not all(name and isinstance(name, str) for name in given):
        raise InputError(
            f"Each attribute of data set {of!r} needs a name.",
            received=f"names {list(given)}" if isinstance(given, Mapping) else f"a {type(given).__name__}",
            remedy='Give a dictionary of arrays: attributes={"age": ages}.',
        )
