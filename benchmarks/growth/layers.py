"""Layers of the growth family that Keras does not have. Keras writes this module's name into models: do not move it."""

from __future__ import annotations

import keras
from keras import layers


# Not a subclass of Dense, which saves its kernel and bias and nothing else.
@keras.saving.register_keras_serializable("negres")
class Masked(layers.Layer):
    """A dense layer whose weight `mask`, of the shape of the kernel, says which weights there are: 1 or 0.

    The mask is not trained. A weight that there is not has no gradient either.
    """

    def __init__(self, units, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.units, self.activation = units, keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.GlorotUniform()

    def build(self, input_shape):
        """Make the weights; at first there are all."""
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.mask = self.add_weight(shape=shape, initializer="ones", trainable=False, name="mask")

    def call(self, inputs):
        """Return the outputs, (rows, units), by the weights that there are."""
        return self.activation(keras.ops.matmul(inputs, self.kernel * self.mask) + self.bias)

    def get_config(self):
        """Return what the layer is made of."""
        activation = keras.activations.serialize(self.activation)
        return super().get_config() | {"units": self.units, "activation": activation}
