"""Does a network that grows while it is trained do as well as one that has its final size throughout?

Networks of dense layers grow by width or by depth, in a few steps, and start each step with the outputs of the smaller
network (Net2Net, Chen et al. 2016) or with some random weights. Units may be chosen by their gradient (GradMax, Evci et
al. 2022), or by how they follow the errors (Cascade-Correlation, Fahlman & Lebiere 1990). Layers may be trained one by
one first (Bengio et al. 2006). Adam, cross-entropy, batches of 128, min-max scaling; 10 epochs in all on Covertype and
40 on digits.

These hypotheses were run while they were written, before they were registered in ledger.jsonl.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import pytest

from benchmarks.growth.arms import arm, epochs_on, grow, of_widths, throughout
from benchmarks.growth.cascade import stages
from benchmarks.growth.gradmax import gradmax, random_units
from benchmarks.growth.models import autoencoder, cnn, reconstruct
from benchmarks.growth.net2net import net2deeper, net2wider, random_pad, silent_pad
from benchmarks.growth.warm import with_new_outputs
from negres_core import Stage, beats, matches

BY_WIDTH = [of_widths(width) for width in (16, 32, 48, 64)]
BY_DEPTH = [of_widths(*[64] * depth) for depth in (1, 2, 3)]
BY_UNITS = [of_widths(units) for units in (8, 12, 16)]
LAYERS = (96, 72, 48)
"""No two of their kernels have one shape, nor has one that of a decoder, which could be taken for the other."""
GROWTH = {"width": (BY_WIDTH, net2wider), "units": (BY_WIDTH, silent_pad), "depth": (BY_DEPTH, net2deeper)}
"""Networks, and the rule by which each starts from the one before: copies of units, new units, or new layers."""

TWO_REPEATS = {"folds": 5, "repeats": 2}
FIVE_REPEATS = {"folds": 5, "repeats": 5}


def on(*cases, by=()):
    """Parametrize a hypothesis by data set, by other parameters, and by expected verdict."""
    return pytest.mark.parametrize(("data", *by, "expected"), cases, indirect=["data"])


def step_by_step(by, epochs):
    """Return an arm that grows after each tenth of its epochs until it has its final size."""
    builds, start = GROWTH[by]
    step = epochs // 10
    steps = [step] * (len(builds) - 1)
    return grow(builds, start, [*steps, epochs - sum(steps)])


@on(
    ("covertype", "width", "refuted"),
    ("covertype", "units", "supported"),
    ("covertype", "depth", "supported"),
    ("digits", "width", "supported"),
    ("digits", "depth", "supported"),
    by=["by"],
)
def test_growth_step_by_step_matches_the_final_size(experiment, data, by, expected):
    """Shows: for as many epochs, a network that begins small and grows is as accurate, within 0.01, as a large one.

    Does not show: that it takes less time. The first epochs are cheaper, but each size is a program of its own.
    """
    epochs = epochs_on(data)
    evidence = experiment.compare(
        step_by_step(by, epochs),
        against=throughout(GROWTH[by][0][-1], epochs),
        on=data,
        claim=matches("accuracy", within=0.01),
        **FIVE_REPEATS,
    )
    assert evidence.verdict == expected, evidence


@on(
    ("covertype", "width", "refuted"),
    ("covertype", "depth", "refuted"),
    ("digits", "width", "refuted"),
    ("digits", "depth", "refuted"),
    by=["by"],
)
def test_growth_step_by_step_beats_the_final_size_at_equal_flops(experiment, data, by, expected):
    """Shows: for as many floating-point operations, growing is not better by 0.005 than the final size throughout.

    Does not show: what growth saves where training takes weeks. Here it saves one or two epochs of ten.
    """
    epochs = epochs_on(data)
    evidence = experiment.compare(
        step_by_step(by, epochs),
        against=throughout(GROWTH[by][0][-1], epochs),
        on=data,
        claim=beats("accuracy", by=0.005),
        equal="flops",
        **FIVE_REPEATS,
    )
    assert evidence.verdict == expected, evidence


NET2NET = {
    ("covertype", "wider"): (of_widths(32), of_widths(64), net2wider, random_pad),
    ("covertype", "deeper"): (of_widths(64), of_widths(64, 64), net2deeper, None),
    ("digits", "wider"): (cnn, functools.partial(cnn, channels=32, units=128), net2wider, random_pad),
    ("digits", "deeper"): (cnn, functools.partial(cnn, deeper=True), net2deeper, None),
}
"""Teacher, student, and two rules by which the student starts. Those of digits are the ones of Keras' old example."""


