"""Clean pipelines: small real problems without any bug, each a new sample for every seed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fixtures.synthetic import draw_synthetic
from negres_core import Dataset, Recipe, Stage, Tuned, beats, matches, reaches
from negres_core.claim import Claim
from negres_core.design import Design, KFolds
from negres_core.evidence import Evidence, Store
from negres_core.experiment.experiment import Experiment
from tests.zoo.models import autoencoder, convolutional, dense, grown, linear, network, rate, trunk

FIT = {"optimizer": rate(0.01), "batch_size": 32, "epochs": 15}
VALUES = {"loss": "mean_squared_error"}


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The parts of an experiment: data, arms, a claim, a design.

    The design is five folds with some repeats and seeds, unless another one, or a splitter of scikit-learn, is given.
    """

    data: Dataset
    treatment: Recipe | Tuned
    control: Recipe | Tuned | None = None
    claim: Claim
    repeats: int = 1
    seeds: int = 1
    design: Design | object | None = None

    def run(self, replicates: Path | None) -> Evidence:
        """Judge the claim with all controls, and delete the evidence.

        Args:
            replicates: a folder of replicates to reuse and to add to, or None to train all and delete them.
        """
        from negres_core.engine.device import choose_device

        design = self.design or KFolds(folds=5, repeats=self.repeats, seeds=self.seeds)
        with tempfile.TemporaryDirectory() as folder:
            if replicates is not None:
                Path(folder, "replicates").symlink_to(replicates, target_is_directory=True)
            # One worker is enough: cases run side by side, in processes of their own.
            store, device = Store(Path(folder)), replace(choose_device("cpu"), workers=1)
            experiment = Experiment(hypothesis="zoo", title="a specimen", store=store, device=device, controls="all")
            if self.control is None:
                return experiment.measure(self.treatment, on=self.data, claim=self.claim, design=design)
            return experiment.compare(
                self.treatment, against=self.control, on=self.data, claim=self.claim, design=design
            )


def standard():
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def min_max():
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler()


def sample(x, y, seed, *, name, rows=None, groups=None):
    """Sample rows in random order, with equal classes if `rows` is given, so that all folds have the same size."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(x))
    if rows is not None and y.dtype.kind == "i":
        each = rows // len(np.unique(y))
        order = random.permutation(np.concatenate([order[y[order] == label][:each] for label in np.unique(y)]))
    selected = order[:rows]
    return Dataset(x=x[selected], y=y[selected], name=name, groups=None if groups is None else groups[selected])


def load(name):
    """Load the inputs and targets of a data set that scikit-learn includes."""
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(return_X_y=True)


def images(seed, *, rows=300, scale=1 / 16):
    """Sample images as inputs and targets of an autoencoder."""
    x = load("digits")[0][np.random.default_rng(seed).permutation(1797)[:rows]] * scale
    return Dataset(x=x, y=x, name="images")


def digits(seed):
    fit = FIT | {"epochs": 20}
    return Pipeline(
        data=sample(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(dense, **fit), preprocess=min_max),
        control=Recipe(Stage(linear, **fit), preprocess=min_max),
        claim=beats("accuracy", by=0.01),
    )


def wine(seed):
    return Pipeline(
        data=sample(*load("wine"), seed, name="wine", rows=135),
        treatment=Recipe(Stage(network(hidden=(8,), activation="tanh"), **FIT), preprocess=standard),
        control=Recipe(Stage(linear, **FIT), preprocess=standard),
        claim=matches("accuracy", within=0.1),
    )


def iris(seed):
    """A single arm, with two seeds per cell."""
    return Pipeline(
        data=sample(*load("iris"), seed, name="iris", rows=150),
        treatment=Recipe(Stage(linear, **FIT | {"epochs": 30}), preprocess=standard),
        claim=reaches("accuracy", bar=0.7),
        seeds=2,
    )


def cancer(seed):
    """Two classes under one sigmoid, with a look after each of two repeats."""
    fit = FIT | {"loss": "binary_crossentropy"}
    return Pipeline(
        data=sample(*load("breast_cancer"), seed, name="cancer", rows=300),
        treatment=Recipe(Stage(network(last="sigmoid", width=1), **fit), preprocess=standard),
        control=Recipe(Stage(network(hidden=(), last="sigmoid", width=1), **fit), preprocess=standard),
        claim=matches("accuracy", within=0.05),
        repeats=2,
    )


def diabetes(seed):
    """A regression in its own unit, with little explainable variance."""
    x, y = load("diabetes")
    return Pipeline(
        data=sample(x, y / 100, seed, name="diabetes", rows=440),
        treatment=Recipe(Stage(network(hidden=(8,), last="linear"), **FIT, **VALUES), preprocess=standard),
        control=Recipe(Stage(network(hidden=(), last="linear"), **FIT, **VALUES), preprocess=standard),
        claim=beats("mse", by=0.05),
    )


def bands(seed):
    """The control arm is at chance on purpose: no linear model can solve the problem."""
    fit = FIT | {"epochs": 40}
    return Pipeline(
        data=draw_synthetic(rows=600, features=4, classes=3, seed=seed),
        treatment=Recipe(Stage(network(hidden=(24, 24)), **fit)),
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
        data=sample(x.reshape(-1, 8, 8, 1) / 16, y, seed, name="digit images", rows=300),
        treatment=Recipe(Stage(convolutional, **FIT)),
        control=Recipe(Stage(network(hidden=(), flatten=True), **FIT)),
        claim=beats("accuracy", by=0.02),
    )


def normalization(seed):
    """Batch normalization with Keras' defaults, except for a momentum with which the statistics settle in time."""
    fit = FIT | {"epochs": 20}
    return Pipeline(
        data=sample(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(network(normalize=0.9), **fit), preprocess=min_max),
        control=Recipe(Stage(linear, **fit), preprocess=min_max),
        claim=beats("accuracy", by=0.01),
    )


