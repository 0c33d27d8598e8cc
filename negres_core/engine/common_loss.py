"""Whether two arms minimize one loss, so that a claim may compare its values."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.engine.model import make_loss, make_loss_object
from negres_core.errors import InputError
from negres_core.provenance.fingerprint import digest_code


def check_common_loss(recipes: Sequence[Recipe], output: str | None = None) -> None:
    """Raise InputError if the networks of two arms have different losses, which a claim on the loss would compare."""
    stages = [recipe.last for recipe in recipes if recipe.fit is None]
    if len({_identity_of(stage, output) for stage in stages}) > 1:
        raise InputError(
            "A claim about the loss cannot compare two arms whose losses are different functions.",
            received=", ".join(f"{name_of(stage.build)}: {_name_of(stage, output)}" for stage in stages),
            remedy='Make a claim about a metric that is the same for both, such as "accuracy", "mse" or "psnr".',
        )


def _identity_of(stage: Stage, output: str | None) -> str:
    """Return a digest of the function that a stage reports as its loss, equal for all ways to name it."""
    if stage.objective is not None:
        return digest_code(["objective", stage.objective])
    loss = make_loss_object(stage, output)
    function = getattr(loss, "fn", None)
    if function is None:
        return digest_code(loss)
    # The configuration of some of Keras' losses lacks their options.
    given = vars(loss) | vars(loss).get("_fn_kwargs", {})
    options = {
        name: given[name]
        for name, parameter in inspect.signature(function).parameters.items()
        # Logits are the outputs before a sigmoid or a softmax, and do not make it another loss.
        if name in given and name != "from_logits" and given[name] != parameter.default
    }
    return digest_code([function, options])


def _name_of(stage: Stage, output: str | None) -> str:
    made: Any = stage.objective or make_loss(stage, output)
    return name_of(made) if callable(made) and hasattr(made, "__name__") else type(made).__name__
