"""The keys of replicates; `test_recheck` forges whole folders."""

from __future__ import annotations

from negres_core.evidence import Store
from negres_core.experiment.replicate_checks import find_replicates
from tests.fakes import BUDGET, DESCRIPTION


def arm_of(*ids):
    spread = dict.fromkeys(("mean", "sd", "min", "max"), 0.5)
    return {
        "role": "treatment",
        "recipe": "base (2 epochs)",
        "description": DESCRIPTION,
        "budget": BUDGET,
        "metrics": {"accuracy": spread},
        "values": [[0.5, 0.5]],
        "replicates": [list(ids)],
    }


def test_what_is_no_id_is_missing(tmp_path, new_evidence, new_replicate):
    store = Store(tmp_path)
    replicate = store.record(new_replicate(), b"a trained model")
    evidence = new_evidence(arms=[arm_of(replicate.id, "../secret")], small_runs={"one": [["0" * 32]]})

    [arm], [problem] = find_replicates(evidence, store)

    assert arm.stages == [[replicate]]
    assert problem == f"missing or damaged replicates: ../secret, {'0' * 32}"
