"""A fit is called for each job with its folds, its seed and the inherited model, and its output is scored."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Fit, Metric, Recipe, Stage
from negres_core.arrays import digest_array
from negres_core.design import Cell, KFolds
from negres_core.engine.contract import Job
from negres_core.engine.description import describe_recipe
from negres_core.engine.device import Device
from negres_core.engine.fits import render, train
from negres_core.engine.selection import train as train_any
from negres_core.errors import InputError
from negres_core.metrics import recorded_names
from tests.engine.examples import CLASSES, SEVERAL, VALUES

FACES = np.random.default_rng(0).uniform(size=(20, 4, 4, 1)).astype(np.float32)
IMAGES = Dataset(x=FACES, y=FACES, name="images", attributes={"bright": (FACES.mean(axis=(1, 2, 3)) > 0.5).astype(int)})
CPU = Device("cpu", "a processor", keras.backend.backend(), 1)


def cells(data):
    return list(KFolds(folds=2, repeats=1).split(data))


def results(recipe, data, *, parent=None, seeds=1):
    jobs = [Job(cell, seed, parent) for cell in cells(data) for seed in range(seeds)]
    return [result for _, result in train(recipe, data, jobs, device=CPU)]


def pca(train, test):
    from sklearn.decomposition import PCA

    fitted = PCA(3, random_state=0).fit(train.flatten())
    return fitted.inverse_transform(fitted.transform(test.flatten())).reshape(test.y.shape)


def majority(train, test):
    return np.full(len(test), np.bincount(train.y).argmax())


def brightness(train, test):
    return {"accuracy": test.attributes["bright"].mean(), "rows": len(train)}


def random_number(train, test, seed):
    return {"number": np.random.default_rng(seed).random()}


def doubled(train, test, model):
    return 2 * np.asarray(model(test.x, training=False))


def picture_strip(train, test, seed):
    return {"a face": test.x[0], "noise": np.random.default_rng(seed).random((4, 6))}


def autoencoder(input_shape):
    return keras.Sequential(
        [layers.Input(input_shape), layers.Flatten(), layers.Dense(2), layers.Dense(16), layers.Reshape((4, 4, 1))]
    )


def test_predictions_are_scored_as_those_of_a_network():
    result, other = results(Recipe(Fit(pca)), IMAGES)

    assert 0 < result.metrics["skill"] < 1
    assert result.metrics["psnr"] > 5
    assert "loss" not in result.metrics
    assert (result.model, result.curve, result.weights, result.finite) == (None, [], [], True)
    assert result.metrics != other.metrics


def test_labels_can_be_predicted():
    result, _ = results(Recipe(Fit(majority)), CLASSES)

    assert sum(result.predictions["counts"]) == len(cells(CLASSES)[0].test)


def shares(train, test):
    """Predict the class shares of the training fold for every row."""
    return np.tile(np.bincount(train.y, minlength=train.outputs) / len(train), (len(test), 1))


def test_probabilities_can_be_predicted_and_are_scored_as_such():
    result, _ = results(Recipe(Fit(shares)), CLASSES)
    labels, _ = results(Recipe(Fit(majority)), CLASSES)

    assert (result.metrics["roc_auc"], result.finite) == (0.5, True)
    assert result.outputs.shape == (len(cells(CLASSES)[0].test), CLASSES.outputs)
    assert set(result.metrics) == set(recorded_names("classification", classes=CLASSES.outputs))
    assert "roc_auc" not in labels.metrics
    assert labels.outputs.ndim == 1


def shares_of_labels(train, test):
    """Predict the share of each label in the training fold for every row."""
    return np.tile(train.y.mean(axis=0), (len(test), 1))


def test_several_labels_a_row_or_their_probabilities_can_be_predicted():
    result, _ = results(Recipe(Fit(shares_of_labels)), SEVERAL)
    labels, _ = results(Recipe(Fit(lambda train, test: shares_of_labels(train, test) > 0.5)), SEVERAL)

    assert set(result.metrics) == set(recorded_names("multilabel"))
    assert set(labels.metrics) == {"exact_match", "hamming", "f1", "f1_weighted", "f1_micro"}
    assert {name: result.metrics[name] for name in labels.metrics} == labels.metrics
    assert (result.metrics["roc_auc"], result.predictions["sd"], labels.predictions["sd"]) == (0.5, 0.0, 0.0)
    rows = len(cells(SEVERAL)[0].test)
    assert set(result.predictions["counts"]) <= {0, rows}
    assert labels.outputs.shape == result.outputs.shape == (rows, SEVERAL.outputs)


@pytest.mark.parametrize(
    ("change", "wrong", "remedy"),
    [
        (lambda p: p[:, 0], "has to return .* 0 and 1, integers", "a column for each label"),
        (lambda p: 2 + (p > 0.5).astype(int), "has to return .* 0 and 1, integers", "0 and 1, as integers"),
        (lambda p: np.stack([1 - p.T, p.T], axis=2), "has to return .* 0 and 1", "np.stack([each[:, 1] for each in"),
        (lambda p: p - 3, "that are not probabilities", "(scores > 0).astype(int)"),
    ],
)
def test_refuses_what_says_nothing_of_each_of_several_labels(change, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        results(Recipe(Fit(lambda train, test: change(shares_of_labels(train, test)))), SEVERAL)
    assert remedy in caught.value.remedy


def test_a_metric_that_is_not_defined_does_not_make_a_replicate_diverge():
    few = Dataset(x=np.zeros((12, 1)), y=np.array([0, 1] + 10 * [0]), name="rare")
    job = Job(Cell(0, 0, np.arange(6, dtype=np.int32), np.arange(6, 12, dtype=np.int32)), 0)
    [(_, result)] = train_any(Recipe(Fit(shares)), few, [job], device=CPU)

    assert result.finite
    assert np.isnan(result.metrics["roc_auc"])
    assert result.metrics["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("change", "received"),
    [(lambda p: 2 * p, "rows that sum to 2 to 2"), (lambda p: p - 1, "that sum to -6 to -6")],
)
def test_refuses_scores_for_probabilities(change, received):
    with pytest.raises(InputError, match="whose rows are not probabilities") as caught:
        results(Recipe(Fit(lambda train, test: change(shares(train, test)))), CLASSES)
    assert received in caught.value.received
    assert "predict_proba" in caught.value.remedy


def test_metrics_can_be_returned_and_computed_from_attributes():
    result, _ = results(Recipe(Fit(brightness, metrics=(Metric("rows", higher_is_better=True, unit="rows"),))), IMAGES)

    assert result.metrics == {"accuracy": IMAGES.attributes["bright"][cells(IMAGES)[0].test].mean(), "rows": 10.0}


def test_every_replicate_has_its_own_seed():
    numbers = [result.metrics["number"] for result in results(Recipe(Fit(random_number)), IMAGES, seeds=2)]

    assert len(set(numbers)) == 4
    assert numbers == [result.metrics["number"] for result in results(Recipe(Fit(random_number)), IMAGES, seeds=2)]


def test_the_inherited_model_is_given_to_the_fit_and_identified_in_the_result(tmp_path):
    model = autoencoder((4, 4, 1))
    path = tmp_path / "model.keras"
    model.save(path)

    recipe = Recipe(Stage(autoencoder, loss="mse"), Fit(doubled, inherits=autoencoder))
    result, _ = results(recipe, IMAGES, parent=path)

    test = IMAGES.y[cells(IMAGES)[0].test]
    expected = float(np.mean((2 * np.asarray(model(test)) - test) ** 2))
    assert result.metrics["mse"] == pytest.approx(expected, rel=1e-5)
    assert [weight.inherited_from for weight in result.weights] == [0, 1, 2, 3]
    assert all(weight.start == weight.end and not weight.trainable for weight in result.weights)


def trained_on(train, test, model):
    """Go on training the model that the fit is given."""
    model.compile("sgd", "mse")
    model.fit(train.x, train.y, epochs=1, verbose=0)
    return model.predict(test.x, verbose=0)


def test_a_fit_may_train_its_copy_of_the_inherited_model(tmp_path):
    """The recorded weights are those that it was given, and every call is given them anew."""
    model = autoencoder((4, 4, 1))
    path = tmp_path / "model.keras"
    model.save(path)
    recipe = Recipe(Stage(autoencoder, loss="mse"), Fit(trained_on, inherits=autoencoder))

    first, second = (results(recipe, IMAGES, parent=path)[0] for _ in range(2))

    assert [weight.end for weight in first.weights] == [digest_array(weight) for weight in model.weights]
    assert first.metrics == second.metrics


def test_inputs_are_prepared_as_the_recipe_says():
    from sklearn.preprocessing import MinMaxScaler

    def highest(train, test):
        return {"highest": train.x.max()}

    result, _ = results(Recipe(Fit(highest), preprocess=MinMaxScaler), VALUES)

    assert result.metrics["highest"] == pytest.approx(1.0)


def test_a_metric_that_is_not_finite_is_reported():
    result, _ = results(Recipe(Fit(lambda train, test: {"accuracy": float("nan")})), IMAGES)

    assert not result.finite


def test_the_selection_of_engines_computes_fits():
    jobs = [Job(cells(IMAGES)[0], 0)]

    [(job, result)] = train_any(Recipe(Fit(pca)), IMAGES, jobs, device=CPU)

    assert job is jobs[0]
    assert result.metrics["skill"] > 0


@pytest.mark.parametrize(
    ("compute", "wrong"),
    [
        (lambda train, test: test.y[1:], "has to return predictions of the test fold, finite values"),
        (lambda train, test: {"accuracy": [1, 2]}, "has to map each metric's name to one number"),
        (lambda train, test: {}, "has to map each metric's name to one number"),
    ],
)
def test_refuses_output_that_is_neither_predictions_nor_metrics(compute, wrong):
    with pytest.raises(InputError, match=wrong):
        results(Recipe(Fit(compute)), IMAGES)


def test_refuses_values_for_class_labels():
    with pytest.raises(InputError, match="class labels, integers"):
        results(Recipe(Fit(lambda train, test: np.zeros(len(test)))), CLASSES)


@pytest.mark.parametrize(
    ("compute", "remedy"),
    [
        (lambda train, test: np.eye(8)[test.y], "one column for each class of the data set"),
        (lambda train, test: np.eye(7, dtype=int)[test.y], "scores.argmax(axis=1)"),
        (lambda train, test: np.zeros((len(test), 1)), "(probabilities[:, 0] > 0.5).astype(int)"),
        (lambda train, test: test.y.astype(float), "labels.astype(int)"),
        (lambda train, test: test.y[1:], "one prediction for each row of the second data set"),
        (lambda train, test: 1.0, "one prediction for each row of the second data set"),
    ],
)
def test_says_how_what_a_fit_returns_becomes_labels(compute, remedy):
    with pytest.raises(InputError, match="class labels, integers") as caught:
        results(Recipe(Fit(compute)), CLASSES)
    assert remedy in caught.value.remedy


def test_says_how_a_column_of_values_becomes_predictions():
    values = Dataset(x=CLASSES.x, y=CLASSES.x[:, 0], name="values")
    with pytest.raises(InputError, match="finite values") as caught:
        results(Recipe(Fit(lambda train, test: test.y[:, None])), values)
    assert "predictions[:, 0]" in caught.value.remedy


def centred(train, test):
    train.x[:] -= train.x.mean(axis=0)


def failing(train, test):
    raise ValueError("some other mistake")


def test_a_fit_that_changes_a_fold_in_place_is_told_to_change_a_copy():
    with pytest.raises(InputError, match="centred changes an array of a fold in place") as caught:
        results(Recipe(Fit(centred)), CLASSES)
    assert "x = train.x.copy()" in caught.value.remedy
    with pytest.raises(ValueError, match="some other mistake") as other:
        results(Recipe(Fit(failing)), CLASSES)
    assert not isinstance(other.value, InputError)


def zeros(train, test, outputs):
    return {"outputs": outputs}


def test_a_fit_may_ask_for_the_number_of_outputs_of_the_whole_data_set():
    few = Dataset(x=np.zeros((12, 1)), y=np.array([0, 1] * 5 + [2, 3]), name="four classes")
    job = Job(Cell(0, 0, np.arange(6, dtype=np.int32), np.arange(6, 9, dtype=np.int32)), 0)

    for compute, expected in ((zeros, 4), (partial(zeros, outputs=7), 7)):
        [(_, result)] = train(Recipe(Fit(compute)), few, [job], device=CPU)
        assert result.metrics == {"outputs": expected}


def test_pictures_get_the_folds_and_the_seed_of_their_job():
    cell = cells(IMAGES)[1]

    one, again, other = (
        render(Recipe(Fit(pca, pictures=picture_strip)), IMAGES, Job(cell, seed)) for seed in (0, 0, 1)
    )

    assert np.array_equal(one["a face"], FACES[cell.test[0]])
    assert np.array_equal(one["noise"], again["noise"])
    assert not np.array_equal(one["noise"], other["noise"])
    assert render(Recipe(Fit(pca)), IMAGES, Job(cell, 0)) == {}


def test_pictures_can_use_the_inherited_model(tmp_path):
    model = autoencoder((4, 4, 1))
    model.save(tmp_path / "model.keras")
    recipe = Recipe(
        Stage(autoencoder, loss="mse"),
        Fit(
            doubled,
            inherits=autoencoder,
            pictures=lambda train, test, model: {"first": np.asarray(model(test.x[:1]))[0]},
        ),
    )
    cell = cells(IMAGES)[0]

    images = render(recipe, IMAGES, Job(cell, 0, tmp_path / "model.keras"))

    np.testing.assert_allclose(images["first"], np.asarray(model(FACES[cell.test[:1]]))[0], rtol=1e-6)


def test_pictures_are_not_part_of_the_description_of_a_recipe():
    one, two, three = (
        describe_recipe(Recipe(Fit(pca, pictures=pictures)), IMAGES) for pictures in (None, picture_strip, brightness)
    )

    assert one == two == three


@pytest.mark.parametrize(
    ("output", "received"),
    [
        (None, "NoneType"),
        ({}, "dict"),
        ({"a row": np.zeros(3)}, r"float64 \(3,\)"),
        ({"a word": np.array([["dark"]])}, "<U4"),
        ({"nothing": np.full((2, 2), np.nan)}, r"float64 \(2, 2\)"),
        ({1: np.zeros((2, 2))}, r"float64 \(2, 2\)"),
    ],
)
def test_refuses_pictures_that_are_not_images(output, received):
    recipe = Recipe(Fit(pca, pictures=lambda train, test: output))

    with pytest.raises(InputError, match=f"has to map captions to images.*\n.*{received}"):
        render(recipe, IMAGES, Job(cells(IMAGES)[0], 0))
