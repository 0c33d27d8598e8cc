"""Layers that adapt are adapted to each training fold alone, in every engine, and saved models remember it."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.preprocessing import training_fold
from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array
from negres_core.dataset import Dataset
from negres_core.engine import adapted, selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.model import build_model
from negres_core.engine.trained import load_trained
from negres_core.errors import EngineWarning, InputError
from tests.engine import examples as ex

RANDOM = np.random.default_rng(11)
SCALED = Dataset(x=RANDOM.normal(5, 3, size=(61, 6)), y=np.arange(61) % 3, name="scaled")


def first(*begin, shape=(6,)):
    ends = [layers.Flatten(), layers.Dense(3, "softmax", name="classes")]
    return keras.Sequential([keras.Input(shape), *begin, *ends])


def normalizing():
    return first(layers.Normalization(name="scale"))


def rescaled_first():
    return first(layers.Rescaling(0.1), layers.Normalization(name="scale"), layers.Dense(4, "relu", name="hidden"))


def binning():
    bins = layers.Discretization(num_bins=4, name="bins")
    return first(bins, layers.Embedding(4, 3, name="vectors"))


def binned_then_normalized():
    """Two inputs of one: the order in which layers are listed is not that in which they are called."""
    x = keras.Input((6,))
    binned = layers.Discretization(num_bins=3, output_mode="multi_hot", name="bins")(x)
    both = layers.Concatenate()([layers.Normalization(name="counts")(binned), layers.Normalization(name="scale")(x)])
    return keras.Model(x, layers.Dense(3, "softmax", name="classes")(both))


def of_two_inputs(input_shape):
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    ages = layers.Normalization(name="ages")(inputs["age"])
    both = layers.Concatenate()([layers.Flatten()(inputs["image"]), ages])
    return keras.Model(inputs, layers.Dense(3, "softmax", name="classes")(both))


def train_all(recipe, data):
    """The results of two cells by engine; the engines that fall back say so once."""
    jobs = [Job(cell, 0) for cell in ex.cells(data)[:2]]
    check_recipe(recipe, data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", EngineWarning)
        chosen = dict(selection.train(recipe, data, jobs, device=ex.device()))
    fell_back = [str(each.message) for each in caught if each.category is EngineWarning]
    results = {"selected": [chosen[job] for job in jobs]}

    def by(engine, **options):
        """The results in the order of the cells, not in that in which they were finished."""
        return [result for _, result in sorted(ex.train(engine, recipe, data, jobs, **options).items())]

    results["reference"] = by("reference")
    if not fell_back:
        # One program for both cells.
        results["together"] = by("compiled", workers=2)
        results["stacked"] = by("batched")
    return results, fell_back


@pytest.mark.parametrize(
    ("build", "data"),
    [(rescaled_first, SCALED), (of_two_inputs, ex.PORTRAITS)],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_every_engine_normalizes_by_the_training_fold(build, data):
    results, fell_back = train_all(Recipe(ex.stage(build)), data)
    assert fell_back == []
    for result in results.values():
        for one, plain in zip(result, results["reference"], strict=True):
            for mine, theirs in zip(ex.model_of(one).get_weights(), ex.model_of(plain).get_weights(), strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-5)
            assert one.metrics == pytest.approx(plain.metrics, rel=1e-4)
            assert one.curve == pytest.approx(plain.curve, rel=1e-4)


def test_the_statistics_are_those_of_the_training_fold():
    cells = ex.cells(SCALED)[:2]
    for cell in cells:
        (result,) = ex.train("compiled", Recipe(ex.stage(normalizing)), SCALED, [Job(cell, 0)]).values()
        rows = SCALED.x[cell.train]
        layer = ex.model_of(result).get_layer("scale")
        np.testing.assert_allclose(np.ravel(layer.mean), rows.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(np.ravel(layer.variance), rows.var(axis=0), rtol=1e-5)
        mean = next(weight for weight in result.weights if weight.path == "scale/mean")
        assert mean.start == mean.end == digest_array(rows.mean(axis=0))
        assert not mean.trainable


@pytest.mark.parametrize(
    ("build", "data"),
    [
        (binning, SCALED),
        (binned_then_normalized, SCALED),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_no_weight_trains_by_fit_with_one_warning(build, data):
    results, (warning,) = train_all(Recipe(ex.stage(build)), data)
    assert "is adapted to each training fold, and keeps no weights" in warning
    for one, plain in zip(results["selected"], results["reference"], strict=True):
        assert [weight.end for weight in one.weights] == [weight.end for weight in plain.weights]
    assert results["selected"][0].metrics != results["selected"][1].metrics


def test_bins_are_those_of_the_training_fold():
    for cell in ex.cells(SCALED)[:2]:
        (result,) = ex.train("reference", Recipe(ex.stage(binning)), SCALED, [Job(cell, 0)]).values()
        expected = layers.Discretization(num_bins=4)
        expected.adapt(SCALED.x[cell.train])
        assert ex.model_of(result).get_layer("bins").bin_boundaries == pytest.approx(expected.bin_boundaries)


@pytest.mark.parametrize("build", [normalizing, binning, binned_then_normalized])
def test_a_saved_model_that_is_built_again_computes_the_same(build, tmp_path):
    recipe, cell = Recipe(ex.stage(build)), ex.cells(SCALED)[0]
    result = ex.result_of("reference", recipe, SCALED)
    path = tmp_path / "model.keras"
    path.write_bytes(result.model)
    again = load_trained(recipe.last, SCALED, path, fold=lambda: training_fold(recipe, SCALED, cell), seed=5)
    np.testing.assert_allclose(again(SCALED.x), ex.model_of(result)(SCALED.x), rtol=1e-5, atol=1e-6)


def grown():
    return first(layers.Normalization(name="scale"), layers.Dense(6, "relu", name="front"))


@pytest.mark.parametrize("engine", ex.ENGINES)
def test_an_heir_has_the_statistics_of_the_same_fold(engine, tmp_path):
    recipe = Recipe(ex.stage(normalizing), ex.stage(grown, inherits=normalizing, freezes=normalizing))
    check_recipe(recipe, SCALED)
    path = tmp_path / "parent.keras"
    parent = ex.result_of("reference", recipe.parent, SCALED)
    path.write_bytes(parent.model)
    (result,) = ex.train(engine, recipe, SCALED, [Job(ex.cells(SCALED)[0], 0, path)]).values()
    ends = {weight.path: weight.end for weight in parent.weights}
    inherited = [weight for weight in result.weights if weight.inherited_from is not None]
    assert [weight.path for weight in inherited] == list(ends)
    assert all(weight.start == weight.end == ends[weight.path] for weight in inherited)
    np.testing.assert_allclose(
        np.ravel(ex.model_of(result).get_layer("scale").mean),
        SCALED.x[ex.cells(SCALED)[0].train].mean(axis=0),
        rtol=1e-5,
    )


def after_weights():
    return first(layers.Dense(4, "relu", name="hidden"), layers.Normalization(name="inside"))


def test_a_layer_after_weights_is_refused():
    with pytest.raises(InputError, match="behind layers that are trained") as error:
        check_recipe(Recipe(ex.stage(after_weights)), SCALED)
    assert "Normalization 'inside'" in error.value.received
    assert "BatchNormalization" in error.value.remedy


def adapted_by_itself(rows):
    """A build function that adapts its layer to some rows."""

    def build():
        scale = layers.Normalization(name="scale")
        scale.adapt(rows)
        return first(scale)

    return build


def given_statistics(rows):
    def build():
        return first(layers.Normalization(mean=rows.mean(axis=0), variance=rows.var(axis=0), name="scale"))

    return build


def binned_by_itself(rows):
    def build():
        bins = layers.Discretization(num_bins=4, name="bins")
        bins.adapt(rows)
        return first(bins, layers.Embedding(4, 3))

    return build


@pytest.mark.parametrize("kind", [adapted_by_itself, given_statistics, binned_by_itself])
def test_statistics_of_all_rows_are_recognized(kind):
    of_all, of_some = (build_model(kind(rows), SCALED) for rows in (SCALED.x, SCALED.x[:40]))
    assert adapted.statistics_of_all_rows(of_all, SCALED.x) == ["bins" if kind is binned_by_itself else "scale"]
    assert adapted.statistics_of_all_rows(of_some, SCALED.x) == []
    assert adapted.unadapted_layers(of_all) == []


def test_unadapted_layers_and_standardized_inputs_have_the_statistics_of_no_rows():
    assert adapted.statistics_of_all_rows(build_model(normalizing, SCALED), SCALED.x) == []
    standard = (SCALED.x - SCALED.x.mean(axis=0)) / SCALED.x.std(axis=0)
    assert adapted.statistics_of_all_rows(build_model(adapted_by_itself(standard), SCALED), standard) == []


def test_what_a_build_function_has_adapted_stays():
    (result,) = ex.train(
        "compiled", Recipe(ex.stage(adapted_by_itself(SCALED.x[:40]))), SCALED, [Job(ex.cells(SCALED)[0], 0)]
    ).values()
    np.testing.assert_allclose(np.ravel(ex.model_of(result).get_layer("scale").mean), SCALED.x[:40].mean(axis=0), 1e-5)
