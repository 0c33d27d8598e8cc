"""Bugs of what Keras users have: callbacks, layers that adapt, and bases whose layers are frozen, or said to be."""

from __future__ import annotations

from dataclasses import replace

from negres_core import Recipe, Stage
from tests.zoo.models import dense
from tests.zoo.pipelines import FIT, digits, min_max
from tests.zoo.pipelines_of_keras import frozen_normalization
from tests.zoo.specimens import bug


@bug("callback that looks at the test fold", "captured data")
def look_at_test_rows(seed):
    """The best epoch is chosen by the accuracy on all rows, which a closure brings along."""
    pipeline = digits(seed)
    x, y = pipeline.data.x, pipeline.data.y

    def callbacks():
        import keras
        import numpy as np

        class KeepBest(keras.callbacks.Callback):
            best, weights = 0.0, None

            def on_epoch_end(self, epoch, logs=None):
                right = float(np.mean(self.model.predict(x, verbose=0).argmax(axis=1) == y))
                if right > self.best:
                    self.best, self.weights = right, self.model.get_weights()

            def on_train_end(self, logs=None):
                self.model.set_weights(self.weights)

        return [KeepBest()]

    stage = Stage(dense, callbacks=callbacks, **FIT)
    return replace(pipeline, treatment=Recipe(stage, preprocess=min_max))


@bug("Normalization with the statistics of all rows", "fitted scaler")
def normalize_by_all_rows(seed):
    pipeline = digits(seed)
    mean, variance = (list(map(float, each)) for each in (pipeline.data.x.mean(axis=0), pipeline.data.x.var(axis=0)))

    def build(input_shape, outputs):
        from keras import Input, Sequential, layers

        scale = layers.Normalization(mean=mean, variance=variance)
        return Sequential([Input(input_shape), scale, layers.Dense(24, "relu"), layers.Dense(outputs, "softmax")])

    return replace(pipeline, treatment=Recipe(Stage(build, **FIT)))


@bug("moving averages of a frozen base that drift", "frozen weights")
def drift(seed):
    """A normalization of the researcher's own does not ask whether it is frozen."""
    import keras
    from keras import layers, ops

    @keras.saving.register_keras_serializable(package="negres_zoo")
    class Centred(layers.Layer):
        def build(self, shape):
            self.mean = self.add_weight(shape=(shape[-1],), initializer="zeros", trainable=False, name="mean")

        def call(self, inputs, training=False):
            if training:
                self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(inputs, axis=0))
            return inputs - self.mean

    def base(input_shape, outputs):
        hidden = [layers.Rescaling(1 / 16), layers.Dense(24, "relu", name="hidden"), Centred(name="moments")]
        return keras.Sequential([keras.Input(input_shape), *hidden, layers.Dense(outputs, "softmax", name="classes")])

    def headed(input_shape, outputs):
        model = base(input_shape, outputs)
        hidden = layers.Dense(16, "relu", name="head")(model.get_layer("moments").output)
        return keras.Model(model.inputs[0], layers.Dense(outputs, "softmax", name="new_classes")(hidden))

    def features(input_shape, outputs):
        model = base(input_shape, outputs)
        return keras.Model(model.inputs[0], model.get_layer("moments").output)

    treatment = Recipe(Stage(base, **FIT), Stage(headed, inherits=base, freezes=features, **FIT))
    return replace(frozen_normalization(seed), treatment=treatment, control=Recipe(Stage(base, **FIT)))
