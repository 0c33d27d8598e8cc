from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from negres_core.pictures.sheet import (
    FRAME_GREY,
    GAP_PX,
    MARGIN_PX,
    MAX_WIDTH_PX,
    Row,
    count_columns,
    encode,
    join,
    make_sheet,
    scale_of,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)


def contains(sheet, strip):
    """Whether an image appears unchanged, exactly once, at the left margin of a sheet."""
    pixels = np.asarray(sheet)[:, MARGIN_PX : MARGIN_PX + strip.shape[1]]
    tops = range(len(pixels) - len(strip) + 1)
    return sum(np.array_equal(pixels[top : top + len(strip)], strip) for top in tops) == 1


def test_each_pixel_becomes_a_square():
    strip = join(IMAGES, 7)

    assert strip.shape == (4 * 7 + 2 * GAP_PX, 3 * (5 * 7 + GAP_PX) + GAP_PX, 3)
    for number, image in enumerate(IMAGES):
        left = GAP_PX + number * (5 * 7 + GAP_PX)
        square = strip[GAP_PX:-GAP_PX, left : left + 5 * 7]
        np.testing.assert_array_equal(square, np.kron(image, np.ones((7, 7, 1), np.uint8)))
        assert (strip[:, left - GAP_PX : left] == FRAME_GREY).all()
    assert (strip[:GAP_PX] == FRAME_GREY).all()
    assert (strip[-GAP_PX:] == FRAME_GREY).all()


def test_grey_images_are_shown_grey():
    strip = join(IMAGES[..., 0], 1)

    assert (strip == strip[..., :1]).all()
    np.testing.assert_array_equal(strip[GAP_PX : GAP_PX + 4, GAP_PX : GAP_PX + 5, 0], IMAGES[0, :, :, 0])


@pytest.mark.parametrize("detail", ["", "with numbers"])
def test_a_sheet_holds_every_row_unchanged_and_in_order(detail):
    rows = [Row(IMAGES, "originals", detail), Row(255 - IMAGES, "treatment", detail, "#0072B2")]

    sheet = make_sheet("faces", rows, scale=6)

    assert contains(sheet, join(IMAGES, 6))
    assert contains(sheet, join(255 - IMAGES, 6))
    both = np.concatenate([join(IMAGES, 6), join(255 - IMAGES, 6)])
    assert not contains(sheet, both)
    assert [0x00, 0x72, 0xB2] in np.asarray(sheet)[:, MARGIN_PX].tolist()


@pytest.mark.parametrize("text", ["a word", "many words " * 60, "x" * 900])
def test_text_of_any_length_fits_on_the_sheet(text):
    sheet = np.asarray(make_sheet(text, [Row(IMAGES, text, text)], scale=2))

    for edge in (sheet[:MARGIN_PX], sheet[-MARGIN_PX:], sheet[:, :MARGIN_PX], sheet[:, -MARGIN_PX:]):
        assert (edge == 255).all()
    assert (sheet[:, -2 * MARGIN_PX : -MARGIN_PX] < 255).any() == (len(text) > 100)


@pytest.mark.parametrize("size", [8, 16, 32, 64, 100, 128, 200, 256, 2000])
def test_a_row_fills_the_sheet_as_far_as_integer_scales_allow(size):
    count = count_columns(size)
    scale = scale_of(size, size, count)
    width = count * (size * scale + GAP_PX) + GAP_PX

    assert 900 < width <= MAX_WIDTH_PX or (count, scale) == (1, 1)
    assert 1 <= count <= 10


def test_a_single_image_is_enlarged_at_most_16_times():
    assert scale_of(32, 32) == 16
    assert scale_of(128, 128) == 5
    assert scale_of(4, 4000) == 1


def test_a_file_holds_only_the_pixels():
    sheet = make_sheet("faces", [Row(IMAGES, "originals")], scale=2)

    png = encode(sheet)

    assert png == encode(sheet)
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.info) == ("PNG", {})
        np.testing.assert_array_equal(np.asarray(image), np.asarray(sheet))
