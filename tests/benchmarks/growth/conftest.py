"""Models of these tests draw their weights under one seed, in whatever order the tests run."""

from __future__ import annotations

import keras
import pytest


@pytest.fixture(autouse=True)
def seeded():
    """Seed the generators from which initializers and rules draw."""
    keras.utils.set_random_seed(0)
