"""The commitment of a hypothesis, its entry in the ledger, and the state of the ledger when a run begins."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from negres_core.evidence.claim_records import ClaimRecord, DesignRecord, StoppingRule
from negres_core.evidence.record import Moment, PartialRecord, Record, canonical, digest_of
from negres_core.evidence.sealing import SealRecord


class DataIdentity(Record):
    """A data set, identified by its content."""

    name: str
    """For readers; not compared."""
    digest: str
    """SHA-256 of the arrays."""


class Commitment(PartialRecord):
    """The commitment of a hypothesis: everything that is fixed before its run.

    A record without a seal, without waived controls, or without controls of one's own, lacks that field.
    """

    OPTIONAL: ClassVar = frozenset({"seal", "waived", "own_controls"})

    hypothesis: str
    """The test's id, without the verdict it expects."""
    title: str
    """The hypothesis in words; for readers, not compared."""
    claim: ClaimRecord
    design: DesignRecord
    stopping: StoppingRule | str
    """When the run ends; in entries of schema version 1, a sentence."""
    expected: str | None
    """The expected verdict, from the test's parameter `expected`."""
    arms: dict[Literal["treatment", "control"], str]
    """Digest of each arm's recipe, code included, by role."""
    analysis: str
    """Digest of the code that turns replicates into a verdict."""
    data: DataIdentity
    seal: SealRecord | None = None
    """Rows that are sealed while the hypothesis is explored; null if none are."""
    waived: dict[str, str] = Field(default_factory=dict)
    """Controls whose failure does not make the run invalid, and the reason for each."""
    own_controls: dict[str, str] = Field(default_factory=dict)
    """Controls of the user's own, with the digest of what the code of each does."""

    def differs_in(self, other: Commitment) -> list[str]:
        """Return the names of the parts in which another commitment of the same hypothesis differs."""
        mine, others = self._parts(), other._parts()
        return [name for name in mine | others if mine.get(name) != others.get(name)]

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
            "sealed rows": self.seal,
            "waived controls": self.waived,
            "own controls": self.own_controls,
            "analysis code": self.analysis,
        }


class Entry(Commitment):
    """One line of the ledger: a commitment, its date and commit, and the digest of the previous entry."""

    schema_version: Literal[1, 2] = 2
    sequence: Annotated[int, Field(ge=1)]
    """Number of the entry, from 1; its line in the file."""
    previous: str
    """Digest of the previous entry; 64 zeros in the first."""
    registered_at: Moment
    """UTC, ISO 8601; by the clock of the machine that registered it."""
    reason: str | None
    """Reason for the amendment; null in the first entry of a hypothesis."""
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
        """The entry as it is written to the file, without the newline."""
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
    expected: str | None = None
    """The verdict that the entry expects."""
    seen: list[str] = Field(default_factory=list)
    """Verdicts that were known when the entry was written, as in the entry."""
    older: int = 0
    """Differences, one per cell and seed, whose replicates had all been trained before the entry was written."""
    committed: bool | None = None
    """Whether the entry was in the last commit when the run began, which dates it; null outside a repository."""

    @property
    def notes(self) -> list[str]:
        """Short notes on everything that weakens the registration; empty if it was committed before any run."""
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
