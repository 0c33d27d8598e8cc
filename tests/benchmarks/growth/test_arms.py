"""Arms of the growth family: their epochs, their stages, and how one stage starts from another."""

import numpy as np
import pytest

from benchmarks.growth.arms import epochs_on, grow, of_widths, throughout
from benchmarks.growth.models import min_max
from benchmarks.growth.net2net import net2wider
from negres_core import Dataset


@pytest.mark.parametrize(("name", "epochs"), [("covertype", 10), ("covertype-shaped", 10), ("digits", 40)])
def test_a_small_data_set_has_more_epochs(name, epochs):
    data = Dataset(x=np.eye(4), y=[0, 1, 0, 1], name=name)

    assert epochs_on(data) == epochs


def test_one_network_is_trained_throughout():
    build = of_widths(8, 4)
    recipe = throughout(build, 7)

    assert [(stage.build, stage.epochs) for stage in recipe.stages] == [(build, 7)]
    assert recipe.preprocess is min_max
    assert [layer.units for layer in build((6,), 3).layers] == [8, 4, 3]


def test_each_network_starts_from_the_one_before():
    builds = [of_widths(width) for width in (2, 4, 8)]
    recipe = grow(builds, net2wider, [1, 1, 3])

    assert [stage.epochs for stage in recipe.stages] == [1, 1, 3]
    assert [stage.inherits for stage in recipe.stages] == [None, *builds[:2]]
    assert [stage.start for stage in recipe.stages] == [None, net2wider, net2wider]
    assert recipe.preprocess is min_max


def test_options_are_those_of_every_stage():
    recipe = grow([of_widths(2), of_widths(4)], net2wider, [1, 1], batch_size=7)

    assert [stage.batch_size for stage in recipe.stages] == [7, 7]


def test_every_network_has_its_epochs():
    with pytest.raises(ValueError, match="shorter"):
        grow([of_widths(2), of_widths(4)], net2wider, [1])
