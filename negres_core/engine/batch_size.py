"""Models take batches of any size, of rows that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from negres_core.errors import InputError


def refuse_batches_of_one_size(model: Any, layers: Iterable[Any], *, name: str) -> None:
    """Raise InputError if a model takes batches of one size only, or carries the state of a batch into the next.

    Args:
        model: the model.
        layers: its layers at every depth.
        name: the name of its build function.
    """
    stateful = [layer.name for layer in layers if getattr(layer, "stateful", False)]
    if stateful:
        refuse_stateful(stateful, name=name)
    sizes = {tensor.shape[0] for tensor in getattr(model, "inputs", None) or ()} - {None}
    if sizes:
        raise InputError(
            f"{name} returns a model that takes only batches of one size.",
            received=f"an input of {', '.join(map(str, sorted(sizes)))} rows at a time",
            remedy="Create it by keras.Input(input_shape), without batch_shape or batch_size; the stage has "
            "`batch_size`.",
        )


def refuse_stateful(received: list[str], *, name: str) -> NoReturn:
    """Raise the InputError about a model with `stateful=True`.

    Args:
        received: the names of its layers, or Keras' message.
        name: the name of its build function.
    """
    raise InputError(
        f"{name} returns a model that keeps its state from one batch to the next. Rows are shuffled, so the state "
        "would come from unrelated rows.",
        received=f"stateful=True: {', '.join(received)}",
        remedy="Leave out `stateful` and the size of batches, and give each row the whole sequence that it needs.",
    )
