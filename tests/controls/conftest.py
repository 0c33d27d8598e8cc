from __future__ import annotations

from dataclasses import replace

import pytest


@pytest.fixture
def plant():
    """Plant a fault: change fields of one replicate of a run."""

    def plant(run, *, arm=0, stage=-1, position=0, **fields):
        arms = list(run.arms)
        stages = [list(replicates) for replicates in arms[arm].stages]
        stages[stage][position] = stages[stage][position].updated(**fields)
        arms[arm] = replace(arms[arm], stages=stages)
        return replace(run, arms=arms)

    return plant
