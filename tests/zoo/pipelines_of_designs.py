"""Clean pipelines on other splits than folds, with other metrics, and of scores that were given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from negres_core import Dataset, Fit, Metric, Recipe, Stage, beats, matches, to_reach
from negres_core.claim import Claim
from negres_core.design import Design, FixedSplit, Holdout, KFolds, LeaveOneGroupOut, TimeSeries
from negres_core.evidence import Evidence, Store
from negres_core.experiment.judge import Judge
from tests.zoo.models import dense, linear, network
from tests.zoo.pipelines import FIT, VALUES, Pipeline, digits, load, min_max, rare, sample, standard
from tests.zoo.pipelines_of_arms import trees

OFFICIAL = {"train": range(280), "test": range(280, 400)}
"""Training rows and test rows of 400."""


def logistic(train, test):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2000).fit(train.x, train.y).predict_proba(test.x)


def forest_shares(train, test, seed):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(30, random_state=seed).fit(train.x, train.y).predict_proba(test.x)


def ridge(train, test):
    from sklearn.linear_model import Ridge

    return Ridge().fit(train.x, train.y).predict(test.x)


def regression_forest(train, test, seed):
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(30, random_state=seed).fit(train.x, train.y).predict(test.x)


def official_split(seed):
    """Networks on official test rows, under five seeds."""
    return replace(digits(seed), design=FixedSplit(**OFFICIAL, seeds=5))


def official_split_of_fits(seed):
    """A forest under five seeds, against a regression that no seed changes."""
    return Pipeline(
        data=sample(*load("breast_cancer"), seed, name="cancer", rows=400),
        treatment=Recipe(Fit(trees), preprocess=standard),
        control=Recipe(Fit(logistic), preprocess=standard),
        claim=matches("accuracy", within=0.1),
        design=FixedSplit(**OFFICIAL, seeds=5),
    )


def official_validation(seed):
    """Official validation rows, on which a target is measured."""
    fit = FIT | {"epochs": 15}
    design = FixedSplit(train=range(240), validation=range(240, 300), test=range(300, 400), seeds=5)
    return replace(
        digits(seed),
        treatment=Recipe(Stage(network(hidden=(64,)), **fit), preprocess=min_max),
        control=Recipe(Stage(network(hidden=(8,)), **fit), preprocess=min_max),
        claim=beats(to_reach("accuracy", 0.8)),
        design=design,
    )


def hours(seed, *, count=700):
    """Return a series with a daily cycle, and its features: the last eight hours, and the hour of the day."""
    random = np.random.default_rng(seed)
    noise, walk = random.normal(size=count), np.zeros(count)
    for hour in range(1, count):
        walk[hour] = 0.8 * walk[hour - 1] + noise[hour]
    series = walk + 2 * np.sin(2 * np.pi * np.arange(count) / 24)
    now = np.arange(8, count)
    past = np.stack([series[now - lag] for lag in range(1, 9)], axis=1)
    return series, np.column_stack([past, now % 24]), now


def forecast(seed):
    """Fits that forecast the next hour, each trained on the past."""
    series, x, now = hours(seed)
    return Pipeline(
        data=Dataset(x=x, y=series[now], name="hours"),
        treatment=Recipe(Fit(ridge), preprocess=standard),
        control=Recipe(Fit(regression_forest), preprocess=standard),
        claim=beats("mae", by=0.01),
        design=TimeSeries(5),
    )


def forecast_by_network(seed):
    """Networks that forecast the mean of the next twelve hours, with a gap as long, from a rolling window."""
    series, x, now = hours(seed)
    y = np.array([series[hour : hour + 12].mean() for hour in now[:-12]])
    return Pipeline(
        data=Dataset(x=x[:-12], y=y, name="half days"),
        treatment=Recipe(Stage(network(hidden=(16,), last="linear"), **FIT, **VALUES), preprocess=standard),
        control=Recipe(Stage(network(hidden=(), last="linear"), **FIT, **VALUES), preprocess=standard),
        claim=matches("mse", within=1),
        design=TimeSeries(4, gap=12, most_train=400),
    )


def days(seed):
    """A calm or a rough day is told from the days before; the number of the day is among the features."""
    random = np.random.default_rng(seed)
    rough = np.repeat(random.random(60) < 0.5, random.integers(5, 15, 60))[:400].astype(int)
    size = np.abs(random.normal(size=(len(rough), 6))) * (1 + rough[:, None])
    return Pipeline(
        data=Dataset(x=np.column_stack([size, np.arange(len(rough))]), y=rough, name="days"),
        treatment=Recipe(Fit(trees)),
        control=Recipe(Fit(logistic), preprocess=standard),
        claim=matches("accuracy", within=0.2),
        design=TimeSeries(4, test=60),
    )


def ups_and_downs(seed):
    """Whether the next return is positive cannot be told from the last twelve, and that is the truth."""
    returns = np.random.default_rng(seed).standard_t(4, size=500)
    past = np.lib.stride_tricks.sliding_window_view(returns[:-1], 12)
    return Pipeline(
        data=Dataset(x=past, y=(returns[12:] > 0).astype(int), name="returns"),
        treatment=Recipe(Stage(dense, **FIT)),
        control=Recipe(Fit(logistic), preprocess=standard),
        claim=beats("accuracy", by=0.02),
        design=TimeSeries(5),
    )


def patients(seed, *, count=10, each=30):
    """Return inputs, labels and patients: every patient has rows of both classes, and an offset of his own."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(count), each)
    y = random.permutation(np.arange(count * each) % 2)
    x = random.normal(size=(count * each, 8)) + random.normal(size=(count, 8))[patient]
    x[:, 0] += 2 * y
    return x, y, patient


