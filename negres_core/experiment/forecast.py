"""Forecast: the spread of a run's differences, estimated from earlier evidence before training."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from negres_core.claim import Claim
from negres_core.design import Design
from negres_core.evidence import Evidence, PowerRecord, Store
from negres_core.experiment.decision import ALPHA, most_dof
from negres_core.power import Power, analyze_power, analyze_row_power
from negres_core.statistics import CellEstimate
from negres_core.statistics.row_estimate import RowEstimate


class KnownSpread(NamedTuple):
    """A standard deviation of cell differences, and the evidence that it comes from.

    Attributes:
        sd: the standard deviation, in the metric's unit.
        at_least: the lower limit of its 95% confidence interval.
        cell_count: the number of cells that it was estimated from.
        known_from: the evidence, in words.
        own: whether it is evidence of the same hypothesis.
    """

    sd: float
    at_least: float
    cell_count: int
    known_from: str
    own: bool = True


def forecast(
    store: Store, evidence: Evidence, claim: Claim, design: Design, *, announce: Callable[[str], None]
) -> PowerRecord | None:
    """Return what a design can decide, if earlier evidence exists, and announce it.

    Raises:
        InputError: no number of repeats can show the claim.
    """
    if design.scores_rows:
        # What is known of rows says nothing of a cost, which has no score for each row.
        known = known_rows(store, evidence) if evidence.claim.cost is None else None
        if known is None:
            return None
        estimate, known_from = known
        of_rows = analyze_row_power(design, estimate, alpha=ALPHA)
        announce(f"{evidence.title}, on {evidence.data.name}: {of_rows} (from {known_from})")
        return record_power(of_rows, known_from=known_from)
    spread = known_spread(store, evidence)
    if spread is None:
        return None
    limit = most_dof(claim, design.parts, evidence.data)
    power = analyze_power(design, sd=spread.sd, alpha=ALPHA, most_dof=limit)
    if spread.own:
        power.check(claim, sd_at_least=spread.at_least, known_from=spread.known_from)
    announce(f"{evidence.title}, on {evidence.data.name}: {power} (from {spread.known_from})")
    return record_power(power, known_from=spread.known_from)


def known_spread(store: Store, evidence: Evidence) -> KnownSpread | None:
    """Return the spread in earlier evidence on the same data and metric, or None if there is none.

    Evidence of the same hypothesis is preferred, then the evidence with the most cells. Other arms are only a guide.

    Args:
        store: where evidence is kept.
        evidence: the run that is about to begin.
    """
    arm_count = 1 if evidence.claim.kind == "reaches" else 2
    known = [
        (each.hypothesis == evidence.hypothesis, spread.cell_count, spread)
        for each in store.all_evidence()
        if not each.smoke
        and _same_question(each, evidence)
        and len(each.arms) == arm_count
        and (spread := spread_in(each)) is not None
    ]
    if not known:
        return None
    own, _, spread = max(known, key=lambda each: each[:2])
    return spread._replace(own=own)


def known_rows(store: Store, evidence: Evidence) -> tuple[RowEstimate, str] | None:
    """Return the estimate in earlier evidence of the same hypothesis on the same test rows, and which evidence it is.

    None if there is none. Other arms differ on other rows, and say nothing about these.
    """
    for each in reversed(store.all_evidence()):
        planned = evidence.design
        has_same_rows = (each.design.test, each.design.kind) == (planned.test, planned.kind)
        if each.hypothesis == evidence.hypothesis and has_same_rows and _same_question(each, evidence):
            estimate = None if each.estimate is None or each.smoke else each.estimate.as_estimate()
            if isinstance(estimate, RowEstimate):
                return estimate, f"{each.title!r}, {each.timings.started_at}"
    return None


def _same_question(one: Evidence, other: Evidence) -> bool:
    """Return whether two hypotheses ask about the same metric of the same output, on the same data."""
    questions = [(each.data.digest, each.claim.key, each.claim.output) for each in (one, other)]
    return questions[0] == questions[1]


def spread_in(evidence: Evidence) -> KnownSpread | None:
    """Return the spread of the differences in one hypothesis' evidence, or None if it has no estimate."""
    estimate = None if evidence.estimate is None else evidence.estimate.as_estimate()
    if not isinstance(estimate, CellEstimate):
        return None
    known_from = f"{estimate.cell_count} cells of {evidence.title!r}, {evidence.timings.started_at}"
    return KnownSpread(estimate.sd, estimate.sd_interval(0.95)[0], estimate.cell_count, known_from)


def record_power(power: Power, *, known_from: str) -> PowerRecord:
    """Return the record of what a design can decide."""
    return PowerRecord(
        sd=power.sd,
        known_from=known_from,
        detectable=power.detectable,
        equivalence=power.equivalence,
        floor=power.floor,
    )
