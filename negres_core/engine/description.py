"""The description of a recipe for the evidence, and the digest of all in it that can change a replicate's numbers."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import inspect
import json
import sys
from dataclasses import replace
from typing import Any, NamedTuple

from negres_core.arms.adapted_layer import transformer_name
from negres_core.arms.estimator import Estimator
from negres_core.arms.fit import Fit
from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see, make_transformer
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import make_sampler
from negres_core.arms.stage import Stage
from negres_core.arrays import digest_array
from negres_core.dataset import Dataset
from negres_core.dataset.frame import digest_frame
from negres_core.dataset.named_columns import takes_frame
from negres_core.early_stopping import NO_MONITOR
from negres_core.engine.device import keras_backend
from negres_core.evidence import (
    FitDescription,
    MetricDescription,
    MonitorDescription,
    PlateauDescription,
    RecipeDescription,
    SamplerDescription,
    StageDescription,
    TransformerDescription,
)
from negres_core.provenance.fingerprint import digest_code, is_library, packages_of, source_of, without_address
from negres_core.provenance.state import is_made_up


def describe_recipe(recipe: Recipe, data: Dataset, *, by_text: bool = False) -> RecipeDescription:
    """Describe a recipe on a data set.

    Args:
        recipe: the recipe.
        data: the data set, which decides the shapes of the models.
        by_text: digest the text of the code instead of its logic; see `digest_code`.
    """
    prepared, data = None, data.origin
    if recipe.preprocess is not None:
        prepared = TransformerDescription(
            transformer=transformer_name(make_transformer(recipe)),
            source=source_of(recipe.preprocess),
            code=digest_transformer(recipe, data, by_text=by_text),
        )
    return RecipeDescription(
        preprocess=prepared,
        stages=[_describe_stage(stage, as_models_see(recipe, data), by_text=by_text) for stage in recipe.stages],
        resample=_describe_sampler(recipe, by_text=by_text) if recipe.resample else None,
        fit=_describe_fit(recipe, recipe.fit, data, by_text=by_text) if recipe.fit else None,
    )


def digest_transformer(recipe: Recipe, data: Dataset, *, by_text: bool = False) -> str:
    """Digest the transformer of a recipe that has one, and the names of columns that it chooses."""
    transformer = make_transformer(recipe)
    code = [recipe.preprocess, transformer, transformer.get_params(), *_named_columns(transformer, data)]
    return digest_code(code, by_text=by_text)


def _describe_sampler(recipe: Recipe, *, by_text: bool) -> SamplerDescription:
    sampler = make_sampler(recipe)
    parameters = sampler.get_params() if hasattr(sampler, "get_params") else None
    return SamplerDescription(
        sampler=type(sampler).__qualname__,
        source=source_of(recipe.resample),
        code=digest_code([recipe.resample, sampler, parameters], by_text=by_text),
    )


def digest_program(recipe: Recipe, data: Dataset) -> str:
    """Digest what the program of a recipe's last stage depends on: its description, without what is an argument.

    Epochs are calls of the program, with rows and weights as arguments; validation rows are measured between them, and
    a plain learning rate is a variable of the optimizer. Stages that differ in these alone share a program.
    """
    stage, data = replace(recipe.last, start=None, share=None, **NO_MONITOR), as_models_see(recipe, data)
    made = _make(stage, data)
    described = _describe_made(stage, data, made, by_text=False).updated(epochs=1, saved_as="keras")
    config = config_of_optimizer(made.optimizer)
    if isinstance(config["config"].get("learning_rate"), float) and _follows_from_configuration(made.optimizer):
        plain = config | {"config": config["config"] | {"learning_rate": None}}
        described = described.updated(optimizer=plain, code=digest_code(_code_of(stage, made, made_by=())))
    return _digest_of(described)


def _follows_from_configuration(optimizer: Any) -> bool:
    """Return whether an optimizer is one of Keras, and nothing was changed in it after it was made.

    A configuration leaves out, for example, which weights do not decay.
    """
    if not is_library(type(optimizer)):
        return False
    mine, its = (vars(each) for each in (optimizer, type(optimizer).from_config(optimizer.get_config())))
    return mine.keys() == its.keys() and all(_content_of(mine[name]) == _content_of(its[name]) for name in mine)


def _content_of(value: Any) -> Any:
    """Return a plain value as it is, a collection by the texts of its parts, and anything else by its class."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, set | frozenset | list | tuple | dict):
        parts = value.items() if isinstance(value, dict) else value
        return type(value), sorted(without_address(each) for each in parts)
    return type(value)


