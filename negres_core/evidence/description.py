"""The description of a recipe: everything that can change its numbers, and its names and sources for a reader."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, Literal

from pydantic import JsonValue

from negres_core.claim import Metric
from negres_core.dataset import Task
from negres_core.early_stopping import Plateau
from negres_core.evidence.record import PartialRecord, Record

KerasConfig = dict[str, JsonValue]
"""A configuration as Keras serializes it: the class decides which keys it has."""


class TransformerDescription(Record):
    """The scikit-learn transformer that prepares the inputs."""

    transformer: str
    """Name of its class."""
    source: str
    """Source of the function that returns it."""
    code: str
    """Digest of its code and parameters."""


class PlateauDescription(Record):
    """The rule by which the learning rate falls if the monitored metric does not improve."""

    factor: float
    """What the rate is multiplied by."""
    patience: int
    min_delta: float
    """Smallest change that counts as an improvement."""
    cooldown: int
    min_rate: float

    @classmethod
    def of(cls, plateau: Plateau) -> PlateauDescription:
        """Return the description of a rule."""
        return cls(
            factor=plateau.factor,
            patience=plateau.patience,
            min_delta=plateau.min_delta,
            cooldown=plateau.cooldown,
            min_rate=plateau.min_rate,
        )


class MonitorDescription(Record):
    """The validation rows of a stage, and what follows from a metric on them."""

    share: float | None
    """Share of the training fold that is held out; null for the validation rows of the design, or a tenth."""
    metric: str
    """The metric, by the name under which replicates record metrics."""
    higher_is_better: bool
    """Its direction."""
    patience: int | None
    """Epochs without improvement after which training ends; null if it never does."""
    restores_best: bool
    """Whether the stage ends with the weights of its best epoch."""
    plateau: PlateauDescription | None = None


class SamplerDescription(Record):
    """The sampler that resamples the training fold."""

    sampler: str
    """Name of its class."""
    source: str
    """Source of the function that returns it."""
    code: str
    """Digest of its code and parameters."""


class StageDescription(PartialRecord):
    """One stage: a model, and how it is trained."""

    OPTIONAL: ClassVar = frozenset({"monitor", "loss_weights"})

    build: str
    """Name of the function that builds the model."""
    source: str
    """Source of that function."""
    model: str
    """SHA-256 of the model's configuration."""
    code: str
    """Digest of all user code that the stage reaches."""
    start: list[str]
    """Digests of the initial weights at one fixed seed."""
    inherits: str | None
    """Name of the function that builds the previous stage, if its weights are inherited."""
    freezes: str | None
    """Name of the function that builds the layers to freeze."""
    optimizer: KerasConfig
    loss: KerasConfig | str
    """Configuration of the loss, or the name of a loss function; one of these for each of several outputs, by name."""
    objective: str | None
    """Source of the objective, if the stage has one."""
    epochs: int
    batch_size: int
    saved_as: str
    """Format of the model file: "keras" or "h5"."""
    callbacks: str | None = None
    """Source of the function that returns the callbacks, if the stage has any."""
    rule: str | None = None
    """Source of the function that sets the initial weights from those of the previous stage, if the stage has one."""
    training_share: float | None = None
    """Share of the training fold that the stage is trained on; null for all of it."""
    class_weight: Literal["balanced"] | dict[int, float] | None = None
    """Weights of the classes in the training loss; null if there are none."""
    revision: int | None = None
    """Raised for stages that an earlier version of the engines trained wrongly; null for all others."""
    monitor: MonitorDescription | None = None
    """Left out if the stage has no validation rows."""
    loss_weights: dict[str, float] | None = None
    """The weight of the loss of each output, if there are several; left out otherwise."""

    @property
    def epochs_in_words(self) -> str:
        """The epochs of the stage, "at most" so many if it has patience."""
        has_patience = self.monitor is not None and self.monitor.patience is not None
        return f"{'at most ' if has_patience else ''}{self.epochs} epochs"


class MetricDescription(Record):
    """A metric that a fit defines."""

    name: str
    higher_is_better: bool
    unit: str
    tasks: list[Task]

    @classmethod
    def of(cls, metric: Metric) -> MetricDescription:
        """Return the description of a metric."""
        return cls(
            name=metric.name, higher_is_better=metric.higher_is_better, unit=metric.unit, tasks=list(metric.tasks)
        )


class FitDescription(Record):
    """A fit: a function of a training and a test fold."""

    compute: str
    """Name of the function."""
    source: str
    code: str
    """Digest of all user code that the function reaches."""
    inherits: str | None
    """Name of the function that builds the trained model that the fit receives."""
    metrics: list[MetricDescription]


class RecipeDescription(Record):
    """One arm's recipe on one data set."""

    preprocess: TransformerDescription | None
    stages: list[StageDescription]
    fit: FitDescription | None = None
    resample: SamplerDescription | None = None

    @property
    def lineage(self) -> list[RecipeDescription]:
        """The description of every stage with those before it, and of the fit, if there is one."""
        stages = [
            RecipeDescription(preprocess=self.preprocess, stages=self.stages[:end], resample=self.resample)
            for end in range(1, len(self.stages) + 1)
        ]
        return [*stages, self] if self.fit else stages

    @property
    def digest(self) -> str:
        """The identity of what is trained, in every replicate's key and in the ledger.

        Names and sources are for readers, and not digested: the code is digested by its logic.
        """
        content = self._content()
        for part in (content["preprocess"], content.get("resample"), content["fit"], *content["stages"]):
            for name in ("source", "build", "compute", "objective", "callbacks", "rule") if part else ():
                part.pop(name, None)
            for name in ("inherits", "freezes") if part else ():
                part[name] = part.get(name) is not None
        return _digest(content)

    @property
    def digest_by_text(self) -> str:
        """The identity that version 0.1.0 gave a recipe whose code was digested by its text, names included."""
        content = self._content()
        if content["fit"] is None:
            del content["fit"]
        return _digest(content)

    def _content(self) -> dict[str, Any]:
        """Return all fields; those that later versions added only where they say something.

        So all other digests are what they were before.
        """
        content = self.model_dump(mode="json")
        of_stage = ("revision", "class_weight", "callbacks", "rule", "training_share")
        for part, added in [*((stage, of_stage) for stage in content["stages"]), (content, ("resample",))]:
            for name in added:
                if part[name] is None:
                    del part[name]
        return content

    def __str__(self) -> str:
        """Return the recipe in words, as `Recipe` does."""
        parts = [
            f"{stage.build} ({stage.epochs_in_words}{f', {stage.freezes} frozen' if stage.freezes else ''})"
            for stage in self.stages
        ]
        return " then ".join([*parts, self.fit.compute] if self.fit else parts)

    def without_shapes(self) -> dict[str, Any]:
        """Return the parts of the description that do not depend on the shapes of one data set."""
        return self.model_dump(mode="json", exclude={"stages": {"__all__": {"model", "start"}}})


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
