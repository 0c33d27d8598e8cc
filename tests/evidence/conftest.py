from __future__ import annotations

import pytest

from negres_core.evidence import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")
