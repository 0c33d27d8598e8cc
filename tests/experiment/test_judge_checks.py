"""Scores and arguments that cannot be judged are refused; `test_judge.py` has the arguments of a whole claim."""

from __future__ import annotations

import pytest

from negres_core.claim import Metric, beats, reaches
from negres_core.design import FixedSplit, Holdout, KFolds, LeaveOneGroupOut
from negres_core.errors import InputError
from negres_core.experiment.judge_checks import check_arms, check_design, check_metric_of_rows, metric_of

SPLIT = FixedSplit(train=range(60), test=range(60, 100))


def test_the_arms_are_named_as_text():
    assert check_arms(beats("accuracy"), 1, " b ") == ["1", "b"]
    assert check_arms(reaches("accuracy", bar=0.5), "a", None) == ["a"]


def test_the_number_of_groups_belongs_to_the_design_that_leaves_one_out():
    for design, groups in ((LeaveOneGroupOut(groups=9), None), (LeaveOneGroupOut(), 9)):
        assert check_design(design, 100, groups) == (LeaveOneGroupOut(groups=9), 9)


@pytest.mark.parametrize("design", [KFolds(5), Holdout(0.2, splits=10), SPLIT])
def test_other_designs_stay_as_they_are(design):
    assert check_design(design, 100, None) == (design, None)


def test_a_metric_that_is_declared_computes_nothing():
    own = Metric("cost", higher_is_better=False, unit="EUR", compute=lambda targets, outputs: 0.0)
    for claim, metric in ((beats(own), None), (beats("cost"), own)):
        assert metric_of(claim, metric) == Metric("cost", higher_is_better=False, unit="EUR")


@pytest.mark.parametrize("name", ["accuracy", "log_loss", "mse", "loss", "bleu"])
def test_metrics_that_are_means_over_rows_or_unknown_are_judged_by_rows(name):
    check_metric_of_rows(beats(name), SPLIT)


@pytest.mark.parametrize("name", ["roc_auc", "f1", "r2", "psnr"])
def test_other_metrics_are_not(name):
    check_metric_of_rows(beats(name), KFolds())
    with pytest.raises(InputError, match=f"The {name} of the test set is not a mean over its rows"):
        check_metric_of_rows(beats(name), SPLIT)
