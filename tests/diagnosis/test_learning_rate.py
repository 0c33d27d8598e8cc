from __future__ import annotations

import pytest

from negres_core.diagnosis.learning_rate import recognize

ALIKE = {"spread": 0.0013}


def test_a_silent_layer_is_recognized(new_symptoms):
    observation = recognize(new_symptoms(dead_share=0.9, outputs=ALIKE, first_loss=8907.0, last_loss=0.69))

    assert observation == (
        "90% of a hidden layer's units are zero on every row; outputs are the same for all images; "
        "loss 8.91e+03 in the first epoch and 0.69 in the last"
    )


@pytest.mark.parametrize("outputs", [{}, ALIKE], ids=["differ", "alike"])
def test_outputs_at_the_ends_of_their_range_are_recognized(new_symptoms, outputs):
    symptoms = new_symptoms(outputs=outputs, outputs_at_ends=0.97, targets_at_ends=0.1, inference_loss=0.672)
    observation = recognize(symptoms)

    assert "97% of outputs but 10% of targets are at an end of the outputs' range" in observation
    assert "hidden layer" not in observation
    assert ("the same for all images" in observation) == bool(outputs)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"dead_share": 0.89},
        {"outputs": ALIKE, "inference_loss": 0.69},
        {"outputs_at_ends": 0.97},
        {"outputs_at_ends": 0.97, "inference_loss": 0.671},
        {"outputs_at_ends": 0.97, "inference_loss": 0.69, "constant_loss": None},
        {"outputs_at_ends": 0.5, "targets_at_ends": 0.25, "inference_loss": 0.69},
        {"outputs": False},
    ],
    ids=["healthy", "some dead", "not trained", "better", "no worse", "no scale", "like targets", "no network"],
)
def test_anything_less_is_not(new_symptoms, fields):
    assert recognize(new_symptoms(**fields)) is None
