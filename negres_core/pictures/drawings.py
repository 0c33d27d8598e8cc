"""What the fits of the arms draw themselves: morphs, arithmetic of attributes, whatever a researcher looks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from negres_core.errors import InputError
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import COLOURS, excess_of, name_of_arm
from negres_core.pictures.sheet import Row, encode, make_sheet, scale_of
from negres_core.run import Arm, Run


def render(run: Run) -> Sequence[Rendering] | None:
    """Draw each image of each fit that draws, of the first replicate that stayed finite; None where none does."""
    drawings = []
    for arm in run.arms:
        finished = (number for number, each in enumerate(arm.replicates) if each.status == "finished")
        position = next(finished, None)
        if run.models is None or position is None:
            continue
        for caption, image in run.models.render_fit(arm, position).items():
            rows = [make_row(run, arm, caption, image)]
            scale = scale_of(*rows[0].images.shape[1:3])
            sheet = make_sheet(f"{run.data.name}: {name_of_arm(arm)}", rows, scale=scale)
            drawings.append(Rendering(f"{arm.role}: {caption}", caption, encode(sheet)))
    return drawings or None


def make_row(run: Run, arm: Arm, caption: str, image: np.ndarray) -> Row:
    """Return an image that a fit drew as a row of a sheet.

    Raises:
        InputError: it has another number of channels than 1 or 3.
    """
    grey = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if grey.ndim == 3 and grey.shape[2] != 3:
        raise InputError(
            f"The drawing {caption!r} is neither grey nor coloured.",
            received=f"an image of shape {image.shape}",
            remedy="Return images of shape (height, width), or with 1 or 3 channels.",
        )
    return Row(run.data.as_shown(grey)[None], caption, excess_of(image, run), COLOURS[arm.role])
