"""Small recipes, data and jobs that the engine's tests share. Run as a program, it trains them and prints numbers."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from keras import layers, ops

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.design import Cell, KFolds
from negres_core.engine import batched, compiled, reference
from negres_core.engine.contract import Job
from negres_core.engine.device import Device

ENGINES = {"reference": reference.train, "compiled": compiled.train, "batched": batched.train}
RANDOM = np.random.default_rng(7)

CHANGED_SETTINGS = [
    ("dtype_policy", "mixed_bfloat16"),
    ("epsilon", 1e-3),
    ("floatx", "float64"),
    ("image_data_format", "channels_first"),
]
"""Global settings of Keras, with values other than those it comes with."""

# 61 rows in 3 folds: training folds of 40 and 41 rows. 7 classes for models with 8 outputs.
CLASSES = Dataset(x=RANDOM.normal(size=(61, 6)), y=np.arange(61) % 7, name="classes")
BINARY = Dataset(x=CLASSES.x, y=(CLASSES.x[:, 0] > 0).astype(int), name="binary")
VALUES = Dataset(x=CLASSES.x, y=CLASSES.x[:, :2] @ np.eye(2) + 0.5, name="values")
SEVERAL = Dataset(x=CLASSES.x, y=(CLASSES.x[:, :3] > [0, 0.5, -0.5]).astype(int), name="several labels")
# Three classes of each of 5 steps, which follow from the step and the one before; of some rows the last 2 do not count.
STEP_INPUTS = np.random.default_rng(8).normal(size=(41, 5, 2))
STEP_LABELS = (STEP_INPUTS[..., 0] > 0).astype(int) + (np.roll(STEP_INPUTS[..., 0], 1, axis=1) > 0)
STEPS = Dataset(x=STEP_INPUTS, y=STEP_LABELS, name="steps")
PADDED = Dataset(
    x=STEP_INPUTS,
    y=np.where((np.arange(41)[:, None] % 3 == 0) & (np.arange(5) > 2), 255, STEP_LABELS),
    name="padded steps",
    ignore_class=255,
)
MASKS = Dataset(x=STEP_INPUTS[..., None], y=(STEP_INPUTS > 0.3).astype(int), name="masks")
IMAGES = Dataset(x=RANDOM.normal(size=(30, 8, 8, 1)), y=np.arange(30) % 3, name="images")
# Two inputs of different shape and scale, 23 rows in 3 folds.
PORTRAITS = Dataset(
    x={"image": RANDOM.normal(size=(23, 3, 3, 1)), "age": RANDOM.uniform(1, 99, size=(23, 1))},
    y=np.arange(23) % 3,
    name="portraits",
)


def device(workers: int = 1) -> Device:
    return Device("cpu", "a processor", keras.backend.backend(), workers)


def cells(data: Dataset, repeats: int = 1) -> list[Cell]:
    return list(KFolds(folds=3, repeats=repeats).split(data))


def stage(build, **changes) -> Stage:
    return Stage(build, **{"epochs": 2, "batch_size": 16} | changes)


def train(engine, recipe, data, jobs, *, workers=1):
    """Results by (repeat, fold, seed)."""
    done = ENGINES[engine](recipe, data, jobs, device=device(workers))
    return {(job.cell.repeat, job.cell.fold, job.seed): result for job, result in done}


@functools.cache
def result_of(engine, recipe, data, *, fold=0, seed=0):
    """Train one replicate and return its result; tests that need the same replicate share it."""
    ((_, result),) = ENGINES[engine](recipe, data, [Job(cells(data)[fold], seed)], device=device())
    return result


def model_of(result, saved_as="keras"):
    """Load the model of a result from its bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"model.{saved_as}")
        path.write_bytes(result.model)
        return keras.models.load_model(path)


def dense():
    """The article's first model, scaled down: dropout, ReLU, softmax, and one output more than there are classes."""
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(10, activation="relu", name="hidden_1"),
            layers.Dropout(0.5),
            layers.Dense(8, activation="relu", name="hidden_2"),
            layers.Dropout(0.5),
            layers.Dense(8, activation="softmax", name="classes"),
        ]
    )


def grown():
    return keras.Sequential([keras.Input((6,)), layers.Dense(6, activation="relu", name="front"), *dense().layers])


def plain(width=8):
    return keras.Sequential([keras.Input((6,)), layers.Dense(width, activation="softmax", name="classes")])


def normalized():
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(6, name="hidden"), layers.BatchNormalization(name="norm"), *plain().layers]
    )


