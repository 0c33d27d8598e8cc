"""A data set: plain arrays with a name, checked once and hashed once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.arrays import Named, is_same, label_arrays, map_arrays, take_rows
from negres_core.dataset.attributes import check_attribute, check_attribute_names, check_groups
from negres_core.dataset.frame import as_numbers, check_frame, digest_frame, is_frame, needs_frame
from negres_core.dataset.given import refuse_reordered
from negres_core.dataset.inputs import check_inputs
from negres_core.dataset.named_targets import check_all_targets, check_output, no_single_target
from negres_core.dataset.names import names_of
from negres_core.dataset.remedies import OTHER_NAMES
from negres_core.dataset.row_weights import check_row_weights
from negres_core.dataset.segmentation import NOT_COUNTED, counted
from negres_core.dataset.streams import read_stream
from negres_core.errors import InputError

Task = Literal["classification", "multilabel", "segmentation", "regression", "reconstruction"]
"""What a model predicts: one class label a row, several labels a row, a label for each step or pixel of a row, values,
or images."""


@explain_arguments("data set", OTHER_NAMES)
@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Inputs and targets of one data set, as plain arrays.

    The targets decide the task: integers, booleans and text are class labels, floats are values, and floats shaped like
    images are images. Data that could mean several things, or that would be changed silently, are refused. The arrays
    are checked once and are read-only from then on. An x or y that already has the dtype named below is not copied, so
    do not modify it.

    Attributes:
        x: inputs, (rows, ...), an array or a table of numbers, stored as float32. For a model with several inputs, a
            dictionary of such arrays by the names of the model's inputs. A pandas DataFrame with text, categories,
            dates or missing values is kept as a DataFrame, whose rows are numbered from 0: a recipe's `preprocess`
            turns it into numbers, or a fit takes it as it is.
        y: targets. Integers of shape (rows,) are class labels from 0 to classes - 1, stored as int32 (classification);
            text, numbered in sorted order, and one-hot integers become such labels.
            Integers 0 and 1, or booleans, of shape (rows, labels) state for each label whether a row has it, stored as
            int32 (multilabel), unless they are one-hot. All other integers of shape (rows, steps) or (rows, height,
            width) are a class label for each step or pixel, stored as int32 with an axis of length 1 at the end, (rows,
            steps, 1) (segmentation). Give 0 and 1 for each step with that axis, y[..., None].
            Floats of shape (rows,) or (rows, columns) are values, stored as float32 (regression). Floats of shape
            (rows, height, width, channels) are images, stored as float32 (reconstruction); they may be x itself.
            For a model with several outputs, a dictionary of such targets by the names of the outputs; each decides
            its own task, and a claim names the one that it is about.
        name: the data set's name in tables and evidence.
        source: where the arrays came from, for the evidence.
        groups: None, or one label per row, (rows,). All rows of a group are in the same fold. Use it for duplicates, or
            for several rows of one subject.
        attributes: further values per row, by name, (rows,): integers (labels from 0) and text become int32, and
            floats (values) float32. Networks and estimators are not trained on them, but a `Fit` may use them.
        ignore_class: None, or the label of steps or pixels that do not count, such as padding, for example 255. They
            are neither scored nor trained on. They are stored as -1, and this field then is -1 too.
        sample_weight: None, or the weight of each row in training, (rows,), 0 or more, stored as float32. Networks are
            trained with them as by `keras.Model.fit`, and the `fit` of an `Estimator` receives them. A `Fit` finds
            those of its training fold in this field; its test fold has none. Scores, including the test loss, are not
            weighted: each test row counts once.
        output: None, or the output whose targets are y, as an arm and a control see a data set of several outputs.
        names: the user's names of labels, for each set of labels, such as "y"; for reports, see `label_names`.

    Raises:
        InputError: the arrays do not fit together or are empty, or they contain values that are missing, infinite, not
            numbers, or that float32 or int32 cannot represent.

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
    ignore_class: int | None = None
    sample_weight: Any = None
    output: str | None = field(init=False, default=None)
    _others: Mapping[str, np.ndarray] = field(init=False, repr=False, default_factory=dict)
    _frame: Any = field(init=False, repr=False, default=None)
    names: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError("A data set needs a name.", received=self.name, remedy='Give one: Dataset(name="mine").')
        if not isinstance(self.source, str):
            raise InputError(
                f"`source` of data set {self.name!r} has to be text.",
                received=self.source,
                remedy='Say where the arrays came from: source="the hospital\'s database", or leave it out.',
            )
        if self.ignore_class is not None and type(self.ignore_class) is not int:
            raise InputError(
                f"`ignore_class` of data set {self.name!r} has to be the integer label that does not count.",
                received=self.ignore_class,
                remedy="Give one label, such as ignore_class=255; if there are several, merge them first.",
            )
        check_attribute_names(self.attributes, of=self.name)
        frame = check_frame(self.x, "x", of=self.name) if is_frame(self.x) else None
        x = frame if frame is not None and needs_frame(frame) else check_inputs(self.x, self.y, of=self.name)
        y = check_all_targets(self.y, x, of=self.name, ignore_class=self.ignore_class)
        attributes_given = {f"attributes[{name!r}]": values for name, values in self.attributes.items()}
        given = label_arrays(self.x, "x") | label_arrays(self.y, "y") | {"groups": self.groups} | attributes_given
        given["sample_weight"] = self.sample_weight
        refuse_reordered(given, of=self.name)
        rows = len(next(iter(label_arrays(y, "y").values())))
        groups = check_groups(self.groups, rows=rows, of=self.name)
        weights = check_row_weights(self.sample_weight, of=self.name, rows=rows)
        attributes = {
            name: _read_only(check_attribute(name, values, rows=rows, of=self.name))
            for name, values in dict(self.attributes).items()
        }
        for name, value in (("x", x), ("y", y), ("groups", groups), ("sample_weight", weights)):
            object.__setattr__(self, name, value if value is None or is_frame(value) else map_arrays(_read_only, value))
        object.__setattr__(self, "attributes", MappingProxyType(attributes))
        object.__setattr__(self, "_frame", frame)
        labels = {label: names_of(values) for label, values in given.items() if label[0] in "ya"}
        object.__setattr__(self, "names", MappingProxyType(labels))
        object.__setattr__(self, "ignore_class", None if self.ignore_class is None else NOT_COUNTED)

    @classmethod
    def read(cls, stream: Any, *, name: str, **more: Any) -> Dataset:
        """Read a data set from a pipeline of TensorFlow, Keras or PyTorch, once, into memory.

        Folds select rows by number, which a stream does not allow. So all rows are read in one pass, inputs and targets
        together.

        Args:
            stream: yields pairs of inputs and targets, in batches or row by row: a tf.data.Dataset, a
                keras.utils.PyDataset, a Dataset or DataLoader of PyTorch, or a generator.
            name: the data set's name.
            **more: `source`, `groups` and `attributes`, as for arrays.

        Raises:
            InputError: the stream does not end, is shuffled or augmented at random, has no targets, or contains values
                that would be refused in arrays.
        """
        x, y = read_stream(stream, of=name)
        return cls(x=x, y=y, name=name, **({"source": f"read from a {type(stream).__name__}"} | more))

    def __len__(self) -> int:
        return len(next(iter(label_arrays(self.y, "y").values())))

    def about(self, output: str | None) -> Dataset:
        """Return the data set as it is seen by a claim about one of its outputs: y is the targets of that output.

        The targets of the other outputs are only trained on. With targets in one array, there is no output to name.

        Raises:
            InputError: the data set has several outputs, and none is named; or it has no output of that name.
        """
        if output == self.output and not isinstance(self.y, Mapping):
            return self
        check_output(self.y, output, of=self.name)
        others = {name: targets for name, targets in self.y.items() if name != output}
        names = MappingProxyType({**self.names, "y": self.names[f"y[{output!r}]"]})
        return self._changed(y=self.y[output], output=output, _others=MappingProxyType(others), names=names)

    def seen_as(self, output: str) -> Dataset:
        """Return the data set as it is seen by a claim about another of its outputs, with the targets as they are."""
        return self._changed(y=self.named_targets, output=None, _others=MappingProxyType({})).about(output)

    def without_other_outputs(self) -> Dataset:
        """Return the data set as if y were its only targets."""
        return self._changed(output=None, _others=MappingProxyType({}))

    @property
    def named_targets(self) -> Mapping[str, np.ndarray]:
        """The targets of all outputs by name, in the order of the names; empty for targets in one array."""
        if isinstance(self.y, Mapping):
            return self.y
        every = dict(self._others) if self.output is None else {self.output: self.y, **self._others}
        return {name: every[name] for name in sorted(every)}

    def targets_of(self, names: Collection[str]) -> Named[np.ndarray]:
        """Return what a model with these outputs is trained on: targets by name, or y for a model with one output."""
        return {name: self.named_targets[name] for name in names} or self.y

    @property
    def task(self) -> Task:
        """The task, decided by the dtype and the shape of the targets."""
        if isinstance(self.y, Mapping):
            raise no_single_target(self.y, of=self.name)
        if self.y.dtype.kind == "i":
            return "classification" if self.y.ndim == 1 else "multilabel" if self.y.ndim == 2 else "segmentation"
        return "reconstruction" if self.y.ndim == 4 else "regression"

    @property
    def has_labels(self) -> bool:
        """Whether the targets are labels, of a row or of its steps or pixels, and not values."""
        return self.task in ("classification", "multilabel", "segmentation")

    @property
    def input_shape(self) -> Named[tuple[int, ...]]:
        """Shape of one row of inputs; for several inputs, a dictionary of shapes by name."""
        return map_arrays(lambda array: tuple(array.shape[1:]), self.x)

    @property
    def has_frame(self) -> bool:
        """Whether x is a DataFrame, since its columns are not all numbers."""
        return is_frame(self.x)

    @property
    def as_given(self) -> Any:
        """The inputs as a DataFrame, if they were given as one, also if x is an array of its numbers; None otherwise.

        The names of the columns of such an array are not part of the digest, so what names them is digested with them.
        """
        return self._frame

    @cached_property
    def origin(self) -> Dataset:
        """The data set before its inputs were prepared; itself, if they were not."""
        return self

    @cached_property
    def prepared(self) -> dict[Any, Dataset]:
        """What `negres_core.arms.preprocessing` keeps of this data set, by the function that prepares it."""
        return {}

    @cached_property
    def _numbers(self) -> np.ndarray:
        return _read_only(as_numbers(self.x))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Inputs as arrays of numbers, by what they are called in messages; a frame as `frame.as_numbers` sees it."""
        return {"x": self._numbers} if self.has_frame else label_arrays(self.x, "x")

    @cached_property
    def outputs(self) -> int:
        """Number of outputs that a model needs: the number of classes, of labels, or of target columns.

        For a label at each step or pixel, it is the number of classes, which a model needs at each of them.
        """
        if self.task in ("classification", "segmentation"):
            return int(self.y.max()) + 1
        return 1 if self.y.ndim == 1 else int(self.y.shape[1])

    @cached_property
    def outputs_to_build(self) -> Named[int]:
        """The same as a build function is given it: of several outputs, a dictionary by name."""
        return {name: self.seen_as(name).outputs for name in self.named_targets} or self.outputs

    @property
    def classes(self) -> int:
        """Number of classes of a row, a step or a pixel; 0 if the targets are not class labels."""
        return self.outputs if self.task in ("classification", "segmentation") else 0

    def count_targets(self, rows: np.ndarray) -> int:
        """Return the number of targets of some rows that count, by which a mean loss of them weighs.

        Unless steps or pixels are left out by `ignore_class`, it is the number of rows.
        """
        return len(rows) if self.ignore_class is None else int(counted(self.y[rows]).sum())

    @cached_property
    def span(self) -> float:
        """Range of the targets, the largest minus the smallest; 1 if all are equal."""
        return float(self.y.max() - self.y.min()) or 1.0

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the names, shapes, dtypes and bytes of all arrays; `name` is not part of it."""
        digest = hashlib.sha256()
        inputs = [] if self.has_frame else [*label_arrays(self.x, "").items()]
        if self.has_frame:
            digest.update(digest_frame(self.x).encode())
        # It is the same data set whichever output a claim is about.
        targets = label_arrays(self.named_targets or self.y, "").items()
        arrays = [*inputs, *targets, ("", self.groups), *sorted(self.attributes.items())]
        # An attribute may have the name of the field.
        arrays.append(("sample_weight of each row: ", self.sample_weight))
        for name, array in arrays:
            if array is not None:
                digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def take(self, rows: np.ndarray, *, name: str | None = None) -> Dataset:
        """Return a data set of the rows with these numbers, in this order, under the same name if there is no other."""
        frame = None if self._frame is None else self._frame.iloc[rows].reset_index(drop=True)
        x: Any = frame if self.has_frame else map_arrays(_read_only, take_rows(self.x, rows))
        groups = None
        if self.groups is not None:
            groups = _read_only(np.unique(self.groups[rows], return_inverse=True)[1].astype(np.int32))
        taken = self._changed(
            x=x,
            _frame=frame,
            # Images that are their own targets stay one array, so that a device holds one copy.
            y=map_arrays(_read_only, x if is_same(self.x, self.y) else take_rows(self.y, rows)),
            _others=MappingProxyType({name: _read_only(each[rows]) for name, each in self._others.items()}),
            name=name or self.name,
            groups=groups,
            attributes=MappingProxyType({name: _read_only(each[rows]) for name, each in self.attributes.items()}),
            sample_weight=None if self.sample_weight is None else _read_only(self.sample_weight[rows]),
        )
        if self.has_frame:
            # Names keep their places, whichever of them these rows have.
            taken.__dict__["_numbers"] = _read_only(self._numbers[rows])
        return taken

    def with_targets(self, y: np.ndarray) -> Dataset:
        """Return a data set with other targets of the same kind, such as these in another order.

        If there are several outputs, these are the targets of the one that a claim is about.
        """
        return self._changed(y=_read_only(y))

    def with_inputs(self, x: Named[np.ndarray]) -> Dataset:
        """Return a data set with other inputs for the same rows, (rows, ...), float32, such as prepared ones."""
        changed = self._changed(x=map_arrays(_read_only, x), _frame=None)
        changed.__dict__["origin"] = self.origin
        return changed

    def with_rows(self, x: Any, y: np.ndarray) -> Dataset:
        """Return a data set of other rows of the same kind, which have neither groups, nor attributes, nor weights."""
        made = {"x": map_arrays(_read_only, x), "y": _read_only(y), "groups": None, "sample_weight": None}
        none: Mapping[str, Any] = MappingProxyType({})
        return self._changed(**made, attributes=none, output=None, _others=none, _frame=None)

    def with_weights(self, weights: np.ndarray | None) -> Dataset:
        """Return a data set whose rows have other weights, (rows,), float32, or none."""
        return self._changed(sample_weight=None if weights is None else _read_only(weights))

    def without_groups(self) -> Dataset:
        """Return a data set whose rows belong to no groups."""
        return self._changed(groups=None)

    def _changed(self, **changed: Any) -> Dataset:
        """Return a copy of which some fields are others, which are not checked again.

        The arrays were checked as a whole; a few rows may lack classes, or look like one-hot rows.
        """
        copy = object.__new__(Dataset)
        for field_ in fields(Dataset):
            object.__setattr__(copy, field_.name, changed.get(field_.name, getattr(self, field_.name)))
        if copy.x is self.x and "_numbers" in self.__dict__:
            copy.__dict__["_numbers"] = self._numbers
        return copy

    def flatten(self, rows: Any = slice(None)) -> np.ndarray:
        """Return some rows of all inputs side by side, (rows, width), float32; several inputs are sorted by name."""
        parts = [array[rows].reshape(len(array[rows]), -1) for array in self.arrays.values()]
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
        if isinstance(self.y, Mapping):
            outputs = ", ".join(f"{name}: {self.about(name).task}" for name in self.y)
            return f"Dataset({self.name!r}, {len(self)} rows of {self.input_shape}, {outputs})"
        targets = f" of {self.y.shape[1:]}" if self.y.ndim > 2 else ""
        targets += f", {self.outputs} outputs" if self.task != "reconstruction" else ""
        return f"Dataset({self.name!r}, {len(self)} rows of {self.input_shape}, {self.task}{targets})"


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view
