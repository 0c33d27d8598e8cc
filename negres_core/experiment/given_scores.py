"""Scores that were given: the results that follow from them, and whether evidence has these results."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import get_args

import numpy as np

from negres_core.claim import Claim
from negres_core.design import Design, FixedSplit, TimeSeries, fixed_split
from negres_core.errors import EvidenceError, InputError, NegresError
from negres_core.evidence import ArmRecord, ClaimRecord, DataRecord, Evidence, Spread, Store, read_scores
from negres_core.experiment.decision import Decision, decide, difference_of
from negres_core.experiment.row_scores import row_differences
from negres_core.run.arm import Role
from negres_core.scores import Cells, read_kept

EARLIER_PLAN = (
    "its finding does not follow from the records. Earlier versions of negres asked for too many seeds, at the level "
    "of those that there were: run the hypothesis again, or judge its scores again, which trains nothing"
)
TRAINED_ONLY = ("controls", "diagnosis", "small_runs", "pictures", "power")
"""Fields of evidence that only arms have which negres trained."""


def results_of(evidence: Evidence, cells: Cells, arms: Sequence[str]) -> Evidence:
    """Return evidence with the arms, differences, looks, estimate and verdict that follow from scores.

    With looks, the claim is judged repeat by repeat, and the repeats after the look that decided are not judged: a run
    would have ended there. A score that is not finite makes the claim invalid, wherever it is.

    Args:
        evidence: the evidence; its claim, design and data are used.
        cells: the scores.
        arms: the names of the arms, the treatment first.

    Raises:
        InputError: there are fewer repeats than planned, and a run would not have ended after them.
    """
    design, claim = evidence.design.as_design(), evidence.claim
    rows: np.ndarray | None = None
    if design.scores_rows:
        # (arms, seeds, rows), in one piece as those of a run are, so that sums are the same to the last digit.
        rows = np.ascontiguousarray(np.stack([each[0].T for each in cells.values]))
        _check_rows(rows, design)
        values = [_means_of_rows(each, design) for each in rows]
    else:
        values = [each.mean(axis=2) for each in cells.values]
    signed = None if rows is None else row_differences(rows, claim)
    decision, repeats = _decide(difference_of(values, claim), claim, design, evidence.data, signed)
    if repeats < design.repeats and not decision.final:
        raise InputError(
            "The table has fewer repeats than planned, and these do not decide the claim.",
            received=f"{repeats} of repeats={design.repeats}; so far {decision.verdict.verdict} "
            f"({decision.verdict.finding})",
            remedy=f"Run the other repeats and judge them together, or give repeats={repeats} if that was the plan.",
        )
    values = [each[:repeats] for each in values]
    return evidence.updated(
        arms=[
            _record_arm(role, name, claim.metric, each)
            for role, name, each in zip(get_args(Role), arms, values, strict=False)
        ],
        differences=difference_of(values, claim).tolist(),
        looks=decision.looks,
        estimate=decision.estimate,
        **({} if evidence.smoke else dataclasses.asdict(decision.verdict)),
    )


def recompute_scores(evidence: Evidence, store: Store) -> tuple[Evidence, Cells]:
    """Recompute the results of evidence from the table of scores that is kept with it, and return them with the scores.

    Raises:
        EvidenceError: the table is missing or was changed.
        InputError: the table is not one of the design.
    """
    content = read_scores(store, evidence)
    if content is None:
        raise EvidenceError(
            "The table of its scores is missing or was changed.",
            received=evidence.scores.file if evidence.scores else evidence.title,
            remedy="Judge the scores again.",
        )
    arms, design = [arm.recipe for arm in evidence.arms], evidence.design.as_design()
    cells = read_kept(content, arms=arms, design=design)
    return results_of(evidence, cells, arms), cells


def check_scores(evidence: Evidence, store: Store) -> list[str]:
    """Return everything that is wrong with evidence about scores that were given, one sentence each.

    Args:
        evidence: the evidence.
        store: where the table of its scores is.
    """
    problems = [f"it has {name}, which scores as given cannot have" for name in TRAINED_ONLY if getattr(evidence, name)]
    if any(arm.description or arm.budget or arm.replicates for arm in evidence.arms):
        problems.append("it has recipes or replicates, which scores as given cannot have")
    data = evidence.data
    if data.digest != DataRecord.of_scores(data.name, source="", rows=data.rows, groups=data.groups).digest:
        problems.append("the digest of its data set is not that of its name, its rows and its groups")
    try:
        with np.errstate(all="ignore"):  # a forged number may be near the end of the floats
            recomputed, cells = recompute_scores(evidence, store)
    except NegresError as error:
        return [*problems, f"it cannot be recomputed: {error.wrong}"]
    repeats = repeats_in(cells, evidence.design.as_design())
    if evidence.scores is None or repeats != evidence.scores.repeats:
        problems.append(f"its table of scores has {repeats} repeats, which is not what it says")
    return problems + differences_from(evidence, recomputed, source="its scores")


def differences_from(evidence: Evidence, recomputed: Evidence, *, source: str) -> list[str]:
    """Return what evidence says that does not follow from what it rests on, one sentence each.

    Args:
        evidence: the evidence.
        recomputed: the evidence, with its results computed again.
        source: what they were computed from, in words.
    """
    before, after = evidence.substance(), recomputed.substance()
    names = [name for name in after if before[name] != after[name]]
    is_planned = evidence.estimate is not None and evidence.estimate.components is not None
    if names == ["finding"] and evidence.verdict == "inconclusive" and is_planned:
        return [EARLIER_PLAN]
    return [f"{name} does not follow from {source}" for name in names]


def repeats_in(cells: Cells, design: Design) -> int:
    """Return the number of repeats in a table; the seeds of a fixed split are its repeats."""
    return design.repeats if design.scores_rows else cells.repeats


def _check_rows(rows: np.ndarray, design: Design) -> None:
    """Refuse scores of single rows, (arms, seeds, rows), that are not those that the design tests."""
    found, planned = rows.shape[2], None
    if isinstance(design, FixedSplit):
        planned = design.test.count
    elif isinstance(design, TimeSeries):
        planned = design.splits * design.test if design.test else found // design.splits * design.splits
    if found != planned:
        raise InputError(
            "The rows of the table are not the test rows of the design.",
            received=f"{found} rows for {design.layout()}",
            remedy="Give every test row of the design once, and no other.",
        )
    least = design.least_test_rows if isinstance(design, TimeSeries) else fixed_split.LEAST_TEST_ROWS
    if found < least:
        raise InputError(
            f"Fewer than {least} test rows are too few to tell the spread between them.",
            received=f"{found} rows for {design.layout()}",
            remedy="Test on more rows, or judge the scores of cells, by KFolds.",
        )


def _means_of_rows(rows: np.ndarray, design: Design) -> np.ndarray:
    """Return the metric of an arm in each cell, (repeats, folds), from the scores of its rows, (seeds, rows)."""
    if design.kind == "time series":
        of_folds: np.ndarray = rows.mean(axis=0).reshape(1, design.folds, -1).mean(axis=2)
        return of_folds
    of_seeds: np.ndarray = rows.mean(axis=1, keepdims=True)
    return of_seeds


def _decide(
    differences: np.ndarray, claim: ClaimRecord, design: Design, data: DataRecord, rows: np.ndarray | None
) -> tuple[Decision, int]:
    """Return the decision, and the number of repeats that it rests on."""
    told: Claim = claim.as_claim()
    repeats = len(differences)
    if design.looks and np.isfinite(differences).all():
        for repeat in range(1, repeats):
            decision = decide(differences[:repeat], told, design, data=data, alpha=claim.alpha)
            if decision.verdict.verdict in ("supported", "refuted"):
                return decision, repeat
    return decide(differences, told, design, data=data, rows=rows, alpha=claim.alpha), repeats


def _record_arm(role: Role, name: str, metric: str, values: np.ndarray) -> ArmRecord:
    """Return the record of an arm of which nothing but the scores is known: (repeats, folds), seeds averaged."""
    with np.errstate(invalid="ignore"):  # a score may be infinite
        spread = Spread(mean=values.mean(), sd=values.std(ddof=1), min=values.min(), max=values.max())
    return ArmRecord(
        role=role,
        recipe=name,
        description=None,
        budget=None,
        metrics={metric: spread},
        values=values.tolist(),
        replicates=[],
    )
