"""Recheck: recompute a finished hypothesis from the records of its replicates, without training anything."""

from __future__ import annotations

import dataclasses

from negres_core.errors import EvidenceError
from negres_core.evidence import Evidence, Store
from negres_core.experiment.decision import decide, difference_of, spreads_of, values_of


def recompute(evidence: Evidence, store: Store) -> Evidence:
    """Recompute a finished hypothesis' metrics, differences, estimate and verdict from its replicates' records.

    The findings of controls are taken from the evidence.

    Raises:
        EvidenceError: a replicate is missing or cannot be trusted.
    """
    if not evidence.arms:
        return evidence  # a control failed before anything was trained
    design = evidence.design.as_design()
    arms = []
    for arm in evidence.arms:
        replicates = [store.find(id) for id in arm.replicates[-1]]
        parents = [id for stage in arm.replicates[:-1] for id in stage]
        missing = [id for id, found in zip(arm.replicates[-1], replicates, strict=True) if found is None]
        missing += [id for id in parents if store.find(id) is None]
        if missing:
            raise EvidenceError(
                f"Replicates of {evidence.title!r} are missing or damaged.",
                received=", ".join(missing),
                remedy="Run the hypothesis again; it trains the missing replicates.",
            )
        whole = [replicate for replicate in replicates if replicate is not None]
        values = values_of(whole, evidence.claim.metric, design).tolist()
        arms.append(arm.updated(metrics=spreads_of(whole, design), values=values))
    differences = difference_of([arm.values for arm in arms], evidence.claim)
    decision = decide(differences, evidence.claim.as_claim(), design, evidence.controls, alpha=evidence.claim.alpha)
    return evidence.updated(
        arms=arms,
        differences=differences.tolist(),
        estimate=decision.estimate,
        looks=decision.looks,
        **({} if evidence.smoke else dataclasses.asdict(decision.verdict)),
    )
