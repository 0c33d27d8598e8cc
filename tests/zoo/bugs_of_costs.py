"""Bugs of costs: a target that is reached on the wrong rows makes an arm look faster than it is."""

from __future__ import annotations

import dataclasses

from negres_core import Recipe, Stage
from negres_core.design import validation
from negres_core.engine.watch import Watch
from tests.zoo.models import dense
from tests.zoo.pipelines import FIT
from tests.zoo.pipelines_of_costs import epochs_to_target
from tests.zoo.specimens import bug


@bug("a target reached on test rows", "validation curve", on=epochs_to_target)
def watch_test_rows():
    """The metric is measured on the test fold after each epoch, where it is scored in the end."""
    score = Watch.score

    def on_test_rows(self, job, outputs, loss):
        return score(self, with_validation_rows(job, job.cell.test), outputs, loss)

    return watching("test", on_test_rows)


@bug("a target reached on training rows", "validation curve", on=epochs_to_target)
def watch_training_rows():
    """The metric is measured on rows that were trained on."""
    score = Watch.score

    def on_training_rows(self, job, outputs, loss):
        return score(self, with_validation_rows(job, job.cell.train), outputs, loss)

    return watching("train", on_training_rows)


def watching(rows, score):
    """Return the replacements by which the engines watch other rows."""
    rows_of = staticmethod(lambda job: None if job.watched is None else getattr(job.cell, rows))
    return {f"{Watch.__module__}.Watch.rows_of": rows_of, f"{Watch.__module__}.Watch.score": score}


def with_validation_rows(job, rows):
    return dataclasses.replace(job, cell=dataclasses.replace(job.cell, validation=rows))


@bug("validation rows that are trained on", "disjoint folds", on=epochs_to_target)
def keep_validation_rows():
    """The training fold gives up no row."""
    split_off = validation._split_off

    def keep(cell, data, wanted):
        return dataclasses.replace(split_off(cell, data, wanted), train=cell.train)

    return {"negres_core.design.validation._split_off": keep}


@bug("an objective that peeks at validation rows", "captured data")
def peek(seed):
    """The treatment arm's objective has the whole data set at hand, and trains on rows that the batch lacks."""
    import keras

    pipeline = epochs_to_target(seed)
    every, labels = pipeline.data.x / 16, pipeline.data.y

    def peeking(model, x, y, *, training):
        loss = keras.losses.sparse_categorical_crossentropy
        seen = keras.ops.mean(loss(y, model(x, training=training)))
        return seen + keras.ops.mean(loss(labels, model(every, training=training)))

    treatment = Recipe(Stage(dense, objective=peeking, **FIT), preprocess=pipeline.treatment.preprocess)
    control = Recipe(Stage(dense, **FIT), preprocess=pipeline.treatment.preprocess)
    return dataclasses.replace(pipeline, treatment=treatment, control=control)
