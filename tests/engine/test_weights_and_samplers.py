"""Weights of rows and classes, and resampled folds: every engine gives the numbers of `keras.Model.fit`."""

from __future__ import annotations

import functools
from dataclasses import replace

import keras
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from keras import ops
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import prepare_rows
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.replicate import start_replicate
from tests.engine import examples as ex

RANDOM = np.random.default_rng(3)
WEIGHTS = RANDOM.uniform(0, 3, size=61)
RARE = (np.arange(61) % 5 == 0).astype(int)
X = ex.CLASSES.x + RARE[:, None]


def weighted(data, **changes):
    arrays = {"x": data.x, "y": data.y, "name": data.name, "sample_weight": WEIGHTS[: len(data)]}
    return Dataset(**arrays | changes)


RARE_ROWS = Dataset(x=X, y=RARE, name="rare")
WEIGHTED_RARE = weighted(RARE_ROWS)
BY_NAME = Dataset(x={"image": X[:, :4].reshape(61, 2, 2, 1), "age": X[:, 4:5]}, y=RARE, name="rare portraits")


def by_row(y, outputs):
    """A loss that is a function, with a value for each row."""
    return keras.losses.sparse_categorical_crossentropy(y, outputs) ** 2


def focal():
    return keras.losses.BinaryFocalCrossentropy(gamma=1.0)


def by_weight():
    return keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")


def asking(model, x, y, *, training, sample_weight):
    """An objective that asks for the weights of the rows."""
    losses = keras.losses.sparse_categorical_crossentropy(y, model(x, training=training))
    return ops.mean(losses if sample_weight is None else losses * sample_weight)


def sampler_of_few():
    return SMOTE(k_neighbors=2)


