"""The registration that evidence names; `test_recheck` forges whole folders."""

from __future__ import annotations

import pytest

from negres_core.evidence import Ledger
from negres_core.experiment.registration_checks import check_registration


@pytest.fixture
def registered(tmp_path, git, new_commitment, new_evidence):
    """A ledger with one entry, and evidence of a run that met it and was refused before training."""
    ledger, commitment = Ledger(tmp_path / "ledger.jsonl"), new_commitment()
    ledger.register(commitment)
    evidence = new_evidence(
        registration=ledger.compare(commitment),
        expected="supported",
        timings={"started_at": "2999-01-01T00:00:00+00:00"},
    )
    return ledger, commitment, evidence


def test_a_run_that_met_its_registration_has_no_problem(registered):
    ledger, _, evidence = registered
    assert check_registration(evidence, [], ledger.entries()) == []


def test_without_the_ledger_a_registration_cannot_be_checked(registered):
    [problem] = check_registration(registered[2], [], None)
    assert "--ledger" in problem


def test_an_entry_that_had_been_amended_before_the_run_does_not_count(registered, new_commitment):
    ledger, _, evidence = registered
    ledger.register(new_commitment(margin=0.5), reason="a typo")
    assert check_registration(evidence, [], ledger.entries()) == ["its registration had been amended before its run"]


@pytest.mark.parametrize("started_at", ["later", "2999-01-01"])
def test_a_run_without_a_time_has_no_registration_that_can_be_checked(registered, started_at):
    ledger, _, evidence = registered
    undated = evidence.updated(timings={"started_at": started_at})
    assert "cannot be read" in check_registration(undated, [], ledger.entries())[0]
