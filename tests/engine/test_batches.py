from __future__ import annotations

import numpy as np

from negres_core.engine.batches import Batches, batches_for_fit
from tests.engine import examples as ex


def test_keras_is_given_a_file_batch_by_batch_and_an_array_as_a_whole(tmp_path):
    x, y, order = ex.CLASSES.x, ex.CLASSES.y, np.arange(60, 0, -1)
    np.save(tmp_path / "x.npy", x)
    given = batches_for_fit(np.load(tmp_path / "x.npy", mmap_mode="r"), y, order, batch=25)["x"]
    assert isinstance(given, Batches)
    assert given.num_batches == 3
    np.testing.assert_array_equal(np.concatenate([given[place][0] for place in range(3)]), x[order])
    np.testing.assert_array_equal(np.concatenate([given[place][1] for place in range(3)]), y[order])

    whole = batches_for_fit(x, y, order, batch=25)
    assert whole["x"].shape == (60, 6)
    assert whole["batch_size"] == 25


def test_the_weights_of_rows_come_with_their_batches(tmp_path):
    x, y, order = ex.CLASSES.x, ex.CLASSES.y, np.arange(50)
    np.save(tmp_path / "x.npy", x)
    weights = np.linspace(0, 1, 50, dtype=np.float32)
    given = batches_for_fit(np.load(tmp_path / "x.npy", mmap_mode="r"), y, order, batch=30, weights=weights)["x"]
    np.testing.assert_array_equal(given[1][2], weights[30:])
    np.testing.assert_array_equal(batches_for_fit(x, y, order, batch=30, weights=weights)["sample_weight"], weights)
