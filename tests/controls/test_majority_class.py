from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Fit, Metric, Recipe, beats, matches, reaches
from negres_core.controls.majority_class import _is_clearly_positive, check
from negres_core.design import Cell
from negres_core.metrics import METRICS

UNEVEN = (np.arange(40) % 4 == 0).astype(int)  # three quarters of the rows are of class 0
VALUES = np.linspace(-1, 1, 40)  # variance 0.35


def test_arms_that_learned_something_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.control == "majority class"
    assert finding.found == (
        "accuracy 0.5 for the best constant prediction; in comparison, treatment arm +0.4015, control arm +0.3515"
    )


def test_a_treatment_arm_that_is_no_better_than_the_majority_class_withholds_the_verdict(new_run, plant):
    """An accuracy of 0.75 is high for even classes, and nothing here."""
    finding = check(predicting(new_run(y=UNEVEN, treatment=0.7499), plant, arm=0, counts=[16, 4]))

    assert finding.passed
    assert finding.withholds == ["supported", "refuted"]
    assert finding.found.startswith("accuracy 0.75 for the best constant prediction")
    assert finding.found.count("(not significant)") == 1
    assert "treatment arm +0.0014 (not significant)" in finding.found


BOTH, ONE = ["supported", "refuted"], ["supported"]
NOTHING_LEARNED = {"y": UNEVEN, "treatment": 0.7499, "control": 0.745}
ONLY_THE_CONTROL = {"y": UNEVEN, "treatment": 0.745, "control": 0.9}
SOUND = frozenset({"treatment", "control"})


@pytest.mark.parametrize(
    ("values", "claim", "sound", "withheld"),
    [
        (NOTHING_LEARNED, beats("accuracy", by=0.1), SOUND, ONE),
        (NOTHING_LEARNED, beats("accuracy", by=0.1), frozenset(), BOTH),
        (NOTHING_LEARNED, beats("accuracy", by=0.001), SOUND, BOTH),
        (NOTHING_LEARNED, matches("accuracy", within=0.1), SOUND, BOTH),
        (NOTHING_LEARNED, reaches("accuracy", bar=0.9), SOUND, ONE),
        (NOTHING_LEARNED, reaches("accuracy", bar=0.9), frozenset(), BOTH),
        (ONLY_THE_CONTROL, beats("accuracy", by=0.001), SOUND, ONE),
        (ONLY_THE_CONTROL, beats("accuracy", by=0.001), frozenset({"control"}), BOTH),
        ({"y": UNEVEN, "treatment": 0.9, "control": 0.745}, matches("accuracy", within=0.1), frozenset(), []),
    ],
)
def test_the_table_of_what_arms_that_are_not_shown_to_have_learned_withhold(
    new_run, plant, values, claim, sound, withheld
):
    run = new_run(**values)
    for arm in (0, 1):
        run = predicting(run, plant, arm=arm, counts=[16, 4])

    finding = check(replace(run, claim=claim, sound=sound, metric=METRICS["accuracy"]))

    assert finding.passed
    assert finding.withholds == withheld


@pytest.mark.parametrize(("mse", "withheld"), [(0.6, ONE), (0.353, BOTH)])
def test_an_arm_that_is_worse_than_a_constant_falls_short_of_a_margin_in_any_metric(new_run, mse, withheld):
    """The loss of a constant is not known here, as its decibels are not; its squared error is."""
    run = new_run(y=VALUES, scores={"mse": mse, "loss": mse})

    finding = check(replace(run, claim=beats("loss", by=0.1), sound=SOUND, metric=METRICS["loss"]))

    assert finding.passed
    assert finding.found.startswith("mse 0.3")
    assert finding.withholds == withheld


@pytest.mark.parametrize(("sound", "valid"), [(SOUND, True), (frozenset({"control"}), False)])
def test_an_arm_that_is_constant_or_worse_is_valid_if_it_learned_a_planted_signal(new_run, plant, sound, valid):
    """If no arm learned the data, they may have nothing to teach: labels that are noise."""
    run = predicting(new_run(y=UNEVEN, treatment=0.745, control=0.745), plant, arm=0, counts=[20, 0])
    run = predicting(run, plant, counts=[16, 4])

    assert check(replace(run, sound=sound)).passed is valid


def test_an_arm_that_is_constant_fails_where_the_other_learned(new_run, plant):
    run = predicting(new_run(y=UNEVEN, treatment=0.745, control=0.9), plant, arm=0, counts=[20, 0])

    assert not check(replace(run, sound=SOUND)).passed


def test_a_rare_class_is_judged_by_the_metric_of_the_claim(new_run):
    """Class weights raise the recall, and lower the accuracy below that of the majority class."""
    scores = {"recall": 0.8, "accuracy": 0.7, "loss": 0.5}
    varied = check(replace(new_run(y=UNEVEN, scores=scores), metric=METRICS["recall"]))

    assert varied.passed
    assert varied.withholds == []
    assert varied.found.startswith("recall 0.5 for the best constant prediction; in comparison, treatment arm +0.3")


