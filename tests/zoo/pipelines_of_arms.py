"""Clean pipelines whose arms are fits."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Estimator, Fit, Metric, Recipe, Stage, beats, matches
from tests.zoo.models import dense, network
from tests.zoo.pipelines import FIT, Pipeline, load, min_max, sample, standard


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


def histograms():
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=30, min_samples_leaf=5)


def machine():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    return make_pipeline(StandardScaler(), CalibratedClassifierCV(LinearSVC(), cv=3))


def boosting(seed):
    """Gradient boosting against a calibrated support vector machine, which a Pipeline scales."""
    return Pipeline(
        data=sample(*load("breast_cancer"), seed, name="cancer", rows=300),
        treatment=Recipe(Estimator(histograms)),
        control=Recipe(Estimator(machine)),
        claim=matches("roc_auc", within=0.1),
    )


PIPELINES_OF_ARMS = {pipeline.__name__: pipeline for pipeline in (forest, confidence, boosting)}
