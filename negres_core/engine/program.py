"""The program of a stage: one epoch, and the evaluation of a few rows, as pure functions of a replicate's state.

Written once, with keras.ops and Keras' stateless calls; `tensorflow.py` and `jax.py` add the functions that Keras does
not have for all backends. The data are an argument, rows are addressed by number, and weights are arguments and return
values, so that one program serves every replicate of a stage: in parallel threads, or stacked into one call.
"""

from __future__ import annotations

import copy
import importlib
from types import ModuleType
from typing import Any

from keras import StatelessScope, ops

from negres_core.arms.recipe import Recipe
from negres_core.arrays import map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.device import keras_backend
from negres_core.engine.loss_scale import chain_of, innermost, scaled_as_by_compile
from negres_core.engine.model import make_loss_object, make_optimizer
from negres_core.engine.named_outputs import output_of, training_loss
from negres_core.engine.objective import call_objective

State = tuple[list[Any], list[Any], list[Any]]
"""Values of a replicate's trainable variables, its other variables, and its optimizer's variables."""

UNWEIGHTED: tuple[()] = ()
"""Weights of rows that have none: a structure without tensors, which every backend passes on."""

ONLY_PLAYER = ""
"""The player of an objective without named players, which trains every trainable variable."""


def load_backend() -> ModuleType:
    """Return the engine's module for the backend that Keras runs on.

    Raises:
        DeviceError: there is none.
    """
    return importlib.import_module(f"negres_core.engine.{keras_backend()}")


