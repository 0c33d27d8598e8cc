"""Recheck: recompute a hypothesis from the records of its replicates, or from the scores that were given.

What does not fit together in the records is found. Nothing is trained, and no model or data set is read, so invented
numbers whose digests are right cannot be found.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from negres_core.controls.waivers import NOT_WAIVABLE
from negres_core.errors import EvidenceError, NegresError
from negres_core.evidence import ClaimRecord, Entry, Evidence, Store
from negres_core.experiment.costs import claimed_costs, restriction_of
from negres_core.experiment.decision import (
    ALPHA,
    Decision,
    decide,
    difference_of,
    spread_of,
    spreads_of,
    values_of,
)
from negres_core.experiment.given_scores import check_scores, differences_from, recompute_scores
from negres_core.experiment.registration_checks import check_registration
from negres_core.experiment.replicate_checks import Trained, check_replicates, find_replicates
from negres_core.experiment.row_scores import row_differences
from negres_core.experiment.seal_checks import check_seal
from negres_core.experiment.tuning_checks import check_tuning
from negres_core.files import digest_regular
from negres_core.metrics import find_metric
from negres_core.verdict import invalid

MOST_PICTURE_BYTES = 1 << 26
"""Most bytes of a picture."""
EARLIER_RULE = (
    "it was decided by the rule of an earlier version of negres, which this version does not have: run the hypothesis "
    "again, which reuses its replicates, or verify it with the version that it names"
)
ROW_ROUNDING = 1e-4
"""How far a metric may be from the mean of the scores of its rows: they are kept as float32, and a stored model that
predicts again sums in another order."""
RESULTS = (
    *("arms", "differences", "looks", "estimate", "verdict", "finding", "explanation", "p_value", "controls"),
    "outcome",
)
"""Fields that only a finished run has."""


def recheck(evidence: Evidence, store: Store, entries: Sequence[Entry] | None) -> list[str]:
    """Return everything that is wrong with the evidence of a hypothesis, one sentence each; empty if it is sound.

    The findings of controls are taken from the evidence.

    Args:
        evidence: the evidence.
        store: where its replicates are.
        entries: the entries of the ledger, oldest first; None if there is no ledger.
    """
    problems = _check_claim(evidence, store)
    if evidence.status == "started":
        kept = [name for name in RESULTS if getattr(evidence, name) not in (None, [])]
        return [*problems, *(f"an interrupted run has no {name}" for name in kept)]
    arms, missing = find_replicates(evidence, store)
    if missing:
        return [*problems, *missing]
    problems += check_registration(evidence, arms, entries) + check_seal(evidence, entries)
    if not evidence.arms:
        return problems + _check_untrained(evidence)
    roles = [arm.role for arm in evidence.arms]
    if roles != (["treatment"] if evidence.claim.kind == "reaches" else ["treatment", "control"]):
        return [*problems, f"its arms are {', '.join(roles)}, which a claim of this kind does not have"]
    if evidence.scores is not None:
        return problems + check_scores(evidence, store)
    wrong = check_replicates(evidence, arms, _older_digests(evidence, entries or ()))
    wrong = wrong or check_tuning(evidence, arms, store)
    if wrong:
        return problems + wrong
    estimate = evidence.estimate
    if estimate is not None and estimate.scope is None and estimate.skewness is None:
        return [*problems, EARLIER_RULE]
    try:
        rows = store.read_row_scores(evidence)
        if wrong := _check_rows(evidence, rows):
            return problems + wrong
        with np.errstate(all="ignore"):  # a forged number may be near the end of the floats
            recomputed = _recompute(evidence, arms, rows)
    except NegresError as error:
        return [*problems, f"it cannot be recomputed: {error.wrong}"]
    return problems + _differences(evidence, recomputed, arms, rows)


def recompute(evidence: Evidence, store: Store) -> Evidence:
    """Recompute the metrics, differences, estimate and verdict of a hypothesis from its replicates or its scores.

    Raises:
        EvidenceError: a replicate, or the table of scores, is missing or cannot be trusted.
    """
    if evidence.scores is not None:
        return recompute_scores(evidence, store)[0]
    arms, missing = find_replicates(evidence, store)
    if missing:
        raise EvidenceError(
            f"Replicates of {evidence.title!r} are missing or damaged.",
            received="; ".join(missing),
            remedy="Run the hypothesis again; it trains the missing replicates.",
        )
    return _recompute(evidence, arms, store.read_row_scores(evidence)) if arms else evidence


def _recompute(evidence: Evidence, arms: Sequence[Trained], rows: np.ndarray | None) -> Evidence:
    design = evidence.design.as_design()
    costs = claimed_costs([stages for _, stages in arms], evidence.claim, design)
    records = []
    for place, (arm, stages) in enumerate(arms):
        # The replicates may have more metrics by now, which other hypotheses added to them.
        names = [name for name in arm.metrics if costs is None or name != evidence.claim.key]
        metrics = spreads_of(stages[-1], design, names)
        if costs is None:
            values = values_of(stages[-1], evidence.claim.key, design)
        else:
            values = costs[place].values
            metrics[evidence.claim.key] = spread_of(values)
        unreached = costs[place].unreached if costs else None
        records.append(arm.updated(metrics=metrics, values=values.tolist(), unreached=unreached))
    differences = difference_of([arm.values for arm in records], evidence.claim)
    decision = _decide(differences, evidence, arms, rows)
    return evidence.updated(
        arms=records,
        differences=differences.tolist(),
        estimate=decision.estimate,
        looks=decision.looks,
        **({} if evidence.smoke else dataclasses.asdict(decision.verdict)),
    )


def _decide(differences: np.ndarray, evidence: Evidence, arms: Sequence[Trained], rows: np.ndarray | None) -> Decision:
    claim, design = evidence.claim.as_claim(), evidence.design.as_design()
    costs = claimed_costs([stages for _, stages in arms], evidence.claim, design)
    return decide(
        differences,
        claim,
        design,
        evidence.controls,
        data=evidence.data,
        rows=None if rows is None else row_differences(rows, evidence.claim),
        alpha=evidence.claim.alpha,
        restriction=restriction_of(costs, [arm.role for arm, _ in arms], evidence.claim),
    )


def _check_rows(evidence: Evidence, rows: np.ndarray | None) -> list[str]:
    """Return how the scores of single rows differ from the metrics of the arms, which are their means."""
    if not evidence.design.as_design().scores_rows or evidence.claim.cost is not None:
        return [] if rows is None else ["it has scores of single rows, which its design does not judge"]
    values = [np.array(arm.values, dtype=float) for arm in evidence.arms]
    if rows is None:
        finite = all(np.isfinite(each).all() for each in values)
        return ["it has no scores of single rows, by which its design judges"] if finite else []
    if len(rows) != len(values):
        return [f"it has scores of single rows of {len(rows)} arms, and {len(values)} arms"]
    problems = []
    for arm, scores, recorded in zip(evidence.arms, rows, values, strict=True):
        repeats, folds = recorded.shape
        if evidence.design.kind == "time series":
            # The folds have equal numbers of rows, one after the other in time; seeds are averaged.
            parts = np.array_split(scores.mean(axis=0), folds)
            means = np.array([[part.mean() for part in parts]])
        else:
            means = scores.mean(axis=1)[:, None]
        if means.shape != (repeats, folds) or not np.allclose(means, recorded, rtol=ROW_ROUNDING, atol=ROW_ROUNDING):
            problems.append(f"{arm.role} arm: the scores of single rows do not have its metric as their mean")
    return problems


def _check_claim(evidence: Evidence, store: Store) -> list[str]:
    """Return what is wrong with the parts that need no replicate."""
    problems = []
    if evidence.claim.alpha != ALPHA:
        problems.append(f"its level is {evidence.claim.alpha:g}, and every claim has {ALPHA:g}")
    problems += [f"it says that {name} is better when it is not" for name in _misread(evidence.claim, evidence)]
    is_mixture = re.search(r"[\[-]mix-[0-9a-f]{12}[]-]", evidence.hypothesis) is not None
    if (evidence.kind == "mixture") != is_mixture:
        problems.append("it is called a mixture of a bisection, and its test is not one, or the reverse")
    if evidence.smoke:
        is_judged = evidence.verdict is not None and bool(evidence.arms or evidence.verdict != "invalid")
        if is_judged or (evidence.p_value, evidence.outcome, evidence.registration) != (None, None, None):
            problems.append("a smoke run has no verdict, no outcome and no registration")
    elif evidence.outcome == "as expected" and evidence.expected not in (None, evidence.verdict):
        problems.append(f"its outcome is called expected, and {evidence.expected} was expected")
    names = [finding.control for finding in evidence.controls]
    if len(set(names)) < len(names):
        problems.append("it has two findings of one control")
    if evidence.status == "finished" and bool(names) != (evidence.controlled != "none"):
        problems.append(f"it says that its controls were: {evidence.controlled}, and has {len(names)} findings")
    problems += [
        f"it has another reason for waiving {finding.control} in its finding"
        for finding in evidence.controls
        if finding.waived != evidence.waived.get(finding.control)
    ]
    problems += [f"it waives {name}, which cannot be waived" for name in NOT_WAIVABLE & evidence.waived.keys()]
    if evidence.small_runs and evidence.controlled != "all":
        problems.append("it has small runs, which only the controls that it says did not run need")
    folder = store.evidence_folder(evidence.hypothesis)
    for picture in evidence.pictures:
        try:
            sha256 = digest_regular(folder / picture.file, most_bytes=MOST_PICTURE_BYTES)
        except OSError:
            sha256 = None
        if sha256 != picture.sha256:
            problems.append(f"its picture {picture.file} is missing or was changed")
    return problems


def _misread(claim: ClaimRecord, evidence: Evidence) -> list[str]:
    """Return the claim's metric if the claim has another direction or unit than the metric."""
    metric = find_metric(claim.metric) if claim.code is None else None
    known = [(metric.higher_is_better, metric.unit)] if metric else []
    for arm in evidence.arms:
        own = arm.description.fit.metrics if arm.description and arm.description.fit else []
        known = [(each.higher_is_better, each.unit) for each in own if each.name == claim.metric] or known
    return [claim.metric] if known and (claim.higher_is_better, claim.unit) not in known else []


