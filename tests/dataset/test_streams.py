"""Streams of TensorFlow, Keras and PyTorch are read to arrays in one pass, or refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.dataset import streams
from negres_core.errors import InputError

X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10) % 3


def batches():
    """Yield pairs of 4, 4 and 2 rows."""
    for begin in range(0, 10, 4):
        yield X[begin : begin + 4], Y[begin : begin + 4]


def rows():
    yield from zip(X, Y, strict=True)


def by_tensorflow(*, batched=True):
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((X, Y))
    return pairs.batch(4) if batched else pairs


def by_keras(count=3):
    import keras

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return count

        @property
        def num_batches(self):
            return count

        def __getitem__(self, place):
            return X[4 * place : 4 * place + 4], Y[4 * place : 4 * place + 4]

    return Batches()


def by_torch(*, loader=True, shuffle=False):
    torch = pytest.importorskip("torch")
    pairs = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    return torch.utils.data.DataLoader(pairs, batch_size=4, shuffle=shuffle) if loader else pairs


@pytest.mark.parametrize(
    "make",
    [
        batches,
        rows,
        lambda: list(batches()),
        by_tensorflow,
        lambda: by_tensorflow(batched=False),
        by_keras,
        by_torch,
        lambda: by_torch(loader=False),
    ],
    ids=["batches", "rows", "list", "tf.data", "tf.data of rows", "PyDataset", "DataLoader", "Dataset of PyTorch"],
)
def test_a_stream_is_read_as_the_arrays_that_it_was_made_of(make):
    data = Dataset.read(make(), name="streamed")
    assert data.digest == Dataset(x=X, y=Y, name="arrays").digest
    assert data.source.startswith("read from a ")


def test_several_inputs_and_images_and_attributes_are_read():
    def portraits():
        for row in range(6):
            yield {"age": X[row, :1], "image": np.full((3, 3, 1), row)}, np.array([row, 0.5])

    data = Dataset.read(portraits(), name="portraits", groups=[0, 0, 1, 1, 2, 2], source="a generator")
    assert data.input_shape == {"age": (1,), "image": (3, 3, 1)}
    assert data.y.tolist() == [[row, 0.5] for row in range(6)]
    assert data.groups.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.source == "a generator"


NAMED = {"age": Y / 2, "sex": Y}


def named_by_tensorflow(*, batched=True):
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((X, NAMED))
    return pairs.batch(4) if batched else pairs


def named_by_keras():
    import keras

    class Batches(keras.utils.PyDataset):
        @property
        def num_batches(self):
            return 3

        def __getitem__(self, place):
            some = slice(4 * place, 4 * place + 4)
            return X[some], {name: targets[some] for name, targets in NAMED.items()}

    return Batches()


def named_by_torch():
    torch = pytest.importorskip("torch")
    rows = [(X[row], {name: targets[row] for name, targets in NAMED.items()}) for row in range(10)]
    return torch.utils.data.DataLoader(rows, batch_size=4)


@pytest.mark.parametrize(
    "make",
    [named_by_tensorflow, lambda: named_by_tensorflow(batched=False), named_by_keras, named_by_torch],
    ids=["tf.data", "tf.data of rows", "PyDataset", "DataLoader"],
)
def test_targets_of_several_outputs_are_read_by_name(make):
    data = Dataset.read(make(), name="streamed")
    assert data.digest == Dataset(x=X, y=NAMED, name="arrays").digest
    assert (data.about("age").task, data.about("sex").task) == ("regression", "classification")


def alone():
    yield X


def weighted():
    yield X, Y, np.ones(10)


def unnamed():
    yield (X, X), Y


def unnamed_targets():
    yield X, [Y, Y]


def changing_names():
    yield X, {"age": Y}
    yield X, {"age": Y, "sex": Y}


def shuffled_targets():
    """Stand for a stream whose second output is drawn anew each time."""

    class Batches(list):
        def __iter__(self):
            return iter([(X, {"age": Y, "noise": np.random.default_rng().normal(size=10)})])

    return Batches()


def ragged():
    yield X[:4], Y[:4]
    yield X[:4, :1], Y[:4]


def endless():
    while True:
        yield X, Y


@pytest.mark.parametrize(
    ("make", "wrong", "received"),
    [
        (alone, "has to yield pairs", "a ndarray"),
        (weighted, "has to yield pairs", "a tuple of 3"),
        (unnamed, "has to yield pairs", "several inputs that have no names"),
        (unnamed_targets, "has to yield pairs", "several targets that have no names"),
        (changing_names, "yields other names later", "x, y['age'], y['sex'] after x, y['age']"),
        (shuffled_targets, "begins with different rows each time", "shuffles"),
        (lambda: iter([(X, {"a": {"b": Y}})]), "other than one array of rows", "a dict"),
        (ragged, "rows of different shapes", "dimension"),
        (lambda: iter(()), "is empty", "without an element"),
        (lambda: by_keras(None), "does not end", "a Batches without a last batch"),
        (lambda: by_tensorflow().repeat(), "does not end", "without a last batch"),
        (lambda: by_tensorflow().shuffle(10, seed=None), "begins with different rows each time", "shuffles"),
        (lambda: by_torch(shuffle=True), "begins with different rows each time", "a DataLoader that shuffles"),
        (lambda: 3, "cannot be read from what was given", "a int"),
        (lambda: iter([({"a": {"b": X}}, Y)]), "something other than one array of rows", "a dict"),
    ],
)
def test_refuses_what_cannot_be_read_to_arrays(make, wrong, received):
    with pytest.raises(InputError, match="ata set 'streamed'") as caught:
        Dataset.read(make(), name="streamed")
    assert wrong in caught.value.wrong
    assert received in caught.value.received


def test_refuses_a_generator_that_does_not_end(monkeypatch):
    monkeypatch.setattr(streams, "MOST_MEMORY", 1e-6)
    with pytest.raises(InputError, match="does not end, or does not fit into memory"):
        Dataset.read(endless(), name="streamed")


def test_a_stream_given_as_inputs_is_refused_with_the_call_that_reads_it():
    with pytest.raises(InputError, match="a stream has no row numbers") as caught:
        Dataset(x=by_keras(), y=Y, name="streamed")
    assert "Dataset.read(batches, name=...)" in caught.value.remedy


def test_reading_imports_no_framework():
    program = (
        "import sys\nfrom negres_core import Dataset\n"
        "Dataset.read(iter([([[1.0], [2.0]], [0, 1])]), name='lists')\n"
        "assert not {'tensorflow', 'torch', 'keras', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
