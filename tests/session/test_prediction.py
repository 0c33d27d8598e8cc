"""`negres verify --predict` from the command line, after a session that trained real networks."""

from __future__ import annotations

import json
import re

import pytest

from negres_core.cli import main
from negres_core.evidence import Key
from negres_core.evidence.record import digest_of

BODY = """
import keras, numpy as np, pytest
from negres_core import Dataset, Recipe, Stage, reaches

Y = np.arange(40) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(40, 3)) + Y[:, None], y=Y, name="mine")

def small(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, activation="softmax")])

@pytest.mark.parametrize("expected", ["supported"])
@pytest.mark.parametrize("epochs", [1, 2])
def test_it_learns(experiment, epochs, expected):
    recipe = Recipe(Stage(small, epochs=epochs))
    experiment.measure(recipe, on=DATA, claim=reaches("loss", bar=1e3), folds=2, repeats=2)

def test_another(tmp_path):
    raise AssertionError("not a hypothesis")
"""
SETTINGS = ("-p", "no:hypothesispytest", "--negres-controls=none")


@pytest.fixture
def recorded(pytester, imported, monkeypatch):
    """A folder in which two hypotheses were run; pytest runs in this process."""
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NEGRES_DATA", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(test_mine=BODY)
    pytester.runpytest_inprocess(*SETTINGS, "-k", "learns").assert_outcomes(passed=2)

    def session(arguments, plugins):
        return pytester.inline_run(*SETTINGS, *arguments, plugins=plugins, no_reraise_ctrlc=True).ret

    monkeypatch.setattr(pytest, "main", session)
    return pytester.path


@pytest.fixture
def verify(recorded, capsys):
    """Run `negres verify --predict`; return its exit status, the lines of its results, and its errors."""

    def run(*arguments, predict=("--predict",)):
        capsys.readouterr()
        status = main(["verify", ".negres", *arguments, *predict])
        streams = capsys.readouterr()
        first = re.search(r"^(verified|unpredicted|FAILED|no verdict) ", streams.out, re.MULTILINE)
        return status, streams.out[first.start() :].splitlines() if first else [], streams.err

    return run


def files_in(folder):
    return {path: path.read_bytes() for path in (folder / ".negres").rglob("*") if path.is_file()}


def test_honest_runs_are_verified_by_their_predictions_and_nothing_is_written(recorded, verify):
    before = files_in(recorded)

    status, lines, _ = verify()

    assert status == 0
    assert [line.partition(":")[0] for line in lines[:2]] == [
        "verified    it learns (epochs 1), on mine",
        "verified    it learns (epochs 2), on mine",
    ]
    assert re.fullmatch(r"predicted   (\d+) of \1 replicates; 2 of 2 hypotheses in whole", lines[2])
    assert files_in(recorded) == before


def forge(folder):
    """Raise every accuracy of one hypothesis, with right digests, and let its results follow."""
    from negres_core.evidence import Store
    from negres_core.experiment.recheck import recompute

    store = Store(folder / ".negres")
    evidence = next(each for each in store.all_evidence() if "[1]" in each.hypothesis)
    for id in evidence.arms[0].own_replicates:
        path = folder / ".negres" / "replicates" / id[:2] / f"{id}.json"
        content = json.loads(path.read_text())
        content.pop("digest")
        assert Key(**content["key"]).id == id
        content["metrics"]["accuracy"] += 0.3
        path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    store.write_evidence(recompute(evidence, store))


def test_invented_metrics_are_found_by_prediction_and_not_without(recorded, verify):
    forge(recorded)
    assert verify(predict=())[0] == 0

    status, lines, _ = verify()

    assert status == 1
    assert lines[0].startswith("FAILED      it learns (epochs 1), on mine: ")
    assert lines[1].startswith("            - treatment arm, repeat 0, fold 0, seed 0: accuracy is ")
    assert any(line.startswith("verified    it learns (epochs 2), on mine: ") for line in lines)


