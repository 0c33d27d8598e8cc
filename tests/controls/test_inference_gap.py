from __future__ import annotations

import pytest

from negres_core.controls.inference_gap import check


@pytest.mark.parametrize(
    ("training", "inference"),
    [(0.4, 0.2), (0.1, 0.1), (0.05, 0.12), (0.7, 0.72), (0.9, 0.6)],
    ids=["dropout", "neither", "small batches", "nothing learned", "much dropout"],
)
def test_modes_that_agree_pass(new_run, with_models, training, inference):
    finding = check(with_models(new_run(), training_loss=training, inference_loss=inference, trivial_loss=0.7))

    assert finding.passed
    assert finding.found.startswith(
        f"loss on training rows: treatment arm: {training:.3g} in training mode and {inference:.3g} in inference mode "
        "(constant prediction: 0.7)"
    )


@pytest.mark.parametrize(("training", "inference"), [(0.05, 0.16), (0.05, 5.0), (0.68, 0.72), (0.9, 0.94)])
def test_inference_that_lost_what_training_learned_fails(new_run, with_models, training, inference):
    finding = check(with_models(new_run(), training_loss=training, inference_loss=inference, trivial_loss=0.7))

    assert not finding.passed
    assert finding.control == "inference gap"


def test_an_objective_has_no_finding(new_run, with_models):
    assert check(with_models(new_run(), trivial_loss=None, inference_loss=9.0)) is None
    assert check(new_run()) is None
