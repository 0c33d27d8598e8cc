"""The article's models, in plain Keras, and how every arm of the growth family is trained unless it says otherwise.

Model 1 is `base`, models 2 and 3 are `grown`; see benchmarks/test_growth.py.
"""

from __future__ import annotations

FIT = {"epochs": 10, "batch_size": 128, "saved_as": "h5"}


def trunk(outputs):
    from keras import layers

    return [
        layers.Dense(30, activation="relu", name="trunk_1"),
        layers.Dropout(0.5, name="dropout_1"),
        layers.Dense(25, activation="relu", name="trunk_2"),
        layers.Dropout(0.5, name="dropout_2"),
        layers.Dense(outputs, activation="softmax", name="trunk_3"),
    ]


def base(input_shape, outputs):
    import keras

    return keras.Sequential([keras.layers.Input(input_shape), *trunk(outputs)])


def grown(input_shape, outputs):
    import keras

    width = input_shape[0]
    new = [
        keras.layers.Dense(100, activation="relu", name="new_1"),
        keras.layers.Dense(width, activation="relu", name="new_2"),
    ]
    return keras.Sequential([keras.layers.Input(input_shape), *new, *trunk(outputs)])


def min_max():
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler()


def mlp(input_shape, outputs, *, widths=(64,), activation="relu", frozen=0):
    """Return a classifier of dense layers `hidden_1`, `hidden_2`, ..., and `classes`; the first `frozen` stay as is."""
    import keras

    ends = keras.layers.Dense(outputs, "softmax", name="classes")
    return keras.Sequential([keras.Input(input_shape), *_hidden(widths, activation, frozen), ends])


def autoencoder(input_shape, *, widths=(64,), activation="relu"):
    """Return the hidden layers of an `mlp`, the last of them trained, and its decoder; see `reconstruct`."""
    import keras

    given = (*input_shape, *widths)[-2]
    hidden = _hidden(widths, activation, len(widths) - 1)
    decoder = keras.layers.Dense(given, name=f"decoder_{len(widths)}")
    return keras.Sequential([keras.Input(input_shape), *hidden, decoder])


def reconstruct(model, x, y, *, training):
    """Return the mean squared error with which an `autoencoder` decodes what its last hidden layer is given."""
    from keras import ops

    *known, encoder, decoder = (layer for layer in model.layers if layer.weights)
    for layer in known:
        x = layer(x)
    return ops.mean(ops.square(decoder(encoder(x)) - x))


def _hidden(widths, activation, frozen):
    from keras import layers

    return [
        layers.Dense(units, activation, name=f"hidden_{place}", trainable=place > frozen)
        for place, units in enumerate(widths, start=1)
    ]


def cnn(input_shape, outputs, *, channels=16, units=64, deeper=False):
    """Return the network of Keras' example of Net2Net, for square images given as rows of pixels.

    Args:
        input_shape: (pixels,), the square of an even number.
        outputs: number of classes.
        channels: of the first convolution; the second has 16.
        units: of the dense layer.
        deeper: whether a further layer, as wide, follows the second convolution and the dense layer.
    """
    import math

    import keras
    from keras import layers

    size = math.isqrt(input_shape[0])
    conv = {"kernel_size": 3, "padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Reshape((size, size, 1)),
            layers.Conv2D(channels, name="conv_1", **conv),
            layers.MaxPooling2D(),
            layers.Conv2D(16, name="conv_2", **conv),
            *([layers.Conv2D(16, name="conv_2_deeper", **conv)] if deeper else []),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(units, "relu", name="hidden"),
            *([layers.Dense(units, "relu", name="hidden_deeper")] if deeper else []),
            layers.Dense(outputs, "softmax", name="classes"),
        ]
    )


def sparse_mlp(input_shape, outputs, *, widths=(128, 64)):
    """Return an `mlp` whose hidden layers have masks: a start rule says which of their weights there are."""
    import keras

    from benchmarks.growth.layers import Masked

    hidden = [Masked(units, "relu", name=f"hidden_{place}") for place, units in enumerate(widths, start=1)]
    return keras.Sequential([keras.Input(input_shape), *hidden, keras.layers.Dense(outputs, "softmax", name="classes")])


def on_random_base(input_shape, outputs):
    """Return `grown` in front of a trunk that was never trained, and is not."""
    model = grown(input_shape, outputs)
    for layer in model.layers:
        layer.trainable = not layer.name.startswith("trunk")
    return model
