"""An inspection measures the saved model on its own test fold, independently of the engine that trained it."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Stage
from negres_core.arms.recipe import Recipe
from negres_core.engine.contract import Job
from negres_core.engine.inspection import INSPECTED_BATCHES, SavedModels, _raise_contrast, _sample_batches
from negres_core.engine.model import build_model
from negres_core.run.arm import Arm
from negres_core.seeds import derive_seed
from tests.engine import examples as ex


def standardize():
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


@pytest.mark.parametrize("name", ["dropout", "convolution", "subclass", "batch normalization", "added loss", "same"])
def test_an_inspection_agrees_with_the_recorded_result(inspected, name):
    recipe, data = ex.RECIPES[name]
    result, models, replicate = inspected(recipe, data)
    inspection = models.inspect(recipe, replicate)

    assert inspection.weights == [weight.end for weight in result.weights]
    assert models.redraw_weights(recipe, replicate) == [weight.start for weight in result.weights]
    assert inspection.loss == pytest.approx(result.metrics["loss"], rel=1e-4)
    if data.task == "classification":
        assert np.mean(inspection.predicted == inspection.targets) == result.metrics["accuracy"]
    else:
        mse = np.mean((inspection.predicted - inspection.targets) ** 2)
        assert mse == pytest.approx(result.metrics["mse"], rel=1e-4)
    losses = [inspection.training_loss, inspection.inference_loss]
    assert np.isfinite([*losses, inspection.gradient_norm, inspection.weight_norm]).all()


def test_a_model_predicts_before_training_as_built_and_with_shuffled_weights(inspected):
    recipe, data = ex.RECIPES["subclass"]
    _, models, _ = inspected(recipe, data)
    cell = ex.cells(data)[0]
    predicted = models.predict_untrained(recipe, cell, cell.test, shuffles=3)

    seed = derive_seed("weights", stage=1, repeat=0, fold=0, seed=0)
    outputs = np.array(build_model(recipe.last.build, data, seed=seed)(data.x[cell.test], training=False))
    assert predicted.shape == (4, len(cell.test))
    assert predicted[0].tolist() == outputs.argmax(axis=1).tolist()
    assert len({tuple(each) for each in predicted.tolist()}) > 1


@pytest.mark.parametrize("saved_as", ["keras", "h5"])
def test_the_weights_of_a_frozen_base_are_loaded_in_the_right_order(inspected, tmp_path, saved_as):
    """In HDF5 the order of a layer's weights depends on which are frozen."""

    def base():
        last = layers.Dense(8, activation="softmax", name="last")
        return keras.Sequential([keras.Input((6,)), layers.BatchNormalization(name="norm"), last])

    def grown():
        return keras.Sequential([keras.Input((6,)), layers.Dense(6, name="front"), *base().layers])

    parent = Recipe(ex.stage(base, saved_as=saved_as))
    recipe = Recipe(*parent.stages, ex.stage(grown, inherits=base, freezes=base, saved_as=saved_as))
    first = ex.train("reference", parent, ex.CLASSES, [Job(ex.cells(ex.CLASSES)[0], 0)])
    path = tmp_path / f"parent.{saved_as}"
    path.write_bytes(first[0, 0, 0].model)
    cells = ex.cells(ex.CLASSES)
    [result] = ex.train("reference", recipe, ex.CLASSES, [Job(cells[0], 0, path)]).values()
    path.write_bytes(result.model)
    replicate = SimpleNamespace(id="it", key=SimpleNamespace(repeat=0, fold=0, seed=0), weights=result.weights)

    models = SavedModels(ex.CLASSES, cells, lambda replicate: path)

    assert models.inspect(recipe, replicate).weights == [weight.end for weight in result.weights]
    own = [i for i, weight in enumerate(result.weights) if weight.inherited_from is None]
    initial = models.redraw_weights(recipe, replicate)
    assert [initial[i] for i in own] == [result.weights[i].start for i in own]
    assert initial != [weight.start for weight in result.weights]


