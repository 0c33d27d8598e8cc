from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from negres_core.errors import InputError
from negres_core.pictures.drawings import make_row, render
from negres_core.pictures.sheet import join, scale_of
from tests.pictures.test_sheet import contains

STRIP = np.random.default_rng(2).uniform(size=(5, 40, 3))


@pytest.mark.parametrize("image", [STRIP, STRIP[..., :1], STRIP[..., 0]], ids=["colour", "grey", "flat"])
def test_what_a_fit_draws_is_shown_unchanged_under_its_caption(new_run, image):
    [drawing] = render(new_run(drawings={"control": {"a morph": image}}))

    levels = np.round((image if image.ndim == 3 else image[..., None]) * 255).astype(np.uint8)
    assert (drawing.name, drawing.caption) == ("control: a morph", "a morph")
    with Image.open(io.BytesIO(drawing.png)) as sheet:
        assert contains(sheet, join(np.broadcast_to(levels, STRIP.shape)[None], scale_of(5, 40)))


def test_each_drawing_of_each_arm_is_a_picture(new_run):
    given = {"treatment": {"one": STRIP, "two": STRIP}, "control": {"one": STRIP}}

    drawings = render(new_run(drawings=given))

    assert [drawing.name for drawing in drawings] == ["treatment: one", "treatment: two", "control: one"]
    assert drawings == render(new_run(drawings=given))


def test_it_is_asked_for_the_first_replicate_that_stayed_finite(new_run, spoil):
    run = spoil(spoil(spoil(new_run()), arm=1, position=0), arm=1, position=1)
    asked = []
    run.models.render_fit = lambda arm, position: asked.append((arm.role, position)) or {}

    assert render(run) is None
    assert asked == [("treatment", 1)]


def test_what_is_clipped_is_said(new_run):
    run = new_run()

    row = make_row(run, run.arms[0], "a morph", STRIP + 5)

    assert row.detail == "clipped here, of its raw values: 100.0% over 1"
    assert (row.images == 255).all()


def test_refuses_an_image_of_two_channels(new_run):
    with pytest.raises(InputError, match="neither grey nor coloured"):
        render(new_run(drawings={"control": {"a morph": STRIP[..., :2]}}))
