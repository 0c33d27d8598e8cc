"""The decision: from the metrics of the arms to the estimate at each look and the verdict.

Nothing here trains or reads data, so records alone are enough to recheck a verdict.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from negres_core.claim import Claim
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.evidence import (
    ArmRecord,
    ClaimRecord,
    EstimateRecord,
    Finding,
    LookRecord,
    RecipeDescription,
    Replicate,
    Spread,
)
from negres_core.run import Arm, Run
from negres_core.statistics import ONLY_LOOK, Estimate, Look, corrected_resampled_t, smallest_decidable_margin
from negres_core.verdict import TOO_SMALL, Verdict, invalid, judge, not_learned, settle

ALPHA = 0.05
"""Significance level of every claim."""


def values_of(replicates: Sequence[Replicate], metric: str, design: Design) -> np.ndarray:
    """Return a metric of an arm's replicates, averaged over seeds: (repeats so far, folds), NaN if not finite.

    Raises:
        InputError: the replicates do not report the metric.
    """
    if metric not in replicates[0].metrics:
        raise InputError(
            f"The claim is about the metric {metric!r}, but an arm does not report it.",
            received=f"metrics {', '.join(replicates[0].metrics)}",
            remedy="Make a claim about one of those. A fit reports the metrics that it returns; loss_skill exists "
            "only for built-in Keras losses.",
        )
    values = np.array([replicate.metrics[metric] for replicate in replicates], dtype=float)
    means: np.ndarray = values.reshape(-1, design.folds, design.seeds).mean(axis=2)
    return means


def spreads_of(replicates: Sequence[Replicate], design: Design) -> dict[str, Spread]:
    """Return the mean, standard deviation, minimum and maximum over cells of every metric of an arm."""
    spreads = {}
    for name in replicates[0].metrics:
        values = values_of(replicates, name, design)
        spreads[name] = Spread(mean=values.mean(), sd=values.std(ddof=1), min=values.min(), max=values.max())
    return spreads


def record_arm(arm: Arm, run: Run, description: RecipeDescription) -> ArmRecord:
    """Return the record of a trained arm."""
    budgets = [stage[0].budget for stage in arm.stages]
    epochs, steps = (sum(getattr(budget, name) for budget in budgets) for name in ("epochs", "steps"))
    return ArmRecord(
        role=arm.role,
        recipe=str(arm.recipe),
        description=description,
        budget=budgets[-1].updated(epochs=epochs, steps=steps),
        metrics=spreads_of(arm.replicates, run.design),
        values=values_of(arm.replicates, run.metric.name, run.design).tolist(),
        replicates=[[replicate.id for replicate in stage] for stage in arm.stages],
    )


def difference_of(values: Sequence[Any], claim: ClaimRecord) -> np.ndarray:
    """Return the differences that a claim is about, signed so that positive is better: (repeats, folds).

    Args:
        values: the metric of the arm, or of treatment and control arm, each (repeats, folds).
        claim: the record of the claim.
    """
    arrays = [np.array(value, dtype=float) for value in values]
    reference = arrays[1] if len(arrays) > 1 else claim.threshold
    signed: np.ndarray = (arrays[0] - reference) * (1 if claim.higher_is_better else -1)
    return signed


@dataclasses.dataclass(frozen=True)
class Decision:
    """The verdict on a claim after some repeats of a design.

    Attributes:
        looks: all looks; the last one counts.
        estimate: the effect at the last look, or None if there is none.
        verdict: the verdict at the last look.
        final: whether more repeats cannot change the verdict: a look has decided and no control failed (a control may
            need more cells than the claim), a metric is not finite, or no number of repeats can show the claim.
    """

    looks: list[LookRecord]
    estimate: EstimateRecord | None
    verdict: Verdict
    final: bool


def decide(
    differences: np.ndarray, claim: Claim, design: Design, findings: Sequence[Finding] = (), *, alpha: float = ALPHA
) -> Decision:
    """Test the claim after each repeat, or only at the end, and judge at the first look that decides.

    A failed control makes the run invalid, whatever its numbers are.

    Args:
        differences: (repeats so far, folds), as `difference_of` returns them; NaN if a metric is not finite.
        claim: the claim.
        design: the planned design, which may have more repeats than there are so far.
        findings: the findings of the controls.
        alpha: the significance level of the claim, over all looks.
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
            # The differences of a few cells can be equal by chance; those of later cells may vary.
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
    record = EstimateRecord.of(estimate, look=look, alpha=alpha)
    if failed:
        return Decision(looks, record, invalid(failed), final=False)
    # Only the last look needs the number of repeats that would decide the claim.
    verdict = settled or judge(estimate, claim, alpha=alpha, look=look)
    final = settled is not None or _is_hopeless(estimate, claim, verdict, alpha)
    return _withhold(Decision(looks, record, verdict, final), findings)


def _withhold(decision: Decision, findings: Sequence[Finding]) -> Decision:
    """Return an inconclusive decision if a control withholds the verdict, or would withhold both that are possible.

    It is not final, since the arms may be shown to have learned after more repeats.
    """
    verdict = decision.verdict.verdict
    for finding in findings:
        if verdict in finding.withholds or (verdict == "inconclusive" and len(set(finding.withholds)) == 2):
            reason = not_learned(f"{finding.control}: {finding.found}; {finding.threshold}")
            return dataclasses.replace(decision, verdict=reason, final=False)
    return decision


def _is_hopeless(estimate: Estimate, claim: Claim, verdict: Verdict, alpha: float) -> bool:
    """Return whether equivalence is out of reach even at the lower 95% limit of the standard deviation.

    Stopping then costs power if the true effect is larger than the estimate, but never gives a false verdict.
    """
    if claim.kind != "matches" or verdict.finding != TOO_SMALL:
        return False
    return claim.threshold <= smallest_decidable_margin(estimate.sd_interval(0.95)[0], estimate.folds, alpha=alpha)
