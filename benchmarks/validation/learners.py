"""Error rates with real cross-validations of learners whose true effect is known.

Twins with few rows per feature or with nearest neighbours, whose cells are correlated by more than 1 / k; arms that are
no twins, at their true difference; one arm at its true value, for `reaches`; and folds made of few groups. Everything
is fitted in closed form, for all data sets of a block at once, and judged as in cells.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.special import ndtr

from benchmarks.validation.cells import Rates, judge_looks
from negres_core.claim import beats, reaches
from negres_core.dataset import Dataset, Task
from negres_core.design import Design, Holdout, KFolds, LeaveOneGroupOut
from negres_core.evidence import DataRecord
from negres_core.experiment.decision import most_dof
from negres_core.metrics import counts_rows
from negres_core.seeds import derive_seed
from negres_core.statistics.resampled_t import sd_of_few_rows

SIMULATIONS = 2_000
BLOCK_DATA_SETS = 100
TRUTH_FITS = 20_000
"""Training sets from which a true value is estimated."""
DESIGNS: tuple[Design, ...] = (
    KFolds(5, repeats=5),
    KFolds(10, repeats=10),
    KFolds(5, repeats=1),
    Holdout(0.2, splits=25),
    Holdout(0.1, splits=100),
)
PENALTY = 10.0
"""Penalty of ridge regression, where it is compared with least squares."""


class Sample(NamedTuple):
    """Data sets: inputs (data sets, rows, features), and targets (data sets, rows), which are -1 and 1 for classes."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Population:
    """A population with normal features, and a target to which each feature adds as much as any other.

    Attributes:
        rows: rows of a data set.
        features: number of features that a learner sees; a twin sees as many others.
        distance: distance of the class means from 0, in standard deviations; None for a regression, in which the target
            is the sum of the features over the root of their number, plus noise.
        dof: degrees of freedom of Student's t noise of a regression; infinite for normal noise.
    """

    rows: int
    features: int
    distance: float | None = None
    dof: float = math.inf

    def sample(self, generator: np.random.Generator, data_sets: int, *, twins: bool) -> list[Sample]:
        """Draw data sets, as one learner sees them or as each of two twins does."""
        count = 2 if twins else 1
        x = generator.standard_normal((data_sets, self.rows, count * self.features))
        if self.distance is not None:
            y = np.broadcast_to(np.repeat([1.0, -1.0], self.rows // 2), (data_sets, self.rows))
            x += self.distance / math.sqrt(self.features) * y[..., None]
        else:
            shape = (data_sets, self.rows)
            is_normal = math.isinf(self.dof)
            noise = generator.standard_normal(shape) if is_normal else generator.standard_t(self.dof, shape)
            y = x.sum(axis=2) / math.sqrt(self.features) + noise
        return [Sample(half, y) for half in np.split(x, count, axis=2)]

    def expected_scores(self, weights: np.ndarray, metric: str) -> np.ndarray:
        """Return the expected score on new rows of linear fits, (fits, 1 + features), with the constant first."""
        if self.distance is not None:
            norm = np.linalg.norm(weights[:, 1:], axis=1)
            reach = weights[:, 1:].sum(axis=1) * self.distance / math.sqrt(self.features)
            return (ndtr((reach + weights[:, 0]) / norm) + ndtr((reach - weights[:, 0]) / norm)) / 2
        constant = weights[:, 0]
        excess = ((weights[:, 1:] - 1 / math.sqrt(self.features)) ** 2).sum(axis=1)
        if metric == "mae":  # errors are normal, so their size is folded normal
            sd = np.sqrt(1 + excess)
            ratio = constant / sd
            return -(sd * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + constant * (1 - 2 * ndtr(-ratio)))
        return -(constant**2 + excess + (1.0 if math.isinf(self.dof) else self.dof / (self.dof - 2)))


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        arms: "twins", whose true difference is 0; "least squares and ridge", on the same features; or "one", at its
            true value.
        metric: "accuracy", "mse" or "mae".
        population: what the data sets are drawn from.
        learner: "linear", or "nearest neighbour".
    """

    arms: Literal["twins", "least squares and ridge", "one"]
    metric: Literal["accuracy", "mse", "mae"]
    population: Population
    learner: Literal["linear", "nearest neighbour"] = "linear"

    def __str__(self) -> str:
        learner = {"linear": "least squares", "nearest neighbour": "nearest neighbour"}[self.learner]
        arms = {"twins": f"{learner} twins", "one": learner}.get(self.arms, self.arms)
        noise = "" if math.isinf(self.population.dof) else f", t{self.population.dof:g} noise"
        rows = f"{self.population.rows} rows, {self.population.features} features"
        accuracy = f" {self.limit:.2f}" if self.metric == "accuracy" and self.arms == "one" else ""
        return f"{arms}, {self.metric}{accuracy}, {rows}{noise}"

    @property
    def limit(self) -> float:
        """Accuracy of the best possible classifier."""
        return float(ndtr(self.population.distance or 0.0))


REGRESSIONS = (Population(60, 5), Population(60, 20), Population(60, 40), Population(200, 5), Population(200, 5, dof=3))
CASES = (
    *(Case("twins", "mse", population) for population in REGRESSIONS),
    Case("twins", "accuracy", Population(60, 5, distance=0.5), "nearest neighbour"),
    Case("twins", "accuracy", Population(60, 20, distance=0.5)),
    Case("twins", "accuracy", Population(100, 40, distance=0.5)),
    Case("least squares and ridge", "mse", Population(60, 40)),
    Case("least squares and ridge", "mse", Population(100, 20, dof=3)),
    Case("least squares and ridge", "mse", Population(200, 40)),
    *(Case("one", "mse", population) for population in REGRESSIONS),
    Case("one", "mae", Population(60, 20)),
    Case("one", "accuracy", Population(100, 5, distance=1.9)),
    Case("one", "accuracy", Population(300, 5, distance=2.4)),
)
GROUPS = ((5, 5, 5), (5, 5, 6), (3, 5, 3), (3, 5, 4), (3, 5, 6), (10, 10, 10), (5, 5, 20))
"""Folds, repeats and groups of runs in which groups differ and rows do not."""
UNEQUAL_GROUPS = (3, 5, 10, 30)
"""Numbers of groups that are each left out once, and have very unequal numbers of rows."""


def fit_linear(sample: Sample, train: np.ndarray, penalty: float) -> np.ndarray:
    """Fit ridge regression to rows (folds, rows): (data sets, folds, weights), with the constant first."""
    x = with_intercept(sample.x)[:, train]
    penalties = np.full(x.shape[-1], penalty)
    penalties[0] = 0.0
    gram = x.swapaxes(-1, -2) @ x + np.diag(penalties)
    moment = x.swapaxes(-1, -2) @ sample.y[:, train][..., None]
    return np.linalg.solve(gram, moment)[..., 0]


def with_intercept(x: np.ndarray) -> np.ndarray:
    """Return inputs with a first column of ones."""
    return np.concatenate([np.ones((*x.shape[:-1], 1)), x], axis=-1)


def predict(case: Case, sample: Sample, test: np.ndarray, penalty: float) -> np.ndarray:
    """Train without each test fold and predict it: (data sets, folds, rows); test rows are (folds, rows)."""
    if case.learner == "linear":
        train = np.stack([np.setdiff1d(np.arange(case.population.rows), fold) for fold in test])
        weights = fit_linear(sample, train, penalty)
        return (with_intercept(sample.x)[:, test] @ weights[..., None])[..., 0]
    squares = (sample.x**2).sum(axis=2)
    distances = squares[:, :, None] + squares[:, None] - 2 * sample.x @ sample.x.swapaxes(1, 2)
    predicted = np.empty((len(sample.x), *test.shape))
    for number, fold in enumerate(test):
        to_train = distances[:, fold]
        to_train[:, :, fold] = np.inf
        predicted[:, number] = np.take_along_axis(sample.y, to_train.argmin(axis=2), axis=1)
    return predicted


def score(outputs: np.ndarray, targets: np.ndarray, metric: str) -> np.ndarray:
    """Return a metric over the last axis, signed so that higher is better."""
    if metric == "accuracy":
        return (outputs * targets > 0).mean(axis=-1)
    errors = np.abs(outputs - targets) if metric == "mae" else (outputs - targets) ** 2
    return -errors.mean(axis=-1)


def true_effect(case: Case, folds: int) -> float:
    """Return the true effect: 0 of twins; else estimated from training sets of the size of a training fold."""
    if case.arms == "twins":
        return 0.0
    population = case.population
    generator = np.random.default_rng(derive_seed("truth", case=str(case), folds=folds))
    half = population.rows * (folds - 1) // folds // 2
    # Classes are in order, so that as many rows of each train as in a stratified fold.
    train = np.concatenate([np.arange(half), population.rows // 2 + np.arange(half)])[None]
    penalties = (0.0,) if case.arms == "one" else (0.0, PENALTY)
    totals = np.zeros(len(penalties))
    for _ in range(0, TRUTH_FITS, BLOCK_DATA_SETS):
        (sample,) = population.sample(generator, BLOCK_DATA_SETS, twins=False)
        for number, penalty in enumerate(penalties):
            fits = fit_linear(sample, train, penalty)[:, 0]
            totals[number] += population.expected_scores(fits, case.metric).sum() / TRUTH_FITS
    return float(totals[0] - (totals[1] if len(totals) > 1 else 0.0))


def differences(case: Case, design: Design, data_sets: int, generator: np.random.Generator) -> np.ndarray:
    """Cross-validate the arms on data sets: (data sets, repeats, folds), the first arm minus the second."""
    population = case.population
    samples = population.sample(generator, data_sets, twins=case.arms == "twins")
    arms = {
        "twins": [(sample, 0.0) for sample in samples],
        "least squares and ridge": [(samples[0], 0.0), (samples[0], PENALTY)],
        "one": [(samples[0], 0.0)],
    }[case.arms]
    y = np.repeat([1, 0], population.rows // 2) if population.distance is not None else np.zeros(population.rows)
    cells = design.split(Dataset(x=np.zeros((population.rows, 1)), y=y, name="validation"))
    folds = np.stack([cell.test for cell in cells]).reshape(design.repeats, design.folds, -1)
    scores = [
        np.stack(
            [score(predict(case, sample, test, penalty), sample.y[:, test], case.metric) for test in folds], axis=1
        )
        for sample, penalty in arms
    ]
    return scores[0] - scores[1] if len(scores) > 1 else scores[0]


def simulate(simulations: int = SIMULATIONS) -> Iterator[dict[str, Any]]:
    """Yield each case under each design with its rates, with looks and with one look, as counts of runs."""
    for case in CASES:
        claim = reaches(case.metric, bar=0) if case.arms == "one" else beats(case.metric)
        rows = case.population.rows
        for design in DESIGNS:
            folds = design.parts
            effect = true_effect(case, folds)
            kind = {} if design.kind == "k folds" else {"kind": design.kind}
            axes = {"folds": folds, "repeats": design.repeats}
            generator = np.random.default_rng(derive_seed("learners", case=str(case), **axes, **kind))
            blocks = (min(BLOCK_DATA_SETS, simulations - start) for start in range(0, simulations, BLOCK_DATA_SETS))
            cells = np.concatenate([differences(case, design, each, generator) for each in blocks]) - effect
            known = record_of(rows, task="regression" if case.population.distance is None else "classification")
            least_sd = sd_of_few_rows(rows=rows, folds=folds) if counts_rows(case.metric, task=known.task) else 0.0
            yield row(str(case), design, cells, most_dof=most_dof(claim, folds, known), least_sd=least_sd)
    for groups in UNEQUAL_GROUPS:
        generator = np.random.default_rng(derive_seed("unequal groups", groups=groups))
        cells = unequal_differences(groups, 10 * simulations, generator)
        limit = most_dof(beats("accuracy"), groups, record_of(groups))
        yield row(f"{groups} unequal groups", LeaveOneGroupOut(groups=groups), cells, most_dof=limit)
    for folds, repeats, groups in GROUPS:
        # As in an experiment: folds that can be made in one way only are tested once.
        design = KFolds(folds=folds, repeats=1 if groups == folds else repeats)
        generator = np.random.default_rng(derive_seed("groups", folds=folds, repeats=repeats, groups=groups))
        cells = group_differences(design, groups, 10 * simulations, generator)
        yield row(f"{groups} groups", design, cells, most_dof=most_dof(beats("accuracy"), folds, record_of(groups)))


def record_of(units: int, *, task: Task = "classification") -> DataRecord:
    """Return the record of a data set of which only the number of rows or groups, and the task, are known."""
    return DataRecord(
        name="validation", source="drawn", digest="", rows=units, input_shape=None, outputs=None, task=task
    )


def group_differences(design: Design, groups: int, runs: int, generator: np.random.Generator) -> np.ndarray:
    """Draw a normal difference for each group, and average those of each fold: (runs, repeats, folds)."""
    effects = generator.standard_normal((runs, groups))
    rows = np.arange(groups)
    data = Dataset(x=np.zeros((groups, 1)), y=np.zeros(groups), name="groups", groups=rows)
    means = [effects[:, cell.test].mean(axis=1) for cell in design.split(data)]
    return np.stack(means, axis=1).reshape(runs, design.repeats, design.folds)


def unequal_differences(groups: int, runs: int, generator: np.random.Generator) -> np.ndarray:
    """Draw the differences of groups of very unequal size, each left out once: (runs, 1, groups).

    A group has a normal effect of its own and from 3 to 300 rows, whose noise is as large as four such effects.
    """
    sizes = np.exp(generator.uniform(np.log(3), np.log(300), (runs, groups)))
    noise = 4 / np.sqrt(sizes)
    return (np.sqrt(1 + noise**2) * generator.standard_normal((runs, groups)))[:, None, :]


def row(kind: str, design: Design, cells: np.ndarray, **limits: Any) -> dict[str, Any]:
    """Judge cells with looks and with one look."""
    rates: dict[str, Rates] = {
        rule: judge_looks(cells, KFolds(folds=design.folds, repeats=design.repeats, looks=looks), **limits)
        for rule, looks in (("looks", True), ("one look", False))
    }
    kind = kind if design.kind == "k folds" else f"{kind}, {design.kind}"
    return {"kind": kind, "folds": design.folds, "repeats": design.repeats} | {
        rule: counted._asdict() for rule, counted in rates.items()
    }
