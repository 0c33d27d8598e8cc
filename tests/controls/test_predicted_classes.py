from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from negres_core.controls.predicted_classes import check
from negres_core.run import OutputLayer

THREE = np.repeat([0, 1, 2], [20, 16, 4])  # class 2 is rare: under a sixth
EVEN = np.arange(40) % 4


@pytest.fixture
def found(new_run, plant, look):
    """Let every replicate predict some counts, and the one that is looked at some mean probabilities."""

    def found(y, counts, probabilities, *, output_layer=None, last=None):
        run = new_run(y=y)
        for arm in (0, 1):
            for position in range(8):
                given = last if last and position == 7 else counts
                run = plant(run, arm=arm, position=position, predictions={"counts": given})
        rows = np.tile(np.array(probabilities, dtype=float), (20, 1))
        return check(look(run, outputs=rows, output_layer=output_layer))

    return found


def test_classes_that_are_all_predicted_pass(found):
    finding = found(EVEN, [5, 5, 5, 5], [0.25] * 4)

    assert finding.passed
    assert finding.found == "treatment predicts 4 of 4 common classes; control predicts 4 of 4 common classes"


def test_an_output_that_cannot_answer_fails_by_its_class(found):
    finding = found(EVEN, [10, 5, 0, 5], [0.4, 0.3, 0.001, 0.299])

    assert not finding.passed
    assert finding.control == "predicted classes"
    assert "treatment predicts 3 of 4 common classes, never 2 (25.0% of rows, given 0.1%)" in finding.found


def test_a_class_that_is_given_its_share_and_is_never_the_likeliest_passes(found):
    finding = found(EVEN, [10, 5, 0, 5], [0.3, 0.25, 0.2, 0.25])

    assert finding.passed
    assert "never 2 (25.0% of rows, given 20.0%)" in finding.found


def test_one_replicate_that_predicts_it_is_enough(found):
    assert found(EVEN, [10, 5, 0, 5], [0.4, 0.3, 0.001, 0.299], last=[10, 5, 1, 4]).passed


def test_a_rare_class_is_spared(found):
    assert found(THREE, [11, 9, 0], [0.55, 0.45, 0.0]).passed


def test_one_output_answers_for_two_classes(found):
    labels = np.arange(40) % 2

    assert found(labels, [20, 0], [0.4]).passed
    assert not found(labels, [20, 0], [0.01]).passed


@pytest.mark.parametrize("probabilities", [[0.4, 0.3, 0.001, 0.299], [0.25] * 4])
def test_logits_are_read_as_the_probabilities_they_stand_for(found, probabilities):
    expected = found(EVEN, [10, 5, 0, 5], probabilities)
    output_layer = OutputLayer("linear", loss="sparse_categorical_crossentropy", logits=True)

    assert found(EVEN, [10, 5, 0, 5], np.log(probabilities), output_layer=output_layer).found == expected.found
    labels = np.arange(40) % 2
    assert not found(labels, [20, 0], [logit(0.01)], output_layer=output_layer).passed


def test_outputs_that_are_no_probabilities_are_left_alone(found, new_run):
    assert found(EVEN, [10, 5, 0, 5], [3.0, -1.0, -9.0, 0.0]) is None
    assert check(new_run(y=np.linspace(0, 1, 40), metric="mse")) is None
