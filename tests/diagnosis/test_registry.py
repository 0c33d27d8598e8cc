"""The order of several causes, and faults that are really trained and then named in the evidence."""

from __future__ import annotations

import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

import negres_core.diagnosis
from negres_core import Dataset, Fit, Recipe, Stage, reaches
from negres_core.design import KFolds
from negres_core.diagnosis import double_sigmoid, learning_rate, rounded, standardized, targets_to_255, unscaled_tanh
from negres_core.diagnosis.registry import diagnose, find_signatures, name_causes
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.recheck import recompute

RNG = np.random.default_rng(3)
FACES = 1 / (1 + np.exp(-3 * RNG.normal(size=(60, 2)) @ RNG.normal(size=(2, 64))))
FACES = FACES.reshape(60, 8, 8, 1).astype(np.float32)
DATA = Dataset(x=FACES, y=FACES, name="faces")
DESIGN = KFolds(folds=2, repeats=1)
ALIKE = {"spread": 1e-6}


def names(symptoms):
    return [signature.NAME for signature, _ in name_causes(symptoms)]


def test_a_healthy_autoencoder_has_no_cause(new_symptoms):
    assert names(new_symptoms()) == []


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"targets": {"high": 255.0, "mean": 117.0}, "reach": (0.0, 1.0), "lost_variance": 13.0}, targets_to_255),
        ({"targets": {"low": -2.5, "high": 3.0}, "reach": (0.0, 1.0), "lost_variance": 0.9}, standardized),
        ({"reach": (0.5, 0.731)}, double_sigmoid),
        ({"reach": (-1.0, 1.0)}, unscaled_tanh),
    ],
    ids=["bytes", "standardized", "sigmoid twice", "tanh"],
)
def test_a_cause_comes_before_the_dead_units_that_it_explains(new_symptoms, fields, cause):
    assert names(new_symptoms(outputs=ALIKE, dead_share=1.0, **fields)) == [cause.NAME, learning_rate.NAME]


def test_causes_that_do_not_explain_each_other_are_both_named(new_symptoms):
    coarse = {"distinct": 2, "whole_share": 1.0}

    assert set(names(new_symptoms(scored=coarse, reach=(-1.0, 1.0)))) == {unscaled_tanh.NAME, rounded.NAME}


def test_every_explained_cause_exists():
    signatures = find_signatures()

    explained = {name for signature in signatures for name in signature.EXPLAINS}
    assert explained
    assert explained <= {signature.NAME for signature in signatures}
    assert not any(signature.NAME in signature.EXPLAINS for signature in signatures)


def test_every_module_that_recognizes_a_fault_is_found():
    assert [signature.__name__.rpartition(".")[2] for signature in find_signatures()] == [
        "double_sigmoid",
        "lagging_statistics",
        "learning_rate",
        "rounded",
        "standardized",
        "targets_to_255",
        "unscaled_tanh",
    ]


@pytest.mark.parametrize(
    ("text", "missing"),
    [("NAME, REMEDY = 'a fault', 'Fix it.'\n", "EXPLAINS"), ("EXPLAINS = ()\n", "NAME, REMEDY")],
)
def test_refuses_a_signature_that_lacks_a_name(tmp_path, monkeypatch, text, missing):
    tmp_path.joinpath("incomplete.py").write_text(f"{text}def recognize(symptoms):\n    return None\n")
    monkeypatch.setattr(negres_core.diagnosis, "__path__", [*negres_core.diagnosis.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "negres_core.diagnosis.incomplete", raising=False)

    with pytest.raises(InputError) as refused:
        find_signatures()

    assert refused.value.wrong == "The signature negres_core.diagnosis.incomplete is incomplete."
    assert refused.value.received == f"a module without {missing}"
    assert "Define NAME and REMEDY as strings" in refused.value.remedy


def test_other_tasks_are_left_alone(new_run):
    assert diagnose(new_run(), note=pytest.fail) == []


def test_a_run_without_models_is_left_alone(new_run):
    assert diagnose(new_run(x=FACES[:40], y=FACES[:40], metric="mse"), note=pytest.fail) == []


def test_an_arm_that_cannot_be_inspected_loses_only_its_diagnosis(new_run):
    notes = []
    run = replace(new_run(x=FACES[:40], y=FACES[:40], metric="mse"), models=object())

    assert diagnose(run, note=notes.append) == []
    assert [note.partition(":")[0] for note in notes] == [f"the {arm.role} arm has no diagnosis" for arm in run.arms]


def autoencoder(input_shape):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(64, activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )


def squashed_twice(input_shape):
    return keras.Sequential([autoencoder(input_shape), layers.Activation("sigmoid")])


def displayed(train, test, model):
    return np.round(np.asarray(model(test.x, training=False)))


def stage(build, rate=0.01):
    return Stage(build, loss="mse", epochs=15, batch_size=8, optimizer=lambda: keras.optimizers.Adam(rate))


HEALTHY = stage(autoencoder)
FAULTS = {
    "healthy": (Recipe(HEALTHY), []),
    "sigmoid twice": (Recipe(stage(squashed_twice)), [double_sigmoid.NAME]),
    "rounded": (Recipe(HEALTHY, Fit(displayed, inherits=autoencoder)), [rounded.NAME]),
    "rate": (Recipe(stage(autoencoder, rate=30.0)), [learning_rate.NAME]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_is_really_trained_is_named_in_the_evidence(new_experiment, tmp_path, name):
    recipe, planted = FAULTS[name]

    evidence = new_experiment().measure(recipe, on=DATA, claim=reaches("skill", bar=0.1), design=DESIGN)

    assert [each.cause for each in evidence.diagnosis] == planted, evidence
    assert all(f"  diagnosis   treatment: {cause}: " in str(evidence) for cause in planted)
    if name == "sigmoid twice":
        assert evidence.verdict == "invalid"  # a control makes it invalid, and it is still diagnosed
    store = Store(tmp_path)
    [path] = store.evidence_paths()
    assert store.read_evidence(path) == evidence
    assert recompute(evidence, store).substance() == evidence.substance()


def test_a_smoke_run_is_not_diagnosed(new_experiment):
    recipe, _ = FAULTS["sigmoid twice"]

    evidence = new_experiment(smoke=True).measure(recipe, on=DATA, claim=reaches("skill", bar=0.1), design=DESIGN)

    assert evidence.diagnosis == []
