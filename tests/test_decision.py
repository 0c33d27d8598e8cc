from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negres_core.claim import Claim, beats, matches, reaches
from negres_core.decision import decide, difference_of, recompute, record_arm, record_estimate, values_of
from negres_core.design import Design
from negres_core.errors import EvidenceError
from negres_core.evidence import Finding, Store
from negres_core.metrics import METRICS

DESIGN = Design(folds=5, repeats=2)
NOISE = np.array([[1, -2, 0, 2, -1], [2, 0, -1, -2, 1]]) / 1000


def finding(control="finite", *, passed):
    return Finding(control=control, passed=passed, found="2 of 6 moved", threshold="0 may", remedy="Look.")


def recorded(claim, *, higher_is_better=True):
    return dataclasses.asdict(claim) | {"higher_is_better": higher_is_better}


def test_seeds_are_averaged_inside_their_cell(new_replicate):
    design = Design(folds=3, repeats=2, seeds=2)
    replicates = [new_replicate(metrics={"accuracy": 10.0 * cell + seed}) for cell in range(6) for seed in (0, 1)]

    values = values_of(replicates, "accuracy", design)

    assert values.tolist() == [[0.5, 10.5, 20.5], [30.5, 40.5, 50.5]]


def test_a_null_is_not_a_number_again_and_spoils_its_cell_alone(new_replicate):
    design = Design(folds=2, repeats=1, seeds=2)
    replicates = [new_replicate(metrics={"loss": value}) for value in (1.0, math.nan, 2.0, 4.0)]

    values = values_of(replicates, "loss", design)

    assert np.isnan(values[0, 0])
    assert values[0, 1] == 3.0


@pytest.mark.parametrize(
    ("values", "claim", "higher_is_better", "expected"),
    [
        ([[[0.9, 0.8]], [[0.5, 0.6]]], beats("accuracy"), True, [[0.4, 0.2]]),
        ([[[0.9, 0.8]], [[0.5, 0.6]]], beats("loss"), False, [[-0.4, -0.2]]),
        ([[[0.9, 0.8]], [[0.5, 0.6]]], matches("accuracy", within=0.7), True, [[0.4, 0.2]]),
        ([[[0.9, 0.5]]], reaches("accuracy", bar=0.7), True, [[0.2, -0.2]]),
        ([[[0.9, 0.5]]], reaches("loss", bar=0.7), False, [[-0.2, 0.2]]),
    ],
)
def test_a_difference_is_positive_where_the_treatment_is_better(values, claim, higher_is_better, expected):
    differences = difference_of(values, recorded(claim, higher_is_better=higher_is_better))

    np.testing.assert_allclose(differences, expected)


@pytest.mark.parametrize(
    ("effect", "claim", "verdict", "found"),
    [
        (0.05, beats("accuracy", by=0.01), "supported", "meaningfully better"),
        (-0.05, beats("accuracy", by=0.01), "refuted", "worse"),
        (0.0, beats("accuracy", by=0.01), "refuted", "equivalent"),
        (0.0, matches("accuracy", within=0.01), "supported", "equivalent"),
        (0.05, reaches("accuracy", bar=0.7), "supported", "reached"),
        (-0.05, reaches("accuracy", bar=0.7), "refuted", "not reached"),
        (0.011, beats("accuracy", by=0.01), "supported", "better"),
    ],
)
def test_values_come_to_a_verdict(effect, claim, verdict, found):
    estimate, judged = decide(NOISE + effect, claim, DESIGN, [finding(passed=True)])

    assert (judged.verdict, judged.finding) == (verdict, found)
    assert estimate.effect == pytest.approx(effect, abs=1e-12)
    assert estimate.test_train_ratio == 0.25


def test_a_failed_control_voids_a_clear_effect_and_the_effect_is_still_shown():
    estimate, judged = decide(
        NOISE + 5, beats("accuracy"), DESIGN, [finding(passed=True), finding("frozen weights", passed=False)]
    )

    assert (judged.verdict, judged.finding) == ("invalid", "frozen weights")
    assert judged.explanation == "frozen weights: 2 of 6 moved"
    assert estimate.effect == pytest.approx(5)


def test_differences_without_variance_are_invalid():
    estimate, judged = decide(np.full((2, 5), 0.1), beats("accuracy"), DESIGN, [])

    assert estimate is None
    assert (judged.verdict, judged.finding) == ("invalid", "variance")
    assert "no variance" in judged.explanation


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_one_difference_that_is_not_finite_is_invalid(bad):
    differences = NOISE + 5
    differences[1, 3] = bad

    estimate, judged = decide(differences, beats("accuracy"), DESIGN, [])

    assert estimate is None
    assert (judged.verdict, judged.finding) == ("invalid", "finite")


