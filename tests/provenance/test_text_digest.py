"""The digest of version 0.1.0, computed by hand: any change would orphan the replicates that it recorded."""

from __future__ import annotations

import functools
import hashlib
import textwrap
from typing import ClassVar

import numpy as np
import pytest

from negres_core.provenance.text_digest import digest_text

FACTOR = 2


def scaled(x, *, shift=1):
    """Scale."""
    return x * FACTOR + shift


SCALED = [
    "scaled",
    'def scaled(x, *, shift=1):\n    """Scale."""\n    return x * FACTOR + shift\n',
    "None",
    "shift",
    "1",
]


class Weighted:
    unit = "kg"
    units: ClassVar = [3]

    def __init__(self, weight):
        self.weight = weight
        self._cache = {}


INIT = [
    "Weighted.__init__",
    "    def __init__(self, weight):\n        self.weight = weight\n        self._cache = {}\n",
    "None",
    "None",
]
ZEROS = hashlib.sha256(bytes(24)).hexdigest()


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (1.5, ["1.5"]),
        ([[1], ["a"]], ["1", "'a'"]),
        ({"b": 1, "a": None}, ["a", "None", "b", "1"]),
        ({3, 1}, ["1", "3"]),
        (np.zeros(3), [f"<f8(3,){ZEROS}"]),
        (textwrap.dedent, ["dedent"]),
        (np, ["numpy"]),
        (scaled, [*SCALED, "FACTOR", "2"]),
        (functools.partial(scaled, 3, shift=4), [*SCALED, "FACTOR", "2", "3", "shift", "4"]),
        (Weighted, ["Weighted", *INIT, "unit='kg'", "object"]),
        (Weighted(7), ["Weighted", *INIT, "unit='kg'", "object", "weight", "7"]),
        (object(), ["object <object object>"]),
    ],
    ids=[
        "number",
        "nested list",
        "dictionary",
        "set",
        "array",
        "library function",
        "module",
        "function",
        "partial",
        "class",
        "object",
        "library object",
    ],
)
def test_a_digest_covers_the_parts_that_version_0_1_0_covered(value, parts):
    expected = hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()

    assert digest_text(value) == expected
