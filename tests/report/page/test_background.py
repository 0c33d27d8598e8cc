from __future__ import annotations

from negres_core.evidence import Ledger
from negres_core.report.page.background import entries_of, provenance_of, registrations, sources_of
from tests.report.page.suites import write_hypothesis


def test_every_entry_of_a_hypothesis_says_what_it_changed(new_evidence, new_commitment, tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.register(new_commitment())
    ledger.register(new_commitment(hypothesis="test_other.py::test_it"))
    ledger.register(new_commitment(margin=0.02), reason="0.01 is too little", seen=["refuted"])
    rows = registrations(new_evidence(), ledger.entries())

    assert [each.what for each in rows] == ["registered", "amended: margin"]
    assert [each.reason for each in rows] == ["", "0.01 is too little"]
    assert [each.seen for each in rows] == ["none", "refuted"]
    assert rows[1].digest == ledger.entries()[2].digest[:12]
    assert rows[0].commit == "no repository"


def test_a_ledger_that_cannot_be_trusted_has_no_entries(new_evidence):
    assert registrations(new_evidence(), None) == []


def test_a_ledger_that_is_missing_or_broken_has_no_entries(tmp_path, new_commitment):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    assert entries_of(ledger) is None
    ledger.register(new_commitment())
    assert len(entries_of(ledger)) == 1
    ledger.path.write_text("{}\n")
    assert entries_of(ledger) is None


def test_provenance_is_what_is_known(new_evidence):
    facts = dict(provenance_of(new_evidence()))
    assert facts["packages"] == "negres 0.1.0"
    assert facts["commit"] == "c" * 40
    assert facts["duration"] == "75.0 s"
    assert "driver" not in facts
    assert "replicates trained" not in facts


def test_uncommitted_changes_are_told(new_evidence):
    provenance = new_evidence().provenance
    facts = dict(provenance_of(new_evidence(provenance=provenance.updated(dirty=True))))
    assert facts["commit"].endswith(", tracked files changed")
    facts = dict(provenance_of(new_evidence(provenance=provenance.updated(commit=None, dirty=None))))
    assert facts["commit"] == "no repository"


def test_a_function_that_arms_share_appears_once(store):
    assert sources_of(write_hypothesis(store)) == [("base", "def base(): ...")]
