"""The description of a recipe: all of it that can change its numbers, so that its hash can name what was trained."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import keras

from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, has_made_up_name, layers_of, make_loss, make_optimizer
from negres_core.inputs import make_transformer
from negres_core.recipe import Recipe, Stage, name_of, source_of


def describe_recipe(recipe: Recipe, data: Dataset) -> dict[str, Any]:
    """Describe a recipe on a data set as plain JSON values."""
    prepared = None
    if recipe.preprocess is not None:
        transformer = make_transformer(recipe)
        prepared = {
            "transformer": type(transformer).__qualname__,
            "parameters": {name: repr(value) for name, value in sorted(transformer.get_params().items())},
            "source": source_of(recipe.preprocess),
        }
    return {"preprocess": prepared, "stages": [_describe_stage(stage, data) for stage in recipe.stages]}


def _describe_stage(stage: Stage, data: Dataset) -> dict[str, Any]:
    model = build_model(stage.build, data)
    config = json.dumps(_plain(keras.saving.serialize_keras_object(model)), sort_keys=True)
    for position, layer in enumerate(layer for layer in (model, *layers_of(model)) if has_made_up_name(layer)):
        config = config.replace(f'"{layer.name}"', f'"{type(layer).__name__}#{position}"')
    loss = make_loss(stage)
    custom = {type(layer) for layer in (model, *layers_of(model)) if not type(layer).__module__.startswith("keras.")}
    return {
        "build": name_of(stage.build),
        "source": source_of(stage.build),
        "model": hashlib.sha256(config.encode()).hexdigest(),
        "layers": {kind.__qualname__: source_of(kind) for kind in sorted(custom, key=lambda kind: kind.__qualname__)},
        "inherits": name_of(stage.inherits) if stage.inherits else None,
        "freezes": [name_of(stage.freezes), source_of(stage.freezes)] if stage.freezes else None,
        "optimizer": _plain(make_optimizer(stage).get_config()),
        "loss": _plain(loss.get_config()) if hasattr(loss, "get_config") else [name_of(loss), source_of(loss)],
        "epochs": stage.epochs,
        "batch_size": stage.batch_size,
        "saved_as": stage.saved_as,
    }


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, sort_keys=True, default=_without_address))


def _without_address(value: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
