"""A model that is saved and loaded again computes what it computed before: found out before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.arrays import take_rows
from negres_core.dataset import Dataset
from negres_core.engine.layers import layers_of
from negres_core.engine.model import load_model, save_model, temporary_folder
from negres_core.engine.named_outputs import side_by_side
from negres_core.errors import EvidenceError, InputError

SAVED_ROWS = 8
"""Number of rows on which a model is compared with itself, saved and loaded."""


def save_and_load(model: Any, stage: Stage, data: Dataset, *, needed: bool) -> Any:
    """Save a model and load it; raise InputError if Keras cannot, or if the loaded model is another one.

    There has to be room for temporary files: otherwise an EvidenceError says so.

    Args:
        model: the model.
        stage: its stage.
        data: the data set, for a few rows.
        needed: whether the next stage will load the model; otherwise it need not be loadable.
    """
    doing = "save"
    try:
        with temporary_folder() as folder:
            path = Path(folder, f"model.{stage.saved_as}")
            path.write_bytes(save_model(model, stage.saved_as))
            doing = "save and load again"
            loaded = load_model(path)
    except EvidenceError:
        raise
    except Exception as error:
        if doing != "save" and not needed:
            return model
        raise InputError(
            f"{name_of(stage.build)} returns a model that Keras cannot {doing}.",
            received=f"saved_as={stage.saved_as!r}, and from Keras: {error}",
            remedy=_remedy(model),
        ) from error
    rows = take_rows(data.x, slice(SAVED_ROWS))
    before, again, after = (
        ops.convert_to_numpy(side_by_side(each(rows, training=False))) for each in (model, model, loaded)
    )
    if np.array_equal(before, again, equal_nan=True) and not np.allclose(before, after, rtol=1e-3, atol=1e-4):
        raise InputError(
            f"{name_of(stage.build)} returns a model whose outputs change when it is saved and loaded.",
            received=f"outputs that differ by {np.abs(before - after).max():.3g}, before any training",
            remedy="Let get_config return every argument of the constructor, and store random numbers in a weight.",
        )
    return loaded


def _remedy(model: Any) -> str:
    if any(isinstance(layer, keras.layers.Lambda) for layer in layers_of(model)):
        return (
            "Write the Lambda layer as an operation on its input, such as keras.ops.square(x) in a functional model, "
            "or as a layer of your own at the top level of a module: Keras does not load code from files."
        )
    return (
        "Define custom classes at the top level of a module, with a get_config, and register them with "
        "keras.saving.register_keras_serializable()."
    )
