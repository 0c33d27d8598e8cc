"""The description of a recipe: all of it that can change its numbers, so that its hash can name what was trained."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from typing import Any

import keras

from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, is_made_up, layers_of, make_loss, make_optimizer
from negres_core.fit import Fit
from negres_core.preprocessing import digest_array, make_transformer
from negres_core.provenance.fingerprint import digest_code, is_library, source_of
from negres_core.recipe import Recipe, Stage, name_of


def describe_recipe(recipe: Recipe, data: Dataset) -> dict[str, Any]:
    """Describe a recipe on a data set as plain JSON values."""
    prepared = None
    if recipe.preprocess is not None:
        transformer = make_transformer(recipe)
        prepared = {
            "transformer": type(transformer).__qualname__,
            "source": source_of(recipe.preprocess),
            "code": digest_code([recipe.preprocess, transformer, transformer.get_params()]),
        }
    described = {"preprocess": prepared, "stages": [_describe_stage(stage, data) for stage in recipe.stages]}
    return described | ({"fit": _describe_fit(recipe.fit)} if recipe.fit else {})


def digest_recipe(description: dict[str, Any]) -> str:
    """Digest a recipe's description: the name of what is trained, in every replicate's key and in the ledger."""
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


def _describe_stage(stage: Stage, data: Dataset) -> dict[str, Any]:
    model = build_model(stage.build, data)
    layers = [model, *layers_of(model)]
    # A subclassed model's own configuration does not hold its layers'.
    config = json.dumps(_config_of(layers), sort_keys=True)
    optimizer, loss = make_optimizer(stage), make_loss(stage)
    # Configurations say what a class or function is called, not what it does; initial weights may come from a file.
    own = [type(layer) for layer in layers]
    own += [value for layer in layers for value in vars(layer).values() if callable(value) and not is_library(value)]
    code = [stage.build, stage.freezes, stage.optimizer, stage.loss, stage.objective, type(optimizer), type(loss), own]
    return {
        "build": name_of(stage.build),
        "source": source_of(stage.build),
        "model": hashlib.sha256(config.encode()).hexdigest(),
        "code": digest_code(code),
        "start": [digest_array(weight) for weight in model.weights],
        "inherits": name_of(stage.inherits) if stage.inherits else None,
        "freezes": name_of(stage.freezes) if stage.freezes else None,
        "optimizer": _config_of(optimizer),
        "loss": _config_of(loss) if hasattr(loss, "get_config") else name_of(loss),
        "objective": source_of(stage.objective) if stage.objective else None,
        "epochs": stage.epochs,
        "batch_size": stage.batch_size,
        "saved_as": stage.saved_as,
    }


def _describe_fit(fit: Fit) -> dict[str, Any]:
    return {
        "compute": name_of(fit.compute),
        "source": source_of(fit.compute),
        "code": digest_code(fit.compute),
        "inherits": name_of(fit.inherits) if fit.inherits else None,
        "metrics": [dataclasses.asdict(metric) for metric in fit.metrics],
    }


def _config_of(made: Any) -> Any:
    """Return the config of a Keras object, without the counts of what was built before that are in made-up names."""
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(made), default=_without_address))
    names: dict[str, str] = {}

    def gather(node: Any) -> None:
        if isinstance(node, dict):
            kind, inner = node.get("class_name"), node.get("config")
            name = inner.get("name") if isinstance(inner, dict) else None
            if isinstance(kind, str) and isinstance(name, str) and is_made_up(name, kind):
                names.setdefault(name, f"{kind}#{len(names)}")
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            gather(child)

    def rename(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: rename(value) for key, value in node.items()}
        if isinstance(node, list):
            return [rename(value) for value in node]
        return names.get(node, node) if isinstance(node, str) else node

    gather(config)
    return rename(config)


def _without_address(value: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
