"""Clean pipelines that find nothing, or that are judged by a metric or a loss of their own."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Fit, Recipe, Stage, beats, matches, reaches
from tests.zoo.models import dense, linear, network, rate
from tests.zoo.pipelines import FIT, VALUES, Pipeline, standard


def unlearnable(seed):
    """Labels that have nothing to do with the inputs: the bar is not reached, and that is the truth."""
    random = np.random.default_rng(seed)
    data = Dataset(x=random.normal(size=(200, 10)), y=random.permutation(np.arange(200) % 2), name="unlearnable")
    return Pipeline(data=data, treatment=Recipe(Stage(dense, **FIT)), claim=reaches("accuracy", bar=0.7))


def weak(seed):
    """A signal that explains 2% of the variance, as of returns."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(400, 5))
    fit = FIT | VALUES
    return Pipeline(
        data=Dataset(x=x, y=0.15 * x[:, 0] + random.normal(size=400), name="returns"),
        treatment=Recipe(Stage(network(hidden=(8,), last="linear"), **fit)),
        control=Recipe(Stage(network(hidden=(), last="linear"), **fit)),
        claim=beats("mse", by=0.05),
    )


def few(seed):
    """Sixty rows of a signal that is real, but too weak for so few."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(60) % 2)
    x = random.normal(size=(60, 5)) + 0.5 * y[:, None] * np.eye(5)[0]
    return Pipeline(
        data=Dataset(x=x, y=y, name="few"),
        treatment=Recipe(Stage(dense, **FIT)),
        control=Recipe(Stage(linear, **FIT)),
        claim=matches("accuracy", within=0.2),
    )


def skewed(seed, *, loss, metric):
    """Targets with a long tail, whose median or quantile is far from their mean."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(400, 6))
    fit = FIT | {"loss": loss}
    return Pipeline(
        data=Dataset(x=x, y=np.exp(0.5 * x[:, 0] + 1.2 * random.normal(size=400)), name="skewed"),
        treatment=Recipe(Stage(network(last="linear"), **fit)),
        control=Recipe(Stage(network(hidden=(), last="linear"), **fit)),
        claim=matches(metric, within=0.5),
    )


def medians(seed):
    return skewed(seed, loss="mean_absolute_error", metric="mae")


def pinball():
    import keras

    def loss(y, p):
        error = keras.ops.reshape(y, (-1,)) - keras.ops.reshape(p, (-1,))
        return keras.ops.maximum(0.9 * error, -0.1 * error)

    return loss


def quantiles(seed):
    return skewed(seed, loss=pinball, metric="loss")


def weighted_loss():
    import keras

    def loss(y, p):
        each = keras.losses.sparse_categorical_crossentropy(y, p)
        return each * keras.ops.where(keras.ops.reshape(y, (-1,)) == 1, 19.0, 1.0)

    return loss


def weighted(seed):
    """One row in twenty is positive; class weights raise the recall, at the expense of the accuracy."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(800) % 20 == 0).astype(int)
    fit = FIT | {"loss": weighted_loss}
    return Pipeline(
        data=Dataset(x=random.normal(size=(800, 6)) + 1.5 * y[:, None], y=y, name="weighted"),
        treatment=Recipe(Stage(dense, **fit)),
        control=Recipe(Stage(linear, **fit)),
        claim=matches("recall", within=0.2),
    )


def siamese(input_shape, outputs):
    import keras
    from keras import layers

    half = input_shape[0] // 2
    inputs, tower = layers.Input(input_shape), layers.Dense(12, name="tower")
    distance = keras.ops.abs(tower(inputs[:, :half]) - tower(inputs[:, half:]))
    return keras.Model(inputs, layers.Dense(outputs, "softmax", name="same")(distance))


def pairs(seed):
    """Are two vectors near each other? The bias of the shared tower cancels, and never moves."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(400) % 2)
    one = random.normal(size=(400, 5))
    other = np.where(y[:, None], one + 0.3 * random.normal(size=(400, 5)), random.normal(size=(400, 5)))
    return Pipeline(
        data=Dataset(x=np.hstack([one, other]), y=y, name="pairs"),
        treatment=Recipe(Stage(siamese, **FIT)),
        control=Recipe(Stage(dense, **FIT)),
        claim=beats("accuracy", by=0.02),
    )


