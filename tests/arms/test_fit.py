from __future__ import annotations

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from negres_core import Dataset, Estimator, Fit, Metric, Recipe
from negres_core.errors import InputError


def pca(train, test):
    """Stand for the function of a fit."""


RANK = Metric("rank", higher_is_better=True, unit="rank")


class Network:
    """Stand for a Keras model, which can be called, too."""

    layers = ()

    def fit(self, x, y):
        """Train."""

    def predict(self, x):
        """Predict."""

    def __call__(self, x):
        """Return outputs."""


def test_the_advice_about_an_estimator_is_a_line_that_works():
    with pytest.raises(InputError) as caught:
        Fit(LogisticRegression())
    scope = {"LogisticRegression": LogisticRegression, "Estimator": Estimator, "Recipe": Recipe}
    advice, _, then = caught.value.remedy.partition("; then ")
    exec(advice, scope)
    recipe = eval(then.partition(".")[0], scope)
    data = Dataset(x=[[0.0], [1.0], [0.1], [0.9]], y=[0, 1, 0, 1], name="toy")

    assert recipe.fit.compute(data, data, seed=0, outputs=2).argmax(axis=1).tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (LogisticRegression, "def make(): return LogisticRegression();"),
        (LogisticRegression(C=0.5), "def make(): return LogisticRegression(C=0.5);"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "def make(): return Pipeline("),
    ],
)
def test_the_advice_about_an_estimator_keeps_its_parameters_if_they_are_short(given, line):
    with pytest.raises(InputError) as caught:
        Fit(given)
    assert caught.value.remedy.startswith(line)


def test_a_fit_has_a_function_and_custom_metrics():
    rank = Metric("rank", higher_is_better=True, unit="rank")

    fit = Fit(pca, metrics=[rank])

    assert (fit.compute, fit.inherits, fit.metrics) == (pca, None, (rank,))


@pytest.mark.parametrize(
    ("fields", "wrong", "remedy"),
    [
        ({"compute": None}, "`compute` of a fit has to be a function", "the function itself"),
        ({"compute": pca, "inherits": "base"}, "`inherits` of a fit has to be a function", "the function itself"),
        ({"compute": pca, "pictures": "a strip"}, "`pictures` of a fit has to be a function", "the function itself"),
        ({"compute": pca, "metrics": ("rank",)}, "`metrics` of a fit has to be a tuple of Metric", "metrics="),
        ({"compute": pca, "metrics": RANK}, "`metrics` of a fit has to be a tuple of Metric", "metrics="),
        (
            {"compute": pca, "metrics": (Metric("cost", higher_is_better=False, unit="1", compute=lambda y, p: 0.0),)},
            "declares metrics that the fit itself returns",
            "to the claim",
        ),
        ({"compute": LogisticRegression()}, "an estimator was given", "Recipe(Estimator(make))"),
        (
            {"compute": LogisticRegression},
            "an estimator was given",
            "return LogisticRegression()",
        ),
        ({"compute": Network()}, "a Keras model was given", "Recipe(Stage(build))"),
    ],
)
def test_refuses_a_fit_with_an_invalid_field(fields, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Fit(**fields)
    assert remedy in str(caught.value)


def test_a_fit_may_have_pictures():
    assert Fit(pca).pictures is None
    assert Fit(pca, pictures=pca).pictures is pca
