from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.contract import Outline, Probe

SOFTMAX = Outline("softmax", 0.0, 1.0, "sparse_categorical_crossentropy")
LINEAR = Outline("linear", loss="mean_squared_error")


@pytest.fixture
def plant():
    """Plant a fault: change fields of one replicate of a run."""

    def plant(run, *, arm=0, stage=-1, position=0, **fields):
        arms = list(run.arms)
        stages = [list(replicates) for replicates in arms[arm].stages]
        stages[stage][position] = stages[stage][position].updated(**fields)
        arms[arm] = replace(arms[arm], stages=stages)
        return replace(run, arms=arms)

    return plant


class Looks:
    """A second look that sees what a test says, and else a healthy model that agrees with its record."""

    def __init__(self, run, outline, draw, fields):
        self.run, self.given, self.drawn, self.fields = run, outline, draw, fields

    def outline(self, recipe):
        return self.given

    def draw(self, recipe, replicate):
        return [weight.start for weight in replicate.weights] if self.drawn is None else self.drawn

    def probe(self, recipe, replicate):
        y = self.run.data.y[self.run.cell_of(replicate).test]
        regression = y.dtype.kind == "f"
        outputs = y[:, None] * 0.9 if regression else np.where(np.eye(self.run.data.outputs)[y] > 0, 0.9, 0.1)
        seen = {
            "outline": self.given,
            "weights": [weight.end for weight in replicate.weights],
            "targets": y,
            "outputs": outputs.astype(np.float32),
            "predicted": (y * 0.9).astype(np.float32) if regression else y,
            "loss": 0.15,
            "trivial_loss": 0.7,
            "training_loss": 0.12,
            "inference_loss": 0.1,
            "silent": [(1, 10), (0, 4)],
            "gradient_norm": 0.3,
            "weight_norm": 2.0,
        }
        return Probe(**seen | self.fields)


@pytest.fixture
def look():
    """Give a run a second look at its models; any field of the probe, the outline or what is drawn can be given."""

    def look(run, *, outline=None, draw=None, **fields):
        outline = outline or (LINEAR if run.data.task == "regression" else SOFTMAX)
        return replace(run, models=Looks(run, outline, draw, fields))

    return look
