"""Covertype with the place of each row as its group, so that folds can hold out whole places."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset

AREAS, SOILS = slice(10, 14), slice(14, 54)
"""The one-hot columns of the wilderness areas and of the soil types."""


def in_areas(covertype):
    """Return Covertype with the wilderness area as the group, without the classes that occur in one area only.

    No model could be trained on such a class while its area is held out. In Covertype that is cottonwood and willow.
    """
    area = covertype.x[:, AREAS].argmax(axis=1)
    areas_of = [len(np.unique(area[covertype.y == label])) for label in range(covertype.outputs)]
    kept = np.isin(covertype.y, np.flatnonzero(np.array(areas_of) > 1))
    labels = np.unique(covertype.y[kept], return_inverse=True)[1]
    return _grouped(covertype.x[kept], labels, area[kept], f"{covertype.name} in areas", covertype.source)


def in_patches(covertype):
    """Return Covertype with the soil type within a wilderness area as the group: 75 of 160 pairs occur."""
    area, soil = (covertype.x[:, columns].argmax(axis=1) for columns in (AREAS, SOILS))
    return _grouped(covertype.x, covertype.y, area * 40 + soil, f"{covertype.name} in patches", covertype.source)


def _grouped(x, y, groups, name, source):
    return Dataset(x=x, y=y, name=name, source=source, groups=groups)
