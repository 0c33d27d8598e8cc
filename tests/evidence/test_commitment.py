from __future__ import annotations

import hashlib
import json

import pytest

from negres_core.evidence import Entry, Registration
from tests.fakes import SEAL

CLAIM = {"kind": "beats", "metric": "loss", "unit": "loss", "higher_is_better": False, "alpha": 0.05, "threshold": 0.01}
BAR = {"kind": "reaches", "metric": "loss", "unit": "loss", "higher_is_better": False, "alpha": 0.05, "threshold": 0.01}


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({}, []),
        ({"claim": CLAIM | {"threshold": 0.02}}, ["margin"]),
        ({"claim": CLAIM | {"alpha": 0.01}}, ["alpha"]),
        ({"claim": CLAIM | {"metric": "mse"}}, ["claim"]),
        ({"claim": CLAIM | {"code": "e" * 64}}, ["claim"]),
        ({"claim": BAR}, ["margin", "claim", "bar"]),
        ({"design": {"folds": 3, "repeats": 2, "seeds": 1, "looks": True}}, ["design"]),
        ({"stopping": {"looks": 1, "spending": None}}, ["stopping rule"]),
        ({"stopping": "a sentence of an older entry"}, ["stopping rule"]),
        ({"expected": "refuted"}, ["expected verdict"]),
        ({"expected": None}, ["expected verdict"]),
        ({"arms": {"treatment": "e" * 64, "control": "b" * 64}}, ["treatment"]),
        ({"arms": {"treatment": "a" * 64}}, ["control"]),
        ({"data": {"name": "digits", "digest": "e" * 64}}, ["data"]),
        ({"seal": SEAL}, ["sealed rows"]),
        ({"waived": {"duplicates": "they are days"}}, ["waived controls"]),
        ({"own_controls": {"prices": "e" * 64}}, ["own controls"]),
        ({"analysis": "e" * 64}, ["analysis code"]),
        ({"analysis": "e" * 64, "claim": CLAIM | {"threshold": 0.02}}, ["margin", "analysis code"]),
        ({"title": "growth, in other words"}, []),
        ({"data": {"name": "figures", "digest": "d" * 64}}, []),
    ],
)
def test_commitments_differ_in_everything_that_can_change_the_verdict(new_commitment, fields, changed):
    assert new_commitment(claim=CLAIM).differs_in(new_commitment(**{"claim": CLAIM} | fields)) == changed


def test_an_entry_without_a_seal_is_written_as_before_there_were_seals(new_commitment):
    assert "seal" not in new_commitment().model_dump()
    assert new_commitment(seal=SEAL).model_dump()["seal"]["total"] == 57


def test_an_entry_without_waivers_and_own_controls_is_written_as_before_there_were_any(new_commitment):
    assert not {"waived", "own_controls"} & new_commitment().model_dump().keys()
    assert new_commitment(own_controls={"prices": "e" * 64}).model_dump()["own_controls"] == {"prices": "e" * 64}
    waived = {"duplicates": "they are days"}
    assert new_commitment(waived=waived).model_dump()["waived"] == waived
    assert new_commitment(waived=waived).differs_in(new_commitment(waived={"duplicates": "why"})) == ["waived controls"]


def test_the_digest_of_an_entry_covers_all_its_fields(new_commitment):
    entry = Entry(
        **new_commitment().model_dump(),
        sequence=1,
        previous="0" * 64,
        registered_at="2026-01-01T00:00:00+00:00",
        reason=None,
        seen=[],
        commit="e" * 40,
        dirty=False,
    )

    content = json.loads(entry.line)
    digest = content.pop("digest")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert digest == entry.digest == hashlib.sha256(text.encode()).hexdigest()
    assert Entry(**content) == entry
    others = {
        "sequence": 2,
        "previous": "1" * 64,
        "registered_at": "2027-01-01T00:00:00+00:00",
        "reason": "",
        "seen": [""],
        "dirty": True,
    }
    others |= {"commit": None, "title": "", "hypothesis": "", "analysis": "", "stopping": "", "expected": None}
    others |= {"claim": entry.claim.updated(alpha=0.01), "design": entry.design.updated(folds=3), "arms": {}}
    others |= {"data": entry.data.updated(name="figures"), "schema_version": 1}
    others |= {"seal": SEAL, "waived": {"duplicates": "they are days"}, "own_controls": {"prices": "e" * 64}}
    assert set(others) == set(Entry.model_fields)
    assert len({entry.updated(**{name: value}).digest for name, value in others.items()} | {digest}) == len(others) + 1


REGISTERED = {"entry": "f" * 64, "registered_at": "2026-01-01T00:00:00+00:00", "committed": True}
DATED = "2026-01-01T00:00:00+00:00, entry ffffffffffff"


@pytest.mark.parametrize(
    ("fields", "notes", "text"),
    [
        ({"status": "exploratory"}, ["exploratory"], "exploratory: the hypothesis is not in the ledger"),
        ({"status": "registered"} | REGISTERED, [], DATED),
        ({"status": "amended", "reason": "less"} | REGISTERED, ["amended"], f"{DATED}; amended: less"),
        (
            {"status": "changed", "changed": ["margin", "data"]} | REGISTERED,
            ["changed: margin, data"],
            f"{DATED}; run with a different margin, data",
        ),
        (
            {"status": "registered", "seen": ["refuted"]} | REGISTERED,
            ["after a run"],
            f"{DATED}; registered after a run (refuted)",
        ),
        (
            {"status": "registered", "older": 3} | REGISTERED,
            ["after a run"],
            f"{DATED}; 3 differences are older than the entry",
        ),
        ({"status": "registered"} | REGISTERED | {"committed": False}, ["not committed"], f"{DATED}; not committed"),
        (
            {"status": "amended", "reason": "less", "seen": ["interrupted"]} | REGISTERED | {"committed": None},
            ["amended", "after a run", "not committed"],
            f"{DATED}; amended: less; registered after a run (interrupted); not committed",
        ),
    ],
)
def test_a_registration_states_everything_that_weakens_it(fields, notes, text):
    registration = Registration(**fields)

    assert (registration.notes, str(registration)) == (notes, text)
