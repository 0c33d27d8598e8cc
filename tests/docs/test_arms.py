"""The arms of docs/arms.md train: each recipe on the page comes to evidence in a smoke run."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from negres_core import Dataset, Recipe, Stage, reaches
from negres_core.design import KFolds
from tests.docs.pages import Page
from tests.docs.terminal import ROOT


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """The names that the page defines."""
    page = Page(ROOT / "docs" / "arms.md", tmp_path_factory.mktemp("arms"))
    page.run()
    return page.document.namespace


@pytest.fixture
def measure(new_experiment):
    """Measure an arm in a smoke run."""

    def run(recipe, data, metric):
        experiment = new_experiment(smoke=True)
        claim, design = reaches(metric, bar=0.5), KFolds(folds=2, repeats=1)
        return experiment.measure(recipe, on=data, claim=claim, design=design)

    return run


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return Dataset(x=x[:200], y=y[:200], name="200 digits")


OF_CLASSES = {
    "WIDE",
    "GROWN",
    "SCALED",
    "STOPPED",
    "SLOWED",
    "BALANCED",
    "COSTLY",
    "RESAMPLED",
    "FEW_NEIGHBOURS",
    "PRETRAINED",
    "WIDENED",
}
OF_CLASSES |= {"BOOSTING", "COMPONENTS", "FOREST"}
"""Arms of a classification."""


@pytest.mark.parametrize("name", sorted(OF_CLASSES))
def test_an_arm_of_the_page_is_trained_and_scored(name, names, measure, digits):
    evidence = measure(names[name], digits, "accuracy")
    assert evidence.status == "finished"
    assert 0 <= evidence.arms[0].metrics["accuracy"].mean <= 1


def test_a_fit_of_the_page_measures_a_trained_network(names, measure, digits):
    evidence = measure(names["CONFIDENCE"], digits, "confidence")
    assert 0.1 <= evidence.arms[0].metrics["confidence"].mean <= 1


@pytest.mark.parametrize("name", ["WITH_AGE", "WITHOUT_AGE"])
def test_an_arm_of_the_page_has_several_inputs(name, names, measure):
    evidence = measure(names[name], names["portraits"], "accuracy")
    assert 0 <= evidence.arms[0].metrics["accuracy"].mean <= 1


@pytest.mark.parametrize("name", ["AGE_TOO", "RETIRED_ALONE"])
def test_an_arm_of_the_page_is_judged_by_one_of_several_outputs(name, names, new_experiment):
    claim, design = reaches("accuracy", bar=0.5, output="retired"), KFolds(folds=2, repeats=1)
    evidence = new_experiment(smoke=True).measure(names[name], on=names["faces"], claim=claim, design=design)
    assert 0 <= evidence.arms[0].metrics["accuracy"].mean <= 1


def test_the_objective_of_the_page_trains_two_players(names, measure):
    def players(input_shape, outputs):
        import keras

        layers = [keras.layers.Dense(3, name="generator"), keras.layers.Dense(outputs, name="critic")]
        return keras.Sequential([keras.Input(input_shape), *layers])

    random = np.random.default_rng(0)
    data = Dataset(x=random.normal(size=(60, 3)), y=random.normal(size=60), name="noise")
    recipe = Recipe(Stage(players, loss="mse", objective=names["adversarial"]))

    evidence = measure(recipe, data, "mse")

    assert evidence.arms[0].metrics["mse"].mean > 0


def test_every_recipe_of_the_page_is_trained_here(names):
    recipes = {name for name, value in names.items() if isinstance(value, Recipe)}
    assert recipes == OF_CLASSES | {"CONFIDENCE", "WITH_AGE", "WITHOUT_AGE", "AGE_TOO", "RETIRED_ALONE"}
