"""The preparation of a run: what it sees, and what is refused; `test_experiment` has the other invalid arguments."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Fit, KFolds, Metric, Recipe, SealedRows, reaches
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.preparation import prepare

DATA = Dataset(x=np.arange(400.0).reshape(-1, 1), y=np.arange(400) % 2, name="mine")
SPEED = Metric("speed", higher_is_better=True, unit="rows per second")


def guess(train, test):
    return np.zeros(len(test), dtype=int)


def time_it(train, test):
    return {"speed": 1.0}


@pytest.fixture
def prepared(tmp_path):
    """Return a function that prepares a run of one arm."""

    def make(arm=Recipe(Fit(guess)), claim=reaches("accuracy", bar=0.6), **fields):  # noqa: B008
        return prepare({"treatment": arm}, DATA, claim, KFolds(4, repeats=1), store=Store(tmp_path), **fields)

    return make


def test_without_a_seal_a_run_sees_all_rows(prepared):
    run = prepared()
    assert (run.data is DATA, run.seal, run.design) == (True, None, KFolds(4, repeats=1))
    assert len(run.cells) == 4


def test_a_run_that_explores_is_prepared_on_the_open_rows(prepared):
    run = prepared(confirm=0.3)
    divided = SealedRows(0.3).on(DATA, KFolds(4))
    assert np.array_equal(run.data.x, divided.open_data.x)
    assert (run.seal.phase, run.seal.data, run.seal.open_rows) == ("exploring", DATA.digest, run.data.digest)
    assert all(max(cell.train.max(), cell.test.max()) < 280 for cell in run.cells)


def test_a_confirmation_is_prepared_on_all_rows(prepared):
    run = prepared(confirm=SealedRows(0.3, seeds=4), confirming=True)
    sealed = SealedRows(0.3).on(DATA, KFolds(4)).rows.numbers
    assert (run.data is DATA, run.seal.phase) == (True, "confirming")
    assert [cell.test.tolist() for cell in run.cells] == [sealed.tolist()] * 4


def test_a_smoke_run_is_prepared_on_few_rows_and_keeps_its_seal(prepared):
    run = prepared(confirm=0.3, smoke=True)
    assert (run.design.folds, run.design.looks) == (2, False)
    assert len(run.data) <= 280
    assert run.seal.total == 400


def test_a_claim_that_cannot_be_confirmed_is_refused_before_it_is_explored(prepared):
    timed = {"arm": Recipe(Fit(time_it, metrics=[SPEED])), "claim": reaches("speed", bar=0.5)}
    assert prepared(**timed).metric == SPEED
    with pytest.raises(InputError, match="The sealed rows could not confirm this claim"):
        prepared(**timed, confirm=0.3)
