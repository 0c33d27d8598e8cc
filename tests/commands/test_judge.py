from __future__ import annotations

import csv
import io
import sys

import numpy as np
import pytest

from negres_core.cli import main
from negres_core.commands.judge import STATUSES
from negres_core.evidence import AS_GIVEN, Ledger, Store

ACCURACY = ["--metric", "accuracy", "--treatment", "A", "--control", "B", "--folds", "4", "--repeats", "3"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder, with the scores of A, which is better than B by about 0.05."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])  # reading settings of pytest installs an import hook
    rng = np.random.default_rng(1)
    rows = []
    for repeat in range(3):
        for fold in range(4):
            control = 0.8 + 0.01 * rng.normal()
            rows.append((repeat, fold, control + 0.05 + 0.01 * rng.normal(), control))
    with (tmp_path / "scores.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("repeat", "fold", "A", "B"), *rows])
    return tmp_path


def judge(*arguments, scores="scores.csv", among=ACCURACY):
    return main(["judge", scores, *among, *arguments])


def evidence_in(folder):
    store = Store(folder)
    [path] = store.evidence_paths()
    return store.read_evidence(path)


def test_the_evidence_is_printed_and_recorded(folder, capsys):
    assert judge("--claim", "beats", "--by", "0.01", "--rows", "500") == 0
    out = capsys.readouterr().out
    assert out.startswith("A beats B on accuracy by 0.01, on scores: supported (meaningfully better), scores as given")
    assert "  next time   4 folds x 3 repeats, with a look after each: detects " in out

    evidence = evidence_in(folder / ".negres")
    assert (evidence.hypothesis, evidence.data.rows) == ("scores.csv::A beats B on accuracy by 0.01", 500)
    assert evidence.registration.status == "exploratory"


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        (["--claim", "beats"], 0),
        (["--claim", "beats", "--expected", "refuted"], 3),
        (["--claim", "matches", "--within", "0.01"], 4),
        (["--claim", "matches", "--within", "0.01", "--expected", "refuted"], 0),
        (["--claim", "beats", "--by", "0.05"], 5),
    ],
)
def test_the_exit_status_tells_the_verdicts_apart(claim, status):
    assert judge(*claim) == status


def test_a_diverged_run_is_invalid(folder):
    text = (folder / "scores.csv").read_text().splitlines()
    text[3] = "0,2,nan,0.8"
    (folder / "scores.csv").write_text("\n".join(text))
    assert judge("--claim", "beats") == STATUSES["invalid"]


def test_statuses_of_verdicts_are_not_those_of_errors():
    assert not {0, 1, 2} & set(STATUSES.values())
    assert len(set(STATUSES.values())) == len(STATUSES)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--claim", "matches"], "The threshold of matches has to be given as --within"),
        (["--claim", "beats", "--bar", "0.5"], "The threshold of beats has to be given as --by"),
        (["--claim", "beats", "--fold-column", "split"], "The table has no column 'split'"),
        (["--claim", "beats", "--unit", "percent"], "The declared metric is not the one"),
        (["--claim", "beats", "--lower-is-better"], "The declared metric is not the one"),
        (["--claim", "beats", "--test-rows", "60"], "A fixed split has training rows and test rows."),
        (["--claim", "beats", "--folds", "5"], "The folds of the table are not those of the design."),
    ],
)
def test_an_error_has_status_2_and_records_nothing(folder, capsys, arguments, wrong):
    assert judge(*arguments) == 2
    assert capsys.readouterr().err.startswith(f"negres: {wrong}")
    assert not list(folder.glob(".negres/hypotheses/*"))


def test_a_missing_file_is_an_error(capsys):
    assert judge("--claim", "beats", scores="none.csv") == 2
    assert "none.csv: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(("direction", "status"), [("--higher-is-better", 0), ("--lower-is-better", 4)])
def test_a_metric_that_negres_does_not_know_needs_a_direction(folder, capsys, direction, status):
    among = ["BLEU" if each == "accuracy" else each for each in ACCURACY]
    assert judge("--claim", "beats", among=among) == 2
    assert "its direction has to be given" in capsys.readouterr().err

    assert judge("--claim", "beats", direction, among=among) == status
    assert evidence_in(folder / ".negres").claim.unit == "BLEU"


def test_one_arm_needs_no_control(folder):
    among = ["--metric", "accuracy", "--treatment", "A", "--folds", "4", "--repeats", "3", "--no-looks"]
    assert judge("--claim", "reaches", "--bar", "0.5", among=among) == 0
    evidence = evidence_in(folder / ".negres")
    assert (evidence.title, evidence.design.looks) == ("A reaches accuracy 0.5", False)