def test_the_control_of_finiteness_speaks_for_itself():
    _, judged = decide(NOISE + math.nan, beats("accuracy"), DESIGN, [finding(passed=False)])

    assert judged.finding == "finite"
    assert judged.explanation == "finite: 2 of 6 moved"


def test_an_estimate_is_recorded_with_the_intervals_of_its_level():
    estimate, _ = decide(NOISE + 0.05, beats("accuracy"), DESIGN, [])

    made = record_estimate(estimate)

    assert made.interval_95 == estimate.interval(0.95)
    assert made.interval_90 == estimate.interval(0.9)
    assert (made.effect, made.cells, made.p_two_sided) == (estimate.effect, 10, estimate.p_two_sided)
    assert made.p_greater + made.probability_better == pytest.approx(1)


def test_an_arm_is_recorded_with_the_budget_of_all_its_stages(new_run):
    run = new_run()

    arm = record_arm(run.arms[0], METRICS["accuracy"], run, {"preprocess": "halved"})

    # Both stages take 2 epochs of 6 steps; the weights are those of the last.
    assert arm.budget == {"epochs": 4, "steps": 12, "trainable_weights": 8, "weights": 8}
    np.testing.assert_allclose(arm.values, [[0.9, 0.901], [0.902, 0.903]])
    spread = arm.metrics["accuracy"]
    assert (spread["min"], spread["max"], spread["mean"]) == pytest.approx((0.9, 0.903, 0.9015))
    assert spread["sd"] == pytest.approx(np.std([0, 0.001, 0.002, 0.003], ddof=1))
    assert set(arm.metrics) == {"accuracy", "loss"}
    assert [len(stage) for stage in arm.replicates] == [8, 8]
    assert arm.replicates[1][5] == run.arms[0].replicates[5].id


def test_an_arm_that_diverged_is_recorded_with_nulls(new_run):
    run = new_run()
    diverged = dataclasses.replace(
        run.arms[1], stages=[[each.updated(metrics={"accuracy": math.nan}) for each in run.arms[1].replicates]]
    )

    arm = record_arm(diverged, METRICS["accuracy"], run, {})

    assert arm.values == [[None, None], [None, None]]
    assert arm.metrics == {"accuracy": {"mean": None, "sd": None, "min": None, "max": None}}


@pytest.fixture
def finished(new_run, new_evidence, tmp_path):
    """A store with every replicate of a run, and the evidence of it with its verdict."""

    def make(claim, *, smoke=False, **scores):
        store, run = Store(tmp_path), new_run(**scores)
        for arm in run.arms:
            for stage in arm.stages:
                for replicate in stage:
                    store.record(replicate, b"a trained model")
        arms = run.arms[:1] if claim.kind == "reaches" else run.arms
        metric = METRICS[claim.metric]
        arms = [record_arm(arm, metric, run, {}) for arm in arms]
        said = recorded(claim, higher_is_better=metric.higher_is_better) | {"unit": metric.unit, "alpha": 0.05}
        differences = difference_of([arm.values for arm in arms], said)
        estimate, verdict = decide(differences, claim, run.design, [finding(passed=True)])
        return store, new_evidence(
            claim=said,
            design=dataclasses.asdict(run.design),
            arms=arms,
            differences=differences.tolist(),
            estimate=estimate and record_estimate(estimate),
            controls=[finding(passed=True)],
            smoke=smoke,
            **({"verdict": None, "finding": None, "explanation": None} if smoke else dataclasses.asdict(verdict)),
        )

    return make


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (reaches("accuracy", bar=0.8), "supported"),
        (reaches("accuracy", bar=0.95), "refuted"),
        (reaches("loss", bar=0.2), "supported"),
        (beats("accuracy", by=0.01), "invalid"),
    ],
)
def test_a_verdict_recomputes_from_the_records_alone(finished, claim, verdict):
    store, evidence = finished(claim)
    assert evidence.verdict == verdict

    again = recompute(evidence.updated(differences=[], estimate=None, verdict=None, finding=None), store)

    assert again.substance() == evidence.substance()


def test_a_verdict_that_was_changed_is_found_out(finished):
    store, evidence = finished(reaches("accuracy", bar=0.95))

    again = recompute(evidence.updated(verdict="supported"), store)

    assert again.verdict == "refuted"


def test_a_smoke_run_is_not_judged_when_recomputed_either(finished):
    store, evidence = finished(reaches("accuracy", bar=0.8), smoke=True)

    assert recompute(evidence, store).verdict is None


