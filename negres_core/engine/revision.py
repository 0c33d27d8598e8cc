"""The revision of a stage: raised where an earlier version of the engines trained other numbers than it should have.

It is part of the description of these stages alone, so that all other replicates keep their ids and are found again.
`ENGINE_VERSION` is for changes that concern every recipe.
"""

from __future__ import annotations

import dis
from typing import Any

from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.engine.layers import layers_of
from negres_core.engine.model import make_losses, make_optimizer
from negres_core.engine.seeding import seed_use
from negres_core.engine.training_pass import draws_unseeded
from negres_core.provenance.libraries import is_library
from negres_core.provenance.reach import reachable_functions
from negres_core.provenance.source import codes_in

REVISION = 1
"""Constants that a build function draws were those of the first replicate in all others. `loss_scale_factor` made steps
smaller. In mixed_float16 the loss was not scaled. Layers without a seed drew once for all steps."""
COMPARING = 2
"""In a loss, an objective or a layer, `tensor == value` and `!=` compared Python objects under TensorFlow on a CPU."""

_revisions: dict[str, int | None] = {}
"""The revisions that are known in this process, by the digest of the stage: finding one takes several models."""


def revision_of(stage: Stage, model: Any, data: Dataset, *, digest: str) -> int | None:
    """Return the revision of a stage; None if all versions of the engines trained it alike.

    Args:
        stage: the stage.
        model: its model.
        data: the data set, for a few rows.
        digest: a digest of everything else in its description.
    """
    if digest not in _revisions:
        mistaken = COMPARING if _compares(stage, model) else REVISION if _was_mistaken(stage, model, data) else None
        _revisions[digest] = mistaken
    return _revisions[digest]


def _compares(stage: Stage, model: Any) -> bool:
    """Return whether code of the user that runs in a step of training has `==` or `!=`, which may compare tensors."""
    losses = make_losses(stage).values()
    kinds = [
        kind for each in (*losses, model, *layers_of(model)) for kind in type(each).__mro__ if not is_library(kind)
    ]
    codes = (code for each in reachable_functions(*losses, stage.objective, *kinds) for code in codes_in(each.__code__))
    steps = (step for code in codes for step in dis.get_instructions(code))
    return any(step.opname == "COMPARE_OP" and step.argval in ("==", "!=") for step in steps)


def _was_mistaken(stage: Stage, model: Any, data: Dataset) -> bool:
    if make_optimizer(stage).loss_scale_factor is not None or model.dtype_policy.name == "mixed_float16":
        return True
    try:
        return draws_unseeded(stage, model, data) or seed_use(stage.build, data).draws_constants
    except Exception:  # a stage that does not run on these data cannot be trained, so nothing is stored of it
        return False
