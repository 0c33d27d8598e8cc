"""Clean pipelines with several labels a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Fit, Recipe, Stage, beats, matches
from tests.zoo.models import network
from tests.zoo.pipelines import FIT, Pipeline, digits, load, min_max

OF_EACH = FIT | {"loss": "binary_crossentropy"}


def properties(seed, *, rows=400, extra=0):
    """Return images of digits with properties of the digit: even, more than 4, has a loop, and `extra` rare ones."""
    x, digit = load("digits")
    chosen = np.random.default_rng(seed).permutation(len(x))[:rows]
    labels = [digit % 2 == 0, digit > 4, np.isin(digit, (0, 6, 8, 9)), *(digit == rare for rare in range(extra))]
    return Dataset(x=x[chosen], y=np.stack(labels, axis=1)[chosen], name="properties")


def several_labels(seed):
    """Is a network with a hidden layer better than a linear one, in the share of labels that are wrong?"""
    return Pipeline(
        data=properties(seed),
        treatment=Recipe(Stage(network(hidden=(32,), last="sigmoid"), **OF_EACH), preprocess=min_max),
        control=Recipe(Stage(network(hidden=(), last="sigmoid"), **OF_EACH), preprocess=min_max),
        claim=beats("hamming"),
    )


def binary_logits():
    import keras

    return keras.losses.BinaryCrossentropy(from_logits=True)


def rare_labels(seed):
    """Some labels are rare, the network has logits, and rows count as right if all their labels are."""
    pipeline = several_labels(seed)
    fit = FIT | {"loss": binary_logits}
    return replace(
        pipeline,
        data=properties(seed, extra=3),
        treatment=Recipe(Stage(network(hidden=(32,), last=None), **fit), preprocess=min_max),
        control=Recipe(Stage(network(hidden=(), last=None), **fit), preprocess=min_max),
        claim=beats("exact_match"),
    )


def chained(train, test):
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import ClassifierChain

    chain = ClassifierChain(LogisticRegression(), order=list(range(train.outputs)))
    return chain.fit(train.x / 16, train.y).predict_proba(test.x / 16)


def one_by_one(train, test):
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import MultiOutputClassifier

    model = MultiOutputClassifier(LogisticRegression()).fit(train.x / 16, train.y)
    return np.stack([each[:, 1] for each in model.predict_proba(test.x / 16)], axis=1)


def chain_of_labels(seed):
    """Does a chain of classifiers match classifiers that each know the inputs only?"""
    return replace(
        digits(seed),
        data=properties(seed),
        treatment=Recipe(Fit(chained)),
        control=Recipe(Fit(one_by_one)),
        claim=matches("roc_auc", within=0.05),
    )


PIPELINES_OF_LABELS = {
    "several labels a row": several_labels,
    "several labels, some rare": rare_labels,
    "chain of labels": chain_of_labels,
}
