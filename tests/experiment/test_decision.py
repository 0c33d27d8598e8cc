"""Decisions from differences, without training: verdicts, looks, failed controls, and records of arms."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negres_core.claim import beats, matches, reaches
from negres_core.design import KFolds
from negres_core.evidence import ClaimRecord, DataRecord, EstimateRecord, Finding, RecipeDescription
from negres_core.experiment.decision import decide, difference_of, record_arm, values_of
from negres_core.metrics import METRICS, Metric
from negres_core.statistics import Look, corrected_resampled_t
from tests.fakes import DESCRIPTION

DESIGN = KFolds(folds=5, repeats=2, looks=False)
NOISE = np.array([[1, -2, 0, 2, -1], [2, 0, -1, -2, 1]]) / 1000


def new_finding(control="finite", *, passed):
    return Finding(control=control, passed=passed, found="2 of 6 moved", threshold="expected 0", remedy="Check it.")


def record_of(claim, *, higher_is_better=True):
    metric = Metric(claim.metric, higher_is_better=higher_is_better, unit="unit")
    return ClaimRecord.of(claim, metric, alpha=0.05)


def test_seeds_are_averaged_within_their_cell(new_replicate):
    design = KFolds(folds=3, repeats=2, seeds=2)
    replicates = [new_replicate(metrics={"accuracy": 10.0 * cell + seed}) for cell in range(6) for seed in (0, 1)]

    values = values_of(replicates, "accuracy", design)

    assert values.tolist() == [[0.5, 10.5, 20.5], [30.5, 40.5, 50.5]]


def test_a_null_becomes_nan_and_affects_only_its_own_cell(new_replicate):
    design = KFolds(folds=2, repeats=1, seeds=2)
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
def test_a_difference_is_positive_if_the_treatment_is_better(values, claim, higher_is_better, expected):
    differences = difference_of(values, record_of(claim, higher_is_better=higher_is_better))

    np.testing.assert_allclose(differences, expected)


@pytest.mark.parametrize(
    ("effect", "claim", "verdict", "finding"),
    [
        (0.05, beats("accuracy", by=0.01), "supported", "meaningfully better"),
        (-0.05, beats("accuracy", by=0.01), "refuted", "worse"),
        (0.0, beats("accuracy", by=0.01), "refuted", "equivalent"),
        (0.0, matches("accuracy", within=0.01), "supported", "equivalent"),
        (0.05, reaches("accuracy", bar=0.7), "supported", "reached"),
        (-0.05, reaches("accuracy", bar=0.7), "refuted", "not reached"),
        (0.0115, beats("accuracy", by=0.01), "inconclusive", "better than 0; margin 0.01 undecided: needs 4 repeats"),
    ],
)
def test_differences_lead_to_a_verdict(effect, claim, verdict, finding):
    decision = decide(NOISE + effect, claim, DESIGN, [new_finding(passed=True)])

    assert (decision.verdict.verdict, decision.verdict.finding) == (verdict, finding)
    assert decision.estimate.effect == pytest.approx(effect, abs=1e-12)
    assert decision.estimate.test_train_ratio == 0.25


def test_a_failed_control_makes_a_clear_effect_invalid_and_the_effect_is_still_recorded():
    findings = [new_finding(passed=True), new_finding("frozen weights", passed=False)]

    decision = decide(NOISE + 5, beats("accuracy"), DESIGN, findings)

    assert (decision.verdict.verdict, decision.verdict.finding) == ("invalid", "frozen weights")
    assert decision.verdict.explanation == "frozen weights: 2 of 6 moved"
    assert decision.verdict.p_value is None
    assert decision.estimate.effect == pytest.approx(5)
    assert [look.verdict for look in decision.looks] == ["supported"]


def test_differences_without_variance_are_invalid():
    decision = decide(np.full((2, 5), 0.1), beats("accuracy"), DESIGN)

    assert (decision.estimate, decision.looks) == (None, [])
    assert (decision.verdict.verdict, decision.verdict.finding) == ("invalid", "variance")
    assert "no variance" in decision.verdict.explanation
    # Later repeats may vary.
    assert not decision.final


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_one_difference_that_is_not_finite_makes_the_run_invalid_for_good(value):
    differences = NOISE + 5
    differences[1, 3] = value

    decision = decide(differences, beats("accuracy"), DESIGN)

    assert (decision.estimate, decision.looks) == (None, [])
    assert (decision.verdict.verdict, decision.verdict.finding, decision.final) == ("invalid", "finite", True)


def test_the_finding_of_the_control_of_finiteness_is_used_if_there_is_one():
    verdict = decide(NOISE + math.nan, beats("accuracy"), DESIGN, [new_finding(passed=False)]).verdict

    assert verdict.finding == "finite"
    assert verdict.explanation == "finite: 2 of 6 moved"


FIVE_LOOKS = KFolds(folds=5, repeats=5)
NOISES = np.array([[1, -2, 0, 2, -1], [2, 0, -1, -2, 1], [0, 1, -2, -1, 2], [-1, 2, 1, 0, -2], [-2, -1, 2, 1, 0]])
NOISES = NOISES * [[1.0], [0.9], [1.1], [0.8], [1.2]]  # repeats with the same differences would be copies


@pytest.mark.parametrize(
    ("effect", "looks", "verdict"),  # the effect is in units of the noise
    [
        (0.7, 5, "inconclusive"),
        (1.5, 5, "supported"),
        (2.0, 4, "supported"),
        (-2.8, 3, "refuted"),
        (4.0, 2, "supported"),
        (-12.0, 1, "refuted"),
    ],
)
def test_the_run_ends_at_the_first_look_that_decides(effect, looks, verdict):
    """By hand: the one-sided corrected t-test of the first repeats, at the levels of the looks."""
    differences = NOISES + effect
    decides = []
    for repeats in range(1, 6):
        cells = differences[:repeats].ravel()
        t = cells.mean() / (cells.std(ddof=1) * math.sqrt(1 / len(cells) + 0.25))
        decides.append(scipy.stats.t.sf(abs(t), len(cells) - 1) < Look(folds=5, repeat=repeats, repeats=5).level(0.05))
    assert decides[:looks] == [False] * (looks - 1) + [verdict != "inconclusive"]

    decision = decide(differences, beats("accuracy"), FIVE_LOOKS)

    assert [look.repeats for look in decision.looks] == list(range(1, looks + 1))
    assert [look.verdict for look in decision.looks] == ["inconclusive"] * (looks - 1) + [verdict]
    assert (decision.verdict.verdict, decision.final) == (verdict, decides[looks - 1])
    assert decision.estimate.cell_count == 5 * looks
    for look in decision.looks:
        assert look.effect == pytest.approx(differences[: look.repeats].mean())


@pytest.mark.parametrize("claim", [beats("accuracy", by=0.5), matches("accuracy", within=1.0), reaches("psnr", bar=1)])
@given(cells=st.lists(st.integers(-300, 300), min_size=25, max_size=25), effect=st.floats(-3, 3))
@settings(deadline=None)  # the first example computes the levels
def test_repeats_after_the_deciding_look_change_nothing(claim, cells, effect):
    differences = np.array(cells).reshape(5, 5) / 100 + effect
    assume(np.ptp(differences) > 0)
    decision = decide(differences, claim, FIVE_LOOKS)
    assume(decision.looks)

    stopped = decision.looks[-1].repeats

    if stopped < 5:
        assert decision.final
        assert decide(differences[:stopped], claim, FIVE_LOOKS) == decision
        others = np.vstack([differences[:stopped], -differences[stopped:]])
        assert decide(others, claim, FIVE_LOOKS) == decision
    for repeats in range(1, stopped):
        # Equivalence may turn out to be out of reach long before the last look.
        assert not decide(differences[:repeats], claim, FIVE_LOOKS).final or claim.kind == "matches"
    assert (decision.verdict.p_value is not None) == (decision.verdict.verdict != "inconclusive")
    assert decision.final >= (decision.verdict.verdict != "inconclusive")
    assert decision.verdict.p_value is None or decision.verdict.p_value < 0.05


def test_a_look_is_final_if_equivalence_is_out_of_reach():
    noisy, quiet = (decide(NOISES[:2] * spread, matches("accuracy", within=0.5), FIVE_LOOKS) for spread in (1, 1 / 3))

    assert (noisy.verdict.verdict, noisy.verdict.finding, noisy.final) == (
        "inconclusive",
        "margin too small for this data set",
        True,
    )
    assert (quiet.verdict.verdict, quiet.final) == ("inconclusive", False)
    # An effect may always turn out to be large enough to decide.
    assert not decide(NOISES[:2], beats("accuracy", by=0.5), FIVE_LOOKS).final


def test_intervals_at_a_look_are_wider_than_ordinary_ones():
    decision = decide(NOISES + 0.7, beats("accuracy"), FIVE_LOOKS)

    assert len(decision.looks) == 5
    for look in decision.looks:
        ordinary = corrected_resampled_t((NOISES + 0.7)[: look.repeats], test_train_ratio=0.25)
        level = Look(folds=5, repeat=look.repeats, repeats=5).level(0.025)
        low, high = look.interval_95
        assert low < ordinary.interval(0.95)[0] < ordinary.interval(0.95)[1] < high
        # Each tail outside the two-sided interval has the level of its look.
        assert scipy.stats.t.sf((high - look.effect) / ordinary.standard_error, ordinary.dof) == pytest.approx(level)
    assert decision.estimate.interval_95 == decision.looks[-1].interval_95


def test_a_design_without_looks_has_one_look_at_the_end_with_ordinary_intervals():
    decision = decide(NOISES + 2.5, beats("accuracy"), dataclasses.replace(FIVE_LOOKS, looks=False))

    ordinary = corrected_resampled_t(NOISES + 2.5, test_train_ratio=0.25)
    assert [(look.repeats, look.information) for look in decision.looks] == [(5, 1.0)]
    assert decision.estimate.interval_95 == pytest.approx(ordinary.interval(0.95))
    assert decision.estimate.interval_90 == pytest.approx(ordinary.interval(0.9))
    assert decision.verdict.p_value == pytest.approx(ordinary.p_greater)


def test_equal_cells_at_the_first_look_do_no_harm_if_later_ones_vary():
    differences = np.vstack([np.full((1, 5), 2.5), NOISES[1:] + 2.5])

    decision = decide(differences, beats("accuracy"), FIVE_LOOKS)

    assert (decision.verdict.verdict, [look.repeats for look in decision.looks]) == ("supported", [2])
    assert not decide(differences[:1], beats("accuracy"), FIVE_LOOKS).final


def test_a_failed_control_is_not_final_because_it_may_pass_with_more_cells():
    assert decide(NOISES + 5, beats("accuracy"), FIVE_LOOKS).final
    assert not decide(NOISES + 5, beats("accuracy"), FIVE_LOOKS, [new_finding("majority class", passed=False)]).final


@pytest.mark.parametrize(
    ("effect", "withholds", "verdict", "final"),
    [
        (0.5, ["supported"], "inconclusive", False),
        (-0.5, ["supported"], "refuted", True),
        (-0.5, ["supported", "refuted"], "inconclusive", False),
        (0.5, [], "supported", True),
    ],
)
def test_a_control_can_withhold_verdicts_of_arms_that_are_not_shown_to_have_learned(effect, withholds, verdict, final):
    findings = [new_finding(passed=True).updated(withholds=withholds)]

    decision = decide(NOISE + effect, beats("accuracy"), DESIGN, findings)

    assert (decision.verdict.verdict, decision.final) == (verdict, final)
    assert (decision.verdict.finding == "not shown to have learned") == (verdict == "inconclusive")
    assert decision.looks[-1].verdict == ("supported" if effect > 0 else "refuted")
    if verdict == "inconclusive":
        assert decision.verdict.explanation == "finite: 2 of 6 moved; expected 0"


def test_an_undecided_claim_keeps_what_would_decide_it_if_it_could_still_be_refuted():
    def undecided(withholds):
        findings = [new_finding(passed=True).updated(withholds=withholds)]
        return decide(NOISE, beats("accuracy", by=0.001), DESIGN, findings).verdict.finding

    assert undecided(["supported"]) == undecided([]) != "not shown to have learned"
    assert undecided(["supported", "refuted"]) == "not shown to have learned"


def test_a_failed_control_is_stronger_than_one_that_withholds():
    findings = [new_finding(passed=True).updated(withholds=["supported"]), new_finding("budget", passed=False)]

    assert decide(NOISE + 1, beats("accuracy"), DESIGN, findings).verdict.verdict == "invalid"


def test_alpha_is_the_level_of_all_looks_together():
    """p = 0.0002 at the first look suffices at alpha 0.05, where the level is 0.0003, but not at 0.01."""
    differences = NOISES[:1] + 12.0

    usual, strict = (decide(differences, beats("accuracy", by=0.5), FIVE_LOOKS, alpha=alpha) for alpha in (0.05, 0.01))

    assert (usual.verdict.verdict, strict.verdict.verdict) == ("supported", "inconclusive")


def test_an_estimate_is_recorded_with_the_intervals_of_its_level():
    estimate = corrected_resampled_t(NOISE + 0.05, test_train_ratio=0.25)

    record = EstimateRecord.of(estimate, alpha=0.05)

    # Ten cells get (9/19)^2 of the level.
    assert record.interval_95 == pytest.approx(estimate.interval(1 - 0.05 * (9 / 19) ** 2))
    assert record.interval_90 == pytest.approx(estimate.interval(1 - 0.1 * (9 / 19) ** 2))
    assert (record.effect, record.cell_count, record.p_two_sided) == (estimate.effect, 10, estimate.p_two_sided)
    assert record.p_greater + record.probability_better == pytest.approx(1)


def test_an_arm_is_recorded_with_the_budget_of_all_its_stages(new_run):
    run = dataclasses.replace(new_run(), metric=METRICS["accuracy"])

    arm = record_arm(run.arms[0], run, RecipeDescription(**DESCRIPTION))

    # Both stages have 2 epochs and 6 steps; the weights are those of the last stage.
    assert (arm.budget.epochs, arm.budget.steps, arm.budget.trainable_weights, arm.budget.weights) == (4, 12, 8, 8)
    np.testing.assert_allclose(arm.values, [[0.9, 0.901], [0.902, 0.903]])
    spread = arm.metrics["accuracy"]
    assert (spread.min, spread.max, spread.mean) == pytest.approx((0.9, 0.903, 0.9015))
    assert spread.sd == pytest.approx(np.std([0, 0.001, 0.002, 0.003], ddof=1))
    assert set(arm.metrics) == {"accuracy", "loss"}
    assert [len(stage) for stage in arm.replicates] == [8, 8]
    assert arm.replicates[1][5] == run.arms[0].replicates[5].id


def test_an_arm_that_diverged_is_recorded_with_nulls(new_run):
    run = dataclasses.replace(new_run(), metric=METRICS["accuracy"])
    diverged = dataclasses.replace(
        run.arms[1], stages=[[each.updated(metrics={"accuracy": math.nan}) for each in run.arms[1].replicates]]
    )

    arm = record_arm(diverged, run, RecipeDescription(**DESCRIPTION))

    assert arm.values == [[None, None], [None, None]]
    assert {name: set(spread.model_dump().values()) for name, spread in arm.metrics.items()} == {"accuracy": {None}}


@pytest.mark.parametrize("looks", [True, False])
def test_repeats_with_the_differences_of_the_first_are_copies_and_count_once(looks):
    """Folds of whole groups, one group each, are the same in every repeat; so are the differences, in another order."""
    first = np.array([0.3, -0.1, 1.1, 0.6, 2.0])
    copies = np.array([np.random.default_rng(seed).permutation(first) for seed in range(5)])
    design, once = KFolds(folds=5, repeats=5, looks=looks), KFolds(folds=5, repeats=1)

    for effect in (0.0, 3.0, -3.0):
        decision = decide(copies + effect, beats("mse"), design)
        alone = decide(copies[:1] + effect, beats("mse"), once)
        assert decision.verdict == alone.verdict
        assert decision.estimate == alone.estimate
    # One difference that is not the same, and they are repeats.
    assert decide(copies + np.eye(5), beats("mse"), design).estimate.cell_count == 25


def test_shares_of_few_rows_that_agree_by_chance_are_not_copies():
    cells = np.array([[0.0, 0.0, 0.05, 0.0, 0.0]] * 5)

    assert decide(cells, beats("accuracy"), FIVE_LOOKS, data=data_of(rows=100)).estimate.cell_count == 25


def data_of(**fields):
    usual = {"name": "digits", "source": "", "digest": "d", "rows": 1000, "input_shape": [64], "outputs": 10}
    return DataRecord(**(usual | {"task": "classification"} | fields))


@pytest.mark.parametrize(
    ("claim", "groups", "dof"),
    [
        (beats("mse"), None, 24),
        (beats("mse"), 6, 5),
        (beats("mse"), 40, 24),
        (reaches("mse", bar=0), None, 4),
        (reaches("mse", bar=0), 4, 3),
        (reaches("mse", bar=0), 40, 4),
    ],
)
def test_few_groups_and_a_claim_about_one_arm_limit_the_degrees_of_freedom(claim, groups, dof):
    decision = decide(NOISES + 0.1, claim, FIVE_LOOKS, data=data_of(groups=groups))

    assert decision.estimate.dof == dof
    assert decision.estimate.as_estimate().most_dof == decision.estimate.most_dof
    # Without the data set, the claim alone limits them.
    assert decide(NOISES + 0.1, claim, FIVE_LOOKS).estimate.dof == (4 if claim.kind == "reaches" else 24)


def test_arms_that_agree_on_all_of_many_rows_match_and_on_few_rows_do_not():
    agree, claim = np.zeros((5, 5)), matches("accuracy", within=0.01)

    many, few = (decide(agree, claim, FIVE_LOOKS, data=data_of(rows=rows)).verdict for rows in (2000, 100))

    assert (many.verdict, many.finding) == ("supported", "equivalent")
    assert few.verdict == "inconclusive"


def test_an_arm_that_is_right_everywhere_reaches_a_bar_below_1():
    claim = reaches("accuracy", bar=0.9)
    right = difference_of([np.ones((5, 5))], record_of(claim))

    many, few = (decide(right, claim, FIVE_LOOKS, data=data_of(rows=rows)).verdict.verdict for rows in (300, 20))

    assert (many, few) == ("supported", "inconclusive")


def test_equal_values_that_do_not_count_rows_are_still_invalid():
    assert decide(np.zeros((5, 5)), matches("mse", within=1), FIVE_LOOKS, data=data_of()).verdict.finding == "variance"
