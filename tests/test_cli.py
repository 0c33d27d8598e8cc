from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats
from negres_core.cli import main
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.evidence import Evidence, Ledger, Store
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.recheck import RESULTS

TEST = "benchmarks/test_growth.py::test_longer_is_better[mine]"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with the evidence of one hypothesis whose networks were really trained."""
    import keras

    from negres_core.engine.device import choose_device

    def small(input_shape, outputs):
        last = keras.layers.Dense(outputs, activation="softmax", kernel_initializer="zeros")
        return keras.Sequential([keras.layers.Input(input_shape), last])

    y = np.arange(40) % 2
    data = Dataset(x=np.random.default_rng(0).normal(size=(40, 3)) + 2 * y[:, None], y=y, name="mine")
    long, short = (Recipe(Stage(small, epochs=epochs, batch_size=4, optimizer="sgd")) for epochs in (4, 2))
    folder = tmp_path_factory.mktemp("recorded")
    place = {"store": Store(folder), "device": choose_device("auto"), "controls": "cheap"}
    experiment = Experiment(hypothesis=TEST, title="longer is better", expected="supported", **place)
    experiment.compare(long, against=short, on=data, claim=beats("loss"), design=KFolds(folds=2, repeats=2))
    return folder


@pytest.fixture
def folder(recorded, tmp_path, monkeypatch):
    """A copy to damage, in a folder without settings of pytest; reading them installs an import hook."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for path in recorded.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(recorded)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return tmp_path


def evidence_of(folder):
    store = Store(folder)
    return store.read_evidence(store.evidence_path(TEST))


def test_the_table_is_that_of_a_session(folder, capsys):
    assert main(["table", str(folder)]) == 0
    header, second, rule, *rows, _, footnote = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["hypothesis,", "effect"]
    assert second.split()[:2] == ["data", "set"]
    assert set(rule) == {"-", " "}
    assert rows[0].startswith("longer is better, mine")
    assert evidence_of(folder).verdict in rows[0]
    assert footnote.startswith("p (Holm) is corrected for the family, the one hypothesis in the ledger")


def test_the_table_comes_as_markdown(folder, capsys):
    assert main(["table", "--markdown", str(folder)]) == 0
    header, _, row, blank, footnote = capsys.readouterr().out.splitlines()
    assert header.startswith("| hypothesis")
    assert row.startswith("| longer is better")
    assert (blank, footnote[:8]) == ("", "p (Holm)")


@pytest.mark.parametrize("selection", [[], ["-k", "longer"]])
def test_selecting_hypotheses_does_not_make_the_family_smaller(folder, capsys, git, new_commitment, selection):
    """Two are recorded and one more is registered, so Holm gives 3 x 0.01 and 2 x 0.04."""
    store, evidence = Store(folder), evidence_of(folder)
    for name, p in ((TEST, 0.01), ("another", 0.04)):
        store.write_evidence(evidence.updated(hypothesis=name, p_value=p))
    (folder / "pytest.ini").write_text("[pytest]\nnegres_ledger = claims.jsonl\n")
    (folder / "conftest.py").write_text("raise OSError")
    for name in (TEST, "third"):
        Ledger(folder / "claims.jsonl").register(new_commitment(hypothesis=name))

    def corrected(*options):
        assert main(["table", "--markdown", str(folder), *selection, *options]) == 0
        _, _, *rows, _, footnote = capsys.readouterr().out.splitlines()
        assert (" 3 " in footnote) is not options
        return sorted(row.split("|")[6].strip() for row in rows)

    others = [] if selection else ["0.08 (not significant after Holm)"]
    assert corrected() == ["0.03", *others]
    others = [] if selection else ["0.04"]
    assert corrected("--ledger", str(folder / "none.jsonl")) == ["0.02", *others]


def test_the_table_can_be_read_although_the_ledger_is_broken(folder, capsys):
    (folder / "negres-ledger.jsonl").write_text("incomplete")
    assert main(["table", str(folder)]) == 0
    streams = capsys.readouterr()
    assert streams.out.splitlines()[3].startswith("longer is better")
    assert "p (Holm) is" not in streams.out
    assert streams.err.startswith("negres: no p-value is corrected for the family: The ledger is broken")


