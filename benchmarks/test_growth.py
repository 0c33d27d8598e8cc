"""Does growing a network in front of a frozen, trained base beat training it from scratch?

The growth experiment of "#Fail: Artificial Intelligence is a Science" (Daniel Shapiro, Lemay.ai,
https://towardsdatascience.com/fail-artificial-intelligence-is-a-science-6e543b135193). Model 1 is a small classifier
with heavy dropout. Model 2 puts two new layers in front of model 1, which is trained, saved to HDF5, loaded again and
frozen. Model 3 has model 2's architecture, with everything trained from scratch. The article found no significant
difference between its models; a programming error had invalidated an earlier attempt. Adam, cross-entropy, 10 epochs
per stage, batches of 128, min-max scaling, 5 folds x 5 repeats.

These hypotheses were run while negres was built, before there was a ledger: their results were known when they were
registered in ledger.jsonl.
"""

from __future__ import annotations

import pytest

from benchmarks.growth.models import FIT, base, grown, min_max
from negres_core import Recipe, Stage, beats, matches

BASE = Recipe(Stage(base, **FIT), preprocess=min_max)
FROZEN_GROWTH = Recipe(Stage(base, **FIT), Stage(grown, inherits=base, freezes=base, **FIT), preprocess=min_max)
UNFROZEN_GROWTH = Recipe(Stage(base, **FIT), Stage(grown, inherits=base, **FIT), preprocess=min_max)
FROM_SCRATCH = Recipe(Stage(grown, **FIT), preprocess=min_max)


@pytest.mark.parametrize(("data", "expected"), [("covertype", "refuted"), ("digits", "refuted")], indirect=["data"])
def test_frozen_growth_beats_training_from_scratch(experiment, data, expected):
    """Shows: growing in front of a frozen base is not better by 0.005 than training everything from scratch.

    Does not show: that growth never pays. The base has heavy dropout and few units, and both arms have 10 epochs per
    stage. If a base exists already, growth saves time and computation, which this claim does not count.
    """
    evidence = experiment.compare(
        FROZEN_GROWTH, against=FROM_SCRATCH, on=data, claim=beats("accuracy", by=0.005), folds=5, repeats=5
    )
    assert evidence.verdict == expected, evidence


# On digits this design does not decide it: +0.049, 95% interval -0.027 to +0.125.
@pytest.mark.parametrize(("data", "expected"), [("covertype", "supported")], indirect=["data"])
def test_frozen_growth_beats_its_base(experiment, data, expected):
    """Shows: new layers in front of a frozen, trained network make it more accurate by more than 0.005.

    Does not show: that freezing is what helps. The grown network is larger and is trained longer than its base, and the
    same network trained from scratch is not worse by 0.005.
    """
    evidence = experiment.compare(
        FROZEN_GROWTH, against=BASE, on=data, claim=beats("accuracy", by=0.005), folds=5, repeats=5
    )
    assert evidence.verdict == expected, evidence


# Whether it *beats* training from scratch by 0.005 cannot be decided on Covertype: with a standard deviation of the
# differences of 0.0082, the smallest margin that 25 cells can decide is 0.0075, and no number of cells can decide less
# than 0.0066. The margin here was then set by that spread, not by the effect. On digits the spread is eight times as
# large, and nothing is decided.
@pytest.mark.parametrize(("data", "expected"), [("covertype", "supported")], indirect=["data"])
def test_unfrozen_growth_matches_training_from_scratch(experiment, data, expected):
    """Shows: with the base unfrozen, growing gives the same accuracy as training from scratch, within 0.01.

    Does not show: that growing saves anything, or that it costs nothing: it had the epochs of its base in addition. The
    margin follows from what the design can decide, so differences below 0.01 are not excluded.
    """
    evidence = experiment.compare(
        UNFROZEN_GROWTH, against=FROM_SCRATCH, on=data, claim=matches("accuracy", within=0.01), folds=5, repeats=5
    )
    assert evidence.verdict == expected, evidence
