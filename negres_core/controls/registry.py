"""Find and run the controls: every module of this package that defines `check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

import negres_core.controls
from negres_core.controls.protocol import Control, SmallRunControl, require_protocol
from negres_core.controls.waivers import apply_waivers
from negres_core.discovery import modules_in
from negres_core.evidence import Finding
from negres_core.run.run import Run


def run_controls(run: Run, *, when: Literal["before", "after"]) -> list[Finding]:
    """Run every control that checks a run before, or after, training."""
    networks = run.networks
    findings = []
    for control in cast(list[Control], _controls(when, run)):
        scope = run if getattr(control, "FITS", False) else networks
        if scope.arms:
            findings.append(control.check(scope))
    return apply_waivers(findings, run.waived)


def known_controls() -> list[tuple[str, Literal["before", "after", "small runs"]]]:
    """Return the name of each control of negres, and when it runs."""
    return [(control.NAME, control.WHEN) for control in modules_in(negres_core.controls, having="check")]


def small_runs_of(run: Run) -> dict[str, Run]:
    """Return the small runs, by name, that the controls need to have trained."""
    return {
        name: small_run
        for control, scope in _small_run_controls(run)
        for name, small_run in control.small_runs(scope).items()
    }


def follow_ups_of(run: Run, trained: Mapping[str, Run]) -> dict[str, Run]:
    """Return further small runs, by name, that the controls need after what the first ones showed."""
    return {
        name: small_run
        for control, scope in _small_run_controls(run)
        if hasattr(control, "follow_ups")
        for name, small_run in control.follow_ups(scope, trained).items()
    }


def check_small_runs(run: Run, trained: Mapping[str, Run]) -> list[Finding]:
    """Run every control that checks small runs; `trained` has those of `small_runs_of` and `follow_ups_of`, trained."""
    findings = [control.check(scope, trained) for control, scope in _small_run_controls(run)]
    return apply_waivers(findings, run.waived)


def _small_run_controls(run: Run) -> list[tuple[SmallRunControl, Run]]:
    """Return each control of small runs, with the run that it is given: its networks, or all that can learn."""
    networks, learners = run.networks, _learners(run)
    scopes = [
        (control, learners if getattr(control, "FITS", False) else networks) for control in _controls("small runs", run)
    ]
    return [(control, scope) for control, scope in scopes if scope.arms]


def _learners(run: Run) -> Run:
    """Return a run as small runs train it: each arm as its network, or as a fit that is alone and returns predictions.

    A fit that declares metrics of its own returns these, and a small run could not judge them.
    """
    networks = run.networks
    alone = [arm for arm in run.arms if not arm.recipe.stages and arm.recipe.fit and not arm.recipe.fit.metrics]
    by_role = {arm.role: arm for arm in (*networks.arms, *alone)}
    return replace(networks, arms=[by_role[arm.role] for arm in run.arms if arm.role in by_role])


def _controls(when: Literal["before", "after", "small runs"], run: Run) -> list[Any]:
    """Return the controls that run at some time, after checking that every module is a complete control."""
    controls = modules_in(negres_core.controls, having="check")
    for control in controls:
        require_protocol(control)
    return [control for control in (*controls, *run.own_controls) if when == control.WHEN]
