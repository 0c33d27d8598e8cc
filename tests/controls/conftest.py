"""Runs with planted faults, small runs trained in NumPy, and inspections of models that do not exist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.arrays import digest_array
from negres_core.design import KFolds
from negres_core.metrics import METRICS
from negres_core.run.arm import Arm
from negres_core.run.models import Inspection, MatchedTraining, OutputLayer, PairLosses
from negres_core.run.run import Run
from tests.fakes import BUDGET

SOFTMAX = OutputLayer("softmax", 0.0, 1.0, "sparse_categorical_crossentropy")
LINEAR = OutputLayer("linear", loss="mean_squared_error")


@pytest.fixture
def plant():
    """Plant a fault: change fields of one replicate of a run."""

    def plant(run, *, arm=0, stage=-1, position=0, **fields):
        arms = list(run.arms)
        stages = [list(replicates) for replicates in arms[arm].stages]
        stages[stage][position] = stages[stage][position].updated(**fields)
        arms[arm] = replace(arms[arm], stages=stages)
        return replace(run, arms=arms)

    return plant


HIDDEN_UNITS, LEARNING_RATE = 32, 0.01

FITTED = {}
"""Results of `fit`, which several tests share."""


@pytest.fixture
def train_small_runs(new_replicate):
    """Train small runs with a small network in NumPy, clean or with a planted fault, and return them.

    A fault is in all arms, or in those whose role is in `faulty`. Faults: "leak" trains on the test fold too; "carry"
    starts each replicate of an arm from the one before; "best epoch" keeps the epoch with the best test score;
    "one seed" ignores the seed; "mismatch" trains on the targets of other rows; "idle" learns nothing, and "slow"
    hardly anything; "dead" starts with units that never fire; "explode" turns infinite.
    """

    carried = {}  # by role; a model that is built only once outlives a small run

    def train(small_runs, *, fault=None, seed=0, faulty=("treatment", "control")):
        def trained(small_run):
            faults = dict.fromkeys(faulty, fault)
            return [train_arm(arm, small_run, faults.get(arm.role), seed) for arm in small_run.arms]

        with np.errstate(all="ignore"):
            return {name: replace(small_run, arms=trained(small_run)) for name, small_run in small_runs.items()}

    def train_arm(arm, run, fault, seed):
        jobs = [(cell, number) for cell in run.cells for number in range(run.design.seeds)]
        weights, trained = carried.get(arm.role), {}
        for group in [[job] for job in jobs] if fault == "carry" else [jobs]:
            cells = [cell for cell, _ in group]
            seeds = [[seed, cell.fold, 0 if fault == "one seed" else number] for cell, number in group]
            rows = tuple((cell.train.tobytes(), cell.test.tobytes()) for cell in cells)
            key = (arm.recipe.last, run.data.digest, rows, str(seeds), fault)
            if fault == "carry":
                weights, results = fit(arm.recipe.last, run.data, cells, seeds, fault, weights)
                carried[arm.role] = weights
            else:
                if key not in FITTED:
                    FITTED[key] = fit(arm.recipe.last, run.data, cells, seeds, fault)
                weights, results = FITTED[key]
            for index, (cell, number) in enumerate(group):
                trained[cell.fold, number] = [weight[index] for weight in weights], results[index]
        return replace(arm, stages=[[record(*trained[cell.fold, number], cell, number) for cell, number in jobs]])

    def record(weights, result, cell, number):
        weight = {"path": "w", "shape": (2,), "trainable": True, "frozen": False, "inherited_from": None, "start": ""}
        return new_replicate(
            fold=cell.fold,
            seed=number,
            weights=[weight | {"end": digest_array(weights[0])}],
            budget=BUDGET | {"trainable_weights": sum(value.size for value in weights)},
            **result,
        )

    return train


def fit(stage, data, cells, seeds, fault, weights=None):
    """Train one network per cell in parallel: a hidden ReLU layer, softmax or linear outputs, Adam."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    x = data.x.reshape(len(data), -1)
    targets = data.y.reshape(len(data), -1) if data.task == "regression" else np.eye(data.outputs)[data.y]
    training_targets = rngs[0].permutation(targets) if fault == "mismatch" else targets
    if weights is None:
        first = [rng.normal(size=(x.shape[1], HIDDEN_UNITS)) * (2 / x.shape[1]) ** 0.5 for rng in rngs]
        last = [rng.normal(size=(HIDDEN_UNITS, targets.shape[1])) * (1 / HIDDEN_UNITS) ** 0.5 for rng in rngs]
        bias = np.full((len(cells), 1, HIDDEN_UNITS), -100.0 if fault == "dead" else 0.0)
        weights = [np.stack(first), bias, np.stack(last), np.zeros((len(cells), 1, targets.shape[1]))]
    # One array of all weights, so that Adam takes one step; `weights` and `gradients` are views.
    values, weights = flatten(weights)
    gradient, gradients = flatten([np.zeros_like(weight) for weight in weights])
    test_rows = np.stack([cell.test for cell in cells])
    train_rows = np.stack([np.r_[cell.train, cell.test] if fault == "leak" else cell.train for cell in cells])
    mean, square, count, tests, curve = 0.0, 0.0, 0, [], []
    rate = {"idle": 0.0, "slow": 3e-6, "explode": 1e300}.get(fault, LEARNING_RATE)
    for epoch in range(stage.epochs):
        order = np.stack([rng.permutation(rows) for rng, rows in zip(rngs, train_rows, strict=True)])
        losses = 0.0
        for begin in range(0, train_rows.shape[1], stage.batch_size):
            batch = order[:, begin : begin + stage.batch_size]
            inputs, wanted = x[batch], training_targets[batch]
            hidden, outputs = forward(weights, inputs, data.task)
            losses += loss_of(outputs, wanted, data.task) * batch.shape[1]
            error = (outputs - wanted) / batch.shape[1]
            back = error @ weights[2].swapaxes(1, 2) * (hidden > 0)
            gradients[0][:] = inputs.swapaxes(1, 2) @ back
            gradients[1][:] = back.sum(1, keepdims=True)
            gradients[2][:] = hidden.swapaxes(1, 2) @ error
            gradients[3][:] = error.sum(1, keepdims=True)
            count += 1
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            values -= rate * (mean / (1 - 0.9**count) / (np.sqrt(square / (1 - 0.999**count)) + 1e-7))
        curve.append(losses / order.shape[1])
        if fault == "best epoch" or epoch == stage.epochs - 1:
            tests.append(measure(weights, x, targets, test_rows, data.task))
    best = [
        max(each, key=lambda metrics: metrics.get("accuracy", -metrics["loss"])) for each in zip(*tests, strict=True)
    ]
    return weights, [{"metrics": m, "curve": c.tolist()} for m, c in zip(best, np.stack(curve, axis=1), strict=True)]


