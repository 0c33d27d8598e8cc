"""Under JAX all engines give the same numbers, and from equal initial weights those of TensorFlow."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.engine import examples as ex

pytest.importorskip("jax")


@pytest.fixture(scope="module")
def under_jax():
    root = Path(__file__).resolve().parents[2]
    # Most of the time is compilation, which JAX's own tests make faster too.
    settings = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    run = subprocess.run(
        [sys.executable, ex.__file__],
        cwd=root,
        env=os.environ | settings | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def assert_same_weights(first, second):
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one["weights"], other["weights"], strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


@pytest.mark.parametrize("engine", ["compiled", "batched"])
@pytest.mark.parametrize("name", ex.RECIPES)
def test_every_engine_gives_the_numbers_of_the_reference(under_jax, engine, name):
    assert under_jax["backend"] == "jax"
    reference, other = under_jax[name]["reference"], under_jax[name][engine]
    assert_same_weights(reference, other)
    for one, two in zip(reference, other, strict=True):
        assert one["curve"] == pytest.approx(two["curve"], rel=1e-4)
        assert one["loss"] == pytest.approx(two["loss"], rel=1e-4)


def test_two_seeds_give_two_results(under_jax):
    first, second = under_jax["dropout"]["batched"]
    assert first["curve"] != second["curve"]


@pytest.mark.parametrize("name", ["same", "two inputs"])
def test_equal_initial_weights_give_the_weights_of_tensorflow(under_jax, name):
    for engine in ex.ENGINES:
        under_tensorflow = {"weights": ex.weights_of(ex.result_of(engine, *ex.RECIPES[name]))}
        assert_same_weights([under_tensorflow], under_jax[name][engine])


def test_what_a_program_compiled_is_freed_and_compiled_again_if_it_is_called(monkeypatch):
    import jax

    from negres_core.engine import jax as backend

    traces, cleared, clear = [], [], jax.clear_caches
    monkeypatch.setattr(jax, "clear_caches", lambda: cleared.append(True) or clear())
    program = backend.compile_program(lambda x: traces.append(x.shape) or 2 * x, jit=True)
    stacked = backend.vectorize(lambda x, y: x + y, stacked=1)
    for _ in range(2):
        program(np.ones(3, np.float32))
        stacked(np.ones((2, 3), np.float32), np.ones(3, np.float32))
    assert (len(traces), program._cache_size(), stacked._cache_size()) == (1, 1, 1)

    monkeypatch.setattr(backend, "_releases", itertools.count(backend.RELEASES_PER_CLEARING - 2))
    for each in (program, stacked):
        backend.release(each)
    assert cleared == []
    assert (program._cache_size(), stacked._cache_size()) == (0, 0)
    np.testing.assert_array_equal(program(np.ones(3, np.float32)), [2, 2, 2])
    backend.release(program)
    assert cleared == [True]  # what JAX compiled for single operations, too
