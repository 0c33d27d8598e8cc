from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Fit, Recipe
from negres_core.controls.class_order import check
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.run import Run


class Models:
    """A fit that gives what `answer` makes of the labels of the rows that it predicts."""

    def __init__(self, answer):
        self.answer = answer
        self.rows = None

    def refit(self, arm, position, targets, rows=None):
        self.rows = rows
        return self.answer(targets)


def compute(train, test):
    """Stand for a fit; `Models` answers for it."""


def run_of(answer, *, classes=3, rows=300, y=None):
    y = np.random.default_rng(0).permutation(np.arange(rows) % classes) if y is None else y
    data, design = Dataset(x=np.zeros((len(y), 2)), y=y, name="classes"), KFolds(folds=5, repeats=1)
    return Run(data, design, list(design.split(data)), [Arm("treatment", Recipe(Fit(compute)))], models=Models(answer))


def shares(labels, *, classes=3, hits=0.6, seed=1):
    """Return probabilities that are right for some rows, and drawn for the others."""
    random = np.random.default_rng(seed)
    guessed = np.where(random.random(len(labels)) < hits, labels, random.integers(0, classes, len(labels)))
    return 0.7 * np.eye(classes)[guessed] + 0.3 / classes


def test_classes_in_the_order_of_the_data_set_pass():
    run = run_of(shares)
    finding = check(run)

    assert finding.passed
    assert finding.found.startswith("treatment arm agrees with its 240 training labels by +0.")
    assert set(run.models.rows) == set(run.cells[0].train)


@pytest.mark.parametrize("order", [[1, 0, 2], [1, 2, 0]], ids=["two swapped", "all moved"])
@pytest.mark.parametrize("as_labels", [True, False])
def test_classes_in_another_order_fail(order, as_labels):
    def answer(labels):
        given = shares(labels)[:, order]
        return given.argmax(axis=1) if as_labels else given

    finding = check(run_of(answer))
    assert not finding.passed
    assert finding.control == "class order"


def test_the_probability_of_the_other_class_fails_even_if_one_class_is_rare():
    """No row has the rare class as its most probable one, or with swapped columns every row has."""
    y = np.random.default_rng(2).permutation(np.arange(400) % 10 == 0).astype(int)

    def answer(labels, swapped):
        rare = 0.05 + 0.2 * labels * np.random.default_rng(3).random(len(labels))
        return np.column_stack([1 - rare, rare])[:, :: -1 if swapped else 1]

    assert check(run_of(lambda labels: answer(labels, False), y=y)).passed
    assert not check(run_of(lambda labels: answer(labels, True), y=y)).passed


@pytest.mark.parametrize("seed", range(20))
def test_fits_that_learned_nothing_pass(seed):
    assert check(run_of(lambda labels: shares(labels, hits=0.0, seed=seed))).passed
    assert check(run_of(lambda labels: np.tile([0.2, 0.5, 0.3], (len(labels), 1)))).passed


def test_classes_that_are_taken_for_each_other_pass():
    """Class 2 is always taken for class 1, as where one of them is rare."""
    assert check(run_of(lambda labels: np.minimum(labels, 1))).passed


def test_fits_that_return_numbers_and_values_are_not_judged():
    assert check(run_of(lambda labels: {"hits": 0.5})) is None
    run = run_of(shares)
    values = Dataset(x=run.data.x, y=run.data.y.astype(float), name="values")
    assert check(replace(run, data=values)) is None
    assert check(replace(run, models=None)) is None
    assert check(run_of(shares, rows=30)) is None


def test_classes_of_steps_in_another_order_fail_and_steps_that_do_not_count_are_left_out():
    y = np.random.default_rng(0).integers(0, 3, size=(100, 8))
    y[:, 6:] = 255

    def find(order):
        def answer(targets):
            labels = np.where(targets[..., 0] < 0, 0, targets[..., 0])
            return shares(labels.ravel())[:, order].reshape(*labels.shape, 3)

        data = Dataset(x=np.zeros((100, 2)), y=y, name="steps", ignore_class=255)
        design = KFolds(folds=5, repeats=1)
        arms = [Arm("treatment", Recipe(Fit(compute)))]
        return check(Run(data, design, list(design.split(data)), arms, models=Models(answer)))

    assert find([0, 1, 2]).passed
    assert "its 480 training labels by +0." in find([0, 1, 2]).found
    assert not find([2, 0, 1]).passed
