"""The seal that evidence names, which `negres verify` checks."""

from __future__ import annotations

import pytest

from negres_core.evidence import Ledger, PriorLooks
from negres_core.experiment.seal_checks import check_seal
from tests.fakes import SEAL

NAME = "test_a.py::test_a::confirmation"
CONFIRMING = SEAL | {"phase": "confirming"}
TRAIN = {"count": 40, "digest": "0" * 32}
FIXED = {"folds": 1, "repeats": 5, "looks": False, "kind": "fixed split", "train": TRAIN, "test": SEAL["sealed"]}
IN_TIME = {"folds": 1, "repeats": 1, "looks": False, "kind": "time series", "test_rows": 17}


@pytest.fixture
def explored(new_evidence):
    """Sound evidence of a run on open rows."""
    return new_evidence(seal=SEAL, prior={})


@pytest.fixture
def ledger(tmp_path, git):
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def confirmed(ledger, new_commitment, new_evidence):
    """Return a function that makes the evidence of a registered confirmation, sound without other fields."""
    mine = {"name": "mine", "digest": SEAL["data"]}
    first = new_commitment(hypothesis="another::confirmation", seal=CONFIRMING, data=mine)
    own = new_commitment(hypothesis=NAME, seal=CONFIRMING, data=mine)
    ledger.register(first)
    ledger.register(own)

    def make(**fields):
        content = {
            "hypothesis": NAME,
            "seal": CONFIRMING,
            "prior": {"opened": ["another::confirmation"]},
            "registration": ledger.compare(own),
            "design": FIXED,
            "data": {"digest": SEAL["data"], "rows": 57},
        }
        return new_evidence(**content | fields)

    return make


def test_sound_evidence_has_no_problem(new_evidence, explored, confirmed, ledger):
    for evidence in (new_evidence(), explored, confirmed(), confirmed(design=IN_TIME)):
        assert check_seal(evidence, ledger.entries()) == []
    assert check_seal(confirmed(), None) == []
    assert check_seal(explored.updated(smoke=True, prior=None, data=explored.data.updated(digest="0" * 64)), None) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"hypothesis": NAME}, "called a confirmation, and opened no sealed rows"),
        ({"prior": None}, "names earlier looks at sealed rows, and has no seal, or the reverse"),
        ({"seal": None}, "names earlier looks at sealed rows, and has no seal"),
        ({"seal": SEAL | {"open_rows": "0" * 64}}, "its data are not the open rows of its seal"),
        ({"seal": SEAL | {"total": 58}}, "its data are not the open rows of its seal"),
    ],
)
def test_exploring_evidence_that_does_not_fit_its_seal_is_found(explored, fields, problem):
    [found] = check_seal(explored.updated(**fields), None)
    assert problem in found


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"hypothesis": "test_a.py::test_a"}, "or the reverse"),
        ({"data": {"digest": SEAL["open_rows"], "rows": 57}}, "its data are not the whole data set"),
        ({"design": FIXED | {"test": TRAIN}}, "does not test the sealed rows"),
        ({"design": IN_TIME | {"test_rows": 16}}, "does not test the sealed rows"),
        ({"design": IN_TIME | {"folds": 2}}, "does not test the sealed rows"),
        ({"design": {}}, "does not test the sealed rows"),
        ({"registration": None}, "not registered to open"),
        ({"registration": {"status": "exploratory"}}, "not registered to open"),
        ({"registration": {"status": "changed", "changed": ["control"]}}, "not registered to open"),
        ({"prior": {}}, "other earlier openings"),
        ({"prior": {"opened": ["another::confirmation"], "reopened": 1}}, "other earlier openings"),
    ],
)
def test_a_confirmation_that_was_not_on_the_record_is_found(confirmed, ledger, fields, problem):
    [found] = check_seal(confirmed(**fields), ledger.entries())
    assert problem in found


def test_a_smoke_run_opens_no_sealed_rows(confirmed):
    [found] = check_seal(confirmed(smoke=True, prior=None), None)
    assert found == "a smoke run opens no sealed rows"


def test_what_was_seen_without_an_opening_cannot_be_rechecked(confirmed, ledger):
    prior = PriorLooks(opened=["another::confirmation"], seen=["a"], decided=["b"], verdicts=3)
    assert check_seal(confirmed(prior=prior), ledger.entries()) == []
