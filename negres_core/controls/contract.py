"""What a control is given, and how controls are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Literal, Protocol

import numpy as np

import negres_core.controls
from negres_core.dataset import Dataset
from negres_core.design import Cell, Design
from negres_core.errors import InputError
from negres_core.evidence import Finding, Replicate
from negres_core.metrics import METRICS, Metric
from negres_core.recipe import Recipe

Level = Literal["all", "cheap", "none"]
"""Which controls run: all; those that train nothing of their own; none."""

Role = Literal["treatment", "control"]


@dataclass(frozen=True)
class Trained:
    """One arm and its replicates.

    Attributes:
        role: "treatment" or "control".
        recipe: what the arm trains.
        stages: the replicates of each stage of the recipe, in the order repeat, fold, seed. Empty before training.
    """

    role: Role
    recipe: Recipe
    stages: Sequence[Sequence[Replicate]] = ()

    @property
    def replicates(self) -> Sequence[Replicate]:
        """The replicates of the last stage."""
        return self.stages[-1]


@dataclass(frozen=True)
class Outline:
    """What is known of the last stage of a recipe before it is trained.

    Attributes:
        activation: name of the activation that the model ends in, or None where it ends in something else.
        low: no output is under this; minus infinity where nothing is known.
        high: no output is over this.
        loss: Keras' name of its own loss ("binary_crossentropy"), or None for a loss or an objective of another author.
        logits: whether the loss takes logits, not probabilities.
    """

    activation: str | None = None
    low: float = -np.inf
    high: float = np.inf
    loss: str | None = None
    logits: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Probe:
    """A second look at a trained model: its weights loaded from its file, on the rows of its own cell.

    Attributes:
        outline: what was known of it before.
        weights: digest of every weight in the file, in the model's order.
        targets: targets of the test fold, as in the data set.
        outputs: outputs on the test fold with dropout off, (rows, ...), float32.
        predicted: predicted labels, (rows,); or the outputs in the shape of the targets.
        loss: mean loss on the test fold, or None where the stage has an objective.
        trivial_loss: the same where every output is the training fold's share of its class, or mean of its column.
        training_loss: mean loss on a sample of the training fold in training mode (dropout on, statistics of batches).
        inference_loss: the same in inference mode.
        silent: for each hidden ReLU layer, how many of its units are zero on the whole sample, and how many it has.
        gradient_norm: Euclidean norm of the gradient of the training loss over all trainable weights.
        weight_norm: Euclidean norm of the trainable weights.
    """

    outline: Outline
    weights: Sequence[str]
    targets: np.ndarray
    outputs: np.ndarray
    predicted: np.ndarray
    loss: float | None
    trivial_loss: float | None
    training_loss: float
    inference_loss: float
    silent: Sequence[tuple[int, int]]
    gradient_norm: float
    weight_norm: float


class Models(Protocol):
    """Looks at models by other means than those that trained them."""

    def outline(self, recipe: Recipe) -> Outline:
        """Describe what a recipe's last stage ends in, untrained."""

    def draw(self, recipe: Recipe, replicate: Replicate) -> Sequence[str]:
        """Return the digests of the weights that a replicate's own seed gives its build function."""

    def probe(self, recipe: Recipe, replicate: Replicate) -> Probe:
        """Look again at a trained replicate of a recipe's last stage."""

    def predict(self, arm: Trained, position: int, rows: np.ndarray) -> np.ndarray | None:
        """Predict some rows of a replicate's test fold, raw; None where its fit returns metrics, not predictions."""

    def drawings(self, arm: Trained, position: int) -> Mapping[str, np.ndarray]:
        """Return the images that an arm's own fit draws of a replicate, by caption; none where it draws nothing."""

    def drive(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> np.ndarray:
        """Predict some rows whose contrast is raised beyond measure, raw, and then again with it inverted.

        Twice as many rows come back, whose outputs go about as far as outputs can.
        """


@dataclass(frozen=True)
class Run:
    """Everything a control may look at.

    Attributes:
        data: the data set.
        design: folds, repeats and seeds.
        cells: the cells of the design, repeat by repeat.
        arms: the arms.
        metric: what the claim is about.
        models: a second look at models, or None where there are none to look at.
    """

    data: Dataset
    design: Design
    cells: Sequence[Cell]
    arms: Sequence[Trained]
    metric: Metric = METRICS["loss"]
    models: Models | None = None

    def values(self, arm: Trained, metric: str) -> np.ndarray:
        """Return a metric of an arm's replicates, (repeats, folds, seeds), NaN where it is not finite."""
        values = np.array([replicate.metrics[metric] for replicate in arm.replicates], dtype=float)
        return values.reshape(-1, self.design.folds, self.design.seeds)

    def probes(self) -> Iterator[tuple[Trained, Replicate, Probe]]:
        """Look again at one replicate of each arm, the first that stayed finite: what is systematic shows in any."""
        for arm in self.arms:
            finished = (replicate for replicate in arm.replicates if replicate.status == "finished")
            if self.models is not None and (replicate := next(finished, None)) is not None:
                yield arm, replicate, self.models.probe(arm.recipe, replicate)

    @property
    def networks(self) -> Run:
        """The run of the networks that the arms train: without fits, and without arms that are nothing else."""
        arms = []
        for arm in self.arms:
            network = arm.recipe.network
            if network is not None:
                arms.append(replace(arm, recipe=network, stages=arm.stages[: len(network.stages)]))
        metric = self.metric if self.data.task in self.metric.tasks else METRICS["loss"]
        return replace(self, arms=arms, metric=metric)

    def cell_of(self, replicate: Replicate) -> Cell:
        """Return the cell that a replicate was trained on."""
        return self.cells[replicate.key.repeat * self.design.folds + replicate.key.fold]


def run_controls(run: Run, *, when: Literal["before", "after"]) -> list[Finding]:
    """Run every control that looks before, or after, training.

    A control is a module of this package with `WHEN` and `check(run) -> Finding | None`; None where it does not apply.
    It is about networks, and sees no fits, unless it sets `FITS = True`.
    """
    networks = run.networks
    findings = []
    for control in _controls():
        seen = run if getattr(control, "FITS", False) else networks
        if when == control.WHEN and seen.arms:
            findings.append(control.check(seen))
    return [finding for finding in findings if finding is not None]


def plan_trials(run: Run) -> dict[str, Run]:
    """Return the small runs, by name, that controls want to be trained: trials of the pipeline.

    A control that has any is a module of this package with `WHEN = "trials"`, `trials(run) -> Mapping[str, Run]` and
    `check(run, trained) -> Finding | None`, where `trained` holds the trained trials of all controls. Two controls that
    look at one trial give it one name.
    """
    networks = run.networks
    controls = [control for control in _controls() if control.WHEN == "trials" and networks.arms]
    return {name: trial for control in controls for name, trial in control.trials(networks).items()}


def judge_trials(run: Run, trained: Mapping[str, Run]) -> list[Finding]:
    """Run every control that looks at trials; `trained` is what `plan_trials` returned, its arms trained."""
    networks = run.networks
    controls = [control for control in _controls() if control.WHEN == "trials" and networks.arms]
    findings = [control.check(networks, trained) for control in controls]
    return [finding for finding in findings if finding is not None]


def _controls() -> list[ModuleType]:
    package = negres_core.controls
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    controls = [module for module in map(importlib.import_module, names) if hasattr(module, "check")]
    for control in controls:
        if (when := getattr(control, "WHEN", None)) not in ("before", "after", "trials"):
            raise InputError(
                f"The control {control.__name__} does not say when it looks, and would never run.",
                received=f"WHEN={when!r}",
                remedy='Set WHEN = "before", "after" or "trials" in the module.',
            )
    return controls
