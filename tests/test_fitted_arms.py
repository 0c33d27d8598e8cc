"""Arms that end in a fit, or are one: trained, controlled, judged and verified like any other."""

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Fit, Metric, Recipe, Stage, beats, reaches
from negres_core.decision import recompute
from negres_core.errors import InputError
from negres_core.evidence import Store

DRAW = np.random.default_rng(3)
CODES = DRAW.normal(size=(60, 2))
FACES = 1 / (1 + np.exp(-(CODES @ DRAW.normal(size=(2, 64))))).reshape(60, 8, 8, 1).astype(np.float32)
DATA = Dataset(x=FACES, y=FACES, name="faces", attributes={"side": (CODES[:, 0] > 0).astype(int)})
SIDE = Metric("side told", True, "share")


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
    seen, new = (encode.predict(data.x, verbose=0) for data in (train, test))
    fitted = LogisticRegression().fit(seen, train.attributes["side"])
    return {"side told": fitted.score(new, test.attributes["side"])}


NETWORK = Stage(autoencoder, loss="mse", epochs=5, batch_size=8, optimizer=lambda: keras.optimizers.Adam(0.01))
DESIGN = {"on": DATA, "folds": 3, "repeats": 1}


def test_pca_is_an_arm_like_any_other(new_experiment, tmp_path):
    evidence = new_experiment(controls="all").compare(
        Recipe(Fit(pca)), against=Recipe(NETWORK), claim=beats("psnr", by=0.1), **DESIGN
    )
    found = {finding.control: finding for finding in evidence.controls}

    assert evidence.verdict == "supported", evidence
    assert evidence.timings.trained == 6 + sum(len(stage) for stages in evidence.trials.values() for stage in stages)
    assert evidence.arms[0].budget["trainable_weights"] == 0
    assert "treatment" not in found["loss floor"].found  # it has no loss
    assert {"mean prediction", "paired cells", "permuted labels"} <= set(found)
    assert recompute(evidence, Store(tmp_path)) == evidence


def test_a_probe_of_a_network_shares_its_training(new_experiment, tmp_path):
    network = new_experiment("plain").measure(Recipe(NETWORK), claim=reaches("skill", bar=0.1), **DESIGN)
    recipe = Recipe(NETWORK, Fit(probe, inherits=autoencoder, metrics=(SIDE,)))

    evidence = new_experiment().measure(recipe, claim=reaches("side told", bar=0.6), **DESIGN)

    assert network.timings.trained == 3
    assert (evidence.timings.trained, evidence.timings.reused) == (3, 3)
    assert evidence.verdict == "supported", evidence
    assert evidence.arms[0].replicates[0] == network.arms[0].replicates[0]
    assert recompute(evidence, Store(tmp_path)) == evidence


def test_a_run_without_any_network_has_the_controls_of_its_data(new_experiment):
    evidence = new_experiment(controls="all").measure(Recipe(Fit(pca)), claim=reaches("psnr", bar=5.0), **DESIGN)

    assert evidence.verdict == "supported", evidence
    assert {finding.control for finding in evidence.controls} == {
        "disjoint folds",
        "duplicates",
        "finite",
        "headroom",
        "paired cells",
    }


def test_refuses_a_claim_about_what_a_fit_does_not_return(new_experiment):
    with pytest.raises(InputError, match="The claim is about the metric 'accuracy', which an arm does not give"):
        new_experiment().measure(Recipe(Fit(pca)), claim=reaches("accuracy", bar=0.5), **DESIGN)


def test_a_smoke_run_computes_fits_too(new_experiment):
    recipe = Recipe(NETWORK, Fit(probe, inherits=autoencoder, metrics=(SIDE,)))

    evidence = new_experiment(smoke=True).measure(recipe, claim=reaches("side told", bar=0.6), **DESIGN)

    assert evidence.status == "finished"
