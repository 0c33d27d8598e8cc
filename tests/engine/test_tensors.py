"""A tensor becomes a plain number."""

from keras import ops

from negres_core.engine.tensors import number_of


def test_a_tensor_becomes_a_number():
    number = number_of(ops.mean(ops.convert_to_tensor([1.0, 2.0])))

    assert (number, type(number)) == (1.5, float)
