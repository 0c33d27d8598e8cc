"""Trials of the pipeline: training what controls ask for, and their findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from negres_core.controls.registry import check_small_runs, plan_small_runs
from negres_core.evidence import Finding, Store
from negres_core.experiment.training import Progress, Trainer
from negres_core.run import Run

if TYPE_CHECKING:
    from negres_core.engine.device import Device


@dataclasses.dataclass(frozen=True)
class PipelineChecks:
    """What the trials of a run gave.

    Attributes:
        findings: what the controls found in them.
        replicates: ids by trial, one list a stage.
        trained: replicates trained.
        reused: replicates found in the store.
    """

    findings: Sequence[Finding] = ()
    replicates: dict[str, list[list[str]]] = dataclasses.field(default_factory=dict)
    trained: int = 0
    reused: int = 0


def check_pipeline(run: Run, store: Store, device: Device, provenance: dict[str, Any], progress: Progress) -> PipelineChecks:
    """Train the trials of a run, as far as the store lacks them, and run the controls that look at them."""
    trained: dict[str, Run] = {}
    replicates: dict[str, list[list[str]]] = {}
    counts = [0, 0]
    for name, trial in plan_small_runs(run).items():

        def report(what: str, done: int, total: int, name: str = name) -> None:
            progress(f"{name}: {what}", done, total)

        trainer = Trainer(store, trial, device, provenance, report)
        arms = [trainer.train(arm) for arm in trial.arms]
        trained[name] = dataclasses.replace(trial, arms=arms)
        replicates[name] = [[replicate.id for replicate in stage] for arm in arms for stage in arm.stages]
        counts = [counts[0] + trainer.trained, counts[1] + trainer.reused]
    return PipelineChecks(check_small_runs(run, trained), replicates, *counts)
