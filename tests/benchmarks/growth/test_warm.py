"""Warm starts: how far weights are shrunk and perturbed."""

import numpy as np

from benchmarks.growth.models import mlp
from benchmarks.growth.warm import shrink_and_perturb, with_new_outputs


def test_weights_are_shrunk_and_perturbed():
    parent, model, other = (mlp((40,), 10, widths=(50,)) for _ in range(3))
    parent.layers[-1].bias.assign(np.arange(10))
    shrink_and_perturb(model, parent, 1)
    shrink_and_perturb(other, parent, 2)
    noise = [ours - 0.6 * theirs for ours, theirs in zip(model.get_weights(), parent.get_weights(), strict=True)]

    assert abs(np.std(noise[0]) - 0.01) < 0.001
    assert abs(np.mean(noise[0])) < 0.001
    assert 0 < np.abs(noise[-1]).max() < 0.05
    assert np.abs(model.get_weights()[0] - other.get_weights()[0]).min() > 0


def test_outputs_may_start_anew():
    model, other = mlp((40,), 10, widths=(50,)), mlp((40,), 10, widths=(50,))
    hidden = model.get_layer("hidden_1").get_weights()
    before = model.get_layer("classes").get_weights()
    with_new_outputs(model, None, 2**32 - 1)
    with_new_outputs(other, None, 2)  # under TensorFlow, Keras takes seeds modulo 2**31 - 2, so that 1 is the other one

    for now, then in zip(model.get_layer("hidden_1").get_weights(), hidden, strict=True):
        np.testing.assert_array_equal(now, then)
    for known in (before, other.get_layer("classes").get_weights()):
        assert np.abs(model.get_layer("classes").get_weights()[0] - known[0]).min() > 0
