"""Trained models: built again by the researcher's own code, and given only the weights of their file.

Nothing else in the file is used, so that nobody who can write the evidence folder decides what a model computes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, describe_relation, freeze_layers
from negres_core.recipe import Stage


def load_trained(stage: Stage, data: Dataset, path: Path) -> Any:
    """Build the model of a stage, and set its weights to those of a model file."""
    model = build_model(stage.build, data)
    if stage.freezes is not None:
        # In HDF5 the order of a layer's weights depends on which of them are trainable.
        freeze_layers(model, build_model(stage.freezes, data), wanted_by=describe_relation(stage, "freezes"))
    model.load_weights(path)
    return model