@pytest.mark.parametrize(
    ("metric", "score", "constant"),
    [
        ("roc_auc", 0.8, "0.5"),
        ("average_precision", 0.8, "0.25"),
        ("matthews", 0.4, "0"),
        ("brier", 0.1, "0.1875"),
        ("log_loss", 0.3, "0.5623"),
    ],
)
def test_an_arm_is_shown_to_have_learned_by_the_metric_of_its_claim(new_run, metric, score, constant):
    scores = {metric: score, "accuracy": 0.745, "loss": 0.5}
    finding = check(replace(new_run(y=UNEVEN, scores=scores), metric=METRICS[metric]))

    assert finding.withholds == []
    assert finding.found.startswith(f"{metric} {constant} for the best constant prediction; in comparison, treatment")


def test_a_calibration_error_says_nothing_about_learning(new_run):
    scores = {"ece": 0.001, "accuracy": 0.9, "loss": 0.5}
    finding = check(replace(new_run(y=UNEVEN, scores=scores), metric=METRICS["ece"]))

    assert finding.found.startswith("accuracy 0.75 for the best constant prediction")
    assert finding.withholds == []


def missed(y, labels):
    return np.mean((y == 1) & (labels == 0))


def test_a_metric_of_the_users_own_is_compared_with_its_best_constant(new_run):
    """Whoever calls every row class 1 misses none, so that 0 is no sign of learning."""
    metric = Metric("missed", higher_is_better=False, unit="share", compute=missed, takes="labels").with_code("0" * 64)
    scores = {metric.key: 0.0, "accuracy": 0.745, "loss": 0.5}
    cost = Metric(
        "cost",
        higher_is_better=False,
        unit="EUR",
        compute=lambda y, labels: missed(y, labels) + missed(1 - y, 1 - labels),
        takes="labels",
    ).with_code("1" * 64)

    of_missed = check(replace(new_run(y=UNEVEN, scores=scores), metric=metric))
    of_cost = check(replace(new_run(y=UNEVEN, scores={cost.key: 0.1, "accuracy": 0.745, "loss": 0.5}), metric=cost))

    assert of_missed.found.startswith("accuracy 0.75 for the best constant")
    assert of_missed.withholds == ["supported", "refuted"]
    assert of_cost.found.startswith("cost 0.25 for the best constant prediction; in comparison, treatment arm +0.15")
    assert of_cost.withholds == []


def test_an_overconfident_classifier_is_shown_to_have_learned_by_its_accuracy(new_run, with_models):
    finding = check(with_models(new_run(scores={"accuracy": 0.9, "loss": 2.0})))

    assert finding.withholds == []
    assert "treatment arm -1.3 (better in accuracy)" in finding.found


def test_a_median_is_judged_by_the_absolute_error(new_run):
    """The median of skewed targets has a larger squared error than the mean."""
    skewed = np.exp(2 * VALUES)

    run = new_run(y=skewed, scores={"mae": 0.5, "mse": 9.0, "loss": 0.5})
    finding = check(replace(run, metric=METRICS["mae"]))

    assert finding.passed
    assert finding.withholds == []


def test_a_fit_may_be_a_constant_on_purpose(new_run, plant):
    """Such as the majority class itself, as the baseline of a claim."""
    run = predicting(new_run(y=UNEVEN, control=0.735), plant, counts=[20, 0])
    baseline = replace(run.arms[1], recipe=Recipe(Fit(lambda train, test: test.y)))

    assert check(replace(run, arms=[run.arms[0], baseline])).passed


def predicting(run, plant, *, arm=1, **predictions):
    """Give every replicate of an arm, the control arm by default, these predictions."""
    for position in range(8):
        run = plant(run, arm=arm, position=position, predictions=predictions)
    return run


def test_a_control_arm_may_be_weak_and_is_reported(new_run, plant):
    """Such as a linear model on a nonlinear problem: no better than the best constant, but not constant itself."""
    finding = check(predicting(new_run(y=UNEVEN, control=0.735), plant, counts=[16, 4]))

    assert finding.passed
    assert "control arm -0.0135 (not significant)" in finding.found


def test_a_control_arm_that_always_gives_the_same_answer_fails(new_run, plant):
    run = predicting(new_run(y=UNEVEN, control=0.735), plant, counts=[20, 0])

    assert not check(run).passed
    assert check(run).found.endswith("(constant)")
    assert check(plant(run, arm=1, position=3, predictions={"counts": [19, 1]})).passed


