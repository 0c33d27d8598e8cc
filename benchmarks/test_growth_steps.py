"""Does a network that grows while it is trained do as well as one that has its final size throughout?

Networks of dense layers grow by width or by depth, in a few steps, and start each step with the outputs of the smaller
network (Net2Net, Chen et al. 2016) or with some random weights. Layers may be trained one by one first (Bengio et al.
2006). Adam, cross-entropy, batches of 128, min-max scaling; 10 epochs in all on Covertype and 40 on digits.

These hypotheses were run while they were written, before they were registered in ledger.jsonl.
"""

from __future__ import annotations

import functools
from itertools import pairwise

from benchmarks.cases import FIVE_REPEATS, on
from benchmarks.growth.arms import arm, epochs_on, grow, of_widths, throughout
from benchmarks.growth.models import autoencoder, cnn, reconstruct
from benchmarks.growth.net2net import net2deeper, net2wider, random_pad, silent_pad
from benchmarks.growth.warm import with_new_outputs
from negres_core import Stage, beats, matches

BY_WIDTH = [of_widths(width) for width in (16, 32, 48, 64)]
BY_DEPTH = [of_widths(*[64] * depth) for depth in (1, 2, 3)]
LAYERS = (96, 72, 48)
"""No two of their kernels have one shape, nor has one that of a decoder, which could be taken for the other."""
GROWTH = {"width": (BY_WIDTH, net2wider), "units": (BY_WIDTH, silent_pad), "depth": (BY_DEPTH, net2deeper)}
"""Networks, and the rule by which each starts from the one before: copies of units, new units, or new layers."""


def step_by_step(by, epochs):
    """Return an arm that grows after each tenth of its epochs until it has its final size."""
    builds, start = GROWTH[by]
    step = epochs // 10
    steps = [step] * (len(builds) - 1)
    return grow(builds, start, [*steps, epochs - sum(steps)])


# By width on digits, 25 cells do not decide it: -0.019, 95% interval -0.030 to -0.008.
@on(("covertype", "width", "refuted"), ("digits", "depth", "supported"), by=["by"])
def test_growth_step_by_step_matches_the_final_size(experiment, data, by, expected):
    """Shows: growing by layers that begin as identities costs no accuracy; by copies of units it costs over 0.01.

    Does not show: that growing in width must cost accuracy: copies stay alike for a long time, and new units do better;
    see below.
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


@on(("covertype", "supported"))
def test_growth_by_new_units_beats_the_final_size(experiment, data, expected):
    """Shows: with the same epochs, growing by units with outgoing weights of zero is better by more than 0.005.

    Does not show: why. Each step also restarts the optimizer, which does not happen in the other arm.
    """
    epochs = epochs_on(data)
    evidence = experiment.compare(
        step_by_step("units", epochs),
        against=throughout(BY_WIDTH[-1], epochs),
        on=data,
        claim=beats("accuracy", by=0.005),
        **FIVE_REPEATS,
    )
    assert evidence.verdict == expected, evidence


# By depth on digits, no number of cells can decide a margin so small: +0.001, 95% interval -0.009 to +0.022.
@on(("digits", "width", "refuted"), by=["by"])
def test_growth_step_by_step_beats_the_final_size_at_equal_flops(experiment, data, by, expected):
    """Shows: at equal operations, growing by copies of units is not better by 0.005 than the final size throughout.

    Does not show: what growth saves if training takes weeks. Here it saves one or two epochs out of ten.
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


# On digits, 25 cells do not tell the sign for a wider student: +0.002 loss, 95% interval -0.006 to +0.009.
@on(
    ("covertype", "wider", "refuted"),
    ("covertype", "deeper", "refuted"),
    ("digits", "deeper", "supported"),
    by=["student"],
)
def test_net2net_beats_random_weights_after_a_short_training(experiment, data, student, expected):
    """Shows: starting from the teacher's outputs helps after 48 steps (digits), but no longer after 3,632 (Covertype).

    Does not show: that it is worse in the end. The other student also has its teacher's weights, among random ones.
    """
    # Data that only have the shape of Covertype are named after it.
    teacher, larger, preserved, random = NET2NET[data.name.removesuffix("-shaped"), student]
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


@on(("digits", "supervised", "refuted"), ("digits", "autoencoder", "refuted"), by=["kind"])
def test_pretraining_layer_by_layer_beats_training_all_throughout(experiment, data, kind, expected):
    """Shows: with the same total epochs, training layers one by one first does not make three layers better.

    Does not show: that this never helped: networks used to be deeper, with units that saturate, and with many rows
    without labels.
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
