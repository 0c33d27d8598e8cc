"""Sheets: rows of images under their captions. Each pixel is enlarged to a square, without interpolation."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from negres_core.pictures.labels import NEUTRAL_COLOUR

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

MAX_WIDTH_PX, MAX_HEIGHT_PX = 1324, 720
"""Largest width of a row of images, and the height up to which images are enlarged."""
MARGIN_PX, GAP_PX, SPACE_PX = 28, 4, 18
"""Space around a sheet, between images, and above a caption."""
TEXT_COLOUR, FRAME_GREY = "#1a1a1a", 205
"""Colour of text; grey level between and around images, so that images as white as the sheet have an edge too."""


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a sheet.

    Attributes:
        images: (count, height, width), or with 3 channels, uint8.
        caption: what they are.
        detail: more about them, in smaller type.
        colour: colour of the arm that predicted them.
    """

    images: np.ndarray
    caption: str
    detail: str = ""
    colour: str = NEUTRAL_COLOUR


def count_columns(width: int) -> int:
    """Return how many images of a width fit side by side, 10 at most."""
    return max(1, min(10, (MAX_WIDTH_PX - GAP_PX) // (width + GAP_PX)))


def scale_of(height: int, width: int, count: int = 1, *, most: int = 16) -> int:
    """Return the factor by which pixels are enlarged so that a row of images fills the sheet, at most `most`."""
    return max(1, min(most, (MAX_WIDTH_PX - GAP_PX * (count + 1)) // (width * count), MAX_HEIGHT_PX // height))


def join(images: np.ndarray, scale: int) -> np.ndarray:
    """Return enlarged images side by side in a frame, as one image, (height, width, 3), uint8."""
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=3)
    large = colour.repeat(scale, axis=1).repeat(scale, axis=2)
    padded = np.pad(large, ((0, 0), (GAP_PX, GAP_PX), (GAP_PX, 0), (0, 0)), constant_values=FRAME_GREY)
    return np.pad(np.concatenate(list(padded), axis=1), ((0, 0), (0, GAP_PX), (0, 0)), constant_values=FRAME_GREY)


def make_sheet(title: str, rows: Sequence[Row], *, scale: int) -> Image:
    """Return rows of images under a title, in RGB."""
    from PIL import Image, ImageDraw

    strips = [join(row.images, scale) for row in rows]
    width = max(900, *(strip.shape[1] for strip in strips))
    blocks = [_render_text(title, 22, width, TEXT_COLOUR, bold=True)]
    for row, strip in zip(rows, strips, strict=True):
        caption = _render_text(row.caption, 17, width - 24, TEXT_COLOUR, bold=True)
        mark = Image.new("RGB", (width, SPACE_PX + caption.height), "white")
        mark.paste(caption, (24, SPACE_PX))
        ImageDraw.Draw(mark).rectangle((0, SPACE_PX + 3, 13, SPACE_PX + 16), fill=row.colour)
        detail = [_render_text(row.detail, 15, width, "#4d4d4d")] if row.detail else []
        blocks += [mark, *detail, Image.new("RGB", (width, 6), "white"), Image.fromarray(strip)]
    sheet = Image.new("RGB", (width + 2 * MARGIN_PX, sum(block.height for block in blocks) + 2 * MARGIN_PX), "white")
    top = MARGIN_PX
    for block in blocks:
        sheet.paste(block, (MARGIN_PX, top))
        top += block.height
    return sheet


def encode(sheet: Image) -> bytes:
    """Return a sheet as a PNG file, without a date or the name of a program."""
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _lines_of(text: str, font: FreeTypeFont, width: int) -> list[str]:
    """Break a text into lines of at most a width in pixels, inside a word if necessary."""
    for characters in range(len(text), 1, -1):
        lines = textwrap.wrap(text, characters)
        if all(font.getlength(line) <= width for line in lines):
            return lines
    return [text]


def _render_text(text: str, size: int, width: int, colour: str, *, bold: bool = False) -> Image:
    """Return text on a white background, in as many lines as needed."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    # The font of the charts, which comes with Matplotlib and is the same on every machine.
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    font = ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", name), size)
    lines = _lines_of(text, font, width)
    height = round(1.35 * size)
    image = Image.new("RGB", (width, height * len(lines)), "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((0, number * height), line, fill=colour, font=font)
    return image
