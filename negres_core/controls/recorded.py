"""What the records of a stage's replicates have in common, for the controls that compare them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from negres_core.evidence import Replicate, TrainedWeight


def each_weight(replicates: Sequence[Replicate]) -> Iterator[list[TrainedWeight]]:
    """Yield each weight of a stage in all replicates.

    The weights of a network have the same order in all of them, while Keras numbers the layers without a name of their
    own on and on, so that paths differ. Those that a fit records are known by their names, and may differ from cell to
    cell.
    """
    if all(replicate.model is not None for replicate in replicates):
        yield from (list(weights) for weights in zip(*(replicate.weights for replicate in replicates), strict=True))
        return
    by_path = [{weight.path: weight for weight in replicate.weights} for replicate in replicates]
    for path in dict.fromkeys(path for weights in by_path for path in weights):
        yield [weights[path] for weights in by_path if path in weights]
