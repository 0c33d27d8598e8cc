from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.small_runs import (
    FURTHER_TARGETS,
    PERMUTED_TARGETS,
    PLANTED_TARGETS,
    TRUE_TARGETS,
    by_role,
    further_permuted_targets,
    p_better,
    permuted_targets,
    planted_targets,
    shorten,
    skills,
    true_targets,
)
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.run import Run

TRUE, PERMUTED = f"{TRUE_TARGETS}, treatment", f"{PERMUTED_TARGETS}, treatment"


def test_both_small_runs_have_the_same_rows_and_folds_and_different_targets(new_problem):
    run = new_problem()
    true, permuted = true_targets(run)[TRUE], permuted_targets(run)[PERMUTED]

    assert true.data.x.tobytes() == permuted.data.x.tobytes()
    assert sorted(true.data.y) == sorted(permuted.data.y)
    assert np.mean(true.data.y == permuted.data.y) < 0.5
    assert true.arms[0].recipe == permuted.arms[0].recipe
    for one, other in zip(true.cells, permuted.cells, strict=False):
        assert one.test.tolist() == other.test.tolist()
        assert one.train.tolist() == other.train.tolist()


def test_a_small_run_has_few_rows_disjoint_folds_and_balanced_classes(new_problem):
    run = new_problem()
    true, permuted = true_targets(run)[TRUE], permuted_targets(run)[PERMUTED]

    assert (len(true.data), true.data.groups) == (150, None)
    assert np.bincount(true.data.y).tolist() == [50, 50, 50]
    assert (len(true.cells), true.design.folds, true.design.seeds) == (10, 10, 2)
    further = further_permuted_targets(run)[f"{FURTHER_TARGETS}, treatment"]
    for half in (permuted, further):
        assert (len(half.cells), half.design.folds, half.design.seeds) == (15, 15, 1)
    assert further.data.digest == permuted.data.digest
    every = [*permuted.cells, *further.cells]
    assert sorted(row for cell in every for row in cell.test) == list(range(150))
    for cell in every:
        assert sorted([*cell.train, *cell.test]) == list(range(150))


def test_small_runs_are_reproducible(new_problem):
    one, other = (permuted_targets(new_problem())[PERMUTED] for _ in range(2))

    assert one.data.digest == other.data.digest


