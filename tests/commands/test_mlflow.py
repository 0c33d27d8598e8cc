"""The export to MLflow, read back by MLflow's own client from a database."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from negres_core.cli import main
from negres_core.evidence import Store
from negres_core.report.mlflow_names import LONGEST_TAG
from tests.commands.mlflow_store import Runs
from tests.fakes import BUDGET, DESCRIPTION

# MLflow calls what new versions of SQLAlchemy deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
HOSTILE = "\x1b[31m\x00\n\u202e=1+1<script>'\"`%;" + "x" * 10_000


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def new_arm():
    """Return a function that makes the record of an arm."""

    def make(role, replicates, **fields):
        ids = [each.id for each in replicates]
        spread = {"mean": 0.75, "sd": 0.1, "min": 0.5, "max": 1.0}
        known = {"role": role, "recipe": f"{role} net", "description": DESCRIPTION, "budget": BUDGET}
        return known | {"metrics": {"accuracy": spread}, "values": [[0.75, None]], "replicates": [ids]} | fields

    return make


@pytest.fixture
def record(store, new_replicate, new_arm, new_evidence):
    """Return a function that records a hypothesis, and its treatment's 2 replicates unless arms are given."""

    def make(**fields):
        replicates = []
        if "arms" not in fields:
            numbers = {"metrics": {"accuracy": 0.1 + 0.2, "loss": 1 / 3}, "curve": [0.7, 1e-300, 0.1]}
            replicates = [store.record(new_replicate(fold=fold, **numbers), b"a model") for fold in (0, 1)]
            fields["arms"] = [new_arm("treatment", replicates)]
        evidence = new_evidence(**fields)
        store.write_evidence(evidence)
        return evidence, replicates

    return make


def export(uri, *options):
    return main(["export", "evidence", "--mlflow", uri, *options])


def test_a_hypothesis_is_a_run_with_its_verdict_its_numbers_and_its_evidence(uri, record, on_data, store):
    estimate = on_data("digits", 0.1 + 0.2).estimate.model_dump() | {"interval_95": (1 / 3, 2 / 3)}
    looks = [
        {"repeats": repeats, "information": repeats / 2, "effect": 0.1, "interval_95": (0, 1), "verdict": "refuted"}
        for repeats in (1, 2)
    ]
    evidence, _ = record(
        estimate=estimate,
        p_value=1 / 7,
        outcome="as expected",
        expected="refuted",
        differences=[[0.1, None]],
        looks=looks,
    )
    assert export(uri) == 0
    runs = Runs(uri)
    run, metrics, tags, params = runs.parent, runs.parent.data.metrics, runs.parent.data.tags, runs.parent.data.params
    assert run.info.run_name == "growth beats scratch, on digits"
    assert run.info.status == "FINISHED"
    assert (run.info.start_time, run.info.end_time) == (1735689600_000, 1735689675_000)
    assert tags["negres.kind"] == "claim"
    found = [tags[f"negres.{name}"] for name in ("verdict", "finding", "outcome", "expected", "hypothesis")]
    assert found == ["refuted", "worse", "as expected", "refuted", evidence.hypothesis]
    assert (tags["negres.commit"], tags["mlflow.source.git.commit"]) == ("c" * 40, "c" * 40)
    assert (tags["negres.data_digest"], tags["negres.title"]) == ("d" * 64, "growth beats scratch")
    assert tags["mlflow.note.content"] == "refuted (worse)\n\nIt was worse."
    assert (params["claim.kind"], params["claim.threshold"]) == ("beats", "0.01")
    assert (params["design.folds"], params["design.looks"]) == ("2", "true")
    assert (params["treatment.recipe"], params["provenance.packages.negres"]) == ("treatment net", "0.1.0")
    assert metrics["effect"] == 0.1 + 0.2
    assert (metrics["interval_95_low"], metrics["interval_95_high"]) == (1 / 3, 2 / 3)
    assert (metrics["p_value"], metrics["cell_count"], metrics["treatment/mean/accuracy"]) == (1 / 7, 25, 0.75)
    assert runs.curve(run, "look/information") == [(1, 0.5), (2, 1.0)]
    [(_, known), (step, unknown)] = runs.curve(run, "cell/difference")
    assert (known, step, math.isnan(unknown)) == (0.1, 1, True)
    assert runs.files(run) == {"evidence.json": store.evidence_path(evidence.hypothesis).read_bytes()}


