from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from negres_core import Fit, Recipe
from negres_core.pictures.originals import make_rows, render
from negres_core.pictures.sample import COLOURS
from negres_core.pictures.sheet import join, scale_of
from tests.pictures.conftest import FACES
from tests.pictures.test_sheet import contains


def probe(train, test):
    """Stand for a fit that returns metrics."""


def bytes_of(images):
    low, high = FACES.min(), FACES.max()
    return np.clip(np.round((images - low) / (high - low) * 255), 0, 255).astype(np.uint8)


def test_the_sheet_is_the_originals_over_what_each_arm_makes_of_them(new_run):
    run = new_run(predictions={"control": lambda y: 1 - y})

    [drawing] = render(run)

    faces = FACES[run.cells[0].test]
    scale = scale_of(4, 6, len(faces))
    assert scale > 1
    with Image.open(io.BytesIO(drawing.png)) as sheet:
        for images in (faces, 0.9 * faces, 1 - faces):
            assert contains(sheet, join(bytes_of(images), scale))
        assert 900 <= sheet.width <= 1400
    assert (drawing.name, drawing.png) == ("originals", render(run)[0].png)


def test_the_rows_say_whose_they_are_and_how_good(new_run):
    rows = make_rows(new_run())

    assert [row.caption for row in rows] == ["originals", "treatment: cae (3 epochs)", "control: pca"]
    assert [row.colour for row in rows[1:]] == [COLOURS["treatment"], COLOURS["control"]]
    assert rows[0].detail == "4 x 6 pixels, from the test fold (fold 1 of repeat 1)"
    assert rows[1].detail == "PSNR 20.50 dB, skill 0.550: means over 2 replicates"


def test_what_is_clipped_is_said_and_shown_at_the_end_of_the_range(new_run):
    _, treatment, _ = make_rows(new_run(predictions={"treatment": lambda y: y + 2}))

    assert (treatment.images == 255).all()
    assert treatment.detail.endswith("clipped here, of its raw values: 100.0% over 1")


def test_no_more_than_ten_images_are_shown_and_all_arms_show_the_same(new_run):
    faces = np.random.default_rng(0).uniform(size=(60, 4, 6, 1)).astype(np.float32)
    originals, *arms = make_rows(new_run(faces=faces, predictions=dict.fromkeys(COLOURS, lambda y: y)))

    assert originals.images.shape == (10, 4, 6)
    assert all(np.array_equal(row.images, originals.images) for row in arms)
    assert len(np.unique(originals.images.reshape(10, -1), axis=0)) == 10


@pytest.mark.parametrize("channels", [2, 4])
def test_images_that_are_neither_grey_nor_coloured_are_not_drawn(new_run, channels):
    assert render(new_run(faces=np.random.default_rng(0).uniform(size=(12, 4, 4, channels)))) is None


def test_where_no_arm_predicts_nothing_is_drawn(new_run):
    assert render(new_run(treatment=Recipe(Fit(probe)), control=None)) is None