def _check_untrained(evidence: Evidence) -> list[str]:
    """Return what is wrong with evidence without arms: only a failed control ends a run before training."""
    failed = {finding.control: finding.found for finding in evidence.controls if not finding.is_sound}
    if not failed:
        return ["it has no arms, and no control failed"]
    verdict = invalid(failed)
    if (evidence.verdict, evidence.finding, evidence.p_value) != (verdict.verdict, verdict.finding, None):
        return ["it has no arms, and its verdict is not that of the controls that failed"]
    if evidence.differences or evidence.looks or evidence.estimate:
        return ["it has no arms, and yet a result"]
    return []


def _differences(
    evidence: Evidence, recomputed: Evidence, arms: Sequence[Trained], rows: np.ndarray | None
) -> list[str]:
    problems = differences_from(evidence, recomputed, source="the records")
    repeats, design = len(evidence.differences), evidence.design.as_design()
    if repeats < design.repeats and not problems and not evidence.smoke:
        values = difference_of([arm.values for arm in recomputed.arms], evidence.claim)
        if not _decide(values, evidence, arms, rows).final:
            problems.append(f"it ends after {repeats} of {design.repeats} repeats, and no look had decided")
    return problems


def _older_digests(evidence: Evidence, entries: Sequence[Entry]) -> dict[str, set[str]]:
    digests: dict[str, set[str]] = {}
    for entry in entries:
        if entry.hypothesis == evidence.hypothesis and entry.schema_version == 1:
            for role, digest in entry.arms.items():
                digests.setdefault(role, set()).add(digest)
    return digests