def flatten(arrays):
    """Return a copy of arrays of several cells as one array, (cells, values), and views of it in their shapes."""
    flat = np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)
    ends = np.cumsum([array[0].size for array in arrays])
    return flat, [
        flat[:, end - array[0].size : end].reshape(array.shape) for array, end in zip(arrays, ends, strict=True)
    ]


def forward(weights, x, task):
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    outputs = hidden @ weights[2] + weights[3]
    if task == "classification":
        outputs = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
        outputs /= outputs.sum(axis=-1, keepdims=True)
    return hidden, outputs


def loss_of(outputs, targets, task):
    if task == "regression":
        return ((outputs - targets) ** 2).mean(axis=(1, 2))
    return -np.log(np.maximum((outputs * targets).sum(axis=-1), 1e-7)).mean(axis=1)


def measure(weights, x, targets, rows, task):
    _, outputs = forward(weights, x[rows], task)
    losses = loss_of(outputs, targets[rows], task)
    if task == "regression":
        return [{"mse": float(mse), "loss": float(mse)} for mse in losses]
    accuracies = (outputs.argmax(axis=-1) == targets[rows].argmax(axis=-1)).mean(axis=1)
    return [{"accuracy": float(a), "loss": float(loss)} for a, loss in zip(accuracies, losses, strict=True)]