def test_images_get_fewer_rows_and_fewer_steps():
    data = Dataset(x=np.zeros((300, 64, 64, 3)), y=np.arange(300) % 2, name="images")
    run = Run(data, KFolds(), (), [Arm("treatment", Recipe(Stage(len, epochs=50, batch_size=128)))])

    small_run = permuted_targets(run)[PERMUTED]

    assert (len(small_run.data), len(small_run.cells)) == (61, 10)
    [further] = further_permuted_targets(run).values()
    assert [cell.fold for cell in further.cells] == [10, 11]
    assert small_run.arms[0].recipe.last.epochs * -(-len(small_run.cells[0].train) // 16) in range(40, 44)


def test_too_few_rows_make_no_small_run(new_problem):
    assert true_targets(new_problem(rows=9)) == permuted_targets(new_problem(rows=9)) == {}


@pytest.mark.parametrize(("rows", "first", "rest"), [(40, 8, 0), (50, 10, 0), (55, 11, 0), (60, 10, 2), (110, 11, 11)])
def test_permuted_targets_are_tried_in_half_of_the_folds_at_first_unless_they_are_few(new_problem, rows, first, rest):
    run = new_problem(rows=rows)
    cells = [
        len(small_run.cells)
        for small_runs in (permuted_targets(run), further_permuted_targets(run))
        for small_run in small_runs.values()
    ]

    assert cells == [count for count in (first, rest) if count]


def test_each_arm_has_small_runs_of_its_own(new_problem):
    run = new_problem(arms=2)
    other = replace(run.arms[1], recipe=Recipe(Stage(len, optimizer="sgd")))

    small_runs = true_targets(replace(run, arms=[run.arms[0], other]))

    assert list(small_runs) == ["true targets, treatment", "true targets, control"]
    optimizers = {
        role: small_run.arms[0].recipe.last.optimizer for role, small_run in by_role(small_runs, TRUE_TARGETS).items()
    }
    assert optimizers == {"treatment": "adam", "control": "sgd"}


def test_small_runs_of_another_purpose_are_left_out(new_problem):
    run = new_problem(arms=2)

    assert set(by_role(true_targets(run) | permuted_targets(run), TRUE_TARGETS)) == {"treatment", "control"}
    assert by_role(true_targets(run), PERMUTED_TARGETS) == {}


def test_a_shortened_recipe_keeps_everything_but_epochs_and_batch_sizes():
    recipe = Recipe(Stage(len, batch_size=8, optimizer="sgd"), Stage(abs, inherits=len, freezes=len), preprocess=dict)

    short = shorten(recipe, steps=100, rows=40)

    assert [(stage.epochs, stage.batch_size) for stage in short.stages] == [(20, 8), (34, 16)]
    stages = zip(recipe.stages, short.stages, strict=True)
    assert Recipe(
        *(replace(after, epochs=before.epochs, batch_size=before.batch_size) for before, after in stages),
        preprocess=short.preprocess,
    ) == (recipe)


@pytest.mark.parametrize("y", [np.arange(40) % 3 % 2, np.linspace(1, 5, 40) ** 2], ids=["labels", "values"])
def test_the_best_constant_has_skill_0_and_perfection_skill_1(new_problem, train_small_runs, y):
    run = replace(new_problem(), data=Dataset(x=np.zeros((40, 8)), y=y, name="constant"))
    [small_run] = train_small_runs(permuted_targets(run), fault="idle").values()
    metric = "accuracy" if small_run.data.task == "classification" else "mse"
    guesses = [0, 1] if metric == "accuracy" else np.linspace(0, 25, 2501)

    def skills_of(predicted):
        errors = (predicted - small_run.data.y) ** 2
        values = [float(np.mean(errors[cell.test])) for cell in small_run.cells]
        replicates = [
            replicate.updated(metrics={metric: 1 - value if metric == "accuracy" else value})
            for replicate, value in zip(small_run.arms[0].replicates, values, strict=True)
        ]
        return skills(replace(small_run, arms=[replace(small_run.arms[0], stages=[replicates])]))

    assert skills_of(small_run.data.y) == pytest.approx(1)
    best = max(guesses, key=lambda guess: -float(np.mean((guess - small_run.data.y) ** 2)))
    assert skills_of(best).mean() == pytest.approx(0, abs=1e-4)


def test_equal_differences_are_judged_by_their_sign(new_problem):
    small_run = true_targets(new_problem())[TRUE]

    assert [p_better(np.full((1, 10), value), small_run) for value in (0.2, 0.0, -0.2)] == [0.0, 1.0, 1.0]


def test_the_skill_on_several_labels_is_measured_by_the_hamming_loss(new_replicate):
    y = np.stack([np.arange(40) % 2, np.arange(40) % 4 == 0], axis=1).astype(int)
    data, design = Dataset(x=np.zeros((40, 2)), y=y, name="several"), KFolds(folds=2, repeats=1, looks=False)
    replicates = [new_replicate(fold=fold, metrics={"hamming": value}) for fold, value in ((0, 0.0), (1, 0.375))]
    run = Run(data, design, list(design.split(data)), [Arm("treatment", Recipe(Stage(np.zeros)), [replicates])])

    # The best constant has half of the first label wrong, and a quarter of the second.
    assert skills(run).ravel() == pytest.approx([1.0, 0.0])


def test_each_of_several_labels_is_planted_by_itself_and_keeps_its_share(new_problem):
    x = np.random.default_rng(0).normal(size=(150, 4)) * [5, 3, 0.1, 0.1]
    y = (np.random.default_rng(1).uniform(size=(150, 5)) < [0.5, 0.5, 0.5, 0.3, 0.1]).astype(int)
    run = replace(new_problem(), data=Dataset(x=x, y=y, name="several"))

    planted = planted_targets(run)[f"{PLANTED_TARGETS}, treatment"].data

    assert planted.y.sum(axis=0).tolist() == y.sum(axis=0).tolist()
    found = np.corrcoef(planted.x[:, :2].T, planted.y.T)[:2, 2:]
    assert (np.abs(found[0, [0, 1, 4]]) > 0.5).all()
    assert (np.abs(found[1, [2, 3]]) > 0.5).all()
    assert found[0, 0] * found[0, 1] < 0


def by_towns():
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder

    return ColumnTransformer([("town", OneHotEncoder(handle_unknown="ignore"), ["town"])])


def test_what_is_planted_in_a_frame_is_in_the_features_that_its_arm_is_given(new_problem):
    """The towns that an arm knows tell what is planted, and the sizes, which it does not know, do not."""
    rng = np.random.default_rng(0)
    towns = rng.choice(["a", "b"], 150)
    frame = pd.DataFrame({"town": towns, "size": 1e6 * rng.normal(size=150), "gap": [None, 1.0] * 75})
    run = replace(new_problem(), data=Dataset(x=frame, y=np.arange(150) % 2, name="frame"))
    run = replace(run, arms=[Arm("treatment", Recipe(run.arms[0].recipe.stages[0], preprocess=by_towns))])

    planted = planted_targets(run)[f"{PLANTED_TARGETS}, treatment"].data

    shares = [planted.y[planted.x["town"] == town].mean() for town in "ab"]
    assert planted.y.sum() == 75
    assert abs(shares[0] - shares[1]) > 0.8
    assert abs(np.corrcoef(planted.x["size"], planted.y)[0, 1]) < 0.3


def steps_of_rows(rows=60, steps=5):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(rows, steps, 2)) * [3, 0.1], rng.choice(3, size=(rows, steps), p=[0.6, 0.3, 0.1])
    return x, np.where(np.arange(steps) + np.zeros((rows, 1)) == 4, 255, y)


