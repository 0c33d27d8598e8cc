from __future__ import annotations

import numpy as np
import pytest

from negres_core.claim import beats, reaches
from negres_core.errors import InputError
from negres_core.metrics import (
    METRICS,
    Metric,
    entropy,
    floor_of,
    loss_skill,
    metric_of,
    score_images,
    score_labels,
    score_values,
)


def test_labels_are_scored_as_by_hand():
    # Found of class 0: 2 of 3 rows, by 3 predictions; of class 1: 1 of 2, by 3; of class 2: 0 of 1, by none.
    scores = score_labels(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1]))

    assert scores == pytest.approx(
        {
            "accuracy": 3 / 6,
            "precision": (2 / 3 + 1 / 3 + 0) / 3,
            "recall": (2 / 3 + 1 / 2 + 0) / 3,
            "f1": (2 / 3 + 2 / 5 + 0) / 3,
        }
    )
    assert {type(value) for value in scores.values()} == {float}


def test_a_class_that_is_only_predicted_is_no_class_of_the_average():
    scores = score_labels(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 7]))

    assert scores["recall"] == pytest.approx((1 + 1 / 2) / 2)
    assert scores["precision"] == 1.0


def test_values_are_scored_as_by_hand():
    scores = score_values(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]))

    # Squared errors sum to 9; the squared deviations from the mean to 2.
    assert scores == pytest.approx({"mse": 3.0, "mae": 1.0, "r2": 1 - 9 / 2})


def test_columns_of_values_count_alike():
    y = np.array([[0.0, 0.0], [2.0, 20.0]])

    assert score_values(y, np.array([[1.0, 10.0], [1.0, 10.0]])) == pytest.approx({"mse": 50.5, "mae": 5.5, "r2": 0.0})


@pytest.mark.parametrize(
    ("task", "scored"),
    [
        ("classification", score_labels(np.array([0, 1]), np.array([0, 1]))),
        ("regression", score_values(np.array([0.0, 1.0]), np.array([0.0, 1.0]))),
    ],
)
def test_every_metric_of_a_task_is_computed(task, scored):
    """All but the loss, which the engine knows."""
    assert {name for name, metric in METRICS.items() if task in metric.tasks} == {*scored, "loss"}


@pytest.mark.parametrize(("name", "higher"), [("accuracy", True), ("f1", True), ("loss", False), ("mse", False)])
def test_a_metric_knows_its_direction(name, higher):
    task = METRICS[name].tasks[0]

    assert metric_of(beats(name), task=task).higher_is_better is higher


def test_a_perfect_score_lies_in_the_direction_of_better():
    y = np.array([0.0, 1.0, 2.0])
    perfect, poor = score_values(y, y), score_values(y, y[::-1])

    assert all((perfect[name] > poor[name]) == METRICS[name].higher_is_better for name in perfect)


@pytest.mark.parametrize(
    ("claim", "task", "known"),
    [
        (beats("acuracy", by=0.01), "classification", "accuracy, precision, recall, f1, loss"),
        (reaches("psnr", bar=20), "classification", "accuracy, precision, recall, f1, loss"),
        (reaches("accuracy", bar=0.5), "regression", "loss, mse, mae, r2"),
        (beats("mse"), "classification", "accuracy, precision, recall, f1, loss"),
    ],
)
def test_refuses_a_metric_that_does_not_exist_for_the_task(claim, task, known):
    with pytest.raises(InputError, match=f"There is no metric '{claim.metric}' for {task}") as caught:
        metric_of(claim, task=task)
    assert f"Received: {claim}\n" in str(caught.value)
    assert f"Use one of: {known}." in str(caught.value)


RANK = Metric("rank", True, "rank")


def test_a_fit_may_have_metrics_of_its_own_and_those_of_every_task():
    assert metric_of(reaches("rank", bar=0.5), task="reconstruction", own=[[RANK]]) == RANK
    assert metric_of(beats("accuracy"), task="reconstruction", own=[[], [RANK]]) == METRICS["accuracy"]
    assert metric_of(beats("psnr"), task="reconstruction", own=[[], None]) == METRICS["psnr"]


