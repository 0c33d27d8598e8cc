"""The record of scores that were given: the table that was judged, which is kept beside the evidence."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from negres_core.evidence.record import Record, digest_of
from negres_core.files import read_regular

if TYPE_CHECKING:
    from negres_core.evidence.evidence import Evidence
    from negres_core.evidence.store import Store

AS_GIVEN = "scores as given: no controls"
"""What every rendering says of a verdict on scores that negres did not train: nothing could check the pipeline."""

MOST_SCORES_BYTES = 1 << 30
"""Most bytes of a table of scores: 1 GiB, tens of millions of scores."""


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


def write_scores(store: Store, hypothesis: str, content: bytes) -> str:
    """Write the table of scores that a verdict rests on beside the evidence, and return the name of its file."""
    file = scores_file_name(content)
    store.write_beside(hypothesis, file, content)
    return file


def read_scores(store: Store, evidence: Evidence) -> bytes | None:
    """Return the table of scores that a verdict rests on; None if there is none, or it cannot be trusted."""
    if evidence.scores is None:
        return None
    path = store.evidence_folder(evidence.hypothesis) / evidence.scores.file
    try:
        content = read_regular(path, most_bytes=MOST_SCORES_BYTES)
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == evidence.scores.sha256 else None


def scores_file_name(content: bytes) -> str:
    """Return the name of a file of scores, which contains a digest of its content, so that none is overwritten."""
    return f"scores-{hashlib.sha256(content).hexdigest()[:8]}.csv"


def digest_of_arm(name: str) -> str:
    """Return the identity of an arm of which only scores were given: its name, which is all that is known of it."""
    return digest_of({"scores as given": name})