def test_a_replicate_is_a_child_with_its_key_its_exact_metrics_and_its_curve(uri, record):
    _, replicates = record()
    assert export(uri) == 0
    runs = Runs(uri)
    children = runs.children[runs.parent.info.run_id]
    assert [child.info.run_name for child in children] == [f"treatment, repeat 0, fold {n}, seed 0" for n in (0, 1)]
    for child, replicate in zip(children, replicates, strict=True):
        assert (child.data.metrics["accuracy"], child.data.metrics["loss"]) == (0.1 + 0.2, 1 / 3)
        assert runs.curve(child, "curve/loss") == [(1, 0.7), (2, 1e-300), (3, 0.1)]
        assert (child.data.metrics["cost/train_s"], child.data.metrics["budget/steps"]) == (0.2, 6)
        tags, params = child.data.tags, child.data.params
        assert (tags["negres.replicate"], tags["negres.role"], tags["negres.status"]) == (
            replicate.id,
            "treatment",
            "finished",
        )
        assert (params["recipe"], params["fold"]) == (replicate.key.recipe, str(replicate.key.fold))
        assert (child.info.start_time, child.info.end_time) == (1735689600_000 - 300, 1735689600_000)


def test_a_replicate_that_is_not_finite_keeps_its_place(uri, store, new_replicate, new_arm, record):
    diverged = new_replicate(seed=3, status="not finite", metrics={"accuracy": None}, curve=[0.5, None])
    store.record(diverged, b"a model")
    record(arms=[new_arm("treatment", [diverged])])
    assert export(uri) == 0
    runs = Runs(uri)
    [child] = runs.children[runs.parent.info.run_id]
    assert child.data.tags["negres.status"] == "not finite"
    assert math.isnan(child.data.metrics["accuracy"])
    [first, (step, last)] = runs.curve(child, "curve/loss")
    assert (first, step, math.isnan(last)) == ((1, 0.5), 2, True)


def test_a_second_export_writes_nothing_and_what_is_new_is_added(uri, record, store, new_arm, capsys):
    evidence, replicates = record()
    left = store.replicate_path(replicates[1].id)
    hidden = left.rename(left.with_suffix(".hidden"))
    assert export(uri) == 0
    first = "written  growth beats scratch, on digits: 1 replicate written, 0 there before, 1 missing"
    assert capsys.readouterr().out.splitlines()[0] == first
    hidden.rename(left)
    assert export(uri) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "there    growth beats scratch, on digits: 1 replicate written, 1 there before",
        f"MLflow {uri}, experiment negres: 0 hypotheses written, 1 there before; 1 replicate written, 1 there before",
    ]
    # Another run that finds the same has other times, and is the same evidence.
    later = evidence.timings.updated(started_at="2026-01-01T00:00:00+00:00")
    store.write_evidence(evidence.updated(timings=later))
    assert export(uri) == 0
    assert "0 replicates written, 2 there before" in capsys.readouterr().out
    runs = Runs(uri)
    assert len(runs.children[runs.parent.info.run_id]) == 2


def test_another_verdict_is_another_run(uri, record, store):
    evidence, _ = record()
    assert export(uri) == 0
    store.write_evidence(evidence.updated(verdict="inconclusive", finding="undecided"))
    assert export(uri) == 0
    runs = Runs(uri)
    assert {run.data.tags["negres.verdict"] for run in runs.parents} == {"refuted", "inconclusive"}
    assert [len(children) for children in runs.children.values()] == [2, 2]


