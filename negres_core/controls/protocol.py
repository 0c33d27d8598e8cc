"""The protocol of a control: what a module, or an object of the user's, defines to be run as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from negres_core.errors import InputError
from negres_core.evidence import Finding
from negres_core.run.run import Run


class Control(Protocol):
    """A module or object that checks a run before or after training.

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
    """A module or object that checks small runs, which are trained before the arms.

    It is given only the networks of the run, unless it defines `FITS = True`: then it is given fits too, if they are
    alone in their recipe and return predictions. The small runs of a fit that cannot cope with few rows are left out.

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


def require_protocol(control: Any) -> None:
    """Raise InputError if a module or an object is not a complete control."""
    called = getattr(control, "__name__", None) or type(control).__name__
    name, when = getattr(control, "NAME", None), getattr(control, "WHEN", None)
    if not isinstance(name, str) or not name:
        raise InputError(
            f"The control {called} has no name for its findings.",
            received=f"NAME={name!r}",
            remedy='Set NAME = "..." in the module.',
        )
    if when not in ("before", "after", "small runs"):
        raise InputError(
            f"The control {called} does not state when it runs, so it would never run.",
            received=f"WHEN={when!r}",
            remedy='Set WHEN = "before", "after" or "small runs" in the module.',
        )
    if when == "small runs" and not callable(getattr(control, "small_runs", None)):
        raise InputError(
            f"The control {called} checks small runs, but does not define any.",
            received=f"small_runs={getattr(control, 'small_runs', None)!r}",
            remedy="Define small_runs(run) -> Mapping[str, Run] in the module.",
        )
    if not callable(getattr(control, "check", None)):
        raise InputError(
            f"The control {called} has no function that checks a run.",
            received=f"check={getattr(control, 'check', None)!r}",
            remedy="Define check(run) -> Finding | None.",
        )