def test_only_the_selected_hypotheses_are_predicted(recorded, verify):
    forge(recorded)

    status, lines, _ = verify("-k", "[2]")

    assert status == 0
    assert len(lines) == 2
    assert lines[1].endswith("; 1 of 1 hypothesis in whole")


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("normal(size=(40, 3))", "normal(size=(40, 3)) + 1", "the data set at hand, mine, is not the recorded one"),
        ('"softmax"', '"sigmoid"', "the recipe at hand of the treatment arm is not the recorded one"),
        ("test_it_learns", "test_it_differs", "its test was not found here"),
        ("DATA = ", "raise OSError('no disk')\nDATA = ", "its test was not found here"),
        (
            "    recipe = ",
            "    pytest.skip('no data')\n    recipe = ",
            "its test failed before its claim was judged: Skipped: no",
        ),
        ("on=DATA", "on=1 / 0", "its test failed before its claim was judged: ZeroDivisionError: division by zero"),
        ("experiment.measure", "pytest", "its test failed before its claim was judged: TypeError"),
    ],
)
def test_what_is_not_at_hand_is_not_called_verified(recorded, verify, before, after, why):
    path = recorded / "test_mine.py"
    path.write_text(path.read_text().replace(before, after))

    status, lines, errors = verify()

    assert status == 2
    assert "negres: Nothing was predicted." in errors
    assert [line.split()[0] for line in lines[::2]] == ["unpredicted", "unpredicted", "predicted"]
    assert lines[1].startswith(f"            - {why}")
    assert lines[-1].startswith("predicted   0 of ")


def test_a_file_that_the_evidence_names_is_not_imported(recorded, verify):
    """Whoever can write the folder must not choose code that runs."""
    elsewhere = recorded / "elsewhere"
    elsewhere.mkdir()
    (recorded / "test_mine.py").rename(elsewhere / "test_mine.py")
    (recorded / "test_other.py").write_text("def test_nothing():\n    pass\n")

    status, lines, _ = verify(predict=("--predict", "test_other.py"))

    assert status == 2
    assert lines[1].endswith("its test was not found here")


def test_a_test_whose_file_was_moved_is_predicted_if_it_is_registered(recorded, verify, pytester, git):
    pytester.inline_run(*SETTINGS, "--negres-register")
    pytester.inline_run(*SETTINGS, "-k", "learns")
    (recorded / "test_mine.py").rename(recorded / "test_moved.py")

    status, lines, _ = verify()

    assert status == 0
    assert lines[-1].endswith("; 2 of 2 hypotheses in whole")


def test_both_phases_of_a_test_that_seals_rows_are_predicted(recorded, verify, pytester, git):
    sealing = BODY.replace("40", "400").replace('"loss", bar=1e3', '"accuracy", bar=0.01')
    sealing = sealing.replace("repeats=2)", "repeats=2, confirm=0.3)")
    (recorded / "test_mine.py").write_text(sealing)
    pytester.inline_run(*SETTINGS, "-k", "learns and 1")
    pytester.inline_run(*SETTINGS, "-k", "learns and 1", "--negres-confirm", "--negres-register")
    pytester.inline_run(*SETTINGS, "-k", "learns and 1", "--negres-confirm").assertoutcome(passed=1)

    _, lines, _ = verify()
    assert "verified    it learns (epochs 1), on mine (open rows)" in [line.partition(":")[0] for line in lines]
    assert "            - its test was not found here, or not with --negres-confirm" in lines
    _, lines, _ = verify("--negres-confirm")
    assert "verified    it learns (epochs 1) (confirmation), on mine" in [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize("option", ["--negres-register", "--negres-smoke"])
def test_options_with_which_nothing_is_predicted_are_refused(recorded, verify, option, capsys):
    assert verify(option)[0] == 2
    assert files_in(recorded)


def test_other_arguments_need_predictions(recorded, capsys):
    with pytest.raises(SystemExit):
        main(["verify", ".negres", "--negres-device=cpu"])
    assert "unrecognized arguments: --negres-device=cpu" in capsys.readouterr().err
