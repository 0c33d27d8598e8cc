from __future__ import annotations

import pytest

from negres_core.statistics.standard_error import corrected_standard_error, degrees_of_freedom


@pytest.mark.parametrize(("cells", "ratio", "factor"), [(25, 0.25, 0.29**0.5), (4, 0.0, 0.5), (1_000_000, 0.25, 0.5)])
def test_the_variance_of_the_mean_has_a_part_that_more_cells_do_not_lower(cells, ratio, factor):
    assert corrected_standard_error(2.0, cells, test_train_ratio=ratio) == pytest.approx(2 * factor, rel=1e-5)


@pytest.mark.parametrize(("cells", "most", "dof"), [(25, None, 24), (25, 4, 4), (5, 9, 4)])
def test_the_degrees_of_freedom_are_one_fewer_than_the_cells_or_the_limit(cells, most, dof):
    assert degrees_of_freedom(cells, most) == dof
