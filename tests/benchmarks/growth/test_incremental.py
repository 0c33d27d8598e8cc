"""Classes that come later: what an expanded network keeps, and how forgetting is measured."""

import numpy as np

from benchmarks.growth.incremental import accuracy_of, expandable, of_old_classes, old_part, weights_of

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


def test_class_weights_select_classes():
    assert weights_of(range(1, 3), 4) == {0: 0.0, 1: 1.0, 2: 1.0, 3: 0.0}


def test_forgetting_is_measured_on_rows_of_old_classes_among_all_classes():
    targets = np.array([0, 1, 1, 2, 2])
    probabilities = np.eye(3)[[0, 1, 2, 0, 0]]

    assert accuracy_of(targets, probabilities, old=2) == 2 / 3
    metric = of_old_classes(2)
    assert metric.compute(targets, probabilities) == 2 / 3
    assert (metric.higher_is_better, metric.unit) == (True, "accuracy")
