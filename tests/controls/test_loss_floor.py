from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.loss_floor import check
from negres_core.run import OutputLayer

CROSS_ENTROPY = OutputLayer("sigmoid", 0.0, 1.0, "binary_crossentropy")
GREY = np.tile([0.2, 0.8], 20)
ENTROPY = -0.2 * np.log(0.2) - 0.8 * np.log(0.8)  # .5004


@pytest.fixture
def found(new_run, look):
    def found(loss, y=GREY, output_layer=CROSS_ENTROPY, **fields):
        return check(look(new_run(y=y, scores={"loss": loss}), output_layer=output_layer, **fields))

    return found


def test_the_skill_is_told_and_a_loss_near_the_floor_passes(found):
    finding = found(0.6)

    assert finding.passed
    assert finding.found.startswith(
        "loss on the test fold: treatment 0.6, floor 0.5004, of a constant 0.7, skill 0.501;"
    )
    assert found(float(ENTROPY)).passed


@pytest.mark.parametrize("loss", [0.49, 0.0, -30.0])
def test_a_cross_entropy_under_the_entropy_of_the_targets_fails(found, loss):
    finding = found(loss)

    assert not finding.passed
    assert finding.control == "loss floor"


def test_targets_of_bytes_have_a_loss_without_floor(found):
    """At an output of 1 - 1e-7, a target of 255 has a cross-entropy of 255e-7 - 254 log 1e7: far under any entropy."""
    assert not found(-4000.0, y=GREY * 255).passed


@pytest.mark.parametrize("name", ["mean_squared_error", "huber"])
def test_the_floor_of_a_distance_is_zero(found, name):
    distance = OutputLayer("linear", loss=name)

    assert found(0.0, output_layer=distance).passed
    assert not found(-0.01, output_layer=distance).passed


def test_labels_have_a_floor_of_zero(new_run, look):
    finding = check(look(new_run(scores={"accuracy": 0.9, "loss": 0.1})))

    assert finding.passed
    assert "floor 0, of a constant 0.7, skill 0.857" in finding.found


def test_the_loss_of_another_author_has_no_known_floor(found):
    assert found(-3.0, output_layer=OutputLayer("sigmoid", 0.0, 1.0)) is None
    assert found(-3.0, trivial_loss=None) is None
    assert found(None) is None