def digest_besides_stages(recipe: Recipe) -> str:
    """Digest what a recipe has besides its stages, without names."""
    transformer = make_transformer(recipe) if recipe.preprocess is not None else None
    prepared: Any = [transformer, transformer.get_params()] if transformer is not None else None
    sampler = make_sampler(recipe) if recipe.resample is not None else None
    prepared = [prepared, sampler] if sampler is not None else prepared
    return digest_code([prepared, recipe.fit.compute if recipe.fit else None, recipe.fit.metrics if recipe.fit else ()])


def packages_of_recipe(recipe: Recipe) -> tuple[str, ...]:
    """Return each installed package that a recipe's code names, with its version, as "numpy==2.1.0"."""
    made = [
        make_transformer(recipe) if recipe.preprocess is not None else None,
        *([recipe.resample, make_sampler(recipe)] if recipe.resample is not None else []),
    ]
    frameworks = [importlib.import_module(name) for name in ("keras", keras_backend())] if recipe.stages else []
    stages = [
        [stage.build, stage.freezes, stage.start, stage.optimizer, stage.loss, stage.objective, stage.callbacks]
        for stage in recipe.stages
    ]
    reached = packages_of([recipe.preprocess, made, stages, frameworks, recipe.fit.compute if recipe.fit else None])
    return tuple(f"{name}=={version}" for name, version in reached.items())


def digest_recipe_by_text(recipe: Recipe, data: Dataset) -> str | None:
    """Digest a recipe as version 0.1.0 did, names and sources included, to find replicates that it recorded.

    Returns:
        The digest, or None if that version could not digest the recipe, and so recorded none.
    """
    try:
        return describe_recipe(recipe, data, by_text=True).digest_by_text
    except Exception:  # for example a TypeError for an object with slots
        return None


class _Made(NamedTuple):
    """What the functions of a stage return."""

    model: Any
    optimizer: Any
    losses: dict[str | None, Any]


def _make(stage: Stage, data: Dataset) -> _Made:
    from negres_core.engine.model import build_model, make_losses, make_optimizer

    return _Made(build_model(stage.build, data), make_optimizer(stage), make_losses(stage))


def _describe_stage(stage: Stage, data: Dataset, *, by_text: bool) -> StageDescription:
    return _describe_made(stage, data, _make(stage, data), by_text=by_text)


def _describe_made(stage: Stage, data: Dataset, made: _Made, *, by_text: bool) -> StageDescription:
    from negres_core.engine.layers import layers_of
    from negres_core.engine.revision import revision_of

    model, optimizer, losses = made
    layers = [model, *layers_of(model)]
    # The configuration of a subclassed model does not contain its layers.
    config = json.dumps(config_of(layers), sort_keys=True)
    code = _code_of(stage, made, made_by=(stage.optimizer,))
    described = {
        name or "": config_of(loss) if hasattr(loss, "get_config") else name_of(loss) for name, loss in losses.items()
    }
    description = StageDescription(
        build=name_of(stage.build),
        source=source_of(stage.build),
        model=hashlib.sha256(config.encode()).hexdigest(),
        code=digest_code(code, by_text=by_text),
        start=[digest_array(weight) for weight in model.weights],
        inherits=name_of(stage.inherits) if stage.inherits else None,
        freezes=name_of(stage.freezes) if stage.freezes else None,
        optimizer=config_of_optimizer(optimizer),
        loss=described if stage.losses else described[""],
        loss_weights=stage.weights_of_losses or None,
        objective=source_of(stage.objective) if stage.objective else None,
        callbacks=source_of(stage.callbacks) if stage.callbacks else None,
        epochs=stage.epochs,
        batch_size=stage.batch_size,
        saved_as=stage.saved_as,
        rule=source_of(stage.start) if stage.start else None,
        training_share=stage.share,
        class_weight=stage.class_weight if isinstance(stage.class_weight, str | None) else dict(stage.class_weight),
        monitor=describe_monitor(stage, data),
    )
    return description.updated(revision=revision_of(stage, model, data, digest=_digest_of(description)))


def describe_monitor(stage: Stage, data: Dataset) -> MonitorDescription | None:
    """Describe what a stage measures on validation rows, and what follows; None if it has none."""
    from negres_core.engine.monitor import monitor_of

    monitor = monitor_of(stage, data)
    if monitor is None:
        return None
    return MonitorDescription(
        share=None if stage.validation is True else stage.validation,
        metric=monitor.metric.key,
        higher_is_better=monitor.metric.higher_is_better,
        patience=monitor.patience,
        restores_best=monitor.restores_best,
        plateau=None if monitor.plateau is None else PlateauDescription.of(monitor.plateau),
    )


