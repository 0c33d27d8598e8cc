"""Names of the layers inside layers: what Keras made up there says nothing, and their place does.

The cell of an LSTM, and the layers that a layer of the user's own makes, are called "lstm_cell_3" or "dense_7", by
what was built before. If the layer around them has a name of its own, each is known by its kind and its place there.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from negres_core.engine.layers import layers_within
from negres_core.provenance.state import is_made_up


def placed_paths(model: Any, paths: Sequence[str]) -> list[str]:
    """Return paths of weights with the place of each inner layer instead of a name that Keras made up.

    Args:
        model: the model.
        paths: paths of its weights, as "words/lstm_cell_3/kernel".

    Returns:
        The paths, as "words/lstm_cell[0]/kernel".
    """
    places = dict(_places(model, is_known=False))

    def placed(path: str) -> str:
        parts = path.split("/")
        inner = [places.get(pair, pair[1]) for pair in itertools.pairwise(parts)]
        return "/".join([parts[0], *inner])

    return [placed(path) for path in paths]


def _places(owner: Any, *, is_known: bool) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the names of a layer and of one inside it that Keras named, with the kind and the place of that one."""
    counts: Counter[str] = Counter()
    for layer in layers_within(owner):
        kind = _made_up_kind(layer, owner)
        # The order of a model's layers changes with the model; inside of a layer it is the layer's own.
        if kind is not None and is_known and not isinstance(owner, keras.Model):
            yield (owner.name, layer.name), f"{kind}[{counts[kind]}]"
            counts[kind] += 1
            kind = None
        yield from _places(layer, is_known=kind is None)


def _made_up_kind(layer: Any, owner: Any) -> str | None:
    """Return the name of a layer without its count if Keras made it up, or None."""
    name = layer.name
    direction, _, rest = name.partition("_")
    if isinstance(owner, keras.layers.Bidirectional) and direction in ("forward", "backward"):
        name = rest
    if not is_made_up(name, type(layer).__name__):
        return None
    return re.sub(r"_\d+$", "", layer.name)
