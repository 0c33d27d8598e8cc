"""Models with several outputs, and data for them, that the engine's tests share."""

from __future__ import annotations

import keras
from keras import layers

from negres_core.dataset import Dataset
from tests.engine.examples import CLASSES

HEADS = Dataset(
    x=CLASSES.x, y={"sign": (CLASSES.x[:, 0] > 0).astype(int), "total": CLASSES.x[:, :3].sum(axis=1)}, name="heads"
)
LOSSES = {"sign": "sparse_categorical_crossentropy", "total": "mae"}


def two_heads(drop=0.5, last="softmax"):
    """Two outputs of one hidden layer, by name; the layers have names of their own."""
    inputs = keras.Input((6,))
    hidden = layers.Dropout(drop)(layers.Dense(8, "relu", name="hidden")(inputs))
    outputs = {"sign": layers.Dense(2, last, name="classes"), "total": layers.Dense(1, name="value")}
    return keras.Model(inputs, {name: layer(hidden) for name, layer in outputs.items()})


@keras.saving.register_keras_serializable(package="negres_tests")
class Heads(keras.Model):
    """Two outputs of a subclassed model."""

    def __init__(self, **options):
        super().__init__(**options)
        self.sign = layers.Dense(2, "softmax", name="sign")
        self.total = layers.Dense(1, name="total")

    def call(self, inputs):
        return {"sign": self.sign(inputs), "total": self.total(inputs)}


def subclassed_heads():
    return Heads(name="heads")
