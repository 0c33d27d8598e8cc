"""Which controls a run has, what their small runs cost, and what a verdict states if there were none."""

from __future__ import annotations

import functools
import itertools

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.evidence import Finding, Store
from negres_core.experiment.patience import patient
from negres_core.experiment.recheck import recompute
from negres_core.experiment.small_runs import PipelineChecks

DATA = Dataset(x=np.arange(1200.0).reshape(400, 3), y=np.arange(400) % 2, name="mine")
FAILED = Finding(control="planted", passed=False, found="a fault", threshold="none", remedy="Mend it.")


def base(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax", name="kept")])


@pytest.fixture(autouse=True)
def scores(engine):
    """Accuracy grows with the number of epochs, and differs a little from fold to fold and repeat to repeat."""
    engine.accuracy = lambda recipe, job: 0.6 + recipe.last.epochs * (0.1 + job.cell.fold / 100 + job.cell.repeat / 500)


def compare(experiment):
    good, poor = (Recipe(Stage(base, epochs=epochs)) for epochs in (3, 1))
    design = KFolds(folds=2, repeats=2, looks=False)
    return experiment.compare(good, against=poor, on=DATA, claim=beats("accuracy", by=0.01), design=design)


def test_a_small_run_that_fails_ends_the_run_before_its_arms_are_trained(new_experiment, engine, tmp_path):
    """The fake engine ends in the same weights whatever the seed, which the control A/A finds."""
    evidence = compare(new_experiment(controls="all"))
    assert (evidence.status, evidence.verdict, evidence.controlled) == ("finished", "invalid", "all")
    assert "A/A" in evidence.finding
    assert evidence.arms == []
    assert {len(data) for _, data, _ in engine.calls} <= {16, 150, 400}
    assert all(len(jobs) != 4 for _, _, jobs in engine.calls)
    assert evidence.timings.trained == len(engine.trained)
    # The arms differ only in their epochs, so that a small run of the second reuses the replicates of the first.
    small = [id for stages in evidence.small_runs.values() for stage in stages for id in stage]
    assert (evidence.timings.trained, evidence.timings.reused) == (len(set(small)), len(small) - len(set(small)))
    store = Store(tmp_path)
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert recompute(evidence, store) == evidence


def test_small_runs_that_pass_are_recorded_beside_the_arms(new_experiment, engine, monkeypatch):
    finding = Finding(control="passed", passed=True, found="", threshold="", remedy="")
    checks = PipelineChecks([finding], {"a small run": [["0" * 32]]}, trained=3, reused=4)
    monkeypatch.setattr("negres_core.experiment.experiment.check_pipeline", lambda *arguments: checks)
    evidence = compare(new_experiment(controls="all"))
    assert evidence.verdict == "supported"
    assert finding in evidence.controls
    assert evidence.small_runs == checks.replicates
    assert (evidence.timings.trained, evidence.timings.reused) == (3 + len(engine.trained), 4)


def test_no_small_run_is_trained_after_a_cheap_control_failed(new_experiment, engine, monkeypatch):
    monkeypatch.setattr("negres_core.experiment.experiment.run_controls", lambda run, when: [FAILED])
    evidence = compare(new_experiment(controls="all"))
    assert (evidence.verdict, evidence.finding, evidence.small_runs) == ("invalid", "planted", {})
    assert engine.calls == []


def test_small_runs_that_would_take_hours_on_the_slow_engine_are_given_up_and_the_evidence_says_so(
    new_experiment, engine, monkeypatch
):
    ticks = itertools.count(step=3600.0)
    monkeypatch.setattr("negres_core.engine.selection.needs_reference", lambda recipe, data: "Adam has a secret")
    slowly = functools.partial(patient, clock=ticks.__next__)
    monkeypatch.setattr("negres_core.experiment.experiment.patient", slowly)
    notes = []
    evidence = compare(new_experiment(controls="all", note=notes.append))
    assert (evidence.verdict, evidence.controlled, evidence.small_runs) == ("supported", "cheap", {})
    assert len(evidence.arms) == 2
    [note] = notes
    assert "because Adam has a secret: a small run, " in note


def test_small_runs_of_a_fast_engine_are_never_given_up(new_experiment, engine, monkeypatch):
    def fail(*arguments, **options):
        raise AssertionError

    monkeypatch.setattr("negres_core.experiment.experiment.patient", fail)
    assert compare(new_experiment(controls="all")).controlled == "all"


def test_without_controls_a_verdict_is_marked_as_uncontrolled(new_experiment, monkeypatch):
    monkeypatch.setattr("negres_core.experiment.experiment.run_controls", lambda run, when: [FAILED])
    evidence = compare(new_experiment(controls="none"))
    assert (evidence.verdict, evidence.controls, evidence.small_runs) == ("supported", [], {})
    assert evidence.controlled == "none"
    assert "supported (meaningfully better), uncontrolled" in str(evidence)


@pytest.mark.parametrize(("requested", "used"), [("all", "cheap"), ("cheap", "cheap"), ("none", "none")])
def test_a_smoke_run_trains_no_small_runs(new_experiment, requested, used):
    evidence = compare(new_experiment(smoke=True, controls=requested))
    assert (evidence.controlled, evidence.small_runs) == (used, {})
    assert bool(evidence.controls) == (used == "cheap")


def test_an_unknown_level_of_controls_is_refused(new_experiment):
    with pytest.raises(InputError, match=r"(?s)which controls run.*controls='some'.*all, cheap, none"):
        new_experiment(controls="some")
