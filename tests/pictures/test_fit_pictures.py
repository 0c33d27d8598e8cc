from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from negres_core.errors import InputError
from negres_core.pictures.fit_pictures import make_row, render
from negres_core.pictures.sheet import join, scale_of
from tests.pictures.test_sheet import contains

STRIP = np.random.default_rng(2).uniform(size=(5, 40, 3))


@pytest.mark.parametrize("image", [STRIP, STRIP[..., :1], STRIP[..., 0]], ids=["colour", "grey", "flat"])
def test_a_picture_of_a_fit_is_shown_unchanged_under_its_caption(new_run, image):
    [rendering] = render(new_run(fit_pictures={"control": {"a morph": image}}))

    levels = np.round((image if image.ndim == 3 else image[..., None]) * 255).astype(np.uint8)
    assert (rendering.name, rendering.caption) == ("control: a morph", "a morph")
    with Image.open(io.BytesIO(rendering.png)) as sheet:
        assert contains(sheet, join(np.broadcast_to(levels, STRIP.shape)[None], scale_of(5, 40)))


def test_every_picture_of_every_arm_is_rendered(new_run):
    fit_pictures = {"treatment": {"one": STRIP, "two": STRIP}, "control": {"one": STRIP}}

    renderings = render(new_run(fit_pictures=fit_pictures))

    assert [rendering.name for rendering in renderings] == ["treatment: one", "treatment: two", "control: one"]
    assert renderings == render(new_run(fit_pictures=fit_pictures))


def test_a_fit_renders_the_first_replicate_that_stayed_finite(new_run, spoil):
    run = spoil(spoil(spoil(new_run()), arm=1, position=0), arm=1, position=1)
    calls = []
    run.models.render_fit = lambda arm, position: calls.append((arm.role, position)) or {}

    assert render(run) is None
    assert calls == [("treatment", 1)]


def test_clipped_values_are_described(new_run):
    run = new_run()

    row = make_row(run, run.arms[0], "a morph", STRIP + 5)

    assert row.detail == "raw values clipped here: 100.0% above 1"
    assert (row.images == 255).all()


def test_refuses_an_image_of_two_channels(new_run):
    with pytest.raises(InputError, match="has the wrong shape"):
        render(new_run(fit_pictures={"control": {"a morph": STRIP[..., :2]}}))
