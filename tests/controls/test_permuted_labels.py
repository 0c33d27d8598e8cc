from __future__ import annotations

import re
from functools import partial

import pytest

import negres_core.controls.small_runs
from negres_core.controls.permuted_labels import check, follow_ups, small_runs
from negres_core.controls.small_runs import MIN_P_VALUE, PERMUTED_TARGETS
from negres_core.seeds import derive_seed

PERMUTED = f"{PERMUTED_TARGETS}, treatment"


def train_all(run, train_small_runs, **options):
    """Train the small runs, and those that follow."""
    trained = train_small_runs(small_runs(run), **options)
    return trained | train_small_runs(follow_ups(run, trained), **options)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_clean_runs_pass_with_any_permutation(new_problem, train_small_runs, monkeypatch, task):
    for seed in range(30):
        monkeypatch.setattr(negres_core.controls.small_runs, "derive_seed", partial(derive_seed, permutation=seed))
        run = new_problem(seed, task=task)

        finding = check(run, train_all(run, train_small_runs, seed=seed))

        assert finding.passed, (seed, finding.found)


@pytest.mark.parametrize("fault", ["leak", "carry"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_training_on_test_rows_fails(new_problem, train_small_runs, task, fault):
    """In the same fold, or in the fold before, whose weights were carried over."""
    run = new_problem(task=task)

    finding = check(run, train_all(run, train_small_runs, fault=fault))

    assert not finding.passed
    assert finding.control == "permuted labels"


@pytest.mark.parametrize("faulty", ["treatment", "control"])
def test_a_leak_in_one_arm_fails(new_problem, train_small_runs, faulty):
    run = new_problem(arms=2)

    finding = check(run, train_all(run, train_small_runs, fault="leak", faulty=[faulty]))

    assert not finding.passed
    p_values = dict(re.findall(r"(treatment|control) arm: .*? p ([\d.e-]+)", finding.found))
    assert [role for role, p_value in p_values.items() if float(p_value) < MIN_P_VALUE] == [faulty]
    assert len(p_values) == 2


def test_an_arm_that_the_first_half_makes_suspect_is_tested_in_all_folds(new_problem, train_small_runs):
    run = new_problem(arms=2)
    trained = train_all(run, train_small_runs, fault="leak", faulty=["control"])

    assert "further permuted targets, control" in trained
    tested = [cell.test.tolist() for each in trained.values() for cell in each.cells if each.arms[0].role == "control"]
    assert sorted(row for rows in tested for row in rows) == list(range(150))
    assert "in 30 cells" in check(run, trained).found


def test_most_arms_without_a_leak_are_not_tested_further(new_problem, train_small_runs):
    problems = [new_problem(seed) for seed in range(20)]
    firsts = [train_small_runs(small_runs(run), seed=seed) for seed, run in enumerate(problems)]

    suspects = sum(bool(follow_ups(run, trained)) for run, trained in zip(problems, firsts, strict=True))

    assert suspects < 10
    assert any("in 15 cells" in check(run, trained).found for run, trained in zip(problems, firsts, strict=True))


def test_an_epoch_that_was_chosen_on_the_test_fold_fails(new_problem, train_small_runs):
    run = new_problem()

    finding = check(run, train_all(run, train_small_runs, fault="best epoch"))

    assert not finding.passed


def test_an_arm_that_always_gives_the_same_answer_passes(new_problem, train_small_runs):
    run = new_problem()

    assert check(run, train_all(run, train_small_runs, fault="dead")).passed


@pytest.mark.parametrize(("accuracy", "passes"), [(1.0, False), (0.3, True)])
def test_cells_that_are_all_equal_are_judged_by_their_sign(new_problem, train_small_runs, plant, accuracy, passes):
    run = new_problem()
    trained = train_small_runs(small_runs(run), fault="idle")
    for position in range(15):
        trained = {PERMUTED: plant(trained[PERMUTED], position=position, metrics={"accuracy": accuracy})}

    assert check(run, trained).passed is passes


def test_an_arm_that_diverges_is_not_judged(new_problem, train_small_runs):
    run = new_problem(task="regression")

    assert check(run, train_all(run, train_small_runs, fault="explode")) is None


def test_without_a_small_run_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
