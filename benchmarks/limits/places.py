"""Covertype with the place of each row as its group, so that folds can hold out whole places."""

from __future__ import annotations

from negres_core import Dataset

AREAS, SOILS = slice(10, 14), slice(14, 54)
"""The one-hot columns of the wilderness areas and of the soil types."""


def in_patches(covertype):
    """Return Covertype with the soil type within a wilderness area as the group: 75 of 160 pairs occur."""
    area, soil = (covertype.x[:, columns].argmax(axis=1) for columns in (AREAS, SOILS))
    return Dataset(
        x=covertype.x,
        y=covertype.y,
        name=f"{covertype.name} in patches",
        source=covertype.source,
        groups=area * 40 + soil,
    )
