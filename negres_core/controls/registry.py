"""Find and run the controls: every module of this package that defines `check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import negres_core.controls
from negres_core.controls.protocol import Control, SmallRunControl, require_protocol
from negres_core.controls.waivers import apply_waivers
from negres_core.discovery import modules_in
from negres_core.evidence import Finding
from negres_core.run import Run


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
    networks = run.networks
    return {
        name: small_run
        for control in _small_run_controls(networks)
        for name, small_run in control.small_runs(networks).items()
    }


def follow_ups_of(run: Run, trained: Mapping[str, Run]) -> dict[str, Run]:
    """Return further small runs, by name, that the controls need after what the first ones showed."""
    networks = run.networks
    return {
        name: small_run
        for control in _small_run_controls(networks)
        if hasattr(control, "follow_ups")
        for name, small_run in control.follow_ups(networks, trained).items()
    }


def check_small_runs(run: Run, trained: Mapping[str, Run]) -> list[Finding]:
    """Run every control that checks small runs; `trained` has those of `small_runs_of` and `follow_ups_of`, trained."""
    networks = run.networks
    findings = [control.check(networks, trained) for control in _small_run_controls(networks)]
    return apply_waivers(findings, run.waived)


def _small_run_controls(networks: Run) -> list[SmallRunControl]:
    return cast(list[SmallRunControl], _controls("small runs", networks) if networks.arms else [])


def _controls(when: Literal["before", "after", "small runs"], run: Run) -> list[Any]:
    """Return the controls that run at some time, after checking that every module is a complete control."""
    controls = modules_in(negres_core.controls, having="check")
    for control in controls:
        require_protocol(control)
    return [control for control in (*controls, *run.own_controls) if when == control.WHEN]
