"""The experiment: train the missing replicates, run the controls, decide, and record the evidence."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.claim import Claim
from negres_core.controls.registry import run_controls
from negres_core.controls.waivers import needless_waivers
from negres_core.dataset import Dataset
from negres_core.design import Shard
from negres_core.diagnosis.registry import diagnose
from negres_core.errors import InputError
from negres_core.evidence import (
    ArmRecord,
    ClaimRecord,
    Commitment,
    DataRecord,
    DesignRecord,
    Evidence,
    Finding,
    Ledger,
    Picture,
    Registration,
    RowScores,
    Store,
    remove_shards,
    trace_provenance,
)
from negres_core.experiment.breakdown import break_down
from negres_core.experiment.confirmation import check_opening, confirmation_of, prior_looks
from negres_core.experiment.costs import Restriction, claimed_costs, restriction_of
from negres_core.experiment.decision import ALPHA, decide, difference_of
from negres_core.experiment.equal_budget import Equal
from negres_core.experiment.forecast import forecast
from negres_core.experiment.patience import MAX_SMALL_RUN_S, SlowSmallRunError, patient
from negres_core.experiment.preparation import Prepared, prepare
from negres_core.experiment.registration import check_expected, commitment_of, count_older, outcome_of
from negres_core.experiment.row_scores import ArmTables, row_differences, score_run
from negres_core.experiment.search import ArmTrainer
from negres_core.experiment.sharding import check_shardable, train_share
from negres_core.experiment.small_runs import PipelineChecks, check_pipeline
from negres_core.experiment.timings import begin_timings, finish_timings
from negres_core.experiment.training import Progress, no_progress
from negres_core.pictures.registry import Rendering, render_pictures
from negres_core.run.arm import Arm, Role
from negres_core.run.run import ControlLevel, Run
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
        expected: the verdict that the test expects, "supported" or "refuted", if it names one.
        kind: "claim", or "mixture" for a configuration that a bisection runs.
        smoke: train tiny data at a tiny budget and judge nothing.
        known_as: called with the commitment; returns the id under which the hypothesis is known, which is another one
            if it was registered before its test's file was moved. Not called in a smoke run.
        register_or_compare: called with the commitment before anything is trained; returns its status in the ledger, or
            None. Not called in a smoke run.
        ledger: where the openings of sealed rows are on record; None if there is no ledger.
        confirming: open the rows that `confirm=` seals. The hypothesis then is another one, whose id ends in
            "::confirmation", and has to be registered.
        controls: "all"; "cheap", those that train nothing of their own, which is all that a smoke run has; or "none",
            which the evidence records.
        shard: train a share of the cells and record it in the store, and judge nothing: the evidence that is returned
            is that of the beginning, and is not kept. None to train what is needed, and to judge.
        own_controls: further controls, of the user's own: modules or objects with `NAME`, `WHEN` and `check(run)`.
        progress: called after every replicate.
        announce: called before training with a sentence about the power of the design, if earlier evidence exists.
        note: called with a sentence about each failure that does not affect the verdict.
    """

    hypothesis: str
    title: str
    store: Store
    device: Device
    folder: Path = Path()
    expected: str | None = None
    kind: Literal["claim", "mixture"] = "claim"
    smoke: bool = False
    known_as: Callable[[Commitment], str] = lambda commitment: commitment.hypothesis
    register_or_compare: Callable[[Commitment], Registration | None] = lambda commitment: None
    ledger: Ledger | None = None
    confirming: bool = False
    controls: ControlLevel = "all"
    shard: Shard | None = None
    own_controls: Sequence[Any] = ()
    progress: Progress = no_progress
    announce: Callable[[str], None] = lambda line: None
    note: Callable[[str], None] = lambda sentence: None

    def __post_init__(self) -> None:
        check_expected(self.expected)
        if self.controls not in get_args(ControlLevel):
            raise InputError(
                "`controls` of an experiment has to say which controls run.",
                received=f"controls={self.controls!r}",
                remedy=f"Give one of: {', '.join(get_args(ControlLevel))}.",
            )
        if self.confirming and (self.smoke or self.kind == "mixture" or self.ledger is None):
            raise InputError(
                "Only a claim that is registered in a ledger can open sealed rows, not a smoke run or a bisection.",
                received=f"confirming=True, smoke={self.smoke}, kind={self.kind!r}, ledger={self.ledger!r}",
                remedy="Give ledger=Ledger(path), and register_or_compare=on_record(ledger, store).",
            )
        if self.confirming:
            hypothesis, title = confirmation_of(self.hypothesis, self.title)
            object.__setattr__(self, "hypothesis", hypothesis)
            object.__setattr__(self, "title", title)

    def compare(
        self,
        treatment: Recipe | Tuned,
        *,
        against: Recipe | Tuned,
        on: Dataset,
        claim: Claim,
        design: Any,
        equal: Equal | None = None,
        confirm: Any = None,
        waive: Mapping[str, str] | None = None,
    ) -> Evidence:
        """Train two arms on the same cells with the same seeds, and judge a claim about their difference.

        `design` is a `Design` or a splitter of scikit-learn. `equal` gives both arms the smaller one of their budgets.
        `confirm` seals rows: a share, rows, or `SealedRows`. `waive` names controls whose failure does not count, with
        the reason for each.

        Returns:
            The evidence, already recorded.

        Raises:
            InputError: an argument is invalid. Nothing has been trained.
        """
        if _kind_of(claim) == "reaches":
            raise InputError(
                "`reaches` is a claim about one arm, but there are two.",
                received=f"compare(..., claim={claim})",
                remedy="Use experiment.measure(arm, on=..., claim=reaches(...)), or beats(...) or matches(...) here.",
            )
        arms: dict[Role, Recipe | Tuned] = {"treatment": treatment, "control": against}
        return self._run(arms, on, claim, design, equal=equal, confirm=confirm, waive=waive)

    def measure(
        self,
        arm: Recipe | Tuned,
        *,
        on: Dataset,
        claim: Claim,
        design: Any,
        confirm: Any = None,
        waive: Mapping[str, str] | None = None,
    ) -> Evidence:
        """Train one arm and judge a claim about its own metric; see `compare`.

        Returns:
            The evidence, already recorded.

        Raises:
            InputError: an argument is invalid. Nothing has been trained.
        """
        if _kind_of(claim) != "reaches":
            raise InputError(
                f"`{claim.kind}` is a claim about two arms, but there is only one.",
                received=f"measure(..., claim={claim})",
                remedy="Use experiment.compare(treatment, against=control, ...), or reaches(...) here.",
            )
        return self._run({"treatment": arm}, on, claim, design, confirm=confirm, waive=waive)

    def _run(
        self, arms: dict[Role, Recipe | Tuned], data: Dataset, claim: Claim, design: Any, **options: Any
    ) -> Evidence:
        for name in ("store", "confirming", "smoke", "own_controls"):
            options[name] = getattr(self, name)
        prepared = prepare(arms, data, claim, design, **options)
        check_shardable(self.shard, prepared.metric)
        began = time.perf_counter()
        evidence = self._open(prepared)
        run = self._untrained(prepared)
        metrics = {role: arm.metric for role, arm in prepared.tuned.items()}
        trainer = ArmTrainer(self.store, run, metrics, self.device, evidence.provenance, self.progress)
        if self.shard is not None:
            train_share(self.shard, run, trainer, evidence, prepared, screen=self._screen, store=self.store)
            return evidence
        self.store.write_evidence(evidence)
        run = trainer.choose_first(run)
        screening = self._screen(run, evidence)
        # What was given up is stated by the evidence, as if the option had left it out.
        evidence = evidence.updated(controlled=screening.controlled)
        if all(finding.is_sound for finding in screening.findings):
            evidence = self._decide(run, claim, evidence, screening, trainer, began)
        else:
            evidence = self._refuse(evidence, screening, trainer, began)
        self.store.write_evidence(evidence)
        remove_shards(self.store, evidence.hypothesis)
        for name in needless_waivers(evidence.controls):
            self._note(run.data, f"{name} passed, so it need not be waived")
        return evidence

    def _open(self, prepared: Prepared) -> Evidence:
        """Return the evidence before training, with its registration and the power of the design."""
        evidence = Evidence(
            hypothesis=self.hypothesis,
            title=self.title,
            kind=self.kind,
            status="started",
            smoke=self.smoke,
            controlled="cheap" if self.smoke and self.controls == "all" else self.controls,
            waived=prepared.waived,
            own_controls={control.NAME: control.digest for control in prepared.own_controls},
            expected=self.expected,
            claim=ClaimRecord.of(prepared.claim, prepared.metric, alpha=ALPHA),
            design=DesignRecord.of(prepared.design),
            does_not_show=prepared.design.does_not_show,
            data=DataRecord.of(prepared.data),
            seal=prepared.seal,
            equal=prepared.equal,
            timings=begin_timings(),
            provenance=trace_provenance(
                self.folder, backend=self.device.backend, device=f"{self.device.kind}: {self.device.name}"
            ),
        )
        if self.smoke:
            return evidence
        plans = {role: arm.plan for role, arm in prepared.tuned.items()}
        commitment = commitment_of(evidence, prepared.recipes, prepared.data, plans)
        known = {"hypothesis": self.known_as(commitment)}
        evidence = evidence.updated(**known)
        registration = self.register_or_compare(commitment.updated(**known))
        if self.confirming:
            check_opening(registration, commitment.updated(**known))
        entries = self.ledger.entries() if self.ledger and prepared.seal else []
        prior = prior_looks(commitment.updated(**known), registration, self.store, entries)
        power = forecast(self.store, evidence, prepared.claim, prepared.design, announce=self.announce)
        # It may have been registered just now, which is before the run.
        return evidence.updated(registration=registration, prior=prior, power=power, timings=begin_timings())

    def _untrained(self, prepared: Prepared) -> Run:
        from negres_core.engine.fitted_models import models_of

        tuned = {role: arm.tuned for role, arm in prepared.tuned.items()}
        arms = [Arm(role, recipe, tuned=tuned.get(role)) for role, recipe in prepared.recipes.items()]
        models = models_of(prepared.recipes.values(), prepared.data, prepared.cells, self.store.model_path)
        basis = (prepared.data, prepared.design, prepared.cells, arms, prepared.metric, models, prepared.claim)
        equal = prepared.equal.counted_in if prepared.equal else None
        return Run(*basis, waived=prepared.waived, own_controls=prepared.own_controls, equal=equal)

    def _screen(self, run: Run, evidence: Evidence) -> _Screening:
        """Run the controls that need no trained arm: those before training, and those on small runs."""
        from negres_core.engine.selection import slow_reason

        findings = self._check(run, when="before")
        if evidence.controlled != "all" or not all(finding.is_sound for finding in findings):
            return _Screening(findings, PipelineChecks(), evidence.controlled)
        slow = next((why for arm in run.networks.arms if (why := slow_reason(arm.recipe, run.data))), None)
        progress = patient(self.progress, limit_s=MAX_SMALL_RUN_S) if slow else self.progress
        try:
            checks = check_pipeline(run.scored, self.store, self.device, evidence.provenance, progress)
        except SlowSmallRunError as error:
            self._note(run.data, f"only the controls that train nothing ran, because {slow}: a small run, {error}")
            return _Screening(findings, PipelineChecks(), "cheap")
        for sentence in checks.left_out:
            self._note(run.data, sentence)
        return _Screening([*findings, *checks.findings], checks, evidence.controlled)

    def _refuse(self, evidence: Evidence, screening: _Screening, trainer: ArmTrainer, began: float) -> Evidence:
        """End a run before training, because a failed control makes it invalid."""
        failed = {finding.control: finding.found for finding in screening.findings if not finding.is_sound}
        evidence = evidence.updated(
            status="finished",
            controls=screening.findings,
            small_runs=screening.checks.replicates,
            timings=finish_timings(evidence.timings, began, screening.checks, trainer),
            **dataclasses.asdict(invalid(failed)),
        )
        return evidence.updated(outcome=outcome_of(evidence))

    def _decide(
        self, run: Run, claim: Claim, evidence: Evidence, screening: _Screening, trainer: ArmTrainer, began: float
    ) -> Evidence:
        """Train until a look decides, judge, and explain the run."""
        run = dataclasses.replace(run, sound=screening.checks.sound)
        training = self._train(trainer, run, claim, evidence)
        findings = [*screening.findings, *training.findings]
        rows = None if training.rows is None else row_differences(training.rows.scores, evidence.claim)
        judge = partial(decide, data=evidence.data, rows=rows, restriction=training.restriction)
        decision = judge(training.differences, claim, run.design, findings)
        evidence = evidence.updated(
            status="finished",
            registration=count_older(evidence.registration, training.run.arms),
            arms=training.arms,
            differences=training.differences.tolist(),
            row_scores=self._keep_rows(evidence, training.rows),
            parts=break_down(training.run, rows) if training.rows and rows is not None else [],
            looks=decision.looks,
            estimate=decision.estimate,
            controls=findings,
            small_runs=screening.checks.replicates,
            timings=finish_timings(evidence.timings, began, screening.checks, trainer, arms=training.run.arms),
            **({} if self.smoke else dataclasses.asdict(decision.verdict)),
        )
        return evidence if self.smoke else self._explain(training.run, evidence.updated(outcome=outcome_of(evidence)))

    def _explain(self, run: Run, evidence: Evidence) -> Evidence:
        """Add the diagnosis and the pictures of a run that was judged."""
        note = partial(self._note, run.data)
        evidence = evidence.updated(diagnosis=diagnose(run, note=note))
        # The verdict is on disk before pictures are rendered, which may take long.
        self.store.write_evidence(evidence)
        return evidence.updated(pictures=render_pictures(run, keep=partial(self._keep, evidence.hypothesis), note=note))

    def _train(self, trainer: ArmTrainer, run: Run, claim: Claim, evidence: Evidence) -> _Training:
        """Train repeat by repeat, until a look decides or all repeats are trained."""
        design = run.design
        decide_so_far = partial(decide, claim=claim, design=design, data=evidence.data)
        rows: ArmTables | None = None
        for repeats in range(1 if design.looks else design.repeats, design.repeats + 1):
            cells = run.cells[: repeats * design.folds]
            arms = [trainer.train(arm, cells) for arm in run.arms]
            so_far = dataclasses.replace(run, design=design.first(repeats), cells=cells, arms=arms)
            costs = claimed_costs([arm.stages for arm in arms], evidence.claim, so_far.design)
            records = [trainer.record(arm, so_far, costs[place] if costs else None) for place, arm in enumerate(arms)]
            restriction = restriction_of(costs, [arm.role for arm in arms], evidence.claim)
            differences = difference_of([arm.values for arm in records], evidence.claim)
            if design.scores_rows and np.isfinite(differences).all():
                so_far = dataclasses.replace(so_far, predicted={arm.role: trainer.predict(arm) for arm in arms})
                rows = score_run(so_far) if costs is None else None
            last = repeats == design.repeats
            if not last and not decide_so_far(differences, restriction=restriction).final:
                continue
            findings = self._check(so_far, when="after")
            # A control, such as whether both arms learned, may need more cells than the claim.
            if last or decide_so_far(differences, findings=findings, restriction=restriction).final:
                break
        kept = None if rows is None else _as_kept(rows)
        return _Training(so_far, records, differences, findings, kept, restriction)

    def _keep_rows(self, evidence: Evidence, rows: ArmTables | None) -> RowScores | None:
        return None if rows is None else self.store.write_row_scores(evidence.hypothesis, rows.scores, rows.unit)

    def _check(self, run: Run, *, when: Literal["before", "after"]) -> list[Finding]:
        return [] if self.controls == "none" else run_controls(run.scored, when=when)

    def _keep(self, hypothesis: str, rendering: Rendering) -> Picture:
        return self.store.write_picture(hypothesis, rendering.name, rendering.png, caption=rendering.caption)

    def _note(self, data: Dataset, why: str) -> None:
        self.note(f"{self.title}, on {data.name}: {why}")


class _Screening(NamedTuple):
    """The findings of all controls that need no trained arm, the results of the small runs, and which controls ran."""

    findings: list[Finding]
    checks: PipelineChecks
    controlled: ControlLevel


class _Training(NamedTuple):
    """A trained run, its records and differences, the findings of controls, and scores of rows if these are judged."""

    run: Run
    arms: list[ArmRecord]
    differences: np.ndarray
    findings: list[Finding]
    rows: ArmTables | None
    restriction: Restriction | None


def _as_kept(rows: ArmTables) -> ArmTables:
    """Return scores as their file keeps them, so that a recheck finds the same numbers."""
    return rows._replace(scores=rows.scores.astype(np.float32).astype(np.float64))


def _kind_of(claim: Claim) -> str:
    if not isinstance(claim, Claim):
        remedy = 'Make one with beats("accuracy", by=0.01), matches(...) or reaches(...).'
        raise InputError("`claim` has to be a claim.", received=claim, remedy=remedy)
    return claim.kind
