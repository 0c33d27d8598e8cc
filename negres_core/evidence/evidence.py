"""The schema of the records: one `Replicate` a trained model, one `Evidence` a hypothesis."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from negres_core.evidence.bisection import BisectionRecord
from negres_core.evidence.commitment import Entry, Registration
from negres_core.evidence.record import Number, Record
from negres_core.statistics.estimate import Estimate


class Key(Record):
    """What a replicate's numbers depend on; the replicate's id is the hash of this."""

    contract: int
    """Version of the engines' contract: raised when the same recipe would give other numbers."""
    recipe: str
    """SHA-256 of the recipe's description, code included."""
    data: str
    """SHA-256 of the data set's arrays."""
    folds: int
    repeat: int
    fold: int
    rows: str
    """Digest of the row numbers of the test fold: a splitter that changes between versions makes other replicates."""
    seed: int
    backend: str
    device: Literal["cpu", "gpu"]

    @property
    def id(self) -> str:
        """The replicate's id: 32 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()[:32]


class TrainedWeight(Record):
    """What became of one weight; digests are of its bytes, so that equal digests mean bitwise equal."""

    path: str
    shape: tuple[int, ...]
    trainable: bool
    """Whether the optimizer was given it."""
    frozen: bool
    """Whether the stage asked for it to be frozen."""
    start: str
    """Digest when training began, after any inheritance."""
    end: str
    """Digest when training ended."""
    inherited_from: int | None
    """Index of the parent's weight it was set to."""


class ModelFile(Record):
    """The trained model, beside the record."""

    file: Annotated[str, Field(pattern=r"^[0-9a-f]{32}\.[0-9a-f]{8}\.(keras|h5)$")]
    """File name, in the folder of the record."""
    sha256: str


class Replicate(Record):
    """One arm's stage, trained on one cell with one seed."""

    schema_version: Literal[1] = 1
    id: str
    key: Key
    status: Literal["finished", "not finite"]
    """"not finite": a loss, a weight or a prediction was NaN or infinite, and training stopped there."""
    metrics: dict[str, Number]
    """On the test fold; null where not finite."""
    curve: list[Number]
    """Mean training loss of each epoch."""
    predictions: dict[str, Any]
    """A summary: `counts` of predicted classes, or `mean` and `sd` of predicted values. Of images, `low` and `high`; of
    what 8 bits show of them, how many values there are (`shown_values`) and the shares of the darkest and brightest
    (`shown_black`, `shown_white`); and, where the loss is one of Keras', its `loss_floor` and `mean_image_loss`."""
    weights: list[TrainedWeight]
    inputs_digest: str
    """Digest of a fixed sample of the prepared inputs."""
    budget: dict[str, int]
    """`epochs`, `steps`, `trainable_weights`, `weights` and `step_flops` (floating-point operations) of this stage."""
    cost: dict[str, Number]
    """Differs from run to run: `compile_s`, `train_s`, `steady_epoch_s`, `evaluate_s` in seconds; `memory_bytes`;
    `flops_per_s`, reached in a steady epoch, beside `peak_flops_per_s`, measured on the whole device, which replicates
    that train side by side in threads share."""
    model: ModelFile | None
    """None of a fit, which trains no network."""
    provenance: dict[str, Any]
    recorded_at: str
    """UTC, ISO 8601."""


class EstimateRecord(Record):
    """The effect: the mean difference of the arms over cells, positive where the treatment is better."""

    effect: float
    standard_error: float
    """Of the corrected resampled t-test (Nadeau & Bengio 2003)."""
    dof: float
    sd: float
    """Standard deviation of the differences over cells."""
    cells: int
    test_train_ratio: float
    statistic: float
    p_greater: float
    """One-sided p-value of the null hypothesis that the effect is not positive."""
    p_less: float
    p_two_sided: float
    interval_90: tuple[float, float]
    """Over all looks together, as the next: where there was more than one, wider than the ordinary interval."""
    interval_95: tuple[float, float]
    probability_better: float
    """Posterior probability of a positive effect under the correlated t-test's flat prior."""

    def as_estimate(self) -> Estimate:
        """Return the estimate that was recorded, which knows more than its record."""
        return Estimate(
            effect=self.effect,
            standard_error=self.standard_error,
            dof=round(self.dof),
            sd=self.sd,
            cells=self.cells,
            test_train_ratio=self.test_train_ratio,
        )


