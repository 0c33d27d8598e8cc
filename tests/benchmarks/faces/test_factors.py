"""Probes of all factors at once."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.faces import factors
from fixtures.synthetic_faces import draw_synthetic_faces

FACES = draw_synthetic_faces(rows=300, size=16)
TRAIN, TEST = FACES.take(np.arange(200)), FACES.take(np.arange(200, 300))


def test_all_factors_but_the_two_hues_are_asked_for():
    assert set(FACES.attributes) - set(factors.FACTORS) == {"backdrop", "shirt"}
    assert {metric.name for metric in factors.TOLD_OF_EACH} == {f"told_{name}" for name in factors.FACTORS}


def test_codes_that_are_the_factors_tell_everything_and_noise_tells_nothing():
    known = [
        np.column_stack(
            [(fold.attributes[name] == kind) for name in ("hair", "beard") for kind in range(4)]
            + [fold.attributes[name] for name in factors.FACTORS]
        )
        for fold in (TRAIN, TEST)
    ]
    noise = [np.random.default_rng(seed).normal(size=(len(fold), 2)) for seed, fold in enumerate((TRAIN, TEST))]
    told, nothing = (factors.probe_factors(TRAIN, TEST, codes) for codes in (known, noise))

    assert told["told"] > 0.9
    assert abs(nothing["told"]) < 0.1
    assert told["told"] == pytest.approx(np.mean([told[f"told_{name}"] for name in factors.FACTORS]))


def test_components_and_hidden_units_tell_something_of_the_skin():
    components = factors.factors_of_pca(TRAIN, TEST, code=16)
    units = factors.factors_of_rbm(TRAIN, TEST, 0, code=16, passes=20)

    assert components["told_tone"] > 0.2
    assert set(units) == set(components)
    assert np.isfinite(list(units.values())).all()
