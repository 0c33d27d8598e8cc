"""A calibration small enough for tests."""

import pytest

from benchmarks.validation import calibration
from benchmarks.validation.calibration import Point

POINTS = (Point(folds=2, repeats=2, seeds=1, rows=60), Point(folds=2, repeats=1, seeds=2, rows=60))
SIMULATIONS = 60


@pytest.fixture(scope="session")
def points():
    """The two points of the small calibration."""
    return POINTS


@pytest.fixture(scope="session")
def results():
    """The counts of the small calibration: 60 data sets per point and population."""
    return calibration.calibrate(POINTS, SIMULATIONS, jobs=2)
