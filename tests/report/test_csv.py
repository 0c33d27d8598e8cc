from __future__ import annotations

import io

import pandas as pd

from negres_core.report.csv import render


def arm(role, *ids):
    return {
        "role": role,
        "recipe": f"{role}, with a comma",
        "description": {},
        "budget": {},
        "metrics": {},
        "values": [],
        "replicates": [["the base's own id"], list(ids)],
    }


def test_one_row_a_replicate_of_the_last_stage_comes_back_from_the_csv(new_evidence, new_replicate):
    made = [
        new_replicate(repeat=0, fold=1, seed=0, metrics={"accuracy": 0.1 + 0.2, "loss": 1e-17}),
        new_replicate(repeat=1, fold=0, seed=2, metrics={"accuracy": 0.5, "loss": None}, status="not finite"),
    ]
    evidence = new_evidence(title='says "yes", twice', arms=[arm("treatment", made[0].id), arm("control", made[1].id)])

    table = pd.read_csv(io.StringIO(render([evidence], {each.id: each for each in made})))

    assert list(table.columns) == [
        "hypothesis", "data", "role", "recipe", "replicate", "repeat", "fold", "seed", "status", "accuracy", "loss",
        "train_s",
    ]  # fmt: skip
    assert table.hypothesis.tolist() == ['says "yes", twice'] * 2
    assert table.recipe.tolist() == ["treatment, with a comma", "control, with a comma"]
    assert table.replicate.tolist() == [made[0].id, made[1].id]
    assert table[["repeat", "fold", "seed"]].to_numpy().tolist() == [[0, 1, 0], [1, 0, 2]]
    assert table.accuracy.tolist() == [0.1 + 0.2, 0.5]
    assert table.loss[0] == 1e-17
    assert pd.isna(table.loss[1])
    assert table.status.tolist() == ["finished", "not finite"]
    assert table.train_s.tolist() == [0.2, 0.2]


def test_a_replicate_that_is_missing_has_a_row_without_numbers(new_evidence, new_replicate):
    made = new_replicate()
    evidence = new_evidence(arms=[arm("treatment", made.id, "0" * 32)])

    table = pd.read_csv(io.StringIO(render([evidence], {made.id: made})), dtype={"replicate": str})

    assert table.replicate.tolist() == [made.id, "0" * 32]
    assert table.accuracy.notna().tolist() == [True, False]
    assert table.status.notna().tolist() == [True, False]


def test_nothing_renders_as_nothing(new_evidence):
    assert render([], {}) == ""
    assert render([new_evidence(status="started", verdict=None)], {}) == ""
