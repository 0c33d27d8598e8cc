from __future__ import annotations

import hashlib
import json

import pytest

from negres_core.evidence import Entry, Registration

CLAIM = {"kind": "beats", "metric": "loss", "unit": "loss", "higher_is_better": False, "alpha": 0.05, "threshold": 0.01}
BAR = {"kind": "reaches", "metric": "loss", "unit": "loss", "higher_is_better": False, "alpha": 0.05, "threshold": 0.01}


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({}, []),
        ({"claim": CLAIM | {"threshold": 0.02}}, ["margin"]),
        ({"claim": CLAIM | {"alpha": 0.01}}, ["alpha"]),
        ({"claim": CLAIM | {"metric": "mse"}}, ["claim"]),
        ({"claim": BAR}, ["margin", "claim", "bar"]),
        ({"design": {"folds": 3, "repeats": 2, "seeds": 1}}, ["design"]),
        ({"stopping": "whenever it is nice"}, ["stopping rule"]),
        ({"expected": "refuted"}, ["expected verdict"]),
        ({"expected": None}, ["expected verdict"]),
        ({"arms": {"treatment": "e" * 64, "control": "b" * 64}}, ["treatment"]),
        ({"arms": {"treatment": "a" * 64}}, ["control"]),
        ({"data": {"name": "digits", "digest": "e" * 64}}, ["data"]),
        ({"analysis": "e" * 64}, ["analysis code"]),
        ({"analysis": "e" * 64, "claim": CLAIM | {"threshold": 0.02}}, ["margin", "analysis code"]),
        ({"title": "growth, in other words"}, []),
        ({"data": {"name": "figures", "digest": "d" * 64}}, []),
    ],
)
def test_plans_differ_in_what_can_change_the_verdict(new_commitment, fields, changed):
    assert new_commitment(claim=CLAIM).differs_in(new_commitment(**{"claim": CLAIM} | fields)) == changed


def test_an_entry_is_sealed_with_all_that_it_says(new_commitment):
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
    others = {"sequence": 2, "previous": "1" * 64, "registered_at": "", "reason": "", "seen": [""], "dirty": True}
    others |= {"commit": None, "title": "", "hypothesis": "", "analysis": "", "stopping": "", "expected": None}
    others |= {name: {} for name in ("claim", "design", "arms", "data")}
    assert {*others, "schema_version"} == set(Entry.model_fields)
    assert len({entry.updated(**{name: value}).digest for name, value in others.items()} | {digest}) == len(others) + 1


WRITTEN = {"entry": "f" * 64, "registered_at": "2026-01-01T00:00:00+00:00", "committed": True}
DATED = "2026-01-01T00:00:00+00:00, entry ffffffffffff"


@pytest.mark.parametrize(
    ("fields", "notes", "said"),
    [
        ({"status": "exploratory"}, ["exploratory"], "exploratory: the ledger has no entry of it"),
        ({"status": "registered"} | WRITTEN, [], DATED),
        ({"status": "amended", "reason": "less"} | WRITTEN, ["amended"], f"{DATED}; amended: less"),
        (
            {"status": "changed", "changed": ["margin", "data"]} | WRITTEN,
            ["changed: margin, data"],
            f"{DATED}; run with another margin, data",
        ),
        (
            {"status": "registered", "seen": ["refuted"]} | WRITTEN,
            ["after a run"],
            f"{DATED}; after a run (refuted)",
        ),
        (
            {"status": "registered", "older": 3} | WRITTEN,
            ["after a run"],
            f"{DATED}; 3 differences are older",
        ),
        ({"status": "registered"} | WRITTEN | {"committed": False}, ["not committed"], f"{DATED}; not committed"),
        (
            {"status": "amended", "reason": "less", "seen": ["cut off"]} | WRITTEN | {"committed": None},
            ["amended", "after a run", "not committed"],
            f"{DATED}; amended: less; after a run (cut off); not committed",
        ),
    ],
)
def test_a_registration_says_all_that_weakens_it(fields, notes, said):
    registration = Registration(**fields)

    assert (registration.notes, str(registration)) == (notes, said)
