"""What is registered of a run, and how a run says that it was."""

import hashlib
import json

import keras
import numpy as np
import pytest

import negres_core.experiment.registration
from negres_core.claim import beats, reaches
from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.engine.contract import Result
from negres_core.engine.description import describe_recipe
from negres_core.engine.device import Device
from negres_core.errors import InputError
from negres_core.evidence import Ledger, Registration, Store
from negres_core.experiment.decision import ALPHA
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.registration import count_older, identity_of, register
from negres_core.provenance.commit import digest_analysis
from negres_core.recipe import Recipe, Stage
from negres_core.run import Arm

Y = np.arange(40) % 2
DATA = Dataset(x=np.column_stack([np.arange(40.0), Y, Y]), y=Y, name="mine")


def small(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


LONG, SHORT = Recipe(Stage(small, epochs=3)), Recipe(Stage(small, epochs=1))


def train(recipe, data, jobs, *, device):
    """Train nothing: arms are as accurate as their epochs are many."""
    for job in jobs:
        accuracy = 0.6 + recipe.last.epochs * (0.1 + 0.001 * job.cell.fold)
        given = {"predictions": {}, "weights": [], "inputs_digest": "", "cost": {"train_s": 0.0}, "model": b""}
        metrics = {"accuracy": accuracy, "loss": 1.0}
        epochs, steps = recipe.last.epochs, -(-len(job.cell.train) // recipe.last.batch_size)
        budget = {"epochs": epochs, "steps": epochs * steps, "trainable_weights": 8, "weights": 8}
        yield job, Result(metrics=metrics, finite=True, curve=[1.0] * epochs, budget=budget, **given)


@pytest.fixture(autouse=True)
def _engine(monkeypatch):
    monkeypatch.setattr("negres_core.engine.selection.train", train)
    # What it yields is no model that could be looked at again.
    monkeypatch.setattr("negres_core.engine.inspection.SavedModels", lambda *given: None)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def ledger(tmp_path, git):
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def new_experiment(store):
    def make(**fields):
        device = Device("cpu", "some processor", "tensorflow", workers=1)
        named = {"hypothesis": "a test", "title": "it holds", "expected": "supported"}
        return Experiment(**named | fields, store=store, device=device, controls="cheap")

    return make


@pytest.fixture
def run(new_experiment):
    """Run a hypothesis; anything about it can be given."""

    def run(treatment=LONG, control=SHORT, *, on=DATA, claim=None, folds=2, looks=True, smoke=False, **fields):
        claim = claim or beats("accuracy", by=0.01)
        experiment = new_experiment(smoke=smoke, **fields)
        return experiment.compare(treatment, against=control, on=on, claim=claim, folds=folds, repeats=2, looks=looks)

    return run


class PlannedError(Exception):
    """Ends a run where its arms would be trained."""


@pytest.fixture
def planned(run, store):
    """Plan a hypothesis as `run` would run it."""

    def planned(*arms, **given):
        seen = []

        def end(plan):
            seen.append(plan)
            raise PlannedError

        with pytest.raises(PlannedError):
            run(*arms, register_or_compare=end, **given)
        return seen[0]

    return planned


def test_a_plan_is_all_that_a_run_commits_itself_to(planned):
    plan = planned()

    assert (plan.hypothesis, plan.title, plan.expected, plan.stopping) == (
        "a test",
        "it holds",
        "supported",
        Design(folds=2, repeats=2).stopping,
    )
    said = {"kind": "beats", "metric": "accuracy", "threshold": 0.01, "unit": "accuracy"}
    assert plan.claim == said | {"higher_is_better": True, "alpha": ALPHA}
    assert plan.design == {"folds": 2, "repeats": 2, "seeds": 1, "looks": True}
    assert (plan.data, plan.analysis) == ({"name": "mine", "digest": DATA.digest}, digest_analysis())


def test_arms_are_named_as_their_replicates_are(planned, run, store):
    plan = planned()
    evidence = run()

    for arm in evidence.arms:
        assert {store.find(id).key.recipe for id in arm.replicates[-1]} == {plan.arms[arm.role]}
    described = json.dumps(describe_recipe(LONG, DATA), sort_keys=True)
    assert plan.arms["treatment"] == hashlib.sha256(described.encode()).hexdigest()


def test_one_arm_has_one_recipe(new_experiment, ledger):
    seen = []

    def look(plan):
        seen.append(plan)
        return ledger.compare(plan)

    new_experiment(register_or_compare=look).measure(LONG, on=DATA, claim=reaches("accuracy", bar=0.5), folds=2, repeats=2)
    assert list(seen[0].arms) == ["treatment"]


def test_nothing_is_recorded_of_what_is_planned_alone(planned, store):
    planned()

    assert store.all_evidence() == []
    assert list(store.folder.glob("replicates/*")) == []


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({}, []),
        ({"claim": beats("accuracy", by=0.02)}, ["margin"]),
        ({"claim": beats("loss", by=0.01)}, ["claim"]),
        ({"folds": 3}, ["design"]),
        ({"on": Dataset(x=DATA.x + 1, y=Y, name="mine")}, ["data"]),
        ({"expected": "refuted"}, ["expected verdict"]),
        ({"treatment": Recipe(Stage(small, epochs=4))}, ["treatment"]),
        ({"control": Recipe(Stage(small, batch_size=2))}, ["control"]),
    ],
    ids=["nothing", "margin", "metric", "folds", "data", "expectation", "treatment", "control"],
)
def test_what_was_changed_since_is_in_the_evidence(planned, run, ledger, store, given, changed):
    register(planned(), ledger=ledger, store=store, reason=None)

    registration = run(**given, register_or_compare=ledger.compare).registration
    assert (registration.status, registration.changed) == ("changed" if changed else "registered", changed)
    assert registration.entry == ledger.hypotheses()["a test"].digest


