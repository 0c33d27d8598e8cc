"""Streams: pipelines of TensorFlow, Keras and PyTorch, and other batches or rows, read to arrays in one pass."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from negres_core.arrays import label_arrays, map_arrays, memory_bytes
from negres_core.errors import InputError

MOST_MEMORY = 0.5
"""Share of the machine's memory that a stream may fill before it counts as one that does not end."""

PARTS = ("inputs", "targets")
"""What an element of a stream consists of."""


def read_stream(stream: Any, *, of: str) -> tuple[Any, Any]:
    """Read inputs and targets from a stream of pairs, of batches or of single rows.

    An element is a batch if its inputs and its targets have as many rows, and else a single row. Neither TensorFlow nor
    PyTorch is imported.

    Args:
        stream: a tf.data.Dataset, a keras.utils.PyDataset, a Dataset or DataLoader of PyTorch, or anything else that
            yields pairs.
        of: the name of the data set.

    Returns:
        Inputs, (rows, ...), and targets, (rows, ...); each one array or several by name.

    Raises:
        InputError: the stream does not end, comes in another order each time, or yields something else than pairs.
    """
    _refuse_endless(stream, of)
    elements = _elements_of(stream, of)
    first = next(elements, None)
    if first is None:
        raise InputError(
            f"The stream of data set {of!r} is empty.",
            received=f"a {type(stream).__name__} without an element",
            remedy="A generator can be read only once; create a new one.",
        )
    x, y = _pair(first, of)
    again = next(_elements_of(stream, of), None) if iter_is_new(stream) else first
    if again is None or not _are_equal((x, y), _pair(again, of)):
        raise InputError(
            f"The stream of data set {of!r} begins with different rows each time, so no run could be repeated.",
            received=f"a {type(stream).__name__} that shuffles, or changes its rows at random",
            remedy="Leave out shuffling, such as shuffle(...) or DataLoader(shuffle=True): each replicate shuffles "
            "its own training rows. Put augmentation into the model, as layers.",
        )
    return _join(x, y, elements, stream, of)


def iter_is_new(stream: Any) -> bool:
    """Return whether a stream can be read again from its beginning, as an iterator cannot."""
    return not hasattr(stream, "__next__")


def _refuse_endless(stream: Any, of: str) -> None:
    cardinality = getattr(stream, "cardinality", None)
    if callable(cardinality):
        is_endless = int(cardinality()) == -1
    else:
        is_endless = _is_py_dataset(stream) and stream.num_batches is None
    if is_endless:
        raise InputError(
            f"The stream of data set {of!r} does not end.",
            received=f"a {type(stream).__name__} without a last batch",
            remedy="Leave out repeat(), or take as many batches as there are: stream.take(100).",
        )


def _is_py_dataset(stream: Any) -> bool:
    return hasattr(stream, "num_batches") and hasattr(stream, "__getitem__") and hasattr(stream, "on_epoch_end")


def _elements_of(stream: Any, of: str) -> Iterator[Any]:
    if _is_py_dataset(stream):
        return (stream[place] for place in range(stream.num_batches))
    if hasattr(type(stream), "__iter__"):
        return iter(stream)
    if hasattr(stream, "__getitem__") and hasattr(stream, "__len__"):
        return (stream[place] for place in range(len(stream)))
    raise InputError(
        f"Data set {of!r} cannot be read from what was given.",
        received=f"a {type(stream).__name__}",
        remedy="Give a tf.data.Dataset, a keras.utils.PyDataset, a Dataset or DataLoader of PyTorch, or anything else "
        "that yields pairs (x, y). Arrays need no reading: Dataset(x=x, y=y, name=...).",
    )