def test_inputs_are_prepared_for_the_cell_of_the_replicate(inspected):
    recipe = Recipe(ex.stage(ex.dense), preprocess=standardize)
    result, models, replicate = inspected(recipe, ex.CLASSES, cell=1)
    inspection = models.inspect(recipe, replicate)
    cell = ex.cells(ex.CLASSES)[1]
    x = ex.CLASSES.x
    prepared = standardize().fit(x[cell.train]).transform(x[cell.test])

    assert inspection.targets.tolist() == ex.CLASSES.y[cell.test].tolist()
    assert inspection.outputs == pytest.approx(np.array(ex.model_of(result)(prepared)), abs=1e-5)


def test_trivial_losses_are_those_of_class_shares_and_column_means(inspected):
    def trivial(recipe, data):
        _, models, replicate = inspected(recipe, data)
        cell = ex.cells(data)[0]
        return models.inspect(recipe, replicate).trivial_loss, data.y[cell.train], data.y[cell.test]

    loss, train, test = trivial(Recipe(ex.stage(ex.dense)), ex.CLASSES)
    shares = np.bincount(train) / len(train)
    assert loss == pytest.approx(-np.mean(np.log(shares[test])), rel=1e-4)

    loss, train, test = trivial(Recipe(ex.stage(ex.linear, loss="mse")), ex.VALUES)
    assert loss == pytest.approx(np.mean((test - train.mean(axis=0)) ** 2), rel=1e-4)

    def logits():
        return keras.losses.BinaryCrossentropy(from_logits=True)

    def one():
        return keras.Sequential([keras.Input((6,)), layers.Dense(1, name="one")])

    for build, keras_loss in ((ex.sigmoid, "binary_crossentropy"), (one, logits)):
        loss, train, test = trivial(Recipe(ex.stage(build, loss=keras_loss)), ex.BINARY)
        share = train.mean()
        assert loss == pytest.approx(-np.mean(np.where(test, np.log(share), np.log(1 - share))), rel=1e-4)


def test_an_objective_has_no_loss_on_the_test_fold(inspected):
    for name in ("objective", "two players"):
        recipe, data = ex.RECIPES[name]
        _, models, replicate = inspected(recipe, data)
        inspection = models.inspect(recipe, replicate)
        assert (inspection.loss, inspection.trivial_loss) == (None, None)
        assert inspection.gradient_norm > 0


def test_dropout_is_on_in_one_loss_and_off_in_the_other(inspected):
    recipe, data = ex.RECIPES["dropout"]
    _, models, replicate = inspected(recipe, data)
    inspection = models.inspect(recipe, replicate)
    plain = Recipe(ex.stage(ex.plain))
    _, models, replicate = inspected(plain, data)
    without = models.inspect(plain, replicate)

    assert inspection.training_loss != pytest.approx(inspection.inference_loss, rel=1e-3)
    assert without.training_loss == pytest.approx(without.inference_loss, rel=1e-5)


def test_the_gradient_is_that_of_the_mean_loss(inspected):
    """For a linear model with mean squared error it has a closed form, over the sampled rows."""
    recipe = Recipe(ex.stage(ex.linear, loss="mse", batch_size=13))
    result, models, replicate = inspected(recipe, ex.VALUES)
    inspection = models.inspect(recipe, replicate)
    batches = _sample_batches(ex.cells(ex.VALUES)[0], 13)
    rows = np.concatenate(batches)
    kernel, bias = ex.model_of(result).get_weights()
    error = 2 * (ex.VALUES.x[rows] @ kernel + bias - ex.VALUES.y[rows]) / (2 * len(rows))
    by_hand = np.sqrt(np.sum((ex.VALUES.x[rows].T @ error) ** 2) + np.sum(error.sum(axis=0) ** 2))

    assert [len(batch) for batch in batches] == [13, 13, 13]
    assert inspection.gradient_norm == pytest.approx(by_hand, rel=1e-4)
    assert inspection.weight_norm == pytest.approx(np.sqrt(np.sum(kernel**2) + np.sum(bias**2)), rel=1e-5)


