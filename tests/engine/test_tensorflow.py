"""The functions that the engines need from TensorFlow."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from negres_core.engine.tensorflow import compile_program, put, release, stateless_optimizer, trace, value_and_gradient


def test_an_array_is_put_as_it_is():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(put(array).numpy(), array)


@pytest.mark.parametrize("jit", [True, False])
def test_a_program_is_traced_once_for_all_integers_and_once_per_shape(jit):
    traces = []

    def scale(factor, values):
        traces.append(values.shape)
        return ops.cast(factor, "float32") * values

    program = compile_program(scale, jit=jit)
    for factor in range(4):
        np.testing.assert_array_equal(program(factor, put(np.ones(3, np.float32))), np.full(3, factor))
    assert len(traces) == 1
    program(1, put(np.ones(4, np.float32)))
    assert len(traces) == 2


def test_a_traced_program_is_compiled_by_another_thread_and_traced_once():
    traces = []

    def double(values):
        traces.append(threading.current_thread())
        return 2 * values

    program, values = compile_program(double, jit=True), put(np.ones(3, np.float32))
    compile_traced = trace(program, values)
    assert traces == [threading.main_thread()]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(compile_traced).result()
    np.testing.assert_array_equal(program(values), [2, 2, 2])
    assert len(traces) == 1


def looked_up(values):
    return tf.strings.length(tf.strings.as_string(values))  # XLA has no texts


HELD = tf.constant(np.ones(3, np.float32))


def holding(values):
    return values + HELD


@pytest.mark.parametrize("function", [looked_up, holding])
def test_what_is_no_program_of_a_session_is_called_in_one_step(function):
    """Tracing or compiling fails; a call finds another way."""
    program, values = compile_program(function, jit=True), put(np.ones(3, np.float32))
    compile_traced = trace(program, values)
    if compile_traced is not None:
        with pytest.raises(tf.errors.OpError):
            compile_traced()
    assert program(values).shape == (3,)
    assert trace(program, values) is None


def test_a_program_that_is_not_compiled_by_xla_is_called_in_one_step():
    assert trace(compile_program(tf.square, jit=False), put(np.ones(3, np.float32))) is None


def test_many_programs_cause_no_warning_of_retracing(caplog):
    def double(values):
        return 2 * values

    for length in range(1, 9):
        compile_program(double, jit=False)(put(np.ones(length, np.float32)))
    assert "retracing" not in caplog.text


def test_the_gradient_of_a_weight_that_the_loss_ignores_is_zero():
    weights = [put(np.array([1.0, 2.0], np.float32)), put(np.ones(3, np.float32))]
    (loss, more), gradient = value_and_gradient(lambda values: (ops.sum(values[0] ** 2), "more"), weights)
    assert (float(loss), more) == (5.0, "more")
    np.testing.assert_allclose(gradient[0], [2, 4])
    np.testing.assert_allclose(gradient[1], [0, 0, 0])


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without a config, which Keras cannot recreate."""

    def __call__(self, step):
        return 0.1 * 0.5 ** ops.cast(step, "float32")


class Doubling(keras.optimizers.SGD):
    """An optimizer with a custom step, which calls Keras' own."""

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        super()._backend_update_step([2 * gradient for gradient in grads], trainable_variables, learning_rate)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.SGD(0.1),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.SGD(Halving()),
        lambda: keras.optimizers.Adam(0.1, amsgrad=True, global_clipnorm=0.5),
        lambda: keras.optimizers.AdamW(0.1, weight_decay=0.3),
        lambda: keras.optimizers.RMSprop(0.1, centered=True),
        lambda: keras.optimizers.Adagrad(0.1),
        lambda: keras.optimizers.Lion(0.1),
        lambda: keras.optimizers.Ftrl(0.1),
        lambda: keras.optimizers.Nadam(0.1),
        lambda: Doubling(0.1, momentum=0.5),
    ],
    ids=["sgd", "momentum", "schedule", "adam", "adamw", "rmsprop", "adagrad", "lion", "ftrl", "nadam", "own step"],
)
def test_a_stateless_step_equals_the_stateful_step(make):
    variables = [keras.Variable([1.0, -2.0]), keras.Variable([[3.0]])]
    gradients = [ops.convert_to_tensor([0.5, -1.0]), ops.convert_to_tensor([[2.0]])]
    stateless = stateless_optimizer(make())
    stateless.build(variables)
    values, state = [v.value for v in variables], [v.value for v in stateless.variables]
    for _ in range(3):
        values, state = stateless.stateless_apply(state, gradients, values)
    np.testing.assert_array_equal(variables[0], [1, -2], err_msg="the variables themselves were changed")
    plain = make()
    for _ in range(3):
        plain.apply(gradients, variables)
    for value, variable in zip(values, variables, strict=True):
        np.testing.assert_allclose(value, variable, rtol=1e-6)


