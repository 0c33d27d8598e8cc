from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from negres_core.errors import show
from negres_core.evidence import AS_GIVEN
from negres_core.report.csv import MOST_IN_A_CELL, render
from negres_core.report.replicates import GivenScore, tabulate
from tests.fakes import BUDGET, DESCRIPTION


def new_arm(role, *ids):
    return {
        "role": role,
        "recipe": f"{role}, with a comma",
        "description": DESCRIPTION,
        "budget": BUDGET,
        "metrics": {},
        "values": [],
        "replicates": [["a parent's id"], list(ids)],
    }


def test_each_replicate_of_the_last_stage_can_be_read_back_from_its_row(new_evidence, new_replicate):
    replicates = [
        new_replicate(repeat=0, fold=1, seed=0, metrics={"accuracy": 0.1 + 0.2, "loss": 1e-17}),
        new_replicate(repeat=1, fold=0, seed=2, metrics={"accuracy": 0.5, "loss": None}, status="not finite"),
    ]
    arms = [new_arm("treatment", replicates[0].id), new_arm("control", replicates[1].id)]
    evidence = new_evidence(title='says "yes", twice', arms=arms)

    written = render(tabulate([evidence], {each.id: each for each in replicates}))
    table = pd.read_csv(io.StringIO(written))

    assert list(table.columns) == [
        "hypothesis", "test", "data", "role", "recipe", "replicate", "repeat", "fold", "seed", "status", "accuracy",
        "loss", "train_s",
    ]  # fmt: skip
    assert table.hypothesis.tolist() == ['says "yes", twice'] * 2
    assert table.data.tolist() == ["digits"] * 2
    assert table.role.tolist() == ["treatment", "control"]
    assert table.recipe.tolist() == ["treatment, with a comma", "control, with a comma"]
    assert table.replicate.tolist() == [replicates[0].id, replicates[1].id]
    assert table[["repeat", "fold", "seed"]].to_numpy().tolist() == [[0, 1, 0], [1, 0, 2]]
    # pandas 2 reads a number only nearly as it was written.
    assert [float(row["accuracy"]) for row in csv.DictReader(io.StringIO(written))] == [0.1 + 0.2, 0.5]
    assert table.loss[0] == 1e-17
    assert pd.isna(table.loss[1])
    assert table.status.tolist() == ["finished", "not finite"]
    assert table.train_s.tolist() == [0.2, 0.2]


def test_a_missing_replicate_has_a_row_without_numbers(new_evidence, new_replicate):
    replicate = new_replicate()
    evidence = new_evidence(arms=[new_arm("treatment", replicate.id, "0" * 32)])

    table = pd.read_csv(io.StringIO(render(tabulate([evidence], {replicate.id: replicate}))), dtype={"replicate": str})

    assert table.replicate.tolist() == [replicate.id, "0" * 32]
    assert table.accuracy.notna().tolist() == [True, False]
    assert table.status.notna().tolist() == [True, False]


def test_evidence_without_arms_gives_no_csv(new_evidence):
    assert render(tabulate([], {})) == ""
    assert render(tabulate([new_evidence(status="started", verdict=None)], {})) == ""


def test_a_formula_in_a_name_is_text_and_a_metric_cannot_take_the_place_of_a_column(new_evidence, new_replicate):
    replicate = new_replicate(metrics={"accuracy": -0.5, "seed": 7.0, "=1+1": 3.0})
    evidence = new_evidence(title='=HYPERLINK("http://x")', arms=[new_arm("treatment", replicate.id)])

    table = pd.read_csv(io.StringIO(render(tabulate([evidence], {replicate.id: replicate}))))

    assert table.hypothesis.tolist() == ['\'=HYPERLINK("http://x")']
    assert (table.accuracy[0], table.seed[0], table["metric seed"][0], table["'=1+1"][0]) == (-0.5, 0, 7, 3)


def test_an_arm_without_replicates_has_no_rows(new_evidence):
    arm = new_arm("treatment") | {"replicates": []}
    assert render(tabulate([new_evidence(arms=[arm])], {})) == ""


def test_scores_that_were_given_have_a_row_each_which_says_so(new_evidence):
    arm = new_arm("treatment") | {"recipe": "=wide", "description": None, "budget": None, "replicates": []}
    scores = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 2}
    evidence = new_evidence(arms=[arm], scores=scores)

    given = [GivenScore("=wide", "1", "a", "0", 0.1 + 0.2)]
    [row] = csv.DictReader(io.StringIO(render(tabulate([evidence], {}, {evidence.hypothesis: given}))))

    assert (row["role"], row["recipe"], row["status"]) == ("treatment", "'=wide", AS_GIVEN)
    assert (row["repeat"], row["fold"], row["seed"], row["replicate"]) == ("1", "a", "0", "")
    assert float(row["accuracy"]) == 0.1 + 0.2


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_any_column_is_a_formula_and_negative_numbers_stay_numbers(new_evidence, sign):
    text = f"{sign}1+cmd|' /C calc'!A0"
    arm = new_arm("treatment") | {"recipe": text, "description": None, "budget": None, "replicates": []}
    scores = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 2}
    fields = {"title": text, "hypothesis": text, "data": {"name": text}, "claim": {"metric": text}}
    evidence = new_evidence(arms=[arm], scores=scores, **fields)

    table = tabulate([evidence], {}, {text: [GivenScore(text, text, text, text, -0.5)]})
    header, row = csv.reader(io.StringIO(render(table)))

    cells = dict(zip(table.columns, row, strict=True))
    assert float(cells.pop(text)) == -0.5
    assert {header[list(table.columns).index(text)], *cells.values()} == {
        show(text, "csv"), "treatment", "", AS_GIVEN
    }  # fmt: skip
    assert show(text, "csv").startswith("'")


def test_names_are_whole_up_to_what_a_cell_holds(new_evidence, new_replicate):
    replicate = new_replicate(metrics={"a" * 10_000: 1.0, "a" * 10_001: 2.0})
    evidence = new_evidence(title="b" * 40_000, arms=[new_arm("treatment", replicate.id)])
    [row] = csv.DictReader(io.StringIO(render(tabulate([evidence], {replicate.id: replicate}))))
    assert (row["a" * 10_000], row["a" * 10_001]) == ("1.0", "2.0")
    assert len(row["hypothesis"]) <= MOST_IN_A_CELL
    assert row["hypothesis"].endswith("b... (7,257 more)")
