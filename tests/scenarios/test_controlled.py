"""Which controls a run has, what their trials cost it, and what a verdict says where there were none."""

import keras
import numpy as np
import pytest

from negres_core.claim import beats
from negres_core.dataset import Dataset
from negres_core.errors import InputError
from negres_core.evidence import Finding, Store
from negres_core.experiment.decision import recompute
from negres_core.experiment.small_runs import PipelineChecks
from negres_core.recipe import Recipe, Stage

DATA = Dataset(x=np.arange(120.0).reshape(40, 3), y=np.arange(40) % 2, name="mine")
FAILED = Finding(control="planted", passed=False, found="a fault", threshold="none", remedy="Mend it.")


def base(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax", name="kept")])


@pytest.fixture(autouse=True)
def scores(engine):
    """Arms are as accurate as their epochs are many; folds differ a little."""
    engine.accuracy = lambda recipe, job: 0.6 + recipe.last.epochs * (0.1 + job.cell.fold / 100)


def compare(experiment):
    good, poor = (Recipe(Stage(base, epochs=epochs)) for epochs in (3, 1))
    design = {"folds": 2, "repeats": 2, "looks": False}
    return experiment.compare(good, against=poor, on=DATA, claim=beats("accuracy", by=0.01), **design)


def test_a_trial_that_fails_stops_what_it_would_void(new_experiment, engine, tmp_path):
    """The engine that pretends ends in the same weights whatever the seed."""
    evidence = compare(new_experiment(controls="all"))
    assert (evidence.status, evidence.verdict, evidence.controlled) == ("finished", "invalid", "all")
    assert "A/A" in evidence.finding
    assert evidence.arms == []
    assert {len(data) for _, data, _ in engine.calls} <= {16, 40}
    assert all(len(jobs) != 4 for _, _, jobs in engine.calls)
    assert evidence.timings.trained == len(engine.trained)
    assert evidence.timings.trained == sum(len(stage) for stages in evidence.trials.values() for stage in stages)
    store = Store(tmp_path)
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert recompute(evidence, store) == evidence


def test_trials_that_pass_are_recorded_beside_the_arms(new_experiment, engine, monkeypatch):
    finding = Finding(control="tried", passed=True, found="", threshold="", remedy="")
    tried = PipelineChecks([finding], {"a trial": [["0" * 32]]}, trained=3, reused=4)
    monkeypatch.setattr("negres_core.experiment.experiment.check_pipeline", lambda *given: tried)
    evidence = compare(new_experiment(controls="all"))
    assert evidence.verdict == "supported"
    assert finding in evidence.controls
    assert evidence.trials == tried.replicates
    assert (evidence.timings.trained, evidence.timings.reused) == (3 + len(engine.trained), 4)


def test_nothing_is_tried_once_a_cheap_control_failed(new_experiment, engine, monkeypatch):
    monkeypatch.setattr("negres_core.experiment.experiment.run_controls", lambda run, when: [FAILED])
    evidence = compare(new_experiment(controls="all"))
    assert (evidence.verdict, evidence.finding, evidence.trials) == ("invalid", "planted", {})
    assert engine.calls == []


def test_without_controls_a_verdict_says_so(new_experiment, monkeypatch):
    monkeypatch.setattr("negres_core.experiment.experiment.run_controls", lambda run, when: [FAILED])
    evidence = compare(new_experiment(controls="none"))
    assert (evidence.verdict, evidence.controls, evidence.trials) == ("supported", [], {})
    assert evidence.controlled == "none"
    assert "supported (meaningfully better), uncontrolled" in str(evidence)


@pytest.mark.parametrize(("asked", "had"), [("all", "cheap"), ("cheap", "cheap"), ("none", "none")])
def test_a_smoke_run_tries_nothing(new_experiment, asked, had):
    evidence = compare(new_experiment(smoke=True, controls=asked))
    assert (evidence.controlled, evidence.trials) == (had, {})
    assert bool(evidence.controls) == (had == "cheap")


def test_a_level_of_controls_that_is_none_is_refused(new_experiment):
    with pytest.raises(InputError, match=r"(?s)which of them run.*controls='some'.*all, cheap, none"):
        new_experiment(controls="some")
