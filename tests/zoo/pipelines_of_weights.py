"""Clean pipelines whose training is weighted or resampled, all on classes of which one is rare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Estimator, Fit, Recipe, Stage, beats, matches
from tests.zoo.models import dense, linear
from tests.zoo.pipelines import FIT, min_max, rare, standard


def class_weights(seed):
    """Weights against none, in the metric that they are for."""
    return replace(
        rare(seed),
        treatment=Recipe(Stage(dense, **FIT, class_weight="balanced"), preprocess=standard),
        control=Recipe(Stage(dense, **FIT), preprocess=standard),
        claim=beats("balanced_accuracy", by=0.02),
    )


def costly_class_weights(seed):
    """The weights of a rare class cost accuracy, which the claim is about."""
    return replace(
        rare(seed),
        treatment=Recipe(Stage(linear, **FIT, class_weight={0: 1, 1: 30}), preprocess=standard),
        control=Recipe(Stage(linear, **FIT), preprocess=standard),
        claim=beats("accuracy", by=0.02),
    )


def interpolated(seed):
    """SMOTE in each training fold, against class weights."""

    def few_neighbours():
        from imblearn.over_sampling import SMOTE

        return SMOTE(k_neighbors=3)

    return replace(
        rare(seed),
        treatment=Recipe(Stage(dense, **FIT), preprocess=min_max, resample=few_neighbours),
        control=Recipe(Stage(dense, **FIT, class_weight="balanced"), preprocess=min_max),
        claim=matches("balanced_accuracy", within=0.1),
    )


def weights_of_rows(seed):
    """Rows that were labelled twice count twice; a network, and a logistic regression that is given the weights too."""

    def logistic():
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression()

    pipeline = rare(seed)
    weights = np.random.default_rng(seed).integers(1, 3, size=len(pipeline.data))
    data = Dataset(x=pipeline.data.x, y=pipeline.data.y, sample_weight=weights, name="weighted")
    return replace(
        pipeline, data=data, control=Recipe(Estimator(logistic)), claim=matches("average_precision", within=0.2)
    )


def fewer_rows(seed):
    """Fits on fewer rows of the frequent class, against fits on all rows."""

    def logistic(train, test):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression().fit(train.x, train.y).predict_proba(test.x)

    def fewer():
        from imblearn.under_sampling import RandomUnderSampler

        return RandomUnderSampler()

    return replace(
        rare(seed),
        treatment=Recipe(Fit(logistic), resample=fewer),
        control=Recipe(Fit(logistic)),
        claim=beats("balanced_accuracy", by=0.02),
    )


PIPELINES_OF_WEIGHTS = {
    "class weights": class_weights,
    "class weights that cost accuracy": costly_class_weights,
    "rows interpolated inside the fold": interpolated,
    "weights of rows": weights_of_rows,
    "fewer rows of the frequent class": fewer_rows,
}
