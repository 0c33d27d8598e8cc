from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.paired_loss import _is_unpaired, check
from negres_core.run.models import PairLosses

EACH = np.array([[0.1, 1, 2], [2, 0.3, 1], [1, 3, 0.2]])


@pytest.fixture
def check_pairs(new_run, with_models):
    return lambda pairs: check(with_models(new_run(), answers={"pairs": pairs}))


def test_a_loss_of_rows_with_their_own_targets_passes(check_pairs):
    finding = check_pairs(PairLosses(EACH, 0.2))

    assert finding.passed
    assert "0.2 for a batch, while rows have 0.2 with their own targets and 1.178 with all" in finding.found


def test_a_mean_over_all_pairs_fails(check_pairs):
    finding = check_pairs(PairLosses(EACH, EACH.mean()))

    assert not finding.passed
    assert finding.control == "paired loss"


def test_outputs_that_hardly_differ_are_enough():
    assert _is_unpaired(PairLosses(1 + EACH / 1e3, 1 + EACH.mean() / 1e3))
    assert not _is_unpaired(PairLosses(1 + EACH / 1e3, 1 + EACH.diagonal().mean() / 1e3))


def test_a_loss_that_is_neither_mean_passes(check_pairs):
    assert check_pairs(PairLosses(EACH, 0.7)).passed


def test_a_loss_that_cannot_tell_the_means_apart_passes(check_pairs):
    assert check_pairs(PairLosses(np.ones((3, 3)), 1.0)).passed


def test_losses_that_vary_or_are_not_finite_have_no_finding(check_pairs, new_run):
    assert check_pairs(None) is None
    assert check_pairs(PairLosses(EACH * np.nan, 1.0)) is None
    assert check(new_run()) is None
