"""Which metrics there are, and which names have a parameter."""

from __future__ import annotations

import pytest

from negres_core.metrics import METRICS, OF_A_LOSS, find_metric, recorded_names


@pytest.mark.parametrize("name", ["top_2", "top_10", "pinball_0.9", "pinball_0.05", "pinball_0.975", "accuracy"])
def test_a_metric_is_found_by_its_name_and_equal_when_found_again(name):
    metric = find_metric(name)
    assert metric.name == name
    assert metric == find_metric(name)
    assert metric.key == name


@pytest.mark.parametrize(
    "name", ["top_1", "top_0", "top_", "top_03", "top_k", "pinball_0.90", "pinball_1.5", "pinball_0.0", "pinball_", "x"]
)
def test_other_names_are_no_metrics(name):
    assert find_metric(name) is None


def test_replicates_record_all_that_needs_no_parameter():
    assert "top_2" not in recorded_names("classification", classes=2)
    assert {"top_2", "top_3"} <= set(recorded_names("classification", classes=4))
    assert "top_5" not in recorded_names("classification", classes=4)
    assert "top_5" in recorded_names("classification", classes=6)
    assert recorded_names("regression") == ["mse", "mae", "r2"]
    for task in ("classification", "regression", "reconstruction"):
        assert not {*OF_A_LOSS} & set(recorded_names(task, classes=9))


def test_metrics_without_a_function_are_those_of_losses_and_images():
    without = {name for name, metric in METRICS.items() if metric.compute is None}
    assert without == {"loss", "loss_skill", "psnr", "ssim", "skill"}
