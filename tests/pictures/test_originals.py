from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from negres_core import Fit, Recipe
from negres_core.pictures.labels import ARM_COLOURS
from negres_core.pictures.originals import make_rows, render
from negres_core.pictures.sheet import join, scale_of
from tests.pictures.conftest import FACES
from tests.pictures.test_sheet import contains


def probe(train, test):
    """Stands for a fit that returns metrics."""


def bytes_of(images):
    low, high = FACES.min(), FACES.max()
    return np.clip(np.round((images - low) / (high - low) * 255), 0, 255).astype(np.uint8)


def test_the_sheet_shows_the_originals_above_the_reconstructions_of_each_arm(new_run):
    run = new_run(predictions={"control": lambda y: 1 - y})

    [rendering] = render(run)

    faces = FACES[run.cells[0].test]
    scale = scale_of(4, 6, len(faces))
    assert scale > 1
    with Image.open(io.BytesIO(rendering.png)) as sheet:
        for images in (faces, 0.9 * faces, 1 - faces):
            assert contains(sheet, join(bytes_of(images), scale))
        assert 900 <= sheet.width <= 1400
    assert (rendering.name, rendering.png) == ("originals", render(run)[0].png)


def test_rows_are_labelled_with_their_arm_and_its_scores(new_run):
    rows = make_rows(new_run())

    assert [row.caption for row in rows] == ["originals", "treatment: cae (3 epochs)", "control: pca"]
    assert [row.colour for row in rows[1:]] == [ARM_COLOURS["treatment"], ARM_COLOURS["control"]]
    assert rows[0].detail == "4 x 6 pixels, from the test fold (fold 1 of repeat 1)"
    assert rows[1].detail == "PSNR 20.50 dB, skill 0.550: means over 2 replicates"


def test_clipped_values_are_described_and_shown_at_the_end_of_the_range(new_run):
    _, treatment, _ = make_rows(new_run(predictions={"treatment": lambda y: y + 2}))

    assert (treatment.images == 255).all()
    assert treatment.detail.endswith("raw values clipped here: 100.0% above 1")


def test_at_most_ten_images_are_shown_and_they_are_the_same_for_all_arms(new_run):
    faces = np.random.default_rng(0).uniform(size=(60, 4, 6, 1)).astype(np.float32)
    originals, *arms = make_rows(new_run(faces=faces, predictions=dict.fromkeys(ARM_COLOURS, lambda y: y)))

    assert originals.images.shape == (10, 4, 6)
    assert all(np.array_equal(row.images, originals.images) for row in arms)
    assert len(np.unique(originals.images.reshape(10, -1), axis=0)) == 10


def test_values_are_shown_from_the_darkest_of_the_data_to_the_brightest(new_run):
    run = new_run(faces=FACES * 4 - 2)

    assert run.data.as_shown(np.array([-9.0, -2.0, -2 + 4 / 255, 0.01, 2.0, 9.0])).tolist() == [0, 0, 1, 128, 255, 255]


@pytest.mark.parametrize("channels", [2, 4])
def test_images_that_are_neither_grey_nor_coloured_are_not_rendered(new_run, channels):
    assert render(new_run(faces=np.random.default_rng(0).uniform(size=(12, 4, 4, channels)))) is None


def test_nothing_is_rendered_if_no_arm_predicts_images(new_run):
    assert render(new_run(treatment=Recipe(Fit(probe)), control=None)) is None
