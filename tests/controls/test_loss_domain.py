from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from negres_core.controls.loss_domain import check
from negres_core.run.models import OutputLayer

NORMAL = np.random.default_rng(2).normal(size=(200, 2)) * 8
ONE = NORMAL[:, :1]
BINARY, SPARSE = "binary_crossentropy", "sparse_categorical_crossentropy"


@pytest.fixture
def check_ends(new_run, with_models):
    def check_ends(outputs, loss, *, activation=None, logits=False, y=None):
        layer = OutputLayer(activation, loss=loss, logits=logits)
        run = new_run() if y is None else new_run(y=y)
        return check(with_models(run, output_layer=layer, answers={"drawn": outputs}))

    return check_ends


@pytest.mark.parametrize(
    ("outputs", "loss", "logits"),
    [
        (expit(ONE), BINARY, False),
        (ONE, BINARY, True),
        (softmax(NORMAL, axis=1), SPARSE, False),
        (NORMAL, SPARSE, True),
        (expit(NORMAL), BINARY, False),
        (np.zeros_like(NORMAL), SPARSE, True),
    ],
    ids=["sigmoid", "one logit", "softmax", "logits", "sigmoid per pixel", "dead logits"],
)
def test_outputs_that_the_loss_takes_pass(check_ends, outputs, loss, logits):
    finding = check_ends(outputs, loss, logits=logits)

    assert finding.passed
    assert f"ends in {'logits' if logits else 'probabilities'}, as its loss expects" in finding.found


@pytest.mark.parametrize(
    ("outputs", "loss", "logits", "found"),
    [
        (ONE, BINARY, False, "but its loss takes probabilities"),
        (np.maximum(ONE, 0), BINARY, False, "has outputs from 0 to"),
        (NORMAL, SPARSE, False, "but its loss takes probabilities"),
        (expit(NORMAL), SPARSE, False, "and its loss takes a distribution"),
        (expit(ONE), BINARY, True, "but its loss takes logits"),
        (softmax(NORMAL / 8, axis=1), SPARSE, True, "but its loss takes logits"),
        (np.ones_like(ONE), BINARY, False, "an output of 1 for every row"),
        (np.ones_like(ONE), "mean_squared_error", False, "an output of 1 for every row"),
    ],
    ids=["linear", "relu", "two linear", "two sigmoids", "sigmoid", "softmax", "softmax of one", "the same, of values"],
)
def test_outputs_that_the_loss_does_not_take_fail(check_ends, outputs, loss, logits, found):
    finding = check_ends(outputs, loss, logits=logits)

    assert not finding.passed
    assert finding.control == "loss domain"
    assert found in finding.found


def test_a_sigmoid_that_is_far_from_its_ends_is_known_by_its_name(check_ends):
    outputs = expit(ONE / 100)

    assert not check_ends(outputs, BINARY, activation="sigmoid", logits=True).passed
    assert check_ends(outputs, BINARY, logits=True).passed


@pytest.mark.parametrize("loss", ["mean_squared_error", None])
def test_other_losses_have_no_finding(check_ends, loss):
    assert check_ends(NORMAL, loss) is None


def test_models_that_are_not_finite_or_not_there_have_no_finding(check_ends, new_run):
    assert check_ends(NORMAL[:0], SPARSE) is None
    assert check(new_run()) is None


SEVERAL = np.arange(40)[:, None] // [1, 2] % 2


def test_probabilities_of_several_labels_have_no_fixed_sum(check_ends):
    assert check_ends(expit(NORMAL), BINARY, y=SEVERAL).passed
    assert check_ends(NORMAL, BINARY, logits=True, y=SEVERAL).passed
    finding = check_ends(softmax(NORMAL, axis=1), BINARY, activation="softmax", y=SEVERAL)

    assert not finding.passed
    assert "has outputs with a sum of 1, as a softmax has, but a row may have several labels or none" in finding.found
    assert not check_ends(softmax(NORMAL, axis=1), BINARY, activation="softmax", logits=True, y=SEVERAL).passed
