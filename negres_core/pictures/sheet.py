"""Sheets: rows of images under their captions, each pixel a square of pixels, none blended with another."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from negres_core.pictures.sample import NEUTRAL

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1324, 720
"""Most pixels that a row of images is wide, and that it is made high."""
MARGIN, GAP, SPACE = 28, 4, 18
"""Pixels around a sheet, between images, and over a caption."""
INK, FRAME = "#1a1a1a", 205
"""Of letters, and of what is between and around images, so that one as white as the sheet has an edge too."""


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a sheet.

    Attributes:
        images: (count, height, width), or with 3 channels, uint8.
        caption: what they are.
        detail: more, in smaller letters.
        colour: of the arm that made them.
    """

    images: np.ndarray
    caption: str
    detail: str = ""
    colour: str = NEUTRAL


def columns(size: int) -> int:
    """Return how many images of a width fit side by side, 10 at most."""
    return max(1, min(10, (WIDTH - GAP) // (size + GAP)))


def scale_of(height: int, width: int, count: int = 1, *, most: int = 16) -> int:
    """Return how many times larger each pixel is shown, so that a row of images fills the sheet."""
    return max(1, min(most, (WIDTH - GAP * (count + 1)) // (width * count), HEIGHT // height))


def join(images: np.ndarray, scale: int) -> np.ndarray:
    """Return images side by side in a frame, each pixel a square, as one image of 3 channels, uint8."""
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=3)
    large = colour.repeat(scale, axis=1).repeat(scale, axis=2)
    padded = np.pad(large, ((0, 0), (GAP, GAP), (GAP, 0), (0, 0)), constant_values=FRAME)
    return np.pad(np.concatenate(list(padded), axis=1), ((0, 0), (0, GAP), (0, 0)), constant_values=FRAME)


def make_sheet(title: str, rows: Sequence[Row], *, scale: int) -> Image:
    """Return rows of images under a title, in RGB."""
    from PIL import Image, ImageDraw

    strips = [join(row.images, scale) for row in rows]
    width = max(900, *(strip.shape[1] for strip in strips))
    blocks = [_write(title, 22, width, INK, bold=True)]
    for row, strip in zip(rows, strips, strict=True):
        caption = _write(row.caption, 17, width - 24, INK, bold=True)
        mark = Image.new("RGB", (width, SPACE + caption.height), "white")
        mark.paste(caption, (24, SPACE))
        ImageDraw.Draw(mark).rectangle((0, SPACE + 3, 13, SPACE + 16), fill=row.colour)
        detail = [_write(row.detail, 15, width, "#4d4d4d")] if row.detail else []
        blocks += [mark, *detail, Image.new("RGB", (width, 6), "white"), Image.fromarray(strip)]
    sheet = Image.new("RGB", (width + 2 * MARGIN, sum(block.height for block in blocks) + 2 * MARGIN), "white")
    top = MARGIN
    for block in blocks:
        sheet.paste(block, (MARGIN, top))
        top += block.height
    return sheet


def encode(sheet: Image) -> bytes:
    """Return a sheet as a PNG file, without a date or a program's name."""
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _lines_of(text: str, font: FreeTypeFont, width: int) -> list[str]:
    """Break a text, and where it must a word, into lines that are no wider than a width."""
    for letters in range(len(text), 1, -1):
        lines = textwrap.wrap(text, letters)
        if all(font.getlength(line) <= width for line in lines):
            return lines
    return [text]


def _write(text: str, size: int, width: int, colour: str, *, bold: bool = False) -> Image:
    """Return text on white, in as many lines as it takes."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    # The letters of the charts, which come with Matplotlib and are the same on every machine.
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)
    lines = _lines_of(text, font, width)
    height = round(1.35 * size)
    image = Image.new("RGB", (width, height * len(lines)), "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((0, number * height), line, fill=colour, font=font)
    return image
