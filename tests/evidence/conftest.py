"""A store of its own for each test, and the notes that it takes."""

from __future__ import annotations

import pytest

from negres_core.evidence import Store


@pytest.fixture
def notes():
    """The notes that `store` has taken."""
    return []


@pytest.fixture
def store(tmp_path, notes):
    """An empty store."""
    return Store(tmp_path / "evidence", note=notes.append)
