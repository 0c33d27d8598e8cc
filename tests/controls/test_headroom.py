from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.headroom import check
from negres_core.dataset import Dataset
from negres_core.errors import InputError
from negres_core.metrics import METRICS


def with_targets(run, y, metric="accuracy"):
    data = Dataset(x=np.zeros((len(y), 2)), y=y, name="constructed")
    return replace(run, data=data, metric=METRICS[metric])


RARE = (np.arange(400) == 0).astype(int)


def test_even_classes_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == "the largest class has 50.00% of the rows"


def test_a_claim_about_accuracy_fails_if_nearly_all_rows_are_of_one_class(new_run):
    finding = check(with_targets(new_run(), RARE))

    assert not finding.passed
    assert finding.control == "headroom"
    assert finding.found == "the largest class has 99.75% of the rows"
    assert check(with_targets(new_run(), np.arange(400) // 394)).passed


@pytest.mark.parametrize("metric", ["f1", "recall", "loss", "roc_auc", "average_precision", "matthews", "ece"])
def test_a_claim_about_another_metric_fails_only_if_all_rows_are_of_one_class(new_run, metric):
    assert check(with_targets(new_run(), RARE, metric)).passed
    assert not check(with_targets(new_run(), RARE * 0, metric)).passed


FEW_OF_THE_THIRD = np.r_[np.arange(398) % 2, 2, 2]


@pytest.mark.parametrize(
    ("metric", "y"), [("top_2", FEW_OF_THE_THIRD), ("f1_micro", RARE), ("recall_weighted", RARE), ("f1_weighted", RARE)]
)
def test_a_claim_about_another_metric_in_which_a_constant_is_nearly_perfect_fails(new_run, metric, y):
    finding = check(with_targets(new_run(), y, metric))

    assert not finding.passed
    assert f"the best constant has a {metric} of 99." in finding.found
    assert check(with_targets(new_run(), np.arange(400) % 4, metric)).passed


def test_a_top_k_of_no_more_than_k_classes_fails(new_run):
    assert not check(with_targets(new_run(), np.arange(400) % 3, "top_3")).passed


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_values_that_are_all_the_same_fail(new_run, offset):
    spread = np.linspace(0, 1, 40) + offset
    constant = check(with_targets(new_run(), np.full(40, 3.0) + offset, "mse"))

    assert check(with_targets(new_run(), spread, "mse")).passed
    assert not constant.passed


def test_values_that_float32_cannot_tell_apart_are_refused_before(new_run):
    with pytest.raises(InputError, match="would lose digits"):
        with_targets(new_run(), 1e6 + np.linspace(0, 0.1, 40), "mse")


def test_several_labels_a_row_have_headroom_unless_all_rows_have_the_same(new_run):
    y = np.arange(400)[:, None] // [1, 2, 4] % 2
    finding = check(with_targets(new_run(), y, "exact_match"))

    assert finding.passed
    assert finding.found.startswith("the most frequent combination of labels has 12.50% of the rows")
    assert not check(with_targets(new_run(), y[:1].repeat(400, axis=0), "hamming")).passed
    rare = np.r_[[[1, 1, 1]] * 2, [[0, 1, 0]] * 398]
    assert not check(with_targets(new_run(), rare, "exact_match")).passed
    assert check(with_targets(new_run(), rare, "roc_auc")).passed


def test_steps_or_pixels_that_count_have_room_and_not_rows_or_those_that_do_not(new_run):
    y = np.zeros((50, 10), dtype=int)
    y[:, :3] = 255
    y[::2, 9] = 1

    def find(y, metric="accuracy"):
        data = Dataset(x=np.zeros((50, 2)), y=y, name="steps", ignore_class=255)
        return check(replace(new_run(), data=data, metric=METRICS[metric]))

    assert find(y).found == (
        "the largest class has 92.86% of the steps or pixels that count, "
        "and the best constant has an accuracy of 92.86%"
    )
    assert find(y).passed
    y[2:, 9] = 0
    assert not find(y).passed
    # A constant that is right at each step but the last has a high overlap of one class only.
    assert find(y, "iou").passed
    y[:, 9] = 1
    assert not find(y).passed  # the class follows from the step
