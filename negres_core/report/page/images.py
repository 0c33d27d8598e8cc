"""Pictures of a run, inside the page."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

from negres_core.evidence import Picture

MOST_EXACT_BYTES = 3 << 20
"""Most bytes of all pictures, 3 MiB, with which a page has them as they are; if there are more, they are compressed."""
QUALITY = 70
"""Quality of compressed pictures, of 100."""


class Image(NamedTuple):
    """A picture of the page.

    Attributes:
        name: its name.
        caption: what it shows.
        address: a data URI; "" if the picture is missing or was changed.
        note: what a reader has to know about it; "" if nothing.
    """

    name: str
    caption: str
    address: str
    note: str


def embed(picture: Picture, png: bytes | None, *, compress: bool) -> Image:
    """Return a picture for the page.

    Args:
        picture: its record.
        png: its file; None if it is missing, or is not the one that was recorded.
        compress: whether to compress it.
    """
    if png is None:
        note = f"The file {picture.file} is missing or was changed, and is not shown."
        return Image(picture.name, picture.caption, "", note)
    content, kind, note = png, "png", ""
    if compress and (smaller := _compress(png)) is not None and len(smaller) < len(png):
        content, kind = smaller, "webp"
        note = f"Compressed for this page; {picture.file} beside the evidence has every pixel."
    address = f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
    return Image(picture.name, picture.caption, address, note)


def _compress(png: bytes) -> bytes | None:
    import PIL.Image

    file = io.BytesIO()
    try:
        with PIL.Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            image.convert("RGB").save(file, "WEBP", quality=QUALITY, method=0)
    except (OSError, ValueError, PIL.Image.DecompressionBombError):
        return None
    return file.getvalue()
