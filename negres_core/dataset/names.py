"""The user's names of what negres numbers: classes that are given as text, and labels in columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from negres_core.dataset.frame import is_frame
from negres_core.dataset.given import kinds_of

if TYPE_CHECKING:
    from negres_core.dataset.dataset import Dataset


def names_of(given: Any) -> tuple[str, ...]:
    """Return the names of labels in the order of their numbers; none if they are given as numbers.

    Text has its names in sorted order, as `negres_core.dataset.given.number_names` numbers them. The labels of a table
    are its columns, if these have names.

    Examples:
        >>> names_of(["virginica", "setosa", "virginica"])
        ('setosa', 'virginica')
        >>> names_of([1, 0, 1])
        ()
    """
    if is_frame(given):
        columns = list(given.columns)
        return tuple(columns) if len(columns) > 1 and all(isinstance(each, str) for each in columns) else ()
    array = np.asarray(given)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "OUST" or kinds_of(array) != {"text"}:
        return ()
    return tuple(map(str, np.unique(array)))


def label_names(data: Dataset) -> tuple[str, ...]:
    """Return the user's names of the classes, or of several labels a row, by their numbers; none if they have none."""
    names = data.names.get("y", ())
    return names if data.has_labels and len(names) >= data.outputs else ()


def name_of_label(data: Dataset, number: int, *, of: str | None = None) -> str:
    """Return the user's name of a class or a label, or of one of an attribute; its number if it has no name.

    Args:
        data: the data set.
        number: the number of the label.
        of: the name of the attribute; None for the targets.
    """
    names = label_names(data) if of is None else data.names.get(f"attributes[{of!r}]", ())
    return names[number] if number < len(names) else str(number)
