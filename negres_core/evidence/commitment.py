"""What is registered before a run: the plan, its entry in the ledger, and what the ledger says when the run begins."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from negres_core.evidence.record import Record, canonical, digest_of


class Commitment(Record):
    """What a hypothesis commits itself to before it is run."""

    hypothesis: str
    """The test's id, without the verdict it expects."""
    title: str
    """The hypothesis in words; for readers, and not compared."""
    claim: dict[str, Any]
    """`kind`, `metric`, `threshold`, `unit`, `higher_is_better`, `alpha`."""
    design: dict[str, Any]
    """`folds`, `repeats`, `seeds`."""
    stopping: str
    """When the run ends, in a sentence."""
    expected: str | None
    """The verdict that is expected, from the test's parameter `expected`."""
    arms: dict[str, str]
    """Role to the SHA-256 of the recipe's description, code included."""
    analysis: str
    """SHA-256 of the code that comes from replicates to a verdict."""
    data: dict[str, str]
    """`name`, which is not compared, and `digest`, the SHA-256 of the arrays."""

    def differs_in(self, other: Commitment) -> list[str]:
        """Name what another plan of the same hypothesis says differently."""
        one, two = self._parts(), other._parts()
        return [name for name in one | two if one.get(name) != two.get(name)]

    def _parts(self) -> dict[str, Any]:
        claim = dict(self.claim)
        word = "bar" if claim["kind"] == "reaches" else "margin"
        return {
            word: claim.pop("threshold"),
            "alpha": claim.pop("alpha"),
            "claim": claim,
            "design": self.design,
            "stopping rule": self.stopping,
            "expected verdict": self.expected,
            **self.arms,
            "data": self.data["digest"],
            "analysis code": self.analysis,
        }


class Entry(Commitment):
    """One line of the ledger: a plan, when and on what commit it was registered, and the entry before."""

    schema_version: Literal[1] = 1
    sequence: Annotated[int, Field(ge=1)]
    """Number of the entry, from 1; its line in the file."""
    previous: str
    """Digest of the entry before; 64 zeros in the first."""
    registered_at: str
    """UTC, ISO 8601; by the clock of whoever registered."""
    reason: str | None
    """Why the plan was amended; null where the hypothesis was not in the ledger yet."""
    seen: list[str]
    """Verdicts of evidence of the hypothesis that was there already; "cut off" for a run that came to none."""
    commit: str | None
    """The checked-out commit; null outside a repository."""
    dirty: bool | None
    """Whether tracked files, apart from the ledger, differed from it."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything else in the entry."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def line(self) -> bytes:
        """The entry as it stands in the file, without the end of the line."""
        return canonical(self.model_dump(mode="json") | {"digest": self.digest}).encode()


class Registration(Record):
    """What the ledger said of a hypothesis when its run began."""

    status: Literal["registered", "amended", "changed", "exploratory"]
    """"expected": as it was first registered; "amended": as it was last amended; "changed": registered, and not what
    was run; "exploratory": not registered."""
    changed: list[str] = Field(default_factory=list)
    """What was run otherwise than registered."""
    entry: str | None = None
    """Digest of the latest entry."""
    registered_at: str | None = None
    """When it was written; UTC, ISO 8601."""
    reason: str | None = None
    """Why it was amended."""
    seen: list[str] = Field(default_factory=list)
    """Verdicts that were known when it was written."""
    older: int = 0
    """Differences, one a cell and seed, whose replicates had all been trained when it was written."""
    committed: bool | None = None
    """Whether the entry was in the last commit when the run began, which dates it; null outside a repository."""

    @property
    def notes(self) -> list[str]:
        """Say in a few words what keeps this from being a registration before the run; empty where nothing does."""
        if self.status == "exploratory":
            return ["exploratory"]
        notes = {"amended": ["amended"], "changed": [f"changed: {', '.join(self.changed)}"]}.get(self.status, [])
        if self.seen or self.older:
            notes = [*notes, "after a run"]
        return notes if self.committed else [*notes, "not committed"]

    def __str__(self) -> str:
        if self.status == "exploratory":
            return "exploratory: the ledger has no entry of it"
        parts = [f"{self.registered_at}, entry {(self.entry or '')[:12]}"]
        if self.reason:
            parts.append(f"amended: {self.reason}")
        if self.changed:
            parts.append(f"run with another {', '.join(self.changed)}")
        if self.seen:
            parts.append(f"after a run ({', '.join(self.seen)})")
        if self.older:
            parts.append(f"{self.older} differences are older")
        return "; ".join(parts if self.committed else [*parts, "not committed"])
