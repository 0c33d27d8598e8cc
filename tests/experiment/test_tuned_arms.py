"""What is checked of tuned arms before anything is trained."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import KFolds, Tuned, beats, to_reach
from negres_core.errors import InputError
from negres_core.experiment.tuned_arms import first_recipe
from tests.experiment.simple_arms import COLUMNS, DATA, ONE, SHIFTS, make_shifted


@pytest.fixture
def refused(new_experiment):
    """Return the error of a comparison, which is refused before anything is trained."""

    def compare(treatment=SHIFTS, *, claim=None, design=None, on=DATA, **options):
        claim, design = claim or beats("accuracy"), design or KFolds(3, repeats=1)
        experiment = new_experiment()
        with pytest.raises(InputError) as error:
            experiment.compare(treatment, against=COLUMNS, on=on, claim=claim, design=design, **options)
        assert not list(experiment.store.folder.glob("replicates/*"))
        return error.value

    return compare


def test_a_recipe_is_its_own_first_and_a_tuned_arm_has_that_of_its_first_trial():
    assert first_recipe(ONE) is ONE
    assert str(first_recipe(SHIFTS)).startswith("shifted(shift=")


def test_a_claim_about_a_cost_is_refused(refused):
    assert "cannot have a tuned arm" in refused(claim=beats("seconds")).wrong


def test_equal_budgets_are_refused(refused):
    assert "cannot be made equal" in refused(equal="epochs").wrong


def test_trials_are_not_compared_by_a_cost(refused):
    for on in ("seconds", to_reach("accuracy", 0.9, in_="seconds")):
        arm = Tuned(make_shifted, space=SHIFTS.space, trials=3, on=on)
        assert "learns nothing" in refused(arm).wrong


def test_an_unknown_metric_is_refused(refused):
    arm = Tuned(make_shifted, space=SHIFTS.space, trials=3, on="mse")

    assert "no metric 'mse'" in refused(arm).wrong


def test_a_fold_that_is_too_small_is_refused(refused):
    few = DATA.take(np.arange(60))

    assert "too small to give up" in refused(on=few).wrong