def test_the_skill_on_steps_is_measured_from_the_most_frequent_class_at_each_that_counts(new_replicate):
    y = np.stack([np.arange(40) % 2, np.zeros(40), np.arange(40) % 4 == 0, np.full(40, 255)], axis=1).astype(int)
    data = Dataset(x=np.zeros((40, 2)), y=y, name="steps", ignore_class=255)
    design = KFolds(folds=2, repeats=1, looks=False)
    # The best constant is right in half of the rows at the first step, in all, and in three quarters.
    replicates = [new_replicate(fold=fold, metrics={"accuracy": value}) for fold, value in ((0, 1.0), (1, 0.75))]
    run = Run(data, design, list(design.split(data)), [Arm("treatment", Recipe(Stage(np.zeros)), [replicates])])

    assert skills(run).ravel() == pytest.approx([1.0, 0.0])


def test_labels_of_steps_are_planted_along_the_inputs_at_their_place(new_problem):
    x, y = steps_of_rows()
    run = replace(new_problem(), data=Dataset(x=x, y=y, name="steps", ignore_class=255))

    planted = planted_targets(run)[f"{PLANTED_TARGETS}, treatment"].data

    counts = planted.y[..., 0] >= 0
    assert np.array_equal(counts.sum(axis=0), [60, 60, 60, 60, 0])
    assert np.bincount(planted.y[counts].ravel()).tolist() == np.bincount(y[y < 255]).tolist()
    assert np.corrcoef(planted.x[counts][:, 0], planted.y[counts][:, 0])[0, 1] ** 2 > 0.6


def test_labels_of_steps_are_planted_along_the_rows_if_inputs_have_no_steps(new_problem):
    x, y = steps_of_rows()
    run = replace(new_problem(), data=Dataset(x=x.mean(axis=1), y=np.minimum(y, 2), name="steps"))

    planted = planted_targets(run)[f"{PLANTED_TARGETS}, treatment"].data

    assert (np.bincount(planted.y[:, 0, 0]) == np.bincount(np.minimum(y, 2)[:, 0])).all()
    assert np.corrcoef(planted.x[:, 0], planted.y[:, 0, 0])[0, 1] ** 2 > 0.5
