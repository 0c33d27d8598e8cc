from __future__ import annotations

import pytest

from negres_core.evidence import Commitment, Ledger, StoppingRule, Store
from negres_core.report.paper.study import read_study


@pytest.fixture
def scores():
    """The record of a table of scores that was given."""
    return {"file": "scores-00000000.csv", "sha256": "a", "source": "s.csv", "source_sha256": None, "repeats": 2}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def study_of(store, ledger):
    """Return a function that reads evidence of the store as a study; `notes` receives what it notes."""

    def make(*records, notes=None):
        return read_study(records, store, ledger, note=(notes if notes is not None else []).append)

    return make


@pytest.fixture
def register(ledger):
    """Return a function that registers a hypothesis, and returns the registration of a run of it; see `Ledger`."""

    def make(evidence, *, seen=(), reason=None, **fields):
        stopping = fields.pop("stopping", StoppingRule.of(evidence.design.as_design()))
        commitment = Commitment(
            hypothesis=evidence.hypothesis,
            title=evidence.title,
            claim=evidence.claim,
            design=evidence.design,
            stopping=stopping,
            expected="supported",
            arms={"treatment": "t" * 64, "control": "c" * 64},
            analysis="a" * 64,
            data={"name": evidence.data.name, "digest": evidence.data.digest},
        ).updated(**fields)
        ledger.register(commitment, reason=reason, seen=seen)
        return ledger.compare(commitment)

    return make
