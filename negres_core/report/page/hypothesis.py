"""One hypothesis of the page: everything that the template shows, made from its records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

from negres_core.evidence import DiagnosisRecord, Entry, Evidence
from negres_core.report.layout import plural
from negres_core.report.page.arms import Fact, Replicates, compare_arms
from negres_core.report.page.background import Registered, provenance_of, registrations, sources_of
from negres_core.report.page.checks import Checks, Control, sort_checks
from negres_core.report.page.curves import draw_curves
from negres_core.report.page.disagreement import (
    ClassCount,
    Part,
    parts_in_words,
    parts_of,
    predicted_classes,
    rows_apart,
)
from negres_core.report.page.forest import draw_forest, draw_parts
from negres_core.report.page.images import Image
from negres_core.report.page.looks import draw_looks, saved_in_words
from negres_core.report.page.searchable import Searchable
from negres_core.report.page.sentences import state_claim, state_expectation, state_limits, state_verdict
from negres_core.report.page.shell_commands import ShellCommand, commands_for
from negres_core.report.page.timeline import Span, draw_timeline, lanes_of, spans_of
from negres_core.report.page.timeline import describe as describe_timeline
from negres_core.report.page.trend import Trend, trend_of
from negres_core.report.table import Row, row_of
from negres_core.report.tuning import describe_tuning

KINDS = ("supported", "refuted", "inconclusive", "invalid", "none")
"""Verdicts by which the page filters, the last for runs without one."""


@dataclass(frozen=True)
class Sources:
    """What the views of all hypotheses are made from.

    Attributes:
        replicates: the replicates of a hypothesis by id; none before its view is made.
        entries: the entries of the ledger; None if there is none to trust.
        family: the corrected p-value of every hypothesis of the family.
        controls: the controls of this version of negres.
        limits: for each metric the ends of the scale that its hypotheses share, see `shared_ranges`.
        folder: the evidence folder, as it was given.
        history: the runs of each hypothesis with their folders, the oldest first, if a history was asked for.
    """

    replicates: Replicates
    entries: Sequence[Entry] | None
    family: Mapping[str, float]
    controls: Sequence[Control]
    limits: Mapping[tuple[str, str, bool], tuple[float, float]]
    folder: str
    history: Mapping[str, Sequence[tuple[str, Evidence]]] = field(default_factory=dict)


@dataclass(frozen=True)
class View(Searchable):
    """One hypothesis as the template shows it.

    Attributes:
        anchor: its id on the page.
        kind: one of `KINDS`.
        is_surprise: whether the verdict is not the expected one.
        evidence: the record, for single facts.
        row: its row in the table, in the words of `negres table`.
        order: for each column that can be sorted, the number that it is sorted by; None if there is none.
        claim: the claim, in a sentence.
        verdict: the verdict, in sentences.
        expectation: whether it was expected, in a sentence.
        limits: what it does not show.
        forest: the forest plot.
        looks: the figure of the looks.
        saved: what the looks saved, in a sentence.
        trend: effect and verdict over runs, if several are known.
        roles: roles of the arms.
        facts: the arms side by side.
        tuning: how arms were tuned, in lines.
        curves: learning curves.
        images: pictures.
        parts: the parts of the test rows.
        parts_figure: their effects.
        apart: where single rows differ, in sentences.
        classes: predicted classes.
        checks: the controls.
        diagnosis: faults that match.
        timeline: the timeline of the run.
        timeline_text: what it shows, or why there is none.
        registered: entries of the ledger.
        provenance: names and texts.
        sources: names and sources of functions.
        commands: what a reader can run.
    """

    anchor: str
    kind: str
    is_surprise: bool
    evidence: Evidence
    row: Row
    order: Mapping[str, float | None]
    claim: str
    verdict: Sequence[str]
    expectation: str
    limits: str
    forest: Markup | None
    looks: Markup | None
    saved: str
    trend: Trend | None
    roles: Sequence[str]
    facts: Sequence[Fact]
    tuning: Sequence[str]
    curves: Sequence[Markup]
    images: Sequence[Image]
    parts: Sequence[Part]
    parts_figure: Markup | None
    apart: Sequence[str]
    classes: Sequence[ClassCount]
    checks: Checks
    diagnosis: Sequence[DiagnosisRecord]
    timeline: Markup | None
    timeline_text: str
    registered: Sequence[Registered]
    provenance: Sequence[tuple[str, str]]
    sources: Sequence[tuple[str, str]]
    commands: Sequence[ShellCommand]


def anchor_of(hypothesis: str) -> str:
    """Return the id of a hypothesis on the page, the same in every page."""
    return f"h-{hashlib.sha256(hypothesis.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def make_view(
    evidence: Evidence,
    known: Sources,
    *,
    siblings: Sequence[Evidence],
    scale: tuple[float, float],
    scores: np.ndarray | None,
    images: Sequence[Image],
) -> View:
    """Return the view of one hypothesis.

    Args:
        evidence: the hypothesis.
        known: what all views are made from.
        siblings: evidence of the same test function.
        scale: the ends of the scale of its forest plot.
        scores: the scores of single test rows, if the design has them and they can be trusted.
        images: its pictures.
    """
    anchor = anchor_of(evidence.hypothesis)
    runs = known.history.get(evidence.hypothesis, ())
    estimate, lanes = evidence.estimate, lanes_of(_spans(evidence, known.replicates))
    return View(
        anchor=anchor,
        kind=evidence.verdict or "none",
        is_surprise=evidence.outcome == "surprise",
        evidence=evidence,
        row=row_of(evidence, known.family),
        order={
            "effect": estimate.effect if estimate else None,
            "cells": float(sum(map(len, evidence.differences))),
            "p": known.family.get(evidence.hypothesis) if evidence.p_value is not None else None,
            "time": evidence.timings.wall_s,
        },
        claim=state_claim(evidence),
        verdict=state_verdict(evidence),
        expectation=state_expectation(evidence),
        limits=state_limits(evidence),
        forest=draw_forest(evidence, scale, id=f"{anchor}-forest"),
        looks=(looks := draw_looks(evidence, id=f"{anchor}-looks")),
        saved=saved_in_words(evidence) if looks is not None else "",
        trend=trend_of(runs, id=f"{anchor}-trend") if len(runs) > 1 else None,
        roles=[arm.role for arm in evidence.arms],
        facts=compare_arms(evidence, known.replicates),
        tuning=describe_tuning(evidence.arms),
        curves=_curves(evidence, known.replicates, anchor),
        images=images,
        parts=parts_of(evidence),
        parts_figure=draw_parts(evidence, id=f"{anchor}-parts"),
        apart=list(filter(None, [parts_in_words(evidence), *rows_apart(evidence, scores)])),
        classes=predicted_classes(evidence, known.replicates),
        checks=sort_checks(evidence, known.controls),
        diagnosis=evidence.diagnosis,
        timeline=draw_timeline(lanes, wall_s=evidence.timings.wall_s, id=f"{anchor}-time"),
        timeline_text=describe_timeline(lanes),
        registered=registrations(evidence, known.entries),
        provenance=provenance_of(evidence),
        sources=sources_of(evidence),
        commands=commands_for(evidence, siblings, folder=known.folder),
    )


def replicate_ids(evidence: Evidence) -> list[str]:
    """Return the ids of all replicates that a view is made from, those of small runs included."""
    lists = [ids for arm in evidence.arms for ids in arm.replicates]
    lists += [ids for stages in evidence.small_runs.values() for ids in stages]
    return list(dict.fromkeys(id for ids in lists for id in ids))


def _curves(evidence: Evidence, replicates: Replicates, anchor: str) -> list[Markup]:
    """Return the training losses, and metrics on validation rows; those that cannot be compared apart."""
    cost = evidence.claim.cost
    claimed = (cost.metric if cost else None) or "the watched metric"
    curves: dict[tuple[str, str], dict[str, list[Sequence[float | None]]]] = {}
    for arm in evidence.arms:
        stage = arm.description.stages[-1] if arm.description and arm.description.stages else None
        loss = f"{stage.loss}{stage.objective}" if stage else ""
        monitored = stage.monitor.metric if stage and stage.monitor else claimed
        for replicate in filter(None, map(replicates.get, arm.own_replicates)):
            known = {("training loss", loss): replicate.curve}
            for metric, values in ((monitored, replicate.monitored), (claimed, replicate.validation)):
                known |= {(f"{metric}, on validation rows,", ""): values} if values else {}
            for key, values in known.items():
                curves.setdefault(key, {}).setdefault(arm.role, []).append(values)
    figures = [
        draw_curves(by_arm, what=what, id=f"{anchor}-curve{place}")
        for place, ((what, _), by_arm) in enumerate(curves.items())
    ]
    return [figure for figure in figures if figure is not None]


def _spans(evidence: Evidence, replicates: Replicates) -> list[Span]:
    roles: dict[str, str | None] = dict.fromkeys(replicate_ids(evidence))
    shared = set()
    for arm in evidence.arms:
        for id in dict.fromkeys(id for ids in arm.replicates for id in ids):
            shared |= {id} if roles.get(id) is not None else set()
            roles[id] = arm.role
    # A stage that two arms share belongs to neither.
    found = [(None if id in shared else role, each) for id, role in roles.items() if (each := replicates.get(id))]
    return spans_of(found, started_at=evidence.timings.started_at)


def summarize(views: Sequence[View]) -> list[tuple[str, int]]:
    """Return how many hypotheses have each verdict, in the order of `KINDS`; "none" only if there are any."""
    counts = [(kind, sum(view.kind == kind for view in views)) for kind in KINDS]
    return [(kind, count) for kind, count in counts if count or kind != "none"]


def count_in_words(views: Sequence[View]) -> str:
    """Return how many hypotheses there are, and how many surprises, in words."""
    surprises = sum(view.is_surprise for view in views)
    total = plural(len(views), "hypothesis", "hypotheses")
    return f"{total}, {plural(surprises, 'surprise')}" if surprises else f"{total}, no surprise"
