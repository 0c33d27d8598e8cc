from __future__ import annotations

import pytest

from negres_core.diagnosis.lagging_statistics import recognize


def test_inference_that_lost_what_training_learned_is_recognized(new_symptoms):
    observation = recognize(new_symptoms(training_loss=0.651, inference_loss=0.695))

    assert observation == (
        "loss 0.651 in training mode and 0.695 in inference mode on the same rows: skill 0.5 and -0.6"
    )


@pytest.mark.parametrize("training", [0.651, 0.671, 0.7])
def test_the_bound_is_a_tenth_of_what_was_learned_plus_a_twentieth_of_what_can_be(new_symptoms, training):
    allowed = 0.1 * max(0.671 - training, 0) + 0.05 * (0.671 - 0.631)

    assert recognize(new_symptoms(training_loss=training, inference_loss=training + 0.99 * allowed)) is None
    assert recognize(new_symptoms(training_loss=training, inference_loss=training + 1.01 * allowed)) is not None


def test_dropout_makes_inference_better(new_symptoms):
    assert recognize(new_symptoms(training_loss=0.66, inference_loss=0.64)) is None


def test_losses_without_a_scale_are_not_judged(new_symptoms):
    assert recognize(new_symptoms(constant_loss=None, inference_loss=9.0)) is None
    assert recognize(new_symptoms(constant_loss=0.631, inference_loss=9.0)) is None
    assert recognize(new_symptoms(training_loss=None)) is None
