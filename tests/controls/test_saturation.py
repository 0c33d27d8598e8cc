from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.saturation import check
from negres_core.run.models import OutputLayer

SIGMOID, RELU = OutputLayer("sigmoid", 0.0, 1.0), OutputLayer("relu", 0.0, np.inf)
RNG = np.random.default_rng(3)
GREY = RNG.uniform(0.05, 0.95, (40, 12))
DARK = np.where(RNG.random((40, 12)) < 0.6, 0.0, GREY)


@pytest.fixture
def check_run(new_run, with_models):
    """Check a run whose outputs are a function of the targets of the test fold."""

    def check_run(y, answer, output_layer=SIGMOID):
        run = new_run(y=y, metric="mse")
        targets = run.data.y[run.cells[0].test]
        return check(with_models(run, output_layer=output_layer, predicted=answer(targets)))

    return check_run


@pytest.mark.parametrize("y", [GREY, DARK], ids=["grey", "dark"])
@pytest.mark.parametrize("output_layer", [SIGMOID, RELU], ids=["sigmoid", "relu"])
def test_outputs_like_their_targets_pass(check_run, y, output_layer):
    assert check_run(y, lambda targets: 0.8 * targets + 0.1 * RNG.random(targets.shape), output_layer).passed
    assert check_run(y, lambda targets: targets, output_layer).passed


def test_black_and_white_targets_may_have_black_and_white_outputs(check_run):
    assert check_run(np.round(GREY), lambda targets: targets).passed


@pytest.mark.parametrize(
    "answer",
    [np.round, np.ones_like, np.zeros_like, lambda targets: 1 / (1 + np.exp(-150 * (targets - 0.5)))],
    ids=["rounded", "ones", "zeros", "steep"],
)
def test_outputs_pressed_against_the_ends_fail(check_run, answer):
    finding = check_run(GREY, answer)

    assert not finding.passed
    assert finding.control == "saturation"


def test_outputs_rounded_to_few_levels_fail_even_if_none_is_at_an_end(check_run):
    finding = check_run(GREY, lambda targets: 0.2 + np.round(targets * 3) / 6, OutputLayer("linear"))

    assert not finding.passed
    assert (
        "treatment arm has 0.0% of outputs and 0.0% of targets at an end of the outputs' range, "
        "4 distinct outputs and 240 distinct targets"
    ) in finding.found


def test_a_relu_whose_outputs_are_all_zero_fails(check_run):
    assert not check_run(GREY, np.zeros_like, RELU).passed


def test_few_distinct_inputs_may_have_few_distinct_outputs(new_run, with_models):
    run = new_run(y=RNG.random(40), metric="mse")
    inputs = np.round(run.data.x[:, :1])
    data = type(run.data)(x=np.tile(inputs, 3), y=run.data.y, name="coarse")
    answers = inputs[run.cells[0].test, 0] * 0.3 + 0.2

    coarse = check(with_models(type(run)(data, run.design, run.cells, run.arms), predicted=answers))
    fine = check(with_models(run, predicted=answers))

    assert coarse.passed
    assert not fine.passed


def test_a_classification_has_no_finding(new_run, with_models):
    assert check(with_models(new_run())) is None
    assert check(new_run(y=GREY, metric="mse")) is None
