"""Compiled programs outlive a test, because many tests train the same recipes; and trained cells to inspect."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.engine import compile_cache


@pytest.fixture(scope="package", autouse=True)
def _keep_more_stages():
    """Give the compile cache room for the recipes of all tests of the engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compile_cache, "COMPILED_STAGES_KEPT", 64)
        yield


@pytest.fixture
def inspected(tmp_path):
    """Train one cell of a recipe by plain Keras; return its result, the saved models and the replicate."""

    from negres_core.engine.inspection import SavedModels
    from tests.engine import examples as ex

    def train(recipe, data, cell=0):
        cells = ex.cells(data)
        result = ex.result_of("reference", recipe, data, fold=cell)
        path = tmp_path / f"model.{recipe.last.saved_as}"
        path.write_bytes(result.model)
        replicate = SimpleNamespace(id="it", key=SimpleNamespace(repeat=0, fold=cell, seed=0), weights=result.weights)
        return result, SavedModels(data, cells, lambda replicate: path), replicate

    return train
