"""Bugs of weighted and resampled training: rows that are repeated too early, weights that say what they should not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Estimator, Recipe, Stage, beats
from tests.zoo.models import dense
from tests.zoo.pipelines import FIT, rare
from tests.zoo.specimens import bug


@bug("rows of the rare class repeated before the split", "duplicates")
def repeat_before_the_split(seed):
    """Random oversampling of the whole table, after which folds are cut."""
    from imblearn.over_sampling import RandomOverSampler

    pipeline = rare(seed)
    x, y = RandomOverSampler(random_state=seed).fit_resample(pipeline.data.x, pipeline.data.y)
    order = np.random.default_rng(seed).permutation(len(y))
    return replace(pipeline, data=Dataset(x=x[order], y=y[order], name="repeated"))


@bug("class weights that are reversed", "majority class")
def reverse_weights(seed):
    """The weights are the shares of the classes, and not their reciprocals."""
    pipeline = rare(seed)
    shares = np.bincount(pipeline.data.y) / len(pipeline.data)
    weighted = Recipe(Stage(dense, **FIT, class_weight=dict(enumerate(shares**2))))
    return replace(
        pipeline, treatment=weighted, control=Recipe(Stage(dense, **FIT)), claim=beats("balanced_accuracy", by=0.05)
    )


@bug("weights of rows left among the features", "label leak")
def keep_weights_as_a_feature(seed):
    """The weights follow from the classes, and their column stayed in the table."""
    pipeline = rare(seed)
    y = pipeline.data.y
    weights = np.where(y == 1, 9.0, 1.0)
    data = Dataset(x=np.column_stack([pipeline.data.x, weights]), y=y, sample_weight=weights, name="weighted")
    return replace(pipeline, data=data)


@bug("sampler that remembers rows of earlier folds", "resampled rows")
def remember_rows(seed):
    """Its buffer of rare rows is an attribute of the class."""

    class Buffered:
        kept: list[np.ndarray] = []  # noqa: RUF012  # the bug

        def fit_resample(self, x, y):
            self.kept.append(x[y == 1])
            new = np.concatenate(self.kept)
            return np.concatenate([x, new]), np.append(y, np.ones(len(new), y.dtype))

    return replace(rare(seed), treatment=Recipe(Stage(dense, **FIT), resample=Buffered))


@bug("sampler that loses the order of its labels", "resampled rows")
def shuffle_labels(seed):
    """Inputs and labels are shuffled one after the other."""

    class Shuffled:
        def fit_resample(self, x, y):
            random = np.random.default_rng(0)
            return random.permutation(x), random.permutation(y)

    return replace(rare(seed), treatment=Recipe(Stage(dense, **FIT), resample=Shuffled))


@bug("sampler that was fitted on all rows", "captured data")
def sample_from_all(seed):
    """The synthetic rows were made once, from the whole table, and each fold is given them."""
    pipeline = rare(seed)
    few = pipeline.data.x[pipeline.data.y == 1]

    class Prepared:
        def fit_resample(self, x, y):
            return np.concatenate([x, few]), np.append(y, np.ones(len(few), y.dtype))

    return replace(pipeline, treatment=Recipe(Stage(dense, **FIT), resample=Prepared))


@bug("estimator that ignores the weights of rows", "refused")
def ignore_weights(seed):
    """The nearest neighbours have no use for weights, which the other arm is trained with."""

    def neighbours():
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier()

    pipeline = rare(seed)
    data = Dataset(x=pipeline.data.x, y=pipeline.data.y, sample_weight=1 + 8 * pipeline.data.y, name="weighted")
    return replace(pipeline, data=data, control=Recipe(Estimator(neighbours)))
