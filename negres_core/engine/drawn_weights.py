"""Drawn weights: models whose weights are drawn anew, to see what their outputs and their losses depend on."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arrays import spread_rows, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, mean_loss
from negres_core.recipe import Stage
from negres_core.run import PairLosses

ROWS = 32
"""Rows on which outputs are looked at."""

DRAWS = 16
"""Number of draws of the weights. Behind a ReLU, all outputs of every second draw are zero."""

WIDE = 10.0
"""Standard deviation of weights that begin at 0, where outputs have to reach most of their range."""

NARROW = 0.5
"""Standard deviation of weights that begin at 0, where the loss has to stay moderate."""

PAIRED_ROWS = 3
"""Rows whose losses are computed with each other's targets."""


def draw_weights(model: Any, random: np.random.Generator, *, width: float) -> list[tuple[Any, Any]]:
    """Return new values of every trainable weight, for a `keras.StatelessScope`; the model itself is not changed.

    A user's model may contain layers that are used elsewhere. Each weight is drawn around 0 with the standard deviation
    that its values have, or `width` if they do not vary. A weight with a constraint keeps its value.
    """
    drawn = []
    for weight in model.trainable_weights:
        if getattr(weight, "constraint", None) is not None:
            continue
        value = ops.convert_to_numpy(weight).astype(np.float32)
        value = random.normal(size=value.shape) * (float(value.std()) or width)
        drawn.append((weight, ops.convert_to_tensor(value, dtype=weight.dtype)))
    return drawn


def draw_outputs(stage: Stage, data: Dataset) -> np.ndarray:
    """Return finite raw outputs on some rows under several draws of the weights: (rows of all draws, ...)."""
    x = take_rows(data.x, spread_rows(len(data), most=ROWS))
    outputs, model = [], build_model(stage.build, data)
    for seed in range(DRAWS):
        with keras.StatelessScope(state_mapping=draw_weights(model, np.random.default_rng(seed), width=WIDE)):
            outputs.append(ops.convert_to_numpy(model(x, training=False)).astype(np.float64))
    every = np.concatenate(outputs)
    return every[np.isfinite(every.reshape(len(every), -1)).all(axis=1)]


def pair_losses(stage: Stage, data: Dataset) -> PairLosses | None:
    """Return the loss of a few rows with each other's targets; None if it varies, or targets hardly differ.

    Every pair is given twice in a batch, since a loss may compare the rows of a batch with each other.
    """
    rows = _rows_with_different_targets(data)
    if len(rows) < PAIRED_ROWS:
        return None
    model = build_model(stage.build, data)
    drawn = draw_weights(model, np.random.default_rng(0), width=NARROW)

    def loss(inputs: list[int], targets: list[int]) -> float:
        x, y = take_rows(data.x, rows[inputs]), data.y[rows[targets]]
        with keras.StatelessScope(state_mapping=drawn):
            return float(mean_loss(model, stage, x, y, training=False))

    places = range(PAIRED_ROWS)
    together, again = (loss([*places], [*places]) for _ in range(2))
    if not np.isclose(together, again, rtol=1e-6, atol=0):
        return None
    return PairLosses(np.array([[loss([x, x], [y, y]) for y in places] for x in places]), together)


def _rows_with_different_targets(data: Dataset) -> np.ndarray:
    """Return rows spread over the order of the targets, of which as many as possible differ."""
    y = data.y.reshape(len(data), -1).mean(axis=1)
    _, first = np.unique(y, return_index=True)
    if len(first) >= PAIRED_ROWS:
        return first[spread_rows(len(first), most=PAIRED_ROWS)]
    # Two classes: two rows of one and one of the other.
    rest = np.setdiff1d(np.arange(len(y)), first)
    return np.concatenate([first, rest])[:PAIRED_ROWS]