def dropout(seed):
    fit = FIT | {"epochs": 20}
    return Pipeline(
        data=sample(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(network(hidden=(32,), drop=0.3), **fit), preprocess=min_max),
        control=Recipe(Stage(dense, **fit), preprocess=min_max),
        claim=matches("accuracy", within=0.05),
    )


def growth(seed):
    """Two layers before a trained and frozen base, compared with that base."""
    base = Stage(trunk, **FIT)
    return Pipeline(
        data=sample(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(base, Stage(grown, inherits=trunk, freezes=trunk, **FIT), preprocess=min_max),
        control=Recipe(base, preprocess=min_max),
        claim=beats("accuracy", by=0.01),
    )


def subjects(seed):
    """Five rows per subject, which the groups keep together."""
    return Pipeline(
        data=sample_subjects(seed, known=True),
        treatment=Recipe(Stage(dense, **FIT)),
        control=Recipe(Stage(linear, **FIT)),
        claim=matches("accuracy", within=0.2),
    )


def sample_subjects(seed, *, known, each=5, count=80):
    """Sample rows that differ between subjects, but little within one; each subject has one label, a weak signal."""
    random = np.random.default_rng(seed)
    label = random.permutation(np.arange(count) % 2)
    person = random.normal(size=(count, 12))
    person[:, 0] += 2.5 * label
    subject = np.repeat(np.arange(count), each)
    x = person[subject] + 0.1 * random.normal(size=(count * each, 12))
    return sample(x, label[subject], seed, name="subjects", groups=subject if known else None)


def rare(seed):
    """One row in ten belongs to the second class; the claim is about F1."""
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


def loss_of_logits():
    import keras

    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def logits(seed):
    """The model ends in logits, the loss takes logits, and the claim is about the loss."""
    fit = FIT | {"loss": loss_of_logits}
    return Pipeline(
        data=sample(*load("wine"), seed, name="wine", rows=135),
        treatment=Recipe(Stage(network(hidden=(8,), last="linear"), **fit), preprocess=standard),
        control=Recipe(Stage(network(hidden=(), last="linear"), **fit), preprocess=standard),
        claim=beats("loss", by=0.02),
    )


def noisy(seed):
    """A linear function with two target columns, under much noise."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(400, 8))
    y = x @ random.normal(size=(8, 2)) + 2 * random.normal(size=(400, 2))
    return Pipeline(
        data=Dataset(x=x, y=y, name="noisy"),
        treatment=Recipe(Stage(network(hidden=(16,), last="linear"), **FIT, **VALUES)),
        control=Recipe(Stage(network(hidden=(), last="linear"), **FIT, **VALUES)),
        claim=beats("r2", by=0.02),
    )


PIPELINES = {
    pipeline.__name__: pipeline
    for pipeline in (
        *(digits, wine, iris, cancer, diabetes, bands, reconstruction, convolution),
        *(normalization, dropout, growth, subjects, rare, logits, noisy),
    )
}
