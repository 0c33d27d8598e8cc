from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core.diagnosis.symptoms import Symptoms, Values

FACES = Values(low=0.04, high=1.0, mean=0.46, sd=0.17, distinct=246, whole_share=1e-4, spread=0.13)
OUTPUTS = replace(FACES, low=0.03, high=0.93, sd=0.14, distinct=110_000, whole_share=0.0, spread=0.1)
HEALTHY = Symptoms(
    targets=FACES,
    scored=OUTPUTS,
    outputs=OUTPUTS,
    reach=(0.0, 1.0),
    skill=0.62,
    loss_skill=0.62,
    constant_loss=0.671,
    loss_floor=0.631,
    training_loss=0.646,
    inference_loss=0.647,
    first_loss=0.69,
    last_loss=0.646,
    dead_share=0.4,
)


@pytest.fixture
def new_symptoms():
    """Make the symptoms of a healthy autoencoder; any field can be given, and for images some of their values.

    `scored=False` and `outputs=False` leave the images out.
    """

    def make(*, targets=None, scored=None, outputs=None, **fields):
        images = {
            "targets": replace(FACES, **targets or {}),
            "scored": None if scored is False else replace(OUTPUTS, **scored or outputs or {}),
            "outputs": None if outputs is False else replace(OUTPUTS, **outputs or {}),
        }
        return replace(HEALTHY, **images | fields)

    return make
