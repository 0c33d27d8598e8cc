"""The estimate of a replicate's memory grows with what takes memory."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import MinMaxScaler

from negres_core.dataset import Dataset
from negres_core.engine.memory import CHUNK_BYTES, FLOAT_BYTES, chunk_rows, replicate_bytes
from negres_core.recipe import Recipe
from tests.engine import examples as ex


def estimate(build, data=ex.CLASSES, preprocess=None, **changes):
    return replicate_bytes(build(), Recipe(ex.stage(build, **changes), preprocess=preprocess), data)


def test_a_plain_model_by_hand():
    """6 inputs to 8 outputs: 56 weights six times, 2 * 16 rows and a chunk of 14 values, an order of 61 rows."""
    chunk = CHUNK_BYTES // FLOAT_BYTES // 14
    assert estimate(ex.plain) == FLOAT_BYTES * (6 * 56 + (2 * 16 + chunk) * 14 + 61)


def test_it_grows_with_layers_batch_and_a_transformer():
    assert estimate(ex.dense, batch_size=10**6) > estimate(ex.plain, batch_size=10**6)
    assert estimate(ex.plain, batch_size=64) == estimate(ex.plain) + FLOAT_BYTES * 2 * (64 - 16) * 14
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
    chunk = CHUNK_BYTES // FLOAT_BYTES // (maps + 64)
    assert estimate(ex.convolutional, ex.IMAGES) == FLOAT_BYTES * (weights + (2 * 16 + chunk) * (maps + 64) + 30)


def test_a_chunk_holds_few_rows_of_a_wide_model_and_a_batch_at_least():
    def rows(build, **changes):
        return chunk_rows(build(), Recipe(ex.stage(build, **changes)), ex.CLASSES)

    assert rows(lambda: ex.plain(4000), batch_size=16) == CHUNK_BYTES // FLOAT_BYTES // 4006
    assert rows(lambda: ex.plain(4000), batch_size=2000) == 2000


def test_a_model_whose_layers_do_not_tell_their_shapes_is_evaluated_in_batches():
    model = ex.subclassed()
    model(ex.CLASSES.x[:2])
    assert chunk_rows(model, Recipe(ex.stage(ex.subclassed)), ex.CLASSES) == 16
