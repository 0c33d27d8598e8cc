"""The estimate of a replicate's memory grows with what takes memory."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import MinMaxScaler

from negres_core.dataset import Dataset
from negres_core.engine.memory import FLOAT_BYTES, replicate_bytes
from negres_core.recipe import Recipe
from tests.engine import examples as ex


def estimate(build, data=ex.CLASSES, preprocess=None, **changes):
    return replicate_bytes(build(), Recipe(ex.stage(build, **changes), preprocess=preprocess), data)


def test_a_plain_model_by_hand():
    """6 inputs to 8 outputs: 56 weights six times, (2 * 16 + 1024) rows of 14 values, an order of 61 rows."""
    assert estimate(ex.plain) == FLOAT_BYTES * (6 * 56 + (2 * 16 + 1024) * (8 + 6) + 61)


def test_it_grows_with_layers_batch_and_a_transformer():
    assert estimate(ex.dense) > estimate(ex.plain)
    assert estimate(ex.plain, batch_size=64) > estimate(ex.plain)
    assert estimate(ex.plain, preprocess=MinMaxScaler) == estimate(ex.plain) + FLOAT_BYTES * ex.CLASSES.x.size


def test_several_inputs_count_each():
    """9 and 1 inputs to 3 outputs, and 23 rows: what several inputs take together is what one as wide takes."""
    wide = Dataset(x=np.zeros((23, 10)), y=ex.PORTRAITS.y, name="wide")
    for preprocess in (None, MinMaxScaler):
        recipe, model = Recipe(ex.stage(ex.plain), preprocess=preprocess), ex.plain()
        assert replicate_bytes(model, recipe, ex.PORTRAITS) == replicate_bytes(model, recipe, wide)


def test_a_convolution_counts_its_maps():
    maps = 6 * 6 * 3 + 3 + 3
    weights = 6 * (3 * 3 * 3 + 3 + 3 * 3 + 3)
    assert estimate(ex.convolutional, ex.IMAGES) == FLOAT_BYTES * (weights + (2 * 16 + 1024) * (maps + 64) + 30)
