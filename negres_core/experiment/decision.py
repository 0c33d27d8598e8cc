"""From replicates to a verdict: values of the arms, their differences, the estimate, the judgement.

Nothing here trains or reads data: `negres verify` comes to the same verdict from records alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from negres_core.claim import Claim
from negres_core.design import Design
from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import ArmRecord, EstimateRecord, Evidence, Finding, LookRecord, Replicate, Store
from negres_core.metrics import Metric
from negres_core.run import Arm, Run
from negres_core.statistics import ONLY_LOOK, Estimate, Look, corrected_resampled_t, smallest_decidable_margin
from negres_core.verdict import TOO_SMALL, Verdict, invalid, judge, settle

ALPHA = 0.05
"""ControlLevel of every verdict."""


def values_of(replicates: Sequence[Replicate], metric: str, design: Design) -> np.ndarray:
    """Return a metric of an arm's replicates, seeds averaged: (repeats so far, folds), NaN where not finite.

    Raises:
        InputError: they do not have it.
    """
    if metric not in replicates[0].metrics:
        raise InputError(
            f"The claim is about the metric {metric!r}, which an arm does not give.",
            received=f"metrics {', '.join(replicates[0].metrics)}",
            remedy="Claim one of those; a fit names its own in what it returns, and loss_skill is of Keras' losses.",
        )
    values = np.array([replicate.metrics[metric] for replicate in replicates], dtype=float)
    means: np.ndarray = values.reshape(-1, design.folds, design.seeds).mean(axis=2)
    return means


def spreads_of(replicates: Sequence[Replicate], design: Design) -> dict[str, dict[str, float | None]]:
    """Return mean, standard deviation, minimum and maximum over cells of every metric of an arm."""
    spreads = {}
    for name in replicates[0].metrics:
        values = values_of(replicates, name, design)
        spreads[name] = {"mean": values.mean(), "sd": values.std(ddof=1), "min": values.min(), "max": values.max()}
    return spreads


def difference_of(values: Sequence[Any], claim: Mapping[str, Any]) -> np.ndarray:
    """Return what the claim is about, signed so that positive is better: (repeats, folds).

    Args:
        values: the metric of the arm, or of treatment and control, each (repeats, folds).
        claim: a claim as evidence records it.
    """
    arrays = [np.array(value, dtype=float) for value in values]
    reference = arrays[1] if len(arrays) > 1 else claim["threshold"]
    signed: np.ndarray = (arrays[0] - reference) * (1 if claim["higher_is_better"] else -1)
    return signed


@dataclasses.dataclass(frozen=True)
class Decision:
    """What some repeats of a design say about a claim.

    Attributes:
        looks: what each look saw, the last one being the one that counts.
        estimate: the effect at the last look, or None where there is none.
        verdict: the verdict at the last look.
        final: whether more repeats would change nothing: a look has decided and no control failed, which might need
            more cells than the claim does; or a metric is not finite; or no number of repeats can show what is claimed.
    """

    looks: list[LookRecord]
    estimate: EstimateRecord | None
    verdict: Verdict
    final: bool


def decide(
    differences: np.ndarray, claim: Claim, design: Design, findings: Sequence[Finding] = (), *, alpha: float = ALPHA
) -> Decision:
    """Look after each repeat, or at the end alone, and judge at the first look that decides.

    A failed control voids the run, whatever the numbers say.

    Args:
        differences: (repeats so far, folds), as `difference_of` returns them; NaN where a metric is not finite.
        claim: the claim.
        design: the planned design; its repeats may be more than there are so far.
        findings: what the controls found.
        alpha: the level of the claim, over all looks.
    """
    failed = {finding.control: finding.found for finding in findings if not finding.passed}
    if not np.isfinite(differences).all():
        failed.setdefault("finite", "a metric of a cell is not finite")
        return Decision([], None, invalid(failed), final=True)
    repeats = len(differences)
    looks: list[LookRecord] = []
    estimate: Estimate | None = None
    settled: Verdict | None = None
    for repeat in range(1 if design.looks else repeats, repeats + 1):
        look = Look(design.folds, repeat, design.repeats) if design.looks else ONLY_LOOK
        try:
            estimate = corrected_resampled_t(differences[:repeat], test_train_ratio=design.test_train_ratio)
        except InputError as error:
            # Few cells can be equal by chance; the later ones tell.
            if repeat == repeats:
                failed["variance"] = f"{error.wrong} {error.remedy}"
            continue
        settled = settle(estimate, claim, alpha=alpha, look=look)
        looks.append(
            LookRecord(
                repeats=repeat,
                information=look.information,
                effect=estimate.effect,
                interval_95=estimate.interval(1 - 2 * look.level(alpha / 2)),
                verdict=settled.verdict if settled else "inconclusive",
            )
        )
        if settled:
            break
    if estimate is None:
        return Decision(looks, None, invalid(failed), final=False)
    estimated = record_estimate(estimate, look, alpha)
    if failed:
        return Decision(looks, estimated, invalid(failed), final=False)
    # What would decide it is worked out for the look that counts alone.
    verdict = settled or judge(estimate, claim, alpha=alpha, look=look)
    return Decision(looks, estimated, verdict, final=settled is not None or _is_hopeless(estimate, claim, verdict))


def _is_hopeless(estimate: Estimate, claim: Claim, verdict: Verdict) -> bool:
    """Tell whether cells spread too much for equivalence within the margin, even if no more than the least likely.

    To stop there costs power where the effect would have turned out larger than it looks, and never a false verdict.
    """
    if claim.kind != "matches" or verdict.finding != TOO_SMALL:
        return False
    return claim.threshold <= smallest_decidable_margin(estimate.sd_interval(0.95)[0], estimate.folds, alpha=ALPHA)


def record_estimate(estimate: Estimate, look: Look = ONLY_LOOK, alpha: float = ALPHA) -> EstimateRecord:
    """Return an estimate as it is recorded, with intervals that cover at all looks together."""
    return EstimateRecord(
        effect=estimate.effect,
        standard_error=estimate.standard_error,
        dof=estimate.dof,
        sd=estimate.sd,
        cells=estimate.cells,
        test_train_ratio=estimate.test_train_ratio,
        statistic=estimate.statistic,
        p_greater=estimate.p_greater,
        p_less=estimate.p_less,
        p_two_sided=estimate.p_two_sided,
        interval_90=estimate.interval(1 - 2 * look.level(alpha)),
        interval_95=estimate.interval(1 - 2 * look.level(alpha / 2)),
        probability_better=estimate.probability_better,
    )


def record_arm(arm: Arm, metric: Metric, run: Run, description: dict[str, Any]) -> ArmRecord:
    """Return an arm as it is recorded."""
    firsts = [stage[0].budget for stage in arm.stages]
    return ArmRecord(
        role=arm.role,
        recipe=str(arm.recipe),
        description=description,
        budget=firsts[-1] | {name: sum(budget[name] for budget in firsts) for name in ("epochs", "steps")},
        metrics=spreads_of(arm.replicates, run.design),
        values=values_of(arm.replicates, metric.name, run.design).tolist(),
        replicates=[[replicate.id for replicate in stage] for stage in arm.stages],
    )


def recompute(evidence: Evidence, store: Store) -> Evidence:
    """Recompute a finished hypothesis' metrics, differences, estimate and verdict from its replicates' records.

    Controls stand as they were found.

    Raises:
        EvidenceError: a replicate is missing or cannot be trusted.
    """
    if not evidence.arms:
        return evidence  # a control voided it before anything was trained
    design = Design(**evidence.design)
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
                remedy="Run the hypothesis again: it trains what is missing.",
            )
        whole = [replicate for replicate in replicates if replicate is not None]
        values = values_of(whole, evidence.claim["metric"], design).tolist()
        arms.append(arm.updated(metrics=spreads_of(whole, design), values=values))
    differences = difference_of([arm.values for arm in arms], evidence.claim)
    claim = Claim(evidence.claim["kind"], evidence.claim["metric"], evidence.claim["threshold"])
    decision = decide(differences, claim, design, evidence.controls, alpha=evidence.claim["alpha"])
    return evidence.updated(
        arms=arms,
        differences=differences.tolist(),
        estimate=decision.estimate,
        looks=decision.looks,
        **({} if evidence.smoke else dataclasses.asdict(decision.verdict)),
    )
