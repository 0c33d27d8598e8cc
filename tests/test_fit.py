from __future__ import annotations

import pytest

from negres_core import Fit, Metric
from negres_core.errors import InputError


def pca(train, test):
    """Stand for what is computed."""


def test_a_fit_holds_what_is_computed():
    rank = Metric("rank", higher_is_better=True, unit="rank")

    fit = Fit(pca, metrics=[rank])

    assert (fit.compute, fit.inherits, fit.metrics) == (pca, None, (rank,))


@pytest.mark.parametrize(
    ("fields", "wrong", "remedy"),
    [
        ({"compute": None}, "`compute` of a fit has to be a function", "the function itself"),
        ({"compute": pca, "inherits": "base"}, "`inherits` of a fit has to be a function", "the function itself"),
        ({"compute": pca, "pictures": "a strip"}, "`pictures` of a fit has to be a function", "the function itself"),
        ({"compute": pca, "metrics": ("rank",)}, "`metrics` of a fit", "metrics="),
    ],
)
def test_refuses_a_fit_that_cannot_be_meant(fields, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Fit(**fields)
    assert remedy in str(caught.value)


def test_a_fit_may_draw():
    assert Fit(pca).pictures is None
    assert Fit(pca, pictures=pca).pictures is pca
