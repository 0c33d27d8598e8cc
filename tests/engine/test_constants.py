"""The best constant under a loss: the mean, a quantile, or the shares of the classes."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Recipe, Stage
from negres_core.engine.constants import best_constant_loss
from negres_core.engine.inspection import SavedModels
from negres_core.metrics.of_segmentation import class_shares
from tests.engine import examples as ex


@pytest.mark.parametrize(
    ("loss", "level"), [("mean_squared_error", None), ("mean_absolute_error", 0.5), ("pinball", 0.9)]
)
def test_the_best_constant_is_that_of_the_loss_itself(tmp_path, loss, level):
    y = np.exp(np.random.default_rng(0).normal(size=200))
    data = Dataset(x=np.zeros((200, 1)) + y[:, None], y=y, name="skewed")
    cell = ex.cells(data)[0]
    models = SavedModels(data, [cell], lambda replicate: tmp_path)

    def pinball():
        def loss(y, p):
            error = keras.ops.reshape(y, (-1,)) - keras.ops.reshape(p, (-1,))
            return keras.ops.maximum(0.9 * error, -0.1 * error)

        return loss

    def line():
        return keras.Sequential([layers.Input((1,)), layers.Dense(1)])

    found = models.constant_loss(Recipe(Stage(line, loss=pinball if loss == "pinball" else loss)), cell)

    train, test = (data.y[rows].astype(float) for rows in (cell.train, cell.test))
    error = test - (train.mean() if level is None else np.quantile(train, level))
    expected = {
        "mean_squared_error": error**2,
        "mean_absolute_error": np.abs(error),
        "pinball": np.maximum(0.9 * error, -0.1 * error),
    }
    assert found == pytest.approx(expected[loss].mean(), rel=1e-4)


@pytest.mark.parametrize("logits", [False, True])
def test_the_best_constant_of_a_cross_entropy_is_the_class_shares(logits):
    y = np.arange(60) % 4 // 3
    data = Dataset(x=np.zeros((60, 1)) + y[:, None], y=y, name="three to one")
    cell = ex.cells(data)[0]
    train, test = np.mean(y[cell.train]), np.mean(y[cell.test])

    found = best_constant_loss(
        keras.losses.SparseCategoricalCrossentropy(from_logits=logits), data, cell, (2,), logits=logits
    )

    assert found == pytest.approx(-test * np.log(train) - (1 - test) * np.log(1 - train), rel=1e-4)


@pytest.mark.parametrize("logits", [False, True])
def test_the_best_constant_of_several_labels_a_row_is_the_share_of_each(logits):
    cell = ex.cells(ex.SEVERAL)[0]
    train, test = (ex.SEVERAL.y[rows].mean(axis=0) for rows in (cell.train, cell.test))

    found = best_constant_loss(
        keras.losses.BinaryCrossentropy(from_logits=logits), ex.SEVERAL, cell, (3,), logits=logits
    )

    assert found == pytest.approx(np.mean(-test * np.log(train) - (1 - test) * np.log(1 - train)), rel=1e-4)


def test_classes_of_equal_weight_have_even_shares():
    """Weights of 3 and 1 make up for classes of 1 to 3 rows."""
    y = np.arange(60) % 4 // 3
    data = Dataset(x=np.zeros((60, 1)) + y[:, None], y=y, name="three to one")

    def weighted(targets, outputs):
        each = keras.losses.sparse_categorical_crossentropy(targets, outputs)
        return each * keras.ops.where(keras.ops.reshape(targets, (-1,)) == 1, 3.0, 1.0)

    found = best_constant_loss(weighted, data, ex.cells(data)[0], (2,), logits=False)

    assert found == pytest.approx(1.5 * np.log(2), rel=0.05)


@pytest.mark.parametrize("logits", [False, True])
def test_the_best_constant_of_steps_is_the_class_shares_at_each_of_those_that_count(logits):
    y = np.stack([np.arange(90) % 2, np.arange(90) % 3, np.where(np.arange(90) % 5, 255, 1)], axis=1)
    data = Dataset(x=np.zeros((90, 1)), y=y, name="steps", ignore_class=255)
    cell = ex.cells(data)[0]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits, ignore_class=-1)

    found = best_constant_loss(loss, data, cell, (3, 3), logits=logits)

    shares, test = class_shares(data.y[cell.train], 3)[0], y[cell.test]
    losses = [-np.log(shares[step, label]) for row in test for step, label in enumerate(row) if label < 255]
    assert found == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_best_constant_of_a_mask_by_one_sigmoid_is_the_share_at_each_pixel():
    cell = ex.cells(ex.MASKS)[0]
    found = best_constant_loss(keras.losses.BinaryCrossentropy(), ex.MASKS, cell, (5, 2, 1), logits=False)

    shares, test = class_shares(ex.MASKS.y[cell.train], 2)[..., 1:], ex.MASKS.y[cell.test]
    assert found == pytest.approx(-np.log(np.where(test == 1, shares, 1 - shares)).mean(), rel=1e-4)
