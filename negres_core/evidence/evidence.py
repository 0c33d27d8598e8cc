"""The record of one hypothesis: `evidence.json`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from negres_core.claim.cost import COST_UNITS
from negres_core.evidence.claim_records import ClaimRecord, DataRecord, DesignRecord
from negres_core.evidence.commitment import Registration
from negres_core.evidence.description import RecipeDescription
from negres_core.evidence.provenance import ProvenanceRecord
from negres_core.evidence.record import Number, Record
from negres_core.evidence.replicate import Budget
from negres_core.evidence.result import EstimateRecord, LookRecord, PowerRecord, VerdictName
from negres_core.evidence.row_scores import PartRecord, RowScores
from negres_core.evidence.scores import AS_GIVEN, ScoresRecord
from negres_core.evidence.sealing import PriorLooks, SealRecord
from negres_core.evidence.tuning import TuningRecord
from negres_core.evidence.upgrade import upgrade_evidence

Role = Literal["treatment", "control"]


class Finding(Record):
    """The result of one control."""

    control: str
    passed: bool
    found: str
    """The observation, with its number."""
    threshold: str
    """What passes, and why."""
    remedy: str
    """What to do if it failed."""
    withholds: list[Literal["supported", "refuted"]] = Field(default_factory=list)
    """Verdicts that a passed control does not allow, since the arms are not shown to have learned; the run is
    inconclusive instead."""
    waived: str | None = None
    """The reason that the test gives for not letting a failure count; null if the control is not waived."""

    @property
    def page(self) -> str:
        """Where the documentation has a control of negres: the page and the anchor, such as "#near-copies"."""
        return f"docs/controls.md#{re.sub('[^a-z0-9]+', '-', self.control.lower())}"

    @property
    def is_sound(self) -> bool:
        """Whether the verdict can stand: the control passed, or its failure is waived."""
        return self.passed or self.waived is not None


class DiagnosisRecord(Record):
    """A known fault that matches an arm's outputs and records."""

    arm: Role
    cause: str
    found: str
    """The observation, with its numbers."""
    remedy: str


class Spread(Record):
    """A metric over the cells of an arm; seeds are averaged first."""

    mean: Number
    sd: Number
    """Standard deviation; null for a single cell."""
    min: Number
    max: Number


class UnreachedRecord(Record):
    """How many runs of an arm did not reach the target of a claim, and count at the budget."""

    runs: int
    of: int
    """Number of runs, reached or not."""
    budget: float
    """The budget at which they count, in the claim's unit; the largest one if cells differ."""


class EqualizedArm(Record):
    """How one arm was given the same budget as the other."""

    declared_epochs: int
    """Epochs of the last stage in the test's recipe."""
    epochs: int
    """Epochs that it is trained for: as many as fit into the budget."""
    left_over: float
    """What is left of the budget, less than an epoch of this arm."""


class EqualBudget(Record):
    """The budget that both arms were given, by an experiment that asked for equal ones."""

    counted_in: Literal["epochs", "steps", "flops"]
    budget: float
    """The smaller one of the two recipes, on the largest training fold."""
    arms: dict[Role, EqualizedArm]

    @property
    def unit(self) -> str:
        """The unit of the budget."""
        return COST_UNITS[self.counted_in]


class ArmRecord(Record):
    """One arm: its recipe, training budget, metrics and replicates."""

    role: Role
    recipe: str
    """The recipe in words."""
    description: RecipeDescription | None
    """The recipe; null if the scores were given."""
    budget: Budget | None
    """Budget of one replicate: epochs and steps of all stages together, and the weights of the last stage; null if the
    scores were given."""
    metrics: dict[str, Spread]
    """By the name of the metric."""
    values: list[list[Number]]
    """The claim's metric, (repeats, folds), seeds averaged."""
    replicates: list[list[str]]
    """Ids, one list per stage, in the order repeat, fold, seed; the last list belongs to the arm's own stage. Empty if
    the scores were given."""
    unreached: UnreachedRecord | None = None
    """For a claim about the cost to reach a target; null otherwise."""
    tuning: TuningRecord | None = None
    """How the arm was tuned; null if it was not. Then `recipe`, `description` and `budget` are those of the recipe that
    was chosen in the first cell."""

    @property
    def name(self) -> str:
        """The arm in a few words: its recipe, or how it was tuned."""
        if self.tuning is None:
            return self.recipe
        return f"{self.tuning.plan.make}, tuned: {self.tuning.plan.trials} trials"

    @property
    def own_replicates(self) -> list[str]:
        """The ids of the arm's own stage."""
        return self.replicates[-1] if self.replicates else []


