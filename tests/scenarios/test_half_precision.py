"""A whole session with models in 16-bit floats: a verdict that the stored models confirm."""

from __future__ import annotations

import keras
import pytest

from negres_core.cli import main
from negres_core.evidence import Store
from tests.sessions import evidence_in

BODY = """
import keras, numpy as np, pytest
from negres_core import Dataset, Recipe, Stage, reaches

keras.config.set_dtype_policy("mixed_float16")
Y = np.arange(120) % 3
DATA = Dataset(x=np.random.default_rng(0).normal(size=(120, 6)) + 3 * np.eye(3, 6)[Y], y=Y, name="clouds")

def network(input_shape, outputs):
    hidden = [keras.layers.Dense(16, "relu"), keras.layers.BatchNormalization(momentum=0.9)]
    last = keras.layers.Dense(outputs, "softmax", dtype="float32")
    return keras.Sequential([keras.layers.Input(input_shape), *hidden, last])

RECIPE = Recipe(Stage(network, epochs=14, batch_size=10, optimizer=lambda: keras.optimizers.Adam(0.01)))

@pytest.mark.parametrize("expected", ["supported"])
def test_it_learns(experiment, expected):
    design = {"folds": 5, "repeats": 3, "looks": False}
    evidence = experiment.measure(RECIPE, on=DATA, claim=reaches("loss", bar=0.8), **design)
    assert evidence.verdict == expected, evidence
"""
PLAIN = ("-p", "no:hypothesispytest", "--negres-controls=cheap")


@pytest.fixture
def policy():
    """Put the global policy back, which the module of the session sets as users do."""
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


def test_a_session_in_mixed_float16_gives_a_verdict_that_its_models_confirm(
    pytester, imported, policy, monkeypatch, capsys
):
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NEGRES_DATA", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(test_half=BODY)
    pytester.runpytest_inprocess(*PLAIN).assert_outcomes(passed=1)

    evidence = evidence_in(pytester.path / ".negres")
    assert evidence.verdict == "supported"
    assert {"budget", "evaluation", "finite", "trained weights"} <= {each.control for each in evidence.controls}
    assert all(each.is_sound for each in evidence.controls)
    replicates = [Store(pytester.path / ".negres").find(id) for id in evidence.arms[0].own_replicates]
    assert {each.status for each in replicates} == {"finished"}

    def session(arguments, plugins):
        return pytester.inline_run(*PLAIN, *arguments, plugins=plugins, no_reraise_ctrlc=True).ret

    monkeypatch.setattr(pytest, "main", session)
    capsys.readouterr()
    assert main(["verify", ".negres", "--predict"]) == 0
    assert keras.config.dtype_policy().name == "mixed_float16"
    assert "predicted   15 of 15 replicates; 1 of 1 hypothesis in whole" in capsys.readouterr().out
