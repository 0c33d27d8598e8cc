"""Read the pictures beside evidence."""

from __future__ import annotations

import hashlib

from negres_core.evidence.evidence import Evidence, Picture
from negres_core.evidence.store import Store
from negres_core.files import read_regular

MOST_PICTURE_BYTES = 1 << 24
"""Most bytes of one picture: 16 MiB."""


def read_picture(store: Store, evidence: Evidence, picture: Picture) -> bytes | None:
    """Return the PNG file of a picture; None if it is missing, or is not the one that the evidence names."""
    try:
        content = read_regular(store.evidence_folder(evidence.hypothesis) / picture.file, most_bytes=MOST_PICTURE_BYTES)
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == picture.sha256 else None
