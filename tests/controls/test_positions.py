from __future__ import annotations

import numpy as np

from negres_core import Dataset, KFolds
from negres_core.controls.positions import inputs_by_position, positions_as_rows
from negres_core.run.run import Run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4, 5, 2))
Y = (X[..., 0] > 0).astype(int) + (X[..., 1] > 1)


def run_of(x, y, **options):
    data, design = Dataset(x=x, y=y, name="pixels", **options), KFolds(3)
    return Run(data, design, list(design.split(data)), ())


def test_inputs_are_those_at_the_place_of_a_label():
    data = Dataset(x={"image": X, "mask": X[..., :1], "age": RNG.normal(size=(30, 1))}, y=Y, name="pixels")
    rows = np.array([3, 8])

    found = inputs_by_position(data, rows)

    assert found.shape == (2, 4, 5, 3)
    assert np.array_equal(found, np.concatenate([X, X[..., :1]], axis=-1)[rows].astype(np.float32))
    assert inputs_by_position(Dataset(x=X.reshape(30, -1), y=Y, name="flat"), rows) is None


def test_steps_or_pixels_that_count_become_rows_in_the_folds_of_their_rows():
    hidden = np.where(RNG.uniform(size=Y.shape) < 0.5, 9, Y)
    hidden[:, 0, 0] = Y[:, 0, 0]
    run = run_of(X, hidden, ignore_class=9)

    flat = positions_as_rows(run)

    assert flat.data.task == "classification"
    assert len(flat.data) == np.count_nonzero(hidden != 9)
    assert np.array_equal(flat.data.x, X[hidden != 9].astype(np.float32))
    assert np.array_equal(flat.data.y, hidden[hidden != 9])
    row = np.nonzero(hidden != 9)[0]
    for cell, of_rows in zip(flat.cells, run.cells, strict=True):
        assert set(row[cell.train]) == set(of_rows.train)
        assert set(row[cell.test]) == set(of_rows.test)


def test_inputs_with_one_feature_at_each_place_or_none_have_nothing_to_leak():
    assert positions_as_rows(run_of(X[..., :1], Y)) is None
    assert positions_as_rows(run_of(X.reshape(30, -1), Y)) is None
