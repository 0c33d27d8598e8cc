"""A data set: plain arrays with a name, checked once and hashed once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from negres_core.arrays import Named, is_same, label_arrays, map_arrays, take_rows
from negres_core.errors import InputError

Task = Literal["classification", "regression", "reconstruction"]
"""What a model predicts: class labels, values, or images."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Inputs and targets of one data set, as plain arrays.

    The targets decide the task: integers are class labels, floats are values, and floats shaped like images are images.
    The arrays are checked once and are read-only from then on. An x or y that already has the dtype named below is not
    copied, so do not modify it.

    Attributes:
        x: inputs, (rows, ...), held as float32. For a model with several inputs, a dictionary of such arrays by the
            names of the model's inputs.
        y: targets. Integers shaped (rows,) are class labels from 0 to classes - 1, held as int32 (classification).
            Floats shaped (rows,) or (rows, columns) are values, held as float32 (regression). Floats shaped (rows,
            height, width, channels) are images, held as float32 (reconstruction); they may be x itself.
        name: the data set's name in tables and evidence.
        source: where the arrays came from, for the evidence.
        groups: None, or one label per row, (rows,). All rows of a group are in the same fold. Use it for duplicates, or
            for several rows of one subject.
        attributes: further values per row, by name, (rows,): integers are labels from 0, held as int32, and floats are
            values, held as float32. No arm is trained on them, but a `Fit` may use them.

    Raises:
        InputError: the arrays do not fit together, are empty, or hold values that are not finite in float32.

    Examples:
        >>> data = Dataset(x=[[0.1], [0.9], [0.2], [0.8]], y=[0, 1, 0, 1], name="toy")
        >>> data
        Dataset('toy', 4 rows of (1,), classification, 2 outputs)
        >>> Dataset(x={"age": [[31], [57]], "image": np.zeros((2, 8, 8, 1))}, y=[0, 1], name="portraits")
        Dataset('portraits', 2 rows of {'age': (1,), 'image': (8, 8, 1)}, classification, 2 outputs)
    """

    x: Any
    y: Any
    name: str
    source: str = "arrays given by the caller"
    groups: Any = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError("A data set needs a name.", received=self.name, remedy='Give one: Dataset(name="mine").')
        x = self._check_inputs()
        y = self._check_targets(x)
        groups = self._check_groups(rows=len(y))
        attributes = {
            name: self._check_attribute(name, values, rows=len(y)) for name, values in dict(self.attributes).items()
        }
        for name, value in (("x", x), ("y", y), ("groups", groups)):
            object.__setattr__(self, name, None if value is None else map_arrays(_read_only, value))
        object.__setattr__(self, "attributes", MappingProxyType(attributes))

    def _check_inputs(self) -> Any:
        """Return x as float32, one array or several by name."""
        if isinstance(self.x, Mapping) and not (self.x and all(name and isinstance(name, str) for name in self.x)):
            raise InputError(
                f"Each input of data set {self.name!r} needs a name.",
                received=f"x with the names {list(self.x)}",
                remedy='Use the names of the model\'s inputs: x={"image": images, "age": ages}.',
            )
        x: Any = map_arrays(lambda values: self._as_array("x", values), self.x)
        for label, array in label_arrays(x, "x").items():
            self._check_numeric(label, array)
            if array.ndim < 2:
                raise InputError(
                    f"`{label}` of data set {self.name!r} needs a row axis and at least one feature axis.",
                    received=f"{label} of shape {array.shape}",
                    remedy=f"Reshape a single feature with {label}.reshape(-1, 1).",
                )
        with np.errstate(over="ignore"):  # values beyond the range of float32 become infinite, and are reported below
            x = map_arrays(lambda array: np.ascontiguousarray(array, dtype=np.float32), x)
        for label, array in label_arrays(x, "x").items():
            self._check_finite(label, array)
        return x

    def _check_targets(self, x: Any) -> np.ndarray:
        """Return y as int32 for class labels and as float32 otherwise, one target per row of x."""
        y = self._as_array("y", self.y)
        self._check_numeric("y", y)
        for label, array in label_arrays(x, "x").items():
            if y.ndim == 0 or len(array) != len(y):
                raise InputError(
                    f"`{label}` and `y` of data set {self.name!r} differ in length.",
                    received=f"{label} of shape {array.shape} and y of shape {y.shape}",
                    remedy="Give one target for each row of inputs.",
                )
            if not len(array):
                raise InputError(
                    f"Data set {self.name!r} is empty.",
                    received=f"{label} of shape {array.shape}",
                    remedy="Give 2 rows or more; check how the rows were selected.",
                )
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.dtype.kind == "f":
            with np.errstate(over="ignore"):
                y = y.astype(np.float32, copy=False)
            self._check_finite("y", y)
            return y
        if y.ndim > 1:
            raise InputError(
                f"`y` of data set {self.name!r} holds integers in several columns; is it one-hot?",
                received=f"y of shape {y.shape} and dtype {y.dtype}",
                remedy="Give class labels, y.argmax(axis=1), with a sparse loss; or floats, for a regression.",
            )
        if y.min() < 0 or y.max() > np.iinfo(np.int32).max:
            raise InputError(
                f"Class labels of data set {self.name!r} have to count from 0, in int32.",
                received=f"labels from {y.min()} to {y.max()}",
                remedy="Encode them with np.unique(labels, return_inverse=True)[1].",
            )
        return y.astype(np.int32, copy=False)

    def _check_groups(self, *, rows: int) -> np.ndarray | None:
        """Return groups numbered from 0, (rows,), int32; or None."""
        if self.groups is None:
            return None
        groups = np.asarray(self.groups)
        if groups.shape != (rows,):
            raise InputError(
                f"`groups` of data set {self.name!r} needs one label per row.",
                received=f"groups of shape {groups.shape} for {rows} rows",
                remedy="Give a one-dimensional array as long as x.",
            )
        return np.unique(groups, return_inverse=True)[1].astype(np.int32)

    def _check_attribute(self, name: str, values: Any, *, rows: int) -> np.ndarray:
        """Return an attribute, (rows,): labels as int32, values as float32."""
        array = self._as_array(f"attributes[{name!r}]", values)
        if array.shape != (rows,) or array.dtype.kind not in "biuf":
            raise InputError(
                f"Attribute {name!r} of data set {self.name!r} needs one number per row.",
                received=f"an array of shape {array.shape} and dtype {array.dtype}, for {rows} rows",
                remedy="Give labels as integers from 0, np.unique(names, return_inverse=True)[1], or values as floats.",
            )
        if not np.isfinite(array).all() or (array.dtype.kind != "f" and array.min() < 0):
            raise InputError(
                f"Attribute {name!r} of data set {self.name!r} contains entries that are neither labels (0, 1, ...) "
                "nor finite values.",
                received=f"entries from {array.min()} to {array.max()}",
                remedy="Count labels from 0, and drop rows whose attribute is unknown.",
            )
        return _read_only(array.astype(np.float32 if array.dtype.kind == "f" else np.int32))

    def _as_array(self, label: str, values: Any) -> np.ndarray:
        try:
            return np.asarray(values)
        except ValueError as error:
            raise InputError(
                f"`{label}` of data set {self.name!r} cannot be converted to an array.",
                received=str(error),
                remedy='Give rows of equal shape, and several inputs by name: x={"image": images, "age": ages}.',
            ) from error

    def _check_numeric(self, label: str, array: np.ndarray) -> None:
        if array.dtype.kind not in "biuf":
            raise InputError(
                f"`{label}` of data set {self.name!r} has to be an array of numbers.",
                received=f"an array of dtype {array.dtype}",
                remedy="Encode it first; np.unique(names, return_inverse=True)[1] turns class names into labels.",
            )

    def _check_finite(self, label: str, array: np.ndarray) -> None:
        not_finite = ~np.isfinite(array)
        if not_finite.any():
            rows = np.flatnonzero(not_finite.reshape(len(array), -1).any(axis=1))
            raise InputError(
                f"`{label}` of data set {self.name!r} holds values that are not finite.",
                received=f"{int(not_finite.sum())} values are NaN or infinite as float32, the first in row {rows[0]}",
                remedy="Impute, rescale or drop these rows before making the data set.",
            )

    def __len__(self) -> int:
        return len(self.y)

    @property
    def task(self) -> Task:
        """The task, decided by the dtype and the shape of the targets."""
        if self.y.dtype.kind == "i":
            return "classification"
        return "reconstruction" if self.y.ndim == 4 else "regression"

    @property
    def input_shape(self) -> Named[tuple[int, ...]]:
        """Shape of one row of inputs; for several inputs, a dictionary of shapes by name."""
        return map_arrays(lambda array: tuple(array.shape[1:]), self.x)

    @cached_property
    def outputs(self) -> int:
        """Number of outputs that a model needs: the number of classes, or of target columns."""
        if self.task == "classification":
            return int(self.y.max()) + 1
        return 1 if self.y.ndim == 1 else int(self.y.shape[1])

    @cached_property
    def span(self) -> float:
        """Range of the targets, the largest minus the smallest; 1 if all are equal."""
        return float(self.y.max() - self.y.min()) or 1.0

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the names, shapes, dtypes and bytes of x, y, groups and attributes; `name` is not part of it."""
        digest = hashlib.sha256()
        arrays = [*label_arrays(self.x, "").items(), ("", self.y), ("", self.groups), *sorted(self.attributes.items())]
        for name, array in arrays:
            if array is not None:
                digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def take(self, rows: np.ndarray) -> Dataset:
        """Return a data set of the rows with these numbers, in this order."""
        x = take_rows(self.x, rows)
        return Dataset(
            x=x,
            # Images that are their own targets stay one array, so that a device holds one copy.
            y=x if is_same(self.x, self.y) else self.y[rows],
            name=self.name,
            source=self.source,
            groups=None if self.groups is None else self.groups[rows],
            attributes=take_rows(self.attributes, rows),
        )

    def flatten(self, rows: Any = slice(None)) -> np.ndarray:
        """Return some rows of all inputs side by side, (rows, width), float32; several inputs are sorted by name."""
        parts = [array[rows].reshape(len(self.y[rows]), -1) for array in label_arrays(self.x, "x").values()]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    @property
    def width(self) -> int:
        """Number of values in one row of all inputs together."""
        return sum(math.prod(shape) for shape in label_arrays(self.input_shape, "x").values())

    def shuffle_rows(self, seed: int) -> np.ndarray:
        """Return all row numbers in random order, (rows,), int64; for class labels, the classes take turns.

        Every turn starts with the last class. The first rows are therefore balanced until a class runs out of rows, and
        they include the last class, so that they need as many outputs as the whole data set.
        """
        order = np.random.default_rng(seed).permutation(len(self))
        if self.task != "classification":
            return order
        labels = self.y[order]
        counts = np.bincount(labels)
        turns = np.empty(len(self), dtype=np.int64)
        turns[np.argsort(labels, kind="stable")] = np.concatenate([np.arange(count) for count in counts])
        return order[np.lexsort((-labels, turns))]

    def as_shown(self, values: np.ndarray) -> np.ndarray:
        """Return image values as 8 bits show them, uint8: clipped to the range of the targets and rounded."""
        return np.clip(np.round((values - float(self.y.min())) * (255 / self.span)), 0, 255).astype(np.uint8)

    def __repr__(self) -> str:
        targets = f" of {self.y.shape[1:]}" if self.task == "reconstruction" else f", {self.outputs} outputs"
        return f"Dataset({self.name!r}, {len(self)} rows of {self.input_shape}, {self.task}{targets})"


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view
