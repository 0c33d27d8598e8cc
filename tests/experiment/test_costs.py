"""What replicates cost, by hand: stages before count, and a run that never reaches the target counts at the budget."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.claim import beats, to_reach
from negres_core.design import KFolds
from negres_core.evidence import ClaimRecord, CostRecord
from negres_core.experiment.costs import claimed_costs, costs_of, restriction_of
from negres_core.metrics import METRICS, metric_of

DESIGN = KFolds(folds=2, repeats=1)


@pytest.fixture
def new_arm(new_replicate):
    """Make an arm of two cells from its accuracies after each epoch; `before` is the budget of a stage before."""

    def make(*curves, steps=3, step_flops=10, epoch_s=0.5, before=None, train_s=9.0):
        def replicate(fold, curve, epochs):
            budget = {"epochs": epochs, "steps": steps * epochs, "step_flops": step_flops}
            return new_replicate(
                fold=fold,
                validation=curve,
                budget={"trainable_weights": 1, "weights": 1, **budget},
                cost={"train_s": train_s, "steady_epoch_s": epoch_s},
            )

        own = [replicate(fold, curve, len(curve)) for fold, curve in enumerate(curves)]
        parents = [replicate(fold, None, before) for fold in range(len(curves))] if before else None
        return [parents, own] if parents else [own]

    return make


def record(in_, target=0.9):
    return CostRecord.of(metric_of(beats(to_reach("accuracy", target, in_=in_)), task="classification"))


@pytest.mark.parametrize(
    ("in_", "expected"), [("epochs", [2, 3]), ("steps", [6, 9]), ("flops", [60, 90]), ("seconds", [1.0, 1.5])]
)
def test_the_first_epoch_at_the_target_or_better_counts_in_each_unit(new_arm, in_, expected):
    arm = new_arm([0.5, 0.9, 0.4, 0.95], [0.1, 0.2, 0.99, 1.0])
    (costs,) = costs_of([arm], record(in_), DESIGN)
    np.testing.assert_allclose(costs.values, [expected])
    assert costs.reached.all()
    assert costs.unreached.runs == 0


def test_stages_before_count(new_arm):
    arm = new_arm([0.5, 0.9], [0.9, 0.9], before=10)
    (costs,) = costs_of([arm], record("epochs"), DESIGN)
    np.testing.assert_array_equal(costs.values, [[12, 11]])


def test_a_run_that_never_reaches_the_target_counts_at_the_budget(new_arm):
    fast, slow = new_arm([0.9, 1, 1], [0.1, 0.9, 1]), new_arm([0.1, 0.2, 0.3], [0.1, 0.2, 0.9])
    costs = costs_of([fast, slow], record("epochs"), DESIGN)
    np.testing.assert_array_equal(costs[0].values, [[1, 2]])
    np.testing.assert_array_equal(costs[1].values, [[3, 3]])
    # One was there at the end of its budget, the other one never.
    np.testing.assert_array_equal(costs[1].reached[0, :, 0], [False, True])
    assert costs[1].unreached.model_dump() == {"runs": 1, "of": 2, "budget": 3.0}


def test_both_arms_count_at_the_smaller_budget(new_arm):
    # 3 epochs of 30 operations, and 2 of 40: neither has room for another epoch of the other.
    one = new_arm([0, 0, 0], [0, 0, 0.9], steps=3)
    other = new_arm([0, 0], [0.9, 0.9], steps=4)
    costs = costs_of([one, other], record("flops"), DESIGN)
    np.testing.assert_array_equal(costs[0].values, [[80, 80]])
    np.testing.assert_array_equal(costs[1].values, [[80, 40]])
    assert [each.unreached.runs for each in costs] == [2, 1]


def test_seeds_are_averaged_within_a_cell(new_replicate):
    def one(seed, curve):
        budget = {"epochs": 2, "steps": 6, "step_flops": 1, "trainable_weights": 1, "weights": 1}
        return new_replicate(seed=seed, validation=curve, budget=budget)

    stage = [one(0, [0.9, 0.9]), one(1, [0.1, 0.2])]
    (costs,) = costs_of([[stage * 2]], record("epochs"), KFolds(folds=2, repeats=1, seeds=2))
    np.testing.assert_array_equal(costs.values, [[1.5, 1.5]])
    assert costs.unreached.runs == 2


def test_of_a_metric_of_which_less_is_better_the_target_is_reached_from_above(new_arm):
    cost = CostRecord(counted_in="epochs", metric="loss", target=0.3, higher_is_better=False)
    (costs,) = costs_of([new_arm([0.5, 0.3, 0.4], [0.31, 0.3001, 0.2])], cost, DESIGN)
    np.testing.assert_array_equal(costs.values, [[2, 3]])


def test_the_whole_training_costs_its_budget_and_the_seconds_without_compilation(new_arm):
    arm = new_arm([0.1] * 4, [0.1] * 4, before=2, train_s=7.0)
    for counted_in, expected in {"epochs": 6, "steps": 18, "flops": 180, "seconds": 14.0}.items():
        (costs,) = costs_of([arm], CostRecord(counted_in=counted_in), DESIGN)
        np.testing.assert_allclose(costs.values, [[expected, expected]])
        assert costs.reached is None
        assert costs.unreached is None


def test_seconds_that_were_not_measured_are_not_a_number(new_arm):
    (costs,) = costs_of([new_arm([0.1], [0.9], epoch_s=None)], record("seconds"), DESIGN)
    assert np.isnan(costs.values).all()


def test_a_value_that_is_not_finite_does_not_reach_the_target(new_arm):
    (costs,) = costs_of([new_arm([None, 0.9], [float("nan"), 0.9])], record("epochs"), DESIGN)
    np.testing.assert_array_equal(costs.values, [[2, 2]])


def test_a_share_of_rows_is_at_its_target_whatever_its_last_bit():
    assert record("epochs", 0.9).reaches(np.float64(1) - 0.1 - 1e-16)
    assert not record("epochs", 0.9).reaches(0.8999)


def claim_record(claim):
    return ClaimRecord.of(claim, metric_of(claim, task="classification"), alpha=0.05)


def test_a_claim_about_predictions_has_no_costs(new_arm):
    assert claimed_costs([new_arm([0.1], [0.9])], claim_record(beats("accuracy")), DESIGN) is None
    assert restriction_of(None, ["treatment"], claim_record(beats("accuracy"))) is None


def test_the_sentence_says_how_many_runs_of_which_arm_did_not_reach_which_target(new_arm):
    claim = claim_record(beats(to_reach("accuracy", 0.9)))
    arms = [new_arm([0.9, 1, 1], [0.1, 0.9, 1]), new_arm([0.1, 0.2, 0.3], [0.1, 0.2, 0.9])]
    restriction = restriction_of(claimed_costs(arms, claim, DESIGN), ["treatment", "control"], claim)
    assert restriction.sentence == "1 of 2 control runs did not reach accuracy 0.9 and count at the budget of 3 epochs."
    assert restriction.reached.tolist() == [3]
    # Each arm's cost is known to one epoch: sqrt(1/12 + 1/12).
    assert restriction.least_sd == pytest.approx(np.sqrt(1 / 6))


def test_if_all_runs_reach_the_target_there_is_nothing_to_say(new_arm):
    claim = claim_record(beats(to_reach("accuracy", 0.9)))
    arms = [new_arm([0.9], [0.9]), new_arm([0.9], [0.9])]
    restriction = restriction_of(claimed_costs(arms, claim, DESIGN), ["treatment", "control"], claim)
    assert restriction.sentence == ""


def test_the_whole_training_restricts_nothing(new_arm):
    claim = claim_record(beats("seconds"))
    arms = [new_arm([0.9], [0.9])]
    restriction = restriction_of(claimed_costs(arms, claim, DESIGN), ["treatment"], claim)
    assert (restriction.least_sd, restriction.sentence, restriction.is_open(1)) == (0, "", False)


def test_a_metric_of_negres_has_no_cost_record():
    assert CostRecord.of(METRICS["accuracy"]) is None
