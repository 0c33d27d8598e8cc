"""Arms that end in a fit or consist of one: trained, controlled, judged and verified like any other arm."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Fit, Metric, Recipe, Stage, beats, reaches
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.evidence import Finding, Store
from negres_core.experiment.recheck import recompute

DRAW = np.random.default_rng(3)
CODES = DRAW.normal(size=(60, 2))
FACES = 1 / (1 + np.exp(-(CODES @ DRAW.normal(size=(2, 64))))).reshape(60, 8, 8, 1).astype(np.float32)
DATA = Dataset(x=FACES, y=FACES, name="faces", attributes={"side": (CODES[:, 0] > 0).astype(int)})
SIDE = Metric("side predicted", higher_is_better=True, unit="share")


def pca(train, test):
    from sklearn.decomposition import PCA

    fitted = PCA(2, random_state=0).fit(train.flatten())
    return fitted.inverse_transform(fitted.transform(test.flatten())).reshape(test.y.shape)


def autoencoder(input_shape):
    inputs = keras.Input(input_shape)
    code = layers.Dense(4, name="code")(layers.Flatten()(inputs))
    return keras.Model(inputs, layers.Reshape(input_shape)(layers.Dense(64, activation="sigmoid")(code)))


def probe(train, test, model):
    from sklearn.linear_model import LogisticRegression

    encode = keras.Model(model.inputs, model.get_layer("code").output)
    train_codes, test_codes = (encode.predict(data.x, verbose=0) for data in (train, test))
    fitted = LogisticRegression().fit(train_codes, train.attributes["side"])
    return {"side predicted": fitted.score(test_codes, test.attributes["side"])}


NETWORK = Stage(autoencoder, loss="mse", epochs=5, batch_size=8, optimizer=lambda: keras.optimizers.Adam(0.01))
DESIGN = KFolds(folds=3, repeats=1)
ON_FACES = {"on": DATA, "design": DESIGN}


def test_pca_is_an_arm_like_any_other(new_experiment, tmp_path):
    # Small runs have a number of steps, so with smaller batches they have fewer epochs, and take less time.
    network = replace(NETWORK, epochs=3, batch_size=4)
    evidence = new_experiment(controls="all").compare(
        Recipe(Fit(pca)),
        against=Recipe(network),
        on=DATA,
        claim=beats("psnr", by=0.1),
        design=replace(DESIGN, repeats=2),
    )
    findings = {finding.control: finding for finding in evidence.controls}

    assert evidence.verdict == "supported", str(evidence)
    assert evidence.timings.trained == 12 + sum(
        len(stage) for stages in evidence.small_runs.values() for stage in stages
    )
    assert evidence.arms[0].budget.trainable_weights == 0
    assert "treatment" not in findings["loss floor"].found  # it has no loss
    assert {"mean prediction", "paired cells", "permuted labels"} <= set(findings)
    assert recompute(evidence, Store(tmp_path)) == evidence


def test_a_probe_of_a_network_reuses_its_replicates(new_experiment, tmp_path):
    network = new_experiment("plain").measure(Recipe(NETWORK), claim=reaches("skill", bar=0.1), **ON_FACES)
    recipe = Recipe(NETWORK, Fit(probe, inherits=autoencoder, metrics=(SIDE,)))

    evidence = new_experiment().measure(recipe, claim=reaches("side predicted", bar=0.6), **ON_FACES)

    assert network.timings.trained == 3
    assert (evidence.timings.trained, evidence.timings.reused) == (3, 3)
    assert evidence.verdict == "supported", evidence
    assert evidence.arms[0].replicates[0] == network.arms[0].replicates[0]
    assert recompute(evidence, Store(tmp_path)) == evidence


def test_a_run_without_networks_has_the_controls_of_its_data_and_small_runs(new_experiment):
    evidence = new_experiment(controls="all").measure(Recipe(Fit(pca)), claim=reaches("psnr", bar=5.0), **ON_FACES)

    assert evidence.verdict == "supported", evidence
    assert {finding.control for finding in evidence.controls} == {
        "A/A",
        "captured data",
        "disjoint folds",
        "duplicates",
        "finite",
        "headroom",
        "mean prediction",
        "paired cells",
        "permuted labels",
        "planted effect",
        "row alignment",
        "serial order",
    }


def test_a_claim_about_a_metric_that_a_fit_does_not_return_is_refused(new_experiment):
    with pytest.raises(InputError, match="The claim is about the metric 'accuracy', which an arm does not report"):
        new_experiment().measure(Recipe(Fit(pca)), claim=reaches("accuracy", bar=0.5), **ON_FACES)


def test_a_smoke_run_computes_fits_too(new_experiment):
    recipe = Recipe(NETWORK, Fit(probe, inherits=autoencoder, metrics=(SIDE,)))

    evidence = new_experiment(smoke=True).measure(recipe, claim=reaches("side predicted", bar=0.6), **ON_FACES)

    assert evidence.status == "finished"


def morph(train, test, model):
    return {
        "from one face to another": np.concatenate([test.x[0], np.asarray(model(test.x[:1]))[0], test.x[1]], axis=1)
    }


def predict(train, test, model):
    return np.asarray(model(test.x, training=False))


WITH_PICTURES = Recipe(NETWORK, Fit(predict, inherits=autoencoder, pictures=morph))


def files_of(evidence, store):
    folder = store.evidence_path(evidence.hypothesis).parent
    return {picture.name: (folder / picture.file).read_bytes() for picture in evidence.pictures}


def test_a_finished_hypothesis_has_pictures_that_change_nothing_else(new_experiment, tmp_path):
    def compare(treatment, **fields):
        return new_experiment(**fields).compare(
            treatment, against=Recipe(Fit(pca)), claim=beats("psnr", by=0.1), **ON_FACES
        )

    evidence, store = compare(WITH_PICTURES), Store(tmp_path)
    files = files_of(evidence, store)

    assert list(files) == ["curve", "treatment: from one face to another", "histogram", "originals"]
    for picture in evidence.pictures:
        assert hashlib.sha256(files[picture.name]).hexdigest() == picture.sha256
        assert files[picture.name].startswith(b"\x89PNG")
        assert picture.file in str(evidence)
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert recompute(evidence, store) == evidence

    again = compare(WITH_PICTURES)
    assert (again.timings.trained, again.pictures) == (0, evidence.pictures)
    others = compare(Recipe(NETWORK, Fit(predict, inherits=autoencoder)))
    assert (others.timings.trained, others.substance()) == (0, evidence.substance())
    assert "treatment: from one face to another" not in files_of(others, store)
    assert all(files_of(each, store) for each in store.all_evidence())  # superseded evidence still has its own


def test_a_picture_that_fails_does_not_affect_the_verdict(new_experiment, tmp_path):
    def fails(train, test, model):
        raise ZeroDivisionError("no pixels")

    notes = []
    evidence = new_experiment(note=notes.append).measure(
        Recipe(NETWORK, Fit(predict, inherits=autoencoder, pictures=fails)), claim=reaches("psnr", bar=5.0), **ON_FACES
    )

    assert evidence.verdict == "supported", evidence
    assert [picture.name for picture in evidence.pictures] == ["curve", "histogram", "originals"]
    assert notes == ["it holds, on faces: the picture 'fit pictures' is missing: ZeroDivisionError: no pixels"]


def test_evidence_stands_although_no_picture_can_be_written(new_experiment, tmp_path):
    notes = []
    experiment = new_experiment(note=notes.append)
    folder = experiment.store.evidence_path("a test").parent
    folder.mkdir(parents=True)
    (folder / "pictures").write_text("in the way")

    evidence = experiment.measure(Recipe(Fit(pca)), claim=reaches("psnr", bar=5.0), **ON_FACES)

    assert (evidence.verdict, evidence.pictures) == ("supported", [])
    assert Store(tmp_path).read_evidence(experiment.store.evidence_path("a test")) == evidence
    assert ["EvidenceError" in note for note in notes] == [True, True]


def test_a_smoke_run_has_no_pictures(new_experiment, tmp_path):
    evidence = new_experiment(smoke=True).measure(WITH_PICTURES, claim=reaches("psnr", bar=5.0), **ON_FACES)

    assert evidence.pictures == []
    assert list(tmp_path.rglob("*.png")) == []


def test_a_run_that_a_control_ended_has_no_pictures(new_experiment, tmp_path, monkeypatch):
    failed = Finding(control="planted", passed=False, found="it", threshold="", remedy="")
    monkeypatch.setattr("negres_core.experiment.experiment.run_controls", lambda run, *, when: [failed])

    evidence = new_experiment().measure(WITH_PICTURES, claim=reaches("psnr", bar=5.0), **ON_FACES)

    assert (evidence.verdict, evidence.pictures, evidence.timings.trained) == ("invalid", [], 0)


def test_a_classification_has_no_pictures(new_experiment):
    def majority(train, test):
        return np.full(len(test), np.bincount(train.y).argmax())

    data = Dataset(x=CODES, y=np.arange(60) % 2, name="codes")
    evidence = new_experiment().measure(
        Recipe(Fit(majority)), on=data, claim=reaches("accuracy", bar=0.2), design=DESIGN
    )

    assert (evidence.status, evidence.pictures) == ("finished", [])
