"""Data sets and device policy for this repository's own suite: every file in fixtures/ is found by its place."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from negres_core import Dataset

pytest_plugins = [
    f"fixtures.{path.stem}"
    for path in sorted(Path(__file__).with_name("fixtures").glob("*.py"))
    if not path.stem.startswith("_")
]

# Its doctests cannot be looked for where PyTorch is missing: it is an extra of its own.
collect_ignore = [] if importlib.util.find_spec("torch") else ["negres_core/engine/torch.py"]


@pytest.fixture
def data(request: pytest.FixtureRequest) -> Dataset:
    """The data set whose fixture the parametrization names."""
    return request.getfixturevalue(request.param)
