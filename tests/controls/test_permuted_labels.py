from __future__ import annotations

from functools import partial

import pytest

import negres_core.controls.small_runs
from negres_core.controls.permuted_labels import check, small_runs
from negres_core.controls.small_runs import PERMUTED_TARGETS
from negres_core.seeds import derive_seed


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_clean_runs_pass_with_any_permutation(new_problem, train_small_runs, monkeypatch, task):
    for seed in range(30):
        monkeypatch.setattr(negres_core.controls.small_runs, "derive_seed", partial(derive_seed, permutation=seed))
        run = new_problem(seed, task=task)

        finding = check(run, train_small_runs(small_runs(run), seed=seed))

        assert finding.passed, (seed, finding.found)


@pytest.mark.parametrize("fault", ["leak", "carry"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_training_on_test_rows_fails(new_problem, train_small_runs, task, fault):
    """In the same fold, or in the fold before, whose weights were carried over."""
    run = new_problem(task=task)

    finding = check(run, train_small_runs(small_runs(run), fault=fault))

    assert not finding.passed
    assert finding.control == "permuted labels"


def test_an_epoch_that_was_chosen_on_the_test_fold_fails(new_problem, train_small_runs):
    run = new_problem()

    finding = check(run, train_small_runs(small_runs(run), fault="best epoch"))

    assert not finding.passed


def test_an_arm_that_always_gives_the_same_answer_passes(new_problem, train_small_runs):
    run = new_problem()

    assert check(run, train_small_runs(small_runs(run), fault="dead")).passed


@pytest.mark.parametrize(("accuracy", "passes"), [(1.0, False), (0.3, True)])
def test_cells_that_are_all_equal_are_judged_by_their_sign(new_problem, train_small_runs, plant, accuracy, passes):
    run = new_problem()
    trained = train_small_runs(small_runs(run), fault="idle")
    for position in range(30):
        trained = {
            PERMUTED_TARGETS: plant(trained[PERMUTED_TARGETS], position=position, metrics={"accuracy": accuracy})
        }

    assert check(run, trained).passed is passes


def test_an_arm_that_diverges_is_not_judged(new_problem, train_small_runs):
    run = new_problem(task="regression")

    assert check(run, train_small_runs(small_runs(run), fault="explode")) is None


def test_without_a_small_run_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
