from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.dataset import Dataset
from negres_core.engine.batch_size import refuse_batches_of_one_size
from negres_core.engine.layers import layers_of
from negres_core.engine.model import build_model, output_shape
from negres_core.errors import InputError

SEQUENCES = Dataset(x=np.zeros((6, 4, 2)), y=[0, 1, 0, 1, 0, 1], name="sequences")


def recurrent(*, stateful, **shape):
    layer = layers.LSTM(3, stateful=stateful, name="memory")
    return keras.Sequential([keras.Input(**shape), layer, layers.Dense(2, "softmax")])


def test_a_model_of_any_batch_size_passes():
    model = recurrent(stateful=False, shape=(4, 2))

    refuse_batches_of_one_size(model, layers_of(model), name="recurrent")


def test_refuses_a_batch_size_that_is_part_of_the_model():
    with pytest.raises(InputError, match="recurrent returns a model that takes only batches of one size") as caught:
        output_shape(recurrent(stateful=False, batch_shape=(3, 4, 2)), SEQUENCES, name="recurrent")
    assert "3 rows at a time" in caught.value.received
    assert "keras.Input(input_shape)" in caught.value.remedy


@pytest.mark.parametrize("shape", [{"batch_shape": (3, 4, 2)}, {"shape": (4, 2)}], ids=str)
def test_refuses_a_stateful_layer_and_does_not_advise_a_fixed_batch_size(shape):
    with pytest.raises(InputError, match="keeps its state from one batch to the next") as caught:
        output_shape(build_model(lambda: recurrent(stateful=True, **shape), SEQUENCES), SEQUENCES, name="recurrent")
    assert "stateful=True" in caught.value.received
    assert "Leave out `stateful` and the size of batches" in caught.value.remedy
