"""Where the arms of a hypothesis disagree: the parts of the test rows, single rows, and predicted classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from negres_core.evidence import Evidence, Replicate
from negres_core.report.layout import plural, show_interval, show_number

MOST_ROWS = 20
"""Most single rows that are named."""

ORDERS = {"rows": "the order of the test rows", "groups": "the sorted order of the groups"}
"""How the columns of scores are ordered. Blocks are drawn at random, so that their numbers say nothing."""
UNNAMED = "The metric is not a mean over rows, so it is judged by random blocks of rows: no single row can be named."


class Part(NamedTuple):
    """A part of the test rows, as texts."""

    part: str
    rows: str
    effect: str
    interval: str
    better: str
    worse: str


class ClassCount(NamedTuple):
    """How often the arms predict a class, in all their replicates: treatment arm first."""

    label: str
    counts: list[int]


def parts_of(evidence: Evidence) -> list[Part]:
    """Return the parts of the test rows, all rows first."""
    return [
        Part(
            each.part,
            f"{each.rows:,}",
            show_number(each.effect, sign=True),
            show_interval(each.interval_95),
            f"{each.better:,}",
            f"{each.worse:,}",
        )
        for each in evidence.parts
    ]


def rows_apart(evidence: Evidence, scores: np.ndarray | None) -> list[str]:
    """Return the test rows on which one arm is better under every seed, in sentences.

    Args:
        evidence: the hypothesis.
        scores: the scores of single rows, (arms, seeds, columns); None if there are none.
    """
    if scores is None or len(scores) != 2 or evidence.row_scores is None:
        return []
    unit = evidence.row_scores.unit
    sign = 1 if evidence.claim.higher_is_better else -1
    apart = sign * (scores[0] - scores[1])
    sentences = []
    for role, is_better in (("treatment", (apart > 0).all(axis=0)), ("control", (apart < 0).all(axis=0))):
        places = np.flatnonzero(is_better)
        if not len(places):
            sentences.append(f"The {role} arm is better under every seed on none of the {scores.shape[2]:,} {unit}.")
            continue
        counted = f"The {role} arm is better under every seed on {len(places):,} of {scores.shape[2]:,} {unit}."
        if unit not in ORDERS:
            sentences.append(counted)
            continue
        # The rows that differ most come first; of those that differ alike, the first.
        order = np.argsort(-np.abs(apart.mean(axis=0)[places]), kind="stable")[:MOST_ROWS]
        named = ", ".join(str(place) for place in sorted(places[order].tolist()))
        more = f", and {len(places) - MOST_ROWS:,} more" if len(places) > MOST_ROWS else ""
        sentences.append(f"{counted} Counted from 0 in {ORDERS[unit]}: {named}{more}.")
    return sentences if unit in ORDERS else [*sentences, UNNAMED]


def predicted_classes(evidence: Evidence, replicates: Mapping[str, Replicate | None]) -> list[ClassCount]:
    """Return how many test rows each arm predicts as each class, over all its replicates; [] if not recorded."""
    totals = []
    for arm in evidence.arms:
        found = [replicates.get(id) for id in arm.own_replicates]
        counts = [each.predictions.counts for each in found if each is not None and each.predictions.counts]
        if not counts or len({len(each) for each in counts}) > 1:
            return []
        totals.append([sum(column) for column in zip(*counts, strict=True)])
    if not totals or len({len(each) for each in totals}) > 1:
        return []
    columns = [list(column) for column in zip(*totals, strict=True)]
    names = evidence.data.labels or ()
    # A network may have more outputs than there are classes.
    labels = [*names, *map(str, range(len(names), len(columns)))][: len(columns)]
    return [ClassCount(label, column) for label, column in zip(labels, columns, strict=True)]


def parts_in_words(evidence: Evidence) -> str:
    """Return on how many rows the arms differ under every seed, in a sentence; "" if single rows are not judged."""
    if not evidence.parts:
        return ""
    whole = evidence.parts[0]
    return (
        f"Of {plural(whole.rows, 'test row')}, the treatment arm is better on {whole.better:,} under every seed, and "
        f"worse on {whole.worse:,}. Parts only hint at where the arms differ; they do not affect the verdict."
    )
