"""The functions that the engines need from TensorFlow."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.config_pb2 import CallableOptions

from negres_core.arrays import Named, map_arrays
from negres_core.engine.contract import NotBatchableError

# If the arguments of a graph take more than 200 MB, TensorFlow's graph optimizer turns sums of gradients into temporary
# variables, and two traces of one loop then crash the process. This step cannot be switched off separately. The whole
# optimizer has no measurable benefit here: an epoch of a convolutional autoencoder takes 0.50 to 0.54 s with it and
# 0.49 to 0.60 s without, in one run.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


NOT_COMPILABLE = (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError, tf.errors.NotFoundError)
"""The errors by which XLA refuses an operation."""

XLA_WORDS = ("XLA", "unsupported operations")
"""Words of which one is in the message of such an error."""

HELD_TENSOR = "capture an EagerTensor"
"""Words in the message of the error of a graph that reaches a tensor from outside."""


class Scope(keras.StatelessScope):
    """The scope of a call of a model, in which gradients end at a variable, as in keras.Model.fit under TensorFlow.

    A layer that reads what it has just assigned would otherwise get a gradient through the assigned value.
    """

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Remember the new value of a variable."""
        variable, value = update
        super().add_update((variable, tf.stop_gradient(value)))


def put(arrays: Named[np.ndarray], device: str | None = None) -> Any:
    """Place an array, or several by name, on a device, or on the default one."""
    with tf.device(device):
        return map_arrays(tf.constant, arrays)


def compile_program(function: Callable[..., Any], *, jit: bool) -> Callable[..., Any]:
    """Compile a function of tensors, with XLA if `jit` and if XLA can; a Python integer becomes a tensor."""
    if not jit:
        return _Graph(function)
    # A session takes its arguments from the memory of the processor, which costs nothing there.
    return _Graph(function, jit=True) if tf.config.list_physical_devices("GPU") else _SessionProgram(function)


def trace(program: Callable[..., Any], *arguments: Any) -> Callable[[], Any] | None:
    """Trace a compiled function for some arguments, and return what compiles it, in whatever thread that is called.

    None if tracing and compiling are one step, for which the function has to be called.
    """
    return program.trace(*arguments) if isinstance(program, _SessionProgram) else None


def release(program: Callable[..., Any]) -> None:
    """Free what a compiled function holds, if it can be freed; if it is called again, it is compiled again."""
    if isinstance(program, _SessionProgram):
        program.release()


def _array_of(value: Any) -> np.ndarray:
    """Return a tensor, an array or a Python integer as an array, without copying what a tensor holds."""
    if isinstance(value, tf.Tensor):
        try:
            return np.asarray(memoryview(value))
        except (BufferError, TypeError, ValueError):  # NumPy has no buffers of bfloat16
            return np.asarray(value)
    return np.asarray(value, np.int32 if isinstance(value, int) else None)


def _is_refusal(error: Exception) -> bool:
    """Return whether XLA cannot compile an operation: it has no tables and no strings."""
    return isinstance(error, NOT_COMPILABLE) and any(words in str(error) for words in XLA_WORDS)


class _Graph:
    """A function that TensorFlow traces and calls eagerly, compiled with XLA if `jit` and if XLA can."""

    def __init__(self, function: Callable[..., Any], *, jit: bool = False) -> None:
        self._function, self._jit = function, jit
        # TensorFlow identifies a function by its code object, so it would take the programs of all stages for one
        # function and warn that it is traced too often. A partial has no code object.
        self._traced = tf.function(functools.partial(function), jit_compile=jit or None, autograph=False)

    def __call__(self, *arguments: Any) -> Any:
        tensors = [tf.constant(a, tf.int32) if isinstance(a, int) else a for a in arguments]
        try:
            return self._traced(*tensors)
        except NOT_COMPILABLE as error:
            if not (self._jit and _is_refusal(error)):
                raise
            self.__init__(self._function)  # type: ignore[misc]
            return self._traced(*tensors)


