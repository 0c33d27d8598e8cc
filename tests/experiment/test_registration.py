"""The commitment of a run, and what its evidence states about the registration."""

import keras
import numpy as np
import pytest

import negres_core.experiment.registration
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.description import describe_recipe
from negres_core.engine.device import Device
from negres_core.errors import InputError
from negres_core.evidence import DataIdentity, Ledger, Registration, StoppingRule, Store
from negres_core.experiment.decision import ALPHA
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.registration import (
    count_older,
    identity_of,
    on_record,
    outcome_of,
    register,
    registered_as,
)
from negres_core.provenance.analysis import digest_analysis
from negres_core.run.arm import Arm
from tests.fakes import CLAIM

Y = np.arange(400) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(400, 3)), y=Y, name="mine")


def small(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


LONG, SHORT = Recipe(Stage(small, epochs=3)), Recipe(Stage(small, epochs=1))


@pytest.fixture(autouse=True)
def scores(engine):
    """An arm with more epochs is more accurate; folds and repeats differ slightly."""
    engine.accuracy = lambda recipe, job: (
        0.6 + recipe.last.epochs * (0.1 + 0.001 * job.cell.fold + 0.0001 * job.cell.repeat)
    )


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
        defaults = {"hypothesis": "a test", "title": "it holds", "expected": "supported"}
        return Experiment(**defaults | fields, store=store, device=device, controls="cheap")

    return make


@pytest.fixture
def run(new_experiment):
    """Return a function that runs a hypothesis; it accepts any part of it."""

    def run(treatment=LONG, control=SHORT, *, on=DATA, claim=None, folds=2, looks=True, smoke=False, **fields):
        claim = claim or beats("accuracy", by=0.01)
        experiment = new_experiment(smoke=smoke, **fields)
        design = KFolds(folds=folds, repeats=2, looks=looks)
        return experiment.compare(treatment, against=control, on=on, claim=claim, design=design)

    return run


class CommittedError(Exception):
    """Ends a run before its arms are trained."""


@pytest.fixture
def commit(run, store):
    """Return a function that returns the commitment of a hypothesis that `run` would run."""

    def commit(*arms, **fields):
        commitments = []

        def end(commitment):
            commitments.append(commitment)
            raise CommittedError

        with pytest.raises(CommittedError):
            run(*arms, register_or_compare=end, **fields)
        return commitments[0]

    return commit


def test_a_commitment_contains_everything_that_a_run_commits_itself_to(commit):
    commitment = commit()

    assert (commitment.hypothesis, commitment.title, commitment.expected) == ("a test", "it holds", "supported")
    assert commitment.stopping == StoppingRule.of(KFolds(folds=2, repeats=2))
    assert commitment.claim.model_dump() == CLAIM | {"alpha": ALPHA}
    assert commitment.design.as_design() == KFolds(folds=2, repeats=2)
    assert commitment.data == DataIdentity(name="mine", digest=DATA.digest)
    assert commitment.analysis == digest_analysis()


def test_arms_have_the_recipe_digest_of_their_replicates(commit, run, store):
    commitment = commit()
    evidence = run()

    for arm in evidence.arms:
        assert {store.find(id).key.recipe for id in arm.replicates[-1]} == {commitment.arms[arm.role]}
    assert commitment.arms["treatment"] == describe_recipe(LONG, DATA).digest


def test_a_claim_about_one_arm_commits_to_one_recipe(new_experiment, ledger):
    commitments = []

    def compare(commitment):
        commitments.append(commitment)
        return ledger.compare(commitment)

    experiment = new_experiment(register_or_compare=compare)
    experiment.measure(LONG, on=DATA, claim=reaches("accuracy", bar=0.5), design=KFolds(folds=2, repeats=2))
    assert list(commitments[0].arms) == ["treatment"]


def test_a_run_that_ends_after_its_commitment_records_nothing(commit, store):
    commit()

    assert store.all_evidence() == []
    assert list(store.folder.glob("replicates/*")) == []


@pytest.mark.parametrize(
    ("fields", "changed"),
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
def test_evidence_names_what_has_changed_since_the_registration(commit, run, ledger, store, fields, changed):
    register(commit(), ledger=ledger, store=store, reason=None)

    registration = run(**fields, register_or_compare=ledger.compare).registration
    assert (registration.status, registration.changed) == ("changed" if changed else "registered", changed)
    assert registration.entry == ledger.hypotheses()["a test"].digest


def test_another_stopping_rule_and_another_analysis_are_changes(commit, run, ledger, store, monkeypatch):
    register(commit(), ledger=ledger, store=store, reason=None)
    once = StoppingRule.of(KFolds(looks=False))
    monkeypatch.setattr(StoppingRule, "of", lambda design: once)
    monkeypatch.setattr(negres_core.experiment.registration, "digest_analysis", lambda: "e" * 64)

    assert run(register_or_compare=ledger.compare).registration.changed == ["stopping rule", "analysis code"]


def test_evidence_contains_the_state_of_the_ledger_and_a_smoke_run_does_not_need_it(commit, run, ledger, store):
    evidence = run(register_or_compare=ledger.compare)
    assert evidence.registration == Registration(status="exploratory")
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert "\n  registered  exploratory: " in str(evidence)

    assert run(register_or_compare=ledger.compare, smoke=True).registration is None


def test_a_registration_needs_an_expected_verdict(commit, ledger, store):
    with pytest.raises(InputError, match=r"(?s)needs the expected verdict.*in a test.*parametrize"):
        register(commit(expected=None), ledger=ledger, store=store, reason=None)
    assert not ledger.path.exists()


def test_an_entry_contains_the_verdicts_that_were_known(commit, run, ledger, store):
    run(hypothesis="another")
    assert register(commit(), ledger=ledger, store=store, reason=None) == "registered"
    assert ledger.hypotheses()["a test"].seen == []
    run()
    run(SHORT, LONG)
    interrupted = run(hypothesis="interrupted")
    store.write_evidence(interrupted.updated(status="started", verdict=None, finding=None))
    assert register(commit(folds=3), ledger=ledger, store=store, reason="more folds") == "amended"
    assert ledger.hypotheses()["a test"].seen == ["refuted", "supported"]
    register(commit(hypothesis="interrupted"), ledger=ledger, store=store, reason=None)
    assert ledger.hypotheses()["interrupted"].seen == ["interrupted", "supported"]


def test_an_experiment_without_pytest_is_registered_before_it_is_run(new_experiment, ledger, store):
    commitments = []
    register_and_compare = on_record(ledger, store)
    experiment = new_experiment(
        expected="supported",
        register_or_compare=lambda commitment: commitments.append(commitment) or register_and_compare(commitment),
    )
    evidence = experiment.measure(LONG, on=DATA, claim=reaches("accuracy", bar=0.5), design=KFolds(2, repeats=2))
    assert (evidence.registration.status, evidence.expectation) == ("registered", "supported")
    assert [entry.hypothesis for entry in ledger.entries()] == [evidence.hypothesis]
    changed = commitments[0].updated(expected="refuted")
    with pytest.raises(InputError, match="needs a reason"):
        register_and_compare(changed)
    assert on_record(ledger, store, reason="a typo")(changed).status == "amended"


def test_a_reversed_expectation_is_an_amendment(commit, ledger, store):
    register(commit(), ledger=ledger, store=store, reason=None)

    with pytest.raises(InputError, match="a different expected verdict"):
        register(commit(expected="refuted"), ledger=ledger, store=store, reason=None)


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
def test_a_hypothesis_is_identified_by_its_test_without_the_expectation(test, expected, identity):
    assert identity_of(test, expected=expected) == identity


@pytest.mark.parametrize("expected", ["supported", "refuted"])
def test_a_reversed_expectation_is_the_same_hypothesis_even_if_a_parameter_contains_the_word(expected):
    """The id of a data set may contain a verdict; the expectation is the last part of the test's id, or the first."""
    name = "not-supported-yet"

    assert identity_of(f"a.py::test_it[{name}-{expected}]", expected=expected, last=True) == f"a.py::test_it[{name}]"
    assert identity_of(f"a.py::test_it[{expected}-{name}]", expected=expected, last=False) == f"a.py::test_it[{name}]"


MOVED = {"hypothesis": "new/test_a.py::test_it[digits]"}


@pytest.mark.parametrize(
    ("fields", "files", "known_as"),
    [
        (MOVED, (), "old/test_a.py::test_it[digits]"),
        (MOVED | {"analysis": "e" * 64, "expected": "refuted"}, (), "old/test_a.py::test_it[digits]"),
        (MOVED, ("old/test_a.py",), MOVED["hypothesis"]),
        (MOVED | {"arms": {"treatment": "e" * 64, "control": "f" * 64}}, (), MOVED["hypothesis"]),
        ({"hypothesis": "new/test_a.py::test_it[wine]"}, (), "new/test_a.py::test_it[wine]"),
        ({"hypothesis": "old/test_a.py::test_it[digits]", "expected": "refuted"}, (), "old/test_a.py::test_it[digits]"),
    ],
    ids=["moved", "moved, and upgraded", "copied", "changed", "another test", "itself"],
)
def test_a_test_whose_file_was_moved_is_recognized_by_its_digests(new_commitment, ledger, fields, files, known_as):
    ledger.register(new_commitment(hypothesis="old/test_a.py::test_it[digits]"))
    assert registered_as(new_commitment(**fields), ledger=ledger, exists=files.__contains__) == known_as


@pytest.mark.parametrize("expected", ["inconclusive", "invalid", "Supported", 0.9, True])
def test_an_experiment_expects_a_decision_or_nothing(new_experiment, expected):
    with pytest.raises(InputError, match='has to be "supported" or "refuted"'):
        new_experiment(expected=expected)
    assert new_experiment(expected=None).expected is None


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"expected": "refuted"}, "as expected"),
        ({"expected": "supported"}, "surprise"),
        ({"expected": "refuted", "verdict": "inconclusive"}, "surprise"),
        ({"expected": None}, None),
        ({"expected": "refuted", "verdict": None}, None),
        ({"expected": "refuted", "smoke": True}, None),
        ({"expected": "refuted", "kind": "mixture"}, None),
        ({"expected": "refuted", "registration": {"status": "changed", "expected": "supported"}}, "surprise"),
        ({"expected": None, "registration": {"status": "changed", "expected": "refuted"}}, "as expected"),
    ],
)
def test_the_outcome_is_the_verdict_against_the_registered_or_else_the_expected_one(new_evidence, fields, outcome):
    assert outcome_of(new_evidence(**fields)) == outcome


