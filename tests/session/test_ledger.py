"""What a test does with the ledger: it is looked up, registered or predicted; also if its scores are given."""

from __future__ import annotations

import pytest

from negres_core.evidence import Ledger
from tests.sessions import HYPOTHESIS, evidence_in

JUDGED = """
from negres_core import beats

@pytest.mark.parametrize("expected", ["supported"])
def test_a_beats_b(experiment, expected):
    evidence = experiment.judge("scores.csv", treatment="A", control="B", claim=beats("accuracy"), folds=3, repeats=2)
    assert evidence.verdict == expected, evidence
"""


@pytest.fixture
def write(pytester):
    def write():
        cells = [(repeat, fold) for repeat in range(2) for fold in range(3)]
        rows = [f"{repeat},{fold},{0.9 + fold / 100},{0.8 + fold / 90}" for repeat, fold in cells]
        pytester.makefile(".csv", scores="\n".join(["repeat,fold,A,B", *rows]))

    return write


def test_a_test_is_registered_and_not_run(session, quick_engine, pytester):
    session(HYPOTHESIS.format(expected="supported"), "--negres-register").assert_outcomes(skipped=1)
    assert quick_engine.jobs == 0
    [entry] = Ledger(pytester.path / "negres-ledger.jsonl").entries()
    assert (entry.title, entry.seen) == ("longer is better", [])


def test_a_test_of_scores_is_registered_before_their_file_exists(session, pytester, write):
    session(JUDGED, "--negres-register").assert_outcomes(skipped=1)
    [entry] = Ledger(pytester.path / "negres-ledger.jsonl").entries()
    assert (entry.title, entry.expected, entry.seen) == ("a beats b", "supported", [])

    write()
    session(JUDGED).assert_outcomes(passed=1)
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.registration.status, evidence.outcome) == ("registered", "as expected")


def test_scores_that_exist_when_a_test_is_registered_were_seen(session, pytester, write):
    write()
    session(JUDGED, "--negres-register").assert_outcomes(skipped=1)
    [entry] = Ledger(pytester.path / "negres-ledger.jsonl").entries()
    assert entry.seen == ["scores as given"]