def _code_of(stage: Stage, made: _Made, *, made_by: tuple[Any, ...]) -> list[Any]:
    """Return all user code that a stage reaches; the caller names what makes the optimizer."""
    from negres_core.engine.layers import layers_of

    model, optimizer, losses = made
    # Configurations contain the names of classes and functions, not their code; initial weights may come from a file.
    layers = [model, *layers_of(model)]
    own = [type(layer) for layer in layers]
    own += [value for layer in layers for value in vars(layer).values() if callable(value) and not is_library(value)]
    code: list[Any] = [
        stage.build,
        stage.freezes,
        *made_by,
        stage.loss,
        stage.objective,
        type(optimizer),
        *map(type, losses.values()),
        own,
    ]
    for loss in losses.values():
        if loss is stage.loss or any(loss is each for each in stage.losses.values()):
            code.append(getattr(loss, "_fn_kwargs", {}))  # Keras' losses leave some of these out of their configuration
        if inspect.isfunction(loss) and not is_library(loss):
            code.append(loss)  # `loss=lambda: module.focal` may choose the function by name
    if stage.start is not None:
        code.append(stage.start)
    if stage.callbacks is not None:
        from negres_core.engine.callbacks import make_callbacks

        code += [stage.callbacks, *map(type, make_callbacks(stage))]
    return code + changed_settings()


def _digest_of(description: StageDescription) -> str:
    return hashlib.sha256(json.dumps(description.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def changed_settings() -> list[tuple[str, Any]]:
    """Return Keras' global settings that differ from those it comes with, as pairs of name and value.

    A build function, a loss or a fit may read them. Only changed ones are digested, so that the digests of all other
    recipes are what they were before settings counted. Nothing reads them while Keras is not imported.
    """
    if "keras" not in sys.modules:
        return []
    from negres_core.engine.settings import settings

    defaults = {"dtype_policy": "float32", "epsilon": 1e-7, "floatx": "float32", "image_data_format": "channels_last"}
    return [(name, value) for name, value in settings().items() if value != defaults[name]]


def _describe_fit(recipe: Recipe, fit: Fit, data: Dataset, *, by_text: bool) -> FitDescription:
    # A fit that imports a framework inside its function is seeded, and its settings are kept, from its first call on.
    for name in {"keras", "torch"} & packages_of(fit.compute).keys():
        with contextlib.suppress(ImportError):  # no backend; the fit itself will say so, if it comes to that
            importlib.import_module(name)
    changed: list[Any] = changed_settings()
    if isinstance(fit, Estimator) and recipe.preprocess is None:
        changed += _named_columns(fit.make(), data)
    return FitDescription(
        compute=name_of(fit.function),
        source=source_of(fit.function),
        code=digest_code([fit.compute, *changed] if changed else fit.compute, by_text=by_text),
        inherits=name_of(fit.inherits) if fit.inherits else None,
        metrics=[MetricDescription.of(metric) for metric in fit.metrics],
    )


def _named_columns(estimator: Any, data: Dataset) -> list[Any]:
    """Return a digest of the frame that numbers came in, if its columns are chosen by name: the data's has no names."""
    return [digest_frame(data.as_given)] if takes_frame(estimator, data) and not data.has_frame else []


def config_of(made: Any) -> Any:
    """Return the configuration of a Keras object; generated names do not depend on what was built before."""
    import keras

    config = json.loads(json.dumps(keras.saving.serialize_keras_object(made), default=without_address))
    names: dict[str, str] = {}

    def gather(node: Any) -> None:
        if isinstance(node, dict):
            kind, inner = node.get("class_name"), node.get("config")
            name = inner.get("name") if isinstance(inner, dict) else None
            if isinstance(kind, str) and isinstance(name, str) and is_made_up(name, kind):
                names.setdefault(name, f"{kind}#{len(names)}")
        for child in _children(node):
            gather(child)

    def rename(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: rename(value) for key, value in node.items()}
        if isinstance(node, list):
            return [rename(value) for value in node]
        return names.get(node, node) if isinstance(node, str) else node

    gather(config)
    return rename(config)


def config_of_optimizer(optimizer: Any) -> Any:
    """Return the configuration of an optimizer; without its schedule, if the user's has no configuration."""
    try:
        return config_of(optimizer)
    except NotImplementedError:
        return {"class_name": type(optimizer).__name__, "config": plain_attributes(optimizer)}


def plain_attributes(made: Any) -> dict[str, Any]:
    """Return the attributes of an object that are numbers or text, or several texts, by name; its own name aside."""
    attributes: dict[str, Any] = {}
    for name, value in vars(made).items():
        if isinstance(value, set | frozenset | list) and all(isinstance(item, str) for item in value):
            attributes[name] = sorted(value)
        elif isinstance(value, str | int | float | None) and name != "name":
            attributes[name] = value
    return attributes


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
