"""Trained models: built again by the researcher's own code, and given only the weights of their file.

Nothing else in the file is used, so that nobody who can write the evidence folder decides what a model computes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import training_fold
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import Named
from negres_core.dataset import Dataset
from negres_core.engine.adapted import adapt_layers
from negres_core.engine.contract import Job
from negres_core.engine.inheritance import describe_relation, freeze_layers
from negres_core.engine.lora import weights_as_trained
from negres_core.engine.model import build_model
from negres_core.seeds import derive_seed


def load_trained(stage: Stage, data: Dataset, path: Path, *, fold: Callable[[], Named[np.ndarray]], seed: int) -> Any:
    """Build the model of a stage, and set its weights to those of a model file.

    Args:
        stage: the stage.
        data: the data set.
        path: the model file.
        fold: returns the prepared inputs of the training fold, to which some layers adapt.
        seed: seed of the replicate's initial weights, so that whatever else the build function draws is drawn again.
    """
    model = build_model(stage.build, data, seed=seed)
    if stage.freezes is not None:
        # In HDF5 the order of a layer's weights depends on which of them are trainable.
        freeze_layers(model, build_model(stage.freezes, data), wanted_by=describe_relation(stage, "freezes"))
    # What a layer adapts to is not always among its weights.
    adapt_layers(model, fold, name=name_of(stage.build))
    with weights_as_trained(model):
        model.load_weights(path)
    return model


def load_parent(parent: Recipe | None, data: Dataset, job: Job) -> Any:
    """Return the trained model that a job goes on from, or None if it starts by itself.

    Args:
        parent: the recipe that trained the model, which is the job's own without its last part.
        data: the data set.
        job: the job.
    """
    if job.parent is None or parent is None:
        return None
    cell = job.cell
    seed = derive_seed("weights", stage=len(parent.stages), repeat=cell.repeat, fold=cell.fold, seed=job.seed)
    return load_trained(parent.last, data, job.parent, fold=lambda: training_fold(parent, data, cell), seed=seed)