@pytest.mark.parametrize("at", ["log_batch", "set_terminated"])
def test_an_export_that_fails_is_continued_without_doubling(uri, record, monkeypatch, capsys, at):
    from mlflow import MlflowClient

    record()
    real, calls = getattr(MlflowClient, at), []

    def fail_at_the_second_child(client, *arguments, **more):
        calls.append(arguments)
        if len(calls) == (3 if at == "log_batch" else 2):
            raise ConnectionError("the server went away")
        return real(client, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, at, fail_at_the_second_child)
        assert export(uri) == 2
    assert "mlflow.db: the server went away\n  To do: " in capsys.readouterr().err
    half = Runs(uri)
    assert half.parent.info.status == "RUNNING"
    assert [child.info.status for child in half.children[half.parent.info.run_id]] == ["FINISHED", "RUNNING"]
    assert export(uri) == 0
    assert "written  growth beats scratch, on digits: 1 replicate written, 1 there before" in capsys.readouterr().out
    runs = Runs(uri)
    children = runs.children[runs.parent.info.run_id]
    assert [run.info.status for run in (runs.parent, *children)] == ["FINISHED"] * 3
    for child in children:
        assert runs.curve(child, "curve/loss") == [(1, 0.7), (2, 1e-300), (3, 0.1)]


def test_an_arm_against_itself_has_a_child_in_each_role(uri, record, store, new_replicate, new_arm):
    replicate = store.record(new_replicate(), b"a model")
    record(arms=[new_arm("treatment", [replicate]), new_arm("control", [replicate])])
    assert export(uri) == 0
    assert export(uri) == 0
    runs = Runs(uri)
    roles = [child.data.tags["negres.role"] for child in runs.children[runs.parent.info.run_id]]
    assert roles == ["control", "treatment"]


def test_an_interrupted_run_is_killed_and_a_deleted_one_written_again(uri, record):
    record(status="started", verdict=None, finding=None)
    assert export(uri) == 0
    runs = Runs(uri)
    assert (runs.parent.info.status, runs.parent.data.tags.get("negres.verdict")) == ("KILLED", None)
    runs.client.delete_run(runs.parent.info.run_id)
    assert export(uri) == 0
    assert len(Runs(uri).parents) == 1


def test_pictures_and_scores_of_rows_are_artifacts_unless_they_were_changed(uri, record, store, capsys):
    evidence, _ = record()
    pictures = [store.write_picture(evidence.hypothesis, name, b"a png", caption="") for name in ("kept", "changed")]
    rows = store.write_row_scores(evidence.hypothesis, np.zeros((1, 2, 3)), "rows")
    store.write_evidence(evidence.updated(pictures=pictures, row_scores=rows))
    folder = store.evidence_folder(evidence.hypothesis)
    (folder / pictures[1].file).write_bytes(b"another")
    assert export(uri) == 0
    runs = Runs(uri)
    assert set(runs.files(runs.parent)) == {"evidence.json", pictures[0].file, rows.file}
    assert runs.files(runs.parent)[pictures[0].file] == b"a png"
    assert runs.files(runs.parent)[rows.file] == (folder / rows.file).read_bytes()
    assert f"{pictures[1].file} is missing or was changed, and is left out" in capsys.readouterr().err

    (folder / rows.file).unlink()
    assert export(uri, "--experiment", "another") == 0
    other = Runs(uri, "another")
    assert set(other.files(other.parent)) == {"evidence.json", pictures[0].file}


