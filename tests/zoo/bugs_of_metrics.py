"""Bugs of what is scored: metrics of the researcher's own, classes in another order, and tables of scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Fit, Metric, Recipe, beats
from tests.zoo.pipelines import load, rare, sample, standard
from tests.zoo.pipelines_of_arms import trees
from tests.zoo.pipelines_of_designs import (
    cost_of_errors,
    drawn_splits,
    forest_shares,
    given_scores,
    logistic,
    scores_of_folds,
)
from tests.zoo.specimens import bug


def judged_by(seed, metric):
    """Compare two fits on a rare class by a metric."""
    return replace(
        rare(seed),
        treatment=Recipe(Fit(forest_shares)),
        control=Recipe(Fit(logistic), preprocess=standard),
        claim=beats(metric, by=0.01),
    )


@bug("own metric of the wrong direction", "metric direction")
def turn_cost(seed):
    """A cost was declared as a gain."""
    gain = Metric("gain", higher_is_better=True, unit="EUR a row", compute=cost_of_errors, takes="labels")
    return judged_by(seed, gain)


@bug("own metric of the wrong direction, of networks", "metric direction")
def turn_cost_of_networks(seed):
    gain = Metric("gain", higher_is_better=True, unit="EUR a row", compute=cost_of_errors, takes="labels")
    return replace(rare(seed), claim=beats(gain, by=0.01))


@bug("own metric that does not look at the predictions", "metric direction")
def forget_predictions(seed):
    """A variable was renamed, but not everywhere."""

    def hits(targets, predicted):
        del predicted
        return np.mean(targets == targets.round())

    return judged_by(seed, Metric("hits", higher_is_better=True, unit="share", compute=hits, takes="labels"))


def by_name(train, test, seed):
    """Fit a forest to names of the classes, whose probabilities come in the order of the alphabet."""
    from sklearn.ensemble import RandomForestClassifier

    names = np.array(["white", "red", "rose"])
    return RandomForestClassifier(30, random_state=seed).fit(train.x, names[train.y]).predict_proba(test.x)


@bug("probabilities in the order of the alphabet", "class order")
def sort_classes(seed):
    """The control arm's columns are in another order than the labels."""
    return replace(drawn_splits(seed), control=Recipe(Fit(by_name)))


@bug("probability of the wrong one of two classes", "class order")
def take_other_class(seed):
    """One arm has the probability of the first class for that of the second, and the claim is about the AUC."""

    def other_way_round(train, test):
        return logistic(train, test)[:, ::-1]

    pipeline = judged_by(seed, "roc_auc")
    return replace(pipeline, control=Recipe(Fit(other_way_round), preprocess=standard))


@bug("area under the ROC curve of labels", "refused")
def score_labels(seed):
    """One arm returns labels where the other returns probabilities."""
    return replace(judged_by(seed, "roc_auc"), treatment=Recipe(Fit(trees)))


@bug("labels that are encoded in two ways", "class order")
def encode_twice(seed):
    """The fit numbers the classes by their frequency in its training fold."""

    def by_frequency(train, test):
        from sklearn.ensemble import RandomForestClassifier

        order = np.argsort(-np.bincount(train.y, minlength=10), kind="stable")
        encoded = np.argsort(order)[train.y]
        return RandomForestClassifier(30, random_state=0).fit(train.x, encoded).predict(test.x)

    x, y = load("digits")
    kept = np.random.default_rng(seed).permutation(len(y))[:500]
    data = sample(x[kept], y[kept], seed, name="digits")
    return replace(drawn_splits(seed), data=data, treatment=Recipe(Fit(by_frequency)), claim=beats("accuracy", by=0.01))


@bug("scores of arms on folds with other numbers", "refused")
def number_otherwise(seed):
    """One arm's folds were numbered on, from repeat to repeat: they are others, or nobody knows which."""
    table = scores_of_folds(seed)
    folds = [
        fold + 5 * repeat if arm == "old" else fold
        for arm, repeat, fold in zip(table["arm"], table["repeat"], table["fold"], strict=True)
    ]
    return replace(given_scores(seed), scores=table | {"fold": folds})


@bug("scores with a fold that one arm lacks", "refused")
def lose_fold(seed):
    """The worst fold of the treatment arm crashed."""
    table = scores_of_folds(seed)
    worst = int(np.argmin(table["accuracy"][:20]))
    return replace(
        given_scores(seed),
        scores={
            name: [value for place, value in enumerate(column) if place != worst] for name, column in table.items()
        },
    )


@bug("scores whose repeats are copies", "refused")
def copy_repeats(seed):
    """Every repeat has the same folds, since the seed of the split was a constant, and so the same scores."""
    table = scores_of_folds(seed)
    first = table["accuracy"][:5] * 4 + table["accuracy"][20:25] * 4
    return replace(given_scores(seed), scores=table | {"accuracy": first})