class Drawing:
    """A sampler of the user's own, which draws from NumPy's global generator."""

    def fit_resample(self, x, y):
        kept = np.random.permutation(len(x))[: len(x) // 2]  # noqa: NPY002
        return x[kept], y[kept]


PAIRS = {
    "weights of classes": (Recipe(ex.stage(ex.plain, class_weight={0: 0.5, 3: 4.0})), ex.CLASSES),
    "balanced": (
        Recipe(ex.stage(ex.sigmoid, loss="binary_crossentropy", class_weight="balanced")),
        RARE_ROWS,
    ),
    "weights of rows": (Recipe(ex.stage(ex.plain)), weighted(ex.CLASSES)),
    "weights of rows, in batch normalization": (
        Recipe(ex.stage(ex.normalized, optimizer=ex.momentum)),
        weighted(ex.CLASSES),
    ),
    "weights of rows and classes": (Recipe(ex.stage(ex.dense, class_weight="balanced")), WEIGHTED_RARE),
    "a loss that is an object": (Recipe(ex.stage(ex.sigmoid, loss=focal)), WEIGHTED_RARE),
    "a loss that divides by the weights": (Recipe(ex.stage(ex.plain, loss=by_weight)), WEIGHTED_RARE),
    "a loss that is a function": (Recipe(ex.stage(ex.plain, loss=by_row)), WEIGHTED_RARE),
    "a loss that is a mean": (Recipe(ex.stage(ex.plain, loss=lambda: ex.squares)), WEIGHTED_RARE),
    "weights of values": (Recipe(ex.stage(ex.linear, loss="mse")), weighted(ex.VALUES)),
    "weights of several labels a row": (
        Recipe(ex.stage(ex.sigmoids, loss="binary_crossentropy")),
        weighted(ex.SEVERAL),
    ),
    "weights of rows with a label for each step, of which some do not count": (
        Recipe(ex.stage(functools.partial(ex.of_steps, None), loss=ex.counted_logits)),
        replace(ex.PADDED, sample_weight=WEIGHTS[:41]),
    ),
    "penalties": (Recipe(ex.stage(ex.regularized, class_weight={1: 3.0})), RARE_ROWS),
    "an objective": (Recipe(ex.stage(ex.plain, objective=asking, class_weight="balanced")), RARE_ROWS),
    "interpolated rows": (
        Recipe(ex.stage(ex.plain), preprocess=StandardScaler, resample=sampler_of_few),
        RARE_ROWS,
    ),
    "repeated rows": (Recipe(ex.stage(ex.plain), resample=RandomOverSampler), RARE_ROWS),
    "fewer rows, with weights": (
        Recipe(ex.stage(ex.plain, class_weight={1: 2.0}), resample=RandomUnderSampler),
        RARE_ROWS,
    ),
    "a sampler of one's own": (Recipe(ex.stage(ex.plain), resample=Drawing), RARE_ROWS),
    "several inputs": (Recipe(ex.stage(ex.joined, optimizer=ex.momentum), resample=sampler_of_few), BY_NAME),
    "an objective on interpolated rows": (
        Recipe(ex.stage(ex.plain, objective=asking), resample=sampler_of_few),
        RARE_ROWS,
    ),
}
STACKED = (
    *("balanced", "weights of rows", "weights of rows and classes", "an objective", "interpolated rows"),
    *("fewer rows, with weights", "several inputs"),
)
"""Those that the batched engine trains too."""
CELLS = (0, 2)


def jobs(data):
    return [Job(ex.cells(data)[cell], 0) for cell in CELLS]


@functools.cache
def trained(engine, name):
    """Train two cells, whose training folds differ by a row, and with a sampler by several."""
    recipe, data = PAIRS[name]
    return ex.train(engine, recipe, data, jobs(data), workers=2)


@pytest.mark.parametrize(
    ("engine", "name"), [*(("compiled", name) for name in PAIRS), *(("batched", name) for name in STACKED)]
)
def test_the_numbers_are_those_of_the_reference(engine, name):
    slow, fast = trained("reference", name), trained(engine, name)
    assert slow.keys() == fast.keys()
    for key, one in slow.items():
        other = fast[key]
        for mine, theirs in zip(ex.model_of(one).get_weights(), ex.model_of(other).get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)
        assert one.curve == pytest.approx(other.curve, rel=1e-5)
        assert one.metrics == pytest.approx(other.metrics, rel=1e-4, abs=1e-6)
        assert one.budget == other.budget
        assert one.inputs_digest == other.inputs_digest


@pytest.mark.parametrize(
    "name", ["weights of classes", "weights of rows", "a loss that is a function", "an objective", "repeated rows"]
)
def test_weights_and_samplers_change_what_is_trained(name):
    recipe, data = PAIRS[name]
    one = trained("compiled", name)[0, 0, 0]
    plain = Recipe(ex.stage(recipe.last.build, loss=recipe.last.loss, objective=recipe.last.objective))
    without = data.with_weights(None)
    (other,) = ex.train("compiled", plain, without, jobs(without)[:1]).values()
    assert not np.allclose(ex.model_of(one).get_weights()[0], ex.model_of(other).get_weights()[0], atol=1e-4)


def test_the_weights_are_those_computed_by_hand():
    """One step of softmax regression, on the whole fold, by hand."""
    learning_rate = 0.1
    recipe = Recipe(
        ex.stage(
            ex.plain,
            optimizer=lambda: keras.optimizers.SGD(learning_rate),
            class_weight="balanced",
            epochs=1,
            batch_size=100,
        )
    )
    job = jobs(WEIGHTED_RARE)[0]
    train = job.cell.train
    kernel, bias = start_replicate(recipe, WEIGHTED_RARE, job).model.get_weights()
    x, y, weights = X[train], RARE[train], WEIGHTED_RARE.sample_weight[train].astype(float)
    of_class = compute_class_weight("balanced", classes=np.array([0, 1]), y=y, sample_weight=weights)
    powers = np.exp(x @ kernel + bias)
    shares = powers / powers.sum(axis=1, keepdims=True)
    each = (weights * of_class[y])[:, None]
    error = each * (shares - np.eye(8)[y]) / len(y)
    (result,) = ex.train("compiled", recipe, WEIGHTED_RARE, [job]).values()
    trained = ex.model_of(result).get_weights()
    np.testing.assert_allclose(trained[0], kernel - learning_rate * x.T @ error, atol=1e-5)
    np.testing.assert_allclose(trained[1], bias - learning_rate * error.sum(axis=0), atol=1e-5)
    assert result.curve == pytest.approx([float((each[:, 0] * -np.log(shares[np.arange(len(y)), y])).mean())], rel=1e-5)


@pytest.mark.parametrize("engine", ex.ENGINES)
def test_the_test_loss_is_not_weighted(engine):
    recipe = Recipe(ex.stage(ex.plain, class_weight={0: 0.1, 1: 5.0}))
    job = jobs(WEIGHTED_RARE)[0]
    (result,) = ex.train(engine, recipe, WEIGHTED_RARE, [job]).values()
    outputs = ex.model_of(result).predict(X[job.cell.test], verbose=0)
    expected = -np.log(outputs[np.arange(len(outputs)), RARE[job.cell.test]]).mean()
    assert result.metrics["loss"] == pytest.approx(expected, rel=1e-4)


def test_the_budget_counts_the_rows_that_a_sampler_returned():
    recipe = Recipe(ex.stage(ex.plain, epochs=3, batch_size=10), resample=RandomOverSampler)
    job = jobs(RARE_ROWS)[0]
    rows = len(prepare_rows(recipe, RARE_ROWS, job.cell).train)
    assert rows == 2 * np.sum(RARE[job.cell.train] == 0)
    (result,) = ex.train("compiled", recipe, RARE_ROWS, [job]).values()
    assert result.budget["steps"] == 3 * -(-rows // 10)


def test_seeds_of_a_cell_share_the_resampled_rows_and_cells_do_not():
    recipe = Recipe(ex.stage(ex.plain), resample=sampler_of_few)
    first, second = ex.cells(RARE_ROWS, repeats=2)[0], ex.cells(RARE_ROWS, repeats=2)[3]
    one, again, other = (prepare_rows(recipe, RARE_ROWS, cell) for cell in (first, first, second))
    np.testing.assert_array_equal(one.x, again.x)
    assert one.x.shape != other.x.shape or not np.array_equal(one.x, other.x)