def convolutional():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(3, 3, activation="relu", name="filters"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )


def of_steps(last="softmax", outputs=3):
    return keras.Sequential(
        [
            keras.Input((5, 2)),
            layers.Conv1D(6, 3, padding="same", activation="relu", name="filters"),
            layers.Dropout(0.5),
            layers.Dense(outputs, activation=last, name="classes"),
        ]
    )


def of_single_steps():
    """A model without a convolution, which TensorFlow does not vectorize over different filters."""
    return keras.Sequential(
        [keras.Input((5, 2)), layers.Dense(6, "relu", name="h"), layers.Dropout(0.5), layers.Dense(3, name="classes")]
    )


def of_pixels():
    return keras.Sequential([keras.Input((5, 2, 1)), layers.Conv2D(1, 3, padding="same", activation="sigmoid")])


def counted_logits():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)


def counted_squares(y, outputs):
    """A loss of one's own: the mean squared error of the steps that count, divided by their number in the batch."""
    counts = ops.cast(y >= 0, outputs.dtype)
    wanted = ops.one_hot(ops.cast(ops.maximum(y[..., 0], 0), "int32"), outputs.shape[-1])
    return ops.sum(counts[..., 0] * ops.sum((wanted - outputs) ** 2, axis=-1)) / ops.sum(counts)


def regularized():
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(6, kernel_regularizer="l2", activity_regularizer="l1", name="hidden"),
            *plain().layers,
        ]
    )


@keras.saving.register_keras_serializable(package="negres_tests")
class Net(keras.Model):
    WIDTH = 7

    def __init__(self, **options):
        super().__init__(**options)
        self.hidden = layers.Dense(self.WIDTH, activation="relu", name="hidden")
        self.dropout = layers.Dropout(0.5)
        self.classes = layers.Dense(8, activation="softmax", name="classes")

    def call(self, inputs, training=False):
        return self.classes(self.dropout(self.hidden(inputs), training=training))


def subclassed():
    return Net(name="net")


def noisy():
    """A model whose random numbers are Keras' own."""
    return keras.Sequential([keras.Input((6,)), layers.GaussianNoise(0.5), *plain().layers])


def sigmoid():
    return keras.Sequential([keras.Input((6,)), layers.Dense(1, activation="sigmoid", name="class")])


def linear(outputs=2):
    return keras.Sequential([keras.Input((6,)), layers.Dense(outputs, name="values")])


def sigmoids():
    return keras.Sequential([keras.Input((6,)), layers.Dense(4, "relu"), layers.Dense(3, "sigmoid", name="labels")])


def of_logits():
    return keras.losses.BinaryCrossentropy(from_logits=True)


@keras.saving.register_keras_serializable(package="negres_tests")
class Ramp(keras.initializers.Initializer):
    """Initial weights that need no random number, equal under every backend."""

    def __call__(self, shape, dtype=None):
        ramp = np.linspace(-0.5, 0.5, int(np.prod(shape)), dtype=np.float32)
        return keras.ops.convert_to_tensor(ramp.reshape(shape))


def same_everywhere():
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="tanh", kernel_initializer=Ramp(), name="hidden"),
            layers.Dense(7, activation="softmax", kernel_initializer=Ramp(), name="out"),
        ]
    )


def joined(input_shape, *, listed=False):
    """Two inputs, joined before a batch normalization; Keras takes them by name from a dictionary or from a list."""
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    flat = layers.Flatten()(inputs["image"])
    features = layers.Dense(4, use_bias=False, kernel_initializer=Ramp(), name="features")(flat)
    both = layers.BatchNormalization(name="norm")(layers.Concatenate()([features, inputs["age"]]))
    outputs = layers.Dense(3, activation="softmax", kernel_initializer=Ramp(), name="classes")(both)
    return keras.Model([inputs["image"], inputs["age"]] if listed else inputs, outputs)


@keras.saving.register_keras_serializable(package="negres_tests")
class Pair(keras.Model):
    """Two inputs of a subclassed model, whose names Keras does not know."""

    def __init__(self, **options):
        super().__init__(**options)
        self.flat = layers.Flatten()
        self.classes = layers.Dense(3, activation="softmax", name="classes")

    def call(self, inputs):
        return self.classes(keras.ops.concatenate([self.flat(inputs["image"]), inputs["age"] / 100], axis=1))


def paired():
    return Pair(name="pair")


