"""Clean pipelines: small real problems, each drawn anew from a seed, in which nothing is wrong."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fixtures.synthetic import draw_synthetic
from negres_core import Dataset, Recipe, Stage, beats, matches, reaches
from negres_core.claim import Claim
from negres_core.evidence import Evidence, Store
from negres_core.experiment.experiment import Experiment
from tests.zoo.models import autoencoder, convolutional, dense, grown, linear, network, rate, trunk

FIT = {"optimizer": rate(0.01), "batch_size": 32, "epochs": 15}
VALUES = {"loss": "mean_squared_error"}


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What a researcher gives to an experiment: data, arms, a claim, a design."""

    data: Dataset
    treatment: Recipe
    control: Recipe | None = None
    claim: Claim
    repeats: int = 1
    seeds: int = 1

    def run(self) -> Evidence:
        """Decide the claim with all controls, and keep nothing."""
        from negres_core.engine.device import choose_device

        design = {"on": self.data, "claim": self.claim, "folds": 5, "repeats": self.repeats, "seeds": self.seeds}
        with tempfile.TemporaryDirectory() as folder:
            store, device = Store(Path(folder)), choose_device("cpu")
            experiment = Experiment(hypothesis="zoo", title="an animal", store=store, device=device, controls="all")
            if self.control is None:
                return experiment.measure(self.treatment, **design)
            return experiment.compare(self.treatment, against=self.control, **design)


def standard():
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def min_max():
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler()


