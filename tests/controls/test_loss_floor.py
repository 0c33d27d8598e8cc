from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.loss_floor import check
from negres_core.run.models import OutputLayer

CROSS_ENTROPY = OutputLayer("sigmoid", 0.0, 1.0, "binary_crossentropy")
GREY = np.tile([0.2, 0.8], 20)
ENTROPY = -0.2 * np.log(0.2) - 0.8 * np.log(0.8)  # 0.5004


@pytest.fixture
def check_run(new_run, with_models):
    def check_run(loss, y=GREY, output_layer=CROSS_ENTROPY, **fields):
        return check(with_models(new_run(y=y, scores={"loss": loss}), output_layer=output_layer, **fields))

    return check_run


def test_the_skill_is_reported_and_a_loss_at_the_floor_passes(check_run):
    finding = check_run(0.6)

    assert finding.passed
    assert finding.found.startswith(
        "loss on the test fold: treatment arm: 0.6, floor 0.5004, constant prediction 0.7, skill 0.501;"
    )
    assert check_run(float(ENTROPY)).passed


@pytest.mark.parametrize("loss", [0.49, 0.0, -30.0])
def test_a_cross_entropy_under_the_entropy_of_the_targets_fails(check_run, loss):
    finding = check_run(loss)

    assert not finding.passed
    assert finding.control == "loss floor"


def test_targets_from_0_to_255_have_a_loss_far_under_the_floor(check_run):
    """At an output of 1 - 1e-7, a target of 255 has a cross-entropy of 255e-7 - 254 log 1e7: below any entropy."""
    assert not check_run(-4000.0, y=GREY * 255).passed


@pytest.mark.parametrize("name", ["mean_squared_error", "huber"])
def test_the_floor_of_a_distance_is_zero(check_run, name):
    distance = OutputLayer("linear", loss=name)

    assert check_run(0.0, output_layer=distance).passed
    assert not check_run(-0.01, output_layer=distance).passed


def test_labels_have_a_floor_of_zero(new_run, with_models):
    finding = check(with_models(new_run(scores={"accuracy": 0.9, "loss": 0.1})))

    assert finding.passed
    assert "floor 0, constant prediction 0.7, skill 0.857" in finding.found


def test_custom_losses_have_no_finding(check_run):
    assert check_run(-3.0, output_layer=OutputLayer("sigmoid", 0.0, 1.0)) is None
    assert check_run(-3.0, trivial_loss=None) is None
    assert check_run(None) is None
