from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core import Metric, Tuned
from negres_core.controls.unequal_tuning import check


def make(rate): ...


def tuned(trials=4, **options):
    return Tuned(make, space={"rate": [1, 2, 3, 4]}, trials=trials, **options)


def with_tuning(run, *tunings):
    return replace(run, arms=[replace(arm, tuned=each) for arm, each in zip(run.arms, tunings, strict=False)])


def test_arms_that_are_not_tuned_and_single_arms_have_no_finding(new_run):
    run = new_run()

    assert check(run) is None
    assert check(with_tuning(run, tuned())) is None


def test_arms_with_equal_trials_pass(new_run):
    finding = check(with_tuning(new_run(), tuned(), tuned()))

    assert finding.passed
    assert finding.found.count("4 trials in each cell, random sampler, on the metric of the claim") == 2


OWN = Metric("own", higher_is_better=True, unit="own")


@pytest.mark.parametrize(
    ("control", "said"),
    [
        (None, "control arm: not tuned"),
        (tuned(3), "control arm: 3 trials"),
        (tuned(sampler="tpe"), "tpe sampler"),
        (tuned(on="log_loss"), "on log_loss"),
        (tuned(on=OWN), "on own"),
    ],
)
def test_arms_that_were_tuned_otherwise_fail(new_run, control, said):
    for tunings in ((tuned(), control), (control, tuned())):
        finding = check(with_tuning(new_run(), *tunings))
        assert not finding.passed
        assert finding.control == "unequal tuning"
        assert said.replace("control arm: ", "") in finding.found
