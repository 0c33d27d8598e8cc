"""One long run on Covertype: the accuracy of the article's small models is theirs, and not the engine's.

    python -m benchmarks.long_run FOLDER [--epochs 110]

A network of three layers of 944 units is trained by the compiled engine on a random 64% of the rows, watched on 16%
after each epoch, and tested once on the other 20%, at its best epoch. The size, the split and the batch are those of
Gorishniy et al., "TabM" (https://arxiv.org/abs/2410.24210), who report an accuracy of 0.9630 +- 0.0012 over 15 seeds
after 78,260 steps. Here the learning rate falls to zero along a cosine, so that fewer steps do.

The command writes `long-run.json`, with the budget, the scores and both curves, and `long-run.png`, their picture.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from fixtures.covertype import load_covertype
from negres_core import Dataset, Recipe, Stage
from negres_core.design import Cell
from negres_core.engine import compiled
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import choose_device
from negres_core.files import write_atomically
from negres_core.pictures.chart import encode, new_figure, styled

QUANTITIES = slice(0, 10)
"""Columns of numbers; the others are one-hot."""
WIDTH, BATCH = 944, 1024
SEED = 0
PUBLISHED, PUBLISHED_STEPS = 0.9630, 78_260
"""Accuracy and steps of the multilayer perceptron of Gorishniy et al."""


def wide_network(input_shape: tuple[int, ...], outputs: int) -> Any:
    """Return three wide layers with a little dropout."""
    from keras import Input, Sequential, layers

    hidden = [layer for _ in range(3) for layer in (layers.Dense(WIDTH, "relu"), layers.Dropout(0.1))]
    return Sequential([Input(input_shape), *hidden, layers.Dense(outputs, "softmax")])


def normal_quantiles() -> Any:
    """Return a transformer that gives each quantity a normal distribution, and leaves the one-hot columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import QuantileTransformer

    quantiles = QuantileTransformer(output_distribution="normal", random_state=SEED)
    return ColumnTransformer([("quantities", quantiles, QUANTITIES)], remainder="passthrough")


def recipe(*, epochs: int, rows: int) -> Recipe:
    """Return the recipe of the long run.

    Args:
        epochs: passes over the training rows.
        rows: number of training rows, on which the length of the learning rate's decay depends.
    """

    def decayed() -> Any:
        from keras.optimizers import AdamW
        from keras.optimizers.schedules import CosineDecay

        return AdamW(CosineDecay(1e-3, epochs * -(-rows // BATCH)), weight_decay=1e-4)

    stage = Stage(
        wide_network,
        optimizer=decayed,
        epochs=epochs,
        batch_size=BATCH,
        validation=True,
        monitor="accuracy",
        restore_best=True,
    )
    return Recipe(stage, preprocess=normal_quantiles)


def split_rows(data: Dataset) -> Cell:
    """Return a random 64% of the rows for training, 16% for validation and 20% for the test, stratified by class."""
    rows = np.arange(len(data.y), dtype=np.int32)
    rest, test = train_test_split(rows, test_size=0.2, stratify=data.y, random_state=SEED)
    train, validation = train_test_split(rest, test_size=0.2, stratify=data.y[rest], random_state=SEED)
    return Cell(0, 0, np.sort(train), np.sort(test), np.sort(validation))


def train(data: Dataset, cell: Cell, *, epochs: int) -> Result:
    """Train one replicate with the compiled engine."""
    [(_, result)] = compiled.train(
        recipe(epochs=epochs, rows=len(cell.train)), data, [Job(cell, SEED)], device=choose_device("auto")
    )
    return result


def record_of(result: Result, cell: Cell, data: Dataset) -> dict[str, Any]:
    """Return what the run is known by afterwards."""
    return {
        "data": data.name,
        "rows": {"train": len(cell.train), "validation": len(cell.validation), "test": len(cell.test)},
        "budget": result.budget,
        "best_epoch": result.best_epoch,
        "test": {name: round(value, 5) for name, value in result.metrics.items()},
        "train_s": round(result.cost["train_s"], 1),
        "training_loss": [round(value, 5) for value in result.curve],
        "validation_accuracy": [round(value, 5) for value in result.monitored or ()],
    }


def draw(record: dict[str, Any], path: Path) -> None:
    """Draw the accuracy on the validation rows after each epoch."""
    accuracy = record["validation_accuracy"]
    steps = record["budget"]["steps"] / record["budget"]["epochs"] * np.arange(1, len(accuracy) + 1)
    with styled():
        figure = new_figure("Three layers of 944 units on Covertype", height=6)
        axes = figure.add_subplot()
        axes.plot(steps, accuracy, label="validation rows")
        axes.plot(steps[record["best_epoch"] - 1], record["test"]["accuracy"], "o", label="test rows")
        axes.axhline(PUBLISHED, color="0.5", linestyle=":", label=f"published, {PUBLISHED_STEPS:,} steps")
        axes.set(xlabel="training steps of 1,024 rows", ylabel="accuracy")
        axes.legend(frameon=False, loc="lower right")
        write_atomically(path, encode(figure))


def main(arguments: list[str] | None = None) -> None:
    """Train, print the scores, and write the record and the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_run")
    parser.add_argument("folder", type=Path, help="where to write the record and the picture")
    parser.add_argument("--epochs", type=int, default=110, help="passes over the training rows")
    options = parser.parse_args(arguments)
    data = load_covertype()
    cell = split_rows(data)
    record = record_of(train(data, cell, epochs=options.epochs), cell, data)
    options.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(options.folder / "long-run.json", (json.dumps(record, indent=2) + "\n").encode())
    draw(record, options.folder / "long-run.png")
    budget, test = record["budget"], record["test"]
    print(
        f"{budget['steps']:,} steps in {record['train_s']:,.0f} s: accuracy {test['accuracy']:.4f} and "
        f"macro F1 {test['f1']:.4f} on {len(cell.test):,} test rows, at epoch {record['best_epoch']}"
    )


if __name__ == "__main__":
    main()
