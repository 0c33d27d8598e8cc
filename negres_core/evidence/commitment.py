"""What is registered before a run: the commitment, its entry in the ledger, and the status when the run begins."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from negres_core.evidence.claim_records import ClaimRecord, DesignRecord, StoppingRule
from negres_core.evidence.record import Record, canonical, digest_of


class DataIdentity(Record):
    """A data set, by its content."""

    name: str
    """For readers; not compared."""
    digest: str
    """SHA-256 of the arrays."""


class Commitment(Record):
    """What a hypothesis commits itself to before it is run."""

    hypothesis: str
    """The test's id, without the verdict it expects."""
    title: str
    """The hypothesis in words; for readers, and not compared."""
    claim: ClaimRecord
    design: DesignRecord
    stopping: StoppingRule | str
    """When the run ends; in entries of schema version 1, a sentence."""
    expected: str | None
    """The verdict that is expected, from the test's parameter `expected`."""
    arms: dict[Literal["treatment", "control"], str]
    """Digest of each arm's recipe, code included, by role."""
    analysis: str
    """Digest of the code that turns replicates into a verdict."""
    data: DataIdentity

    def differs_in(self, other: Commitment) -> list[str]:
        """Return the names of the parts in which another commitment of the same hypothesis differs."""
        one, two = self._parts(), other._parts()
        return [name for name in one | two if one.get(name) != two.get(name)]

    def _parts(self) -> dict[str, Any]:
        return {
            self.claim.word: self.claim.threshold,
            "alpha": self.claim.alpha,
            "claim": self.claim.model_dump(exclude={"threshold", "alpha"}),
            "design": self.design,
            "stopping rule": self.stopping,
            "expected verdict": self.expected,
            **{str(role): digest for role, digest in self.arms.items()},
            "data": self.data.digest,
            "analysis code": self.analysis,
        }


class Entry(Commitment):
    """One line of the ledger: a commitment, when and at which commit it was registered, and the entry before."""

    schema_version: Literal[1, 2] = 2
    sequence: Annotated[int, Field(ge=1)]
    """Number of the entry, from 1; its line in the file."""
    previous: str
    """Digest of the entry before; 64 zeros in the first."""
    registered_at: str
    """UTC, ISO 8601; by the clock of whoever registered."""
    reason: str | None
    """Reason for the amendment; null for a hypothesis that was not in the ledger yet."""
    seen: list[str]
    """Verdicts of existing evidence of the hypothesis; "interrupted" for a run without a verdict."""
    commit: str | None
    """The checked-out commit; null outside a repository."""
    dirty: bool | None
    """Whether tracked files other than the ledger differed from it."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything else in the entry."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def line(self) -> bytes:
        """The entry as it stands in the file, without the end of the line."""
        return canonical(self.model_dump(mode="json") | {"digest": self.digest}).encode()


class Registration(Record):
    """The state of the ledger for a hypothesis when its run began."""

    status: Literal["registered", "amended", "changed", "exploratory"]
    """"registered": as first registered; "amended": as last amended; "changed": registered, but run differently;
    "exploratory": not registered."""
    changed: list[str] = Field(default_factory=list)
    """Parts that differed from the registration."""
    entry: str | None = None
    """Digest of the latest entry."""
    registered_at: str | None = None
    """When the entry was written; UTC, ISO 8601."""
    reason: str | None = None
    """Reason for the amendment."""
    seen: list[str] = Field(default_factory=list)
    """Verdicts that were known when the entry was written."""
    older: int = 0
    """Differences, one per cell and seed, whose replicates had all been trained before the entry was written."""
    committed: bool | None = None
    """Whether the entry was in the last commit when the run began, which dates it; null outside a repository."""

    @property
    def notes(self) -> list[str]:
        """Short notes on everything that keeps this from being a registration before the run; empty if nothing does."""
        if self.status == "exploratory":
            return ["exploratory"]
        notes = {"amended": ["amended"], "changed": [f"changed: {', '.join(self.changed)}"]}.get(self.status, [])
        if self.seen or self.older:
            notes = [*notes, "after a run"]
        return notes if self.committed else [*notes, "not committed"]

    def __str__(self) -> str:
        if self.status == "exploratory":
            return "exploratory: the hypothesis is not in the ledger"
        parts = [f"{self.registered_at}, entry {(self.entry or '')[:12]}"]
        if self.reason:
            parts.append(f"amended: {self.reason}")
        if self.changed:
            parts.append(f"run with a different {', '.join(self.changed)}")
        if self.seen:
            parts.append(f"registered after a run ({', '.join(self.seen)})")
        if self.older:
            parts.append(f"{self.older} differences are older than the entry")
        return "; ".join(parts if self.committed else [*parts, "not committed"])
