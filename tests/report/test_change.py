from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from negres_core.report.change import change_of
from negres_core.statistics import corrected_resampled_t

NOW = "2026-01-01T00:00:00+00:00"


def none(ids):
    return dict.fromkeys(ids)


def refuse(ids):
    raise AssertionError("no replicate is needed")


def estimate_of(differences):
    found = corrected_resampled_t(np.array(differences), test_train_ratio=1.0)
    names = ("effect", "standard_error", "dof", "sd", "cell_count", "test_train_ratio", "statistic")
    names += ("p_greater", "p_less", "p_two_sided", "probability_better")
    intervals = {"interval_90": found.interval(0.9), "interval_95": found.interval(0.95)}
    return {name: getattr(found, name) for name in names} | intervals


@pytest.fixture
def run(new_evidence):
    """Make the evidence of a run with these differences of its cells; any field can be given."""

    def make(differences=((0.1, 0.2), (0.3, 0.1)), **fields):
        content = {"differences": [list(row) for row in differences], "estimate": estimate_of(differences)}
        return new_evidence(**content | fields)

    return make


def change(before, after, read=(none, none)):
    return change_of(before, after, read=read)


def test_the_change_is_judged_cell_by_cell(run):
    before = [[0.1, 0.2], [0.3, 0.1]]
    changes = [[0.01, 0.02], [0.03, 0.01]]
    after = np.add(before, changes).tolist()

    found = change(run(before), run(after))
    assert found.effect.paired
    assert found.effect.change == pytest.approx(0.0175)
    # Nadeau and Bengio's variance of the mean of four changes, whose test folds are as large as their training folds.
    error = np.std(changes, ddof=1) * math.sqrt(1 / 4 + 1)
    half = t.ppf(0.975, 3) * error
    assert found.effect.interval_95 == pytest.approx((0.0175 - half, 0.0175 + half))
    assert not found.effect.is_clear


def test_only_cells_that_both_runs_have_are_compared(run):
    short, long = [[0.1, 0.2]], [[0.11, 0.23], [0.9, 0.9]]
    assert change(run(short), run(long)).effect.change == pytest.approx(0.02)


def test_equal_cells_have_not_changed_at_all(run):
    found = change(run(), run())
    assert (found.effect.change, found.effect.interval_95, found.effect.is_clear) == (0.0, None, False)
    assert found.moved == ()
    assert not found.is_flip


def test_runs_of_other_designs_count_as_independent(run):
    other = {"design": {"folds": 2, "repeats": 2, "seeds": 3, "looks": True}}
    before, after = run([[0.1, 0.2], [0.3, 0.1]]), run([[0.5, 0.6], [0.7, 0.5]], **other)

    found = change(before, after)
    assert found.moved == ("design",)
    assert not found.effect.paired
    first, second = before.estimate, after.estimate
    error = math.hypot(first.standard_error, second.standard_error)
    dof = error**4 / (first.standard_error**4 / first.dof + second.standard_error**4 / second.dof)
    half = t.ppf(0.975, dof) * error
    assert found.effect.interval_95 == pytest.approx((0.4 - half, 0.4 + half))


def test_the_same_change_of_all_cells_has_the_interval_of_independent_runs(run):
    found = change(run([[0.1, 0.2], [0.3, 0.1]]), run([[0.2, 0.3], [0.4, 0.2]]))
    assert not found.effect.paired
    assert found.effect.change == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"data": {"name": "digits", "digest": "of other data"}}, "another data"),
        ({"claim": {"metric": "macro_f1", "unit": "macro F1"}}, "another metric"),
        ({"smoke": True}, "the second is a smoke run"),
        ({"status": "started", "verdict": None, "finding": None}, "the second run was interrupted"),
        ({"estimate": None}, "the second run has no estimate"),
    ],
)
def test_effects_on_other_scales_are_not_compared(run, fields, why):
    found = change(run(), run(**fields))
    assert found.incomparable == why
    assert found.effect is None


def test_another_verdict_is_a_flip_and_none_is_not(run):
    assert change(run(), run(verdict="supported", finding="better")).is_flip
    assert not change(run(), run(verdict=None, finding=None, status="started")).is_flip


def test_a_surprise_is_new_if_the_first_run_was_none(run):
    surprise = run(outcome="surprise")
    assert change(run(outcome="as expected"), surprise).is_new_surprise
    assert not change(surprise, surprise).is_new_surprise


def test_times_are_ratios_of_median_seconds(run, new_replicate):
    budget = {"epochs": 1, "steps": 1, "trainable_weights": 1, "weights": 1, "step_flops": 1}
    description = {"preprocess": None, "stages": []}
    arms = [
        {
            "role": role,
            "recipe": role,
            "description": description,
            "budget": budget,
            "metrics": {},
            "values": [],
            "replicates": [[f"{role} {number}" for number in range(3)]],
        }
        for role in ("treatment", "control")
    ]
    seconds = {"treatment 0": 1.0, "treatment 1": 2.0, "treatment 2": 9.0, "control 0": 4.0}

    def read(factor):
        def replicate(id):
            return new_replicate(cost={"train_s": factor * seconds[id]}) if id in seconds else None

        return lambda ids: {id: replicate(id) for id in ids}

    found = change(run(arms=arms), run(arms=arms), (read(1), read(1.5)))
    assert found.times == {"treatment": 1.5, "control": 1.5}
    assert change(run(arms=arms), run(arms=arms), (none, read(1))).times == {}

    # Evidence that names the seconds needs no replicate.
    known = run(arms=arms).updated(timings={"started_at": NOW, "train_s": {"treatment": 4.0, "control": None}})
    assert change(known, run(arms=arms), (refuse, read(1))).times == {"treatment": 0.5}
    assert change(known, known, (refuse, refuse)).times == {"treatment": 1.0}
