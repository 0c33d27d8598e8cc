"""Contenders of test_engine.py: the same training, done the ways that people do it. One process a contender.

    python -m benchmarks.speed.contenders {floor,fit,tuned fit,pytorch,engine} {model 3,cae} [--replicates N] [--epochs N]

Prints one JSON object: `epoch_s`, the seconds that one epoch of one replicate takes once everything is compiled;
`memory_bytes`, the peak of the process; and `imported_bytes`, the peak before it did anything but import.
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

ROWS = {"model 3": 464_809, "cae": 2_048}
BATCH = 128


def model_3() -> Any:
    """The article's model 3: 54-100-54-30-25-7 with two dropouts of one half."""
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
    """A face autoencoder: 64 x 64 x 3 pixels through three strided convolutions to a code of 128, and back."""
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
    """Inputs and targets of the shape of the real data; how long a step takes does not depend on their values."""
    generator = np.random.default_rng(0)
    if work == "cae":
        x = generator.random((ROWS[work], 64, 64, 3), dtype=np.float32)
        return x, x
    return generator.random((ROWS[work], 54), dtype=np.float32), generator.integers(0, 7, ROWS[work])


MODELS: dict[str, tuple[Callable[[], Any], str]] = {
    "model 3": (model_3, "sparse_categorical_crossentropy"),
    "cae": (cae, "mse"),
}


def fit(work: str, replicates: int, epochs: int, **compiled: Any) -> float:
    """`keras.Model.fit`, one replicate after another; the first epoch, which compiles, is not counted."""
    import keras

    x, y = arrays(work)
    build, loss = MODELS[work]
    seconds = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch:
                seconds.append(time.perf_counter() - self.began)

    for _ in range(replicates):
        model = build()
        model.compile(optimizer="adam", loss=loss, **compiled)
        model.fit(x, y, batch_size=BATCH, epochs=epochs + 1, verbose=0, callbacks=[Clock()])
    return float(np.mean(seconds))


def tuned_fit(work: str, replicates: int, epochs: int) -> float:
    """The best that `fit` does with the settings that a knowledgeable user tries."""
    import keras

    many = min(ROWS[work] // BATCH, 256)
    jits = (True,) if keras.backend.backend() == "jax" else (False, True)
    return min(fit(work, 1, epochs, steps_per_execution=many, jit_compile=jit) for jit in jits)


def pytorch(work: str, replicates: int, epochs: int) -> float:
    """PyTorch as its tutorials train, on the whole data in memory; model 3 alone."""
    import torch
    from torch import nn

    x, y = map(torch.from_numpy, arrays(work))
    widths = (54, 100, 54, 30, 25, 7)
    stack: list[nn.Module] = []
    for index, (before, after) in enumerate(itertools.pairwise(widths)):
        stack += [nn.Linear(before, after), nn.ReLU(), *([nn.Dropout(0.5)] if index in (2, 3) else [])]
    model = nn.Sequential(*stack[:-1])
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    began = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return (time.perf_counter() - began) / epochs


def engine(work: str, replicates: int, epochs: int) -> float:
    """negres: all replicates in one call, whatever is not compilation counted, evaluation and saving included."""
    from negres_core import Dataset, Recipe, Stage
    from negres_core.design import Cell
    from negres_core.engine.contract import Job
    from negres_core.engine.device import choose_device
    from negres_core.engine.selection import train

    x, y = arrays(work)
    build, loss = MODELS[work]
    data = Dataset(x=x, y=y, name=work)
    rows = np.arange(len(data), dtype=np.int32)
    # The test fold is cut from the training rows: its size is that of a design of 5 folds.
    jobs = [Job(Cell(repeat, 0, rows, rows[: len(rows) // 4]), 0) for repeat in range(replicates)]
    recipe = Recipe(Stage(build, loss=loss, epochs=epochs, batch_size=BATCH))
    began = time.perf_counter()
    results = [result for _, result in train(recipe, data, jobs, device=choose_device("auto"))]
    return (time.perf_counter() - began - results[0].cost["compile_s"]) / replicates / epochs


def floor(work: str, replicates: int, epochs: int) -> float:
    """What the matrix products of an epoch take at the rate of a large square one, measured."""
    from negres_core.engine.flops import peak_flops_per_s, step_flops

    return step_flops(MODELS[work][0](), ROWS[work]) / peak_flops_per_s()


CONTENDERS = {"floor": floor, "fit": fit, "tuned fit": tuned_fit, "pytorch": pytorch, "engine": engine}


def missing(contender: str, backend: str) -> str | None:
    """Name the package that a contender needs and that is not installed."""
    needed = "torch" if contender == "pytorch" else backend
    return None if importlib.util.find_spec(needed) else needed


def main() -> None:
    """Run one contender."""
    parser = argparse.ArgumentParser(description="Run one contender.")
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("work", choices=MODELS)
    parser.add_argument("--replicates", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=2)
    given = parser.parse_args()
    importlib.import_module("torch" if given.contender == "pytorch" else "negres_core.engine.selection")
    imported_bytes = peak_memory_bytes()
    epoch_s = CONTENDERS[given.contender](given.work, given.replicates, given.epochs)
    print(json.dumps({"epoch_s": epoch_s, "memory_bytes": peak_memory_bytes(), "imported_bytes": imported_bytes}))


if __name__ == "__main__":
    main()