def test_another_stopping_rule_and_another_analysis_are_changes(planned, run, ledger, store, monkeypatch):
    register(planned(), ledger=ledger, store=store, reason=None)
    monkeypatch.setattr(Design, "stopping", "whenever it is nice")
    monkeypatch.setattr(negres_core.experiment.registration, "digest_analysis", lambda: "e" * 64)

    assert run(register_or_compare=ledger.compare).registration.changed == ["stopping rule", "analysis code"]


def test_evidence_has_what_the_ledger_said_and_a_smoke_run_asks_nothing(planned, run, ledger, store):
    evidence = run(register_or_compare=ledger.compare)
    assert evidence.registration == Registration(status="exploratory")
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert "\n  registered  exploratory: " in str(evidence)

    assert run(register_or_compare=ledger.compare, smoke=True).registration is None


@pytest.mark.parametrize("expected", [None, "inconclusive", "true"])
def test_a_registration_says_what_it_expects(planned, ledger, store, expected):
    with pytest.raises(InputError, match=r"(?s)which verdict is expected.*in a test.*parametrize"):
        register(planned(expected=expected), ledger=ledger, store=store, reason=None)
    assert not ledger.path.exists()


def test_the_verdict_that_was_known_is_in_the_entry(planned, run, ledger, store):
    run(hypothesis="another")
    assert register(planned(), ledger=ledger, store=store, reason=None) == "registered"
    assert ledger.hypotheses()["a test"].seen == []
    run()
    run(SHORT, LONG)
    left = run(hypothesis="cut off")
    store.write_evidence(left.updated(status="started", verdict=None, finding=None))
    assert register(planned(folds=3), ledger=ledger, store=store, reason="more") == "amended"
    assert ledger.hypotheses()["a test"].seen == ["refuted", "supported"]
    register(planned(hypothesis="cut off"), ledger=ledger, store=store, reason=None)
    assert ledger.hypotheses()["cut off"].seen == ["cut off", "supported"]


def test_a_turned_expectation_is_an_amendment(planned, ledger, store):
    register(planned(), ledger=ledger, store=store, reason=None)

    with pytest.raises(InputError, match="another expected verdict"):
        register(planned(expected="refuted"), ledger=ledger, store=store, reason=None)


@pytest.mark.parametrize(
    ("test", "expected", "identity"),
    [
        ("a.py::test_it", None, "a.py::test_it"),
        ("a.py::test_it", "supported", "a.py::test_it"),
        ("a.py::test_it[supported]", "supported", "a.py::test_it"),
        ("a.py::test_it[digits-supported]", "supported", "a.py::test_it[digits]"),
        ("a.py::test_it[supported-digits-0.01]", "supported", "a.py::test_it[digits-0.01]"),
        ("a.py::test_it[unsupported]", "supported", "a.py::test_it[unsupported]"),
        ("a.py::test_it[mine]", "supported", "a.py::test_it[mine]"),
        ("a.py::test_it[digits-supported]", None, "a.py::test_it[digits-supported]"),
    ],
)
def test_a_hypothesis_is_its_test_without_the_expectation(test, expected, identity):
    assert identity_of(test, expected=expected) == identity


REGISTERED = {"status": "registered", "entry": "e" * 64, "registered_at": "2026-01-01T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("treatment", "control", "older"),
    [
        (("11:59:59", "11:59:59", "12:00:01"), ("11:00:00", "13:00:00", "11:00:00"), 1),
        (("11:59:59", "11:59:59", "12:00:00"), None, 2),
        (("12:00:00", "12:00:00", "12:00:00"), ("11:00:00", "11:00:00", "11:00:00"), 0),
    ],
)
def test_a_pair_is_older_where_both_replicates_are(new_replicate, treatment, control, older):
    arms = [
        Arm("treatment", LONG, [[new_replicate(recorded_at=f"2026-01-01T{at}+00:00") for at in times]])
        for times in (treatment, control)
        if times
    ]

    assert count_older(Registration(**REGISTERED), arms).older == older
    exploratory = Registration(status="exploratory")
    assert (count_older(exploratory, arms), count_older(None, arms)) == (exploratory, None)


def test_replicates_from_before_the_registration_are_counted_in_the_evidence(planned, run, ledger, store):
    run(looks=False)
    register(planned(looks=False), ledger=ledger, store=Store(store.folder / "elsewhere"), reason=None)
    written = ledger.entries()[0].updated(registered_at="2999-01-01T00:00:00+00:00")
    ledger.path.write_bytes(written.line + b"\n")

    evidence = run(register_or_compare=ledger.compare, looks=False)
    assert (evidence.registration.status, evidence.registration.older) == ("registered", 4)
