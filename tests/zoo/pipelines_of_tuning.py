"""Clean pipelines whose arms are tuned."""

from __future__ import annotations

from functools import partial

from negres_core import Estimator, Recipe, Stage, Tuned, beats, matches
from tests.zoo.models import network
from tests.zoo.pipelines import Pipeline, load, min_max, sample

DENSE = network(hidden=(16,))
RATES = [0.001, 0.01, 0.1, 1.0]


def ridge(penalty):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(penalty))


def svm(cost):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    return make_pipeline(StandardScaler(), SVR(C=cost))


def make_ridge(penalty):
    return Recipe(Estimator(partial(ridge, penalty)))


def make_svm(cost):
    return Recipe(Estimator(partial(svm, cost)))


PENALTIES = {"penalty": [0.1, 1.0, 10.0, 100.0]}
COSTS = {"cost": [0.1, 1.0, 10.0, 100.0]}


def tuned_estimators(seed):
    """Two estimators on values in their own unit, each with a grid of four settings."""
    return Pipeline(
        data=sample(*load("diabetes"), seed, name="diabetes", rows=440),
        treatment=Tuned(make_ridge, space=PENALTIES, trials=4),
        control=Tuned(make_svm, space=COSTS, trials=4),
        claim=beats("mae", by=5),
    )


def adam(rate):
    import keras

    return keras.optimizers.Adam(rate)


def sgd(rate):
    import keras

    return keras.optimizers.SGD(rate, momentum=0.9)


def make_dense(optimizer, rate):
    stage = Stage(DENSE, optimizer=partial(optimizer, rate), batch_size=32, epochs=15)
    return Recipe(stage, preprocess=min_max)


def tuned_rates(seed):
    """One network under two optimizers, each with the same four rates, of which one is far too large."""
    return Pipeline(
        data=sample(*load("digits"), seed, name="digits", rows=300),
        treatment=Tuned(partial(make_dense, adam), space={"rate": RATES}, trials=4),
        control=Tuned(partial(make_dense, sgd), space={"rate": RATES}, trials=4),
        claim=matches("accuracy", within=0.1),
    )


PIPELINES_OF_TUNING = {pipeline.__name__.replace("_", " "): pipeline for pipeline in (tuned_estimators, tuned_rates)}