class Picture(Record):
    """One picture of a run, for readers. The verdict does not depend on it."""

    name: str
    """For example "originals"."""
    caption: str
    """What the picture shows, with its numbers."""
    file: Annotated[str, Field(pattern=r"^pictures/[A-Za-z0-9-]*-[0-9a-f]{8}\.png$")]
    """Path relative to the folder of the evidence."""
    sha256: str


class Timings(Record):
    """Start, duration, and replicates trained. These differ from run to run."""

    started_at: str
    """UTC, ISO 8601."""
    wall_s: float | None = None
    """From the start of this run to its verdict; replicates found in the store cost nothing here."""
    trained: int | None = None
    """Replicates trained in this run, parents included."""
    reused: int | None = None
    """Replicates found in the store."""
    train_s: dict[Role, Number] = Field(default_factory=dict)
    """Seconds that the training of a replicate of each arm's own stage took, the median, also of those found in the
    store; null if they were not measured. Empty if no arm was trained, and in evidence of earlier versions."""


class Evidence(Record):
    """Everything about one hypothesis and its latest run."""

    schema_version: Literal[2] = 2
    hypothesis: str
    """The test's id, without the verdict it expects."""
    title: str
    """The hypothesis in words."""
    kind: Literal["claim", "mixture"] = "claim"
    """"mixture": a configuration that a bisection ran to find a cause. It is neither a claim nor part of the family."""
    status: Literal["started", "finished"]
    """"started" until there is a verdict: the run is under way or was interrupted."""
    smoke: bool = False
    """Whether this was a smoke run: tiny data and budget, and no judgement."""
    controlled: Literal["all", "cheap", "none"] = "all"
    """Which controls ran: all; those that train nothing of their own; or none."""
    waived: dict[str, str] = Field(default_factory=dict)
    """Controls whose failure does not make the run invalid, and the reason that the test gives for each."""
    own_controls: dict[str, str] = Field(default_factory=dict)
    """Controls of the user's own, with the digest of what the code of each does."""
    expected: str | None = None
    """The expected verdict, from the test's parameter `expected`."""
    registration: Registration | None = None
    """The state of the ledger when the run began; null in a smoke run."""
    outcome: Literal["as expected", "surprise"] | None = None
    """Whether the verdict is the expected one, or, if none is expected, whether the test's assertion held; null if the
    run has no verdict, or the test neither expects nor asserts one."""
    claim: ClaimRecord
    design: DesignRecord
    does_not_show: str | None = None
    """What the verdict is about and what it does not show, in a sentence; null in evidence of earlier versions."""
    data: DataRecord
    """The data set that the run saw; of an exploring run with a seal, the open rows."""
    seal: SealRecord | None = None
    """Rows that are sealed while the hypothesis is explored; null if none are."""
    prior: PriorLooks | None = None
    """Earlier looks at the same rows; null without a seal, and in a smoke run."""
    scores: ScoresRecord | None = None
    """The table of scores, if they were given and not trained; then no controls could run."""
    arms: list[ArmRecord] = Field(default_factory=list)
    equal: EqualBudget | None = None
    """The budget that both arms were given, if the experiment asked for equal ones."""
    differences: list[list[Number]] = Field(default_factory=list)
    """Treatment minus control, or arm minus bar, (repeats, folds); positive is better."""
    row_scores: RowScores | None = None
    """The scores of single test rows that the claim is judged by; null if the design judges cells."""
    parts: list[PartRecord] = Field(default_factory=list)
    """Where the arms differ: the effect in parts of the test rows. Only if single rows are judged."""
    power: PowerRecord | None = None
    """What the design could decide, estimated from earlier evidence before training; null if there was none."""
    looks: list[LookRecord] = Field(default_factory=list)
    """Every look up to the one that decided, or the last; exactly one if the design has a single look."""
    estimate: EstimateRecord | None = None
    """The estimate at the last look."""
    verdict: VerdictName | None = None
    finding: str | None = None
    explanation: str | None = None
    p_value: float | None = None
    """P-value of the null hypothesis that the verdict rejects, adjusted for the looks; null if nothing was decided."""
    controls: list[Finding] = Field(default_factory=list)
    diagnosis: list[DiagnosisRecord] = Field(default_factory=list)
    """Likely faults of image autoencoders, per arm, root cause first. Not part of the verdict."""
    small_runs: dict[str, list[list[str]]] = Field(default_factory=dict)
    """Ids of the replicates that controls trained for themselves, by the name of the small run, one list per stage."""
    pictures: list[Picture] = Field(default_factory=list)
    """Pictures of the finished run; only for images, and none in a smoke run."""
    timings: Timings
    provenance: ProvenanceRecord

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, content: Any) -> Any:
        return upgrade_evidence(content)

    @model_validator(mode="after")
    def _check_trained(self) -> Self:
        known: list[object] = [self.data.rows, self.data.input_shape, self.data.outputs, self.data.task]
        known += [part for arm in self.arms for part in (arm.description, arm.budget)]
        if self.scores is None and None in known:
            raise ValueError("an arm that was trained has a recipe, a budget and a data set")
        return self

    @property
    def whole_data(self) -> str:
        """The digest of the whole data set, which rows that are sealed are a part of."""
        return self.seal.data if self.seal else self.data.digest

    @property
    def expectation(self) -> str | None:
        """The verdict that was registered or, in an exploratory run, that the test expects; None if there is none."""
        registered = self.registration.expected if self.registration else None
        return registered or self.expected

    @property
    def judgement(self) -> str | None:
        """The verdict with its finding, in words; None if there is no verdict."""
        if self.verdict is None:
            return None
        failed = [each.control for each in self.controls if each.is_sound and not each.passed]
        caveats = [AS_GIVEN] if self.scores else ["uncontrolled"] if self.controlled == "none" else []
        caveats += self._tuned()
        caveats += [f"waived: {', '.join(failed)}"] if failed else []
        return ", ".join([f"{self.verdict} ({self.finding})", *caveats])

    def _tuned(self) -> list[str]:
        """Return how many trials the arms had, if any is tuned."""
        trials = [arm.tuning.plan.trials if arm.tuning else 0 for arm in self.arms]
        if not any(trials):
            return []
        if len(set(trials)) == 1:
            return [f"tuned: {trials[0]} trials"]
        each = [f"{arm.role} {number or 'not'}" for arm, number in zip(self.arms, trials, strict=True)]
        return [f"tuned: {', '.join(each)}"]

    def substance(self) -> dict[str, Any]:
        """Return the content that two runs of the same hypothesis share.

        It excludes times, machines, pictures, earlier looks, the power estimated beforehand and the diagnosis. It also
        excludes the explanation and what the design does not show, whose wording may change from version to version,
        and the parts of the test rows, which decide nothing.
        """
        left_out = {"explanation", "does_not_show", "parts"}
        excluded = {"timings", "provenance", "power", "pictures", "diagnosis", "prior", *left_out}
        content = self.model_dump(mode="json", exclude=excluded)
        for arm in content["arms"]:
            if arm["tuning"] is not None:
                del arm["tuning"]["budget"]["seconds"]
        return content

    def content(self) -> dict[str, Any]:
        """Return the substance without the outcome, which also depends on what was expected."""
        return {name: value for name, value in self.substance().items() if name != "outcome"}

    def __str__(self) -> str:
        # A failed assertion prints its evidence. `negres_core.report` imports this module, so it is imported late.
        from negres_core.report.words import render

        return render(self)