class PowerRecord(Record):
    """What the design could decide, as far as earlier evidence told before training; all in the metric's unit."""

    sd: float
    """Standard deviation of the cell differences that it was worked out for."""
    known_from: str
    """The evidence it was known from."""
    detectable: float
    """The true effect that is seen with probability .8; with a margin, that much more than the margin."""
    equivalence: float
    """The smallest margin within which an effect of 0 is shown to lie."""
    floor: float
    """The same, with any number of repeats of these folds."""


class LookRecord(Record):
    """What one look saw."""

    repeats: int
    """Repeats so far."""
    information: float
    """The share of the planned information that these carry."""
    effect: float
    interval_95: tuple[float, float]
    verdict: Literal["supported", "refuted", "inconclusive", "invalid"]


class Finding(Record):
    """What a control found."""

    control: str
    passed: bool
    found: str
    """What was seen, with its number."""
    threshold: str
    """What would have passed, and why."""
    remedy: str
    """What to do where it failed."""


class DiagnosisRecord(Record):
    """A known fault that an arm looks like, by its outputs and records alone."""

    arm: Literal["treatment", "control"]
    cause: str
    found: str
    """What was seen, with its numbers."""
    remedy: str


class ArmRecord(Record):
    """One arm: what was trained, at what budget, with what metrics, and by which replicates."""

    role: Literal["treatment", "control"]
    recipe: str
    """The recipe in words."""
    description: dict[str, Any]
    """All of the recipe that can change its numbers: sources, optimizer, loss, epochs."""
    budget: dict[str, int]
    """Of one replicate, all stages together; weights are those of the last stage."""
    metrics: dict[str, dict[str, Number]]
    """Metric to `mean`, `sd`, `min` and `max` over cells, seeds averaged."""
    values: list[list[Number]]
    """The claim's metric, (repeats, folds), seeds averaged."""
    replicates: list[list[str]]
    """Ids, one list a stage, in the order repeat, fold, seed; the last list is the arm's own."""


class Picture(Record):
    """One picture of a run, for a person to look at: no verdict rests on it."""

    name: str
    """What it is called: "originals"."""
    caption: str
    """What it shows, with its numbers."""
    file: Annotated[str, Field(pattern=r"^pictures/[A-Za-z0-9-]*-[0-9a-f]{8}\.png$")]
    """Path from the folder of the evidence."""
    sha256: str


class Timings(Record):
    """When and how long. Differs from run to run."""

    started_at: str
    """UTC, ISO 8601."""
    wall_s: float | None = None
    """From the start of this run to its verdict; replicates found in the store cost nothing here."""
    trained: int | None = None
    """Replicates trained in this run, parents included."""
    reused: int | None = None
    """Replicates found in the store."""


