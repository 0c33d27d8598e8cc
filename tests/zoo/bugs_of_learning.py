"""Bugs of learning: the network cannot learn what it should."""

from __future__ import annotations

from dataclasses import replace

from negres_core import Recipe, Stage
from tests.zoo.models import autoencoder, network, rate
from tests.zoo.pipelines import FIT, cancer, digits, min_max, normalization, reconstruction, standard
from tests.zoo.specimens import bug


def softmax():
    import keras

    return keras.layers.Softmax()


def sigmoid():
    import keras

    return keras.layers.Activation("sigmoid")


def rounded():
    """Make a layer that rounds to whole numbers in inference mode: added for display, and left in the model."""
    import keras

    class Rounded(keras.layers.Layer):
        def call(self, inputs, training=False):
            return inputs if training else keras.ops.round(inputs)

    return Rounded()


@bug("softmax twice", "squashed outputs")
def squash_classes(seed):
    pipeline = digits(seed)
    twice = Stage(network(hidden=(24,), after=(softmax,)), **FIT | {"epochs": 30})
    return replace(pipeline, treatment=Recipe(twice, preprocess=min_max))


@bug("sigmoid twice", "squashed outputs")
def squash_one(seed):
    fit = FIT | {"loss": "binary_crossentropy"}
    twice = Stage(network(last="sigmoid", width=1, after=(sigmoid,)), **fit)
    return replace(cancer(seed), treatment=Recipe(twice, preprocess=standard))


@bug("learning rate that kills units", "dead units", "overfits 16")
def kill_units(seed):
    stage = Stage(network(hidden=(32, 32)), **FIT | {"optimizer": rate(3.0)})
    return replace(digits(seed), treatment=Recipe(stage, preprocess=min_max))


@bug("batch normalization with a momentum of 0.999", "inference gap")
def lag_behind(seed):
    pipeline = normalization(seed)
    stage = replace(pipeline.treatment.last, build=network(normalize=0.999))
    return replace(pipeline, treatment=Recipe(stage, preprocess=min_max))


@bug("class never predicted", "predicted classes")
def ignore_class(seed):
    """Class 0 was the background in the code that the loss was copied from."""

    def loss():
        import keras

        return keras.losses.SparseCategoricalCrossentropy(ignore_class=0)

    pipeline = digits(seed)
    return replace(pipeline, treatment=Recipe(replace(pipeline.treatment.last, loss=loss), preprocess=min_max))


@bug("outputs rounded in the model", "saturation", "overfits 16")
def round_in_model(seed):
    pipeline = reconstruction(seed)
    stage = replace(pipeline.treatment.last, build=autoencoder(code=16, after=(rounded,)))
    return replace(pipeline, treatment=Recipe(stage))


@bug("control arm that cannot learn", "overfits 16", "majority class")
def break_control(seed):
    """The logits go through a ReLU: units that are off at the start stay off."""
    stage = Stage(network(hidden=(24,), last="relu", after=(softmax,)), **FIT | {"optimizer": rate(1.0)})
    return replace(digits(seed), control=Recipe(stage, preprocess=min_max))
