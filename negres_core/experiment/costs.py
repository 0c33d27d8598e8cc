"""Costs: what the training of each replicate cost, in all or until a target was reached, from records alone.

A run that does not reach the target counts at the budget that all runs of its cell had: a restricted mean. Leaving it
out would favour the arm that fails more often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negres_core.claim import CostName
from negres_core.design import Design
from negres_core.evidence import ClaimRecord, CostRecord, Replicate, UnreachedRecord

Stages = Sequence[Sequence[Replicate]]
"""The replicates of each stage of an arm, in the order repeat, fold, seed."""

NOT_REACHED = "target not reached"
"""The finding if no run of any arm reached the target."""


@dataclass(frozen=True)
class ArmCosts:
    """What one arm's replicates cost.

    Attributes:
        values: the cost in each cell, (repeats, folds), seeds averaged; NaN if it was not measured.
        reached: whether each run reached the target, (repeats, folds, seeds); None if there is no target.
        budget: the largest budget at which runs count, in the claim's unit.
        epoch: the mean cost of an epoch, to which the way to a target is rounded up; 0 for measured seconds.
    """

    values: np.ndarray
    reached: np.ndarray | None
    budget: float
    epoch: float

    @property
    def unreached(self) -> UnreachedRecord | None:
        """The record of the runs that did not reach the target; None if there is no target."""
        if self.reached is None:
            return None
        return UnreachedRecord(runs=int((~self.reached).sum()), of=int(self.reached.size), budget=self.budget)


def costs_of(arms: Sequence[Stages], cost: CostRecord, design: Design) -> list[ArmCosts]:
    """Return what the replicates of each arm cost, with one budget for all runs of a cell.

    Args:
        arms: the replicates of each arm, of the same cells.
        cost: what is counted.
        design: the design; only its folds and seeds matter.
    """
    shape = (-1, design.folds, design.seeds_per_cell)
    totals = [_per_run(stages, cost.counted_in, shape, whole=cost.metric is None) for stages in arms]
    epochs = [_per_epoch(stages[-1], cost.counted_in, shape) for stages in arms]
    # What the smallest of them is differs by less than an epoch, or for seconds by what the machine did meanwhile.
    shared = np.minimum.reduce([total.min(axis=2) for total in totals])[..., None]
    results = []
    for stages, total, epoch in zip(arms, totals, epochs, strict=True):
        if cost.metric is None:
            # Seconds are measured; any other budget is known in whole epochs only.
            width = 0.0 if cost.counted_in == "seconds" else float(np.mean(epoch))
            results.append(ArmCosts(total.mean(axis=2), None, float(np.max(total)), width))
            continue
        trained = np.array([each.budget.epochs for each in stages[-1]], dtype=float).reshape(shape)
        needed = np.array([_epochs_to(each, cost) for each in stages[-1]], dtype=float).reshape(shape)
        # The stages before, and then each epoch up to the target.
        spent = total - (trained - needed) * epoch
        reached = spent <= shared * (1 + 1e-12)
        values = np.where(np.isnan(total), np.nan, np.where(reached, spent, shared))
        results.append(ArmCosts(values.mean(axis=2), reached, float(np.max(shared)), float(np.mean(epoch))))
    return results


def claimed_costs(arms: Sequence[Stages], claim: ClaimRecord, design: Design) -> list[ArmCosts] | None:
    """Return what the replicates of each arm cost, if the claim is about that; None otherwise."""
    return None if claim.cost is None else costs_of(arms, claim.cost, design)


def _per_run(stages: Stages, counted_in: CostName, shape: tuple[int, ...], *, whole: bool) -> np.ndarray:
    """Return what all stages of each run cost."""
    totals = [[_total(each, counted_in, whole=whole) for each in stage] for stage in stages]
    total: np.ndarray = np.array(totals, dtype=float).sum(axis=0)
    return total.reshape(shape)


def _total(replicate: Replicate, counted_in: CostName, *, whole: bool) -> float:
    budget = replicate.budget
    if counted_in == "seconds":
        if whole:
            return _or_nan(replicate.cost.train_s)
        return budget.epochs * _or_nan(replicate.cost.steady_epoch_s)
    return {"epochs": budget.epochs, "steps": budget.steps, "flops": budget.steps * budget.step_flops}[counted_in]


def _per_epoch(replicates: Sequence[Replicate], counted_in: CostName, shape: tuple[int, ...]) -> np.ndarray:
    totals = [_total(each, counted_in, whole=False) / max(each.budget.epochs, 1) for each in replicates]
    return np.array(totals, dtype=float).reshape(shape)


def _epochs_to(replicate: Replicate, cost: CostRecord) -> float:
    """Return the first epoch after which the target is reached; infinity if none."""
    values = replicate.validation or []
    return next((float(epoch) for epoch, value in enumerate(values, start=1) if cost.reaches(value)), np.inf)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


@dataclass(frozen=True)
class Restriction:
    """What a decision has to know of a claim about a cost.

    Attributes:
        reached: the number of runs of all arms that reached the target, by repeat; None if there is no target.
        least_sd: the smallest standard deviation of the differences to believe: that of rounding up to whole epochs.
        sentence: how many runs of which arm did not reach it; empty if all did.
    """

    reached: np.ndarray | None = None
    least_sd: float = 0.0
    sentence: str = ""

    def is_open(self, repeats: int) -> bool:
        """Return whether no run has reached the target after some repeats: nothing is known of the arms yet."""
        return self.reached is not None and not self.reached[:repeats].any()


def restriction_of(costs: Sequence[ArmCosts] | None, roles: Sequence[str], claim: ClaimRecord) -> Restriction | None:
    """Return what a decision has to know of the costs of each arm; None if the claim is not about costs.

    The target is passed somewhere within the epoch after which it is seen, so each cost is uncertain by the width of an
    epoch, which has a standard deviation of 1 / sqrt(12). If all runs of both arms take the same number of epochs, no
    other spread is seen.
    """
    if costs is None:
        return None
    # Seeds are not independent of each other here: all may pass the target in the same part of an epoch.
    least_sd = float(np.sqrt(sum(each.epoch**2 for each in costs) / 12))
    if any(each.reached is None for each in costs):
        return Restriction(least_sd=least_sd)
    reached = np.array(
        [
            sum(int(each.reached[repeat].sum()) for each in costs if each.reached is not None)
            for repeat in range(len(costs[0].values))
        ]
    )
    parts = [
        f"{record.runs} of {record.of} {role} runs"
        for each, role in zip(costs, roles, strict=True)
        if (record := each.unreached) is not None and record.runs
    ]
    budget = f"{max(each.budget for each in costs):,.4g} {claim.unit}"
    # The metric of the claim is called "epochs to accuracy 0.9".
    aim = claim.metric.partition(" to ")[2]
    sentence = f"{' and '.join(parts)} did not reach {aim} and count at the budget of {budget}." if parts else ""
    return Restriction(reached, least_sd, sentence)
