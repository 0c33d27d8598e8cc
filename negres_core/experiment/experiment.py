"""The experiment: plan, train what is missing, check controls, estimate, judge, record."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from negres_core.arrays import map_arrays
from negres_core.claim import Claim
from negres_core.controls.registry import run_controls
from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.diagnosis.registry import diagnose
from negres_core.errors import InputError
from negres_core.evidence import (
    ArmRecord,
    Commitment,
    Evidence,
    Finding,
    Picture,
    PowerRecord,
    Registration,
    Store,
    Timings,
)
from negres_core.experiment.decision import ALPHA, decide, difference_of, record_arm
from negres_core.experiment.forecast import known_spread, record_power
from negres_core.experiment.registration import commitment_of, count_older
from negres_core.experiment.small_runs import PipelineChecks, check_pipeline
from negres_core.experiment.smoke import shrink_data, shrink_design, shrink_recipe
from negres_core.experiment.training import Progress, Trainer
from negres_core.metrics import Metric, metric_of
from negres_core.pictures.registry import Rendering, render_pictures
from negres_core.power import analyze_power
from negres_core.provenance.commit import trace_provenance
from negres_core.recipe import Recipe
from negres_core.run import Arm, ControlLevel, Role, Run
from negres_core.verdict import invalid

if TYPE_CHECKING:
    from negres_core.engine.device import Device


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """Decides one hypothesis.

    Attributes:
        hypothesis: the test's id, without the verdict it expects.
        title: the hypothesis in words.
        store: where records are kept.
        device: what to train on.
        folder: a folder of the repository whose commit is recorded.
        registered: the verdict that the test expects, where it names one.
        smoke: train tiny data at a tiny budget and judge nothing.
        register_or_compare: asked, before anything is trained, how what is about to be run was registered. Not in a smoke run.
        controls: "all"; "cheap", those that train nothing of their own, which is all that a smoke run has; or "none",
            which the evidence says.
        progress: told of every replicate.
        announce: told, before training, what the design can decide, where earlier evidence tells.
    """

    hypothesis: str
    title: str
    store: Store
    device: Device
    folder: Path = Path()
    registered: str | None = None
    smoke: bool = False
    register_or_compare: Callable[[Commitment], Registration | None] = lambda plan: None
    controls: ControlLevel = "all"
    progress: Progress = lambda what, done, total: None
    announce: Callable[[str], None] = lambda line: None

    def __post_init__(self) -> None:
        if self.controls not in get_args(ControlLevel):
            raise InputError(
                "`controls` of an experiment says which of them run.",
                received=f"controls={self.controls!r}",
                remedy=f"Give one of: {', '.join(get_args(ControlLevel))}.",
            )

    def compare(
        self,
        treatment: Recipe,
        *,
        against: Recipe,
        on: Dataset,
        claim: Claim,
        folds: int = 5,
        repeats: int = 5,
        seeds: int = 1,
        looks: bool = True,
    ) -> Evidence:
        """Train two arms on the same cells with the same seeds, and judge a claim about their difference.

        Args:
            treatment: what the claim is about.
            against: the control arm.
            on: the data set.
            claim: `beats(...)` or `matches(...)`.
            folds: folds of each repeat, 2 or more.
            repeats: repeats of the k-fold, each shuffled anew; with `looks`, the most.
            seeds: replicates of each cell, averaged before any test.
            looks: whether to judge after each repeat, validly, and to stop where that decides.

        Returns:
            The evidence, already recorded.

        Raises:
            InputError: something cannot be what was meant; nothing has been trained.
        """
        if _kind_of(claim) == "reaches":
            raise InputError(
                "`reaches` is a claim about one arm.",
                received=f"compare(..., claim={claim})",
                remedy="Use experiment.measure(arm, on=..., claim=reaches(...)), or beats(...) or matches(...) here.",
            )
        design = Design(folds=folds, repeats=repeats, seeds=seeds, looks=looks)
        return self._run({"treatment": treatment, "control": against}, on, claim, design)

    def measure(
        self,
        arm: Recipe,
        *,
        on: Dataset,
        claim: Claim,
        folds: int = 5,
        repeats: int = 5,
        seeds: int = 1,
        looks: bool = True,
    ) -> Evidence:
        """Train one arm and judge a claim about its own metric; the arguments are those of `compare`.

        Raises:
            InputError: something cannot be what was meant; nothing has been trained.
        """
        if _kind_of(claim) != "reaches":
            raise InputError(
                f"`{claim.kind}` is a claim about two arms.",
                received=f"measure(..., claim={claim})",
                remedy="Use experiment.compare(treatment, against=control, ...), or reaches(...) here.",
            )
        design = Design(folds=folds, repeats=repeats, seeds=seeds, looks=looks)
        return self._run({"treatment": arm}, on, claim, design)

    def _run(self, arms: dict[Role, Recipe], data: Dataset, claim: Claim, design: Design) -> Evidence:
        from negres_core.engine.checks import check_recipe
        from negres_core.engine.inspection import SavedModels

        for role, recipe in arms.items():
            if not isinstance(recipe, Recipe):
                remedy = "Wrap the stages: Recipe(Stage(build), ...)."
                raise InputError(f"The {role} has to be a recipe.", received=recipe, remedy=remedy)
        if not isinstance(data, Dataset):
            remedy = "Wrap the arrays: Dataset(x=x, y=y, name=...)."
            raise InputError("`on` has to be a data set.", received=type(data).__name__, remedy=remedy)
        own = [recipe.fit.metrics if recipe.fit else None for recipe in arms.values()]
        metric = metric_of(claim, task=data.task, own=own)
        design.check(data)
        if self.smoke:
            design = shrink_design(design)
            data = shrink_data(data, design)
            arms = {role: shrink_recipe(recipe) for role, recipe in arms.items()}
        self.store.check_writable()
        for recipe in arms.values():
            check_recipe(recipe, data)

        began = time.perf_counter()
        evidence = self._open(data, claim, metric, design)
        if not self.smoke:
            evidence = evidence.updated(
                registration=self.register_or_compare(commitment_of(evidence, arms, data)),
                foreseen=self._foresee(evidence, claim, design),
            )
        self.store.write_evidence(evidence)
        cells, untrained = list(design.split(data)), [Arm(role, recipe) for role, recipe in arms.items()]
        models = SavedModels(data, cells, self.store.model_path)
        run = Run(data, design, cells, untrained, metric, models)
        findings = self._check(run, when="before")
        tried = PipelineChecks()
        if evidence.controlled == "all" and all(finding.passed for finding in findings):
            tried = check_pipeline(run, self.store, self.device, evidence.provenance, self.progress)
            findings += tried.findings
        timings = evidence.timings.updated(trained=tried.trained, reused=tried.reused)
        if not all(finding.passed for finding in findings):
            # Whatever training gave, the verdict would be this.
            failed = invalid({finding.control: finding.found for finding in findings if not finding.passed})
            evidence = evidence.updated(
                status="finished",
                controls=findings,
                trials=tried.replicates,
                timings=timings.updated(wall_s=time.perf_counter() - began),
                **dataclasses.asdict(failed),
            )
            self.store.write_evidence(evidence)
            return evidence
        trainer = Trainer(self.store, run, self.device, evidence.provenance, self.progress)
        run, recorded, differences, found = self._train(trainer, run, claim, evidence)
        findings += found
        decision = decide(differences, claim, design, findings)
        evidence = evidence.updated(
            status="finished",
            registration=count_older(evidence.registration, run.arms),
            arms=recorded,
            differences=differences.tolist(),
            looks=decision.looks,
            estimate=decision.estimate,
            controls=findings,
            diagnosis=[] if self.smoke else diagnose(run, note=partial(self._note, data)),
            trials=tried.replicates,
            timings=evidence.timings.updated(
                wall_s=time.perf_counter() - began,
                trained=tried.trained + trainer.trained,
                reused=tried.reused + trainer.reused,
            ),
            **({} if self.smoke else dataclasses.asdict(decision.verdict)),
        )
        self.store.write_evidence(evidence)
        return evidence if self.smoke else self._draw(run, evidence)

    def _note(self, data: Dataset, why: str) -> None:
        self.store.notes.append(f"{self.title}, on {data.name}: {why}")

    def _draw(self, run: Run, evidence: Evidence) -> Evidence:
        """Draw pictures of what was trained, and add to the evidence, which stands already, where they are."""

        def keep(rendering: Rendering) -> Picture:
            return self.store.write_picture(self.hypothesis, rendering.name, rendering.png, caption=rendering.caption)

        pictures = render_pictures(run, keep=keep, note=partial(self._note, run.data))
        if pictures:
            evidence = evidence.updated(pictures=pictures)
            self.store.write_evidence(evidence)
        return evidence

    def _train(
        self, trainer: Trainer, run: Run, claim: Claim, evidence: Evidence
    ) -> tuple[Run, list[ArmRecord], np.ndarray, list[Finding]]:
        """Train until a look decides, or all there is.

        Returns:
            What was trained, as run and as record, the differences, and what the controls found afterwards.
        """
        design = run.design
        for repeats in range(1 if design.looks else design.repeats, design.repeats + 1):
            cells = run.cells[: repeats * design.folds]
            trained = [trainer.train(arm, cells) for arm in run.arms]
            so_far = dataclasses.replace(
                run, design=dataclasses.replace(design, repeats=repeats), cells=cells, arms=trained
            )
            recorded = [record_arm(arm, run.metric, so_far, trainer.description(arm.recipe)) for arm in trained]
            differences = difference_of([arm.values for arm in recorded], evidence.claim)
            last = repeats == design.repeats
            if not last and (self.smoke or not decide(differences, claim, design).final):
                continue
            findings = self._check(so_far, when="after")
            # That both arms learned, say, may take more cells to show than the claim itself.
            if last or decide(differences, claim, design, findings).final:
                break
        return so_far, recorded, differences, findings

    def _foresee(self, evidence: Evidence, claim: Claim, design: Design) -> PowerRecord | None:
        """Return what the design can decide, where earlier evidence tells; refuse a margin that is out of its reach."""
        spread = known_spread(self.store, evidence)
        if spread is None:
            return None
        prospect = analyze_power(design, sd=spread.sd, alpha=ALPHA)
        if spread.own:
            prospect.check(claim, sd_at_least=spread.at_least, known_from=spread.known_from)
        self.announce(f"{evidence.title}, on {evidence.data['name']}: {prospect} (from {spread.known_from})")
        return record_power(prospect, known_from=spread.known_from)

    def _check(self, run: Run, *, when: Literal["before", "after"]) -> list[Finding]:
        return [] if self.controls == "none" else run_controls(run, when=when)

    def _open(self, data: Dataset, claim: Claim, metric: Metric, design: Design) -> Evidence:
        """Return the evidence as it stands before training."""
        device = f"{self.device.kind}: {self.device.name}"
        provenance = trace_provenance(self.folder, backend=self.device.backend, device=device)
        return Evidence(
            hypothesis=self.hypothesis,
            title=self.title,
            status="started",
            smoke=self.smoke,
            controlled="cheap" if self.smoke and self.controls == "all" else self.controls,
            expected=self.expected,
            claim=dataclasses.asdict(claim)
            | {"unit": metric.unit, "higher_is_better": metric.higher_is_better, "alpha": ALPHA},
            design=dataclasses.asdict(design),
            data={
                "name": data.name,
                "source": data.source,
                "digest": data.digest,
                "rows": len(data),
                "input_shape": map_arrays(list, data.input_shape),
                "outputs": data.outputs,
                "task": data.task,
            },
            timings=Timings(started_at=datetime.now(UTC).isoformat(timespec="seconds")),
            provenance=provenance.as_dict(),
        )


def _kind_of(claim: Claim) -> str:
    if not isinstance(claim, Claim):
        remedy = 'Make one with beats("accuracy", by=.01), matches(...) or reaches(...).'
        raise InputError("`claim` has to be a claim.", received=claim, remedy=remedy)
    return claim.kind
