"""Sessions of pytest inside a test: hypotheses in an empty folder, with a fake engine."""

from __future__ import annotations

import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import choose_device
from negres_core.evidence import Store
from negres_core.experiment.experiment import Experiment
from tests.fakes import FakeSessionEngine, use_engine

HEAD = """
import keras, numpy as np, pytest
from negres_core import Dataset, Recipe, Stage, beats, reaches

DATA = Dataset(x=np.zeros((400, 3)), y=np.arange(400) % 2, name="a|b")

def small(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, activation="softmax")])

LONG, SHORT = (Recipe(Stage(small, epochs=epochs)) for epochs in (3, 1))
FOLDS = {"claim": beats("accuracy"), "folds": 4, "repeats": 1}

"""
HYPOTHESIS = """
@pytest.mark.parametrize(("data", "expected"), [(DATA, "{expected}")], ids=["mine"])
def test_longer_is_better(experiment, data, expected):
    evidence = experiment.compare(LONG, against=SHORT, on=data, **FOLDS)
    assert evidence.verdict == expected, evidence
"""


def all_evidence_in(folder):
    """Return the evidence in an evidence folder, sorted by path."""
    store = Store(folder)
    return [store.read_evidence(path) for path in store.evidence_paths()]


def evidence_in(folder):
    """Return the evidence of the only hypothesis in an evidence folder."""
    [evidence] = all_evidence_in(folder)
    return evidence


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """Import what a hypothesis needs: pytester unloads what its sessions import, and TensorFlow loads only once."""
    import keras
    import numpy as np

    import negres_core.engine.inspection
    import negres_core.report.page.write
    import negres_core.report.summary  # noqa: F401
    from negres_core.statistics.multiplicity import holm

    holm({"imports": None})
    arm = Recipe(Stage(lambda: keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])))
    data = Dataset(x=np.zeros((8, 3)), y=np.arange(8) % 2, name="imports")
    place = {"store": Store(tmp_path_factory.mktemp("imports")), "device": choose_device("auto"), "controls": "cheap"}
    experiment = Experiment(hypothesis="imports", title="imports", **place)
    with pytest.MonkeyPatch.context() as patch:
        use_engine(patch, FakeSessionEngine())
        experiment.measure(arm, on=data, claim=reaches("accuracy", bar=0.5), design=KFolds(folds=2, repeats=1))


@pytest.fixture
def quick_engine(imported, monkeypatch):
    """A fake engine for sessions in this process, which are shielded from the environment of the outer one."""
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NEGRES_DATA", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    engine = FakeSessionEngine()
    use_engine(monkeypatch, engine)
    return engine


@pytest.fixture
def session(pytester, quick_engine):
    """Run a session in this process, in an empty folder with one test file.

    Only cheap controls run: with a fake engine, the small runs of the others would fail.
    """

    def run(body, *options, head=lambda head: head, **settings):
        pytester.makepyfile(test_mine=head(HEAD) + body)
        return pytester.runpytest_inprocess(
            "-p", "no:hypothesispytest", "--negres-controls=cheap", *options, **settings
        )

    return run
