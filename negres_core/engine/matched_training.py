"""The training of two arms side by side: the settings that differ, and an arm trained as the other one is.

A setting is the optimizer with its rate, the number of steps, dropout and noise, penalties on weights, and layers that
are frozen by the build function itself.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import make_sampler
from negres_core.arms.stage import Build, Stage
from negres_core.arrays import Named
from negres_core.dataset import Dataset
from negres_core.early_stopping import NO_MONITOR
from negres_core.engine.build import call_build
from negres_core.engine.description import config_of, config_of_optimizer, describe_monitor
from negres_core.engine.layers import layers_of
from negres_core.engine.model import build_model, make_optimizer
from negres_core.engine.same_training import same_training
from negres_core.evidence import MonitorDescription
from negres_core.provenance.fingerprint import is_library
from negres_core.run.models import MatchedTraining
from negres_core.weighting import ClassWeight

NOISE = ("rate", "stddev", "dropout", "recurrent_dropout")
"""Attributes of Keras' layers that say how much noise they add in training: a rate, or a standard deviation."""

HELD_OUT = 0.1
"""Share of a training fold that is held out if none is given."""

COEFFICIENTS = ("l1", "l2")
"""Attributes of Keras' regularizers that say how much they penalize."""


@dataclass(frozen=True)
class _Settings:
    """How one stage is trained.

    Attributes:
        optimizer: the name of the optimizer, or the function that makes it, as the stage has it.
        config: the configuration of the optimizer.
        epochs: passes over the training fold.
        batch_size: rows per step.
        steps: optimizer steps of all epochs.
        noise: the largest dropout rate or standard deviation of the noise of any layer.
        penalty: the largest coefficient of any regularizer.
        frozen: number of layers that have weights and are not trained, although the recipe freezes none.
        share: share of the training fold that is trained on; None for all of it.
        class_weight: weights of the classes.
        monitor: the validation rows and what follows from a metric on them; None if there are none.
        options: the same as the stage has it.
    """

    optimizer: str | Callable[[], Any]
    config: dict[str, Any]
    epochs: int
    batch_size: int
    steps: int
    noise: float
    penalty: float
    frozen: int
    share: float | None = None
    class_weight: ClassWeight = None
    monitor: MonitorDescription | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: NO_MONITOR)


def match_training(control: Recipe, treatment: Recipe | None, data: Dataset, *, rows: int) -> MatchedTraining:
    """Compare the training of two arms, stage by stage, from the last stage to the first.

    Args:
        control: the control arm.
        treatment: the treatment arm, or None if it trains no network.
        data: the data set.
        rows: rows of a training fold, which give the number of steps.
    """
    seen = as_models_see(control, data)
    mine = [_settings_of(stage, seen, rows) for stage in control.stages]
    theirs = [_keras_defaults()]
    if treatment is not None:
        theirs = [_settings_of(stage, as_models_see(treatment, data), rows) for stage in treatment.stages]
    # A recipe with fewer stages has no partner for the first of the other: its own first stage is the nearest.
    partners = [theirs[max(0, len(theirs) - len(mine) + place)] for place in range(len(mine))]
    pairs = list(zip(mine, partners, strict=True))
    differences = [text for pair in pairs for text in _differences(*pair)]
    if control.resample != (treatment.resample if treatment else None):
        differences.append(f"resampling {_sampler_in_words(control)} against {_sampler_in_words(treatment)}")
    handicaps = [set(_handicaps(*pair)) for pair in pairs]
    every = set().union(*handicaps)
    if not every or any(_shares_layers(stage.build, seen) for stage in control.stages):
        return MatchedTraining(differences=tuple(dict.fromkeys(differences)))
    variants = [every] if every == {"optimizer"} or "optimizer" not in every else [every, every - {"optimizer"}]
    recipes = {
        ", ".join(sorted(names)): _matched(control, partners, [names & own for own in handicaps]) for names in variants
    }
    is_claim = treatment is not None and same_training(next(iter(recipes.values())), treatment, data)
    return MatchedTraining(
        differences=tuple(dict.fromkeys(differences)), is_claim=is_claim, recipes={} if is_claim else recipes
    )


