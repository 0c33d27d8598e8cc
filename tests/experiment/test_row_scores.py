from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Fit, Metric, Recipe, beats, reaches
from negres_core.design import FixedSplit, KFolds, TimeSeries
from negres_core.errors import InputError
from negres_core.evidence import ClaimRecord
from negres_core.experiment.row_scores import check_row_metric, row_differences, score_run
from negres_core.metrics import METRICS, Predicted
from negres_core.run.arm import Arm
from negres_core.run.run import Run

OWN = Metric("rank", higher_is_better=True, unit="rank")
SPLIT, TIME, FOLDS = FixedSplit(train=range(50), test=range(50, 90), seeds=2), TimeSeries(2, test=60), KFolds(5)


def of_numbers(train, test):
    return {"rank": 1.0}


@pytest.mark.parametrize(
    ("metric", "design", "wrong"),
    [
        (METRICS["roc_auc"], TIME, "rows of a time series are judged one by one"),
        (METRICS["loss"], TIME, "rows of a time series are judged one by one"),
        (METRICS["loss"], SPLIT, "the metric is not computed of predictions"),
        (OWN, SPLIT, "the metric is not computed of predictions"),
    ],
)
def test_refuses_a_metric_without_scores_of_rows(metric, design, wrong):
    with pytest.raises(InputError, match=wrong):
        check_row_metric(metric, design, [Recipe(Fit(of_numbers, metrics=(OWN,)))], "classification")


@pytest.mark.parametrize(
    ("metric", "design"),
    [(METRICS["loss"], FOLDS), (METRICS["roc_auc"], SPLIT), (METRICS["mse"], TIME), (METRICS["accuracy"], SPLIT)],
)
def test_other_metrics_and_designs_are_judged(metric, design):
    check_row_metric(metric, design, [Recipe(Fit(of_numbers))], "classification")


def run_of(design, data, metric, predicted):
    arms = [Arm(role, Recipe(Fit(of_numbers))) for role in predicted]
    return Run(data, design, list(design.split(data)), arms, METRICS[metric], predicted=predicted)


def test_the_rows_of_a_fixed_split_are_scored_under_each_seed():
    data = Dataset(x=np.zeros((90, 1)), y=np.arange(90) % 2, name="labels")
    right, wrong = (Predicted(None, (data.y[50:] + shift) % 2) for shift in (0, 1))

    table = score_run(run_of(SPLIT, data, "accuracy", {"treatment": [right, wrong], "control": [right, right]}))

    assert (table.scores.shape, table.unit) == ((2, 2, 40), "rows")
    assert table.scores.mean(axis=2).tolist() == [[1, 0], [1, 1]]


def test_the_rows_of_a_time_series_are_in_the_order_of_time():
    data = Dataset(x=np.zeros((180, 1)), y=np.arange(180.0), name="values")
    design = TimeSeries(2, test=60, seeds=2)
    predicted = [Predicted(data.y[cell.test] + seed + 1) for cell in design.split(data) for seed in range(2)]

    table = score_run(run_of(design, data, "mae", {"treatment": predicted}))

    assert table.scores.shape == (1, 2, 120)
    assert table.scores[0, 0].tolist() == [1.0] * 120
    assert table.scores[0, 1].tolist() == [2.0] * 120


def test_differences_are_signed_so_that_positive_is_better():
    scores = np.array([[[1.0, 2.0]], [[2.0, 5.0]]])

    def signed(claim, metric):
        record = ClaimRecord.of(claim, METRICS[metric], alpha=0.05)
        return row_differences(scores[: 1 if claim.kind == "reaches" else 2], record).tolist()

    assert signed(beats("mae"), "mae") == [[1.0, 3.0]]
    assert signed(beats("r2"), "r2") == [[-1.0, -3.0]]
    assert signed(reaches("mae", bar=1.5), "mae") == [[0.5, -0.5]]