REGISTERED = {"status": "registered", "entry": "e" * 64, "registered_at": "2026-01-01T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("treatment", "control", "older"),
    [
        (("11:59:59", "11:59:59", "12:00:01"), ("11:00:00", "13:00:00", "11:00:00"), 1),
        (("11:59:59", "11:59:59", "12:00:00"), None, 2),
        (("12:00:00", "12:00:00", "12:00:00"), ("11:00:00", "11:00:00", "11:00:00"), 0),
    ],
)
def test_a_difference_is_older_if_all_its_replicates_are(new_replicate, treatment, control, older):
    arms = [
        Arm("treatment", LONG, [[new_replicate(recorded_at=f"2026-01-01T{at}+00:00") for at in times]])
        for times in (treatment, control)
        if times
    ]

    assert count_older(Registration(**REGISTERED), arms).older == older
    exploratory = Registration(status="exploratory")
    assert (count_older(exploratory, arms), count_older(None, arms)) == (exploratory, None)


def test_replicates_from_before_the_registration_are_counted_in_the_evidence(commit, run, ledger, store):
    run(looks=False)
    register(commit(looks=False), ledger=ledger, store=Store(store.folder / "elsewhere"), reason=None)
    entry = ledger.entries()[0].updated(registered_at="2999-01-01T00:00:00+00:00")
    ledger.path.write_bytes(entry.line + b"\n")

    evidence = run(register_or_compare=ledger.compare, looks=False)
    assert (evidence.registration.status, evidence.registration.older) == ("registered", 4)
