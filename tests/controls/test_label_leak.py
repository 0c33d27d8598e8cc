from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.label_leak import check
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.run.run import Run

RNG = np.random.default_rng(11)
X = RNG.normal(size=(600, 5))
LABELS = (X.sum(axis=1) + RNG.normal(size=600) > 0).astype(int) + (X[:, 0] > 1)
VALUES = X.sum(axis=1) + RNG.normal(size=600)


def run_of(x, y, folds=3):
    data, design = Dataset(x=x, y=y, name="random"), KFolds(folds=folds, repeats=2)
    return Run(data, design, list(design.split(data)), ())


def with_feature(feature, x=X):
    return np.column_stack([x[:, :2], feature, x[:, 2:]])


@pytest.mark.parametrize("y", [LABELS, VALUES], ids=["labels", "values"])
def test_features_that_each_matter_a_little_pass(y):
    finding = check(run_of(X, y))

    assert finding.passed
    assert finding.control == "label leak"


@pytest.mark.parametrize(
    "feature",
    [LABELS, np.array([5.0, -2, 9])[LABELS], LABELS + RNG.uniform(0, 0.9, 600), (LABELS == 1) + 3 * (LABELS > 1)],
    ids=["the label", "recoded", "in the whole part", "recoded in another order"],
)
def test_a_feature_that_gives_away_the_label_fails_by_its_position(feature):
    finding = check(run_of(with_feature(feature), LABELS))

    assert not finding.passed
    assert finding.found.startswith("feature 2 alone predicts 100.00% of 600 held-out labels")


def test_a_very_good_feature_passes():
    """Correct on 98 of 100 rows: suspicious, but not a leak."""
    wrong = np.arange(600) % 50 == 0

    assert check(run_of(with_feature(np.where(wrong, (LABELS + 1) % 3, LABELS)), LABELS)).passed


@pytest.mark.parametrize(
    "feature", [VALUES, -3 * VALUES + 1, np.exp(VALUES)], ids=["the value", "scaled", "its exponential"]
)
def test_a_feature_in_the_order_of_the_values_fails(feature):
    finding = check(run_of(with_feature(feature), VALUES))

    assert not finding.passed
    assert finding.found == "feature 2 has a rank correlation of 1.000000 with the target over 512 rows"


def test_the_last_value_of_a_random_walk_predicts_the_next_well_and_passes():
    walk = np.cumsum(np.random.default_rng(0).normal(size=601))
    finding = check(run_of(with_feature(walk[:-1]), walk[1:]))

    assert finding.passed
    assert finding.found.startswith("feature 2 has a rank correlation of 0.99")


@pytest.mark.parametrize("y", [LABELS, VALUES], ids=["labels", "values"])
def test_a_few_dozen_rows_are_too_few_to_fail(y):
    assert check(run_of(with_feature(y)[:90], y[:90])).passed


def test_one_feature_and_targets_that_are_the_inputs_have_no_finding():
    assert check(run_of(LABELS[:, None], LABELS)) is None
    assert check(run_of(X, X + 0.0)) is None, "the targets of an autoencoder are its inputs"


SEVERAL = (X[:, :3] + RNG.normal(size=(600, 3)) > [0, 0.5, 1.5]).astype(int)


def test_several_labels_that_no_feature_gives_away_pass():
    finding = check(run_of(X, SEVERAL))

    assert finding.passed
    assert "of 600 held-out labels of label" in finding.found


@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_feature_that_gives_away_one_of_several_labels_fails_by_its_position(label):
    finding = check(run_of(with_feature(4 - 3 * SEVERAL[:, label]), SEVERAL))

    assert not finding.passed
    assert finding.found.startswith(f"feature 2 alone predicts 100.00% of 600 held-out labels of label {label};")


def test_a_rare_label_does_not_hide_that_another_one_leaks():
    rare = (np.arange(600) % 300 == 0).astype(int)
    several = np.column_stack([rare, SEVERAL[:, 0], rare * 0])

    assert not check(run_of(with_feature(SEVERAL[:, 0]), several)).passed
    assert check(run_of(X, several)).passed


PIXELS = RNG.normal(size=(60, 4, 4, 3))
MASKS = (PIXELS[..., 0] + RNG.normal(size=(60, 4, 4)) > 0).astype(int) + (PIXELS[..., 1] > 1)


def test_a_channel_that_is_the_mask_fails_by_its_number():
    leaking = np.concatenate([PIXELS, 2.0 - MASKS[..., None]], axis=-1)
    finding = check(run_of(leaking, MASKS))

    assert not finding.passed
    assert finding.found.startswith("feature 3 alone predicts 100.00% of 960 held-out labels")
    assert check(run_of(PIXELS, MASKS)).passed


def test_images_with_one_channel_have_nothing_to_leak_to_their_masks():
    assert check(run_of(MASKS[..., None] * 1.0, MASKS)) is None
