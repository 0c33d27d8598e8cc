from __future__ import annotations

import pytest

from negres_core.evidence import Ledger, Store, family_of


def known_family_of(store, ledger):
    """Return the family, which has to be known."""
    return family_of(store, ledger, note=pytest.fail)


@pytest.fixture
def ledger(tmp_path, git, new_commitment):
    """A ledger of three hypotheses."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for name in ("one", "two", "three"):
        ledger.register(new_commitment(hypothesis=name))
    return ledger


def test_the_family_is_all_registered_hypotheses_and_all_with_evidence(store, ledger, new_evidence):
    store.write_evidence(new_evidence(hypothesis="one", p_value=0.01))
    store.write_evidence(new_evidence(hypothesis="three", verdict="inconclusive"))
    store.write_evidence(new_evidence(hypothesis="exploratory", p_value=0.02))

    # Holm: 4 x 0.01 and 3 x 0.02; "two" has not run.
    expected = {"one": 0.04, "two": 1.0, "three": 1.0, "exploratory": 0.06}
    assert known_family_of(store, ledger) == pytest.approx(expected)
    assert list(known_family_of(store, ledger)) == list(expected)


def test_smoke_runs_mixtures_and_superseded_evidence_are_not_members(store, ledger, new_evidence):
    store.write_evidence(new_evidence(hypothesis="one", p_value=0.01))
    store.write_evidence(new_evidence(hypothesis="one", p_value=0.001))
    store.write_evidence(new_evidence(hypothesis="smoke", smoke=True, verdict=None, p_value=0.0001))
    store.write_evidence(new_evidence(hypothesis="a mixture", kind="mixture", p_value=0.0001))

    assert known_family_of(store, ledger) == pytest.approx({"one": 0.003, "two": 1.0, "three": 1.0})


def test_without_a_ledger_the_family_is_all_hypotheses_with_evidence(store, tmp_path, new_evidence):
    ledger = Ledger(tmp_path / "no-such-file.jsonl")
    assert known_family_of(store, ledger) == {}
    store.write_evidence(new_evidence(hypothesis="one", p_value=0.01))
    assert known_family_of(store, ledger) == {"one": 0.01}


def test_with_a_broken_ledger_no_p_value_is_corrected_and_a_note_gives_the_reason(store, ledger, new_evidence):
    store.write_evidence(new_evidence(hypothesis="one", p_value=0.01))
    ledger.path.write_bytes(ledger.path.read_bytes()[:-5])

    notes = []
    assert family_of(store, ledger, note=notes.append) == {}
    [note] = notes
    assert note.startswith("no p-value is corrected for the family: The ledger is broken")
    assert known_family_of(Store(store.folder), Ledger(ledger.path.with_name("another"))) == {"one": 0.01}
