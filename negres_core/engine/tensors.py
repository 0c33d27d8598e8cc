"""Tensors of any backend, as plain numbers."""

from __future__ import annotations

from typing import Any

from keras import ops


def number_of(value: Any) -> float:
    """Return a tensor of one number; PyTorch warns of one that a gradient could still be taken of."""
    return float(ops.convert_to_numpy(value))
