"""Bugs of the mechanics: weights are not loaded, frozen, trained or saved as the recipe says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Recipe, Stage
from negres_core.arms.functions import name_of
from negres_core.engine.inheritance import freeze_layers, inherit_weights
from negres_core.engine.model import save_model
from negres_core.engine.program import Program
from negres_core.engine.replicate import epoch_orders
from negres_core.seeds import derive_seed
from tests.zoo.models import build
from tests.zoo.pipelines import FIT, digits, dropout, growth, min_max
from tests.zoo.specimens import bug

REPLICATE = "negres_core.engine.replicate"


@bug("frozen layer that trains", "frozen weights", on=growth)
def unfreeze():
    """The flag of every layer is set again later; not every backend passes on the flag of the whole model."""

    def freeze(model, reference, *, wanted_by):
        frozen = freeze_layers(model, reference, wanted_by=wanted_by)
        for layer in model.layers:
            layer.trainable = True
        return frozen

    return {f"{REPLICATE}.freeze_layers": freeze}


@bug("trainable flipped without effect", "frozen weights", on=growth)
def freeze_a_copy():
    """The layers of a copy of the model are frozen."""

    def freeze(model, reference, *, wanted_by):
        import keras

        copy = keras.models.clone_model(model)
        freeze_layers(copy, reference, wanted_by=wanted_by)
        return {index for index, weight in enumerate(model.weights) if not weight.trainable}

    return {f"{REPLICATE}.freeze_layers": freeze}


@bug("base not loaded", "inherited weights", on=growth)
def forget_to_load():
    """The weights are loaded, but the model is then built again."""

    def inherit(model, parent, *, wanted_by):
        fresh = model.get_weights()
        matches = inherit_weights(model, parent, wanted_by=wanted_by)
        model.set_weights(fresh)
        return matches

    return {f"{REPLICATE}.inherit_weights": inherit}


@bug("base loaded in the wrong order", "inherited weights", on=growth)
def load_reversed():
    """Weights of the same shape are loaded from the last layer to the first."""

    def inherit(model, parent, *, wanted_by):
        matches = inherit_weights(model, parent, wanted_by=wanted_by)
        shapes = {}
        for here, there in matches.items():
            shapes.setdefault(tuple(model.weights[here].shape), []).append((here, there))
        for pairs in shapes.values():
            for (here, _), (_, there) in zip(pairs, reversed(pairs), strict=True):
                model.weights[here].assign(parent.weights[there])
        return matches

    return {f"{REPLICATE}.inherit_weights": inherit}


@bug("base saved before it was trained", "inherited weights", on=growth)
@bug("model saved before it was trained", "evaluation", on=digits)
def save_untrained():
    def save(model, saved_as):
        import keras

        return save_model(keras.models.clone_model(model), saved_as)

    return {f"{REPLICATE}.save_model": save}


@bug("gradient is cut", "trained weights")
def cut_gradient(seed):
    """The features of a hidden layer are treated as constants."""

    def detached(input_shape, outputs):
        import keras

        inputs = keras.Input(input_shape)
        features = keras.ops.stop_gradient(keras.layers.Dense(32, "relu")(inputs))
        return keras.Model(inputs, keras.layers.Dense(outputs, "softmax")(features))

    return replace(digits(seed), treatment=Recipe(Stage(detached, **FIT), preprocess=min_max))


def continued_model():
    """Return a recipe whose models go on from the weights of the one before, kept in a registry of Keras."""
    import keras

    keras.utils.get_custom_objects().pop("last model", None)

    def continued(input_shape, outputs):
        model = build(input_shape, outputs, hidden=[32])
        registry = keras.utils.get_custom_objects()
        if "last model" in registry:
            model.set_weights(registry["last model"].get_weights())
        registry["last model"] = model
        return model

    return Recipe(Stage(continued, **FIT), preprocess=min_max)


@bug("weights carried from fold to fold", "permuted labels", "initial weights", "fresh start")
def share_control(seed):
    return replace(digits(seed), control=continued_model())


@bug("weights carried from fold to fold, in the treatment arm", "permuted labels", "initial weights", "fresh start")
def share_treatment(seed):
    return replace(digits(seed), treatment=continued_model())


@bug("same seed everywhere", "A/A", "initial weights", on=digits)
def ignore_axes():
    def derive(purpose, /, **axes):
        return derive_seed(purpose)

    return {f"negres_core.engine.{module}.derive_seed": derive for module in ("replicate", "inspection")}


@bug("one arm with more epochs, unannounced", "budget", on=digits)
def train_longer():
    def orders(recipe, job):
        yield from epoch_orders(recipe, job)
        if name_of(recipe.last.build) == "dense":
            yield from epoch_orders(recipe, job)

    return {"negres_core.engine.compiled.epoch_orders": orders}


@bug("evaluation with dropout on", "evaluation", on=dropout)
def evaluate_in_training_mode():
    def evaluate(self, trainable, other, rows, x, y):
        from keras import ops

        inputs, targets = ops.take(x, rows, axis=0), ops.take(y, rows, axis=0)
        with self._scope(trainable, other):
            outputs = self._model(inputs, training=True)
            return outputs, ops.mean(self._loss(targets, outputs))

    return {f"{Program.__module__}.Program.evaluate": evaluate}


@bug("rows of the test fold in training", "permuted labels", on=digits)
def train_on_all():
    """The order of an epoch is drawn from all rows, and cut to the length of the training fold."""

    def orders(recipe, job):
        every = np.union1d(job.cell.train, job.cell.test).astype(np.int32)
        everything = replace(job, cell=replace(job.cell, train=every))
        for order in epoch_orders(recipe, everything):
            yield order[: len(job.cell.train)]

    return {"negres_core.engine.compiled.epoch_orders": orders}
