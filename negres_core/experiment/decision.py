"""The decision: from the metrics of the arms to the estimate at each look and the verdict.

Nothing here trains or reads data, so records alone are enough to recheck a verdict.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from negres_core.claim import Claim
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.evidence import (
    ArmRecord,
    Budget,
    ClaimRecord,
    DataRecord,
    EstimateRecord,
    Finding,
    LookRecord,
    RecipeDescription,
    Replicate,
    Spread,
)
from negres_core.experiment.costs import NOT_REACHED, ArmCosts, Restriction
from negres_core.experiment.row_judgement import judge_rows
from negres_core.metrics import METRICS, counts_rows, find_metric
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from negres_core.statistics import (
    ONLY_LOOK,
    CellEstimate,
    Look,
    corrected_resampled_t,
    smallest_decidable_margin,
)
from negres_core.statistics.resampled_t import sd_of_few_rows
from negres_core.verdict import TOO_SMALL, Verdict, invalid, judge, not_learned, settle

ALPHA = 0.05
"""Significance level of every claim."""


def values_of(replicates: Sequence[Replicate], metric: str, design: Design) -> np.ndarray:
    """Return a metric of an arm's replicates, averaged over seeds: (repeats so far, folds), NaN if not finite.

    Raises:
        InputError: the replicates do not report the metric.
    """
    if any(metric not in replicate.metrics for replicate in replicates):
        raise InputError(
            f"The claim is about the metric {metric!r}, which an arm does not report.",
            received=f"metrics {', '.join(replicates[0].metrics)}",
            remedy="Make a claim about one of those. A fit reports the metrics that it returns; loss_skill exists "
            "only for built-in Keras losses.",
        )
    values = np.array([replicate.metrics[metric] for replicate in replicates], dtype=float)
    means: np.ndarray = values.reshape(-1, design.folds, design.seeds_per_cell).mean(axis=2)
    return means


def names_of(replicates: Sequence[Replicate], claimed: str) -> list[str]:
    """Return the metrics that all replicates of an arm record, without those that other tests brought.

    Replicates of an earlier version have fewer metrics, and tests that share replicates add theirs to them.
    """
    shared = set.intersection(*(set(replicate.metrics) for replicate in replicates))
    brought = {name for name in shared if "@" in name or (name not in METRICS and find_metric(name) is not None)}
    return [name for name in replicates[0].metrics if name in shared - (brought - {claimed})]


def spreads_of(replicates: Sequence[Replicate], design: Design, names: Iterable[str]) -> dict[str, Spread]:
    """Return the mean, standard deviation, minimum and maximum over cells of some metrics of an arm."""
    spreads = {}
    for name in names:
        spreads[name] = spread_of(values_of(replicates, name, design))
    return spreads


def spread_of(values: np.ndarray) -> Spread:
    """Return the mean, standard deviation, minimum and maximum of the values of cells."""
    sd = values.std(ddof=1) if values.size > 1 else float("nan")
    return Spread(mean=values.mean(), sd=sd, min=values.min(), max=values.max())


def record_arm(arm: Arm, run: Run, description: RecipeDescription, costs: ArmCosts | None = None) -> ArmRecord:
    """Return the record of a trained arm, with its costs if the claim is about them."""
    key = run.metric.key
    metrics = spreads_of(arm.replicates, run.design, names_of(arm.replicates, key))
    values = costs.values if costs else values_of(arm.replicates, key, run.design)
    return ArmRecord(
        role=arm.role,
        recipe=str(arm.recipe),
        description=description,
        budget=budget_of(arm.stages),
        metrics=metrics | ({key: spread_of(values)} if costs else {}),
        values=values.tolist(),
        replicates=[[replicate.id for replicate in stage] for stage in arm.stages],
        unreached=costs.unreached if costs else None,
    )


def budget_of(stages: Sequence[Sequence[Replicate]]) -> Budget:
    """Return the training budget of an arm: the epochs and steps of all stages, each the mean of its replicates.

    Without patience all replicates of a stage have the same, but for one row in the size of their training folds.
    """
    first = [stage[0].budget for stage in stages]
    epochs, steps = (sum(_mean_or_first(stage, name) for stage in stages) for name in ("epochs", "steps"))
    return first[-1].updated(epochs=epochs, steps=steps)


def _mean_or_first(stage: Sequence[Replicate], name: str) -> int:
    """Return the mean of a number over the replicates of a stage that ended at different times, or else the first."""
    if len({replicate.budget.epochs for replicate in stage}) == 1:
        return int(getattr(stage[0].budget, name))
    return round(float(np.mean([getattr(replicate.budget, name) for replicate in stage])))


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


def most_dof(claim: Claim | ClaimRecord, folds: int, data: DataRecord | None) -> int | None:
    """Return the degrees of freedom that no number of repeats exceeds, or None if there is no limit.

    Repeats recombine the same units, so few groups limit what is known about the spread between them. A claim about one
    arm has at most k - 1: in a lucky sample an error is small in every cell and so is its spread, which paired arms,
    whose luck is shared, have far less of. The spread of a share of rows has a floor of its own.

    Args:
        claim: the claim, or its record.
        folds: k.
        data: the data set, which may have a known number of groups, or of rows if there are none; or None.
    """
    limits = [data.units - 1] if data is not None and data.units is not None else []
    if claim.kind == "reaches" and not counts_rows(claim.metric, task=data.task if data else None):
        limits.append(folds - 1)
    return min(limits, default=None)


def decide(
    differences: np.ndarray,
    claim: Claim,
    design: Design,
    findings: Sequence[Finding] = (),
    *,
    data: DataRecord | None = None,
    rows: np.ndarray | None = None,
    alpha: float = ALPHA,
    restriction: Restriction | None = None,
) -> Decision:
    """Test the claim after each repeat, or only at the end, and judge at the first look that decides.

    A failed control makes the run invalid, whatever its numbers are, unless it is waived. If every repeat has the
    differences of the first, in another order, they are copies: then only the first counts, at the last look. Nothing
    is decided before a run has reached the target of a claim that has one: all arms then count at the same budget,
    which says nothing of them.

    Args:
        differences: (repeats so far, folds), as `difference_of` returns them; NaN if a metric is not finite.
        claim: the claim.
        design: the planned design, which may have more repeats than there are so far.
        findings: the findings of the controls.
        data: the data set; without it, or without its number of rows, nothing is known of its groups and of what one
            row more or less would change.
        rows: (seeds, test rows), the differences of single rows, if the design scores rows.
        alpha: the significance level of the claim, over all looks.
        restriction: what a claim about a cost adds, such as the runs that did not reach its target; None for any other.
    """
    failed = {finding.control: finding.found for finding in findings if not finding.is_sound}
    if not np.isfinite(differences).all():
        failed.setdefault("finite", "a metric of a cell is not finite")
        return Decision([], None, invalid(failed), final=True)
    is_counted = data is not None and counts_rows(claim.metric, task=data.task)
    if design.scores_rows and restriction is None:
        assert rows is not None, "the design scores single rows"
        return _withhold(_decide_rows(rows, claim, design, failed, is_counted=is_counted, alpha=alpha), findings)
    least_sd = sd_of_few_rows(rows=data.rows, folds=design.parts) if data and data.rows and is_counted else 0.0
    estimate_of = partial(
        corrected_resampled_t,
        test_train_ratio=design.test_train_ratio,
        most_dof=most_dof(claim, design.parts, data),
        least_sd=restriction.least_sd if restriction else least_sd,
    )
    looks: list[LookRecord] = []
    estimate: CellEstimate | None = None
    settled: Verdict | None = None
    for look, cells in _looks(differences, design):
        if restriction and restriction.is_open(len(cells)):
            continue
        try:
            estimate = dataclasses.replace(estimate_of(cells), fold_unit=_fold_unit(design, data))
        except InputError as error:
            # The differences of a few cells can be equal by chance; those of later cells may vary.
            if len(cells) == len(differences):
                failed["variance"] = f"{error.wrong} {error.remedy}"
            continue
        settled = settle(estimate, claim, alpha=alpha, look=look)
        looks.append(
            LookRecord(
                repeats=len(cells),
                information=look.information,
                effect=estimate.effect,
                interval_95=look.interval(estimate, alpha=alpha / 2),
                verdict=settled.verdict if settled else "inconclusive",
            )
        )
        if settled:
            break
    if estimate is None:
        if restriction and restriction.is_open(len(differences)) and not failed:
            return Decision(looks, None, Verdict("inconclusive", NOT_REACHED, restriction.sentence), final=False)
        return Decision(looks, None, invalid(failed), final=False)
    record = EstimateRecord.of(estimate, look=look, alpha=alpha)
    if failed:
        return Decision(looks, record, invalid(failed), final=False)
    # Only the last look needs the number of repeats that would decide the claim.
    verdict = settled or judge(estimate, claim, alpha=alpha, look=look)
    if restriction and restriction.sentence:
        verdict = dataclasses.replace(verdict, explanation=f"{verdict.explanation} {restriction.sentence}")
    final = settled is not None or _is_hopeless(estimate, claim, verdict, alpha)
    return _withhold(Decision(looks, record, verdict, final), findings)


def _decide_rows(
    rows: np.ndarray, claim: Claim, design: Design, failed: dict[str, str], *, is_counted: bool, alpha: float
) -> Decision:
    """Judge the differences of single rows, (seeds, test rows), once."""
    try:
        judged = judge_rows(rows, design, is_counted=is_counted)
    except InputError as error:
        failed["variance"] = f"{error.wrong} {error.remedy}"
        return Decision([], None, invalid(failed), final=True)
    estimate = judged.estimate
    record = EstimateRecord.of(estimate, alpha=alpha, scopes=judged.scopes)
    verdict = judge(estimate, claim, alpha=alpha)
    look = LookRecord(
        repeats=design.repeats,
        information=1.0,
        effect=estimate.effect,
        interval_95=record.interval_95,
        verdict=verdict.verdict,
    )
    return Decision([look], record, invalid(failed) if failed else verdict, final=True)


def _looks(differences: np.ndarray, design: Design) -> Iterator[tuple[Look, np.ndarray]]:
    """Yield each look with the differences that it is about, (repeats, folds)."""
    repeats = len(differences)
    copies = are_copies(differences)
    if not design.looks:
        yield ONLY_LOOK, differences[:1] if copies else differences
        return
    for repeat in range(1, repeats + 1):
        if not copies or repeat == 1:
            yield Look(design.folds, repeat, design.repeats), differences[:repeat]
        elif repeat == design.repeats:
            yield ONLY_LOOK, differences[:1]


def _fold_unit(design: Design, data: DataRecord | None) -> str | None:
    """Return what each fold consists of, if there is only one way to split the data: "groups" or "rows"."""
    has_one_way = design.kind in ("k folds", "leave one group out")
    if data is None or data.units is None or not has_one_way or design.folds < data.units:
        return None
    return "rows" if data.groups is None else "groups"


def are_copies(differences: np.ndarray) -> bool:
    """Return whether each of several repeats has the differences of the first one, in any order.

    Repeats that test the same folds give the same differences if training is deterministic. Repeats in which two folds
    have equal differences are not taken for copies: shares of few rows agree by chance. Repeats of a fixed split have
    one cell each, which tells nothing.
    """
    in_order = np.sort(differences, axis=1)
    distinct = bool((np.diff(in_order[0]) > 0).all()) and differences.shape[1] > 1
    return len(differences) > 1 and distinct and bool(np.isclose(in_order, in_order[0], rtol=1e-9, atol=0.0).all())


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


def _is_hopeless(estimate: CellEstimate, claim: Claim, verdict: Verdict, alpha: float) -> bool:
    """Return whether equivalence is out of reach even at the lower 95% limit of the standard deviation.

    Stopping then costs power if the true effect is larger than the estimate, but never gives a false verdict.
    """
    if claim.kind != "matches" or verdict.finding != TOO_SMALL:
        return False
    at_least = estimate.sd_interval(0.95)[0]
    return claim.threshold <= smallest_decidable_margin(
        at_least, estimate.folds, alpha=alpha, most_dof=estimate.most_dof
    )
