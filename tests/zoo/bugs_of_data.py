"""Bugs of the data: the model is given too much information, or too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, beats
from negres_core.arms.preprocessing import prepare_inputs
from negres_core.design import Cell, KFolds
from tests.zoo.pipelines import (
    cancer,
    diabetes,
    digits,
    images,
    load,
    rare,
    reconstruction,
    sample,
    subjects,
)
from tests.zoo.specimens import bug


@bug("label leaks through a feature", "label leak")
def leak_label(seed):
    """A column that was computed from the diagnosis stayed in the table."""
    x, y = load("breast_cancer")
    return replace(cancer(seed), data=sample(np.column_stack([x, 3.0 * y + 1]), y, seed, name="cancer", rows=300))


@bug("target leaks through a feature", "label leak")
def leak_target(seed):
    """The target is among the features, in another unit."""
    x, y = load("diabetes")
    x = np.column_stack([x, np.log(y)])
    return replace(diabetes(seed), data=sample(x, y / 100, seed, name="diabetes", rows=440))


@bug("duplicates across folds", "duplicates")
def oversample(seed):
    """The rare class was oversampled before the split."""
    pipeline = rare(seed)
    x, y = pipeline.data.x, pipeline.data.y
    copies = np.random.default_rng(seed).choice(np.flatnonzero(y), np.sum(y == 0) - np.sum(y))
    return replace(pipeline, data=Dataset(x=np.vstack([x, x[copies]]), y=np.hstack([y, y[copies]]), name="oversampled"))


@bug("labels shifted by one row", "row alignment")
def shift_labels(seed):
    """One of two files had a header line, so its first row was lost."""
    data = digits(seed).data
    return replace(digits(seed), data=Dataset(x=data.x[1:], y=data.y[:-1], name="shifted"))


@bug("images and targets in another order", "row alignment")
def mismatch(seed):
    """The targets were shuffled, but not the inputs."""
    data = images(seed)
    shuffled = np.random.default_rng(seed).permutation(data.y)
    return replace(reconstruction(seed), data=Dataset(x=data.x, y=shuffled, name="mismatched"))


@bug("targets from 0 to 255", "target range")
def forget_to_divide(seed):
    data = images(seed)
    return replace(reconstruction(seed), data=Dataset(x=data.x, y=(data.y * 255).round(), name="bytes"))


@bug("standardized images under a sigmoid", "target range")
def standardize(seed):
    x = images(seed).x
    x = (x - x.mean()) / x.std()
    return replace(reconstruction(seed), data=Dataset(x=x, y=x, name="standardized"))


@bug("accuracy with nearly all rows in one class", "headroom")
def claim_accuracy(seed):
    random = np.random.default_rng(seed)
    y = random.permutation(np.arange(1000) < 6).astype(int)
    data = Dataset(x=random.normal(size=(1000, 6)) + y[:, None], y=y, name="very rare")
    return replace(rare(seed), data=data, claim=beats("accuracy", by=0.001))


@bug("scaler fitted on all data", "fitted scaler", on=digits)
def fit_on_all():
    def prepare(recipe, data, cell):
        every = np.arange(len(data), dtype=np.int32)
        return prepare_inputs(recipe, data, Cell(cell.repeat, cell.fold, every, cell.test))

    modules = ("arms.resampling", "engine.inspection")
    return {f"negres_core.{module}.prepare_inputs": prepare for module in modules}


@bug("scaler arrives fitted on all data", "fitted scaler")
def arrive_fitted(seed):
    """It was fitted in the first cell of a notebook, and frozen by scikit-learn's FrozenEstimator."""
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    from negres_core import Recipe

    pipeline = digits(seed)
    fitted = MinMaxScaler().fit(pipeline.data.x)

    def scaler():
        return make_pipeline(FrozenEstimator(fitted))

    treatment, control = (Recipe(*arm.stages, preprocess=scaler) for arm in (pipeline.treatment, pipeline.control))
    return replace(pipeline, treatment=treatment, control=control)


@bug("overlapping folds", "disjoint folds", on=digits)
def overlap():
    """The training fold includes a few rows of the test fold."""
    split = KFolds.split

    def overlapping(self, data):
        for cell in split(self, data):
            yield Cell(cell.repeat, cell.fold, np.union1d(cell.train, cell.test[-5:]).astype(np.int32), cell.test)

    return {"negres_core.design.KFolds.split": overlapping}


@bug("folds that cut through subjects", "disjoint folds", on=subjects)
def ignore_groups():
    split = KFolds.split

    def ungrouped(self, data):
        return split(self, replace(data, groups=None))

    return {"negres_core.design.KFolds.split": ungrouped}
