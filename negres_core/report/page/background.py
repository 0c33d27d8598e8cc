"""The background of a hypothesis: its registration with all amendments, and where its numbers come from."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from negres_core.errors import EvidenceError
from negres_core.evidence import Entry, Evidence, Ledger


class Registered(NamedTuple):
    """One entry of the ledger, as texts.

    Attributes:
        when: date and time, UTC.
        digest: the first digits of its digest.
        what: "registered", or what it amended.
        reason: why it was amended; "" for the first.
        expected: the expected verdict.
        seen: verdicts that were known.
        commit: the commit that it was written from.
    """

    when: str
    digest: str
    what: str
    reason: str
    expected: str
    seen: str
    commit: str


def entries_of(ledger: Ledger) -> list[Entry] | None:
    """Return the entries of a ledger; None if there is none, or none to trust, of which `family_of` tells."""
    try:
        return ledger.entries() if ledger.path.exists() else None
    except EvidenceError:
        return None


def registrations(evidence: Evidence, entries: Sequence[Entry] | None) -> list[Registered]:
    """Return the entries of a hypothesis in the ledger, oldest first; [] if there are none, or none to trust."""
    own = [entry for entry in entries or () if entry.hypothesis == evidence.hypothesis]
    rows = []
    for before, entry in itertools.pairwise([None, *own]):
        assert entry is not None
        changed = before.differs_in(entry) if before is not None else []
        commit = entry.commit[:12] if entry.commit else "no repository"
        rows.append(
            Registered(
                when=entry.registered_at,
                digest=entry.digest[:12],
                what="registered" if before is None else f"amended: {', '.join(changed) or 'nothing that is compared'}",
                reason=entry.reason or "",
                expected=entry.expected or "none",
                seen=", ".join(entry.seen) or "none",
                commit=f"{commit}, with uncommitted changes" if entry.dirty else commit,
            )
        )
    return rows


def provenance_of(evidence: Evidence) -> list[tuple[str, str]]:
    """Return where the numbers come from, as names and texts."""
    known, data, timings = evidence.provenance, evidence.data, evidence.timings
    changed = ", tracked files changed" if known.dirty else ""
    facts = [
        ("test", evidence.hypothesis),
        ("data", f"{data.name}: {data.source}"),
        ("rows", "" if data.rows is None else f"{data.rows:,}"),
        ("digest of the data", data.digest),
        ("cells", evidence.design.in_words()),
        ("commit", f"{known.commit}{changed}" if known.commit else "no repository"),
        ("packages", ", ".join(f"{name} {version}" for name, version in known.packages.items())),
        ("Python", known.python),
        ("system", known.platform),
        ("backend", known.backend),
        ("device", known.device),
        ("driver", known.driver or ""),
        ("run began", timings.started_at),
        ("duration", "" if timings.wall_s is None else f"{timings.wall_s:,.1f} s"),
        ("replicates trained", "" if timings.trained is None else f"{timings.trained:,}"),
        ("replicates from the store", "" if timings.reused is None else f"{timings.reused:,}"),
    ]
    if evidence.scores is not None:
        facts.append(("scores", f"{evidence.scores.source}, SHA-256 {evidence.scores.sha256}"))
    return [(name, text) for name, text in facts if text]


def sources_of(evidence: Evidence) -> list[tuple[str, str]]:
    """Return the functions that build each arm, with their sources as recorded; one that arms share appears once."""
    sources: dict[tuple[str, str], None] = {}
    for arm in evidence.arms:
        if arm.description is not None:
            parts = [(each.build, each.source) for each in arm.description.stages]
            parts += [(arm.description.fit.compute, arm.description.fit.source)] if arm.description.fit else []
            sources |= dict.fromkeys(parts)
    return list(sources)
