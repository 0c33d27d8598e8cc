"""Small runs: train the small runs that controls need, and collect the findings of these controls."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from negres_core.controls.planted_effect import sound_arms
from negres_core.controls.registry import check_small_runs, follow_ups_of, small_runs_of
from negres_core.evidence import Finding, ProvenanceRecord, Store
from negres_core.experiment.patience import SlowSmallRunError, patient
from negres_core.experiment.training import Progress, Trainer, no_progress
from negres_core.metrics import task_metric
from negres_core.run.arm import Arm, Role
from negres_core.run.run import Run

if TYPE_CHECKING:
    from negres_core.engine.device import Device


@dataclasses.dataclass(frozen=True)
class PipelineChecks:
    """The results of the small runs of a hypothesis.

    Attributes:
        findings: the findings of the controls.
        replicates: ids of the replicates by the name of the small run, one list per stage.
        trained: replicates trained.
        reused: replicates found in the store.
        sound: the roles of the arms that learned a signal that can be learned.
        left_out: why the small runs of a fit were left out, one sentence each.
    """

    findings: Sequence[Finding] = ()
    replicates: dict[str, list[list[str]]] = dataclasses.field(default_factory=dict)
    trained: int = 0
    reused: int = 0
    sound: frozenset[Role] = frozenset()
    left_out: Sequence[str] = ()


FIT_SMALL_RUN_S = 300.0
"""Most seconds that one small run of a fit may take, by the time of its first replicates. Only its function knows how
long it trains, so that a small run cannot shorten it."""


def check_pipeline(
    run: Run, store: Store, device: Device, provenance: ProvenanceRecord, progress: Progress = no_progress
) -> PipelineChecks:
    """Train the small runs that the store lacks, and run the controls that judge them."""
    finished: dict[str, Run] = {}
    replicates: dict[str, list[list[str]]] = {}
    left_out: dict[Role, str] = {}
    trained = reused = 0
    for name, small_run in _in_turn(run, finished):
        fits = [arm for arm in small_run.arms if not arm.recipe.stages]
        if any(arm.role in left_out for arm in fits):
            continue
        report = functools.partial(_report, progress, name)
        trainer = Trainer(
            store, small_run, device, provenance, patient(report, limit_s=FIT_SMALL_RUN_S) if fits else report
        )
        try:
            arms = [trainer.train(arm) for arm in small_run.arms]
        except Exception as error:
            if not fits:
                raise
            # Many estimators need more rows, or more of each class. What fails on any rows will fail again.
            of_rows = "" if isinstance(error, SlowSmallRunError) else f"on {len(small_run.data)} rows it fails: "
            for arm in fits:
                left_out[arm.role] = f"the small runs of {arm.recipe} are left out, since {of_rows}{error}"
            continue
        trained, reused = trained + trainer.trained, reused + trainer.reused
        if not all(_are_judged(small_run, arm) for arm in arms if not arm.recipe.stages):
            continue
        finished[name] = dataclasses.replace(small_run, arms=arms)
        replicates[name] = [[replicate.id for replicate in stage] for arm in arms for stage in arm.stages]
    findings = check_small_runs(run, finished)
    return PipelineChecks(findings, replicates, trained, reused, sound_arms(finished), tuple(left_out.values()))


def _are_judged(small_run: Run, arm: Arm) -> bool:
    """Return whether a fit returned predictions, and not metrics that it did not declare."""
    needed = {small_run.metric.key, task_metric(small_run.data.task).key}
    return all(needed <= replicate.metrics.keys() for replicate in arm.replicates)


def _in_turn(run: Run, finished: Mapping[str, Run]) -> Iterator[tuple[str, Run]]:
    """Yield the small runs, and then those that depend on what the first showed."""
    yield from small_runs_of(run).items()
    yield from follow_ups_of(run, finished).items()


def _report(progress: Progress, name: str, what: str, done: int, total: int) -> None:
    progress(f"{name}: {what}", done, total)