def _settings_of(stage: Stage, data: Dataset, rows: int) -> _Settings:
    model = build_model(stage.build, data)
    layers = [model, *layers_of(model)]
    own = [layer for layer in layers if not getattr(layer, "layers", None) and layer.weights and not layer.trainable]
    coefficients = [getattr(each, size) for *_, each in _penalties_of(layers) for size in _sizes_of(each)]
    return _Settings(
        optimizer=stage.optimizer,
        config=config_of_optimizer(make_optimizer(stage)),
        epochs=stage.epochs,
        batch_size=stage.batch_size,
        steps=stage.count_steps(rows),
        noise=max((getattr(layer, name) for layer in layers for name in _noise_of(layer)), default=0.0),
        penalty=max(coefficients, default=0.0),
        # A recipe that freezes says so. Nothing is said of a layer that the build function freezes.
        frozen=0 if stage.freezes is not None else len(own),
        share=stage.share,
        class_weight=stage.class_weight,
        monitor=describe_monitor(stage, data),
        options={name: getattr(stage, name) for name in NO_MONITOR},
    )


def _differences(control: _Settings, treatment: _Settings) -> Iterator[str]:
    """Yield each setting that differs, in words."""
    if control.config != treatment.config:
        yield f"optimizer {_optimizer_in_words(control)} against {_optimizer_in_words(treatment)}"
    if treatment.epochs and control.epochs != treatment.epochs:
        yield f"epochs {control.epochs} against {treatment.epochs}"
    if treatment.epochs and control.steps != treatment.steps:
        yield f"steps {control.steps:,} against {treatment.steps:,}"
    if treatment.epochs and control.share != treatment.share:
        mine, theirs = (1.0 if each.share is None else each.share for each in (control, treatment))
        yield f"share of the training fold {mine:g} against {theirs:g}"
    for name, mine, theirs in (
        ("dropout or noise", control.noise, treatment.noise),
        ("penalty on weights", control.penalty, treatment.penalty),
        ("frozen layers", control.frozen, treatment.frozen),
    ):
        if mine != theirs:
            yield f"{name} {mine:g} against {theirs:g}"
    if control.class_weight != treatment.class_weight:
        yield f"class weights {_weights_in_words(control)} against {_weights_in_words(treatment)}"
    if treatment.epochs:
        options, others = (_options_of(each.monitor) for each in (control, treatment))
        for name, option in options.items():
            if (other := others.get(name, option)) != option:
                yield f"{name}: {option} against {other}"


def _options_of(monitor: MonitorDescription | None) -> dict[str, str]:
    """Return the options of early stopping by name, in words, as far as they say anything."""
    if monitor is None:
        return {"validation rows": "none", "patience": "none"}
    plateau = monitor.plateau
    return {
        "validation rows": "yes" if monitor.share is None else f"{monitor.share:g} of the training fold",
        "patience": str(monitor.patience or "none"),
        "monitor": monitor.metric,
        "weights of": "the best epoch" if monitor.restores_best else "the last epoch",
        "plateau": "none" if plateau is None else f"rate x {plateau.factor:g} after {plateau.patience} epochs",
    }


def _handicaps(control: _Settings, treatment: _Settings) -> Iterator[str]:
    """Yield each setting that may be to the control arm's disadvantage."""
    if control.config != treatment.config:
        yield "optimizer"
    if control.steps < treatment.steps:
        yield "steps"
    if control.noise > treatment.noise:
        yield "dropout or noise"
    if control.penalty > treatment.penalty:
        yield "penalty on weights"
    if control.frozen and not treatment.frozen:
        yield "frozen layers"
    if treatment.epochs and _stops_sooner(control.monitor, treatment.monitor):
        yield "early stopping"


def _stops_sooner(control: MonitorDescription | None, treatment: MonitorDescription | None) -> bool:
    """Return whether the control arm has less patience, fewer rows to train on, or its last weights for its best."""
    patience = [(each.patience if each else None) or math.inf for each in (control, treatment)]
    # Rows of the design are trained on by no arm. If it has none, a tenth is held out.
    shares = [0.0 if each is None else HELD_OUT if each.share is None else each.share for each in (control, treatment)]
    restores = [each is not None and each.restores_best for each in (control, treatment)]
    return patience[0] < patience[1] or shares[0] > shares[1] or restores[0] < restores[1]


