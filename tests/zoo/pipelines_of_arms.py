"""Clean pipelines whose arms are of other kinds: fits, sequences, gates that begin at 0, groups of channels."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Fit, Metric, Recipe, Stage, beats, matches
from tests.zoo.models import dense, network
from tests.zoo.pipelines import FIT, VALUES, Pipeline, cancer, load, min_max, sample, standard


def labels_of_noise(seed, rows=200):
    """Sample inputs and labels that have nothing to do with each other."""
    random = np.random.default_rng(seed)
    return Dataset(x=random.normal(size=(rows, 20)), y=random.permutation(np.arange(rows) % 2), name="noise")


def trees(train, test, seed):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(20, random_state=seed).fit(train.x, train.y).predict(test.x)


def forest(seed):
    """A forest, which asks for a seed, against a logistic regression that is stopped early on its own rows."""

    def stopped(train, test):
        from sklearn.linear_model import SGDClassifier

        return SGDClassifier(early_stopping=True).fit(train.x, train.y).predict(test.x)

    return Pipeline(
        data=sample(*load("breast_cancer"), seed, name="cancer", rows=300),
        treatment=Recipe(Fit(trees), preprocess=standard),
        control=Recipe(Fit(stopped), preprocess=standard),
        claim=matches("accuracy", within=0.1),
    )


CONFIDENCE = Metric("confidence", higher_is_better=True, unit="probability")


def confidence(seed):
    """A metric of a fit's own, which does not depend on the targets."""

    def confident(train, test, model):
        return {"confidence": float(model.predict(test.x, verbose=0).max(axis=1).mean())}

    builds = (dense, network(hidden=(8,)))
    treatment, control = (
        Recipe(Stage(build, **FIT), Fit(confident, inherits=build, metrics=(CONFIDENCE,)), preprocess=min_max)
        for build in builds
    )
    data = sample(*load("digits"), seed, name="digits", rows=300)
    return Pipeline(data=data, treatment=treatment, control=control, claim=beats("confidence", by=0.01))


def attention(seed):
    """A small transformer against a GRU, on the largest value of a series."""

    def transformer(input_shape, outputs):
        import keras
        from keras import layers

        inputs = keras.Input(input_shape)
        hidden = layers.Dense(8)(inputs)
        hidden = layers.LayerNormalization()(hidden + layers.MultiHeadAttention(2, 4, dropout=0.1)(hidden, hidden))
        hidden = layers.LayerNormalization()(hidden + layers.Dense(8)(layers.Dense(16, "relu")(hidden)))
        return keras.Model(inputs, layers.Dense(outputs)(layers.GlobalAveragePooling1D()(hidden)))

    def recurrent(input_shape, outputs):
        import keras
        from keras import layers

        return keras.Sequential([keras.Input(input_shape), layers.GRU(8), layers.Dense(outputs)])

    random = np.random.default_rng(seed)
    x = random.normal(size=(300, 6, 2))
    y = x[:, :, 0].mean(axis=1) * 2 + 0.2 * random.normal(size=300)
    treatment, control = (Recipe(Stage(build, **FIT, **VALUES)) for build in (transformer, recurrent))
    data = Dataset(x=x, y=y, name="series")
    return Pipeline(data=data, treatment=treatment, control=control, claim=matches("mse", within=0.5))


def gated(seed):
    """A residual branch behind a gate that begins at 0, against the same network without it."""

    def build(input_shape, outputs, branch):
        import keras
        from keras import layers

        inputs = keras.Input(input_shape)
        hidden = layers.Dense(24, "relu")(inputs)
        if branch:
            hidden = hidden + layers.Dense(24, kernel_initializer="zeros")(layers.Dense(24, "relu")(hidden))
        return keras.Model(inputs, layers.Dense(outputs, "softmax")(hidden))

    def with_gate(input_shape, outputs):
        return build(input_shape, outputs, branch=True)

    def without_gate(input_shape, outputs):
        return build(input_shape, outputs, branch=False)

    treatment, control = (Recipe(Stage(each, **FIT), preprocess=min_max) for each in (with_gate, without_gate))
    data = sample(*load("digits"), seed, name="digits", rows=400)
    return Pipeline(data=data, treatment=treatment, control=control, claim=matches("accuracy", within=0.1))


def grouped(seed):
    """Group normalization against layer normalization, both of which look at one row at a time."""

    def build(input_shape, outputs, *, groups):
        import keras
        from keras import layers

        norm = layers.GroupNormalization(groups) if groups else layers.LayerNormalization()
        return keras.Sequential(
            [keras.Input(input_shape), layers.Dense(24), norm, layers.ReLU(), layers.Dense(outputs, "softmax")]
        )

    def by_group(input_shape, outputs):
        return build(input_shape, outputs, groups=4)

    def by_layer(input_shape, outputs):
        return build(input_shape, outputs, groups=0)

    treatment, control = (Recipe(Stage(each, **FIT), preprocess=min_max) for each in (by_group, by_layer))
    data = sample(*load("digits"), seed, name="digits", rows=400)
    return Pipeline(data=data, treatment=treatment, control=control, claim=matches("accuracy", within=0.1))


def one_logit(seed):
    """One output without an activation, whose loss takes logits."""

    def of_logits():
        import keras

        return keras.losses.BinaryCrossentropy(from_logits=True)

    fit = FIT | {"loss": of_logits}
    treatment, control = (
        Recipe(Stage(network(hidden=hidden, last="linear", width=1), **fit), preprocess=standard)
        for hidden in ((16,), ())
    )
    return Pipeline(
        data=cancer(seed).data, treatment=treatment, control=control, claim=matches("accuracy", within=0.05)
    )


def matched_objective(seed):
    """An objective that compares every row with its own target."""

    def absolute(model, x, y, *, training):
        from keras import ops

        return ops.mean(ops.abs(y - model(x, training=training)[:, 0]))

    random = np.random.default_rng(seed)
    x = random.normal(size=(300, 5))
    fit = FIT | VALUES | {"objective": absolute, "epochs": 30}
    treatment, control = (Recipe(Stage(network(hidden=hidden, last="linear"), **fit)) for hidden in ((16,), ()))
    data = Dataset(x=x, y=x @ random.normal(size=5) + random.normal(size=300) / 2, name="sums")
    return Pipeline(data=data, treatment=treatment, control=control, claim=matches("mse", within=0.5))


PIPELINES_OF_ARMS = {
    pipeline.__name__: pipeline
    for pipeline in (forest, confidence, attention, gated, grouped, one_logit, matched_objective)
}
