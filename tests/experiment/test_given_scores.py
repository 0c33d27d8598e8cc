"""A stranger rechecks a verdict on scores that were given from the table that is kept with the evidence."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.claim import beats
from negres_core.cli import main
from negres_core.design import KFolds
from negres_core.errors import EvidenceError
from negres_core.evidence import Store
from negres_core.experiment.judge import Judge
from negres_core.experiment.recheck import recheck, recompute

DESIGN = KFolds(folds=3, repeats=3)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.fixture
def evidence(store):
    rng = np.random.default_rng(0)
    repeat, fold = np.divmod(np.arange(9), 3)
    control = rng.normal(0.8, 0.01, size=9)
    table = {"repeat": repeat, "fold": fold, "A": control + rng.normal(0.1, 0.01, size=9), "B": control}
    judge = Judge(hypothesis="t.py::test_it", title="A beats B", store=store)
    return judge.judge(table, treatment="A", control="B", claim=beats("accuracy"), design=DESIGN)


def test_honest_evidence_is_sound(store, evidence):
    assert recheck(evidence, store, None) == []
    assert recompute(evidence, store) == evidence


FORGERIES = {
    "verdict": {"verdict": "refuted"},
    "finding": {"finding": "worse"},
    "differences": {"differences": [[0.1, 0.1, 0.2]]},
    "estimate": {"estimate": None},
    "looks": {"looks": []},
    "p_value": {"p_value": 0.5},
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_result_that_does_not_follow_from_the_scores_is_found(store, evidence, name):
    problems = recheck(evidence.updated(**FORGERIES[name]), store, None)
    assert f"{name} does not follow from its scores" in problems


def test_values_that_do_not_follow_from_the_scores_are_found(store, evidence):
    arm = evidence.arms[0]
    forged = evidence.updated(arms=[arm.updated(values=[[0.9, 0.9, 0.9]]), evidence.arms[1]])
    assert "arms does not follow from its scores" in recheck(forged, store, None)


def test_scores_of_another_number_of_repeats_are_found(store, evidence):
    forged = evidence.updated(scores=evidence.scores.updated(repeats=7))
    assert "its table of scores has 3 repeats, which is not what it says" in recheck(forged, store, None)


def test_what_only_trained_arms_have_is_found(store, evidence):
    finding = {"control": "finite", "passed": True, "found": "", "threshold": "", "remedy": ""}
    problems = recheck(evidence.updated(controls=[finding], controlled="all"), store, None)
    assert "it has controls, which scores as given cannot have" in problems
    arm = evidence.arms[0].updated(replicates=[[]])
    problems = recheck(evidence.updated(arms=[arm, evidence.arms[1]]), store, None)
    assert "it has recipes or replicates, which scores as given cannot have" in problems


@pytest.mark.parametrize("part", [{"rows": 100_000}, {"groups": 50}, {"name": "another"}])
def test_another_data_set_than_the_one_that_was_named_is_found(store, evidence, part):
    problems = recheck(evidence.updated(data=evidence.data.updated(**part)), store, None)
    assert "the digest of its data set is not that of its name, its rows and its groups" in problems


def test_a_smaller_plan_than_the_table_is_found(store, evidence):
    forged = evidence.updated(design=evidence.design.updated(repeats=2))
    assert "it cannot be recomputed: The repeats of the table are not those of the design." in recheck(
        forged, store, None
    )


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_table_that_is_missing_or_was_changed_is_found(store, evidence, damage, capsys):
    path = store.evidence_folder(evidence.hypothesis) / evidence.scores.file
    assert main(["verify", str(store.folder)]) == 0
    assert capsys.readouterr().out.startswith("verified ")
    if damage == "remove":
        path.unlink()
    else:
        path.write_text(path.read_text().replace("0.", "1.", 1))

    assert main(["verify", str(store.folder)]) == 1
    assert "The table of its scores is missing or was changed." in capsys.readouterr().out
    with pytest.raises(EvidenceError, match="missing or was changed"):
        recompute(evidence, store)


def test_judging_again_gives_the_same_evidence(store, evidence):
    before = store.evidence_paths()
    again = recompute(evidence, store)
    store.write_evidence(again)
    assert store.evidence_paths() == before
    assert not list(store.folder.glob("hypotheses/*/evidence-*.json"))
