from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.rows_alone import check


@pytest.fixture
def check_rows(new_run, with_models):
    return lambda predict: check(with_models(new_run(), answers={"predict": predict}))


def test_rows_that_are_predicted_one_by_one_pass(check_rows):
    finding = check_rows(lambda x: 2 * x)

    assert finding.passed
    assert finding.found.startswith("predicted in other batches, outputs of the treatment arm change by up to 0 of")


@pytest.mark.parametrize(
    "predict",
    [
        lambda x: x - x.mean(axis=0),
        lambda x: np.exp(x) / np.exp(x).sum(axis=0),
        lambda x: x + np.random.default_rng(0).normal(size=x.shape),
        lambda x: x + 1e-2 * np.arange(len(x))[:, None],
    ],
    ids=["batch statistics", "softmax over rows", "noise with a fixed seed", "position in the batch"],
)
def test_rows_that_depend_on_their_batch_fail(check_rows, predict):
    finding = check_rows(predict)

    assert not finding.passed
    assert finding.control == "rows alone"


def test_a_batch_of_one_counts(check_rows):
    assert not check_rows(lambda x: x / (1 if len(x) > 1 else 2)).passed


def test_rounding_passes(check_rows):
    assert check_rows(lambda x: x * (1 + 1e-6 * len(x))).passed


def test_outputs_that_vary_by_themselves_are_not_judged(check_rows):
    random = np.random.default_rng(0)
    finding = check_rows(lambda x: random.normal(size=x.shape))

    assert finding.passed
    assert "vary by themselves" in finding.found


def test_outputs_that_are_not_finite_or_all_zero_have_no_finding(check_rows, new_run):
    assert check_rows(lambda x: np.nan * x) is None
    assert check_rows(lambda x: 0 * x) is None
    assert check(new_run()) is None
