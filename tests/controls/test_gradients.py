from __future__ import annotations

import math

import pytest

from negres_core.controls.gradients import check


@pytest.mark.parametrize("norm", [1e-6, 0.3, 1e3])
def test_a_gradient_of_ordinary_size_passes(new_run, with_models, norm):
    finding = check(with_models(new_run(), gradient_norm=norm, weight_norm=2.0, trivial_loss=0.5))

    assert finding.passed
    assert f"treatment arm: norm {norm:.3g}, relative to weights and loss {norm * 4:.3g}" in finding.found


@pytest.mark.parametrize("norm", [0.0, math.nan, math.inf, 1e9])
def test_a_gradient_that_is_dead_or_explodes_fails(new_run, with_models, norm):
    finding = check(with_models(new_run(), gradient_norm=norm))

    assert not finding.passed
    assert finding.control == "gradients"


def test_large_targets_have_large_gradients(new_run, with_models):
    """Prices in cents: a loss of 1e14, with an equally steep slope."""
    assert check(with_models(new_run(), gradient_norm=1e13, weight_norm=100.0, trivial_loss=1e14)).passed


def test_a_perfect_fit_has_no_gradient_left(new_run, with_models):
    assert check(with_models(new_run(), gradient_norm=0.0, training_loss=1e-8)).passed


def test_the_gradient_of_an_objective_is_relative_to_its_own_size(new_run, with_models):
    assert check(with_models(new_run(), trivial_loss=None)).passed
    assert check(new_run()) is None
