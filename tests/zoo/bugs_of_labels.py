"""Bugs of several labels a row: columns that are mixed up, or that exclude each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Recipe, Stage
from negres_core.engine import replicate
from tests.zoo.models import network
from tests.zoo.pipelines import min_max
from tests.zoo.pipelines_of_labels import OF_EACH, several_labels
from tests.zoo.specimens import bug


@bug("labels scored in another order", "evaluation", on=several_labels)
def score_in_another_order():
    """The columns of predictions and of targets come from two lists of names, of which one was sorted."""
    score = replicate.score_outputs

    def reversed_columns(recipe, data, job, outputs, **options):
        return score(recipe, data, job, outputs[:, ::-1], **options)

    return {f"{replicate.__name__}.score_outputs": reversed_columns}


@bug("softmax over several labels", "loss domain")
def exclude_each_other(seed):
    """The probabilities of the labels of a row sum to 1, as if they excluded each other."""
    stage = Stage(network(hidden=(32,)), **OF_EACH)
    return replace(several_labels(seed), treatment=Recipe(stage, preprocess=min_max))


@bug("one of several labels leaks through a feature", "label leak")
def leak_one(seed):
    """A column that was computed from the second label stayed in the table."""
    data = several_labels(seed).data
    leaked = 2.0 + 3 * data.y[:, 1]
    x = np.column_stack([data.x, leaked])
    return replace(several_labels(seed), data=Dataset(x=x, y=data.y, name="leaked"))
