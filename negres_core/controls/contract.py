"""What a control is given, and how controls are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

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
class Run:
    """Everything a control may look at.

    Attributes:
        data: the data set.
        design: folds, repeats and seeds.
        cells: the cells of the design, repeat by repeat.
        arms: the arms.
        metric: what the claim is about.
    """

    data: Dataset
    design: Design
    cells: Sequence[Cell]
    arms: Sequence[Trained]
    metric: Metric = METRICS["loss"]

    def values(self, arm: Trained, metric: str) -> np.ndarray:
        """Return a metric of an arm's replicates, (repeats, folds, seeds), NaN where it is not finite."""
        values = np.array([replicate.metrics[metric] for replicate in arm.replicates], dtype=float)
        return values.reshape(-1, self.design.folds, self.design.seeds)


def run_controls(run: Run, *, when: Literal["before", "after"]) -> list[Finding]:
    """Run every control that looks before, or after, training.

    A control is a module of this package with `WHEN` and `check(run) -> Finding | None`; None where it does not apply.
    """
    findings = [control.check(run) for control in _controls() if when == control.WHEN]
    return [finding for finding in findings if finding is not None]


def plan_trials(run: Run) -> dict[str, Run]:
    """Return the small runs, by name, that controls want to be trained: trials of the pipeline.

    A control that has any is a module of this package with `WHEN = "trials"`, `trials(run) -> Mapping[str, Run]` and
    `check(run, trained) -> Finding | None`, where `trained` holds the trained trials of all controls. Two controls that
    look at one trial give it one name.
    """
    controls = [control for control in _controls() if control.WHEN == "trials"]
    return {name: trial for control in controls for name, trial in control.trials(run).items()}


def judge_trials(run: Run, trained: Mapping[str, Run]) -> list[Finding]:
    """Run every control that looks at trials; `trained` is what `plan_trials` returned, its arms trained."""
    findings = [control.check(run, trained) for control in _controls() if control.WHEN == "trials"]
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
