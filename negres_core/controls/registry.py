"""Find and run the controls: every module of this package that defines `check`."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Literal, Protocol, cast

import negres_core.controls
from negres_core.controls.waivers import apply_waivers
from negres_core.discovery import modules_in
from negres_core.errors import InputError
from negres_core.evidence import Finding
from negres_core.run import Run


class Control(Protocol):
    """A module of this package that checks a run before or after training.

    It is given only the networks of the run, unless it defines `FITS = True`: then it is given fits too.

    Attributes:
        NAME: the name in its findings.
        WHEN: when it runs.
    """

    NAME: str
    WHEN: Literal["before", "after"]

    def check(self, run: Run) -> Finding | None:
        """Return what was found, or None if the control does not apply to the run."""


class SmallRunControl(Protocol):
    """A module of this package that checks small runs, which are trained before the arms. It is not given fits.

    If it defines `follow_ups(run, trained)`, that returns further small runs by name, after those of all controls.

    Attributes:
        NAME: the name in its findings.
        WHEN: "small runs".
    """

    NAME: str
    WHEN: Literal["small runs"]

    def small_runs(self, run: Run) -> Mapping[str, Run]:
        """Return untrained small runs by name. Controls that need the same small run give it the same name."""

    def check(self, run: Run, trained: Mapping[str, Run]) -> Finding | None:
        """Return what was found in the trained small runs of all controls, or None if the control does not apply."""


def run_controls(run: Run, *, when: Literal["before", "after"]) -> list[Finding]:
    """Run every control that checks a run before, or after, training."""
    networks = run.networks
    findings = []
    for control in cast(list[Control], _controls(when)):
        scope = run if getattr(control, "FITS", False) else networks
        if scope.arms:
            findings.append(control.check(scope))
    return apply_waivers(findings, run.waived)


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
    return cast(list[SmallRunControl], _controls("small runs") if networks.arms else [])


def _controls(when: Literal["before", "after", "small runs"]) -> list[ModuleType]:
    """Return the controls that run at some time, after checking that every module is a complete control."""
    controls = modules_in(negres_core.controls, having="check")
    for control in controls:
        _require_protocol(control)
    return [control for control in controls if when == control.WHEN]


def _require_protocol(control: ModuleType) -> None:
    name, when = getattr(control, "NAME", None), getattr(control, "WHEN", None)
    if not isinstance(name, str) or not name:
        raise InputError(
            f"The control {control.__name__} has no name for its findings.",
            received=f"NAME={name!r}",
            remedy='Set NAME = "..." in the module.',
        )
    if when not in ("before", "after", "small runs"):
        raise InputError(
            f"The control {control.__name__} does not state when it runs, so it would never run.",
            received=f"WHEN={when!r}",
            remedy='Set WHEN = "before", "after" or "small runs" in the module.',
        )
    if when == "small runs" and not callable(getattr(control, "small_runs", None)):
        raise InputError(
            f"The control {control.__name__} checks small runs, but does not define any.",
            received=f"small_runs={getattr(control, 'small_runs', None)!r}",
            remedy="Define small_runs(run) -> Mapping[str, Run] in the module.",
        )
