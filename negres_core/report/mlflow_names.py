"""Names and texts as MLflow takes them, translated in one way that loses nothing silently."""

from __future__ import annotations

import hashlib
import sys

from negres_core.errors import show

LONGEST_NAME = 200
"""Most characters of a translated name. MLflow takes 250, with what stands before it."""
LONGEST_PARAM = 6_000
"""Most characters of a param's value that MLflow takes."""
LONGEST_TAG = 5_000
"""Most characters of a tag's value; older servers of MLflow take no more."""
LONGEST_RUN_NAME = 250
"""Most characters of the name of a run."""


def translate(name: str) -> str:
    """Return a name with only those characters that MLflow allows in the name of a metric, a param or a tag.

    Letters, digits, "_", "-", "." and spaces stay. Any other character becomes its code point in hexadecimal digits
    between "_x" and "_", and so do a "." at the start and a "_" before an "x", so that two names never become one. What
    is longer than `LONGEST_NAME` after that is cut, and ends in "_x_" and a digest of the whole name.

    Examples:
        >>> translate("balanced accuracy"), translate("cost@6c8a"), translate("val/f1")
        ('balanced accuracy', 'cost_x40_6c8a', 'val_x2f_f1')
    """
    characters = [_translated(character, name, place) for place, character in enumerate(name)]
    translated = "".join(characters)
    if name and len(translated) <= LONGEST_NAME:
        return translated
    ending = f"_x_{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return translated[: LONGEST_NAME - len(ending)] + ending


def _translated(character: str, name: str, place: int) -> str:
    stays = character.isalnum() or character in "_-. "
    is_dot_at_start = character == "." and place == 0
    begins_like_a_code = character == "_" and name[place + 1 : place + 2] == "x"
    return character if stays and not is_dot_at_start and not begins_like_a_code else f"_x{ord(character):x}_"


def text(value: object, *, most: int) -> str:
    """Return a value as text: control characters by their codes, and the number of characters that are missing."""
    # A code is longer than its character, so what is cut is the text with the codes.
    return show(show(value, most=sys.maxsize), most=most)
