"""Small runs: train the small runs that controls need, and collect the findings of these controls."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from negres_core.controls.planted_effect import sound_arms
from negres_core.controls.registry import check_small_runs, follow_ups_of, small_runs_of
from negres_core.evidence import Finding, ProvenanceRecord, Store
from negres_core.experiment.training import Progress, Trainer, no_progress
from negres_core.run import Role, Run

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
    """

    findings: Sequence[Finding] = ()
    replicates: dict[str, list[list[str]]] = dataclasses.field(default_factory=dict)
    trained: int = 0
    reused: int = 0
    sound: frozenset[Role] = frozenset()


def check_pipeline(
    run: Run, store: Store, device: Device, provenance: ProvenanceRecord, progress: Progress = no_progress
) -> PipelineChecks:
    """Train the small runs that the store lacks, and run the controls that judge them."""
    finished: dict[str, Run] = {}
    replicates: dict[str, list[list[str]]] = {}
    trained = reused = 0
    for name, small_run in _in_turn(run, finished):
        trainer = Trainer(store, small_run, device, provenance, functools.partial(_report, progress, name))
        arms = [trainer.train(arm) for arm in small_run.arms]
        finished[name] = dataclasses.replace(small_run, arms=arms)
        replicates[name] = [[replicate.id for replicate in stage] for arm in arms for stage in arm.stages]
        trained, reused = trained + trainer.trained, reused + trainer.reused
    return PipelineChecks(check_small_runs(run, finished), replicates, trained, reused, sound_arms(finished))


def _in_turn(run: Run, finished: Mapping[str, Run]) -> Iterator[tuple[str, Run]]:
    """Yield the small runs, and then those that depend on what the first showed."""
    yield from small_runs_of(run).items()
    yield from follow_ups_of(run, finished).items()


def _report(progress: Progress, name: str, what: str, done: int, total: int) -> None:
    progress(f"{name}: {what}", done, total)
