"""The range of metrics of labels, against every choice of labels that rounding leaves open."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from negres_core.metrics import find_metric, recorded_names
from negres_core.metrics.registry import METRICS
from negres_core.metrics.rounding import LabelRanges, of_target, possible_labels, probability_ranges

OF_ONE_COUNT = ("accuracy", "hamming", "recall_micro", "exact_match", "f1_class_1", "iou_class_1")
"""Metrics whose range is exact: all open positions are right, or all of them wrong."""


def names(task):
    own = ["f1_class_0", "f1_class_1", "iou_class_1"] if task == "segmentation" else []
    return [*(name for name in recorded_names(task, classes=3) if METRICS[name].takes == "labels"), *own]


def random_case(task, random):
    """Return targets and the possible labels of a case in which 1 to 4 positions may have two labels or three."""
    shape = {"classification": (12,), "multilabel": (6, 3), "segmentation": (4, 5, 1)}[task]
    classes = 2 if task == "multilabel" else 3
    y = random.integers(classes, size=shape)
    if task == "segmentation":
        y[:2, 3:] = -1
    labels = np.where(random.uniform(size=shape) < 0.6, np.maximum(y, 0), random.integers(classes, size=shape))
    possible = np.eye(classes, dtype=bool)[labels]
    for _ in range(random.integers(1, 5)):
        place = tuple(random.integers(each) for each in shape)
        possible[(*place, random.integers(classes))] = True
    return y, possible


def every_choice(possible):
    """Yield the labels, (positions...), that positions may have."""
    flat = possible.reshape(-1, possible.shape[-1])
    for labels in itertools.product(*(np.flatnonzero(each) for each in flat)):
        yield np.array(labels).reshape(possible.shape[:-1])


@pytest.mark.parametrize("task", ["classification", "multilabel", "segmentation"])
def test_no_choice_of_labels_leaves_the_range(task):
    random = np.random.default_rng(3)
    for _ in range(10):
        y, possible = random_case(task, random)
        choices = list(every_choice(possible))
        for name in names(task):
            values = [find_metric(name).compute(y, labels) for labels in choices]
            if not np.isfinite(values).all():
                continue
            lowest, highest = LabelRanges(y, possible).of(name)
            assert lowest - 1e-12 <= min(values) <= max(values) <= highest + 1e-12, name
            if name in OF_ONE_COUNT:
                assert (lowest, highest) == pytest.approx((min(values), max(values)), abs=1e-12), name


@pytest.mark.parametrize("task", ["classification", "multilabel", "segmentation"])
def test_the_range_of_labels_that_are_certain_is_the_value(task):
    random = np.random.default_rng(4)
    for _ in range(25):
        y, possible = random_case(task, random)
        labels = possible.argmax(axis=-1)
        certain = np.eye(possible.shape[-1], dtype=bool)[labels]
        for name in names(task):
            value = find_metric(name).compute(y, labels)
            if np.isfinite(value):
                assert LabelRanges(y, certain).of(name) == pytest.approx((value, value), abs=1e-12), name


def test_one_open_row_of_many_moves_no_metric_far():
    """A range that admits anything would show nothing."""
    random = np.random.default_rng(5)
    y = random.integers(3, size=1000)
    labels = np.where(random.uniform(size=1000) < 0.7, y, random.integers(3, size=1000))
    possible = np.eye(3, dtype=bool)[labels]
    possible[0] = True
    for name in names("classification"):
        lowest, highest = LabelRanges(y, possible).of(name)
        assert 0 <= highest - lowest < 0.01, name


def test_a_metric_of_probabilities_or_of_the_user_has_no_range():
    y, possible = np.array([0, 1]), np.eye(2, dtype=bool)
    assert LabelRanges(y, possible).of("brier") is None
    assert LabelRanges(y, possible).of("cost_of_errors") is None


@pytest.mark.parametrize(
    ("outputs", "logits", "task", "expected"),
    [
        ([[0.5, 0.48, 0.1]], False, "classification", [[True, True, False]]),
        ([[0.5, 0.4, 0.1]], False, "classification", [[True, False, False]]),
        ([[0.505], [0.6], [0.3]], False, "classification", [[[True, True]], [[False, True]], [[True, False]]]),
        ([[0.505, -0.005]], True, "multilabel", [[[False, True], [True, True]]]),
    ],
)
def test_a_label_is_possible_if_rounding_of_every_output_can_make_it_the_predicted_one(outputs, logits, task, expected):
    possible = possible_labels(np.array(outputs), rounding=0.0125, logits=logits, task=task)
    assert possible.tolist() == expected


@pytest.mark.parametrize("classes", [2, 5])
def test_no_rounding_of_logits_takes_a_probability_out_of_its_range_and_some_reaches_its_end(classes):
    random = np.random.default_rng(6)
    outputs, rounding = 3 * random.normal(size=(200, classes)), 0.05
    lowest, highest = probability_ranges(softmax(outputs, axis=1), rounding=rounding, logits=True)
    for _ in range(20):
        moved = softmax(outputs + random.uniform(-rounding, rounding, size=outputs.shape), axis=1)
        assert (lowest <= moved).all()
        assert (moved <= highest).all()
    first = rounding * np.where(np.arange(classes) == 0, 1, -1)
    assert softmax(outputs + first, axis=1)[:, 0] == pytest.approx(highest[:, 0], rel=1e-12)
    assert softmax(outputs - first, axis=1)[:, 0] == pytest.approx(lowest[:, 0], rel=1e-12)


def test_probabilities_stay_from_0_to_1():
    lowest, highest = probability_ranges(np.array([0.01, 0.5, 0.99]), rounding=0.02, logits=False)
    assert lowest.tolist() == [0, 0.48, 0.97]
    assert highest.tolist() == pytest.approx([0.03, 0.52, 1])


@pytest.mark.parametrize(
    ("targets", "shape", "expected"),
    [
        ([1, 0], (2, 3), [[False, True, False], [True, False, False]]),
        ([1, 0], (2, 1), [[True], [False]]),
        ([[1, 0]], (1, 2), [[True, False]]),
        ([[[1], [-1]]], (1, 2, 2), [[[False, True], [False, False]]]),
        ([[[1], [-1]]], (1, 2, 1), [[[True], [False]]]),
    ],
)
def test_a_target_wants_the_output_of_its_own_class_high(targets, shape, expected):
    assert of_target(np.array(targets), np.zeros(shape)).tolist() == expected
