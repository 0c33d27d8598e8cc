from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from negres_core.controls.target_encoding import check
from negres_core.dataset import Dataset
from negres_core.run.run import Run


def run_of(x, y):
    return Run(Dataset(x=x, y=y, name="data"), None, (), ())


def encoded(seed, *, categories=40, smooth=0.0, targets="labels"):
    """A category that is unrelated to the targets, replaced by their mean, beside features that are noise."""
    rng = np.random.default_rng(seed)
    category = rng.integers(0, categories, 600)
    y = {"labels": rng.integers(0, 2, 600), "classes": rng.integers(0, 3, 600), "values": rng.normal(size=600)}[targets]
    wanted = (y == 1) if targets == "classes" else y
    sums, counts = np.bincount(category, wanted), np.bincount(category)
    means = (sums + smooth * wanted.mean()) / np.maximum(counts + smooth, 1)
    return rng.normal(size=(600, 4)), means[category], y


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("categories", [40, 150])
@pytest.mark.parametrize("targets", ["labels", "classes", "values"])
def test_a_category_replaced_by_the_mean_target_of_its_rows_fails(seed, categories, targets):
    x, feature, y = encoded(seed, categories=categories, targets=targets)
    finding = check(run_of(np.column_stack([x, feature]), y))

    assert not finding.passed
    assert finding.control == "target encoding"
    assert finding.found.startswith("feature 4 is the mean target of the rows that share its value")


@pytest.mark.parametrize("smooth", [1.0, 10.0])
@pytest.mark.parametrize("targets", ["labels", "values"])
def test_a_mean_that_was_drawn_towards_that_of_all_rows_and_standardized_fails(smooth, targets):
    x, feature, y = encoded(3, smooth=smooth, targets=targets)

    assert not check(run_of(np.column_stack([x, (feature - feature.mean()) / feature.std()]), y)).passed


def test_means_over_other_rows_pass():
    x, feature, _ = encoded(4)
    unrelated = np.random.default_rng(4).integers(0, 2, 600)

    assert check(run_of(np.column_stack([x, feature]), unrelated)).passed


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_diabetes, load_digits])
def test_measured_features_pass(load):
    finding = check(run_of(*load(return_X_y=True)))

    assert finding is None or finding.passed, finding.found


def test_settings_of_an_experiment_without_noise_pass():
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 20), np.linspace(0, 1, 20)), -1).reshape(-1, 2)

    assert check(run_of(grid, np.sin(6 * grid[:, 0]) + grid[:, 1])) is None


@pytest.mark.parametrize("seed", range(20))
def test_rounded_values_that_predict_the_label_well_pass(seed):
    rng = np.random.default_rng(seed)
    age = rng.gamma(8, 5, size=800).round(1) ** 1.1
    y = (rng.random(800) < 1 / (1 + np.exp(-(age - age.mean()) / age.std() * 2))).astype(int)
    finding = check(run_of(np.column_stack([age.round(0), age**0.5 // 0.1, rng.normal(size=800)]), y))

    assert finding is None or finding.passed, finding.found


@pytest.mark.parametrize("seed", range(5))
def test_levels_of_pixels_beside_a_rare_class_pass(seed):
    """Most levels that a rare row has, one such row has: their means depend on the number of rows alone."""
    rng = np.random.default_rng(seed)
    levels = np.minimum(rng.geometric(0.02, size=(300, 200)), 255) / 255
    finding = check(run_of(levels, (rng.random(300) < 0.06).astype(int)))

    assert finding.passed, finding.found


def test_a_category_replaced_by_the_mean_of_one_of_several_labels_fails():
    x, feature, y = encoded(0)
    several = np.column_stack([np.arange(600) % 2, y])

    assert not check(run_of(np.column_stack([x, feature]), several)).passed
    assert check(run_of(np.column_stack([x, feature]), np.arange(600)[:, None] // [1, 2] % 2)).passed
