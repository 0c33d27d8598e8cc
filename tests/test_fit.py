from __future__ import annotations

import pytest
from sklearn.linear_model import LogisticRegression

from negres_core import Dataset, Fit, Metric
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
    scope = {"LogisticRegression": LogisticRegression}
    exec(caught.value.remedy.partition(";")[0], scope)
    data = Dataset(x=[[0.0], [1.0], [0.1], [0.9]], y=[0, 1, 0, 1], name="toy")

    assert Fit(scope["compute"]).compute(data, data).tolist() == [0, 1, 0, 1]


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
            "declares what the fit returns itself",
            "to the claim",
        ),
        ({"compute": LogisticRegression()}, "an estimator was given", "Fit(compute)"),
        (
            {"compute": LogisticRegression},
            "an estimator was given",
            "LogisticRegression().fit(train.flatten()",
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
