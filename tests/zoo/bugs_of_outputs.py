"""Bugs of models with several outputs: targets that are mixed up, an output that learns nothing, or that leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Recipe, Stage
from negres_core.dataset import Dataset as Given
from tests.zoo.pipelines import FIT, min_max
from tests.zoo.pipelines_of_outputs import LOSSES, answers, questions, two_outputs
from tests.zoo.specimens import bug


@bug("targets of two outputs swapped in training", "planted effect", "majority class", on=two_outputs)
def swap_targets():
    """The targets came from two lists, of which one was sorted by name and the other was not."""
    targets_of = Given.targets_of

    def swapped(self, names):
        targets = targets_of(self, names)
        return dict(zip(targets, reversed(targets.values()), strict=True)) if isinstance(targets, dict) else targets

    return {"negres_core.dataset.dataset.Dataset.targets_of": swapped}


@bug("an output whose loss has no weight", "overfits 16", "trained weights")
def untrained_output(seed):
    """The loss of the output that the claim is about was switched off for a while, and stayed so."""
    stage = Stage(answers, loss=LOSSES, loss_weights={"even": 0.0}, **FIT)
    return replace(two_outputs(seed), treatment=Recipe(stage, preprocess=min_max))


@bug("the target of one output among the inputs", "label leak")
def leak_one_output(seed):
    """A column that was computed from the label of one output stayed in the table."""
    data = questions(seed)
    x = np.column_stack([data.x, 2.0 + 3 * data.y["even"]])
    return replace(two_outputs(seed), data=Dataset(x=x, y=dict(data.y), name="leaked"))