def test_random_splits_and_groups_are_other_designs(folder):
    lines = (folder / "scores.csv").read_text().splitlines()[1:]
    rows = [line.split(",", 2)[2] for line in lines]
    among = ["--claim", "beats", "--metric", "accuracy", "--treatment", "A", "--control", "B"]
    for name, options in (
        ("split", ["--splits", "12", "--test-share", "0.25"]),
        ("group", ["--leave-one-group-out", "--groups", "12"]),
    ):
        table = "\n".join([f"{name},A,B", *(f"{number},{row}" for number, row in enumerate(rows))])
        (folder / f"{name}s.csv").write_text(table)
        assert judge(*options, scores=f"{name}s.csv", among=among) == 0
    store = Store(folder / ".negres")
    kinds = {store.read_evidence(path).design.kind for path in store.evidence_paths()}
    assert kinds == {"random splits", "leave one group out"}
    assert main(["verify"]) == 0


@pytest.mark.parametrize(
    "options", [["--train-rows", "1000", "--test-rows", "120"], ["--time-series", "6", "--gap", "1"]], ids=" ".join
)
def test_scores_of_single_test_rows_are_other_designs(folder, options):
    rng = np.random.default_rng(3)
    correct = rng.uniform(size=(3, 120, 2)) < (0.95, 0.5)
    rows = [(row, seed, *correct[seed, row].astype(int)) for seed in range(3) for row in range(120)]
    with (folder / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("row", "seed", "A", "B"), *rows])
    among = ["--claim", "beats", "--metric", "accuracy", "--treatment", "A", "--control", "B", "--seeds", "3"]

    assert judge(*options, scores="rows.csv", among=among) == 0
    assert main(["verify"]) == 0


def test_names_of_columns_of_data_and_of_the_claim_are_options(folder):
    text = (folder / "scores.csv").read_text().replace("repeat,fold", "run,split")
    (folder / "scores.csv").write_text(text)
    options = ["--repeat-column", "run", "--fold-column", "split", "--data", "digits", "--title", "wide is better"]
    assert judge("--claim", "beats", *options, "--evidence", "other") == 0
    evidence = evidence_in(folder / "other")
    assert (evidence.title, evidence.data.name) == ("wide is better", "digits")


def test_a_claim_is_registered_before_its_scores_exist(folder, capsys):
    text = (folder / "scores.csv").read_text()
    (folder / "scores.csv").unlink()
    assert judge("--claim", "beats", "--expected", "supported", "--register") == 0
    assert capsys.readouterr().out == "registered  scores.csv::A beats B on accuracy\n"
    assert not list(folder.glob(".negres/hypotheses/*"))
    [entry] = Ledger(folder / "negres-ledger.jsonl").entries()
    assert (entry.seen, entry.expected) == ([], "supported")

    (folder / "scores.csv").write_text(text)
    assert judge("--claim", "beats", "--expected", "supported") == 0
    assert evidence_in(folder / ".negres").registration.status == "registered"
    assert main(["verify"]) == 0


def test_registering_needs_the_expected_verdict(capsys):
    assert judge("--claim", "beats", "--register") == 2
    assert "needs the expected verdict" in capsys.readouterr().err


def test_other_commands_read_the_evidence_and_say_that_the_scores_were_given(capsys):
    judge("--claim", "beats")
    capsys.readouterr()
    for command in (["table", "--markdown"], ["show"], ["verify"], ["export"]):
        assert main(command) == 0
        assert AS_GIVEN in capsys.readouterr().out
    assert main(["plan"]) == 0
    assert "A beats B on accuracy" in capsys.readouterr().out
    assert main(["rank"]) == 2
    assert f"left out: 1 hypothesis on {AS_GIVEN}" in capsys.readouterr().err


def test_scores_are_exported_one_per_row(capsys):
    judge("--claim", "beats")
    capsys.readouterr()
    main(["export"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 2 * 4 * len({row["repeat"] for row in rows})
    assert {(row["role"], row["recipe"], row["status"]) for row in rows} == {
        ("treatment", "A", AS_GIVEN),
        ("control", "B", AS_GIVEN),
    }


def test_scores_are_not_predicted_again(capsys, folder):
    judge("--claim", "beats")
    capsys.readouterr()
    (folder / "test_none.py").write_text("")
    assert main(["verify", "--predict", "test_none.py"]) == 2
    streams = capsys.readouterr()
    assert "\nverified    A beats B on accuracy, on scores: " in streams.out
    assert "Nothing was predicted." in streams.err
