"""Cases: every animal of the zoo, run and summed up."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.zoo import BUGS, PIPELINES, UNDETECTABLE


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

    def run(self) -> Outcome:
        """Run it with all controls."""
        animal = {"bug": BUGS, "undetectable": UNDETECTABLE, "clean": PIPELINES}[self.kind][self.name]
        began = time.perf_counter()
        pipeline = animal(self.seed) if self.kind == "clean" else animal
        evidence = pipeline.run() if self.kind == "clean" else pipeline.run(self.seed)
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
            return self.verdict != "invalid" or not set(self.failed) & set(BUGS[self.case.name].meant)
        return self.verdict == "invalid"

    def __str__(self) -> str:
        failed = "; ".join(f"{control}: {found}" for control, found in self.failed.items())
        return f"{self.case.kind}: {self.case.name}, seed {self.case.seed}: {self.verdict}. {failed}"


def cases(*, seeds: int = 1) -> list[Case]:
    """Return every bug once, and every clean pipeline on so many draws."""
    bugs = [Case(kind, name, 0) for kind, names in (("bug", BUGS), ("undetectable", UNDETECTABLE)) for name in names]
    return [*bugs, *(Case("clean", name, seed) for name in PIPELINES for seed in range(seeds))]
