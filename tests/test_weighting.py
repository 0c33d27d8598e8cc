"""Weights of rows in training, against scikit-learn and Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from negres_core.errors import InputError
from negres_core.weighting import check_class_weight, weights_of_classes, weights_of_rows, with_same_shares

Y = np.array([0, 0, 0, 0, 0, 0, 2, 2, 3], dtype=np.int32)
WEIGHTS = np.linspace(0.5, 2, len(Y), dtype=np.float32)


@pytest.mark.parametrize("sample_weight", [None, WEIGHTS])
def test_balanced_weights_are_those_of_scikit_learn(sample_weight):
    classes = np.unique(Y)
    expected = compute_class_weight("balanced", classes=classes, y=Y, sample_weight=sample_weight)
    assert weights_of_classes("balanced", Y, sample_weight) == pytest.approx(
        dict(zip(classes.tolist(), expected, strict=True))
    )


def test_weights_of_rows_and_classes_are_multiplied():
    given = check_class_weight({0: 2, 3: 0.5})
    of_class = np.array([2] * 6 + [1, 1, 0.5])
    assert weights_of_rows(given, Y).tolist() == of_class.tolist()
    assert weights_of_rows(given, Y, WEIGHTS) == pytest.approx(of_class * WEIGHTS)
    assert weights_of_rows(given, Y).dtype == np.float32


def test_keras_gives_rows_the_same_weights():
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

    given = {0: 2.0, 2: 0.25, 7: 9.0}
    np.testing.assert_array_equal(
        weights_of_rows(check_class_weight(given), Y), class_weight_to_sample_weights(Y, given)
    )


def test_without_weights_there_are_none():
    assert weights_of_rows(None, Y) is None
    assert weights_of_rows(None, Y, WEIGHTS) is WEIGHTS


def test_a_class_whose_rows_have_weight_0_needs_no_weight():
    weights = weights_of_rows("balanced", Y, np.where(Y == 2, 0, 1).astype(np.float32))
    assert np.isfinite(weights).all()
    assert weights[Y == 2].tolist() == [0, 0]


def test_weights_can_be_hashed_and_given_again():
    given = check_class_weight({np.int64(1): np.float32(3), 0: 1})
    assert given == ((0, 1.0), (1, 3.0))
    assert check_class_weight(given) == given
    assert {given}


@pytest.mark.parametrize(
    "given",
    [
        "auto",
        3,
        [1.0, 9.0],
        np.array([1.0, 9.0]),
        {0: -1.0},
        {0: np.nan},
        {"a": 1.0},
        {-1: 1.0},
        {True: 1.0},
        {},
        {0: 0},
    ],
)
def test_anything_else_is_refused(given):
    with pytest.raises(InputError, match="class_weight"):
        check_class_weight(given)


def test_few_rows_have_the_shares_of_all_rows():
    every, few = np.repeat([0, 1], [950, 50]), np.repeat([0, 1], [100, 50])
    weights = with_same_shares(((1, 19.0),), few, of=every)
    in_training = weights_of_rows(weights, few)
    assert in_training[few == 0].sum() == pytest.approx(in_training[few == 1].sum())
    assert with_same_shares("balanced", few, of=every) == "balanced"
    assert with_same_shares(None, few, of=every) is None