class _SessionProgram:
    """A function compiled with XLA in a session of its own, which frees the executables when it is closed.

    What XLA compiles for an eager call, TensorFlow keeps until the process ends: 8 to 13 MB for each small stage.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self._lock = function, threading.Lock()
        self._eager: _Graph | None = None
        self._session: Any = None
        self._traces: dict[Any, tuple[Callable[..., Any], Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        if self._eager is not None:
            return self._eager(*arguments)
        values = [_array_of(argument) for argument in tf.nest.flatten(arguments)]
        try:
            run, outputs = self._traced(arguments, values)
            return tf.nest.pack_sequence_as(outputs, run(*values))
        except (RuntimeError, *NOT_COMPILABLE) as error:
            # Tensors that the function holds, such as constants of a layer, are those of eager calls.
            if not (_is_refusal(error) or HELD_TENSOR in str(error)):
                raise
            self._eager = _Graph(self._function, jit=not _is_refusal(error))
            self.release()
            return self._eager(*arguments)

    def trace(self, *arguments: Any) -> Callable[[], Any] | None:
        """Trace the function; see `trace`. None also if a call has to find another way, or to say what is wrong."""
        values = [_array_of(argument) for argument in tf.nest.flatten(arguments)]
        if self._eager is not None:
            return None
        try:
            run, _ = self._traced(arguments, values)
        except (RuntimeError, *NOT_COMPILABLE):
            return None
        return functools.partial(run, *values)

    def release(self) -> None:
        """Close the session."""
        with self._lock:
            if self._session is not None:
                self._session.close()
            self._session, self._traces = None, {}

    def _traced(self, arguments: Any, values: list[np.ndarray]) -> tuple[Callable[..., Any], Any]:
        """Return a function of arrays like these, and its outputs in the graph; each is traced once."""
        signature = tuple((value.dtype, value.shape) for value in values)
        with self._lock:
            if signature not in self._traces:
                self._traces[signature] = self._trace(arguments, values)
            return self._traces[signature]

    def _trace(self, arguments: Any, values: list[np.ndarray]) -> tuple[Callable[..., Any], Any]:
        """Return a function of arrays, and its outputs in the graph."""
        if self._session is None:
            options = tf.compat.v1.ConfigProto(allow_soft_placement=True)
            options.graph_options.rewrite_options.disable_meta_optimizer = True  # as for eager calls, see above
            self._session = tf.compat.v1.Session(graph=tf.Graph(), config=options)
        under_xla = tf.function(functools.partial(self._function), jit_compile=True, autograph=False)
        specs = [tf.TensorSpec(value.shape, tf.as_dtype(value.dtype)) for value in values]
        # Traced outside the graph of the session, in which `tensor == 1` would ask whether both are one object.
        traced = under_xla.get_concrete_function(*tf.nest.pack_sequence_as(arguments, specs))
        with self._session.graph.as_default():
            places = [tf.compat.v1.placeholder(spec.dtype, spec.shape) for spec in specs]
            outputs = traced(*places)
            ends = [tf.convert_to_tensor(output).name for output in tf.nest.flatten(outputs)]
        # What `make_callable` returns looks at all arguments anew, which takes longer than a small epoch.
        options = CallableOptions(feed=[place.name for place in places], fetch=ends)
        return self._session._make_callable_from_options(options), outputs


def value_and_gradient(objective: Callable[[Any], Any], trainable: list[Any]) -> tuple[Any, list[Any]]:
    """Return the value of `objective(trainable)`, (loss, more), and the gradient of the loss."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(trainable)
        loss, more = objective(trainable)
    # A weight that the loss does not depend on has a gradient of zero, as in JAX.
    return (loss, more), tape.gradient(loss, trainable, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def stateless_optimizer(optimizer: Any) -> Any:
    """Return an optimizer whose `stateless_apply` works.

    Keras' TensorFlow optimizers refuse it, because they hand their variables to tf.distribute. The base class, which
    the other backends use unchanged, does not refuse. So the base class' methods are inserted into the method
    resolution order: before the overrides of TensorFlow's class and after the optimizer's own methods.
    """
    kind = type(optimizer)
    base = next(parent for parent in kind.__mro__ if parent.__name__ == "BaseOptimizer")
    override = next(parent for parent in kind.__mro__ if parent.__name__ == "TFOptimizer")
    restored = {name: vars(base)[name] for name in vars(override) if name in vars(base) and not name.startswith("__")}
    stateless = type("StatelessOptimizer", (), restored)

    class Lineage(type(kind)):  # type: ignore[misc]  # the metaclass of the optimizer is known only at run time
        def mro(cls) -> list[type]:
            lineage = list(kind.__mro__)
            lineage.insert(lineage.index(override), stateless)
            return [cls, *lineage]

    # The class is exchanged on the optimizer itself: a copy would need a working get_config in its schedule.
    object.__setattr__(optimizer, "__class__", Lineage(kind.__name__, (kind,), {}))
    return optimizer


def vectorize(function: Callable[..., Any], *, stacked: int) -> Callable[..., Any]:
    """Compile a function for a stack of replicates: its first `stacked` arguments have a leading replicate axis.

    Raises:
        NotBatchableError: at the first call, if TensorFlow cannot vectorize the function, for example a convolution
            with a different filter for each replicate.
    """

    def over(*arguments: Any) -> Any:
        shared = arguments[stacked:]
        return tf.vectorized_map(
            lambda each: function(*each, *shared), tuple(arguments[:stacked]), fallback_to_while_loop=False
        )

    compiled = compile_program(over, jit=False)

    def call(*arguments: Any) -> Any:
        try:
            return compiled(*arguments)
        except (ValueError, NotImplementedError) as error:
            raise NotBatchableError(str(error).splitlines()[0]) from error

    return call


def devices(kind: str) -> list[str]:
    """Return the devices of a kind, "cpu" or "gpu"."""
    return [device.name for device in tf.config.list_logical_devices(kind.upper())]


def free_memory_bytes(device: str) -> int | None:
    """Return the free memory of a device, or None if it does not report it."""
    del device  # TensorFlow reports the memory that it uses, not the memory that is free
    return None


def peak_memory_bytes(device: str) -> int | None:
    """Return the peak of the memory in use on a device, or None if it does not report it."""
    return tf.config.experimental.get_memory_info(device)["peak"] if "GPU" in device else None


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that the device ran out of memory."""
    return isinstance(error, tf.errors.ResourceExhaustedError)
