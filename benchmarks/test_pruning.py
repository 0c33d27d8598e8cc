"""Does a network that is pruned to its size, or grows to it, do better than one that has that size throughout?

All arms have 10 epochs on Covertype and 40 on digits in all, and end with as many weights. Adam, cross-entropy, batches
of 128, min-max scaling.

These hypotheses were run while they were written, before they were registered in ledger.jsonl.
"""

from __future__ import annotations

from benchmarks.cases import FIVE_REPEATS, on
from benchmarks.growth.arms import epochs_on, grow, of_widths, throughout
from benchmarks.growth.models import sparse_mlp
from benchmarks.growth.net2net import net2wider
from benchmarks.growth.pruning import keep_largest_units, prune, prune_and_start_anew
from negres_core import beats

SMALL, FINAL, LARGE = of_widths(16), of_widths(64), of_widths(256)


def grown(epochs):
    """Return an arm that has a quarter of the final units for half of its epochs."""
    return grow([SMALL, FINAL], net2wider, [epochs // 2, epochs // 2])


def pruned(epochs):
    """Return an arm that has four times the final units for half of its epochs."""
    return grow([LARGE, FINAL], keep_largest_units, [epochs // 2, epochs // 2])


def fixed(epochs):
    """Return an arm that has the final units throughout."""
    return throughout(FINAL, epochs)


# Pruned against fixed on digits: no number of cells can decide so small a margin: +0.002, interval -0.004 to +0.009.
@on(
    ("covertype", grown, fixed, "refuted"),
    ("digits", grown, fixed, "refuted"),
    ("digits", pruned, grown, "supported"),
    by=["way", "other"],
)
def test_a_way_to_the_final_size_beats_another(experiment, data, way, other, expected):
    """Shows: growing to a size by copies of units is not better than having that size from the start.

    Does not show: the cost: a network that is pruned to its size is four times as large for half of its training.
    """
    epochs = epochs_on(data)
    evidence = experiment.compare(
        way(epochs), against=other(epochs), on=data, claim=beats("accuracy", by=0.005), **FIVE_REPEATS
    )
    assert evidence.verdict == expected, evidence


@on(("digits", 1, "supported"), ("digits", 2, "supported"), by=["times"])
def test_pruned_weights_beat_new_ones_of_the_same_sparse_shape(experiment, data, times, expected):
    """Shows: in a network pruned by nine tenths, the values of the remaining weights matter, not only its sparse shape.

    Does not show: that no amount of training makes up for it. New weights are trained for as many epochs as pruned ones
    after pruning (1 times), or for as many as these have in total (2 times). Liu et al. trained convolutional networks
    longer.
    """
    epochs = epochs_on(data) // 2
    starts = {prune: [epochs, epochs], prune_and_start_anew: [epochs, times * epochs]}
    arms = [grow([sparse_mlp, sparse_mlp], start, each) for start, each in starts.items()]
    evidence = experiment.compare(arms[0], against=arms[1], on=data, claim=beats("accuracy", by=0.005), **FIVE_REPEATS)
    assert evidence.verdict == expected, evidence
