"""The record of scores that were given: the table that was judged, which is kept beside the evidence."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import Field

from negres_core.evidence.record import Record, digest_of

AS_GIVEN = "scores as given: no controls"
"""What every rendering says of a verdict on scores that negres did not train: nothing could check the pipeline."""


class ScoresRecord(Record):
    """A table of scores that was given, from any framework."""

    file: Annotated[str, Field(pattern=r"^scores-[0-9a-f]{8}\.csv$")]
    """The table that was judged, beside the evidence: a row per score, with arm, repeat, fold and seed."""
    sha256: str
    """SHA-256 of that file."""
    source: str
    """The file that was given, or that the table was in memory."""
    source_sha256: str | None
    """SHA-256 of the file that was given; null for a table in memory."""
    repeats: Annotated[int, Field(ge=1)]
    """Repeats in the table; the claim may have been decided before the last of them."""
    other_arms: list[str] = Field(default_factory=list)
    """Arms, or other columns, of the table that was given which the claim does not name."""


def scores_file_name(content: bytes) -> str:
    """Return the name of a file of scores, which contains a digest of its content, so that none is overwritten."""
    return f"scores-{hashlib.sha256(content).hexdigest()[:8]}.csv"


def digest_of_arm(name: str) -> str:
    """Return the identity of an arm of which only scores were given: its name, which is all that is known of it."""
    return digest_of({"scores as given": name})
