"""The contenders of test_engine.py: the same training, done in the ways that people do it, one process per contender.

    python -m benchmarks.speed.contenders CONTENDER MODEL [--replicates N] [--epochs N]

CONTENDER is floor, fit, "tuned fit", pytorch or engine; MODEL is "model 3" or cae. Prints one JSON object: `epoch_s`,
the seconds of one epoch of one replicate once everything is compiled; `memory_bytes`, the peak memory of the process;
and `imported_bytes`, its peak after the imports.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.engine.device import peak_memory_bytes

TRAINING_ROWS = {"model 3": 464_809, "cae": 2_048}
"""Model 3 trains on four fifths of Covertype."""
BATCH_ROWS = 128
MAX_STEPS_PER_CALL = 256


def model_3() -> Any:
    """Return the article's model 3: 54-100-54-30-25-7 with two dropouts of one half."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((54,)),
            layers.Dense(100, activation="relu"),
            layers.Dense(54, activation="relu"),
            layers.Dense(30, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(25, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(7, activation="softmax"),
        ]
    )


def cae() -> Any:
    """Return an autoencoder of faces: 64 x 64 x 3 pixels, three strided convolutions to a code of 128, and back."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((64, 64, 3)),
            *(layers.Conv2D(width, 3, 2, "same", activation="relu") for width in (32, 64, 128)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(8 * 8 * 128, activation="relu"),
            layers.Reshape((8, 8, 128)),
            *(layers.Conv2DTranspose(width, 3, 2, "same", activation="relu") for width in (64, 32)),
            layers.Conv2DTranspose(3, 3, 2, "same", activation="sigmoid"),
        ]
    )


def arrays(work: str) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets with the shape of the real data; their values do not affect the duration of a step."""
    generator = np.random.default_rng(0)
    if work == "cae":
        x = generator.random((TRAINING_ROWS[work], 64, 64, 3), dtype=np.float32)
        return x, x
    return generator.random((TRAINING_ROWS[work], 54), dtype=np.float32), generator.integers(0, 7, TRAINING_ROWS[work])


MODELS: dict[str, tuple[Callable[[], Any], str]] = {
    "model 3": (model_3, "sparse_categorical_crossentropy"),
    "cae": (cae, "mse"),
}


def fit(work: str, replicates: int, epochs: int, **options: Any) -> float:
    """Time `keras.Model.fit`, one replicate after another, without the first epoch, which compiles."""
    import keras

    x, y = arrays(work)
    build, loss = MODELS[work]
    seconds = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch:
                seconds.append(time.perf_counter() - self.start)

    for _ in range(replicates):
        model = build()
        model.compile(optimizer="adam", loss=loss, **options)
        model.fit(x, y, batch_size=BATCH_ROWS, epochs=epochs + 1, verbose=0, callbacks=[Clock()])
    return float(np.mean(seconds))


def tuned_fit(work: str, replicates: int, epochs: int) -> float:
    """Time `fit` with the best of the settings that a knowledgeable user tries."""
    import keras

    steps = min(TRAINING_ROWS[work] // BATCH_ROWS, MAX_STEPS_PER_CALL)
    jits = (True,) if keras.backend.backend() == "jax" else (False, True)
    return min(fit(work, 1, epochs, steps_per_execution=steps, jit_compile=jit) for jit in jits)


def pytorch(work: str, replicates: int, epochs: int) -> float:
    """Time PyTorch as its tutorials train, with all data in memory; model 3 only."""
    import torch
    from torch import nn

    x, y = map(torch.from_numpy, arrays(work))
    widths = (54, 100, 54, 30, 25, 7)
    stack: list[nn.Module] = []
    for index, (before, after) in enumerate(itertools.pairwise(widths)):
        stack += [nn.Linear(before, after), nn.ReLU(), *([nn.Dropout(0.5)] if index in (2, 3) else [])]
    model = nn.Sequential(*stack[:-1])
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    start = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH_ROWS):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return (time.perf_counter() - start) / epochs


def engine(work: str, replicates: int, epochs: int) -> float:
    """Time negres: all replicates in one call, with evaluation and saving, without compilation."""
    from negres_core import Dataset, Recipe, Stage
    from negres_core.design import Cell
    from negres_core.engine.contract import Job
    from negres_core.engine.device import choose_device
    from negres_core.engine.selection import train

    x, y = arrays(work)
    build, loss = MODELS[work]
    data = Dataset(x=x, y=y, name=work)
    rows = np.arange(len(data), dtype=np.int32)
    # The test fold is taken from the training rows; its size is that of a design of 5 folds.
    jobs = [Job(Cell(repeat, 0, rows, rows[: len(rows) // 4]), 0) for repeat in range(replicates)]
    recipe = Recipe(Stage(build, loss=loss, epochs=epochs, batch_size=BATCH_ROWS))
    start = time.perf_counter()
    results = [result for _, result in train(recipe, data, jobs, device=choose_device("auto"))]
    return (time.perf_counter() - start - results[0].cost["compile_s"]) / replicates / epochs


def floor(work: str, replicates: int, epochs: int) -> float:
    """Return how long an epoch's matrix products take at the rate of a large square one, which is measured."""
    from negres_core.engine.flops import peak_flops_per_s, step_flops

    build, _ = MODELS[work]
    # The operations of an epoch are those of one step on all rows.
    return step_flops(build(), TRAINING_ROWS[work]) / peak_flops_per_s()


CONTENDERS = {"floor": floor, "fit": fit, "tuned fit": tuned_fit, "pytorch": pytorch, "engine": engine}


def missing_package(contender: str, backend: str) -> str | None:
    """Return the name of a package that a contender needs and that is not installed, or None."""
    package = "torch" if contender == "pytorch" else backend
    return None if importlib.util.find_spec(package) else package


def main() -> None:
    """Run one contender and print its figures."""
    parser = argparse.ArgumentParser(description="Run one contender.")
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("work", choices=MODELS)
    parser.add_argument("--replicates", type=int, default=1, help="replicates to train (1)")
    parser.add_argument("--epochs", type=int, default=2, help="epochs per replicate (2)")
    options = parser.parse_args()
    importlib.import_module("torch" if options.contender == "pytorch" else "negres_core.engine.selection")
    imported_bytes = peak_memory_bytes()
    epoch_s = CONTENDERS[options.contender](options.work, options.replicates, options.epochs)
    print(json.dumps({"epoch_s": epoch_s, "memory_bytes": peak_memory_bytes(), "imported_bytes": imported_bytes}))


if __name__ == "__main__":
    main()
