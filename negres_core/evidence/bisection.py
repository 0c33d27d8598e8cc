"""The record of a bisection: two configurations, every run, and the factors that make the difference."""

from __future__ import annotations

from typing import Any, Literal

from negres_core.evidence.record import Record


class StepRecord(Record):
    """One run."""

    changed: tuple[str, ...]
    """The differing factors that had their failing values; all others had the working ones."""
    verdict: str
    """Or "error" or "skipped", where the run came to none."""
    finding: str
    """What was found, or what went wrong."""
    hypothesis: str | None
    """The test id that its evidence is kept under; null where there is none."""
    trained: int
    """Replicates trained. Differs from run to run, as the next."""
    reused: int
    """Replicates found in the store."""


class BisectionRecord(Record):
    """One bisection."""

    schema_version: Literal[1] = 1
    test: str
    """The test's id, without its parameters."""
    failing: dict[str, Any]
    """The configuration that fails: factors, flat and dotted, to plain values."""
    working: dict[str, Any]
    """The configuration that works."""
    differing: tuple[str, ...]
    cause: tuple[str, ...]
    """With these alone changed the working configuration fails; with any one of them changed back it does not."""
    necessary: bool | None
    """Whether the failing configuration works with these alone reverted; null where it came to a third verdict."""
    steps: tuple[StepRecord, ...]
    """In the order they were run, the failing and the working configuration first."""
    explanation: str
    recorded_at: str
    """UTC, ISO 8601."""
