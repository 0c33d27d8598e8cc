from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core.controls.duplicates import check
from negres_core.dataset import Dataset
from negres_core.design import FixedSplit, KFolds
from negres_core.run.run import Run


def run_of(x, y, groups=None):
    data, design = Dataset(x=x, y=y, name="random", groups=groups), KFolds(folds=5, repeats=2)
    return Run(data, design, list(design.split(data)), ())


def measured(rng, rows=400):
    return rng.normal(size=(rows, 6)), rng.integers(0, 2, rows)


def images(rng, rows=400):
    return rng.integers(0, 256, (rows, 6, 6)), rng.integers(0, 3, rows)


def mixed(rng, rows=400):
    """One measurement among categories: only one feature tells rows apart."""
    return np.column_stack([rng.normal(size=rows), rng.integers(0, 2, (rows, 8))]), rng.integers(0, 2, rows)


def values(rng, rows=400):
    x = rng.normal(size=(rows, 6))
    return x, x[:, :2] + 1.0


@pytest.mark.parametrize("sample", [measured, images, mixed, values])
def test_copies_fail_and_rows_sampled_once_pass(sample):
    x, y = sample(np.random.default_rng(1))
    copies = np.arange(20)

    clean = check(run_of(x, y))
    faulty = check(run_of(np.concatenate([x, x[copies]]), np.concatenate([y, y[copies]])))

    assert clean.passed
    assert clean.found.startswith("0.00% of the rows of a test fold have a twin in the training fold")
    assert not faulty.passed
    assert faulty.control == "duplicates"


def test_the_share_is_that_of_rows_whose_twin_is_in_another_fold():
    """Every row is there twice: its twin is one of 799 other rows, and 640 of these are in the training fold."""
    x, y = measured(np.random.default_rng(2))
    finding = check(run_of(np.tile(x, (2, 1)), np.tile(y, 2)))

    assert float(finding.found.partition("%")[0]) == pytest.approx(100 * 640 / 799, abs=3)
    assert finding.found.endswith("expected by chance: 0.00%")


@pytest.mark.parametrize("copied", ["test", "validation"])
def test_copies_in_official_rows_fail(copied):
    x, y = measured(np.random.default_rng(4))
    design = FixedSplit(train=range(200), validation=range(200, 300), test=range(300, 400))
    rows = np.arange(300, 340) if copied == "test" else np.arange(200, 240)
    x[rows], y[rows] = x[:40], y[:40]
    data = Dataset(x=x, y=y, name="official")
    finding = check(Run(data, design, list(design.split(data)), ()))

    assert not finding.passed
    assert finding.found.startswith(f"40.00% of the rows of a {copied} fold have a twin in the training fold")


def test_twins_of_one_group_stay_in_one_fold():
    x, y = measured(np.random.default_rng(3))

    assert check(run_of(np.tile(x, (2, 1)), np.tile(y, 2), groups=np.tile(np.arange(400), 2))).passed


def test_a_rare_class_oversampled_before_the_split_fails():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(420, 4))

    assert not check(run_of(x[np.append(np.arange(400), rng.integers(400, 420, 400))], np.arange(800) // 400)).passed


def test_twins_with_another_target_cannot_be_memorized_and_pass():
    x, y = measured(np.random.default_rng(5))

    assert check(run_of(np.tile(x, (2, 1)), np.append(y, 1 - y))).passed


def one_hot(categories, levels):
    return np.eye(levels)[categories].reshape(len(categories), -1)


@pytest.mark.parametrize("rows", [100, 1000])
@pytest.mark.parametrize("features", [2, 5, 9])
@pytest.mark.parametrize("hot", [False, True])
@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_rows_of_few_categories_have_twins_by_chance_and_pass(rows, features, hot, correlation):
    rng = np.random.default_rng([rows, features])
    common = np.sqrt(correlation) * rng.normal(size=(rows, 1))
    categories = np.digitize(common + np.sqrt(1 - correlation) * rng.normal(size=(rows, features)), [-0.5, 0.5])
    finding = check(run_of(one_hot(categories, 3) if hot else categories, rng.integers(0, 2, rows)))

    assert finding.passed, finding.found


def test_blank_rows_are_not_copies():
    x, y = images(np.random.default_rng(6))
    x[:40] = 0

    assert check(run_of(x, y)).passed


def test_rows_that_differ_in_the_sign_of_zero_are_copies():
    x, y = measured(np.random.default_rng(7))
    x[:, 0] = 0.0
    again = x[:20] * np.array([-1.0, 1, 1, 1, 1, 1])

    assert np.signbit(again[0, 0])
    assert not check(run_of(np.concatenate([x, again]), np.append(y, y[:20]))).passed


@pytest.mark.parametrize("kind", ["array", "frame", "frame of names"])
def test_copies_under_new_numbers_fail(kind):
    rng = np.random.default_rng(1)
    x, y = measured(rng)
    x, y = np.concatenate([x, x[:20]]), np.concatenate([y, y[:20]])
    table = pd.DataFrame(x).rename(columns=str).assign(number=rng.permutation(len(x)))
    if kind != "array":
        table["kind"] = "a"
    if kind == "frame of names":
        table["number"] = [f"patient {number}" for number in table["number"]]

    finding, clean = check(run_of(table, y)), check(run_of(table[:400], y[:400]))

    assert not finding.passed
    assert clean.passed


def test_rows_of_a_few_categories_that_are_numbered_pass():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.choice(["a", "b"], (400, 6))).rename(columns=str)
    y = rng.integers(0, 2, 400)

    assert check(run_of(table, y)).passed
    assert check(run_of(table.assign(number=np.arange(400)), y)).passed
