"""Cost of early stopping: processor seconds of an epoch with validation rows and patience, beside one without.

    python -m benchmarks.speed.early_stopping [--rounds 5]

Both train on the same rows with the compiled engine, one replicate at a time; the one with patience also predicts a
tenth as many validation rows after each epoch, compares their loss and keeps its best weights. They take turns, and the
median of all epochs counts, from the start of one to the start of the next. Processor seconds are those of all threads
of the process, so that other programs on the machine matter less.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
from tabulate import tabulate

from negres_core import Dataset, Recipe, Stage
from negres_core.design import Cell
from negres_core.engine import compiled
from negres_core.engine.contract import Job
from negres_core.engine.device import Device, keras_backend
from negres_core.engine.replicate import epoch_orders

ONE_WORKER = "one processor"


def dense(input_shape: tuple[int, ...], outputs: int) -> Any:
    """Return a small dense network with dropout, for a table."""
    from keras import Input, Sequential, layers

    hidden = [layers.Dense(30, "relu"), layers.Dropout(0.5), layers.Dense(25, "relu"), layers.Dropout(0.5)]
    return Sequential([Input(input_shape), *hidden, layers.Dense(outputs, "softmax")])


def convolutional(input_shape: tuple[int, ...], outputs: int) -> Any:
    """Return a small convolutional network, for images."""
    from keras import Input, Sequential, layers

    hidden = [layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(16, 3, activation="relu")]
    return Sequential([Input(input_shape), *hidden, layers.Flatten(), layers.Dense(outputs, "softmax")])


CASES: dict[str, tuple[Callable[..., Any], tuple[int, ...], int, int]] = {
    "dense, 2,000 rows": (dense, (54,), 2_000, 200),
    "dense, 50,000 rows": (dense, (54,), 50_000, 20),
    "convolutional, 2,000 images": (convolutional, (16, 16, 1), 2_000, 40),
}
"""Network, shape of a row, number of training rows, and epochs."""


def measure(
    build: Callable[..., Any], shape: tuple[int, ...], rows: int, epochs: int, *, rounds: int
) -> tuple[float, float]:
    """Return the median processor seconds of an epoch without and with validation rows and patience.

    Args:
        build: makes the network.
        shape: the shape of a row.
        rows: training rows; a tenth as many are validation rows, and as many test rows.
        epochs: epochs of each training.
        rounds: how often each training is timed.
    """
    data, cell = _problem(shape, rows)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(rounds + 1):
        for stops, times in seconds.items():
            options: dict[str, Any] = {"validation": True, "patience": epochs} if stops else {}
            timed = _time_epochs(Recipe(Stage(build, epochs=epochs, **options)), data, cell)
            if turn:  # the first turn compiles
                times += timed
    return statistics.median(seconds[False]), statistics.median(seconds[True])


def _time_epochs(recipe: Recipe, data: Dataset, cell: Cell) -> list[float]:
    """Return the processor seconds from the start of each epoch to the start of the next."""
    starts: list[float] = []

    def orders(*arguments: Any) -> Iterator[np.ndarray]:
        for order in epoch_orders(*arguments):
            starts.append(time.process_time())
            yield order

    device = Device("cpu", ONE_WORKER, keras_backend(), 1)
    with patch.object(compiled, "epoch_orders", orders):
        for _ in compiled.train(recipe, data, [Job(cell, 0)], device=device):
            pass
    return [end - begin for begin, end in itertools.pairwise(starts)]


def _problem(shape: tuple[int, ...], rows: int) -> tuple[Dataset, Cell]:
    """Return data with seven classes, and a cell with validation rows."""
    rng, few = np.random.default_rng(0), rows // 10
    x = rng.normal(size=(rows + 2 * few, *shape)).astype(np.float32)
    data = Dataset(x=x, y=rng.integers(7, size=len(x)), name="noise")
    train, validation, test = np.split(np.arange(len(x), dtype=np.int32), [rows, rows + few])
    return data, Cell(0, 0, train, test, validation)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.early_stopping")
    parser.add_argument("--rounds", type=int, default=5, help="how often each training is timed")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args(arguments)
    table = []
    for name, case in CASES.items():
        if options.only in name:
            plain, stopping = measure(*case, rounds=options.rounds)
            ratio = stopping / plain
            table.append([name, f"{plain * 1e3:.2f}", f"{stopping * 1e3:.2f}", f"{ratio:.3f}", f"{ratio / 1.1:.3f}"])
    headers = ["stage", "epoch, ms", "with patience, ms", "ratio", "ratio per row"]
    print(tabulate(table, headers, disable_numparse=True))


if __name__ == "__main__":
    main()