def weighted_by_age(model, x, y, *, training):
    """An objective that uses one of several inputs: older rows have more weight."""
    losses = keras.losses.sparse_categorical_crossentropy(y, model(x, training=training))
    return keras.ops.mean(losses * x["age"][:, 0])


def squares(y, outputs):
    """A loss that depends on how Keras passes the targets: in the outputs' dtype, not reshaped to fit."""
    return keras.ops.mean((y - outputs[:, 0]) ** 2)


def not_a_number(y, outputs):
    return squares(y, outputs) * float("nan")


@keras.saving.register_keras_serializable(package="negres_tests")
class Centred(layers.Layer):
    """Subtracts a moving mean that it has just updated."""

    def build(self, shape):
        self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False, name="mean")

    def call(self, inputs, training=False):
        if training:
            self.mean.assign(0.5 * self.mean + 0.5 * ops.mean(inputs, axis=0))
        return inputs - self.mean


def centred():
    hidden = layers.Dense(6, "relu", name="hidden")
    return keras.Sequential([keras.Input((6,)), hidden, Centred(), layers.Dense(8, "softmax", name="classes")])


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without a configuration, which no training needs."""

    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start / (1 + ops.cast(step, "float32"))


def halving(start=0.5):
    return keras.optimizers.SGD(Halving(start))


def falling():
    return keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=2, decay_rate=0.7))


def momentum():
    return keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)


def too_fast():
    return keras.optimizers.SGD(1e15)


@keras.saving.register_keras_serializable(package="negres_tests")
class Sampling(layers.Layer):
    """The latent code of a variational autoencoder in plain Keras: a sample, with its divergence as added loss."""

    def __init__(self, **options):
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(3)

    def call(self, moments, training=False):
        mean, log_variance = keras.ops.split(moments, 2, axis=-1)
        self.add_loss(-0.5 * keras.ops.mean(1 + log_variance - mean**2 - keras.ops.exp(log_variance)))
        if not training:
            return mean
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(log_variance / 2) * noise


def variational():
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(4, name="moments"), Sampling(), layers.Dense(2, name="values")]
    )


def absolute(model, x, y, *, training):
    """An objective in place of a loss."""
    return keras.ops.mean(keras.ops.abs(y - model(x, training=training)))


def two_players():
    x = keras.Input((6,))
    generator = keras.Sequential([keras.Input((6,)), layers.Dense(2, name="generated")], name="generator")
    critic = keras.Sequential([keras.Input((2,)), layers.Dense(2, name="criticized")], name="critic")
    return keras.Model(x, critic(generator(x)))


def rivals(model, x, y, *, training):
    """One player minimizes what the other maximizes, except for a term that keeps both finite."""
    values = model.get_layer("generator")(x, training=training)
    scores = model.get_layer("critic")(values, training=training)
    distance = keras.ops.mean((scores - y) ** 2)
    return {"generator": distance, "critic": keras.ops.mean(scores**2) - 0.1 * distance}


RECIPES = {
    "dropout": (Recipe(stage(dense)), CLASSES),
    "convolution": (Recipe(stage(convolutional)), IMAGES),
    "subclass": (Recipe(stage(subclassed)), CLASSES),
    "batch normalization": (Recipe(stage(normalized, optimizer=momentum)), CLASSES),
    "added loss": (Recipe(stage(variational, loss="mse")), VALUES),
    "objective": (Recipe(stage(linear, objective=absolute)), VALUES),
    "two players": (Recipe(stage(two_players, objective=rivals)), VALUES),
    "two inputs": (Recipe(stage(joined, optimizer=momentum)), PORTRAITS),
    "same": (Recipe(stage(same_everywhere, epochs=1, optimizer=momentum)), CLASSES),
}


def as_numbers(name: str, *, seeds: int) -> dict:
    """Return the curves, losses and weights that the engines compute for a recipe, as plain JSON values."""
    recipe, data = RECIPES[name]
    jobs = [Job(cells(data)[0], seed) for seed in range(seeds)]
    return {
        engine: [
            {"curve": result.curve, "loss": result.metrics["loss"], "weights": weights_of(result)}
            for _, result in sorted(train(engine, recipe, data, jobs, workers=2).items())
        ]
        for engine in ENGINES
    }


def weights_of(result) -> list:
    """Return the trained weights of a result as plain JSON values."""
    return [weight.tolist() for weight in model_of(result).get_weights()]


if __name__ == "__main__":
    numbers = {name: as_numbers(name, seeds=2 if name == "dropout" else 1) for name in RECIPES}
    json.dump({"backend": keras.backend.backend(), **numbers}, sys.stdout)
