"""A curve that was measured on other rows does not end at what the saved model gives on the validation rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.validation_curve import check
from negres_core.metrics import METRICS
from negres_core.rescoring import Predictions


class Models:
    """Models that know the labels of the even rows, and give class 0 for the others."""

    def __init__(self, data):
        self._data = data

    def predictions(self, recipe, replicate, rows):
        labels = np.where(rows % 2 == 0, self._data.y[rows], 0)
        right = labels == self._data.y[rows]
        return Predictions(
            targets=self._data.y[rows],
            outputs=np.eye(2, dtype=np.float32)[labels],
            predicted=labels,
            logits=False,
            loss=float(1 - right.mean()),
            trivial_loss=1.0,
            task="classification",
        )


@pytest.fixture
def watched(new_run):
    """A run of 40 rows with curves that end at the accuracy on the validation rows, or on the `measured` ones."""

    def make(measured="validation", *, with_curves=True):
        run = new_run(y=np.arange(40) // 3 % 2)
        cells = [replace(cell, train=cell.train[7:], validation=cell.train[:7]) for cell in run.cells]
        run = replace(run, cells=cells, models=Models(run.data), metric=METRICS["accuracy"])

        def with_curve(each):
            rows = getattr(run.cell_of(each), measured)
            right = 1 - run.models.predictions(None, each, rows).loss
            return each.updated(validation=[0.1, right] if with_curves else None)

        arms = [replace(arm, stages=[list(map(with_curve, stage)) for stage in arm.stages]) for arm in run.arms]
        return replace(run, arms=arms)

    return make


def test_curves_that_end_at_what_the_model_gives_pass(watched):
    finding = check(watched())
    assert finding.passed
    # Two folds and two seeds of each arm.
    assert finding.found.startswith("0 of 8 curves")


@pytest.mark.parametrize("measured", ["test", "train"])
def test_curves_of_other_rows_fail(watched, measured):
    finding = check(watched(measured))
    assert not finding.passed
    assert finding.control == "validation curve"
    assert "accuracy of the treatment arm is " in finding.found


def test_a_run_that_watches_nothing_is_not_checked(watched):
    assert check(watched(with_curves=False)) is None


def test_a_run_without_models_is_not_checked(watched):
    assert check(replace(watched(), models=None)) is None


def test_a_loss_is_compared(watched):
    finding = check(replace(watched(), metric=METRICS["loss"]))
    assert not finding.passed
    assert "loss of the treatment arm is " in finding.found
