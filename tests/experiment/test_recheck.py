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

PASSED = Finding(control="finite", passed=True, found="0 of 6 moved", threshold="expected 0", remedy="Look.")


@pytest.fixture
def finished(new_run, new_evidence, tmp_path):
    """A store with every replicate of a run, and the evidence of it with its verdict."""

    def make(claim, *, smoke=False, **scores):
        store, run = Store(tmp_path), new_run(**scores)
        run = dataclasses.replace(run, metric=METRICS[claim.metric])
        for arm in run.arms:
            for stage in arm.stages:
                for replicate in stage:
                    store.record(replicate, b"a trained model")
        arms = run.arms[:1] if claim.kind == "reaches" else run.arms
        arms = [record_arm(arm, run, RecipeDescription(**DESCRIPTION)) for arm in arms]
        said = ClaimRecord.of(claim, run.metric, alpha=0.05)
        differences = difference_of([arm.values for arm in arms], said)
        decision = decide(differences, claim, run.design, [PASSED])
        judged = {} if smoke else dataclasses.asdict(decision.verdict)
        return store, new_evidence(
            claim=said,
            design=dataclasses.asdict(run.design),
            arms=arms,
            differences=differences.tolist(),
            looks=decision.looks,
            estimate=decision.estimate,
            controls=[PASSED],
            smoke=smoke,
            **{"verdict": None, "finding": None, "explanation": None} | judged,
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

    emptied = {"differences": [], "looks": [], "estimate": None, "verdict": None, "finding": None, "p_value": None}
    again = recompute(evidence.updated(**emptied), store)

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