class Program:
    """The pure functions of one stage on one data set.

    Args:
        recipe: the recipe whose last stage is trained.
        data: the data set.
        model: a model of the stage, with its frozen layers; the program uses its structure, never its values.
    """

    def __init__(self, recipe: Recipe, data: Dataset, model: Any) -> None:
        backend = load_backend()
        self._model = model
        self._batch = recipe.last.batch_size
        self._loss, self._judged_loss = training_loss(recipe.last), make_loss_object(recipe.last, data.output)
        self._output = data.output
        self._objective = recipe.last.objective
        self._optimizer, self._initial_optimizer = _start_optimizer(recipe, model)
        rate = getattr(innermost(self._optimizer), "_learning_rate", None)
        places = [place for place, each in enumerate(self._optimizer.variables) if each is rate]
        self._rate_place = places[0] if places else None
        self._gradient = backend.value_and_gradient

    def starting_as(self, recipe: Recipe) -> Program:
        """Return the program of a recipe that differs in its epochs and its learning rate alone."""
        other = copy.copy(self)
        other._initial_optimizer = _start_optimizer(recipe, self._model)[1]
        return other

    def state_of(self, model: Any) -> State:
        """Return the values of a model's variables, and of a new optimizer's, as NumPy arrays."""
        trainable, other = model.trainable_variables, model.non_trainable_variables
        return [*map(ops.convert_to_numpy, trainable)], [*map(ops.convert_to_numpy, other)], self._initial_optimizer

    def with_rate(self, state: State, rate: Any) -> State:
        """Return a state with another learning rate, an array as the optimizer keeps it; None changes nothing."""
        if rate is None:
            return state
        assert self._rate_place is not None, "the optimizer has no learning rate of its own"
        trainable, other, optimizer = state
        return trainable, other, [rate if place == self._rate_place else v for place, v in enumerate(optimizer)]

    @staticmethod
    def restore(model: Any, state: State) -> None:
        """Set a model's variables to trained values."""
        for variable, value in zip(model.trainable_variables, state[0], strict=True):
            variable.assign(value)
        for variable, value in zip(model.non_trainable_variables, state[1], strict=True):
            variable.assign(value)

    def epochs(
        self,
        trainable: Any,
        other: Any,
        optimizer: Any,
        orders: Any,
        weights: Any,
        steps: Any,
        count: Any,
        x: Any,
        y: Any,
    ) -> tuple[Any, Any, Any, Any]:
        """Train some epochs, one after another, up to the first whose loss is not finite.

        Args:
            trainable: values of the trainable variables.
            other: values of the other variables.
            optimizer: values of the optimizer's variables.
            orders: the row numbers of each epoch, (epochs, rows), int32; see `epoch`.
            weights: their weights in training, (epochs, rows), float32; `UNWEIGHTED` if they have none.
            steps: number of whole batches of an epoch, a tensor.
            count: number of epochs to train, a tensor: the first ones. A call with 0 compiles without training.
            x: inputs of every row of the data set.
            y: targets of every row of the data set.

        Returns:
            The mean loss over rows of each epoch, (epochs,), 0 if it was not trained; and the three lists of values
            after the last one.
        """

        def goes_on(epoch: Any, losses: Any, *_: Any) -> Any:
            return ops.logical_and(epoch < count, ops.all(ops.isfinite(losses)))

        def body(epoch: Any, losses: Any, trainable: Any, other: Any, optimizer: Any) -> Any:
            order, some = (_row(each, epoch) for each in (orders, weights))
            loss, *state = self.epoch(trainable, other, optimizer, order, some, steps, x, y)
            return (epoch + 1, ops.slice_update(losses, [epoch], ops.reshape(loss, [1])), *state)

        losses = ops.zeros((orders.shape[0],), "float32")
        _, losses, *state = ops.while_loop(goes_on, body, (0, losses, trainable, other, optimizer))
        return (losses, *state)

    def epoch(
        self, trainable: Any, other: Any, optimizer: Any, order: Any, weights: Any, steps: Any, x: Any, y: Any
    ) -> tuple[Any, Any, Any, Any]:
        """Train on the rows in order, in batches; the last batch may be smaller.

        Args:
            trainable: values of the trainable variables.
            other: values of the other variables.
            optimizer: values of the optimizer's variables.
            order: row numbers, (rows,), int32.
            weights: their weights in training, (rows,), float32; `UNWEIGHTED` if they have none.
            steps: number of whole batches, a tensor, so that a call with 0 compiles almost without training.
            x: inputs of every row of the data set, one array or several by name.
            y: targets of every row of the data set, one array or several by the names of outputs.

        Returns:
            The mean loss over rows, and the three lists of values after the epoch.
        """
        rows, batch = order.shape[0], self._batch
        rest = rows % batch

        def body(step: Any, carry: Any) -> Any:
            total, *state = carry
            some = ops.slice(order, [step * batch], [batch])
            loss, state = self.step(state, some, x, y, _part(weights, step * batch, batch))
            return (total + loss * batch, *state)

        carry = (ops.zeros((), "float32"), trainable, other, optimizer)
        if rows >= batch:
            carry = ops.fori_loop(0, steps, body, carry)
        total, *state = carry
        if rest:
            loss, state = self.step(state, order[rows - rest :], x, y, _part(weights, rows - rest, rest))
            total = total + loss * rest
        return (total / rows, *state)

    def step(self, state: Any, rows: Any, x: Any, y: Any, weights: Any = UNWEIGHTED) -> tuple[Any, Any]:
        """Train on one batch of rows; return its loss, summed over players, and the state after it."""
        trainable, other, optimizer = state
        inputs, targets = _gather(x, rows), _gather(y, rows)
        total: Any = 0.0
        gradients: list[Any] = [None] * len(trainable)
        after = other
        for player, indices in self._players(trainable, other, inputs, targets, weights).items():

            def objective(trainable: Any, player: str = player) -> Any:
                losses, after = self._losses(trainable, other, inputs, targets, weights)
                return self._scaled(losses[player], optimizer), (losses[player], after)

            # The forward pass is the same for every player; a compiler merges them into one.
            (_, (loss, after)), player_gradients = self._gradient(objective, trainable)
            total = total + loss
            for index in indices:
                gradients[index] = player_gradients[index]
        trainable, optimizer = self._optimizer.stateless_apply(optimizer, gradients, trainable)
        return total, (list(trainable), list(after), list(optimizer))

    def evaluate(self, trainable: Any, other: Any, rows: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """Return the model's outputs for some rows, and their mean loss without penalties, both in inference mode.

        If there are several outputs, they are those of the one that a claim is about, with its loss.
        """
        inputs, targets = _gather(x, rows), _gather(y, rows)
        with self._scope(trainable, other):
            if self._objective is None:
                outputs, targets = (
                    output_of(each, self._output) for each in (self._model(inputs, training=False), targets)
                )
                return outputs, ops.mean(self._judged_loss(targets, outputs))
            losses = self._named(call_objective(self._objective, self._model, inputs, targets, training=False))
            return self._model(inputs, training=False), sum(ops.mean(loss) for loss in losses.values())

    def _scaled(self, loss: Any, optimizer: Any) -> Any:
        """Return a loss times the factor by which the optimizer divides the gradients; it may change step by step."""
        with StatelessScope(state_mapping=list(zip(self._optimizer.variables, optimizer, strict=True))):
            return self._optimizer.scale_loss(loss)

    def _scope(self, trainable: Any, other: Any) -> Any:
        variables = (*self._model.trainable_variables, *self._model.non_trainable_variables)
        return load_backend().Scope(
            state_mapping=list(zip(variables, (*trainable, *other), strict=True)), collect_losses=True
        )

    @staticmethod
    def _named(losses: Any) -> dict[str, Any]:
        return losses if isinstance(losses, dict) else {ONLY_PLAYER: losses}

    def _losses(self, trainable: Any, other: Any, x: Any, y: Any, weights: Any) -> tuple[dict[str, Any], list[Any]]:
        """Return the loss of each player, penalties included, and the other variables' values after a training pass."""
        given = {} if isinstance(weights, tuple) else {"sample_weight": weights}
        with self._scope(trainable, other) as scope:
            if self._objective is None:
                given = {
                    name: map_arrays(lambda targets, each=each: over_positions(each, targets, ops), y)
                    for name, each in given.items()
                }
                losses = {ONLY_PLAYER: self._loss(y, self._model(x, training=True), **given)}
            else:
                losses = self._named(call_objective(self._objective, self._model, x, y, training=True, **given))
            penalties = self._model.losses
            after = [scope.get_current_value(variable) for variable in self._model.non_trainable_variables]
        return {player: sum(penalties, ops.mean(loss)) for player, loss in losses.items()}, after

    def _players(self, trainable: Any, other: Any, x: Any, y: Any, weights: Any) -> dict[str, list[int]]:
        """Return, for each player, the positions of the trainable variables that its loss trains."""
        names = [ONLY_PLAYER] if self._objective is None else list(self._losses(trainable, other, x, y, weights)[0])
        if names == [ONLY_PLAYER]:
            return {ONLY_PLAYER: list(range(len(self._model.trainable_variables)))}
        positions = {id(variable): index for index, variable in enumerate(self._model.trainable_variables)}
        players = {layer.name: layer for layer in self._model.layers}
        return {name: [positions[id(variable)] for variable in players[name].trainable_variables] for name in names}


def _start_optimizer(recipe: Recipe, model: Any) -> tuple[Any, list[Any]]:
    """Return a new optimizer of a recipe's last stage for a model, and the initial values of its variables."""
    optimizer = scaled_as_by_compile(make_optimizer(recipe.last), model)
    for each in chain_of(optimizer):
        load_backend().stateless_optimizer(each)
    optimizer.build(model.trainable_variables)
    return optimizer, [ops.convert_to_numpy(variable) for variable in optimizer.variables]


def over_positions(weights: Any, y: Any, library: Any) -> Any:
    """Return weights of rows, (rows,), with the axes of a loss, which has a value for each step or pixel.

    Args:
        weights: the weights.
        y: targets of these rows.
        library: numpy, or keras.ops.
    """
    positions = tuple(y.shape[1:-1])
    if not positions:
        return weights
    return library.broadcast_to(library.reshape(weights, (-1, *(1 for _ in positions))), (y.shape[0], *positions))


def _part(weights: Any, begin: Any, rows: int) -> Any:
    """Return the weights of some rows in order, if there are any."""
    return weights if isinstance(weights, tuple) else ops.slice(weights, [begin], [rows])


def _row(arrays: Any, place: Any) -> Any:
    """Return one row of an array, (rows, ...), if there is one."""
    return arrays if isinstance(arrays, tuple) else ops.take(arrays, place, axis=0)


def _gather(arrays: Any, rows: Any) -> Any:
    return map_arrays(lambda each: ops.take(each, rows, axis=0), arrays)