def test_a_function_that_xla_cannot_compile_runs_as_a_graph():
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([3, 17], [1, 2]), default_value=0)
    look_up = compile_program(table.lookup, jit=True)
    for _ in range(2):
        np.testing.assert_array_equal(look_up(tf.constant([17, 3, 5])), [2, 1, 0])


def test_a_function_that_holds_a_tensor_is_compiled_too():
    held = tf.constant(np.arange(1000, dtype=np.float32))
    program = compile_program(lambda x: x + held, jit=True)
    for shift in (1, 2):
        np.testing.assert_array_equal(program(put(np.full(1000, shift, np.float32))), np.arange(1000) + shift)


@pytest.mark.parametrize("jit", [True, False])
def test_tensors_are_compared_by_value(jit):
    program = compile_program(lambda x: (x == 1, x != 1), jit=jit)

    equal, other = program(np.array([0, 1, 2], np.int32))

    np.testing.assert_array_equal(equal, [False, True, False])
    np.testing.assert_array_equal(other, [True, False, True])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "bool"])
def test_arguments_and_results_keep_their_dtypes_and_structure(dtype):
    program = compile_program(lambda pair, named: ([pair[1], pair[0]], named["b"]), jit=True)
    one, other = (tf.cast(tf.constant(values), dtype) for values in ([0, 1], [1, 1]))
    (first, second), third = program([one, other], {"b": one})
    for array, tensor in ((first, other), (second, one), (third, one)):
        assert tf.as_dtype(array.dtype) == tensor.dtype
        np.testing.assert_array_equal(tf.constant(array), tensor)


def test_what_a_program_compiled_is_freed_and_compiled_again_if_it_is_called(monkeypatch):
    """XLA's executables are freed with the session that they were compiled in."""
    sessions, closed, make = [], [], tf.compat.v1.Session

    class Session(make):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            sessions.append(self)

        def close(self):
            closed.append(self)
            super().close()

    monkeypatch.setattr(tf.compat.v1, "Session", Session)
    program = compile_program(lambda x: 2 * x, jit=True)
    for length in (3, 4):
        program(put(np.ones(length, np.float32)))
    release(program)
    assert sessions == closed
    assert len(closed) == 1

    np.testing.assert_array_equal(program(put(np.ones(3, np.float32))), [2, 2, 2])
    assert len(sessions) == 2
    release(program)
    release(compile_program(lambda x: x, jit=False))  # a graph is freed when nothing refers to it
    assert sessions == closed


def test_on_a_gpu_data_stay_there(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    program = compile_program(lambda x: 2 * x, jit=True)
    assert isinstance(program(put(np.ones(3, np.float32))), tf.Tensor)


def test_an_error_of_the_function_itself_is_raised():
    with pytest.raises(tf.errors.InvalidArgumentError):
        compile_program(lambda x: tf.debugging.check_numerics(x, "what"), jit=False)(tf.constant([np.nan]))
    with pytest.raises(RuntimeError, match="its own"):
        compile_program(_fail, jit=True)(tf.constant([1.0]))


def _fail(x):
    raise RuntimeError("its own")


def test_tensorflow_is_the_backend_of_these_tests():
    assert keras.backend.backend() == "tensorflow"
    assert tf.executing_eagerly()


LARGE = """
import keras
import numpy as np
from keras import layers
from negres_core import Dataset, Recipe, Stage
from negres_core.design import Cell
from negres_core.engine import compiled
from negres_core.engine.contract import Job
from negres_core.engine.device import choose_device

images = np.random.default_rng(0).random((20_000, 32, 32, 3), dtype=np.float32)

def build(input_shape):
    convolution = layers.Conv2D(4, 3, strides=2, padding="same", activation="elu")
    back = layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="sigmoid")
    return keras.Sequential([keras.Input(input_shape), convolution, back])

recipe = Recipe(Stage(build, loss="binary_crossentropy", epochs=1, batch_size=64))
order = np.arange(20_000, dtype=np.int32)
cells = [Cell(0, i, order[:rows], order[rows : rows + 50]) for i, rows in enumerate(range(1270, 1334, 8))]
data = Dataset(x=images, y=images, name="large")
for job, result in compiled.train(recipe, data, [Job(cell, 0) for cell in cells], device=choose_device("cpu")):
    print(job.cell.fold, result.finite)
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the graph optimizer is TensorFlow's")
def test_folds_of_several_sizes_of_large_data_do_not_crash_the_process():
    """TensorFlow's graph optimizer mostly crashed from 200 MB on. The test runs in its own process to survive that."""
    run = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=False)

    assert run.stdout.split() == [word for fold in range(8) for word in (str(fold), "True")], run.stderr[-2000:]
