"""Cases: runs of the specimens, and their outcomes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from negres_core.errors import InputError
from tests.zoo import SPECIMENS, arms_of_pytorch

REFUSED = "refused"
"""The verdict, and the control, of a bug that a check of the input refuses before anything is judged."""

CRASHED = "crashed"
"""The verdict of a run that an error ended, which is wrong whatever was planted."""


@dataclass(frozen=True)
class Case:
    """One run of a specimen.

    Attributes:
        kind: "bug", "undetectable" or "clean".
        name: the name of the bug, or of the pipeline.
        seed: selects the sample of the data.
    """

    kind: str
    name: str
    seed: int

    @property
    def intended(self) -> tuple[str, ...]:
        """The controls that are intended to catch the bug."""
        return SPECIMENS[self.kind][self.name].intended

    def run(self, replicates: Path) -> Outcome:
        """Run the specimen with all controls; `replicates` is a folder that cases share."""
        began = time.perf_counter()
        try:
            evidence = SPECIMENS[self.kind][self.name].run(self.seed, replicates)
        except InputError as error:
            return Outcome(self, REFUSED, {REFUSED: str(error)}, time.perf_counter() - began)
        except Exception as error:  # the specimen may be out of date; the other cases go on
            found = {CRASHED: f"{type(error).__name__}: {error}"}
            return Outcome(self, CRASHED, found, time.perf_counter() - began)
        failed = {finding.control: finding.found for finding in evidence.controls if not finding.passed}
        if evidence.verdict == "invalid" and not failed:
            failed = {"verdict": str(evidence.finding)}
        return Outcome(self, evidence.verdict, failed, time.perf_counter() - began)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a case.

    Attributes:
        case: the case.
        verdict: its verdict, "refused" if its input was, or "crashed".
        failed: what each failed control found.
        duration_s: duration of the run.
    """

    case: Case
    verdict: str
    failed: dict[str, str]
    duration_s: float

    @property
    def is_wrong(self) -> bool:
        """Whether the intended controls missed a bug, a run without a detectable bug is stopped, or a run crashed."""
        if self.verdict == CRASHED:
            return True
        stopped = self.verdict in ("invalid", REFUSED)
        if self.case.kind == "bug":
            return not stopped or not set(self.failed) & set(self.case.intended)
        return stopped

    def __str__(self) -> str:
        failed = "; ".join(f"{control}: {found}" for control, found in self.failed.items())
        return f"{self.case.kind}: {self.case.name}, seed {self.case.seed}: {self.verdict}. {failed}"


def cases(*, seeds: int = 1) -> list[Case]:
    """Return a case for each specimen, and for each clean one as many cases as there are seeds.

    Those that PyTorch trains are left out where it is missing.
    """
    return [
        Case(kind, name, seed)
        for kind, specimens in SPECIMENS.items()
        for name in specimens
        if arms_of_pytorch.IS_INSTALLED or "pytorch" not in name.lower()
        for seed in range(seeds if kind == "clean" else 1)
    ]
