"""Layers of the faces family that Keras does not have: a sampled code, and the players of a GAN in one model.

They belong to faces/models.py. But Keras writes the module of a custom layer into a model's configuration, on which the
ids of replicates depend: in another module, these layers would have to be trained again.
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("negres")
class Sampling(layers.Layer):
    """Draws a code from the normal distribution of an image; outside training, its mean.

    Adds the divergence of that distribution from the standard normal to the loss (Kingma & Welling 2014), scaled by
    `weight`, which is one over the number of pixel values where the rest of the loss is a mean over them.
    """

    def __init__(self, weight, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight
        self.seed = keras.random.SeedGenerator()

    def call(self, moments, training=False):
        """Return a code for each row of means and logarithms of variances, (rows, 2 * code)."""
        mean, log_variance = ops.split(moments, 2, axis=-1)
        divergence = 0.5 * ops.sum(ops.exp(log_variance) + mean**2 - 1 - log_variance, axis=-1)
        self.add_loss(self.weight * ops.mean(divergence))
        if not training:
            return mean
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed)

    def get_config(self):
        """Return what the layer is made of."""
        return super().get_config() | {"weight": self.weight}


@keras.saving.register_keras_serializable("negres")
class Adversaries(keras.Model):
    """A generator of images, the layer `decoder`, and its adversary, the layer `discriminator`."""

    def __init__(self, image_shape, *, code, width, **kwargs):
        super().__init__(**kwargs)
        self.options = {"image_shape": tuple(image_shape), "code": code, "width": width}
        self.code, self.seed = code, keras.random.SeedGenerator()
        height, breadth, channels = image_shape
        smallest = (height // 8, breadth // 8, 4 * width)
        self.decoder = keras.Sequential(
            [
                keras.Input((code,)),
                layers.Dense(math.prod(smallest)),
                layers.Reshape(smallest),
                layers.BatchNormalization(momentum=0.9),
                layers.ReLU(),
                *self._blocks(layers.Conv2DTranspose, (2 * width, width), layers.ReLU),
                layers.Conv2DTranspose(channels, 4, strides=2, padding="same", activation="sigmoid"),
            ],
            name="decoder",
        )
        first = [layers.Conv2D(width, 4, strides=2, padding="same"), layers.LeakyReLU(0.2)]
        rest = self._blocks(layers.Conv2D, (2 * width, 4 * width), lambda: layers.LeakyReLU(0.2))
        self.discriminator = keras.Sequential(
            [keras.Input(tuple(image_shape)), *first, *rest, layers.Flatten(), layers.Dense(1)], name="discriminator"
        )

    def _blocks(self, convolution, widths, activation):
        for width in widths:
            yield convolution(width, 4, strides=2, padding="same")
            yield layers.BatchNormalization(momentum=0.9)
            yield activation()

    def call(self, images, training=False):
        """Return as many generated images as there are images."""
        codes = keras.random.normal((ops.shape(images)[0], self.code), seed=self.seed)
        return self.decoder(codes, training=training)

    def get_config(self):
        """Return what the model is made of."""
        return super().get_config() | self.options


@keras.saving.register_keras_serializable("negres")
class EncodedAdversaries(Adversaries):
    """The two players, and a layer `encoder` that tells the code of a generated image."""

    def __init__(self, image_shape, *, code, width, **kwargs):
        super().__init__(image_shape, code=code, width=width, **kwargs)
        first = [layers.Conv2D(width, 4, strides=2, padding="same"), layers.LeakyReLU(0.2)]
        rest = self._blocks(layers.Conv2D, (2 * width, 4 * width), lambda: layers.LeakyReLU(0.2))
        self.encoder = keras.Sequential(
            [keras.Input(tuple(image_shape)), *first, *rest, layers.Flatten(), layers.Dense(code)], name="encoder"
        )

    def draw(self, images):
        """Return a code for each image, drawn from the standard normal distribution."""
        return keras.random.normal((ops.shape(images)[0], self.code), seed=self.seed)
