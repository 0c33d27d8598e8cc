"""Compiled programs outlive a test, because many tests train the same recipes."""

from __future__ import annotations

import pytest

from negres_core.engine import compile_cache


@pytest.fixture(scope="package", autouse=True)
def _keep_more_stages():
    """Give the compile cache room for the recipes of all tests of the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compile_cache, "COMPILED_STAGES_KEPT", 64)
        yield
