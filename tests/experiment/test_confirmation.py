"""Confirmations: only registered ones open sealed rows, and they tell who looked before."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Fit, KFolds, Recipe, reaches
from negres_core.errors import InputError
from negres_core.evidence import Ledger, PriorLooks, Registration, SealRecord, Store
from negres_core.experiment.confirmation import check_opening, confirmation_of, earlier_openings, prior_looks
from negres_core.experiment.recheck import recheck
from negres_core.experiment.registration import on_record
from tests.fakes import BUDGET, DESCRIPTION, SEAL

CONFIRMING = SEAL | {"phase": "confirming"}
ARMS = {"treatment": "a" * 64, "control": "b" * 64}


def arm(role):
    parts = {"recipe": "it", "description": DESCRIPTION, "budget": BUDGET, "metrics": {}, "values": []}
    return {"role": role, "replicates": []} | parts


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def ledger(tmp_path, git):
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def opening(new_commitment):
    """Return a function that makes the commitment of a confirmation."""

    def make(hypothesis="test_a.py::test_a[x]::confirmation", seal=CONFIRMING, **fields):
        data = {"name": "mine", "digest": seal["data"]}
        return new_commitment(hypothesis=hypothesis, seal=seal, data=data, **fields)

    return make


@pytest.fixture
def decided(store, new_evidence):
    """Return a function that records evidence with a verdict, on the open rows by default."""

    def record(hypothesis, seal=SEAL, digest=SEAL["open_rows"], **fields):
        arms = [arm("treatment"), arm("control")]
        evidence = new_evidence(hypothesis=hypothesis, seal=seal, data={"digest": digest}, **{"arms": arms} | fields)
        store.write_evidence(evidence)
        return evidence

    return record


def looks(commitment, store, ledger):
    return prior_looks(commitment, ledger.compare(commitment), store, ledger.entries())


def test_a_confirmation_has_an_id_and_a_title_of_its_own():
    expected = ("test_a.py::test_a[x]::confirmation", "it holds (confirmation)")
    assert confirmation_of("test_a.py::test_a[x]", "it holds") == expected == confirmation_of(*expected)


@pytest.mark.parametrize("registration", [None, Registration(status="exploratory")])
def test_a_confirmation_that_is_not_registered_is_refused_with_the_line_to_run(opening, registration):
    with pytest.raises(InputError, match="is not registered") as raised:
        check_opening(registration, opening())
    assert "`negres register --negres-confirm test_a.py::test_a`" in raised.value.remedy
    assert "17 of 57 rows of mine" in raised.value.received


def test_a_confirmation_that_has_changed_since_is_refused(opening, ledger):
    ledger.register(opening())
    changed = opening(arms=ARMS | {"control": "c" * 64}, analysis="d" * 64)
    with pytest.raises(InputError, match="has changed since") as raised:
        check_opening(ledger.compare(changed), changed)
    assert "a different control for" in raised.value.received
    assert "--reason" in raised.value.remedy


def test_a_registered_confirmation_may_be_run_by_a_later_version(opening, ledger):
    ledger.register(opening())
    check_opening(ledger.compare(opening()), opening())
    later = opening(analysis="d" * 64)
    check_opening(ledger.compare(later), later)


def test_a_run_without_a_seal_has_no_earlier_looks(new_commitment, store, ledger, decided):
    decided("another")
    assert looks(new_commitment(), store, ledger) is None


def test_exploring_counts_the_verdicts_on_the_same_data(opening, store, ledger, decided, new_commitment):
    whole, others = SEAL["data"], SEAL | {"share": 0.5, "sealed": {"count": 28, "digest": "0" * 32}}
    decided("on the open rows")
    decided("on the open rows", claim={"threshold": 0.02})  # the first is kept beside it
    decided("on all rows", seal=None, digest=whole)
    decided("on fewer rows", seal=others, digest="a" * 64)
    decided("on other data", seal=None, digest="b" * 64)
    decided("interrupted", status="started", verdict=None, finding=None, explanation=None)
    decided("smoke", smoke=True)
    decided("a mixture", kind="mixture")
    decided("refused by a control", arms=[], verdict="invalid")
    ledger.register(new_commitment(hypothesis="planned", data={"name": "mine", "digest": whole}))
    ledger.register(new_commitment(hypothesis="on all rows", data={"name": "mine", "digest": whole}))

    prior = looks(opening("mine", seal=SEAL), store, ledger)

    assert prior == PriorLooks(
        verdicts=4, decided=["on all rows", "on fewer rows", "on the open rows"], registered=["planned"]
    )


def test_exploring_names_those_who_opened_the_sealed_rows(opening, store, ledger):
    ledger.register(opening("first::confirmation"))
    ledger.register(opening("elsewhere::confirmation", seal=CONFIRMING | {"data": "b" * 64}))
    assert looks(opening("mine", seal=SEAL), store, ledger).opened == ["first::confirmation"]


def test_the_same_run_again_is_no_other_look_and_one_with_other_arms_is(opening, store, ledger, decided):
    evidence = decided("mine")
    digest = evidence.arms[0].description.digest
    same = {"claim": evidence.claim, "design": evidence.design, "arms": {"treatment": digest, "control": digest}}
    assert looks(opening("mine", seal=SEAL, **same), store, ledger) == PriorLooks()
    changed = same | {"arms": {"treatment": digest, "control": "c" * 64}}
    assert looks(opening("mine", seal=SEAL, **changed), store, ledger).decided == ["mine"]


def test_a_confirmation_says_who_opened_and_who_saw_the_rows_before(opening, store, ledger, decided):
    ledger.register(opening("first::confirmation"))
    ledger.register(opening("elsewhere::confirmation", seal=CONFIRMING | {"data": "b" * 64}))
    ledger.register(opening())
    ledger.register(opening("later::confirmation"))
    decided("first::confirmation", seal=CONFIRMING, digest=SEAL["data"])
    decided("later::confirmation", seal=CONFIRMING, digest=SEAL["data"])
    decided("explored")
    decided("sealed nothing", seal=None, digest=SEAL["data"])

    assert looks(opening(), store, ledger) == PriorLooks(
        verdicts=1, decided=["explored"], opened=["first::confirmation"], seen=["sealed nothing"]
    )


def test_a_second_opening_by_changed_arms_is_counted(opening, ledger):
    ledger.register(opening())
    ledger.register(opening(analysis="d" * 64), reason="a later version")
    ledger.register(opening(arms=ARMS | {"control": "c" * 64}), reason="a stronger control arm")
    entries = ledger.entries()
    assert [earlier_openings(entries, entry.digest) for entry in entries] == [([], 0), ([], 0), ([], 2)]
    assert earlier_openings(entries, None) == earlier_openings(entries, "0" * 64) == ([], 0)


def test_a_confirmation_that_is_run_again_says_the_same_as_the_first_time(opening, store, ledger, decided):
    commitment = opening()
    ledger.register(commitment)
    known = PriorLooks(verdicts=1, decided=["explored"])
    fields = {"registration": ledger.compare(commitment), "prior": known, "digest": SEAL["data"]}
    decided(commitment.hypothesis, seal=CONFIRMING, **fields)
    decided("sealed nothing", seal=None, digest=SEAL["data"])
    assert looks(commitment, store, ledger) == known

    ledger.register(opening(arms=ARMS | {"control": "c" * 64}), reason="a stronger control arm")
    again = looks(opening(arms=ARMS | {"control": "c" * 64}), store, ledger)
    assert (again.reopened, again.seen) == (1, ["sealed nothing"])


def truth(test):
    return test.x[:, 0].astype(int) % 2


def often(train, test, seed):
    return np.where(np.random.default_rng(seed).random(len(test)) < 0.9, truth(test), 1 - truth(test))


def test_an_experiment_without_pytest_explores_and_confirms(new_experiment, store, ledger):
    data = Dataset(x=np.arange(400.0).reshape(-1, 1), y=np.arange(400) % 2, name="mine")
    phases = []
    for confirming in (False, True):
        experiment = new_experiment(
            "a cell",
            expected="supported",
            store=store,
            ledger=ledger,
            confirming=confirming,
            controls="none",
            register_or_compare=on_record(ledger, store),
        )
        claim, design = reaches("accuracy", bar=0.6), KFolds(4, repeats=1)
        phases.append(experiment.measure(Recipe(Fit(often)), on=data, claim=claim, design=design, confirm=0.3))
    explored, confirmed = phases
    assert (explored.hypothesis, explored.data.rows, explored.verdict) == ("a cell", 280, "supported")
    assert (confirmed.hypothesis, confirmed.title) == ("a cell::confirmation", "it holds (confirmation)")
    assert (confirmed.data.rows, confirmed.verdict, confirmed.prior.decided) == (400, "supported", ["a cell"])
    assert [recheck(each, store, ledger.entries()) for each in phases] == [[], []]


@pytest.mark.parametrize("fields", [{}, {"smoke": True}, {"kind": "mixture"}])
def test_only_a_claim_with_a_ledger_confirms(new_experiment, ledger, fields):
    with pytest.raises(InputError, match="Only a claim that is registered in a ledger can open"):
        new_experiment(confirming=True, ledger=ledger if fields else None, **fields)


def test_whoever_opened_part_of_the_rows_by_another_seal_saw_them(opening, store, ledger):
    smaller = CONFIRMING | {"share": 0.2, "sealed": {"count": 11, "digest": "0" * 32}}
    ledger.register(opening("part::confirmation", seal=smaller))
    ledger.register(opening())
    assert SealRecord(**CONFIRMING).concerns("a" * 64, SealRecord(**smaller))
    assert looks(opening(), store, ledger).seen == ["part::confirmation"]
