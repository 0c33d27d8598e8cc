from __future__ import annotations

import pytest

from negres_core import Fit, Metric
from negres_core.errors import InputError


def pca(train, test):
    """Stand for the function of a fit."""


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
    ],
)
def test_refuses_a_fit_with_an_invalid_field(fields, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Fit(**fields)
    assert remedy in str(caught.value)


def test_a_fit_may_have_pictures():
    assert Fit(pca).pictures is None
    assert Fit(pca, pictures=pca).pictures is pca
