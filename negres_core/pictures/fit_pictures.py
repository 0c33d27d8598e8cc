"""Pictures that a fit renders itself: morphs, attribute arithmetic, whatever a researcher wants to see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from negres_core.errors import InputError
from negres_core.pictures.labels import ARM_COLOURS, describe_clipping, label_of
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sheet import Row, encode, make_sheet, scale_of
from negres_core.run.arm import Arm
from negres_core.run.run import Run

NAME = "fit pictures"


def render(run: Run) -> Sequence[Rendering] | None:
    """Render every picture of every arm's fit, for its first finished replicate; None if there is none."""
    renderings = []
    for arm in run.arms:
        position = arm.first_finished
        if run.models is None or position is None:
            continue
        for caption, image in run.models.render_fit(arm, position).items():
            row = make_row(run, arm, caption, image)
            scale = scale_of(*row.images.shape[1:3])
            sheet = make_sheet(f"{run.data.name}: {label_of(arm)}", [row], scale=scale)
            renderings.append(Rendering(f"{arm.role}: {caption}", caption, encode(sheet)))
    return renderings or None


def make_row(run: Run, arm: Arm, caption: str, image: np.ndarray) -> Row:
    """Return an image that a fit rendered as a row of a sheet.

    Raises:
        InputError: it has neither 1 nor 3 channels.
    """
    grey = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if grey.ndim == 3 and grey.shape[2] != 3:
        raise InputError(
            f"The picture {caption!r} has the wrong shape.",
            received=f"an image of shape {image.shape}",
            remedy="Return images of shape (height, width), or with 1 or 3 channels.",
        )
    return Row(run.data.as_shown(grey)[None], caption, describe_clipping(image, run), ARM_COLOURS[arm.role])
