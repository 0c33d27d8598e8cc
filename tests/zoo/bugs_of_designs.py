"""Bugs on other splits than folds: official test rows, a series, patients that are left out one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Fit, Recipe
from negres_core.arms.preprocessing import prepare_inputs
from negres_core.design import Cell, FixedSplit, LeaveOneGroupOut, TimeSeries
from negres_core.engine import compiled
from tests.zoo.bugs_of_copies import measure, noise
from tests.zoo.pipelines import load
from tests.zoo.pipelines_of_designs import (
    OFFICIAL,
    forecast,
    hours,
    official_split,
    official_validation,
    patients,
    ridge,
)
from tests.zoo.specimens import bug

SPLIT = FixedSplit(**OFFICIAL, seeds=3)


def copied(pipeline, *, to):
    """Return a pipeline whose first rows, which are trained on, stand in the place of other rows, too."""
    x, y = np.array(pipeline.data.x), np.array(pipeline.data.y)
    count = to.stop - to.start
    x[to], y[to] = x[:count], y[:count]
    return replace(pipeline, data=Dataset(x=x, y=y, name="copies"))


@bug("official test rows that are copies of training rows", "duplicates")
def copy_official(seed):
    """A tenth of the official test images are in the official training set too, as in CIFAR-100."""
    return copied(official_split(seed), to=slice(280, 292))


@bug("official test images that were saved anew", "near copies")
def save_anew(seed):
    """A third of the test images are training images with the noise of another compression. Labels are noise."""
    random = np.random.default_rng(seed)
    x = load("digits")[0].reshape(-1, 8, 8, 1)[random.permutation(1797)[:400]] / 16
    y = random.permutation(np.arange(400) % 2)
    x[280:320], y[280:320] = x[:40] + random.normal(0, 0.02, x[:40].shape), y[:40]
    return replace(measure(Dataset(x=x.reshape(400, -1), y=y, name="saved anew")), design=SPLIT)


@bug("validation rows that are copies of training rows", "duplicates")
def copy_validation(seed):
    """The rows on which a target is measured are trained on under other numbers."""
    return copied(official_validation(seed), to=slice(240, 300))


@bug("one patient under two names", "near copies")
def rename_patients(seed):
    """Every patient came back, and was registered anew. Rows of one visit differ little from those of the other."""
    random = np.random.default_rng(seed)
    x, _, patient = patients(seed)
    y = random.permutation(np.arange(len(x)) % 2)
    again = Dataset(
        x=np.vstack([x, x + random.normal(0, 0.05, x.shape)]),
        y=np.tile(y, 2),
        groups=np.append(patient, patient + 10),
        name="visits",
    )
    return replace(measure(again), design=LeaveOneGroupOut())


@bug("fit is tuned on official test rows", "blind fit")
def tune_on_official(seed):
    def compute(train, test):
        from sklearn.tree import DecisionTreeClassifier

        trees = [DecisionTreeClassifier(random_state=each).fit(train.x, train.y) for each in range(20)]
        return max((tree.predict(test.x) for tree in trees), key=lambda predicted: np.mean(predicted == test.y))

    x, y = noise(seed, rows=400)
    return replace(measure(Dataset(x=x, y=y, name="noise"), Recipe(Fit(compute))), design=SPLIT)


@bug("forecast that is corrected by what came true", "blind fit")
def correct_forecast(seed):
    """The mean error of the test rows is taken from the forecast."""

    def compute(train, test):
        predicted = ridge(train, test)
        return predicted + np.mean(test.y - predicted)

    return replace(forecast(seed), treatment=Recipe(Fit(compute)))


@bug("scaler fitted on official test rows too", "fitted scaler", on=official_split)
def fit_scaler_on_official():
    def prepare(recipe, data, cell):
        every = np.arange(len(data), dtype=np.int32)
        return prepare_inputs(recipe, data, Cell(cell.repeat, cell.fold, every, cell.test))

    modules = ("arms.resampling", "engine.inspection")
    return {f"negres_core.{module}.prepare_inputs": prepare for module in modules}


@bug("official test rows in training", "permuted labels", on=official_split)
def train_on_official():
    """The order of each epoch has the rows of the test fold in it."""
    orders = compiled.epoch_orders

    def with_test_rows(recipe, job):
        both = replace(job.cell, train=np.union1d(job.cell.train, job.cell.test).astype(np.int32))
        for order in orders(recipe, replace(job, cell=both)):
            yield order[: len(job.cell.train)]

    return {"negres_core.engine.compiled.epoch_orders": with_test_rows}


@bug("split in time that goes on too long", "disjoint folds", on=forecast)
def train_on_the_future():
    """Training rows end after the test rows, and not before them."""
    split = TimeSeries.split

    def too_long(self, data):
        for cell in split(self, data):
            later = np.arange(cell.test[-1] + 1, len(data), dtype=np.int32)
            yield replace(cell, train=np.append(cell.train, later))

    return {"negres_core.design.TimeSeries.split": too_long}


@bug("hours that are not in order", "refused")
def shuffle_hours(seed):
    """The table was shuffled, so that later hours than the tested ones are trained on. The design names the date."""
    pipeline = forecast(seed)
    order = np.random.default_rng(seed).permutation(len(pipeline.data))
    data = Dataset(
        x=pipeline.data.x[order], y=pipeline.data.y[order], name="shuffled", attributes={"hour": order.astype(float)}
    )
    return replace(pipeline, data=data, design=TimeSeries(5, order="hour"))


@bug("the newest hours first", "refused")
def turn_hours(seed):
    """The table was sorted by the date, but downwards. The dates are text."""
    pipeline = forecast(seed)
    dates = np.datetime_as_string(np.datetime64("2024-01-01T00") + np.arange(len(pipeline.data)))[::-1]
    data = Dataset(x=pipeline.data.x[::-1], y=pipeline.data.y[::-1], name="newest first", attributes={"date": dates})
    return replace(pipeline, data=data, design=TimeSeries(5, order="date"))


@bug("features of the hour after", "later targets")
def shift_features(seed):
    """The column of the hour before was shifted in the wrong direction, and holds the hour after."""
    series, x, now = hours(seed)
    after = np.column_stack([x[:-1], 1.8 * series[now[:-1] + 1] + 32])
    return replace(forecast(seed), data=Dataset(x=after, y=series[now[:-1]], name="hours"))
