"""What one training pass changes is carried by the compiled programs, trained by the reference engine, or refused."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine import selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.training_pass import changed_variables, forgotten_change
from negres_core.errors import EngineWarning, InputError
from tests.engine import examples as ex

FEWER = Dataset(x=ex.CLASSES.x[:45], y=ex.CLASSES.y[:45], name="fewer")
ON_JAX = keras.backend.backend() == "jax"


@keras.saving.register_keras_serializable(package="negres_tests")
class Counting(layers.Layer):
    """Adds up random draws, and counts its training steps."""

    def __init__(self, seeded=True, **options):
        super().__init__(**options)
        self.seeded, self.generator = seeded, keras.random.SeedGenerator()

    def build(self, shape):
        self.total = self.add_weight(shape=(), initializer="zeros", trainable=False, name="total")
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")

    def call(self, inputs, training=False):
        if training:
            draw = keras.random.uniform((), seed=self.generator if self.seeded else None)
            self.total.assign(self.total + draw)
            self.steps.assign(self.steps + 1)
        return inputs

    def get_config(self):
        return super().get_config() | {"seeded": self.seeded}


class Elsewhere(layers.Layer):
    """Keeps a variable where Keras does not look for it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.hidden_place = lambda: variable
        variable = keras.Variable(0.0, trainable=False, name="elsewhere")

    def call(self, inputs, training=False):
        variable = self.hidden_place()
        if training:
            variable.assign(variable + 1)
        return inputs * (1 + variable)


class NumPyNoise(layers.Layer):
    def call(self, inputs, training=False):
        return inputs + np.random.normal()  # noqa: NPY002


class Warming(layers.Layer):
    """Counts its calls by a Python number, as for a weight of the loss that grows."""

    calls = 0

    def call(self, inputs, training=False):
        self.calls += 1
        return inputs * min(1, self.calls / 100)


class Remembering(layers.Layer):
    """Keeps what a call has found out, and it is the same at each call."""

    def call(self, inputs, training=False):
        self.width, self.last = inputs.shape[-1], inputs
        return inputs


class Unlisted(keras.Sequential):
    """A model that leaves its last bias out of all lists."""

    @property
    def trainable_variables(self):
        return super().trainable_variables[:-1]

    @property
    def trainable_weights(self):
        return super().trainable_weights[:-1]


class Renamed(keras.Sequential):
    """A model whose trained weights are not its trainable variables."""

    @property
    def trainable_weights(self):
        return super().trainable_weights[:-1]


def counting(layer, kind=keras.Sequential):
    def build():
        return kind([keras.Input((6,)), layer(), layers.Dense(8, "softmax", name="classes")])

    return build


def unseeded():
    return Counting(seeded=False)


def normalized():
    return layers.SpectralNormalization(layers.Dense(6, name="inside"))


def reason(layer, kind=keras.Sequential):
    stage = ex.stage(counting(layer, kind))
    return forgotten_change(stage, stage.build(), ex.CLASSES)


@pytest.mark.parametrize("build", [ex.dense, ex.normalized, ex.noisy, counting(Counting)])
def test_batch_statistics_seeds_and_counters_are_carried(build):
    stage = ex.stage(build)
    model = build()
    changed = {id(variable) for variable in changed_variables(stage, model, ex.CLASSES)}
    assert changed
    assert changed <= {id(variable) for variable in model.non_trainable_variables}
    assert forgotten_change(stage, model, ex.CLASSES) is None


def test_a_pass_changes_nothing():
    model = counting(Counting)()
    before = [ops.convert_to_numpy(variable) for variable in model.variables]
    changed_variables(ex.stage(counting(Counting)), model, ex.CLASSES)
    for one, two in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, ops.convert_to_numpy(two))


@pytest.mark.parametrize(
    ("layer", "kind", "words"),
    [
        (normalized, keras.Sequential, "inside/kernel, a weight that is trained, while it is called"),
        (Elsewhere, keras.Sequential, "elsewhere, which is not among the model's variables"),
        (Counting, Unlisted, "neither as trainable nor as not trainable"),
        (Counting, Renamed, "trainable_weights, which are trained, are not its trainable_variables"),
    ],
)
def test_what_a_program_would_forget_is_said(layer, kind, words):
    assert words in reason(layer, kind)


def test_draws_of_numpy_are_refused():
    with pytest.raises(InputError, match="draws random numbers with NumPy"):
        check_recipe(Recipe(ex.stage(counting(NumPyNoise))), ex.CLASSES)


def test_calls_that_are_counted_in_python_are_refused():
    with pytest.raises(InputError, match="counts its calls in a Python number") as caught:
        check_recipe(Recipe(ex.stage(counting(Warming))), ex.CLASSES)
    assert "Warming.calls" in caught.value.received
    assert "add_weight" in caught.value.remedy


def test_numbers_that_each_call_sets_anew_are_no_count():
    assert reason(Remembering) is None


def test_a_forgotten_change_and_an_objective_exclude_each_other():
    def confident(model, x, y, *, training):
        return -ops.mean(ops.max(model(x, training=training), axis=-1))

    with pytest.raises(InputError, match="cannot be trained with an objective"):
        check_recipe(Recipe(ex.stage(counting(normalized), objective=confident)), ex.CLASSES)


@pytest.mark.skipif(not ON_JAX, reason="TensorFlow compiles draws without a seed")
def test_draws_without_a_seed_are_refused_under_jax():
    with pytest.raises(InputError, match="without a seed, which JAX cannot compile"):
        check_recipe(Recipe(ex.stage(counting(unseeded))), ex.CLASSES)


@pytest.mark.skipif(ON_JAX, reason="JAX cannot compile draws without a seed")
@pytest.mark.parametrize("data", [ex.CLASSES, FEWER], ids=["61", "45"])
def test_draws_without_a_seed_are_new_in_each_step_and_replicate(data):
    recipe = Recipe(ex.stage(counting(unseeded), epochs=4))
    check_recipe(recipe, data)
    jobs = [Job(cell, 0) for cell in ex.cells(data)[:2]]
    with pytest.warns(EngineWarning, match="draws random numbers without a seed of its own"):
        results = [result for _, result in selection.train(recipe, data, jobs, device=ex.device())]
    totals = []
    for result in results:
        layer = ex.model_of(result).layers[0]
        totals.append(float(layer.total))
        # A draw that every step repeats would make the mean of the draws one draw, whatever the number of steps.
        assert float(layer.steps) == 4 * -(-len(jobs[0].cell.train) // 16)
    with pytest.warns(EngineWarning):
        again = [result for _, result in selection.train(recipe, data, jobs, device=ex.device())]
    assert [float(ex.model_of(result).layers[0].total) for result in again] == totals
    assert totals[0] != totals[1]
    assert all(abs(total / 12 - 0.5) < 0.3 for total in totals)