def _pair(element: Any, of: str) -> tuple[Any, Any]:
    """Return inputs and targets of an element as arrays, or as dictionaries of arrays."""
    is_pair = isinstance(element, list | tuple) and len(element) == 2
    unnamed = ""
    if is_pair:
        unnamed = next((kind for part, kind in zip(element, PARTS, strict=True) if _has_no_names(part)), "")
    if not is_pair or unnamed:
        words = f"a {type(element).__name__}"
        if isinstance(element, list | tuple):
            words += f" with several {unnamed} that have no names" if unnamed else f" of {len(element)}"
        raise InputError(
            f"The stream of data set {of!r} has to yield pairs of inputs and targets.",
            received=words,
            remedy="Yield (x, y): for an autoencoder (x, x); for several inputs, or the targets of several outputs, a "
            'dictionary of arrays by their names, ({"image": images, "age": ages}, y); without weights, such as '
            "stream.map(lambda x, y, weight: (x, y)).",
        )
    x, y = (map_arrays(lambda part: _as_numpy(part, of), each) for each in element)
    return x, y


def _has_no_names(part: Any) -> bool:
    """Return whether a part of an element is a list of several arrays."""
    return isinstance(part, list | tuple) and any(hasattr(each, "shape") and each.shape != () for each in part)


def _as_numpy(part: Any, of: str) -> np.ndarray:
    if isinstance(part, Mapping) or hasattr(part, "bounding_shape") or hasattr(part, "dense_shape"):
        raise InputError(
            f"The stream of data set {of!r} yields something other than one array of rows.",
            received=f"a {type(part).__name__}",
            remedy="Yield dense arrays: tf.sparse.to_dense(x), or x.to_tensor() for rows of different length. A "
            "dictionary of several inputs, or of the targets of several outputs, has an array for each name.",
        )
    return np.asarray(part.detach().cpu() if hasattr(part, "detach") else part)


def _arrays_of(pair: tuple[Any, Any]) -> dict[str, np.ndarray]:
    """Return all arrays of a pair, by what they are called."""
    return label_arrays(pair[0], "x") | label_arrays(pair[1], "y")


def _are_equal(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    mine, its = _arrays_of(one), _arrays_of(other)
    return mine.keys() == its.keys() and all(np.array_equal(mine[name], its[name]) for name in mine)


def _join(x: Any, y: Any, rest: Iterator[Any], stream: Any, of: str) -> tuple[Any, Any]:
    first = _arrays_of((x, y))
    # The parts of a single row are numbers, or differ in length.
    are_batches = all(part.ndim > 0 for part in first.values()) and len({len(part) for part in first.values()}) == 1
    most, size = MOST_MEMORY * memory_bytes(), 0
    xs, ys = [], []
    for one, target in itertools.chain([(x, y)], (_pair(element, of) for element in rest)):
        arrays = _arrays_of((one, target))
        if arrays.keys() != first.keys():
            raise InputError(
                f"The stream of data set {of!r} yields other names later than at its beginning.",
                received=f"{', '.join(arrays)} after {', '.join(first)}",
                remedy="Give each batch, or row, the same inputs and the same outputs.",
            )
        xs.append(one)
        ys.append(target)
        size += sum(part.nbytes for part in arrays.values())
        # Joining them takes as much memory again.
        if 2 * size > most:
            raise InputError(
                f"The stream of data set {of!r} does not end, or does not fit into memory.",
                received=f"a {type(stream).__name__} of more than {size / 2**30:.3g} GiB",
                remedy="Leave out whatever repeats it; or write its rows to a file once, and give np.load(path, "
                'mmap_mode="r"), which stays on disk.',
            )
    join = np.concatenate if are_batches else np.stack
    try:
        return map_arrays(lambda *same: join(same), *xs), map_arrays(lambda *same: join(same), *ys)
    except ValueError as error:
        raise InputError(
            f"The batches of data set {of!r} have rows of different shapes.",
            received=str(error),
            remedy="Pad them to one length, such as padded_batch(..., padded_shapes=...) of tf.data, or "
            "keras.utils.pad_sequences.",
        ) from error
