"""Controls of the user's own: they run beside those of this package, and a fault in one of them is called one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from negres_core.controls.protocol import require_protocol
from negres_core.controls.waivers import bundled_names
from negres_core.errors import InputError
from negres_core.evidence import Finding
from negres_core.provenance.fingerprint import digest_code
from negres_core.run.run import Run

PARTS = ("NAME", "WHEN", "FITS", "check", "small_runs")
"""What a control may define."""


class OwnControl:
    """A control of the user's own, as the registry runs it.

    If it needs small runs, it is given its own ones only, so that their names cannot be those of others.

    Args:
        control: a module or an object that follows the protocol of a control.

    Attributes:
        NAME: the name in its findings.
        WHEN: when it runs.
        FITS: whether it is given fits too.
        digest: digest of what its code does.

    Raises:
        InputError: it does not follow the protocol, or its code reaches an object whose state cannot be known.
    """

    def __init__(self, control: Any) -> None:
        require_protocol(control)
        self._control = control
        self.NAME: str = control.NAME
        self.WHEN: str = control.WHEN
        self.FITS = bool(getattr(control, "FITS", False))
        self.digest = digest_code([getattr(control, part, None) for part in PARTS])

    def small_runs(self, run: Run) -> dict[str, Run]:
        """Return its untrained small runs by name; see `SmallRunControl`.

        Raises:
            InputError: the control raised an error.
        """
        return {f"{self.NAME}: {name}": small_run for name, small_run in self._call("small_runs", run).items()}

    def check(self, run: Run, trained: Mapping[str, Run] | None = None) -> Finding | None:
        """Return what the control found; see `Control` and `SmallRunControl`.

        Raises:
            InputError: the control raised an error, or returned anything else than a finding of its own name.
        """
        start = f"{self.NAME}: "
        own = {name.removeprefix(start): each for name, each in (trained or {}).items() if name.startswith(start)}
        finding = self._call("check", run, *([] if trained is None else [own]))
        if finding is None:
            return None
        if not isinstance(finding, Finding):
            raise InputError(
                f"The control {self.NAME!r}, which is your own, has to return a Finding, or None if it does not apply.",
                received=finding,
                remedy="Import it with `from negres_core.evidence import Finding`.",
            )
        if finding.control != self.NAME:
            raise InputError(
                f"The control {self.NAME!r}, which is your own, returned a finding with another name.",
                received=f"Finding(control={finding.control!r}, ...)",
                remedy="Give control=NAME.",
            )
        return finding

    def _call(self, part: str, *arguments: Any) -> Any:
        try:
            return getattr(self._control, part)(*arguments)
        except Exception as error:
            raise InputError(
                f"The control {self.NAME!r}, which is your own, could not judge the run: its {part} raised an error.",
                received=f"{type(error).__name__}: {error}",
                remedy="Fix the control; the traceback above shows the line. If it does not apply to a run, return "
                "None.",
            ) from error


def ready_controls(given: Iterable[Any]) -> tuple[OwnControl, ...]:
    """Return controls of the user's own as the registry runs them, sorted by name.

    Args:
        given: modules or objects that follow the protocol of a control.

    Raises:
        InputError: one does not follow the protocol, or has the name of another control.
    """
    controls = sorted(map(OwnControl, given), key=lambda control: control.NAME)
    bundled = bundled_names() if controls else set()
    counts = Counter(control.NAME for control in controls)
    for name, count in counts.items():
        if name in bundled or count > 1:
            raise InputError(
                "Controls of your own need names that no other control has.",
                received=f"NAME = {name!r}, which {'is a control of negres' if name in bundled else 'is there twice'}",
                remedy="Choose another name.",
            )
    return tuple(controls)
