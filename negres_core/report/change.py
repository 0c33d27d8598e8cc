"""What changed between two runs of one hypothesis: its verdict, its effect, and the seconds of each arm."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from negres_core.errors import InputError
from negres_core.evidence import ArmRecord, Evidence, Replicate, median_train_s
from negres_core.evidence.evidence import Role
from negres_core.statistics import corrected_resampled_t
from negres_core.statistics.student_t import StudentT

Read = Callable[[Sequence[str]], Mapping[str, Replicate | None]]
"""Reads replicates of a run by their ids; None for one that is missing or cannot be trusted."""

SAME_SCALE = ("metric", "data")
"""Parts of a hypothesis that have to be equal for two of its effects to be comparable."""


@dataclass(frozen=True, kw_only=True)
class EffectChange:
    """The change of an effect, after minus before, in the metric's unit.

    Attributes:
        change: the change.
        interval_95: its 95% interval; None if it is exactly known, because every cell is as before.
        paired: whether the interval is that of the changes cell by cell; otherwise the runs count as independent,
            which is too wide if they share rows.
    """

    change: float
    interval_95: tuple[float, float] | None
    paired: bool

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.interval_95 is not None and (self.interval_95[0] > 0 or self.interval_95[1] < 0)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What changed between two runs of one hypothesis.

    Attributes:
        before: the evidence of the first run.
        after: the evidence of the second run.
        moved: the parts of the hypothesis that differ, such as "data" or "treatment".
        incomparable: why the effects cannot be compared; None if they can.
        effect: the change of the effect; None if there is none to compare.
        times: seconds of a replicate after, divided by those before, by arm; empty if they are not known.
    """

    before: Evidence
    after: Evidence
    moved: tuple[str, ...] = ()
    incomparable: str | None = None
    effect: EffectChange | None = None
    times: Mapping[Role, float] = field(default_factory=dict)

    @property
    def is_flip(self) -> bool:
        """Whether both runs have a verdict, and another one."""
        verdicts = (self.before.verdict, self.after.verdict)
        return None not in verdicts and verdicts[0] != verdicts[1]

    @property
    def is_new_surprise(self) -> bool:
        """Whether the second run is a surprise and the first one was not."""
        return self.after.outcome == "surprise" and self.before.outcome != "surprise"


def change_of(before: Evidence, after: Evidence, *, read: tuple[Read, Read]) -> Change:
    """Compare two runs of a hypothesis.

    Args:
        before: the evidence of the first run.
        after: the evidence of the second run.
        read: reads the replicates of the first and of the second run, for the seconds of an arm that its evidence does
            not name.
    """
    mine, others = _parts_of(before), _parts_of(after)
    moved = tuple(name for name in mine if mine[name] != others[name])
    incomparable = _why_not(before, after, moved)
    return Change(
        before=before,
        after=after,
        moved=moved,
        incomparable=incomparable,
        effect=None if incomparable else _effect_change(before, after, moved),
        times=_times(before, after, read),
    )


def _parts_of(evidence: Evidence) -> dict[str, Any]:
    """Return the parts of a hypothesis that a run depends on, by name."""
    claim = evidence.claim
    arms: dict[Role, Any] = {
        arm.role: None if arm.description is None else arm.description.digest for arm in evidence.arms
    }
    return {
        "kind of claim": claim.kind,
        "metric": (claim.key, claim.output, claim.unit, claim.higher_is_better, claim.cost),
        "threshold": claim.threshold,
        "alpha": claim.alpha,
        "design": evidence.design,
        "data": evidence.data.digest,
        "sealed rows": evidence.seal and (evidence.seal.phase, evidence.seal.share),
        "treatment": arms.get("treatment"),
        "control": arms.get("control"),
        "waived controls": sorted(evidence.waived),
        "controls that ran": evidence.controlled,
        "scores": evidence.scores,
    }


def _why_not(before: Evidence, after: Evidence, moved: tuple[str, ...]) -> str | None:
    """Return in words why the effects of two runs cannot be compared, or None."""
    for evidence, which in ((before, "first"), (after, "second")):
        if evidence.smoke:
            return f"the {which} is a smoke run"
        if evidence.status != "finished":
            return f"the {which} run was interrupted"
        if evidence.estimate is None:
            return f"the {which} run has no estimate"
    if other := [name for name in SAME_SCALE if name in moved]:
        return f"another {' and '.join(other)}"
    return None


def _effect_change(before: Evidence, after: Evidence, moved: tuple[str, ...]) -> EffectChange:
    assert before.estimate is not None and after.estimate is not None  # noqa: PT018 - as `_why_not` has checked
    paired = None if "design" in moved or "sealed rows" in moved else _paired_changes(before, after)
    change = after.estimate.effect - before.estimate.effect
    if paired is None:
        return EffectChange(change=change, interval_95=_independent(before, after), paired=False)
    if not paired.any():
        return EffectChange(change=0.0, interval_95=None, paired=True)
    assert before.estimate.test_train_ratio is not None
    try:
        estimate = corrected_resampled_t(
            paired, test_train_ratio=before.estimate.test_train_ratio, most_dof=before.estimate.most_dof
        )
    except InputError:  # too few cells, or all changes are equal
        return EffectChange(change=change, interval_95=_independent(before, after), paired=False)
    return EffectChange(change=estimate.effect, interval_95=estimate.interval(0.95), paired=True)


def _paired_changes(before: Evidence, after: Evidence) -> np.ndarray | None:
    """Return the changes of the cells that both runs have, (repeats, folds); None if the design judges no cells."""
    if before.estimate is None or before.estimate.cell_count is None:
        return None
    repeats = min(len(before.differences), len(after.differences))
    first, second = (np.array(each.differences[:repeats], dtype=np.float64) for each in (before, after))
    if first.shape != second.shape or not first.size or not np.isfinite([first, second]).all():
        return None
    return second - first


def _independent(before: Evidence, after: Evidence) -> tuple[float, float] | None:
    """Return Welch's 95% interval of the change of an effect between two independent runs."""
    first, second = before.estimate, after.estimate
    assert first is not None and second is not None  # noqa: PT018 - as `_why_not` has checked
    variances = (first.standard_error**2, second.standard_error**2)
    total = sum(variances)
    if not total:
        return None
    dof = total**2 / (variances[0] ** 2 / first.dof + variances[1] ** 2 / second.dof)
    change = StudentT(effect=second.effect - first.effect, standard_error=math.sqrt(total), dof=dof)
    return change.interval(0.95)


def _times(before: Evidence, after: Evidence, read: tuple[Read, Read]) -> dict[Role, float]:
    """Return the ratio of the median seconds of a replicate, after to before, of each arm of both runs."""
    first, second = (
        {arm.role: _seconds(arm, evidence, reader) for arm in evidence.arms}
        for evidence, reader in zip((before, after), read, strict=True)
    )
    ratios = {}
    for role, seconds in second.items():
        known = first.get(role)
        if known and seconds:
            ratios[role] = seconds / known
    return ratios


def _seconds(arm: ArmRecord, evidence: Evidence, read: Read) -> float | None:
    """Return the median seconds that the training of a replicate took; None if they are not known."""
    known = evidence.timings.train_s
    if arm.role in known:
        return known[arm.role]
    return median_train_s(filter(None, read(arm.own_replicates).values()))