def projected(input_shape, outputs):
    """A random projection, drawn with NumPy under the seed of the replicate, and kept as a constant."""
    import keras
    from keras import layers

    projection = np.random.normal(size=(*input_shape, 30)).astype("float32") / 3  # noqa: NPY002
    inputs = layers.Input(input_shape)
    features = keras.ops.cos(keras.ops.matmul(inputs, projection))
    return keras.Model(inputs, layers.Dense(outputs, "softmax")(features))


def projection(seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(200, 4))
    return Pipeline(
        data=Dataset(x=x, y=(np.abs(x[:, 0]) > 0.67).astype(int), name="rings"),
        treatment=Recipe(Stage(projected, **FIT | {"epochs": 8})),
        control=Recipe(Stage(linear, **FIT | {"epochs": 8})),
        claim=beats("accuracy", by=0.02),
    )


def attentive(input_shape, outputs):
    import keras
    from keras import layers

    tokens = layers.Input(input_shape)
    embedded = layers.Embedding(20, 12, mask_zero=True)(tokens)
    attended = layers.MultiHeadAttention(2, 6, dropout=0.1)(embedded, embedded)
    hidden = layers.LayerNormalization()(embedded + attended)
    hidden = layers.LayerNormalization()(hidden + layers.Dense(12)(layers.Dense(24, "gelu")(hidden)))
    return keras.Model(tokens, layers.Dense(outputs, "softmax")(layers.GlobalAveragePooling1D()(hidden)))


def bag(input_shape, outputs):
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Embedding(20, 12, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(outputs, "softmax"),
        ]
    )


def transformer(seed):
    """Sequences of different lengths, padded with zeros that attention and the mean leave out."""
    random = np.random.default_rng(seed)
    x = random.integers(1, 20, size=(300, 8))
    x[np.arange(8) >= random.integers(3, 9, size=300)[:, None]] = 0
    y = ((x > 10).sum(axis=1) > (x > 0).sum(axis=1) / 2).astype(int)
    return Pipeline(
        data=Dataset(x=x, y=y, name="tokens"),
        treatment=Recipe(Stage(attentive, **FIT)),
        control=Recipe(Stage(bag, **FIT)),
        claim=matches("accuracy", within=0.2),
    )


def tune(train, test, model, seed):
    """Go on training the model on four fifths of the training fold, and stop on the rest."""
    import keras

    keras.utils.set_random_seed(seed)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    model.fit(train.x, train.y, validation_split=0.2, epochs=4, callbacks=[stop], verbose=0)
    return model.predict(test.x, verbose=0).argmax(axis=1)


def tuned(seed):
    """A fit that goes on with the model that it is given."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(300) % 3)
    return Pipeline(
        data=Dataset(x=random.normal(size=(300, 6)) + 2 * np.eye(6)[y], y=y, name="three clouds"),
        treatment=Recipe(Stage(dense, **FIT), Fit(tune, inherits=dense), preprocess=standard),
        claim=reaches("accuracy", bar=0.5),
    )


def perfect(seed):
    """Both arms are right about every row."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(200) % 2)
    x = random.normal(size=(200, 8)) + 3 * (2 * y[:, None] - 1) * random.choice([-1, 1], size=8)
    fit = FIT | {"optimizer": rate(0.02)}
    return Pipeline(
        data=Dataset(x=x, y=y, name="easy"),
        treatment=Recipe(Stage(dense, **fit)),
        control=Recipe(Stage(network(hidden=(8,)), **fit)),
        claim=matches("loss", within=0.1),
    )


NEGATIVE_RESULTS = {
    pipeline.__name__: pipeline
    for pipeline in (
        *(unlearnable, weak, few, medians, quantiles, weighted),
        *(pairs, projection, transformer, tuned, perfect),
    )
}
