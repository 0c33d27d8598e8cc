"""Cases: every specimen of the zoo, run and summed up."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.zoo import SPECIMENS


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        kind: "bug", "undetectable" or "clean".
        name: the bug's, or the pipeline's.
        seed: which draw of the data.
    """

    kind: str
    name: str
    seed: int

    @property
    def meant(self) -> tuple[str, ...]:
        """The controls that are meant to find it."""
        return SPECIMENS[self.kind][self.name].meant

    def run(self) -> Outcome:
        """Run it with all controls."""
        began = time.perf_counter()
        evidence = SPECIMENS[self.kind][self.name].run(self.seed)
        failed = {finding.control: finding.found for finding in evidence.controls if not finding.passed}
        if evidence.verdict == "invalid" and not failed:
            failed = {"verdict": str(evidence.finding)}
        return Outcome(self, evidence.verdict, failed, time.perf_counter() - began)


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        case: the case.
        verdict: its verdict.
        failed: what each control found that failed.
        seconds: how long it took.
    """

    case: Case
    verdict: str
    failed: dict[str, str]
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether a bug was missed by the controls meant for it, or a run voided that has none to be found."""
        if self.case.kind == "bug":
            return self.verdict != "invalid" or not set(self.failed) & set(self.case.meant)
        return self.verdict == "invalid"

    def __str__(self) -> str:
        failed = "; ".join(f"{control}: {found}" for control, found in self.failed.items())
        return f"{self.case.kind}: {self.case.name}, seed {self.case.seed}: {self.verdict}. {failed}"


def cases(*, seeds: int = 1) -> list[Case]:
    """Return every specimen once, and the clean ones on so many draws."""
    return [
        Case(kind, name, seed)
        for kind, specimens in SPECIMENS.items()
        for name in specimens
        for seed in range(seeds if kind == "clean" else 1)
    ]
