from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.target_range import check
from negres_core.run.models import OutputLayer

SIGMOID, TANH, RELU = (
    OutputLayer("sigmoid", 0.0, 1.0),
    OutputLayer("tanh", -1.0, 1.0),
    OutputLayer("relu", 0.0, np.inf),
)
UNIT = np.linspace(0, 1, 40)
STANDARD = (UNIT - UNIT.mean()) / UNIT.std()


@pytest.fixture
def check_run(new_run, with_models):
    return lambda y, output_layer: check(with_models(new_run(y=y, metric="mse"), output_layer=output_layer))


@pytest.mark.parametrize("output_layer", [SIGMOID, TANH, RELU, OutputLayer("linear")])
def test_targets_between_0_and_1_are_in_every_range(check_run, output_layer):
    finding = check_run(UNIT, output_layer)

    assert finding.passed
    assert finding.found.count("0.00% of the variance is out of reach") == 2


@pytest.mark.parametrize(
    ("y", "output_layer"),
    [(UNIT * 255, SIGMOID), (STANDARD, SIGMOID), (STANDARD, TANH), (UNIT - 0.5, RELU), (UNIT * 255, TANH)],
    ids=["0 to 255, sigmoid", "standardized, sigmoid", "standardized, tanh", "signed, relu", "0 to 255, tanh"],
)
def test_targets_that_outputs_cannot_reach_fail(check_run, y, output_layer):
    finding = check_run(y, output_layer)

    assert not finding.passed
    assert finding.control == "target range"


def test_the_loss_is_a_share_of_the_variance(check_run):
    """If half the targets are -1 and half are 1, the variance is 1. A ReLU misses the lower half by 1: half of it."""
    finding = check_run(np.tile([-1.0, 1.0], 20), RELU)

    assert finding.found.startswith(
        "targets from -1 to 1; treatment arm ends in relu, from 0 to inf: 50.00% of the variance"
    )


def test_mostly_black_images_from_0_to_255_fail_although_nearly_all_targets_are_in_range(check_run):
    y = np.zeros((40, 100))
    y[::4, 0] = 255.0

    assert not check_run(y, SIGMOID).passed


def test_a_few_targets_slightly_outside_pass(check_run):
    assert check_run(np.append(UNIT[:-1], 1.01), SIGMOID).passed


def test_a_classification_and_outputs_of_unknown_range_have_no_finding(new_run, with_models):
    assert check(with_models(new_run())) is None
    assert check(with_models(new_run(y=UNIT * 255, metric="mse"), output_layer=OutputLayer())) is None
    assert check(replace(new_run(y=UNIT * 255, metric="mse"), models=None)) is None
