from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, KFolds, Metric
from negres_core.controls.padding import check
from negres_core.metrics import METRICS
from negres_core.run.run import Run

RNG = np.random.default_rng(0)
ROWS, STEPS = 60, 10
X = RNG.normal(size=(ROWS, STEPS, 2)) + 1
Y = RNG.integers(0, 3, size=(ROWS, STEPS))
ENDS = np.arange(STEPS) >= RNG.integers(5, STEPS + 1, size=ROWS)[:, None]
FILLED = np.where(ENDS[..., None], 0, X)


def find(x, y, metric=METRICS["accuracy"], **options):
    data, design = Dataset(x=x, y=y, name="steps", **options), KFolds(3)
    return check(Run(data, design, list(design.split(data)), (), metric=metric))


def test_steps_that_fill_up_rows_are_no_class():
    finding = find(FILLED, np.where(ENDS, 3, Y))

    assert not finding.passed
    assert finding.found.startswith(f"class 3, {ENDS.mean():.1%} of the steps, has only steps at the end of rows")
    assert "ignore_class" in finding.remedy


@pytest.mark.parametrize(
    ("x", "y", "options"),
    [
        (X, Y, {}),
        (FILLED, np.where(ENDS, 255, Y), {"ignore_class": 255}),
        (FILLED, np.where(ENDS, 0, Y), {}),
        (X, np.where(ENDS, 3, Y), {}),
        (np.where((np.arange(STEPS) >= 6)[None, :, None], 0, X), np.where(np.arange(STEPS) >= 6, 3, Y), {}),
        (np.where(Y[..., None] == 2, 0, X), Y, {}),
    ],
    ids=["no end", "not counted", "a class elsewhere too", "with content", "at the same step", "anywhere"],
)
def test_steps_that_are_a_class_pass(x, y, options):
    assert find(x, y, **options).passed


def naive(targets, labels):
    return float((targets == labels).mean())


def careful(targets, labels):
    return float((targets == labels)[targets >= 0].mean())


@pytest.mark.parametrize(("compute", "passes"), [(naive, False), (careful, True)])
def test_a_metric_of_the_users_own_leaves_out_what_does_not_count(compute, passes):
    metric = Metric("own", higher_is_better=True, unit="share", compute=compute, takes="labels")

    assert find(FILLED, np.where(ENDS, 255, Y), metric, ignore_class=255).passed == passes
    assert find(X, Y, metric).passed


def test_images_are_not_searched_and_other_tasks_have_no_steps():
    masks = np.zeros((ROWS, 6, 6), dtype=int)
    masks[:, :3] = 1
    assert find(masks[..., None] * 1.0, masks).passed
    assert find(X[:, 0], Y[:, 0]) is None