def draw(x, y, seed, *, name, rows=None, groups=None):
    """Draw rows in random order; of labels as many of each, so that all folds are of one size."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))
    if rows is not None and y.dtype.kind == "i":
        each = rows // len(np.unique(y))
        order = random.permutation(np.concatenate([order[y[order] == label][:each] for label in np.unique(y)]))
    chosen = order[:rows]
    return Dataset(x=x[chosen], y=y[chosen], name=name, groups=None if groups is None else groups[chosen])


def load(name):
    """Load a data set that scikit-learn carries: inputs and targets."""
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(return_X_y=True)


def images(seed, *, rows=300, scale=1 / 16):
    """Draw images as inputs and targets of an autoencoder."""
    x = load("digits")[0][np.random.default_rng(seed).permutation(1797)[:rows]] * scale
    return Dataset(x=x, y=x, name="images")


def digits(seed):
    fit = FIT | {"epochs": 20}
    return Pipeline(
        data=draw(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(dense, **fit), preprocess=min_max),
        control=Recipe(Stage(linear, **fit), preprocess=min_max),
        claim=beats("accuracy", by=0.01),
    )


def wine(seed):
    return Pipeline(
        data=draw(*load("wine"), seed, name="wine", rows=135),
        treatment=Recipe(Stage(network(hidden=[8], activation="tanh"), **FIT), preprocess=standard),
        control=Recipe(Stage(linear, **FIT), preprocess=standard),
        claim=matches("accuracy", within=0.1),
    )


def iris(seed):
    """One arm alone, two seeds a cell."""
    return Pipeline(
        data=draw(*load("iris"), seed, name="iris", rows=150),
        treatment=Recipe(Stage(linear, **FIT | {"epochs": 30}), preprocess=standard),
        claim=reaches("accuracy", bar=0.7),
        seeds=2,
    )


def cancer(seed):
    """Two classes under one sigmoid; looks after each of two repeats."""
    fit = FIT | {"loss": "binary_crossentropy"}
    return Pipeline(
        data=draw(*load("breast_cancer"), seed, name="cancer", rows=300),
        treatment=Recipe(Stage(network(last="sigmoid", width=1), **fit), preprocess=standard),
        control=Recipe(Stage(network(hidden=[], last="sigmoid", width=1), **fit), preprocess=standard),
        claim=matches("accuracy", within=0.05),
        repeats=2,
    )


def diabetes(seed):
    """A regression in a unit of its own, little of which can be explained."""
    x, y = load("diabetes")
    return Pipeline(
        data=draw(x, y / 100, seed, name="diabetes", rows=440),
        treatment=Recipe(Stage(network(hidden=[8], last="linear"), **FIT, **VALUES), preprocess=standard),
        control=Recipe(Stage(network(hidden=[], last="linear"), **FIT, **VALUES), preprocess=standard),
        claim=beats("mse", by=0.05),
    )


def bands(seed):
    """The control is at chance by intention: no linear model finds the answer."""
    fit = FIT | {"epochs": 40}
    return Pipeline(
        data=draw_synthetic(rows=600, features=4, classes=3, seed=seed),
        treatment=Recipe(Stage(network(hidden=[24, 24]), **fit)),
        control=Recipe(Stage(linear, **fit)),
        claim=beats("accuracy", by=0.1),
    )


def reconstruction(seed):
    """An autoencoder of images between 0 and 1."""
    fit = FIT | {"loss": "binary_crossentropy", "epochs": 30}
    return Pipeline(
        data=images(seed),
        treatment=Recipe(Stage(autoencoder(code=16), **fit)),
        control=Recipe(Stage(autoencoder(code=4), **fit)),
        claim=beats("mse", by=0.001),
    )


def convolution(seed):
    x, y = load("digits")
    return Pipeline(
        data=draw(x.reshape(-1, 8, 8, 1) / 16, y, seed, name="digit images", rows=300),
        treatment=Recipe(Stage(convolutional, **FIT)),
        control=Recipe(Stage(network(hidden=[], flatten=True), **FIT)),
        claim=beats("accuracy", by=0.02),
    )


def normalization(seed):
    """Batch normalization, statistics as Keras sets them up but for a momentum that settles in time."""
    fit = FIT | {"epochs": 20}
    return Pipeline(
        data=draw(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(network(normalize=0.9), **fit), preprocess=min_max),
        control=Recipe(Stage(linear, **fit), preprocess=min_max),
        claim=beats("accuracy", by=0.01),
    )


def dropout(seed):
    fit = FIT | {"epochs": 20}
    return Pipeline(
        data=draw(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(network(hidden=[32], drop=0.3), **fit), preprocess=min_max),
        control=Recipe(Stage(dense, **fit), preprocess=min_max),
        claim=matches("accuracy", within=0.05),
    )


def growth(seed):
    """Two layers in front of a trained and frozen base, against that base."""
    base = Stage(trunk, **FIT)
    return Pipeline(
        data=draw(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(base, Stage(grown, inherits=trunk, freezes=trunk, **FIT), preprocess=min_max),
        control=Recipe(base, preprocess=min_max),
        claim=beats("accuracy", by=0.01),
    )


def subjects(seed):
    """Five rows of each subject, which the groups keep together."""
    return Pipeline(
        data=draw_subjects(seed, known=True),
        treatment=Recipe(Stage(dense, **FIT)),
        control=Recipe(Stage(linear, **FIT)),
        claim=matches("accuracy", within=0.2),
    )


def draw_subjects(seed, *, known, each=5, count=80):
    """Draw rows that differ much between subjects and little inside; a subject has one label, which shows a little."""
    random = np.random.default_rng(seed)
    label = random.permutation(np.arange(count) % 2)
    person = random.normal(size=(count, 12))
    person[:, 0] += 2.5 * label
    subject = np.repeat(np.arange(count), each)
    x = person[subject] + 0.1 * random.normal(size=(count * each, 12))
    return draw(x, label[subject], seed, name="subjects", groups=subject if known else None)


def rare(seed):
    """One row in ten is of the second class; the claim is about F1."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(400) % 10 == 0).astype(int)
    x = random.normal(size=(400, 6))
    x[:, :2] += 2 * y[:, None]
    return Pipeline(
        data=Dataset(x=x, y=y, name="rare"),
        treatment=Recipe(Stage(dense, **FIT)),
        control=Recipe(Stage(linear, **FIT)),
        claim=matches("f1", within=0.2),
    )


def logits(seed):
    """The model ends in logits, the loss knows, and the claim is about the loss."""

    def loss():
        import keras

        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    return Pipeline(
        data=draw(*load("wine"), seed, name="wine", rows=135),
        treatment=Recipe(Stage(network(hidden=[8], last="linear"), **FIT, loss=loss), preprocess=standard),
        control=Recipe(Stage(network(hidden=[], last="linear"), **FIT, loss=loss), preprocess=standard),
        claim=beats("loss", by=0.02),
    )


def noisy(seed):
    """A linear answer in two columns of values, under much noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(400, 8))
    y = x @ random.normal(size=(8, 2)) + 2 * random.normal(size=(400, 2))
    return Pipeline(
        data=Dataset(x=x, y=y, name="noisy"),
        treatment=Recipe(Stage(network(hidden=[16], last="linear"), **FIT, **VALUES)),
        control=Recipe(Stage(network(hidden=[], last="linear"), **FIT, **VALUES)),
        claim=beats("r2", by=0.02),
    )


PIPELINES = {
    pipeline.__name__: pipeline
    for pipeline in (
        *(digits, wine, iris, cancer, diabetes, bands, reconstruction, convolution),
        *(normalization, dropout, growth, subjects, rare, logits, noisy),
    )
}
