from __future__ import annotations

from pathlib import Path

import pytest

from negres_core.report.replicates import COLUMNS, GivenScore, tabulate
from tests.fakes import BUDGET, DESCRIPTION


@pytest.fixture
def evidence(new_evidence, new_replicate):
    arm = {"role": "treatment", "recipe": "wide", "description": DESCRIPTION, "budget": BUDGET, "metrics": {}}
    return new_evidence(arms=[arm | {"values": [], "replicates": [[new_replicate().id]]}])


def test_the_columns_are_those_that_are_documented_then_metrics_then_seconds(evidence, new_replicate):
    table = tabulate([evidence], {new_replicate().id: new_replicate()})
    assert list(table.columns) == [*(name for name, _ in COLUMNS), "accuracy", "loss", "train_s"]
    assert table.test[0] == evidence.hypothesis
    assert table.fold.dtype == "Int64"
    assert table.accuracy.dtype == "float64"


def test_metrics_never_share_a_column(evidence, new_replicate):
    replicate = new_replicate(metrics={"seed": 1.0, "metric seed": 2.0, "metric metric seed": 3.0})
    table = tabulate([evidence], {replicate.id: replicate})
    columns = ["metric seed", "metric metric seed", "metric metric metric seed"]
    assert table[columns].to_numpy().tolist() == [[1.0, 2.0, 3.0]]
    assert table.seed.tolist() == [0]


def test_no_evidence_gives_no_rows():
    assert tabulate([], {}).empty


def test_labels_of_scores_that_were_given_stay_text_beside_numbers(evidence, new_evidence, new_replicate):
    scores = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 2}
    arm = {"role": "control", "recipe": "narrow", "description": None, "budget": None, "metrics": {}}
    given = new_evidence(hypothesis="given", scores=scores, arms=[arm | {"values": [], "replicates": []}])

    table = tabulate(
        [evidence, given], {new_replicate().id: new_replicate()}, {"given": [GivenScore("narrow", "1", "b", "0", 0.5)]}
    )
    assert table.fold.tolist() == ["0", "b"]
    assert table.role.tolist() == ["treatment", "control"]


def test_text_without_an_encoding_is_shown_by_its_code(new_evidence, new_replicate):
    arm = {"role": "treatment", "recipe": "\ud800", "description": DESCRIPTION, "budget": BUDGET, "metrics": {}}
    evidence = new_evidence(arms=[arm | {"values": [], "replicates": [[new_replicate().id]]}])
    replicate = new_replicate(metrics={"\udfff": 1.0})

    table = tabulate([evidence], {replicate.id: replicate})
    assert table.recipe[0] == "\\ud800"
    assert table["\\udfff"][0] == 1.0


def test_the_documentation_has_every_column():
    text = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()
    assert [name for name, meaning in COLUMNS if f"| `{name}` | {meaning} |" not in text] == []
