from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from negres_core.controls.predicted_classes import check
from negres_core.run.models import OutputLayer

THREE = np.repeat([0, 1, 2], [20, 16, 4])  # class 2 is rare: less than a sixth of the rows
EVEN = np.arange(40) % 4


@pytest.fixture
def check_run(new_run, plant, with_models):
    """Check a run whose replicates have these counts, and whose inspected one has these mean probabilities."""

    def check_run(y, counts, probabilities, *, output_layer=None, last=None):
        run = new_run(y=y)
        for arm in (0, 1):
            for position in range(8):
                shown = last if last and position == 7 else counts
                run = plant(run, arm=arm, position=position, predictions={"counts": shown})
        rows = np.tile(np.array(probabilities, dtype=float), (20, 1))
        return check(with_models(run, outputs=rows, output_layer=output_layer))

    return check_run


def test_classes_that_are_all_predicted_pass(check_run):
    finding = check_run(EVEN, [5, 5, 5, 5], [0.25] * 4)

    assert finding.passed
    assert finding.found == "treatment arm predicts 4 of 4 common classes; control arm predicts 4 of 4 common classes"


def test_an_output_that_ignores_its_class_fails_by_name(check_run):
    finding = check_run(EVEN, [10, 5, 0, 5], [0.4, 0.3, 0.001, 0.299])

    assert not finding.passed
    assert finding.control == "predicted classes"
    shown = "treatment arm predicts 3 of 4 common classes, never 2 (25.0% of rows, mean probability 0.1%)"
    assert shown in finding.found


def test_a_class_with_its_share_of_probability_that_is_never_the_most_likely_passes(check_run):
    finding = check_run(EVEN, [10, 5, 0, 5], [0.3, 0.25, 0.2, 0.25])

    assert finding.passed
    assert "never 2 (25.0% of rows, mean probability 20.0%)" in finding.found


def test_one_replicate_that_predicts_it_is_enough(check_run):
    assert check_run(EVEN, [10, 5, 0, 5], [0.4, 0.3, 0.001, 0.299], last=[10, 5, 1, 4]).passed


def test_a_rare_class_may_never_be_predicted(check_run):
    assert check_run(THREE, [11, 9, 0], [0.55, 0.45, 0.0]).passed


def test_one_output_stands_for_two_classes(check_run):
    labels = np.arange(40) % 2

    assert check_run(labels, [20, 0], [0.4]).passed
    assert not check_run(labels, [20, 0], [0.01]).passed


@pytest.mark.parametrize("probabilities", [[0.4, 0.3, 0.001, 0.299], [0.25] * 4])
def test_logits_are_converted_to_probabilities(check_run, probabilities):
    expected = check_run(EVEN, [10, 5, 0, 5], probabilities)
    output_layer = OutputLayer("linear", loss="sparse_categorical_crossentropy", logits=True)

    assert check_run(EVEN, [10, 5, 0, 5], np.log(probabilities), output_layer=output_layer).found == expected.found
    labels = np.arange(40) % 2
    assert not check_run(labels, [20, 0], [logit(0.01)], output_layer=output_layer).passed


def test_outputs_that_are_not_probabilities_have_no_finding(check_run, new_run):
    assert check_run(EVEN, [10, 5, 0, 5], [3.0, -1.0, -9.0, 0.0]) is None
    assert check(new_run(y=np.linspace(0, 1, 40), metric="mse")) is None


SEVERAL = np.stack([np.arange(40) % 2, np.arange(40) % 4 < 3, np.arange(40) == 0], axis=1).astype(int)


def test_a_label_that_is_never_predicted_and_has_too_little_probability_fails_by_its_number(check_run):
    finding = check_run(SEVERAL, [10, 0, 0], [0.5, 0.01, 0.02])

    assert not finding.passed
    assert "predicts 1 of 2 common labels, never 1 (75.0% of rows, mean probability 1.0%)" in finding.found


def test_a_label_with_its_share_of_probability_and_a_rare_one_need_not_be_predicted(check_run):
    assert check_run(SEVERAL, [10, 0, 0], [0.5, 0.45, 0.0]).passed
    output_layer = OutputLayer("linear", loss="binary_crossentropy", logits=True)
    assert check_run(SEVERAL, [10, 0, 0], logit([0.5, 0.45, 0.02]), output_layer=output_layer).passed
    assert not check_run(SEVERAL, [10, 0, 0], logit([0.5, 0.01, 0.02]), output_layer=output_layer).passed
