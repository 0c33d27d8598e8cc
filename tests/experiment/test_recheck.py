"""A verdict is recomputed from the records of the replicates, without training."""

from __future__ import annotations

import dataclasses

import pytest

from negres_core.claim import beats, reaches
from negres_core.errors import EvidenceError
from negres_core.evidence import ClaimRecord, Finding, RecipeDescription, Store
from negres_core.experiment.decision import decide, difference_of, record_arm
from negres_core.experiment.recheck import recompute
from negres_core.metrics import METRICS
from tests.fakes import DESCRIPTION

PASSED = Finding(control="finite", passed=True, found="0 of 6 moved", threshold="expected 0", remedy="Check it.")


@pytest.fixture
def new_finished(new_run, new_evidence, tmp_path):
    """Return a function that makes a store with all replicates of a run, and the evidence of the run."""

    def make(claim, *, smoke=False, **scores):
        store, run = Store(tmp_path), new_run(**scores)
        run = dataclasses.replace(run, metric=METRICS[claim.metric])
        for arm in run.arms:
            for stage in arm.stages:
                for replicate in stage:
                    store.record(replicate, b"a trained model")
        arms = run.arms[:1] if claim.kind == "reaches" else run.arms
        arms = [record_arm(arm, run, RecipeDescription(**DESCRIPTION)) for arm in arms]
        record = ClaimRecord.of(claim, run.metric, alpha=0.05)
        differences = difference_of([arm.values for arm in arms], record)
        decision = decide(differences, claim, run.design, [PASSED])
        verdict = {} if smoke else dataclasses.asdict(decision.verdict)
        return store, new_evidence(
            claim=record,
            design=dataclasses.asdict(run.design),
            arms=arms,
            differences=differences.tolist(),
            looks=decision.looks,
            estimate=decision.estimate,
            controls=[PASSED],
            smoke=smoke,
            **{"verdict": None, "finding": None, "explanation": None} | verdict,
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
def test_a_verdict_is_recomputed_from_the_records_alone(new_finished, claim, verdict):
    store, evidence = new_finished(claim)
    assert evidence.verdict == verdict

    no_results = {"differences": [], "looks": [], "estimate": None, "verdict": None, "finding": None, "p_value": None}
    recomputed = recompute(evidence.updated(**no_results), store)

    assert recomputed.substance() == evidence.substance()


def test_a_verdict_that_was_changed_is_detected(new_finished):
    store, evidence = new_finished(reaches("accuracy", bar=0.95))

    recomputed = recompute(evidence.updated(verdict="supported"), store)

    assert recomputed.verdict == "refuted"


def test_a_smoke_run_is_not_judged_when_recomputed_either(new_finished):
    store, evidence = new_finished(reaches("accuracy", bar=0.8), smoke=True)

    assert recompute(evidence, store).verdict is None


def test_recomputing_names_the_replicates_that_are_missing_or_damaged(new_finished):
    store, evidence = new_finished(reaches("accuracy", bar=0.8))
    missing, damaged = (store.find(evidence.arms[0].replicates[-1][position]) for position in (2, 5))
    store.model_path(missing).unlink()
    store.model_path(damaged).with_name(f"{damaged.id}.json").write_text("{")

    with pytest.raises(EvidenceError, match="missing or damaged") as raised:
        recompute(evidence, store)

    assert f"Received: {missing.id}, {damaged.id}\n" in str(raised.value)
    assert "Run the hypothesis again" in str(raised.value)
