"""Controls of mechanics see the weights that a fit records."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe, reaches
from negres_core.controls.recorded import each_weight
from negres_core.design import KFolds
from negres_core.evidence import TrainedWeight

X = np.random.default_rng(0).normal(size=(120, 3))
DATA = Dataset(x=X, y=(X[:, 0] > 0).astype(int), name="halves")


class Parameter(np.ndarray):
    """An array that knows whether it is trained, as a parameter of PyTorch does."""

    requires_grad = True


class Module:
    """Two weights, named as those of a module of PyTorch are."""

    def __init__(self, weight, frozen):
        self.weight, self.frozen = weight.view(Parameter), frozen.view(Parameter)
        self.frozen.requires_grad = False

    def named_parameters(self):
        return [("weight", self.weight), ("frozen", self.frozen)]

    def named_buffers(self):
        return []


def regression(train, test, seed, record, *, fault=None, kept=None):
    """Fit a logistic regression by a few steps along its gradient."""
    x, unknown = train.flatten(), test.flatten()
    model = Module(np.random.default_rng(seed).normal(size=3) / 10, np.ones(3))
    if kept is not None:
        model = kept.setdefault("model", model)
    record(model)
    for _ in range(0 if fault == "no step" else 20):
        model.weight -= x.T @ (1 / (1 + np.exp(-x @ model.weight)) - train.y) / len(x)
    if fault == "frozen moves":
        model.frozen += 1
    if fault == "explodes":
        model.weight[0] = np.nan
    record(model, epochs=20, steps=20)
    if fault == "batch":
        unknown = unknown - unknown.mean(axis=0)
    second = np.nan_to_num(1 / (1 + np.exp(-unknown @ model.weight)), nan=0.5)
    return np.stack([1 - second, second], axis=1)


@pytest.fixture
def findings_of(new_experiment):
    def measure(compute):
        evidence = new_experiment(controls="cheap").measure(
            Recipe(Fit(compute)), on=DATA, claim=reaches("accuracy", bar=0.6), design=KFolds(folds=4, repeats=1)
        )
        return {finding.control: finding for finding in evidence.controls}

    return measure


def test_a_sound_fit_passes_and_its_budget_is_told(findings_of):
    found = findings_of(regression)

    assert all(finding.passed for finding in found.values())
    assert found["trained weights"].found.startswith("0 of 1 trainable weights")
    assert found["frozen weights"].found.startswith("0 of 4 frozen weights moved")
    assert found["initial weights"].found.startswith("0 of 0 weights differ")
    assert found["budget"].found.endswith("treatment arm: 20 epochs, 20 steps, 3 trainable weights")
    assert "outputs of the treatment arm change by up to" in found["rows alone"].found


@pytest.mark.parametrize(
    ("fault", "control"),
    [
        ("no step", "trained weights"),
        ("frozen moves", "frozen weights"),
        ("explodes", "finite"),
        ("batch", "rows alone"),
    ],
)
def test_a_fault_is_found(findings_of, fault, control):
    failed = {name for name, finding in findings_of(partial(regression, fault=fault)).items() if not finding.passed}

    assert control in failed


def test_weights_that_are_carried_from_fold_to_fold_are_found(findings_of):
    finding = findings_of(partial(regression, kept={}))["initial weights"]

    assert not finding.passed
    assert "3 start from another replicate's final weights" in finding.found


def test_a_fit_that_records_nothing_is_not_judged(findings_of):
    found = findings_of(lambda train, test: np.zeros(len(test), int))

    assert {"trained weights", "frozen weights", "initial weights", "budget", "rows alone"}.isdisjoint(found)


def test_weights_are_told_apart_by_their_paths(new_run):
    first, second = (replicate.updated(model=None) for replicate in new_run().arms[1].replicates[:2])
    kept, new = second.weights
    other = second.updated(weights=[new.updated(path="other"), kept])

    columns = {weights[0].path: len(weights) for weights in each_weight([first, other])}

    assert columns == {kept.path: 2, new.path: 1, "other": 1}


def weight_of(path, start, end):
    return TrainedWeight(path=path, shape=(2,), trainable=True, frozen=False, start=start, end=end, inherited_from=None)


def test_a_weight_of_a_network_is_known_by_its_place_however_keras_numbers_its_layer(new_replicate):
    replicates = [
        new_replicate(fold=fold, weights=[weight_of(f"{name}/kernel", "a", "b"), weight_of(f"{name}/bias", "c", "c")])
        for fold, name in enumerate(("dense", "dense_1"))
    ]
    assert [[weight.path for weight in weights] for weights in each_weight(replicates)] == [
        ["dense/kernel", "dense_1/kernel"],
        ["dense/bias", "dense_1/bias"],
    ]


def test_weights_that_a_fit_records_in_some_cells_alone_are_known_by_their_names(new_replicate):
    one, other = weight_of("one", "a", "b"), weight_of("other", "c", "d")
    replicates = [
        new_replicate(weights=[one, other]).updated(model=None),
        new_replicate(fold=1, weights=[other]).updated(model=None),
    ]
    assert list(each_weight(replicates)) == [[one], [other, other]]