def each_patient(seed):
    x, y, patient = patients(seed)
    return Pipeline(
        data=Dataset(x=x, y=y, groups=patient, name="patients"),
        treatment=Recipe(Stage(dense, **FIT)),
        control=Recipe(Stage(linear, **FIT)),
        claim=matches("accuracy", within=0.2),
        design=LeaveOneGroupOut(),
    )


def sick_patients(seed):
    """Each patient has one label, so that the classes are less even where one of them is left out."""
    x, _, patient = patients(seed)
    y = (patient % 2).astype(int)
    return replace(
        each_patient(seed),
        data=Dataset(x=x + 2 * y[:, None], y=y, groups=patient, name="sick"),
        treatment=Recipe(Fit(trees)),
        control=Recipe(Fit(logistic), preprocess=standard),
    )


def imbalanced(seed):
    """One row in ten is positive; the claim is about the area under the ROC curve."""
    return replace(
        rare(seed),
        treatment=Recipe(Fit(forest_shares)),
        control=Recipe(Fit(logistic), preprocess=standard),
        claim=beats("roc_auc", by=0.01),
    )


def cost_of_errors(targets, labels):
    return 10 * np.mean(labels < targets) + np.mean(labels > targets)


COST = Metric("cost", higher_is_better=False, unit="EUR a row", compute=cost_of_errors, takes="labels")


def own_metric(seed):
    """A missed positive costs ten times as much as a false alarm."""
    return replace(rare(seed), claim=matches(COST, within=0.5))


def alarms(targets, labels):
    del targets
    return np.mean(labels)


def own_metric_without_targets(seed):
    """The share of alarms, which does not depend on who is right."""
    claim = matches(Metric("alarms", higher_is_better=False, unit="share", compute=alarms, takes="labels"), within=0.2)
    return replace(rare(seed), treatment=Recipe(Fit(trees)), control=Recipe(Fit(logistic)), claim=claim)


def drawn_splits(seed):
    """Random splits, and a forest."""
    return Pipeline(
        data=sample(*load("wine"), seed, name="wine", rows=135),
        treatment=Recipe(Fit(forest_shares), preprocess=standard),
        control=Recipe(Fit(logistic), preprocess=standard),
        claim=matches("log_loss", within=0.5),
        design=Holdout(0.2, splits=10),
    )


def given_splitter(seed):
    """Scikit-learn's own splitter makes the folds."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    splitter = RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0)
    return replace(official_split_of_fits(seed), design=splitter)


@dataclass(frozen=True, kw_only=True)
class GivenScores:
    """Scores that were given, a claim, a design.

    Attributes:
        scores: the columns of the table.
        claim: the claim about the arms "new" and "old".
        design: the design of the runs.
        options: further arguments of the judge.
    """

    scores: dict[str, list]
    claim: Claim
    design: Design
    options: dict[str, object] = field(default_factory=dict)

    def run(self, replicates: Path | None) -> Evidence:
        """Judge the claim, and delete the evidence; there are no replicates."""
        del replicates
        with TemporaryDirectory() as folder:
            judge = Judge(hypothesis="zoo", title="a specimen", store=Store(Path(folder)))
            return judge.judge(
                self.scores,
                treatment="new",
                control="old",
                claim=self.claim,
                design=self.design,
                data="scores",
                **self.options,
            )


def scores_of_folds(seed, *, folds=5, repeats=4, gain=0.02):
    """Make a table of accuracies of two arms on folds of 200 rows each."""
    random = np.random.default_rng(seed)
    places = [(repeat, fold) for repeat in range(repeats) for fold in range(folds)]
    base = np.clip(random.normal(0.85, 0.03, len(places)), 0, 1)
    table: dict[str, list] = {"arm": [], "repeat": [], "fold": [], "accuracy": []}
    for arm, better in (("new", gain), ("old", 0.0)):
        for (repeat, fold), level in zip(places, base, strict=True):
            right = int(random.binomial(200, np.clip(level + better, 0, 1)))
            for name, value in zip(table, (arm, repeat, fold, right / 200), strict=True):
                table[name].append(value)
    return table


def given_scores(seed):
    return GivenScores(
        scores=scores_of_folds(seed),
        claim=beats("accuracy", by=0.005),
        design=KFolds(5, repeats=4, looks=False),
        options={"rows": 1000},
    )


def perfect_scores(seed):
    """One arm is right about every row in every fold, so that its repeats are the same."""
    table = scores_of_folds(seed)
    right = [1.0 if arm == "new" else value for arm, value in zip(table["arm"], table["accuracy"], strict=True)]
    return replace(given_scores(seed), scores=table | {"accuracy": right})


PIPELINES_OF_DESIGNS = {
    "official split": official_split,
    "official split of fits": official_split_of_fits,
    "official validation rows": official_validation,
    "forecast": forecast,
    "forecast by a network": forecast_by_network,
    "days in order": days,
    "ups and downs": ups_and_downs,
    "each patient left out": each_patient,
    "each patient of one class left out": sick_patients,
    "imbalanced classes": imbalanced,
    "own metric": own_metric,
    "own metric without targets": own_metric_without_targets,
    "random splits": drawn_splits,
    "splitter of scikit-learn": given_splitter,
    "scores as given": given_scores,
    "scores as given of a perfect arm": perfect_scores,
}
