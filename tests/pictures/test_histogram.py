from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from negres_core import Fit, Recipe
from negres_core.pictures.histogram import bin_values, describe, make_figure, render
from negres_core.pictures.sample import sample_predictions
from tests.pictures.conftest import FACES


def probe(train, test):
    """Stands for a fit that returns metrics."""


def test_every_grey_level_has_a_bin(new_run):
    run = new_run()
    levels = np.arange(256) / 255

    edges, shares = bin_values(run, levels.astype(np.float32))

    occupied = shares > 0
    assert shares[occupied].tolist() == [1 / 256] * 256
    np.testing.assert_allclose((edges[:-1] + edges[1:])[occupied] / 2, levels, atol=1e-6)


@pytest.mark.parametrize("darkest", [0, 8, 100])
def test_images_of_eight_bits_leave_no_bin_empty_however_dark_the_darkest(new_run, darkest):
    """An empty bin would look as if the images were rounded."""
    levels = np.resize(np.arange(darkest, 256), FACES.shape)
    run = new_run(faces=(levels / 255).astype(np.float32))

    edges, shares = bin_values(run, run.data.y)

    inside = (edges[:-1] > darkest / 255 - 0.003) & (edges[1:] < 1.003)
    assert inside.sum() == 256 - darkest
    assert (shares[inside] > 0).all()


def test_no_value_is_left_out_of_the_histogram(new_run):
    edges, shares = bin_values(new_run(), np.array([-1e9, -0.5, 0.5, 1.5, 1e9]))

    assert shares.sum() == pytest.approx(1)
    assert (shares[0], shares[-1]) == (0.2, 0.2)
    assert (edges[0], edges[-1]) == (pytest.approx(-1, abs=0.01), pytest.approx(2, abs=0.01))


def test_rounded_outputs_are_two_bars(new_run):
    run = new_run(predictions={"treatment": np.round})
    sample = sample_predictions(run)
    figure = make_figure(run, sample)
    targets, filled, line = (patch.get_data() for patch in figure.axes[0].patches[:3])

    assert np.count_nonzero(targets.values) > 50
    assert np.count_nonzero(filled.values) == 2
    np.testing.assert_array_equal(filled.values, line.values)
    np.testing.assert_array_equal(targets.values, bin_values(run, sample.targets)[1])
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_title(loc="left").startswith("treatment: cae (3 epochs)\n0 to 1; shown in 8 bits ")
    assert figure.axes[0].get_title(loc="left").endswith("2 of 256 levels")


def test_the_arms_share_axes_and_the_outside_of_the_range_is_shaded(new_run):
    run = new_run(predictions={"control": lambda y: 3 * y - 1})
    figure = make_figure(run, sample_predictions(run))

    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    low, high = figure.axes[0].get_xlim()
    assert low <= -0.9
    assert high >= 1.9
    for axis in figure.axes:
        below, above = axis.patches[-2:]
        assert (below.get_x(), below.get_x() + below.get_width()) == pytest.approx((low, -1 / 510))
        assert (above.get_x(), above.get_x() + above.get_width()) == pytest.approx((1 + 1 / 510, high))


@pytest.mark.parametrize(("factor", "is_mentioned"), [(1, False), (1e6, True)])
def test_values_beyond_the_axis_are_mentioned(new_run, factor, is_mentioned):
    run = new_run(predictions={"treatment": lambda y: factor * y})
    figure = make_figure(run, sample_predictions(run))

    assert ("outermost bins: all values beyond" in figure.axes[-1].get_xlabel()) == is_mentioned
    assert figure.axes[0].get_xlim()[1] < 3


def test_the_description_counts_saturated_values(new_run):
    values = np.array([-0.25, 0, 0, 0.5, 1, 1, 1, 1])

    assert describe(new_run(), values) == "-0.25 to 1; shown in 8 bits 37.5% black, 50.0% white, 3 of 256 levels"


def test_the_picture_is_the_same_each_time_and_carries_no_date(new_run):
    [rendering], [again] = render(new_run()), render(new_run())

    assert rendering == again
    assert rendering.name == "histogram"
    assert "treatment: cae (3 epochs): 0 to 0.9; shown" in rendering.caption
    with Image.open(io.BytesIO(rendering.png)) as image:
        assert (image.format, image.width) == ("PNG", 1200)
        assert set(image.info) <= {"dpi"}


def test_images_of_one_value_do_not_divide_by_zero(new_run):
    assert render(new_run(faces=np.full_like(FACES, 0.5))) is not None


def test_nothing_is_rendered_if_no_arm_predicts_images(new_run):
    assert render(new_run(treatment=Recipe(Fit(probe)), control=None)) is None