@on(
    ("covertype", "wider", "supported"),
    ("covertype", "deeper", "supported"),
    ("digits", "wider", "supported"),
    ("digits", "deeper", "supported"),
    by=["student"],
)
def test_net2net_beats_random_weights_after_a_short_training(experiment, data, student, expected):
    """Shows: after a tenth of the training, a network that starts with its teacher's outputs has the lower test loss.

    Does not show: that it is better in the end. The other student has its teacher's weights, too, among random ones.
    """
    teacher, larger, preserved, random = NET2NET[data.name, student]
    epochs = epochs_on(data) // 10
    arms = [grow([teacher, larger], start, [5 * epochs, epochs]) for start in (preserved, random)]
    evidence = experiment.compare(arms[0], against=arms[1], on=data, claim=beats("loss"), **FIVE_REPEATS)
    assert evidence.verdict == expected, evidence


def pretrained(kind, epochs):
    """Return an arm that trains three layers one by one for two tenths of its epochs each, and then all of them."""
    step = epochs // 5
    prefixes = [LAYERS[:count] for count in (1, 2, 3)]
    if kind == "autoencoder":
        builds = [functools.partial(autoencoder, widths=widths) for widths in prefixes]
    else:
        builds = [of_widths(*widths, frozen=len(widths) - 1) for widths in prefixes]
    fit = {"objective": reconstruct} if kind == "autoencoder" else {}
    start = None if kind == "autoencoder" else with_new_outputs
    parts = [Stage(builds[0], epochs=step, **fit)]
    parts += [Stage(after, inherits=before, start=start, epochs=step, **fit) for before, after in pairwise(builds)]
    return arm(*parts, Stage(of_widths(*LAYERS), inherits=builds[-1], epochs=epochs - 3 * step))


@on(
    ("covertype", "supervised", "refuted"),
    ("covertype", "autoencoder", "refuted"),
    ("digits", "supervised", "refuted"),
    ("digits", "autoencoder", "refuted"),
    by=["kind"],
)
def test_pretraining_layer_by_layer_beats_training_all_throughout(experiment, data, kind, expected):
    """Shows: with as many epochs in all, training layers one by one first does not help a network of three.

    Does not show: that it never did: networks were deeper, with units that saturate, and rows without labels many.
    """
    epochs = epochs_on(data)
    evidence = experiment.compare(
        pretrained(kind, epochs),
        against=throughout(of_widths(*LAYERS), epochs),
        on=data,
        claim=beats("accuracy", by=0.005),
        **FIVE_REPEATS,
    )
    assert evidence.verdict == expected, evidence


@on(("covertype", "refuted"), ("digits", "refuted"))
def test_gradmax_beats_random_units(experiment, data, expected):
    """Shows: units that begin with the largest gradient do not make a network better by 0.005 than random ones do.

    Does not show: that the gradient is not larger: after each growth it is, which a test of the rule shows.
    """
    epochs = epochs_on(data) // 5
    each = [epochs, epochs, 3 * epochs]
    evidence = experiment.compare(
        grow(BY_UNITS, gradmax, each),
        against=grow(BY_UNITS, random_units, each),
        on=data,
        claim=beats("accuracy", by=0.005),
        **FIVE_REPEATS,
    )
    assert evidence.verdict == expected, evidence


@on(("digits", "refuted"))
def test_a_cascade_with_frozen_units_matches_one_whose_units_are_trained_on(experiment, data, expected):
    """Shows: units that are frozen once they are installed cost accuracy: trained on with the outputs, they do better.

    Does not show: what a cascade of many units can do. This one has three, each chosen from eight.
    """
    frozen, trained = (arm(*stages(3, last=last, epochs=20)) for last in (None, {"frozen": False}))
    evidence = experiment.compare(
        frozen, against=trained, on=data, claim=matches("accuracy", within=0.02), **FIVE_REPEATS
    )
    assert evidence.verdict == expected, evidence
