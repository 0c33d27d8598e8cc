"""The epochs of a record have to be those that its stage, or its patience, allowed."""

from __future__ import annotations

import pytest

from negres_core.evidence import MonitorDescription, StageDescription
from negres_core.experiment.epoch_checks import check_epochs
from tests.fakes import BUDGET, STAGE

MONITOR = {"share": 0.1, "metric": "loss", "higher_is_better": False, "patience": 2, "restores_best": True}


def stage(**fields):
    monitor = MonitorDescription(**MONITOR | fields) if fields.pop("monitored", True) else None
    return StageDescription(**STAGE | {"epochs": 6, "monitor": monitor})


@pytest.fixture
def trained(new_replicate):
    def make(values, *, best=None, epochs=None, status="finished"):
        epochs = len(values) if epochs is None else epochs
        fields = {} if best is None else {"monitored": values, "best_epoch": best}
        budget = BUDGET | {"epochs": epochs}
        return new_replicate(status=status, curve=[0.5] * len(values), budget=budget, **fields)

    return make


@pytest.mark.parametrize(("epochs", "is_right"), [(6, True), (5, False), (7, False)])
def test_a_stage_without_validation_rows_is_trained_for_its_epochs(trained, epochs, is_right):
    assert (check_epochs(stage(monitored=False), trained([0.5] * epochs)) is None) == is_right


@pytest.mark.parametrize(
    ("values", "best", "problem"),
    [
        ([3, 2, 2.5, 2.5], 2, None),
        ([6, 5, 4, 3, 2, 1], 6, None),
        ([3, 2, 2.5], 2, "another number of epochs"),
        ([3, 2, 2.5, 2.5, 1], 5, "whose best epoch"),
        ([3, 2, 2.5, 2.5, 2.6], 2, "another number of epochs"),
        ([3, 2, 2.5, 2.5], 3, "whose best epoch"),
    ],
    ids=["its patience ended", "all epochs", "cut off", "went on and got better", "went on", "another best epoch"],
)
def test_patience_ends_a_training_when_the_curve_says_so(trained, values, best, problem):
    found = check_epochs(stage(), trained(values, best=best))
    assert found is None if problem is None else problem in found


def test_without_patience_a_monitored_stage_is_trained_for_its_epochs(trained):
    monitored = stage(patience=None)
    assert check_epochs(monitored, trained([3, 2, 1, 2, 3, 4], best=3)) is None
    assert "another number" in check_epochs(monitored, trained([3, 2, 1, 2, 3], best=3))


def test_every_epoch_has_a_value(trained):
    replicate = trained([3, 2, 2.5, 2.5], best=2)
    assert "for every epoch" in check_epochs(stage(), replicate.updated(monitored=[3, 2, 2.5]))
    assert "for every epoch" in check_epochs(stage(), replicate.updated(monitored=None))


def test_a_replicate_that_diverged_ends_there(trained):
    assert check_epochs(stage(), trained([None, None], best=1, status="not finite")) is None
    assert "another number" in check_epochs(stage(), trained([None, None], best=1, epochs=9, status="not finite"))


@pytest.mark.parametrize(("curve", "epochs", "is_right"), [(4, 4, True), (6, 6, True), (4, 6, False), (7, 7, False)])
def test_a_callback_may_end_a_training_at_any_epoch_which_the_budget_says(trained, curve, epochs, is_right):
    described = stage(monitored=False).updated(callbacks="def stopping(): ...")
    assert (check_epochs(described, trained([0.5] * curve, epochs=epochs)) is None) == is_right
