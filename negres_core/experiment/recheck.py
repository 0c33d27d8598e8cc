"""Recheck: recompute a finished hypothesis from the records of its replicates, without training anything."""

from __future__ import annotations

import dataclasses

from negres_core.errors import EvidenceError
from negres_core.evidence import ArmRecord, Evidence, Replicate, Store
from negres_core.experiment.decision import decide, difference_of, spreads_of, values_of


def recompute(evidence: Evidence, store: Store) -> Evidence:
    """Recompute the metrics, differences, estimate and verdict of a hypothesis from the records of its replicates.

    The findings of controls are taken from the evidence.

    Raises:
        EvidenceError: a replicate is missing or cannot be trusted.
    """
    if not evidence.arms:
        return evidence  # a control failed before anything was trained
    design = evidence.design.as_design()
    arms = []
    for arm in evidence.arms:
        replicates = _find_replicates(arm, evidence.title, store)
        values = values_of(replicates, evidence.claim.metric, design).tolist()
        arms.append(arm.updated(metrics=spreads_of(replicates, design), values=values))
    differences = difference_of([arm.values for arm in arms], evidence.claim)
    decision = decide(differences, evidence.claim.as_claim(), design, evidence.controls, alpha=evidence.claim.alpha)
    return evidence.updated(
        arms=arms,
        differences=differences.tolist(),
        estimate=decision.estimate,
        looks=decision.looks,
        **({} if evidence.smoke else dataclasses.asdict(decision.verdict)),
    )


def _find_replicates(arm: ArmRecord, title: str, store: Store) -> list[Replicate]:
    """Return the replicates of an arm's own stage, after checking that those of its other stages are there too."""
    *parents, own = ([(id, store.find(id)) for id in stage] for stage in arm.replicates)
    missing = [id for stage in (own, *parents) for id, replicate in stage if replicate is None]
    if missing:
        raise EvidenceError(
            f"Replicates of {title!r} are missing or damaged.",
            received=", ".join(missing),
            remedy="Run the hypothesis again; it trains the missing replicates.",
        )
    return [replicate for _, replicate in own if replicate is not None]