def half_dead():
    """Six dead units and four living ones, followed by a nested model with one living unit."""
    dead = keras.initializers.Constant(-1e6)
    alive = keras.initializers.Constant(1e6)
    inner = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(1, bias_initializer=alive, name="alive"),
            layers.ReLU(name="rectified"),
            layers.Dense(2, activation="softmax", name="classes"),
        ]
    )
    x = keras.Input((6,))
    units = [layers.Dense(6, activation="relu", bias_initializer=dead, name="dead")(x)]
    units.append(layers.Dense(4, activation="relu", bias_initializer=alive, name="living")(x))
    return keras.Model(x, inner(layers.Concatenate()(units)))


def silent_channels():
    dead = keras.initializers.Constant([-1e6, 1e6, -1e6])
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(3, 3, activation="relu", bias_initializer=dead, name="filters"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


def test_silent_units_are_counted_layer_by_layer_at_every_depth(inspected):
    recipe = Recipe(ex.stage(half_dead, optimizer=lambda: keras.optimizers.SGD(1e-9)))
    _, models, replicate = inspected(recipe, ex.BINARY)

    assert sorted(models.inspect(recipe, replicate).silent) == [(0, 1), (0, 4), (6, 6)]


def test_a_channel_is_silent_if_it_is_zero_at_all_positions(inspected):
    recipe = Recipe(ex.stage(silent_channels, optimizer=lambda: keras.optimizers.SGD(1e-9)))
    _, models, replicate = inspected(recipe, ex.IMAGES)

    assert models.inspect(recipe, replicate).silent == [(2, 3)]


def test_the_output_layer_is_not_a_hidden_layer(inspected):
    def positive():
        return keras.Sequential([keras.Input((6,)), layers.Dense(2, activation="relu", name="values")])

    recipe = Recipe(ex.stage(positive, loss="mse"))
    _, models, replicate = inspected(recipe, ex.VALUES)

    assert models.inspect(recipe, replicate).silent == []


def test_a_replicate_is_inspected_once(inspected, monkeypatch):
    recipe, data = ex.RECIPES["same"]
    _, models, replicate = inspected(recipe, data)
    first = models.inspect(recipe, replicate)
    monkeypatch.setattr("negres_core.engine.inspection._predict", None)

    assert models.inspect(recipe, replicate) is first
    assert models.output_layer(recipe) is first.output_layer


def test_a_model_that_keras_cannot_load_can_be_inspected(inspected):
    """Only the build function knows its classes."""

    class Doubled(layers.Layer):
        def call(self, inputs):
            return inputs * 2

    def build():
        return keras.Sequential([keras.Input((6,)), Doubled(), layers.Dense(8, activation="softmax", name="classes")])

    recipe = Recipe(ex.stage(build))
    result, models, replicate = inspected(recipe, ex.CLASSES)

    assert models.inspect(recipe, replicate).weights == [weight.end for weight in result.weights]


def test_the_sample_is_spread_over_the_fold_in_batches_of_equal_size():
    cell = SimpleNamespace(train=np.arange(10_000))
    rows = _sample_batches(cell, 128)

    assert [len(batch) for batch in rows] == [128] * 4
    assert np.concatenate(rows).max() > 9_000
    assert len(set(np.concatenate(rows).tolist())) == 512
    assert [len(batch) for batch in _sample_batches(cell, 1)] == [1] * INSPECTED_BATCHES
    assert [len(batch) for batch in _sample_batches(SimpleNamespace(train=np.arange(7)), 128)] == [7]


@pytest.mark.parametrize("name", ["convolution", "added loss"])
def test_some_rows_of_a_test_fold_are_predicted(inspected, name):
    recipe, data = ex.RECIPES[name]
    _, models, replicate = inspected(recipe, data)
    inspection = models.inspect(recipe, replicate)
    arm = Arm("treatment", recipe, [[replicate]])

    predicted = models.predict(arm, 0, ex.cells(data)[0].test[2:4])

    np.testing.assert_allclose(predicted, inspection.predicted[2:4], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("last", "low", "high"), [("sigmoid", 0.0, 1.0), ("tanh", -1.0, 1.0), ("linear", -50.0, 50.0)])
def test_driven_outputs_reach_the_limits_of_the_last_activation(inspected, last, low, high):
    def build(input_shape):
        flat = [layers.Flatten(), layers.Dense(16, activation="relu"), layers.Dense(16, activation=last)]
        return keras.Sequential([keras.Input(input_shape), *flat, layers.Reshape(input_shape)])

    faces = np.random.default_rng(0).uniform(size=(24, 4, 4, 1)).astype(np.float32)
    data = Dataset(x=faces, y=faces, name="faces")
    recipe = Recipe(ex.stage(build, loss="mse"))
    _, models, replicate = inspected(recipe, data)

    driven = models.drive(recipe, replicate, ex.cells(data)[0].test[:5])

    assert driven.shape == (10, 4, 4, 1)
    if last == "linear":
        assert driven.min() < low
        assert driven.max() > high
    else:
        assert (driven.min(), driven.max()) == pytest.approx((low, high), abs=1e-3)


def test_labels_beside_images_are_not_driven():
    labels = np.arange(4, dtype=np.float32).reshape(2, 2)
    images = np.array([[[0.0]], [[1.0]]], dtype=np.float32)

    alone, both = _raise_contrast(images), _raise_contrast({"image": images, "label": labels})

    assert alone.ravel().tolist() == both["image"].ravel().tolist() == [-4999.5, 5000.5, 5000.5, -4999.5]
    assert both["label"].tolist() == [*labels.tolist(), *labels.tolist()]
    assert _raise_contrast(labels).ravel().tolist() == [-9999, -9998, 10001, 10002, 10001, 10002, -9999, -9998]


def siamese():
    """The difference of one layer's outputs for two halves of a row: its bias cancels."""
    inputs, layer = layers.Input((6,)), layers.Dense(4, name="tower")
    difference = layer(inputs[:, :3]) - layer(inputs[:, 3:])
    return keras.Model(inputs, layers.Dense(2, "softmax", name="classes")(keras.ops.abs(difference)))


class Blocked(layers.Layer):
    """A dense layer whose bias has no gradient."""

    def build(self, shape):
        self.kernel, self.bias = self.add_weight((shape[-1], 4), name="kernel"), self.add_weight((4,), name="bias")

    def call(self, inputs):
        return inputs @ self.kernel + keras.ops.stop_gradient(self.bias) + 0 * self.bias


def blocked():
    return keras.Sequential([layers.Input((6,)), Blocked(name="tower"), layers.Dense(2, "softmax", name="classes")])


@pytest.mark.parametrize(("build", "redundant"), [(siamese, ["tower/bias"]), (blocked, [])])
def test_a_still_weight_is_redundant_only_if_the_outputs_do_not_depend_on_it(inspected, build, redundant):
    random = np.random.default_rng(0)
    data = Dataset(x=random.normal(size=(40, 6)), y=np.arange(40) % 2, name="pairs")
    recipe = Recipe(Stage(build, epochs=2, batch_size=8))
    result, models, replicate = inspected(recipe, data)

    assert [weight.path for weight in result.weights if weight.start == weight.end] == ["tower/bias"]
    assert models.inspect(recipe, replicate).redundant == redundant


def projected(input_shape, outputs):
    """A random projection, drawn with NumPy and kept as a constant."""
    projection = np.random.normal(size=(*input_shape, 4)).astype("float32")  # noqa: NPY002
    inputs = layers.Input(input_shape)
    return keras.Model(inputs, layers.Dense(outputs, "softmax")(keras.ops.matmul(inputs, projection)))


def test_what_a_build_function_draws_besides_weights_is_drawn_again(inspected):
    data = Dataset(x=np.random.default_rng(0).normal(size=(40, 6)), y=np.arange(40) % 2, name="random features")
    recipe = Recipe(Stage(projected, epochs=2, batch_size=8))
    result, models, replicate = inspected(recipe, data)

    assert models.inspect(recipe, replicate).loss == pytest.approx(result.metrics["loss"], rel=1e-4)
