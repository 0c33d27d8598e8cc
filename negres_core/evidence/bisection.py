"""The record of a bisection: two configurations, every run, and the factors that make the difference."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from negres_core.evidence.record import Record

Factors = dict[str, JsonValue]
"""A configuration: the user's factors by dotted name, with plain JSON values."""


class StepRecord(Record):
    """One run of a bisection."""

    changed: tuple[str, ...]
    """Differing factors that had their failing values; all others had their working values."""
    verdict: str
    """A verdict, or "error", "skipped" or "no verdict"."""
    finding: str
    """The finding, or what went wrong."""
    hypothesis: str | None
    """The test id of its evidence; null if there is none."""
    trained: int
    """Replicates trained. This and `reused` differ from run to run."""
    reused: int
    """Replicates found in the store."""


class BisectionRecord(Record):
    """The bisection of one test between two configurations."""

    schema_version: Literal[1] = 1
    test: str
    """The test's id, without its parameters."""
    failing: Factors
    """The configuration that fails."""
    working: Factors
    """The configuration that works."""
    differing: tuple[str, ...]
    """Factors in which the two differ."""
    cause: tuple[str, ...]
    """If these alone are changed, the working configuration fails; if any one of them is changed back, it does not."""
    necessary: bool | None
    """Whether the failing configuration works if these alone are reverted; null if that run had a third verdict."""
    steps: tuple[StepRecord, ...]
    """In the order of the runs; the failing and the working configuration come first."""
    explanation: str
    recorded_at: str
    """UTC, ISO 8601."""
