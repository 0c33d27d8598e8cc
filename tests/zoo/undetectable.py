"""Bugs that nothing inside a run can find: what is given looks in every respect like an honest pipeline's.

They are planted all the same, and a test shows that they are not found, so that nobody relies on it.

- Features chosen on all rows. The choice was made before the data set was: what is handed over are columns that do
  predict the labels of these rows, in every fold. That they were the best of a thousand is nowhere in them. The same
  holds of anything tuned on the test folds beforehand, such as one arm's learning rate: the recipe holds a number, and
  no number tells how it was found. (Ambroise and McLachlan 2002, PNAS 99:6562.)
- Subjects unknown. Where rows of one subject are no bitwise copies and no groups are given, rows that are alike are
  what every good data set has. That they come from one person is knowledge of how they were gathered.
- Labels wrong at random. One label in ten that is wrong looks like a problem in which one row in ten cannot be
  foreseen. A control that saw it would call every hard problem a mistake.
- Inputs scaled before they were given. Ranges over all rows are numbers like any others; a scaler outside the recipe
  leaves no trace in its results. (One inside is found.)
- A leak that is not perfect. A feature that gives the label away in nineteen rows of twenty is what a very good feature
  looks like. Whether it was measured before or after the fact is not in the table.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Recipe, Stage, reaches
from tests.zoo.models import linear
from tests.zoo.pipelines import FIT, cancer, digits, draw_subjects, subjects
from tests.zoo.specimens import Specimen


def choose_features(seed):
    """Labels are noise; of a thousand features, ten are kept that go best with them."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(200, 1000)), random.permutation(np.arange(200) % 2)
    alike = np.abs((y - 0.5) @ x)
    data = Dataset(x=x[:, np.argsort(alike)[-10:]], y=y, name="chosen")
    return replace(
        subjects(seed),
        data=data,
        treatment=Recipe(Stage(linear, **FIT)),
        control=None,
        claim=reaches("accuracy", bar=0.5),
    )


def forget_subjects(seed):
    return replace(subjects(seed), data=draw_subjects(seed, known=False))


def mislabel(seed):
    data = digits(seed).data
    random = np.random.default_rng(seed)
    wrong = random.random(len(data)) < 0.1
    y = np.where(wrong, (data.y + random.integers(1, 10, size=len(data))) % 10, data.y)
    return replace(digits(seed), data=Dataset(x=data.x, y=y, name="mislabelled"))


def scale_before(seed):
    pipeline = digits(seed)
    x = pipeline.data.x
    scaled = (x - x.min(axis=0)) / np.maximum(np.ptp(x, axis=0), 1)
    treatment, control = (Recipe(*arm.stages) for arm in (pipeline.treatment, pipeline.control))
    data = Dataset(x=scaled, y=pipeline.data.y, name="scaled")
    return replace(pipeline, data=data, treatment=treatment, control=control)


def leak_a_little(seed):
    pipeline = cancer(seed)
    x, y = pipeline.data.x, pipeline.data.y
    told = np.where(np.random.default_rng(seed).random(len(y)) < 0.95, y, 1 - y)
    return replace(pipeline, data=Dataset(x=np.column_stack([x, told]), y=y, name="leaky"))


UNDETECTABLE = {
    name: Specimen(name, (), plant)
    for name, plant in (
        ("features chosen on all rows", choose_features),
        ("subjects unknown", forget_subjects),
        ("one label in ten wrong at random", mislabel),
        ("inputs scaled before they were given", scale_before),
        ("leak that is not perfect", leak_a_little),
    )
}
