"""Bugs of tuning: an arm that was searched for longer, or by rows that it is tested on, looks better than it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Estimator, Fit, Recipe, Tuned
from negres_core.design import nested_cells
from tests.zoo.pipelines_of_tuning import COSTS, PENALTIES, make_ridge, make_svm, svm, tuned_estimators
from tests.zoo.specimens import bug


@bug("one arm tuned by more trials", "unequal tuning")
def search_longer(seed):
    fewer = Tuned(make_svm, space={"cost": [0.1, 1.0]}, trials=2)
    return replace(tuned_estimators(seed), control=fewer)


@bug("a tuned arm against one as it comes", "unequal tuning")
def leave_as_it_comes(seed):
    return replace(tuned_estimators(seed), control=Recipe(Estimator(lambda: svm(1.0))))


@bug("arms tuned by different metrics", "unequal tuning")
def tune_by_another_metric(seed):
    return replace(tuned_estimators(seed), control=Tuned(make_svm, space=COSTS, trials=4, on="r2"))


@bug("trials compared on the test fold", "nested search", on=tuned_estimators)
def compare_on_test_rows():
    """The search is given the test fold of each cell in place of validation rows."""

    def leaky(design, data):
        cells = design.split(data)
        return [replace(inner, test=cell.test) for inner, cell in zip(nested_cells(design, data), cells, strict=True)]

    return {"negres_core.experiment.search.nested_cells": leaky}


@bug("trials trained on the rows that they are compared on", "nested search", on=tuned_estimators)
def train_on_validation_rows():
    def keep(design, data):
        return [replace(cell, train=np.union1d(cell.train, cell.test)) for cell in nested_cells(design, data)]

    return {"negres_core.experiment.search.nested_cells": keep}


@bug("the best score of the trials reported as the result", "blind fit")
def report_the_best(seed):
    """A fit searches by itself, and returns the score by which it chose."""

    def best(train, test):
        rows = np.random.default_rng(0).permutation(len(train))
        inner, held = train.take(np.sort(rows[30:])), train.take(np.sort(rows[:30]))
        estimators = [svm(cost).fit(inner.flatten(), inner.y) for cost in (0.1, 1.0, 10.0, 100.0)]
        errors = [float(np.abs(each.predict(held.flatten()) - held.y).mean()) for each in estimators]
        return {"mae": min(errors)}

    honest = tuned_estimators(seed)
    return replace(honest, treatment=Recipe(Fit(best)), control=Recipe(Estimator(lambda: svm(10.0))))


@bug("settings chosen on the whole data set", "captured data")
def choose_on_all_rows(seed):
    """The function that makes recipes turns the penalty to what is best for all rows, test rows included."""
    honest = tuned_estimators(seed)
    x, y = np.array(honest.data.x), np.array(honest.data.y)

    def make(penalty):
        from sklearn.linear_model import RidgeCV

        found = RidgeCV(alphas=[penalty, 1.0]).fit(x, y).alpha_
        return make_ridge(float(found))

    return replace(honest, treatment=Tuned(make, space=PENALTIES, trials=4))