def test_a_control_arm_that_is_worse_than_the_best_constant_fails(new_run, plant):
    """The error of the constant is 0.25, so up to 0.275 passes."""
    assert check(predicting(new_run(y=UNEVEN, control=0.724), plant, counts=[16, 4])).passed
    finding = check(predicting(new_run(y=UNEVEN, control=0.7), plant, counts=[16, 4]))

    assert not finding.passed
    assert finding.found.endswith("(worse)")


def test_a_regression_is_compared_with_the_mean_and_lower_is_better(new_run):
    clean = check(new_run(y=VALUES, metric="mse", treatment=0.01, control=0.02))
    faulty = check(new_run(y=VALUES, metric="mse", treatment=0.02, control=0.9))

    assert clean.passed
    assert clean.control == faulty.control == "mean prediction"
    assert not faulty.passed
    assert "treatment arm +0" in faulty.found
    assert "control arm -0.5" in faulty.found


def test_the_control_arm_of_a_regression_may_be_weak_but_not_constant_or_worse(new_run, plant):
    weak = new_run(y=VALUES, metric="mse", treatment=0.01, control=0.36)
    worse = new_run(y=VALUES, metric="mse", treatment=0.01, control=0.9)

    assert check(predicting(weak, plant, mean=0.1, sd=0.01)).passed
    assert not check(predicting(weak, plant, mean=0.1, sd=0.0)).passed
    assert not check(predicting(worse, plant, mean=0.1, sd=0.1)).passed


def test_the_best_constant_is_chosen_on_the_training_fold_alone(new_run):
    """Trained on one class and tested on the other, it is always wrong."""
    run = new_run()
    zeros, ones = (np.flatnonzero(run.data.y == label) for label in (0, 1))
    cells = [Cell(r, f, *((zeros, ones) if f else (ones, zeros))) for r in (0, 1) for f in (0, 1)]

    assert check(replace(run, cells=cells)).found.startswith(
        "accuracy 0 for the best constant prediction; in comparison, treatment arm +0.9015"
    )


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_arms_without_any_spread_are_compared_by_their_means(new_run, plant, value):
    run = new_run()
    for arm in (0, 1):
        for position in range(8):
            run = plant(run, arm=arm, position=position, metrics={"accuracy": value})

    assert (check(run).withholds == []) == (value > 0.5)


def test_an_arm_that_is_not_finite_is_left_to_the_control_finite(new_run, plant):
    run = plant(new_run(), arm=0, metrics={"accuracy": None})

    assert "treatment" not in check(run).found
    assert check(plant(run, arm=1, metrics={"accuracy": None})) is None


def test_models_that_learned_nothing_pass_in_one_run_of_twenty():
    rng = np.random.default_rng(0)
    right = rng.integers(0, 2, (2000, 5, 80)).mean(axis=2)

    passed = sum(_is_clearly_positive(gains[None]) for gains in right - 0.5)

    assert 0.03 < passed / 2000 < 0.07


def test_an_objective_may_ask_for_other_values_than_the_targets(new_run):
    """A generator of faces need not reproduce the face that it is given."""
    run = new_run(y=VALUES, scores={"mse": 9.0})
    assert not check(run).passed
    arms = [
        replace(arm, recipe=Recipe(replace(arm.recipe.last, objective=lambda *args, training: 0, inherits=None)))
        for arm in run.arms
    ]

    assert check(replace(run, arms=arms)) is None


SEVERAL = np.stack([np.arange(40) % 2, np.arange(40) % 4 == 0, np.arange(40) % 3 == 0], axis=1).astype(int)


@pytest.mark.parametrize(("sd", "state"), [(0.0, "(constant)"), (0.2, "(not significant)")])
def test_an_arm_that_predicts_the_same_labels_for_every_row_is_constant(new_run, plant, sd, state):
    run = new_run(y=SEVERAL, metric="exact_match", scores={"exact_match": 0.25, "hamming": 0.4})
    finding = check(predicting(run, plant, arm=0, counts=[0, 0, 20], mean=0.3, sd=sd))

    assert state in finding.found.partition(", control")[0]
    assert finding.control == "majority class"


@pytest.mark.parametrize("is_weighted", [True, False])
def test_an_arm_with_weights_may_learn_balanced_accuracy_at_the_expense_of_accuracy(new_run, plant, is_weighted):
    """In accuracy, which the claim is about, it is worse than the majority class."""
    scores = {"accuracy": 0.6, "balanced_accuracy": 0.8, "loss": 0.5}
    run = new_run(y=UNEVEN, scores=scores)
    for arm in (0, 1):
        run = predicting(run, plant, arm=arm, counts=[16, 4])
    if is_weighted:
        arms = [
            replace(
                arm, recipe=arm.recipe.with_parts(*(replace(s, class_weight="balanced") for s in arm.recipe.stages))
            )
            for arm in run.arms
        ]
        run = replace(run, arms=arms)
    finding = check(run)
    assert finding.passed is is_weighted
    assert ("better in balanced_accuracy" in finding.found) is is_weighted
