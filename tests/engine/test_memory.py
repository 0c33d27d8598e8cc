"""The estimate of a replicate's memory counts weights, activations, inputs and row orders."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.memory import EVALUATION_BYTES, FLOAT_BYTES, evaluation_rows, replicate_bytes
from tests.engine import examples as ex


def estimate(build, data=ex.CLASSES, preprocess=None, **changes):
    return replicate_bytes(build(), Recipe(ex.stage(build, **changes), preprocess=preprocess), data)


def test_the_memory_of_a_plain_model_is_that_counted_by_hand():
    """6 inputs to 8 outputs: 56 weights six times, 14 values for 2 * 16 rows and a call's rows, an order of 61 rows."""
    rows = EVALUATION_BYTES // FLOAT_BYTES // 14
    assert estimate(ex.plain) == FLOAT_BYTES * (6 * 56 + (2 * 16 + rows) * 14 + 61)


def test_memory_grows_with_layers_batch_size_and_a_transformer():
    assert estimate(ex.dense, batch_size=10**6) > estimate(ex.plain, batch_size=10**6)
    assert estimate(ex.plain, batch_size=64) == estimate(ex.plain) + FLOAT_BYTES * 2 * (64 - 16) * 14
    assert estimate(ex.plain, preprocess=MinMaxScaler) == estimate(ex.plain) + FLOAT_BYTES * ex.CLASSES.x.size


def test_several_inputs_take_the_memory_of_one_of_the_same_width():
    """9 and 1 inputs to 3 outputs, and 23 rows."""
    wide = Dataset(x=np.zeros((23, 10)), y=ex.PORTRAITS.y, name="wide")
    for preprocess in (None, MinMaxScaler):
        recipe, model = Recipe(ex.stage(ex.plain), preprocess=preprocess), ex.plain()
        assert replicate_bytes(model, recipe, ex.PORTRAITS) == replicate_bytes(model, recipe, wide)


def test_the_feature_maps_of_a_convolution_count():
    maps = 6 * 6 * 3 + 3 + 3
    weights = 6 * (3 * 3 * 3 + 3 + 3 * 3 + 3)
    rows = EVALUATION_BYTES // FLOAT_BYTES // (maps + 64)
    assert estimate(ex.convolutional, ex.IMAGES) == FLOAT_BYTES * (weights + (2 * 16 + rows) * (maps + 64) + 30)


def test_a_call_of_evaluation_takes_few_rows_of_a_wide_model_but_at_least_a_batch():
    def rows(build, **changes):
        return evaluation_rows(build(), Recipe(ex.stage(build, **changes)), ex.CLASSES)

    assert rows(lambda: ex.plain(4000), batch_size=16) == EVALUATION_BYTES // FLOAT_BYTES // 4006
    assert rows(lambda: ex.plain(4000), batch_size=2000) == 2000


def test_a_model_with_layers_of_unknown_shape_is_evaluated_in_batches():
    model = ex.subclassed()
    model(ex.CLASSES.x[:2])
    assert evaluation_rows(model, Recipe(ex.stage(ex.subclassed)), ex.CLASSES) == 16
