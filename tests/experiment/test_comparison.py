"""One stored model against its record; tests/experiment/test_prediction.py has whole hypotheses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from negres_core.arrays import digest_array
from negres_core.design import Cell
from negres_core.engine.inspection import SavedPredictions
from negres_core.experiment.comparison import compare
from negres_core.rescoring import Predictions

Y = np.arange(12) % 2
P = np.linspace(0.1, 0.9, 12)
CELL = Cell(0, 0, np.arange(12, 24, dtype=np.int32), np.arange(12, dtype=np.int32))


@dataclass
class Saved:
    """Models that predict what a test chooses."""

    outputs: np.ndarray
    weights: list = field(default_factory=lambda: ["end"])

    def predicts_targets(self, recipe):
        return True

    def predict_fold(self, recipe, replicate):
        predictions = Predictions(
            targets=Y,
            outputs=self.outputs,
            predicted=(self.outputs[:, 0] > 0.5).astype(int),
            logits=False,
            loss=None,
            trivial_loss=None,
            task="classification",
        )
        return SavedPredictions(self.weights, True, "float32", predictions)


class Classes:
    """The part of a data set that is looked at."""

    task = "classification"

    def __len__(self):
        return len(CELL.train) + len(CELL.test)


@pytest.fixture
def check(new_replicate):
    def run(metrics, outputs=P[:, None], *, rows=CELL.test):
        replicate = new_replicate(metrics=metrics)
        key = replicate.key.updated(rows=digest_array(rows))
        weights = [weight.updated(end="end") for weight in replicate.weights[:1]]
        replicate = replicate.updated(key=key, weights=weights)
        saved = Saved(outputs, ["end"] * len(weights))
        return compare(saved, None, replicate, CELL, Classes(), device="cpu")

    return run


def everything(check):
    return {name: value for name, (value, _) in check({})[0].items()}


def test_a_record_of_all_metrics_agrees(check):
    scores, problems = check(everything(check))
    assert problems == []
    assert {"roc_auc", "brier", "f1_weighted"} <= scores.keys()


def test_a_metric_that_earlier_versions_did_not_record_may_be_missing_and_others_not(check):
    record = everything(check)
    assert check({name: record[name] for name in ("accuracy", "precision", "recall", "f1")})[1] == []
    [problem] = check({name: value for name, value in record.items() if name != "recall"})[1]
    assert "recall is missing in the record" in problem


@pytest.mark.parametrize("name", ["roc_auc", "matthews", "log_loss", "ece", "f1_micro"])
def test_a_newer_metric_that_was_invented_is_found(check, name):
    record = everything(check)
    [problem] = check(record | {name: record[name] + 0.9})[1]
    assert problem.startswith(f"{name} is ")


def test_other_rows_are_found(check):
    [problem] = check({}, rows=CELL.train)[1]
    assert "it was not tested on the rows of its cell" in problem
