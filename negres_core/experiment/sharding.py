"""Sharding: train the cells of one shard of a hypothesis, and record them; another session judges."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from negres_core.claim import CostMetric
from negres_core.design import Shard
from negres_core.errors import InputError
from negres_core.evidence import Evidence, Finding, ShardCell, ShardRecord, Store, write_shard
from negres_core.experiment.preparation import Prepared
from negres_core.experiment.registration import commitment_of
from negres_core.experiment.search import ArmTrainer
from negres_core.experiment.small_runs import PipelineChecks
from negres_core.experiment.timings import finish_timings
from negres_core.metrics import Metric
from negres_core.run.arm import Arm
from negres_core.run.run import Run


class NotShardableError(InputError):
    """A claim that only the run that judges it can train."""


class Screening(Protocol):
    """What the controls found that need no trained arm."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings."""

    @property
    def checks(self) -> PipelineChecks:
        """The small runs."""


def check_shardable(shard: Shard | None, metric: Metric) -> None:
    """Raise NotShardableError if a claim cannot be trained in shards.

    Seconds depend on the machine and on what else it does, so both arms are timed by the run that judges them.
    """
    if shard is not None and isinstance(metric, CostMetric) and metric.counted_in == "seconds":
        raise NotShardableError(
            "A claim about seconds is not trained in shards, since machines differ: the session that judges it "
            "measures the times.",
            received=f"--negres-shard {shard}, and a claim about {metric.name}",
            remedy="The session that judges the other hypotheses trains this one. Or claim steps or FLOPs, which are "
            "the same everywhere.",
        )


def train_share(
    shard: Shard,
    run: Run,
    trainer: ArmTrainer,
    evidence: Evidence,
    prepared: Prepared,
    *,
    screen: Callable[[Run, Evidence], Screening],
    store: Store,
) -> None:
    """Train all repeats of the cells of a shard, whatever a look would decide, and record what was trained.

    A shard sees a part of the cells and cannot look. The one with the first cell also runs the controls that train
    small runs, so that these are there when the hypothesis is judged; the others run those that train nothing. If one
    fails, nothing else is trained.

    Args:
        shard: the shard.
        run: the untrained run.
        trainer: trains its arms.
        evidence: the evidence before training.
        prepared: the checked arguments of the experiment.
        screen: runs the controls that need no trained arm, at the level that the evidence names.
        store: where the shard is recorded.
    """
    began = time.perf_counter()
    share = shard.share(run.cells, folds=run.design.folds, data=run.data.digest)
    is_first = bool(share) and share[0] is run.cells[0]
    if is_first:
        run = trainer.choose_first(run)  # what is searched in the first cell is the recipe that controls see
    findings: Sequence[Finding] = ()
    checks = PipelineChecks()
    if share:
        level = "cheap" if evidence.controlled == "all" and not is_first else evidence.controlled
        screening = screen(run, evidence.updated(controlled=level))
        findings, checks = screening.findings, screening.checks
    failed = {finding.control: finding.found for finding in findings if not finding.is_sound}
    arms = [trainer.train(arm, share) for arm in run.arms] if share and not failed else []
    plans = {role: arm.plan for role, arm in prepared.tuned.items()}
    record = ShardRecord(
        number=shard.number,
        of=shard.of,
        commitment=commitment_of(evidence, prepared.recipes, prepared.data, plans),
        cells=[
            ShardCell(repeat=cell.repeat, fold=cell.fold, replicates=_ids_of(arms, place, run.design.seeds_per_cell))
            for place, cell in enumerate(share if arms else [])
        ],
        failed=failed,
        timings=finish_timings(evidence.timings, began, checks, trainer, arms=arms),
        provenance=evidence.provenance,
    )
    write_shard(store, record)


def _ids_of(arms: Sequence[Arm], place: int, seeds: int) -> list[str]:
    """Return the ids of the replicates of one cell, of all arms, stages and seeds; arms share some."""
    chosen = slice(place * seeds, (place + 1) * seeds)
    return list(dict.fromkeys(each.id for arm in arms for stage in arm.stages for each in stage[chosen]))
