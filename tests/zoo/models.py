"""The networks of the zoo, as a researcher would write them."""

from __future__ import annotations

import functools


@functools.cache
def rate(value):
    """Return a function that makes an Adam optimizer with a learning rate."""

    def adam():
        import keras

        return keras.optimizers.Adam(value)

    return adam


@functools.cache
def network(**options):
    """Return a build function with some options of `build`; cached, so that equal stages share compiled programs."""
    return functools.partial(build, **options)


def build(
    input_shape,
    outputs,
    *,
    hidden=(16,),
    activation="relu",
    last="softmax",
    width=None,
    flatten=False,
    normalize=None,
    drop=0,
    after=(),
):
    """Build a network of dense layers.

    Args:
        input_shape: shape of a row.
        outputs: number of classes, or of target columns.
        hidden: number of units of each hidden layer.
        activation: activation of the hidden layers.
        last: activation of the last layer.
        width: width of the last layer; `outputs` if None.
        flatten: whether to flatten the inputs, for images.
        normalize: momentum of a batch normalization after each hidden layer, or None for no normalization.
        drop: dropout rate after each hidden layer.
        after: functions that make layers to add after the last.
    """
    import keras
    from keras import layers

    stack = [layers.Flatten()] if flatten else []
    for units in hidden:
        stack.append(layers.Dense(units, activation))
        stack += [layers.BatchNormalization(momentum=normalize)] if normalize else []
        stack += [layers.Dropout(drop)] if drop else []
    stack.append(layers.Dense(width or outputs, last))
    return keras.Sequential([layers.Input(input_shape), *stack, *(make() for make in after)])


def dense(input_shape, outputs):
    return build(input_shape, outputs, hidden=[24])


def linear(input_shape, outputs):
    return build(input_shape, outputs, hidden=[])


def autoencoder(*, code, **options):
    """Return a build function of an autoencoder that ends in a sigmoid."""
    return network(hidden=(code,), last="sigmoid", **options)


def convolutional(input_shape, outputs):
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(outputs, "softmax"),
        ]
    )


def trunk_layers(outputs):
    """Return the layers of a base; the second and the third have the same shape."""
    from keras import layers

    hidden = [layers.Dense(20, "relu", name=f"trunk_{place}") for place in (1, 2, 3)]
    return [*hidden, layers.Dense(outputs, "softmax", name="trunk_4")]


def trunk(input_shape, outputs):
    import keras

    return keras.Sequential([keras.layers.Input(input_shape), *trunk_layers(outputs)])


def grown(input_shape, outputs):
    import keras

    new = [keras.layers.Dense(size, "relu", name=f"new_{size}") for size in (48, *input_shape)]
    return keras.Sequential([keras.layers.Input(input_shape), *new, *trunk_layers(outputs)])