def _matched(control: Recipe, partners: Sequence[_Settings], names: Sequence[set[str]]) -> Recipe:
    """Return the control arm with some settings of its partners, stage by stage."""
    stages: list[Stage] = []
    # All stages of a recipe hold out the same rows.
    stops_alike = any("early stopping" in taken for taken in names)
    for stage, partner, taken in zip(control.stages, partners, names, strict=True):
        changed: dict[str, Any] = {}
        if "optimizer" in taken:
            changed["optimizer"] = partner.optimizer
        if "steps" in taken:
            share = None if control.resample is not None else partner.share
            changed |= {"epochs": partner.epochs, "batch_size": partner.batch_size, "share": share}
        if stops_alike:
            changed |= partner.options
        noise = partner.noise if "dropout or noise" in taken else math.inf
        penalty = partner.penalty if "penalty on weights" in taken else math.inf
        thaw = "frozen layers" in taken
        if thaw or min(noise, penalty) < math.inf:
            changed["build"] = functools.partial(
                build_relieved, build=stage.build, noise=noise, penalty=penalty, thaw=thaw
            )
        inherits = stages[-1].build if stage.inherits is not None else None
        stages.append(replace(stage, inherits=inherits, **changed))
    return control.with_parts(*stages)


def build_relieved(
    input_shape: Named[tuple[int, ...]], outputs: Named[int], *, build: Build, noise: float, penalty: float, thaw: bool
) -> Any:
    """Build the model of another function, with less noise and smaller penalties, and without frozen layers if `thaw`.

    The layers are changed and not cloned: a clone would need a `get_config` in every custom layer. Regularizers are
    replaced, because several models may share one.
    """
    model = call_build(build, input_shape=input_shape, outputs=outputs)
    layers = [model, *layers_of(model)]
    for layer in layers:
        for name in _noise_of(layer):
            setattr(layer, name, min(getattr(layer, name), noise))
        if thaw:
            layer.trainable = True
    for owner, name, regularizer in _penalties_of(layers):
        smaller = {size: min(getattr(regularizer, size), penalty) for size in _sizes_of(regularizer)}
        # A penalty of 0 is none: arms that differ by it are the same.
        made = type(regularizer).from_config(regularizer.get_config() | smaller) if any(smaller.values()) else None
        setattr(owner, name, made)
    return model


def _shares_layers(build: Build, data: Dataset) -> bool:
    """Return whether two models of a build function have layers in common: to change one would change the other."""
    one, other = build_model(build, data), build_model(build, data)
    return not {id(layer) for layer in layers_of(one)}.isdisjoint(id(layer) for layer in layers_of(other))


def _keras_defaults() -> _Settings:
    """Return what Keras does if nothing is said; it has no epochs."""
    return _Settings("adam", config_of(keras.optimizers.Adam()), 0, 1, 0, noise=0.0, penalty=0.0, frozen=0)


def _noise_of(layer: Any) -> list[str]:
    """Return the attributes of one of Keras' own layers that say how much noise it adds in training."""
    values = vars(layer) if is_library(type(layer)) else {}
    return [name for name in NOISE if isinstance(values.get(name), int | float)]


def _penalties_of(layers: Sequence[Any]) -> list[tuple[Any, str, Any]]:
    """Return Keras' regularizers of layers and of their weights: the owner, the name of its attribute, and each."""
    weights = {id(weight): weight for layer in layers for weight in layer.weights}
    return [
        (owner, name, value)
        for owner in [*layers, *weights.values()]
        for name, value in vars(owner).items()
        if isinstance(value, keras.regularizers.Regularizer) and is_library(type(value)) and _sizes_of(value)
    ]


def _sizes_of(regularizer: Any) -> list[str]:
    """Return the attributes of a regularizer that say how much it penalizes."""
    return [name for name in COEFFICIENTS if isinstance(getattr(regularizer, name, None), int | float)]


def _weights_in_words(settings: _Settings) -> str:
    weights = settings.class_weight
    if isinstance(weights, tuple):
        return ", ".join(f"{weight:g} of class {label}" for label, weight in weights)
    return "none" if weights is None else "balanced"


def _sampler_in_words(recipe: Recipe | None) -> str:
    """Return the class of a recipe's sampler with its parameters, if it has some."""
    return "none" if recipe is None or recipe.resample is None else " ".join(repr(make_sampler(recipe)).split())


def _optimizer_in_words(settings: _Settings) -> str:
    """Return the class of an optimizer, and its rate or the class of its schedule."""
    name, rate = settings.config["class_name"], settings.config["config"].get("learning_rate")
    if isinstance(rate, dict):
        return f"{name} with {rate['class_name']}"
    return f"{name} at {rate:.3g}" if isinstance(rate, float) else str(name)
