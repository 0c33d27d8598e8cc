"""Classes that come later: what an expanded network keeps, and how forgetting is measured."""

import numpy as np
from keras import ops

from benchmarks.growth.incremental import accuracy_of, among, expandable, of_old_classes, old_part

X = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)


def test_an_expanded_network_has_the_old_part_as_it_was():
    small, large, part = (
        expandable((6,), 5, old=2, units=4),
        expandable((6,), 5, old=2, units=4, new_units=3),
        old_part((6,), old=2, units=4),
    )
    for model in (small, large):
        for layer in part.layers:
            assert [w.shape for w in model.get_layer(layer.name).weights] == [w.shape for w in layer.weights]
    assert [model.get_layer("new_classes").kernel.shape for model in (small, large)] == [(4, 3), (7, 3)]
    np.testing.assert_allclose(np.sum(large(X), axis=1), 1, rtol=1e-5)
    assert large(X).shape == (20, 5)


def test_rows_of_some_classes_are_told_from_each_other_alone():
    model, y = expandable((6,), 5, old=2, units=4), np.resize(np.arange(5), 20)
    loss = among(model, X, y[:, None], training=True, classes=range(2, 5))

    rows = y >= 2
    told = ops.convert_to_numpy(model(X))[rows, 2:]
    told = told / told.sum(axis=1, keepdims=True)
    expected = -np.mean(np.log(told[np.arange(rows.sum()), y[rows] - 2]))
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_a_batch_without_a_row_of_these_classes_has_no_loss():
    model = expandable((6,), 5, old=2, units=4)

    assert float(among(model, X, np.zeros(20), training=True, classes=range(2, 5))) == 0


def test_forgetting_is_measured_on_rows_of_old_classes_among_all_classes():
    targets = np.array([0, 1, 1, 2, 2])
    probabilities = np.eye(3)[[0, 1, 2, 0, 0]]

    assert accuracy_of(targets, probabilities, old=2) == 2 / 3
    assert accuracy_of(np.full(3, 2), np.eye(3), old=2) == 1
    metric = of_old_classes(2)
    assert metric.compute(targets, probabilities) == 2 / 3
    assert (metric.higher_is_better, metric.unit) == (True, "accuracy")