def test_arms_are_ranked_over_data_sets(folder, capsys):
    store, evidence = Store(folder), evidence_of(folder)
    long, short = evidence.arms
    spreads = {name: dict.fromkeys(("mean", "sd", "min", "max"), mean) for name, mean in (("loss", 9), ("accuracy", 0))}
    third = long.updated(recipe="a third", metrics=spreads)
    for n in range(2):
        data = evidence.data.updated(name=f"other {n}", digest=f"{n}")
        store.write_evidence(evidence.updated(hypothesis=f"test[{n}]", data=data, arms=[third, short, long]))
    assert main(["rank", str(folder), "--metric", "loss"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("negres: A ranking needs at least 3 arms")
    assert "left out: a third, which has no value on mine" in errors

    store.write_evidence(evidence.updated(arms=[long, short, third]))
    assert main(["rank", str(folder), "--metric", "loss"]) == 0
    rows = capsys.readouterr().out.splitlines()[2:5]
    assert [row.split(maxsplit=1) for row in rows] == [
        ["1.00", long.recipe],
        ["2.00", short.recipe],
        ["3.00", "a third"],
    ]
    assert main(["rank", str(folder), "-k", "longer"]) == 2
    assert "accuracy of arms: 3, on data sets: 1" in capsys.readouterr().err


def test_arms_are_ranked_by_a_metric_that_a_claim_brought(folder, capsys):
    store, evidence = Store(folder), evidence_of(folder)
    claim = evidence.claim.updated(metric="cost", higher_is_better=False, unit="EUR", code="ab" * 32)
    arms = [
        evidence.arms[0].updated(
            recipe=f"arm {mean}", metrics={claim.key: dict.fromkeys(("mean", "sd", "min", "max"), mean)}
        )
        for mean in (3, 1, 2)
    ]
    for n in range(3):
        data = evidence.data.updated(name=f"other {n}", digest=f"{n}")
        store.write_evidence(evidence.updated(hypothesis=f"test[{n}]", data=data, claim=claim, arms=arms))

    for name in ("cost", claim.key):
        assert main(["rank", str(folder), "-k", "test[", "--metric", name]) == 0
        rows = capsys.readouterr().out.splitlines()[2:5]
        assert [row.split(maxsplit=1)[1] for row in rows] == ["arm 1", "arm 2", "arm 3"]
    assert main(["rank", str(folder), "-k", "test[", "--metric", "cots"]) == 2
    assert capsys.readouterr().err.startswith("negres: There is no metric 'cots'.")


def test_show_prints_everything(folder, capsys):
    assert main(["show", str(folder)]) == 0
    assert capsys.readouterr().out == f"{evidence_of(folder)}\n"


def test_a_verdict_that_follows_from_its_records_is_verified(folder, capsys):
    assert main(["verify", str(folder)]) == 0
    evidence = evidence_of(folder)
    expected = f"verified    longer is better, on mine: {evidence.verdict} ({evidence.finding})\n"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    "other",
    [
        {"verdict": "invalid"},
        {"finding": "another"},
        {"differences": [[0.5, 0.5], [0.5, 0.5]]},
        {"estimate": None},
        {"looks": []},
        {"p_value": 0.5},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_result_that_does_not_follow_from_its_records_differs(folder, capsys, other):
    Store(folder).write_evidence(evidence_of(folder).updated(**other))
    assert main(["verify", str(folder)]) == 1
    result, *problems = capsys.readouterr().out.splitlines()
    assert result.startswith("FAILED      longer is better, on mine: ")
    assert f"            - {next(iter(other))} does not follow from the records" in problems


def test_a_missing_replicate_is_named(folder, capsys):
    lost = evidence_of(folder).arms[1].replicates[-1][2]
    next(folder.glob(f"replicates/*/{lost}.json")).unlink()
    assert main(["verify", str(folder)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("FAILED      longer is better, on mine: ")
    assert f"- missing or damaged replicates: {lost}\n" in out


def test_a_damaged_replicate_is_named_and_not_trusted(folder, capsys):
    record = next(folder.glob(f"replicates/*/{evidence_of(folder).arms[0].replicates[-1][0]}.json"))
    record.write_text(record.read_text().replace('"accuracy": ', '"accuracy": 1'))
    assert main(["verify", str(folder)]) == 1
    streams = capsys.readouterr()
    assert streams.out.startswith("FAILED")
    assert streams.err.startswith(f"negres: {record} is damaged: its content does not match its digest")
    assert record.exists()


@pytest.mark.parametrize("others", [True, False])
def test_edited_evidence_does_not_verify(folder, capsys, others):
    store = Store(folder)
    if others:
        store.write_evidence(evidence_of(folder).updated(hypothesis="another"))
    path = store.evidence_path(TEST)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"verdict": "refuted"}))
    assert main(["verify", str(folder)]) == 1
    streams = capsys.readouterr()
    assert f"negres: {path} is damaged: " in streams.err
    assert streams.out.startswith("verified") is others


def test_an_interrupted_run_has_no_verdict_to_verify(folder, capsys):
    evidence = evidence_of(folder)
    untrained = {name: Evidence.model_fields[name].get_default(call_default_factory=True) for name in RESULTS}
    Store(folder).write_evidence(evidence.updated(hypothesis="another", status="started", **untrained))
    assert main(["verify", str(folder)]) == 0
    results = [line.partition("  ")[0] for line in sorted(capsys.readouterr().out.splitlines())]
    assert results == ["no verdict", "verified"]


def test_replicates_are_exported_as_csv(folder, capsys):
    assert main(["export", str(folder)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    evidence = evidence_of(folder)
    for arm in evidence.arms:
        own = [row for row in rows if row["role"] == arm.role]
        assert [row["replicate"] for row in own] == arm.replicates[-1]
        assert [(row["repeat"], row["fold"]) for row in own] == [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
        assert [float(row["loss"]) for row in own] == pytest.approx(np.ravel(arm.values), rel=1e-12)


@pytest.mark.parametrize(("words", "status", "lines"), [("longer", 0, 5), ("test_growth.py", 0, 5), ("shorter", 2, 0)])
def test_hypotheses_are_selected_by_their_test_id(folder, capsys, words, status, lines):
    assert main(["table", "--markdown", str(folder), "-k", words]) == status
    streams = capsys.readouterr()
    assert len(streams.out.splitlines()) == lines
    assert ("negres: There is no matching evidence" in streams.err) is (status == 2)


@pytest.mark.parametrize("command", ["table", "show", "verify", "export", "rank"])
def test_a_missing_folder_is_an_error_and_is_not_created(tmp_path, capsys, command):
    missing = tmp_path / "missing"
    assert main([command, str(missing)]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("negres: There is no evidence folder here.")
    assert str(missing) in streams.err
    assert not missing.exists()


@pytest.mark.parametrize("place", [".", "inner/most"])
@pytest.mark.parametrize("settings", ["[pytest]", "[pytest]\naddopts = --negres-evidence=kept", None])
def test_a_command_in_a_subfolder_finds_what_pytest_found(folder, tmp_path, monkeypatch, capsys, settings, place):
    evidence = "kept" if settings and "kept" in settings else ".negres"
    project = tmp_path / "project"
    (project / place).mkdir(parents=True)
    if settings:
        (project / "pytest.ini").write_text(settings)
    shutil.copytree(folder / "hypotheses", project / evidence / "hypotheses")
    monkeypatch.chdir(project / place)
    assert main(["table"]) == 0
    assert "longer is better" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["table", "verify"])
def test_the_settings_of_pytest_are_read_once(folder, monkeypatch, command):
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --negres-evidence=.\n")
    read, calls = pytest.Config.fromdictargs, []
    monkeypatch.setattr(pytest.Config, "fromdictargs", lambda *given: calls.append(given) or read(*given))

    assert main([command]) == 0

    assert len(calls) == 1


def test_hypotheses_are_shown_in_their_natural_order(tmp_path, capsys, new_evidence):
    for width in (100, 20, 3):
        Store(tmp_path).write_evidence(new_evidence(hypothesis=f"a.py::test_it[{width}]", title=f"width {width}"))
    assert main(["show", str(tmp_path)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("width")]
    assert [line.split(",")[0] for line in lines] == ["width 3", "width 20", "width 100"]


@pytest.mark.parametrize("record", ["evidence", "replicate"])
def test_written_files_follow_the_printed_schema(folder, capsys, record):
    import jsonschema

    assert main(["schema", record]) == 0
    schema = json.loads(capsys.readouterr().out)
    validator = jsonschema.Draft202012Validator(schema)
    paths = list(folder.glob({"evidence": "hypotheses/*/evidence.json", "replicate": "replicates/*/*.json"}[record]))
    assert len(paths) == {"evidence": 1, "replicate": 8}[record]
    for path in paths:
        written = json.loads(path.read_text())
        validator.validate(written)
        assert not validator.is_valid({name: value for name, value in written.items() if name != "digest"})


def test_an_output_that_is_cut_off_is_no_error(tmp_path):
    command = [sys.executable, "-c", "from negres_core.cli import main; raise SystemExit(main(['schema', 'evidence']))"]
    with (tmp_path / "errors").open("w+") as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
            process.stdout.close()  # as `head` does once it has its lines
        errors.seek(0)
        assert errors.read() == ""
    assert process.returncode == 141
