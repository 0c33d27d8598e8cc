"""The arms of a hypothesis side by side: budget, cost, and every metric with its interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from negres_core.evidence import ArmRecord, EstimateRecord, Evidence, Replicate, Spread
from negres_core.report.layout import show_interval, show_number
from negres_core.statistics.estimate import CellEstimate
from negres_core.statistics.standard_error import corrected_standard_error

Replicates = Mapping[str, Replicate | None]
"""Replicates by id; None for one that cannot be read or trusted."""
SI = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


class Fact(NamedTuple):
    """One row of the table: a name, and its value in each arm.

    Attributes:
        name: the name.
        values: a text for each arm.
        part: "budget", "cost" or "metric".
    """

    name: str
    values: list[str]
    part: str


def compare_arms(evidence: Evidence, replicates: Replicates) -> list[Fact]:
    """Return what is known of each arm; a fact that no arm has is left out."""
    arms = evidence.arms
    facts = [Fact(name, [_budget(arm, field) for arm in arms], "budget") for field, name in BUDGET.items()]
    own = [[each for id in arm.own_replicates if (each := replicates.get(id)) is not None] for arm in arms]
    facts += [
        Fact("replicates", [_counted(arm, known) for arm, known in zip(arms, own, strict=True)], "cost"),
        Fact("training, all replicates", [_seconds(sum(_costs(known, "train_s"))) for known in own], "cost"),
        Fact("training, median replicate", [_seconds(_median(known, "train_s")) for known in own], "cost"),
        Fact("compilation, all replicates", [_seconds(sum(_costs(known, "compile_s"))) for known in own], "cost"),
        Fact("evaluation, median replicate", [_seconds(_median(known, "evaluate_s")) for known in own], "cost"),
        Fact("peak memory", [_bytes(max(_costs(known, "memory_bytes"), default=0.0)) for known in own], "cost"),
        Fact("reached rate", [_rate(_median(known, "flops_per_s")) for known in own], "cost"),
    ]
    names = dict.fromkeys(name for arm in arms for name in arm.metrics)
    claimed = evidence.claim.key
    for name in sorted(names, key=lambda name: name != claimed):
        values = [_metric(arm.metrics.get(name), evidence.estimate) for arm in arms]
        facts.append(Fact(f"{evidence.claim.metric} (claimed)" if name == claimed else name, values, "metric"))
    return [fact for fact in facts if any(fact.values)]


BUDGET = {
    "epochs": "epochs",
    "steps": "optimizer steps",
    "weights": "weights",
    "trainable_weights": "trainable weights",
    "step_flops": "operations a step",
}
"""Fields of a budget, and their names."""


def _budget(arm: ArmRecord, field: str) -> str:
    value = 0 if arm.budget is None else getattr(arm.budget, field)
    return (f"{value:,}" if value < 1e9 else _scaled(value)) if value else ""


def _counted(arm: ArmRecord, known: Sequence[Replicate]) -> str:
    lost = len(arm.own_replicates) - len(known)
    if not arm.own_replicates:
        return ""
    not_finite = sum(each.status != "finished" for each in known)
    notes = [f"{lost} missing"] if lost else []
    notes += [f"{not_finite} not finite"] if not_finite else []
    return f"{len(arm.own_replicates)} ({', '.join(notes)})" if notes else f"{len(arm.own_replicates)}"


def _costs(known: Sequence[Replicate], field: str) -> list[float]:
    return [value for each in known if (value := getattr(each.cost, field)) is not None]


def _median(known: Sequence[Replicate], field: str) -> float:
    values = _costs(known, field)
    return statistics.median(values) if values else 0.0


def _seconds(value: float) -> str:
    if value >= 120:
        return f"{value / 60:,.1f} min"
    return f"{value:.3g} s" if value > 0 else ""


def _bytes(value: float) -> str:
    return f"{value / 2**20:,.0f} MiB" if value > 0 else ""


def _rate(value: float) -> str:
    return f"{_scaled(value)}FLOP/s" if value > 0 else ""


def _scaled(value: float) -> str:
    for size, prefix in SI:
        if value >= size:
            return f"{value / size:.3g} {prefix}"
    return f"{value:.3g} "


def _metric(spread: Spread | None, estimate: EstimateRecord | None) -> str:
    """Return the mean of a metric with an interval: that of the corrected t-test, or of the cells if there is none."""
    if spread is None:
        return ""
    if spread.mean is None:
        return "not finite"
    mean = show_number(spread.mean)
    cells = estimate.cell_count if estimate else None
    if spread.sd is not None and spread.sd > 0 and estimate and cells and estimate.test_train_ratio:
        error = corrected_standard_error(spread.sd, cells, test_train_ratio=estimate.test_train_ratio)
        known = CellEstimate(
            effect=spread.mean,
            standard_error=error,
            dof=int(estimate.dof),
            sd=spread.sd,
            cell_count=cells,
            test_train_ratio=estimate.test_train_ratio,
        )
        low, high = known.interval(0.95)
        if math.isfinite(low) and math.isfinite(high):
            return f"{mean} {show_interval((low, high), sign=False)}"
    if spread.min is None or spread.max is None or spread.min == spread.max:
        return mean
    return f"{mean} (cells from {show_number(spread.min)} to {show_number(spread.max)})"
