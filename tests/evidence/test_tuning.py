"""Records of tuned arms: identities, the best trial, and what a search took."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from negres_core.evidence import Evidence, RangeRecord, SearchBudget, SearchRecord, TrialRecord, TuningPlan, best_of
from tests.fakes import BUDGET

PLAN = {
    "make": "make",
    "source": "def make(rate): ...",
    "code": "c" * 64,
    "space": {"rate": {"kind": "float", "low": 0.001, "high": 0.1, "log": True}},
    "trials": 3,
    "sampler": "random",
    "metric": "accuracy",
    "higher_is_better": True,
}


def test_the_identity_of_a_search_does_not_depend_on_names_and_sources():
    plan = TuningPlan(**PLAN)

    assert plan.digest == plan.updated(make="other", source="").digest
    for field, other in {"code": "d" * 64, "trials": 4, "sampler": "tpe", "metric": "loss", "space": {}}.items():
        assert plan.digest != plan.updated(**{field: other}).digest, field


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", None])
def test_settings_keep_their_kind(value):
    trial = TrialRecord(settings={"rate": value}, score=0.5, replicates=["a"])

    read = TrialRecord.model_validate_json(trial.model_dump_json())

    assert repr(read.settings["rate"]) == repr(value)
    [choice] = RangeRecord.model_validate_json(RangeRecord(kind="choice", choices=[value]).model_dump_json()).choices
    assert repr(choice) == repr(value)


@pytest.mark.parametrize("chosen", [-1, 1])
def test_the_chosen_trial_is_one_of_the_trials(chosen):
    trial = {"settings": {"rate": 0.1}, "score": 0.5, "replicates": ["a"]}

    assert SearchRecord(repeat=0, fold=0, chosen=0, trials=[trial]).best == TrialRecord(**trial)
    with pytest.raises(ValidationError, match="none of the trials"):
        SearchRecord(repeat=0, fold=0, chosen=chosen, trials=[trial])


@pytest.mark.parametrize(
    ("scores", "higher", "best"),
    [
        ([0.5, 0.9, 0.9], True, 1),
        ([0.5, 0.2, 0.2], False, 1),
        ([None, 0.2], True, 1),
        ([math.nan, math.inf, 3.0], False, 2),
        ([None, None], True, 0),
    ],
)
def test_the_best_score_is_the_first_of_equal_ones(scores, higher, best):
    assert best_of(scores, higher_is_better=higher) == best


def test_a_replicate_that_several_trials_share_counts_once(new_replicate):
    one, other = new_replicate(), new_replicate(seed=1, cost={"train_s": 0.5})

    budget = SearchBudget.of([one, other, one])

    steps = BUDGET["steps"]
    assert (budget.epochs, budget.steps) == (2 * BUDGET["epochs"], 2 * steps)
    assert budget.flops == 2 * steps * BUDGET["step_flops"]
    assert budget.seconds == pytest.approx(0.7)


def test_seconds_that_were_not_all_measured_are_not_known(new_replicate):
    assert SearchBudget.of([new_replicate(), new_replicate(seed=1, cost={})]).seconds is None


def test_evidence_without_tuned_arms_says_nothing_of_them(new_evidence):
    evidence = new_evidence()

    assert "tuned" not in evidence.judgement
    assert Evidence.model_validate_json(evidence.model_dump_json()) == evidence
