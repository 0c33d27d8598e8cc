"""Drawn weights: models whose weights are drawn anew, to see what their outputs and their losses depend on."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see, prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.arrays import spread_rows, take_rows
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine.adapted import adapt_layers
from negres_core.engine.model import build_model
from negres_core.engine.named_outputs import output_of
from negres_core.engine.objective import mean_losses
from negres_core.engine.tensors import number_of
from negres_core.run.models import PairLosses

ROWS = 32
"""Rows on which outputs are looked at."""

DRAWS = 16
"""Number of draws of the weights. Behind a ReLU, all outputs of every second draw are zero."""

WIDE = 10.0
"""Standard deviation of weights that begin at 0, where outputs have to reach most of their range."""

NARROW = 0.5
"""Standard deviation of weights that begin at 0, where the loss has to stay moderate."""

SAMPLED_ROWS = 256
"""Rows on which the transformer of the inputs is fitted."""

PAIRED_DRAWS = 4
"""Draws of the weights for losses of pairs. The one that tells rows apart best counts."""

PAIRED_ROWS = 3
"""Rows whose losses are computed with each other's targets."""


def sample_data(recipe: Recipe, data: Dataset) -> Dataset:
    """Return some rows of a data set, with the inputs that a model of the recipe is given."""
    if (seen := as_models_see(recipe, data)) is not data.origin:
        return seen.take(spread_rows(len(data), most=SAMPLED_ROWS)).without_groups().with_weights(None)
    sample = data.take(spread_rows(len(data), most=SAMPLED_ROWS))
    every = np.arange(len(sample), dtype=np.int32)
    prepared = sample.with_inputs(prepare_inputs(recipe, sample, Cell(0, 0, every, every)))
    return prepared.without_groups().with_weights(None)


def draw_weights(model: Any, random: np.random.Generator, *, width: float, scale: float = 1.0) -> list[tuple[Any, Any]]:
    """Return new values of every trainable weight, for a `keras.StatelessScope`; the model itself is not changed.

    A user's model may contain layers that are used elsewhere. Each weight is drawn around 0 with the standard deviation
    that its values have, or `width` if they do not vary, times `scale`. A weight with a constraint keeps its value.
    """
    drawn = []
    for weight in model.trainable_weights:
        if getattr(weight, "constraint", None) is not None:
            continue
        value = ops.convert_to_numpy(weight).astype(np.float32)
        value = random.normal(size=value.shape) * (float(value.std()) or width) * scale
        drawn.append((weight, ops.convert_to_tensor(value, dtype=weight.dtype)))
    return drawn


def draw_outputs(recipe: Recipe, data: Dataset) -> np.ndarray:
    """Return finite raw outputs on some rows under several draws of the weights: (rows of all draws, ...)."""
    sample = sample_data(recipe, data)
    x = take_rows(sample.x, spread_rows(len(sample), most=ROWS))
    outputs, model = [], build_model(recipe.last.build, as_models_see(recipe, data))
    adapt_layers(model, lambda: sample.x, name=name_of(recipe.last.build))
    for seed in range(DRAWS):
        with keras.StatelessScope(state_mapping=draw_weights(model, np.random.default_rng(seed), width=WIDE)):
            judged = output_of(model(x, training=False), data.output)
            outputs.append(ops.convert_to_numpy(judged).astype(np.float64))
    every = np.concatenate(outputs)
    return every[np.isfinite(every.reshape(len(every), -1)).all(axis=1)]


def pair_losses(recipe: Recipe, data: Dataset) -> PairLosses | None:
    """Return the loss of a few rows with each other's targets; None if it varies, or targets hardly differ.

    Every pair is given twice in a batch, since a loss may compare the rows of a batch with each other. Of several draws
    of the weights, the one counts in which it matters most which target belongs to which row.
    """
    sample = sample_data(recipe, data)
    rows = _rows_with_different_targets(sample)
    if len(rows) < PAIRED_ROWS:
        return None
    model, places = build_model(recipe.last.build, as_models_see(recipe, data)), range(PAIRED_ROWS)
    adapt_layers(model, lambda: sample.x, name=name_of(recipe.last.build))
    drawn: list[tuple[Any, Any]] = []

    def losses(inputs: list[int], *several: list[int]) -> list[float]:
        x, targets = take_rows(sample.x, rows[inputs]), [sample.y[rows[each]] for each in several]
        with keras.StatelessScope(state_mapping=drawn):
            found = mean_losses(model, recipe.last, x, targets, training=False, output=data.output)
            return [number_of(each) for each in found]

    pairs = []
    for seed in range(PAIRED_DRAWS):
        drawn = draw_weights(model, np.random.default_rng(seed), width=NARROW)
        [together], [again] = (losses([*places], [*places]) for _ in range(2))
        if not np.isclose(together, again, rtol=1e-6, atol=0):
            return None
        each = np.array([losses([x, x], *([y, y] for y in places)) for x in places])
        pairs.append(PairLosses(each, together))
    return max(pairs, key=_weight_of_pairing)


def _weight_of_pairing(losses: PairLosses) -> float:
    """Return how much it matters which target belongs to which row, as a share of the largest loss."""
    largest = np.abs(losses.each).max()
    # An objective that compares different rows of a batch, such as a covariance, is 0 for one row alone.
    return float(abs(losses.each.diagonal().mean() - losses.each.mean()) / largest) if largest else 0.0


def _rows_with_different_targets(data: Dataset) -> np.ndarray:
    """Return rows spread over the order of the targets, as many different ones as possible."""
    y = data.y.reshape(len(data), -1).mean(axis=1)
    _, first = np.unique(y, return_index=True)
    if len(first) >= PAIRED_ROWS:
        return first[spread_rows(len(first), most=PAIRED_ROWS)]
    # Two classes: two rows of one and one of the other.
    rest = np.setdiff1d(np.arange(len(y)), first)
    return np.concatenate([first, rest])[:PAIRED_ROWS]
