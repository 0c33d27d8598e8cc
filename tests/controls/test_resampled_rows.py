from __future__ import annotations

import numpy as np
import pytest
from imblearn.combine import SMOTEENN
from imblearn.over_sampling import SMOTE, SMOTEN, RandomOverSampler
from imblearn.under_sampling import ClusterCentroids, RandomUnderSampler
from sklearn.preprocessing import MinMaxScaler

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.resampled_rows import check
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.run import Run

RNG = np.random.default_rng(0)
Y = (np.arange(200) % 8 == 0).astype(int)
DATA = Dataset(x=RNG.normal(size=(200, 4)) + Y[:, None], y=Y, name="rare")
DISCRETE = Dataset(x=RNG.integers(0, 3, size=(200, 5)).astype(float), y=Y, name="discrete")


def build():
    """Never called here."""


def found_in(*resamples, data=DATA, preprocess=None):
    design = KFolds(folds=5, repeats=2)
    arms = [
        Arm(role, Recipe(Stage(build), preprocess=preprocess, resample=resample))
        for role, resample in zip(("treatment", "control"), resamples, strict=False)
    ]
    return check(Run(data, design, list(design.split(data)), arms))


def by(function):
    return type("own", (), {"fit_resample": lambda self, x, y: function(x, y)})


@pytest.mark.parametrize("sampler", [SMOTE, RandomOverSampler, RandomUnderSampler, ClusterCentroids, SMOTEENN])
@pytest.mark.parametrize("preprocess", [None, MinMaxScaler])
def test_samplers_of_imbalanced_learn_pass(sampler, preprocess):
    finding = found_in(sampler, preprocess=preprocess)
    assert finding.passed
    assert finding.found.startswith(f"treatment arm: {sampler.__name__} makes ")


def test_the_rows_before_and_after_are_reported():
    assert found_in(None, SMOTE).found == (
        "control arm: SMOTE makes 1,400 rows of 800 in 5 folds, 0 of them equal to held-out rows, "
        "0 with the target of another row"
    )


def test_new_rows_of_few_values_may_be_equal_to_any_others():
    assert found_in(SMOTEN, data=DISCRETE).passed


def test_without_a_sampler_there_is_nothing_to_check():
    assert found_in(None, None) is None


def test_a_sampler_that_remembers_rows_of_earlier_folds_fails():
    seen = []

    def remember(x, y):
        seen.append((x, y))
        xs, ys = zip(*seen, strict=True)
        return np.concatenate(xs), np.concatenate(ys)

    finding = found_in(by(remember))
    assert not finding.passed
    # The 40 test rows of each fold were in the training folds of all folds before.
    assert f" {40 * (1 + 2 + 3 + 4)} of them equal to held-out rows, 0 with" in finding.found


def test_a_sampler_that_loses_the_order_of_its_targets_fails():
    finding = found_in(by(lambda x, y: (x, y[::-1])))
    assert not finding.passed
    assert " 0 of them equal to held-out rows" in finding.found


def test_a_sampler_that_loses_the_order_of_its_inputs_fails():
    assert not found_in(SMOTE, by(lambda x, y: (np.roll(x, 1, axis=0), y))).passed
