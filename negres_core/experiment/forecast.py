"""Foresight: what earlier evidence tells, before training, of how the differences of a run's cells will spread."""

from __future__ import annotations

from typing import NamedTuple

from negres_core.evidence import Evidence, PowerRecord, Store
from negres_core.power import Power


class Spread(NamedTuple):
    """A standard deviation of cell differences, and what it is known from.

    Attributes:
        sd: the standard deviation, in the metric's unit.
        at_least: the lower end of its 95% interval.
        cells: how many cells it was seen in.
        known_from: the evidence it is known from, in words.
        own: whether that is evidence of the hypothesis itself.
    """

    sd: float
    at_least: float
    cells: int
    known_from: str
    own: bool = True


def known_spread(store: Store, evidence: Evidence) -> Spread | None:
    """Return the spread that earlier evidence on the same data and metric tells, or None where there is none.

    That of the same hypothesis comes first, then that of most cells: other arms are a guide, no more.

    Args:
        store: where evidence is kept.
        evidence: the run that is about to begin.
    """
    arms = 1 if evidence.claim["kind"] == "reaches" else 2
    known = [
        (each.hypothesis == evidence.hypothesis, spread.cells, spread)
        for each in store.all_evidence()
        if not each.smoke
        and (each.data["digest"], each.claim["metric"]) == (evidence.data["digest"], evidence.claim["metric"])
        and len(each.arms) == arms
        and (spread := spread_in(each)) is not None
    ]
    if not known:
        return None
    own, _, spread = max(known, key=lambda each: each[:2])
    return spread._replace(own=own)


def spread_in(evidence: Evidence) -> Spread | None:
    """Return the spread of an evidence's own differences, or None where it has no estimate."""
    if (told := evidence.estimate) is None:
        return None
    known_from = f"{told.cells} cells of {evidence.title!r}, {evidence.timings.started_at}"
    return Spread(told.sd, told.as_estimate().sd_interval(0.95)[0], told.cells, known_from)


def record_power(prospect: Power, *, known_from: str) -> PowerRecord:
    """Return what a design can decide as it is recorded."""
    return PowerRecord(
        sd=prospect.sd,
        known_from=known_from,
        detectable=prospect.detectable,
        equivalence=prospect.equivalence,
        floor=prospect.floor,
    )
