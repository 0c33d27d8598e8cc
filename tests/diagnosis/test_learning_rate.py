from __future__ import annotations

import pytest

from negres_core.diagnosis.learning_rate import recognize

ALIKE = {"spread": 0.0013}


def test_a_layer_that_is_silent_is_named(new_symptoms):
    found = recognize(new_symptoms(dead=0.9, outputs=ALIKE, first_loss=8907.0, last_loss=0.69))

    assert found == (
        "90% of a hidden layer's units are zero on every row, outputs are the same for all images, "
        "loss 8.91e+03 in the first epoch and 0.69 in the last"
    )


@pytest.mark.parametrize("outputs", [{}, ALIKE], ids=["differ", "alike"])
def test_outputs_that_are_thrown_against_their_ends_are_named(new_symptoms, outputs):
    found = recognize(new_symptoms(outputs=outputs, pressed=0.97, asked=0.1, inference_loss=0.672))

    assert "97% of outputs are at an end of their reach, 10% of targets" in found
    assert "hidden layer" not in found
    assert ("the same for all images" in found) == bool(outputs)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"dead": 0.89},
        {"outputs": ALIKE, "inference_loss": 0.69},
        {"pressed": 0.97},
        {"pressed": 0.97, "inference_loss": 0.671},
        {"pressed": 0.97, "inference_loss": 0.69, "constant_loss": None},
        {"pressed": 0.5, "asked": 0.25, "inference_loss": 0.69},
        {"outputs": False},
    ],
    ids=["healthy", "some dead", "not trained", "better", "no worse", "no scale", "as asked", "no network"],
)
def test_anything_less_is_not(new_symptoms, given):
    assert recognize(new_symptoms(**given)) is None
