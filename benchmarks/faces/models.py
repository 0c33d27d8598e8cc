"""The models of the faces family, in plain Keras: autoencoders of images with two named parts.

The layer `encoder` maps images, (rows, size, size, channels), to codes, (rows, code). The layer `decoder` maps codes
back to images.
"""

from __future__ import annotations

import math


def cae(
    input_shape,
    *,
    code=64,
    width=16,
    blocks=3,
    activation="relu",
    output="sigmoid",
    normalized=False,
    momentum=0.9,
    resized=False,
):
    """Return a convolutional autoencoder.

    Args:
        input_shape: height, width and channels of an image; the sides can be halved `blocks` times.
        code: numbers in a code.
        width: channels of the first block; each further one has twice as many.
        blocks: strided convolutions, each of which halves the sides.
        activation: of all hidden layers.
        output: activation of the outputs.
        normalized: whether batch normalization follows each convolution.
        momentum: of its running statistics.
        resized: whether the decoder repeats pixels and convolves, in place of a strided transposed convolution.
    """
    import keras
    from keras import layers

    widths = [width * 2**block for block in range(blocks)]

    def finish():
        normalize = [layers.BatchNormalization(momentum=momentum)] if normalized else []
        return [*normalize, layers.Activation(activation)]

    def grow(channels):
        if not resized:
            return [layers.Conv2DTranspose(channels, 3, strides=2, padding="same")]
        return [layers.UpSampling2D(), layers.Conv2D(channels, 3, padding="same")]

    encoder = keras.Sequential([keras.Input(input_shape)], name="encoder")
    for channels in widths:
        for layer in [layers.Conv2D(channels, 3, strides=2, padding="same"), *finish()]:
            encoder.add(layer)
    smallest = encoder.output_shape[1:]
    encoder.add(layers.Flatten())
    encoder.add(layers.Dense(code))

    decoder = keras.Sequential([keras.Input((code,))], name="decoder")
    for layer in [layers.Dense(math.prod(smallest)), layers.Activation(activation), layers.Reshape(smallest)]:
        decoder.add(layer)
    for channels in reversed(widths[:-1]):
        for layer in [*grow(channels), *finish()]:
            decoder.add(layer)
    for layer in [*grow(input_shape[-1]), layers.Activation(output)]:
        decoder.add(layer)
    return _join(encoder, decoder, input_shape)


def dense_autoencoder(input_shape, *, code=64, width=256, activation="relu"):
    """Return an autoencoder without convolutions: one hidden layer on either side of the code."""
    import keras
    from keras import layers

    pixels = math.prod(input_shape)
    encoder = keras.Sequential(
        [keras.Input(input_shape), layers.Flatten(), layers.Dense(width, activation=activation), layers.Dense(code)],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((code,)),
            layers.Dense(width, activation=activation),
            layers.Dense(pixels, activation="sigmoid"),
            layers.Reshape(input_shape),
        ],
        name="decoder",
    )
    return _join(encoder, decoder, input_shape)


def vae(input_shape, *, code=64, **options):
    """Return a variational autoencoder: `cae`, with a distribution in place of each code. `encoder` gives its mean."""
    import keras

    from benchmarks.face_layers import Sampling

    inner = cae(input_shape, code=2 * code, **options)
    moments, images = inner.get_layer("encoder"), keras.Input(input_shape)
    decoder = cae(input_shape, code=code, **options).get_layer("decoder")
    sampled = Sampling(1 / math.prod(input_shape), name="sampling")(moments(images))
    encoder = keras.Model(images, sampled, name="encoder")
    return _join(encoder, decoder, input_shape)


def dcgan(input_shape, *, code=64, width=32):
    """Return a generator of images, its layer `decoder`, and its adversary, its layer `discriminator`.

    After Radford et al. 2016. The model draws a code for each image that it is given, and returns what is generated.
    """
    from benchmarks.face_layers import Adversaries

    return Adversaries(input_shape, code=code, width=width)


def play(model, images, targets, *, training):
    """Let the discriminator tell images from generated ones, and the generator have them taken for images."""
    from keras import losses, ops

    real = model.discriminator(images, training=training)
    fake = model.discriminator(model(images, training=training), training=training)
    told = losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = ops.ones_like(real), ops.zeros_like(real)
    return {"decoder": told(ones, fake), "discriminator": (told(ones, real) + told(zeros, fake)) / 2}


def encoded_dcgan(input_shape, *, code=64, width=32):
    """Return a `dcgan` with a layer `encoder`, which learns to tell the codes of generated images."""
    from benchmarks.face_layers import EncodedAdversaries

    return EncodedAdversaries(input_shape, code=code, width=width)


def play_and_encode(model, images, targets, *, training):
    """Let the two play, and the encoder tell the codes of what is generated. No real image reaches the encoder."""
    from keras import losses, ops

    codes = model.draw(images)
    generated = model.decoder(codes, training=training)
    real, fake = (model.discriminator(each, training=training) for each in (images, generated))
    told = losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = ops.ones_like(real), ops.zeros_like(real)
    return {
        "decoder": told(ones, fake),
        "discriminator": (told(ones, real) + told(zeros, fake)) / 2,
        "encoder": ops.mean((model.encoder(generated, training=training) - codes) ** 2),
    }


def _join(encoder, decoder, input_shape):
    import keras

    images = keras.Input(input_shape)
    return keras.Model(images, decoder(encoder(images)))
