"""Find and run the controls: every module of this package that has a `check`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import Literal

import negres_core.controls
from negres_core.errors import InputError
from negres_core.evidence import Finding
from negres_core.run import Run


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


def plan_small_runs(run: Run) -> dict[str, Run]:
    """Return the small runs, by name, that controls want to be trained: trials of the pipeline.

    A control that has any is a module of this package with `WHEN = "trials"`, `trials(run) -> Mapping[str, Run]` and
    `check(run, trained) -> Finding | None`, where `trained` holds the trained trials of all controls. Two controls that
    look at one trial give it one name.
    """
    networks = run.networks
    controls = [control for control in _controls() if control.WHEN == "trials" and networks.arms]
    return {name: trial for control in controls for name, trial in control.trials(networks).items()}


def check_small_runs(run: Run, trained: Mapping[str, Run]) -> list[Finding]:
    """Run every control that looks at trials; `trained` is what `plan_small_runs` returned, its arms trained."""
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
