from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.evaluation import check
from negres_core.run.models import OutputLayer

RIGHT = {"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "f1": 1.0, "loss": 0.15}
VALUES = np.linspace(-1, 1, 40)


@pytest.fixture
def labels(new_run, with_models):
    return lambda scores=RIGHT, **fields: check(with_models(new_run(scores=scores), **fields))


@pytest.fixture
def values(new_run, with_models):
    """Check a run whose outputs are 0.9 times the targets, as its record says; some scores can be given."""

    def values(scores=None, **fields):
        run = new_run(y=VALUES, metric="mse")
        y = run.data.y[run.cells[0].test].astype(float)
        squares = ((y - y.mean()) ** 2).mean()
        right = {"mse": 0.01 * (y**2).mean(), "mae": 0.1 * np.abs(y).mean(), "loss": 0.15}
        right["r2"] = 1 - right["mse"] / squares
        return check(with_models(new_run(y=VALUES, scores=right | (scores or {})), **fields))

    return values


def test_metrics_that_the_saved_model_reproduces_pass(labels, values):
    assert labels().passed
    assert labels().found == "0 of 10 metrics differ from those of the saved model"
    assert values().passed
    assert values().found == "0 of 8 metrics differ from those of the saved model"


@pytest.mark.parametrize("metric", RIGHT)
@pytest.mark.parametrize("recorded", [0.1, None, -1.0])
def test_a_metric_of_a_classification_that_differs_fails_by_name(labels, metric, recorded):
    finding = labels(RIGHT | {metric: recorded})

    assert not finding.passed
    assert finding.control == "evaluation"
    assert f"{metric} of the treatment arm is " in finding.found
    assert finding.found.startswith("2 of 10")


@pytest.mark.parametrize("metric", ["mse", "mae", "r2", "loss"])
@pytest.mark.parametrize("change", [0.01, -1.0])
def test_a_metric_of_a_regression_that_differs_fails_by_name(values, metric, change):
    finding = values({metric: 0.5 + change})

    assert not finding.passed
    assert f"{metric} of the control arm is " in finding.found


def test_scores_of_rounded_outputs_fail(values, new_run):
    """The record has the error of outputs that are 0 or 1; the saved model's outputs are 0.9 times the targets."""
    run = new_run(y=VALUES, metric="mse")
    y = run.data.y[run.cells[0].test]

    assert not values({"mse": float(np.mean((np.round(y * 0.9) - y) ** 2))}).passed


def test_one_row_that_was_scored_differently_fails(labels):
    """One label of 20 differs, and no outputs are nearly equal."""
    assert not labels(RIGHT | {"accuracy": 0.95}).passed


def test_rounding_may_flip_rows_whose_outputs_are_nearly_equal(labels, new_run):
    run = new_run()
    outputs = np.where(np.eye(2)[run.data.y[run.cells[0].test]] > 0, 0.9, 0.1)
    outputs[0] = [0.500001, 0.499999]
    # One of 10 rows of a class was given to the other class.
    precision, f1 = (1 + 10 / 11) / 2, (18 / 19 + 20 / 21) / 2
    flipped = {"accuracy": 0.95, "precision": precision, "recall": 0.95, "f1": f1, "loss": 0.15}

    assert labels(flipped, outputs=outputs).passed
    assert not labels(flipped | {"accuracy": 0.9}, outputs=outputs).passed


def test_rounding_may_flip_rows_whose_one_output_is_near_its_threshold(labels, new_run):
    run = new_run()
    outputs = np.where(run.data.y[run.cells[0].test] > 0, 0.9, 0.1)[:, None]
    near = np.where(np.arange(20)[:, None] == 0, 0.500001, outputs)

    assert labels(outputs=outputs).passed
    assert not labels(RIGHT | {"accuracy": 0.95}, outputs=outputs).passed
    assert labels(RIGHT | {"accuracy": 0.95}, outputs=near).passed
    logits = OutputLayer("linear", logits=True)
    assert not labels(RIGHT | {"accuracy": 0.95}, outputs=near, output_layer=logits).passed


def test_a_file_with_other_weights_than_were_recorded_fails(labels):
    finding = labels(weights=["other", "still other"])

    assert not finding.passed
    assert finding.found.startswith("0 of 10 metrics differ")
    assert finding.found.endswith(
        "weights of the treatment arm differ from those in its file; "
        "weights of the control arm differ from those in its file"
    )


def test_outputs_that_are_not_finite_fail_and_are_not_scored(values):
    finding = values(outputs=np.full((20, 1), np.nan))

    assert not finding.passed
    assert "outputs of the treatment arm are not finite" in finding.found


def test_a_loss_that_was_not_inspected_is_not_compared(labels):
    assert labels(RIGHT | {"loss": 3.0}, loss=None).passed


def test_without_models_there_is_no_finding(new_run):
    assert check(new_run()) is None