def test_scores_that_were_given_are_an_artifact_and_have_no_children(uri, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])  # reading settings of pytest installs an import hook
    rows = [f"{repeat},{fold},{0.85 + fold / 97},0.8" for repeat in range(3) for fold in range(4)]
    (tmp_path / "scores.csv").write_text("\n".join(["repeat,fold,A,B", *rows]))
    among = ["--metric", "accuracy", "--treatment", "A", "--control", "B", "--folds", "4", "--repeats", "3"]
    assert main(["judge", "scores.csv", "--claim", "beats", *among, "--evidence", "evidence"]) == 0
    [path] = Store(tmp_path / "evidence").evidence_paths()
    scores = Store(tmp_path / "evidence").read_evidence(path).scores
    assert export(uri) == 0
    assert "0 replicates written, 0 there before" in capsys.readouterr().out
    runs = Runs(uri)
    assert runs.children == {}
    assert runs.files(runs.parent)[scores.file] == (path.parent / scores.file).read_bytes()
    assert [value for _, value in runs.curve(runs.parent, "cell/control")] == [0.8] * 12


def test_hostile_texts_stay_texts(uri, record, new_arm, new_replicate, store):
    names = {"a@b/c": 0.5, "../x": 0.25, HOSTILE: 0.125}
    replicate = store.record(new_replicate(metrics=names), b"a model")
    arm = new_arm("treatment", [replicate], recipe=HOSTILE, metrics={})
    data = {"name": HOSTILE, "source": HOSTILE}
    evidence, _ = record(title=HOSTILE, hypothesis=f"test_a.py::test[{HOSTILE}]", arms=[arm], data=data)
    assert export(uri) == 0
    assert export(uri) == 0
    runs = Runs(uri)
    tags = runs.parent.data.tags
    assert tags["negres.title"].startswith(r"\x1b[31m\x00\n\u202e=1+1<script>'" + '"`%;xxx')
    assert tags["negres.title"].endswith("more)")
    assert LONGEST_TAG - 20 < len(tags["negres.title"]) <= LONGEST_TAG
    [child] = runs.children[runs.parent.info.run_id]
    assert child.data.metrics["a_x40_b_x2f_c"] == 0.5
    assert child.data.tags["negres.metric.a_x40_b_x2f_c"] == "a@b/c"
    assert child.data.metrics["_x2e_._x2f_x"] == 0.25
    [long] = [name for name, value in child.data.metrics.items() if value == 0.125 and not name.startswith("c")]
    assert child.data.tags[f"negres.metric.{long}"].startswith(r"\x1b[31m")
    assert runs.files(runs.parent)["evidence.json"] == store.evidence_path(evidence.hypothesis).read_bytes()


def test_requests_are_bounded(uri, record, store, new_replicate, new_arm, monkeypatch):
    from mlflow import MlflowClient

    sizes, real = [], MlflowClient.log_batch

    def log(client, id, metrics=(), params=(), **others):
        sizes.append((len(metrics), len(params)))
        return real(client, id, metrics=metrics, params=params, **others)

    monkeypatch.setattr(MlflowClient, "log_batch", log)
    curve = [1 / epoch for epoch in range(1, 1_201)]
    replicate = store.record(new_replicate(seed=3, curve=curve), b"a model")
    record(arms=[new_arm("treatment", [replicate])])
    assert export(uri) == 0
    assert max(points for points, _ in sizes) == 500
    assert max(params for _, params in sizes) <= 100
    runs = Runs(uri)
    [child] = runs.children[runs.parent.info.run_id]
    assert [value for _, value in runs.curve(child, "curve/loss")] == curve


def test_many_replicates_are_found_on_all_pages(uri, record, monkeypatch, capsys):
    record()
    assert export(uri) == 0
    capsys.readouterr()
    from mlflow import MlflowClient

    real = MlflowClient.search_runs
    monkeypatch.setattr(
        MlflowClient, "search_runs", lambda *arguments, **more: real(*arguments, **more | {"max_results": 1})
    )
    assert export(uri) == 0
    assert "0 replicates written, 2 there before" in capsys.readouterr().out


def test_the_experiment_can_be_named(uri, record):
    record()
    assert export(uri, "--experiment", 'mine\'s "own"') == 0
    assert len(Runs(uri, 'mine\'s "own"').parents) == 1
    assert Runs(uri).parents == []
