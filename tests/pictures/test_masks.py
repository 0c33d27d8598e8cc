from __future__ import annotations

import io

import numpy as np
from PIL import Image

from negres_core.pictures.labels import ARM_COLOURS
from negres_core.pictures.masks import CLASS_COLOURS, NOT_COUNTED_GREY, make_rows, render
from negres_core.pictures.registry import render_pictures
from negres_core.pictures.sheet import join, scale_of
from tests.pictures.conftest import FACES
from tests.pictures.test_sheet import contains

MASKS = (FACES[..., 0] > 0.3).astype(int) + (FACES[..., 1] > 0.6)
SAME = dict.fromkeys(ARM_COLOURS, lambda y: y)


def test_the_sheet_shows_images_above_true_and_predicted_classes(new_run):
    run = new_run(y=MASKS, predictions={"treatment": lambda y: (y + 1) % 3, "control": lambda y: 0 * y})

    [rendering] = render(run)

    test = run.cells[0].test
    scale = scale_of(4, 6, len(test))
    shown = np.clip(np.round((FACES[test] - FACES[test].min()) / np.ptp(FACES[test]) * 255), 0, 255).astype(np.uint8)
    with Image.open(io.BytesIO(rendering.png)) as sheet:
        assert contains(sheet, join(shown, scale))
        for labels in (MASKS[test], (MASKS[test] + 1) % 3, 0 * MASKS[test]):
            assert contains(sheet, join(CLASS_COLOURS[labels], scale))
    assert (rendering.name, rendering.png) == ("masks", render(run)[0].png)
    assert "treatment: cae (3 epochs) (accuracy 0.850, mean IoU 0.500: means over 2 replicates)" in rendering.caption


def test_pixels_that_do_not_count_are_grey_in_every_mask(new_run):
    hidden = MASKS.copy()
    hidden[:, 0, 0] = 255
    images, *masks = make_rows(new_run(y=hidden, predictions=dict.fromkeys(ARM_COLOURS, np.abs), ignore_class=255))

    assert images.caption == "images"
    assert masks[0].detail == "4 x 6 pixels, from the test fold (fold 1 of repeat 1); grey does not count"
    assert all((row.images[:, 0, 0] == NOT_COUNTED_GREY).all() for row in masks)
    assert all(np.array_equal(row.images, masks[0].images) for row in masks)


def test_inputs_that_are_no_images_of_that_size_are_not_shown(new_run):
    rows = make_rows(new_run(faces=FACES[:, :2], y=MASKS, predictions=SAME))

    assert [row.caption for row in rows] == ["true classes", "treatment: cae (3 epochs)", "control: pca"]


def test_only_labels_of_pixels_have_masks(new_run):
    def names(run):
        return render_pictures(run, keep=lambda rendering: rendering.name, note=print)

    assert names(new_run(y=MASKS, predictions=SAME)) == ["masks"]
    assert "masks" not in names(new_run())
    assert names(new_run(y=MASKS[:, 0], predictions=SAME)) == []
