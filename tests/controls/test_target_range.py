from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.target_range import check
from negres_core.run import OutputLayer

SIGMOID, TANH, RELU = (
    OutputLayer("sigmoid", 0.0, 1.0),
    OutputLayer("tanh", -1.0, 1.0),
    OutputLayer("relu", 0.0, np.inf),
)
UNIT = np.linspace(0, 1, 40)
STANDARD = (UNIT - UNIT.mean()) / UNIT.std()


@pytest.fixture
def found(new_run, look):
    return lambda y, output_layer: check(look(new_run(y=y, metric="mse"), output_layer=output_layer))


@pytest.mark.parametrize("output_layer", [SIGMOID, TANH, RELU, OutputLayer("linear")])
def test_targets_between_0_and_1_are_in_every_range(found, output_layer):
    finding = found(UNIT, output_layer)

    assert finding.passed
    assert finding.found.count("0.00% of the variance is out of reach") == 2


@pytest.mark.parametrize(
    ("y", "output_layer"),
    [(UNIT * 255, SIGMOID), (STANDARD, SIGMOID), (STANDARD, TANH), (UNIT - 0.5, RELU), (UNIT * 255, TANH)],
    ids=["bytes, sigmoid", "standardized, sigmoid", "standardized, tanh", "signed, relu", "bytes, tanh"],
)
def test_targets_that_outputs_cannot_reach_fail(found, y, output_layer):
    finding = found(y, output_layer)

    assert not finding.passed
    assert finding.control == "target range"


def test_what_is_out_of_reach_is_a_share_of_the_variance(found):
    """Of a half at -1 and a half at 1, of variance 1, a ReLU misses the lower by 1: half the variance."""
    finding = found(np.tile([-1.0, 1.0], 20), RELU)

    assert finding.found.startswith(
        "targets from -1 to 1; treatment ends in relu, from 0 to inf: 50.00% of the variance"
    )


def test_mostly_black_images_of_bytes_fail_though_nearly_all_targets_are_in_range(found):
    y = np.zeros((40, 100))
    y[::4, 0] = 255.0

    assert not found(y, SIGMOID).passed


def test_a_few_targets_a_hair_outside_pass(found):
    assert found(np.append(UNIT[:-1], 1.01), SIGMOID).passed


def test_labels_and_outputs_of_unknown_range_are_left_alone(new_run, look):
    assert check(look(new_run())) is None
    assert check(look(new_run(y=UNIT * 255, metric="mse"), output_layer=OutputLayer())) is None
    assert check(replace(new_run(y=UNIT * 255, metric="mse"), models=None)) is None
