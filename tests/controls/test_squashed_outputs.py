from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from negres_core.controls.squashed_outputs import check

RNG = np.random.default_rng(4)


@pytest.fixture
def found(new_run, look):
    return lambda outputs, **run: check(look(new_run(**run), outputs=outputs))


def logits(classes, scale, rows=400):
    """What a net says that is `scale` sure of a class a row."""
    return scale * (np.eye(classes)[RNG.integers(0, classes, rows)] + 0.3 * RNG.normal(size=(rows, classes)))


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
@pytest.mark.parametrize("scale", [0.01, 0.3, 1, 3, 20])
def test_one_softmax_passes_however_little_was_learned(found, classes, scale):
    assert found(softmax(logits(classes, scale), axis=1)).passed


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_a_softmax_of_a_softmax_fails(found, classes):
    finding = found(softmax(softmax(logits(classes, 20), axis=1), axis=1))

    assert not finding.passed
    assert finding.control == "squashed outputs"
    assert finding.found.startswith("treatment log-odds up to 1, ")


@pytest.mark.parametrize("scale", [0.01, 0.3, 1, 3, 20])
def test_one_sigmoid_passes(found, scale):
    assert found(expit(logits(2, scale)[:, :1] - scale / 2)).passed


@pytest.mark.parametrize("y", [None, np.linspace(0, 1, 40)], ids=["labels", "values"])
def test_a_sigmoid_of_a_sigmoid_fails(found, y):
    finding = found(expit(expit(logits(2, 20)[:, :1] - 10)), y=y)

    assert not finding.passed
    assert finding.found.startswith("treatment log-odds from ")


def test_rows_that_all_get_the_shares_of_classes_that_are_e_to_1_pass(found):
    shares = np.array([np.e, 1.0]) / (np.e + 1)

    assert found(np.tile(shares, (400, 1)) + 1e-3 * RNG.normal(size=(400, 1)) * [1, -1]).passed


def test_outputs_that_are_no_probabilities_are_left_alone(found, new_run):
    assert found(logits(3, 1)) is None
    assert found(RNG.normal(size=(400, 1)), y=np.linspace(-1, 1, 40)) is None
    assert check(new_run()) is None
