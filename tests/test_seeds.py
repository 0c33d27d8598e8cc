from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from negres_core.seeds import derive_seed


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (derive_seed("folds", repeat=0), 1828119496),
        (derive_seed("smoke"), 3030194488),
    ],
)
def test_a_seed_is_the_same_on_every_machine(seed, expected):
    """Folds and initial weights are drawn from these seeds: a change here changes every stored result."""
    assert seed == expected


def test_a_seed_does_not_depend_on_the_process():
    command = "from negres_core.seeds import derive_seed; print(derive_seed('weights', fold=3, at='b'))"
    printed = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout

    assert int(printed) == derive_seed("weights", at="b", fold=3)


def test_a_seed_depends_on_its_purpose_and_on_every_axis():
    seeds = {
        derive_seed("order", repeat=0, fold=1),
        derive_seed("order", repeat=1, fold=0),
        derive_seed("order", repeat=0, fold=1, seed=0),
        derive_seed("order", repeat="0", fold=1),
        derive_seed("order", repeat=0, folds=1),
        derive_seed("weights", repeat=0, fold=1),
        derive_seed("order"),
    }

    assert len(seeds) == 7


def test_a_seed_does_not_depend_on_the_order_of_axes():
    assert derive_seed("order", repeat=0, fold=1) == derive_seed("order", fold=1, repeat=0)


def test_seeds_spread_over_all_of_32_bits():
    seeds = np.array([derive_seed("spread", seed=seed) for seed in range(2000)])

    assert len(np.unique(seeds)) > 1995
    assert seeds.min() >= 0
    assert seeds.max() < 2**32
    np.testing.assert_allclose([(seeds >> bit & 1).mean() for bit in range(32)], 0.5, atol=0.06)