@pytest.fixture
def new_problem():
    """Make an untrained run on a problem that a small network learns, a different one for each seed; or on noise."""

    def make(seed=0, *, task="classification", signal=1.5, metric=None, arms=1, rows=400, **fields):
        rng = np.random.default_rng([seed, 17])
        x = rng.normal(size=(rows, 8))
        if task == "classification":
            y = np.arange(rows) % 3
            x[np.arange(rows), y] += signal
        else:
            y = signal * x[:, :2] @ rng.normal(size=(2, 2)) + rng.normal(size=(rows, 2)) / 2
        recipes = [Recipe(Stage(network, batch_size=64, **fields)) for _ in range(arms)]
        untrained = [Arm(role, recipe) for role, recipe in zip(("treatment", "control"), recipes, strict=False)]
        name = metric or ("accuracy" if task == "classification" else "mse")
        return Run(Dataset(x=x, y=y, name="problem"), KFolds(), (), untrained, METRICS[name])

    return make


def network():
    """Stand for the network in NumPy."""


class FakeModels:
    """Inspects models that do not exist: they are what a test gives, or else healthy and as recorded."""

    def __init__(self, run, output_layer, redrawn, answers, fields):
        self.run, self.given_output_layer, self.redrawn, self.fields = run, output_layer, redrawn, fields
        self.answers = answers

    def output_layer(self, recipe):
        return self.given_output_layer

    def constant_loss(self, recipe, cell):
        return 0.7

    def refit(self, arm, position, targets, rows=None):
        return self.answers["refit"](arm, position, targets)

    def predict_batches(self, recipe, replicate, batches):
        return np.concatenate([self.answers["predict"](self.run.data.flatten(rows)) for rows in batches])

    def draw_outputs(self, recipe):
        return self.answers["drawn"]

    def pair_losses(self, recipe):
        return self.answers["pairs"]

    def same_training(self, one, other):
        return self.answers["same"]

    def match_training(self, control, treatment):
        return self.answers["matched"](control, treatment)

    def redraw_weights(self, recipe, replicate, parent=None):
        return [weight.start for weight in replicate.weights] if self.redrawn is None else self.redrawn

    def predicts_targets(self, recipe):
        return self.answers["predicts targets"]

    def statistics_of_all_rows(self, recipe):
        return self.answers["statistics of all rows"]

    def predict_untrained(self, recipe, cell, rows, *, shuffles=0):
        return np.zeros((1 + shuffles, *self.run.data.y[rows].shape), int)

    def inspect(self, recipe, replicate):
        y = self.run.data.y[self.run.cell_of(replicate).test]
        regression = y.dtype.kind == "f"
        outputs = y[:, None] * 0.9 if regression else np.where(np.eye(self.run.data.outputs)[y] > 0, 0.9, 0.1)
        healthy = {
            "output_layer": self.given_output_layer,
            "weights": [weight.end for weight in replicate.weights],
            "targets": y,
            "outputs": outputs.astype(np.float32),
            "predicted": (y * 0.9).astype(np.float32) if regression else y,
            "loss": 0.15,
            "trivial_loss": 0.7,
            "training_loss": 0.12,
            "inference_loss": 0.1,
            "silent": [(1, 10), (0, 4)],
            "gradient_norm": 0.3,
            "weight_norm": 2.0,
        }
        return Inspection(**healthy | self.fields)


ANSWERS = {
    "refit": lambda arm, position, targets: np.zeros_like(targets),
    "predict": lambda x: 2 * x,
    "statistics of all rows": [],
    "predicts targets": True,
    "drawn": np.random.default_rng(6).dirichlet([0.2, 0.2], size=64),
    "pairs": PairLosses(np.array([[0.1, 1, 2], [2, 0.3, 1], [1, 3, 0.2]]), 0.2),
    "same": False,
    "matched": lambda control, treatment: MatchedTraining(),
}
"""What healthy models answer to those who ask for more than an inspection."""


@pytest.fixture
def with_models():
    """Give a run models to inspect.

    The output layer, redrawn weights, answers in place of ANSWERS, and any field of an inspection can be given.
    """

    def with_models(run, *, output_layer=None, redrawn=None, answers=None, **fields):
        output_layer = output_layer or (LINEAR if run.data.task == "regression" else SOFTMAX)
        return replace(run, models=FakeModels(run, output_layer, redrawn, ANSWERS | (answers or {}), fields))

    return with_models
