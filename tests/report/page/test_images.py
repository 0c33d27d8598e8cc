from __future__ import annotations

import base64
import io

import numpy as np
import PIL.Image

from negres_core.evidence import Picture
from negres_core.report.page.images import embed
from tests.report.page.suites import PNG

PICTURE = Picture(name="originals", caption="Ten faces.", file="pictures/originals-0a1b2c3d.png", sha256="0" * 64)


def test_a_picture_is_embedded_as_it_is():
    image = embed(PICTURE, PNG, compress=False)
    assert image.address == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert (image.name, image.caption, image.note) == ("originals", "Ten faces.", "")


def test_many_pictures_are_compressed_and_say_so():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(noise).save(file, "PNG")
    image = embed(PICTURE, file.getvalue(), compress=True)
    assert image.address.startswith("data:image/webp;base64,")
    assert len(image.address) < len(file.getvalue())
    assert (
        image.note == "Compressed for this page; pictures/originals-0a1b2c3d.png beside the evidence has every pixel."
    )


def test_a_picture_that_cannot_be_compressed_is_embedded_as_it_is():
    assert embed(PICTURE, b"no picture at all", compress=True).address.startswith("data:image/png;")


def test_a_missing_picture_leaves_its_caption():
    image = embed(PICTURE, None, compress=False)
    assert image.address == ""
    assert image.caption == "Ten faces."
    assert "is missing or was changed" in image.note