def test_recomputing_names_the_replicates_that_are_missing_or_damaged(finished):
    store, evidence = finished(reaches("accuracy", bar=0.8))
    gone, damaged = (store.find(evidence.arms[0].replicates[-1][number]) for number in (2, 5))
    store.model_path(gone).unlink()
    store.model_path(damaged).with_name(f"{damaged.id}.json").write_text("{")

    with pytest.raises(EvidenceError, match="missing or damaged") as caught:
        recompute(evidence, store)

    assert f"Received: {gone.id}, {damaged.id}\n" in str(caught.value)
    assert "Run the hypothesis again" in str(caught.value)


# Multiples of 1/1024, exact in binary as are their sums and differences, so that no rounding decides anything below.
grids = st.lists(st.integers(-200, 200), min_size=10, max_size=10).map(lambda cells: np.reshape(cells, (2, 5)) / 1024)
arms = st.tuples(grids, grids).filter(lambda pair: np.ptp(pair[0] - pair[1]) > 0)
kinds = st.sampled_from(["beats", "matches"])
margins = st.sampled_from([1, 5, 20, 80, 300]).map(lambda each: each / 1024)


def judged(treatment, control, claim, *, higher_is_better=True):
    differences = difference_of([treatment, control], recorded(claim, higher_is_better=higher_is_better))
    return decide(differences, claim, DESIGN, [])


@given(arms, margins)
def test_swapping_the_arms_of_a_match_swaps_better_and_worse_and_nothing_else(pair, margin):
    claim = matches("accuracy", within=margin)
    swapped = {"better": "worse", "worse": "better"}

    (one, verdict), (other, mirrored) = judged(*pair, claim), judged(*pair[::-1], claim)

    assert other == dataclasses.replace(one, effect=-one.effect)
    assert mirrored.verdict == verdict.verdict
    assert mirrored.finding == swapped.get(verdict.finding, verdict.finding)


@given(arms, st.just(0.0) | margins)
def test_no_two_arms_beat_each_other(pair, margin):
    claim = beats("accuracy", by=margin)

    (_, verdict), (_, mirrored) = judged(*pair, claim), judged(*pair[::-1], claim)

    if verdict.verdict == "supported" or verdict.finding == "equivalent":
        assert mirrored.verdict == "refuted"


@given(arms, margins, kinds)
def test_a_metric_that_is_better_lower_is_the_negative_of_one_that_is_better_higher(pair, margin, kind):
    claim = Claim(kind, "loss", margin)

    assert judged(*pair, claim, higher_is_better=False) == judged(*(-each for each in pair), claim)


@given(arms, margins, kinds, st.sampled_from([2.0**-7, 0.5, 4.0, 2.0**10]))
def test_the_unit_of_the_metric_does_not_matter(pair, margin, kind, unit):
    """Powers of 2 scale without rounding; only a finding that names the margin names another one."""
    claim, scaled = Claim(kind, "loss", margin), Claim(kind, "loss", margin * unit)

    (one, verdict), (other, same) = judged(*pair, claim), judged(*(each * unit for each in pair), scaled)

    assert (other.effect, other.standard_error, other.sd) == (
        one.effect * unit,
        one.standard_error * unit,
        one.sd * unit,
    )
    assert (other.statistic, other.interval(0.9)) == (one.statistic, tuple(end * unit for end in one.interval(0.9)))
    assert (same.verdict, same.finding.split(" by ")[0]) == (verdict.verdict, verdict.finding.split(" by ")[0])


@given(arms, margins, kinds, st.sampled_from([0.01, 100.0, 1000.0]))
def test_per_cent_decide_as_fractions_do(pair, margin, kind, unit):
    """These round: an estimate may differ in its last digits, and a verdict not at all."""
    claim, scaled = Claim(kind, "loss", margin), Claim(kind, "loss", margin * unit)

    (one, verdict), (other, same) = judged(*pair, claim), judged(*(each * unit for each in pair), scaled)

    assert other.statistic == pytest.approx(one.statistic, rel=1e-9, abs=1e-9)
    assert (same.verdict, same.finding.split(" by ")[0]) == (verdict.verdict, verdict.finding.split(" by ")[0])


@given(arms, margins, kinds, st.integers(-5000, 5000))
def test_what_both_arms_have_more_of_does_not_matter(pair, margin, kind, shift):
    claim = Claim(kind, "loss", margin)

    assert judged(*(each + shift for each in pair), claim) == judged(*pair, claim)


@given(grids.filter(lambda cells: np.ptp(cells) > 0), st.integers(-200, 200))
def test_a_bar_is_reached_from_above_as_it_is_from_below(values, bar):
    above, below = reaches("accuracy", bar=bar / 1024), reaches("accuracy", bar=-bar / 1024)
    swapped = {"reached": "not reached", "not reached": "reached"}

    _, one = decide(difference_of([values], recorded(above)), above, DESIGN, [])
    _, other = decide(difference_of([-values], recorded(below)), below, DESIGN, [])

    assert other.finding == swapped.get(one.finding, one.finding)
