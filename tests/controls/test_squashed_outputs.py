from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from negres_core.controls.squashed_outputs import check

RNG = np.random.default_rng(4)


@pytest.fixture
def check_run(new_run, with_models):
    return lambda outputs, **run: check(with_models(new_run(**run), outputs=outputs))


def logits(classes, scale, rows=400):
    """Make the logits of a network that prefers one class per row by about `scale`."""
    return scale * (np.eye(classes)[RNG.integers(0, classes, rows)] + 0.3 * RNG.normal(size=(rows, classes)))


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
@pytest.mark.parametrize("scale", [0.01, 0.3, 1, 3, 20])
def test_one_softmax_passes_however_little_was_learned(check_run, classes, scale):
    assert check_run(softmax(logits(classes, scale), axis=1)).passed


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_a_softmax_of_a_softmax_fails(check_run, classes):
    finding = check_run(softmax(softmax(logits(classes, 20), axis=1), axis=1))

    assert not finding.passed
    assert finding.control == "squashed outputs"
    assert finding.found.startswith("treatment arm has log-odds up to 1, ")


@pytest.mark.parametrize("scale", [0.01, 0.3, 1, 3, 20])
def test_one_sigmoid_passes(check_run, scale):
    assert check_run(expit(logits(2, scale)[:, :1] - scale / 2)).passed


@pytest.mark.parametrize("y", [None, np.linspace(0, 1, 40)], ids=["labels", "values"])
def test_a_sigmoid_of_a_sigmoid_fails(check_run, y):
    finding = check_run(expit(expit(logits(2, 20)[:, :1] - 10)), y=y)

    assert not finding.passed
    assert finding.found.startswith("treatment arm has log-odds from ")


def test_constant_outputs_that_happen_to_be_at_the_bound_pass(check_run):
    shares = np.array([np.e, 1.0]) / (np.e + 1)

    assert check_run(np.tile(shares, (400, 1)) + 1e-3 * RNG.normal(size=(400, 1)) * [1, -1]).passed


def test_outputs_that_are_not_probabilities_have_no_finding(check_run, new_run):
    assert check_run(logits(3, 1)) is None
    assert check_run(RNG.normal(size=(400, 1)), y=np.linspace(-1, 1, 40)) is None
    assert check(new_run()) is None