@pytest.mark.parametrize(
    ("claim", "own", "wrong"),
    [
        (beats("rank"), [[RANK], None], "There is no metric 'rank' for reconstruction"),
        (beats("rank"), [[], [RANK]], "There is no metric 'rank' for a fit"),
        (beats("loss"), [[]], "There is no metric 'loss' for a fit"),
        (beats("rank"), [[RANK], [Metric("rank", False, "place")]], "The arms mean different things by the metric"),
    ],
)
def test_refuses_a_metric_that_one_arm_does_not_have(claim, own, wrong):
    with pytest.raises(InputError, match=wrong):
        metric_of(claim, task="reconstruction", own=own)


FACES = np.random.default_rng(0).uniform(size=(5, 16, 16, 3)).astype(np.float32)
BLURRED = (FACES + 0.1).astype(np.float32)


def test_images_are_scored_as_by_scikit_image():
    from skimage import metrics

    scores = score_images(FACES, BLURRED, mean=np.full((16, 16, 3), 0.5, np.float32), span=1.0)

    pairs = list(zip(FACES, BLURRED, strict=True))
    psnr = np.mean([metrics.peak_signal_noise_ratio(y, out, data_range=1.0) for y, out in pairs])
    ssim = np.mean([metrics.structural_similarity(y, out, channel_axis=-1, data_range=1.0) for y, out in pairs])
    assert scores["psnr"] == pytest.approx(psnr)
    assert scores["ssim"] == pytest.approx(ssim, rel=1e-5)
    assert scores["skill"] == pytest.approx(1 - 0.01 / np.mean((FACES - 0.5) ** 2), rel=1e-4)


def test_the_scale_of_images_does_not_change_their_scores():
    scores = score_images(FACES, BLURRED, mean=FACES.mean(axis=0), span=1.0)
    bytes_scores = score_images(255 * FACES, 255 * BLURRED, mean=255 * FACES.mean(axis=0), span=255.0)

    assert bytes_scores == pytest.approx(scores, rel=1e-4)


def test_a_perfect_image_has_the_ratio_of_rounding_to_8_bits():
    perfect = score_images(FACES, FACES, mean=FACES.mean(axis=0), span=1.0)
    rounded = score_images(FACES, np.round(FACES * 255) / 255, mean=FACES.mean(axis=0), span=1.0)

    assert perfect["psnr"] == pytest.approx(10 * np.log10(12 * 255**2))
    assert perfect["psnr"] == pytest.approx(rounded["psnr"], abs=0.3)


@pytest.mark.parametrize(("size", "known"), [(6, True), (3, True), (2, False)])
def test_small_images_have_a_similarity_from_3_pixels(size, known):
    small = FACES[:, :size, :size]

    ssim = score_images(small, small, mean=small.mean(axis=0), span=1.0)["ssim"]

    assert ssim == pytest.approx(1.0) if known else np.isnan(ssim)


def test_equal_images_leave_nothing_to_have_skill_in():
    same = np.zeros((2, 8, 8, 3), np.float32)

    assert score_images(same, same, mean=same[0], span=1.0)["skill"] == 0.0


def test_a_loss_has_skill_between_the_constant_and_its_floor():
    assert loss_skill(0.6, trivial=0.6, floor=0.5) == 0.0
    assert loss_skill(0.5, trivial=0.6, floor=0.5) == 1.0
    assert loss_skill(0.5, trivial=0.5, floor=0.5) == 0.0


def test_the_floor_of_a_cross_entropy_is_the_entropy_of_its_targets():
    import keras

    y = FACES.reshape(5, -1)

    assert floor_of("binary_crossentropy", y) == entropy(y)
    assert entropy(y) == pytest.approx(float(keras.losses.BinaryCrossentropy()(y, y)), rel=1e-5)
    assert (floor_of("mean_squared_error", y), floor_of(None, y), floor_of("poisson", y)) == (0.0, None, None)