class Evidence(Record):
    """Everything about one hypothesis' run."""

    schema_version: Literal[1] = 1
    hypothesis: str
    """The test's id, without the verdict it expects."""
    title: str
    """The hypothesis in words."""
    status: Literal["started", "finished"]
    """"started" where the run was cut off before a verdict."""
    smoke: bool = False
    """A smoke run: tiny data and budget, whose verdict is not judged."""
    controlled: Literal["all", "cheap", "none"] = "all"
    """Which controls were run: all; those that train nothing of their own; none."""
    registered: str | None = None
    """The verdict that the test expects, from its parameter `expected`."""
    registration: Registration | None = None
    """What the ledger said when the run began; null in a smoke run."""
    outcome: Literal["as registered", "surprise"] | None = None
    """Whether the test's assertion held; null where the run did not come to it."""
    claim: dict[str, Any]
    """`kind`, `metric`, `threshold`, `unit`, `higher_is_better`, `alpha`."""
    design: dict[str, Any]
    """`folds`, `repeats` (planned), `seeds`, `looks` (whether it is judged after each)."""
    data: dict[str, Any]
    """`name`, `source`, `digest`, `rows`, `input_shape` (by name, of several inputs), `outputs`, `task`."""
    arms: list[ArmRecord] = Field(default_factory=list)
    differences: list[list[Number]] = Field(default_factory=list)
    """Treatment minus control, or arm minus bar, signed so that positive is better; (repeats, folds)."""
    foreseen: PowerRecord | None = None
    """Null where nothing was known beforehand."""
    looks: list[LookRecord] = Field(default_factory=list)
    """Each look up to the one that decided, or the last; one alone where the design has no others."""
    estimate: EstimateRecord | None = None
    """At the last look."""
    verdict: Literal["supported", "refuted", "inconclusive", "invalid"] | None = None
    finding: str | None = None
    explanation: str | None = None
    p_value: float | None = None
    """Of the null hypothesis that the verdict rejects, looks taken into account; null where nothing was decided."""
    controls: list[Finding] = Field(default_factory=list)
    diagnosis: list[DiagnosisRecord] = Field(default_factory=list)
    """Of image autoencoders, arm by arm: first what explains the rest. No part of the verdict."""
    trials: dict[str, list[list[str]]] = Field(default_factory=dict)
    """Ids of the replicates that controls had trained, by trial, one list a stage; in the order repeat, fold, seed."""
    pictures: list[Picture] = Field(default_factory=list)
    """Drawn when all was decided; none in a smoke run, nor of what is no image."""
    timings: Timings
    provenance: dict[str, Any] = Field(default_factory=dict)

    @property
    def judgement(self) -> str | None:
        """The verdict with its finding, in words; null where there is none."""
        if self.verdict is None:
            return None
        return f"{self.verdict} ({self.finding}){', uncontrolled' if self.controlled == 'none' else ''}"

    def substance(self) -> dict[str, Any]:
        """Return what two runs of the same hypothesis share.

        That is all but times, places, pictures, what was known beforehand, and the diagnosis, which looks at models.
        """
        return self.model_dump(mode="json", exclude={"timings", "provenance", "foreseen", "pictures", "diagnosis"})

    def __str__(self) -> str:
        return self.in_words()

    def in_words(self, folder: Path = Path()) -> str:
        """Say everything about the run, a line each.

        Args:
            folder: where the evidence lies, so that its pictures can be opened.
        """
        lines = [f"{self.title}, on {self.data['name']}: {self.judgement or f'not judged ({self.status})'}"]
        lines += [f"  diagnosis   {each.arm}: {each.cause}: {each.found}. {each.remedy}" for each in self.diagnosis]
        if self.expected and self.verdict != self.expected:
            lines.append(f"  expected    {self.expected}")
        if self.registration:
            lines.append(f"  registered  {self.registration}")
        for arm in self.arms:
            spread = arm.metrics[self.claim["metric"]]
            numbers = ", ".join(f"{name} {_shown(spread[name])}" for name in ("mean", "min", "max"))
            lines.append(f"  {arm.role:<11} {arm.recipe}: {self.claim['metric']} {numbers}")
        if self.estimate:
            low, high = self.estimate.interval_95
            lines.append(
                f"  effect      {self.estimate.effect:+.4g} {self.claim['unit']}, "
                f"95% interval [{low:+.4g}, {high:+.4g}], standard error {self.estimate.standard_error:.3g}, "
                f"p {self.estimate.p_two_sided:.3g} (two-sided)"
            )
        word = "bar" if self.claim["kind"] == "reaches" else "margin"
        lines.append(f"  {word:<11} {self.claim['threshold']:g} {self.claim['unit']}")
        design, done = self.design, len(self.differences)
        repeats = f"{done} of {design['repeats']}" if 0 < done < design["repeats"] else f"{design['repeats']}"
        lines.append(
            f"  cells       {design['folds'] * (done or design['repeats'])} "
            f"({design['folds']} folds x {repeats} repeat{'s' * (design['repeats'] > 1)}, "
            f"{design['seeds']} seed{'s' * (design['seeds'] > 1)} each)"
        )
        lines += [
            f"  control     {finding.control} failed: {finding.found}; {finding.threshold}. {finding.remedy}"
            for finding in self.controls
            if not finding.passed
        ]
        if self.foreseen:
            lines.append(
                f"  foreseen    an effect of {self.foreseen.detectable:.3g} is seen four times in five, "
                f"equivalence within {self.foreseen.equivalence:.3g} (from {self.foreseen.known_from})"
            )
        lines += [f"  picture     {folder / picture.file} ({picture.name})" for picture in self.pictures]
        if self.explanation:
            lines.append(f"  so          {self.explanation}")
        return "\n".join(lines)


def schema_of(record: Literal["bisection", "evidence", "ledger", "replicate"]) -> str:
    """Return the JSON Schema of a record, or of a line of the ledger, as it is written, its digest included."""
    models: dict[str, type[Record]]
    models = {"bisection": BisectionRecord, "evidence": Evidence, "ledger": Entry, "replicate": Replicate}
    schema = models[record].model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["digest"] = {
        "type": "string",
        "description": "SHA-256 of the record without this field: keys sorted, no white space.",
    }
    schema["required"] = [*schema["required"], "digest"]
    return json.dumps(schema, indent=1)


def _shown(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"
