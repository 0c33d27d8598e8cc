"""The page of a comparison: what changed between two evidence folders, hypothesis by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.change import Change
from negres_core.report.changes import (
    arrow,
    change_in_words,
    differences_of_environments,
    effect_of,
    summarize,
    times_in_words,
    verdict_of,
)
from negres_core.report.layout import plural, show_interval, show_number, sort_naturally
from negres_core.report.moved import MovedField, moved_fields
from negres_core.report.page.canvas import drawing
from negres_core.report.page.changed_effect import ScaleKey, draw_change, limits_of
from negres_core.report.page.families import family_name
from negres_core.report.page.forest import draw_forest, scale_key
from negres_core.report.page.hypothesis import anchor_of
from negres_core.report.page.searchable import Searchable
from negres_core.report.page.sentences import state_claim, state_expectation, state_verdict
from negres_core.report.page.template import fill

KINDS = ("flip", "surprise", "effect", "slower", "incomparable", "alone", "same")
"""Changes by which the page filters; a hypothesis may have several of them."""
SLOWER = 1.2
"""Ratio of seconds above which an arm counts as slower, unless --fail-on names another one."""
MOST_FIELDS = 40
"""Most fields of a hypothesis that are shown."""
SIDES = ("before", "after")
Limits = Mapping[ScaleKey, tuple[float, float]]


@dataclass(frozen=True)
class Side:
    """One run of a hypothesis.

    Attributes:
        name: "before" or "after".
        kind: its verdict; "none" without one.
        judgement: the verdict with its finding, or why there is none.
        sentences: the verdict, and whether it was expected, in sentences.
    """

    name: str
    kind: str
    judgement: str
    sentences: Sequence[str]

    @classmethod
    def of(cls, name: str, evidence: Evidence) -> Side:
        """Return the side of a run."""
        sentences = [*state_verdict(evidence), state_expectation(evidence)]
        judgement = evidence.judgement or verdict_of(evidence)
        return cls(name, evidence.verdict or "none", judgement, list(filter(None, sentences)))


@dataclass(frozen=True)
class ChangeView(Searchable):
    """The change of one hypothesis as the template shows it.

    Attributes:
        anchor: its id on the page.
        kinds: those of `KINDS` that apply.
        evidence: the latest run.
        sides: both runs, or the only one.
        effect: the effects, in words.
        change: the change of the effect; "" if there is none.
        interval: its interval.
        times: the ratio of the seconds of each arm.
        order: for each column that is sorted by a number, the number; None if there is none.
        claims: the claim, in a sentence; before and after if it differs.
        sentences: what changed.
        figures: the runs and their change on one scale; each run by itself if they have no common scale.
        moved: the fields of the hypothesis that differ.
        environment: what differs between the environments of the runs, as a name and both values.
    """

    anchor: str
    kinds: Sequence[str]
    evidence: Evidence
    sides: Sequence[Side]
    effect: str
    change: str
    interval: str
    times: Sequence[str]
    order: Mapping[str, float | None]
    claims: Sequence[str]
    sentences: Sequence[str]
    figures: Sequence[Markup]
    moved: Sequence[MovedField]
    environment: Sequence[tuple[str, str]]


def render(
    changes: Sequence[Change],
    *,
    missing: tuple[Sequence[Evidence], Sequence[Evidence]],
    names: tuple[str, str],
    slower: float = SLOWER,
) -> str:
    """Render what changed between two folders as one HTML page, which needs no other file.

    Args:
        changes: the change of each hypothesis that both folders have.
        missing: the hypotheses that only the first and only the second folder has.
        names: how the folders are called.
        slower: the ratio of seconds above which an arm counts as slower.
    """
    before, after = [each.before for each in changes], [each.after for each in changes]
    records = [*before, *after, *missing[0], *missing[1]]
    limits = limits_of(changes, records)
    with drawing():
        views = [_view_of(each, limits, slower=slower) for each in changes]
        for side, alone in zip(SIDES, missing, strict=True):
            views += [_view_of_one(each, limits, side=side) for each in alone]
    views = sort_naturally(views, key=lambda view: view.evidence.hypothesis)
    return fill(
        "comparison.html",
        page="Comparison",
        kind="change",
        views=views,
        counts=[(kind, sum(kind in view.kinds for view in views)) for kind in KINDS],
        words={
            "flip": "verdict flipped",
            "surprise": "new surprise",
            "effect": "effect clearly changed",
            "slower": f"slower, above x{slower:g}",
            "incomparable": "effects not comparable",
            "alone": "in one folder only",
            "same": "none of these",
        },
        families=sorted({family_name(each) for each in records}),
        summary=summarize(changes),
        names=names,
        environment=differences_of_environments(before, after),
        independent=any(view.interval.endswith("*") for view in views),
        most_fields=MOST_FIELDS,
    )


def _view_of(change: Change, limits: Limits, *, slower: float) -> ChangeView:
    before, after = change.before, change.after
    anchor = anchor_of(after.hypothesis)
    claims = [state_claim(before), state_claim(after)]
    shift, interval = change_in_words(change)
    return ChangeView(
        anchor=anchor,
        kinds=_kinds_of(change, slower),
        evidence=after,
        sides=[Side.of(name, each) for name, each in _named(change)],
        effect=arrow(effect_of(before), effect_of(after), "→"),
        change=shift,
        interval=interval,
        times=times_in_words(change),
        order={
            "effect": after.estimate.effect if after.estimate else None,
            "change": None if change.effect is None else change.effect.change,
            "time": max(change.times.values(), default=None),
        },
        claims=claims[1:] if claims[0] == claims[1] else [f"Before: {claims[0]}", f"After: {claims[1]}"],
        sentences=state_change(change),
        figures=_figures(change, limits, anchor),
        moved=moved_fields(before, after, change.moved),
        environment=differences_of_environments([before], [after]),
    )


def _figures(change: Change, limits: Limits, anchor: str) -> list[Markup]:
    figure = draw_change(change, limits[scale_key(change.after)], id=f"{anchor}-change")
    if figure is not None:
        return [figure]
    each = [draw_forest(run, limits[scale_key(run)], id=f"{anchor}-{name}") for name, run in _named(change)]
    return [figure for figure in each if figure is not None]


def _named(change: Change) -> list[tuple[str, Evidence]]:
    return list(zip(SIDES, (change.before, change.after), strict=True))


def _view_of_one(evidence: Evidence, limits: Limits, *, side: str) -> ChangeView:
    anchor = anchor_of(evidence.hypothesis)
    figure = draw_forest(evidence, limits[scale_key(evidence)], id=f"{anchor}-{side}")
    other = {"before": "second", "after": "first"}[side]
    return ChangeView(
        anchor=anchor,
        kinds=["alone"],
        evidence=evidence,
        sides=[Side.of(side, evidence)],
        effect=effect_of(evidence),
        change="",
        interval="",
        times=[],
        order={"effect": evidence.estimate.effect if evidence.estimate else None, "change": None, "time": None},
        claims=[state_claim(evidence)],
        sentences=[f"The {other} folder does not have this hypothesis, so there is nothing to compare it with."],
        figures=[figure] if figure is not None else [],
        moved=[],
        environment=[],
    )


def _kinds_of(change: Change, slower: float) -> list[str]:
    found = {
        "flip": change.is_flip,
        "surprise": change.is_new_surprise,
        "effect": change.effect is not None and change.effect.is_clear,
        "slower": any(ratio > slower for ratio in change.times.values()),
        "incomparable": change.incomparable is not None,
    }
    return [kind for kind, applies in found.items() if applies] or ["same"]


def state_change(change: Change) -> list[str]:
    """Return what changed, in sentences."""
    return [*_verdict_sentences(change), *_effect_sentences(change), *_other_sentences(change)]


def _verdict_sentences(change: Change) -> list[str]:
    before, after = change.before, change.after
    if change.is_flip:
        sentences = [f"The verdict flipped: it was {before.verdict}, and it is {after.verdict}."]
    elif before.verdict is not None and before.verdict == after.verdict:
        sentences = [f"The verdict is the same: {after.verdict}."]
    else:
        without = [name for name, each in (("first", before), ("second", after)) if each.verdict is None]
        sentences = [f"The verdicts cannot be compared: there is none for the {' and the '.join(without)} run."]
    if change.is_new_surprise:
        sentences.append("The second run is a surprise, but the first run was not.")
    return sentences


def _effect_sentences(change: Change) -> list[str]:
    if change.incomparable is not None:
        return [f"The effects cannot be compared: {change.incomparable}."]
    if change.effect is None:
        return []
    if change.effect.interval_95 is None:
        return ["The difference in every cell is unchanged, so the effect is the same."]
    amount = f"{show_number(change.effect.change, sign=True)} {show(change.after.claim.unit)}"
    excludes = "which excludes 0" if change.effect.is_clear else "which includes 0"
    judged = (
        "It is judged cell by cell, over the cells that both runs have."
        if change.effect.paired
        else "The runs count as independent, which makes the interval too wide if they share rows."
    )
    interval = show_interval(change.effect.interval_95)
    return [f"The effect changed by {amount}, with the 95% interval {interval}, {excludes}.", judged]


def _other_sentences(change: Change) -> list[str]:
    sentences = []
    if change.times:
        ratios = " and ".join(f"{ratio:.2f} for the {role} arm" for role, ratio in change.times.items())
        sentences.append(f"The ratio of the seconds per replicate, after divided by before, is {ratios}.")
    if change.moved:
        parts = plural(len(change.moved), "part")
        sentences.append(f"{parts} of the hypothesis changed: {', '.join(change.moved)}.")
    else:
        sentences.append("The claim, the data, the design and the arms are the same in both runs.")
    return sentences
