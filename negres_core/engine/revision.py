"""The revision of a stage: raised where an earlier version of the engines trained other numbers than it should have.

It is part of the description of these stages alone, so that all other replicates keep their ids and are found again.
`ENGINE_VERSION` is for changes that concern every recipe.
"""

from __future__ import annotations

from typing import Any

from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.engine.model import make_optimizer
from negres_core.engine.seeding import seed_use
from negres_core.engine.training_pass import draws_unseeded

REVISION = 1
"""Constants that a build function draws were those of the first replicate in all others. `loss_scale_factor` made steps
smaller. In mixed_float16 the loss was not scaled. Layers without a seed drew once for all steps."""

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
        _revisions[digest] = REVISION if _was_mistaken(stage, model, data) else None
    return _revisions[digest]


def _was_mistaken(stage: Stage, model: Any, data: Dataset) -> bool:
    if make_optimizer(stage).loss_scale_factor is not None or model.dtype_policy.name == "mixed_float16":
        return True
    try:
        return draws_unseeded(stage, model, data) or seed_use(stage.build, data).draws_constants
    except Exception:  # a stage that does not run on these data cannot be trained, so nothing is stored of it
        return False
