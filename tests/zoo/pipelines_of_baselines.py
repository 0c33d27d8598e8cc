"""Clean pipelines whose control arm is trained in a way of its own, without being held back by it."""

from __future__ import annotations

from dataclasses import replace

from negres_core import Recipe, matches
from tests.zoo.models import network, rate
from tests.zoo.pipelines import diabetes, digits, min_max, standard


def momentum():
    import keras

    return keras.optimizers.SGD(0.1, momentum=0.9)


def weighted_decay():
    import keras

    return keras.optimizers.AdamW(0.01, weight_decay=0.01)


def of_its_own(seed, build, **fields):
    """Return the pipeline on digits, with another control arm."""
    stage = replace(digits(seed).control.last, build=build, **fields)
    return replace(digits(seed), control=Recipe(stage, preprocess=min_max), claim=matches("accuracy", within=0.1))


def optimizers(seed):
    """Adam against stochastic gradient descent at a rate that suits it."""
    return of_its_own(seed, network(hidden=()), optimizer=momentum)


def regularized(seed):
    """No dropout against a wider network with a dropout of 0.5."""
    return of_its_own(seed, network(hidden=(96,), drop=0.5))


def shorter(seed):
    """A linear control arm needs fewer epochs than the treatment arm."""
    return of_its_own(seed, network(hidden=()), epochs=14)


def decayed(seed):
    """A regression whose control arm is linear, with a decay of its weights and a rate that is a third larger."""
    pipeline = diabetes(seed)
    stage = replace(pipeline.control.last, optimizer=weighted_decay)
    treatment = replace(pipeline.treatment.last, optimizer=rate(0.0075))
    return replace(
        pipeline,
        treatment=Recipe(treatment, preprocess=standard),
        control=Recipe(stage, preprocess=standard),
    )


def about_dropout(seed):
    """The arms differ in their dropout alone, which is what the claim is about: it is a finding, whatever it costs."""
    return replace(
        of_its_own(seed, network(hidden=(24,), drop=0.9)),
        treatment=digits(seed).treatment,
    )


PIPELINES_OF_BASELINES = {
    pipeline.__name__: pipeline for pipeline in (optimizers, regularized, shorter, decayed, about_dropout)
}
