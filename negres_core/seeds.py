"""Seeds derived from named axes: the same axes give the same seed on every machine, in any order of work."""

from __future__ import annotations

import hashlib
import json


def derive_seed(purpose: str, /, **axes: int | str) -> int:
    """Derive a seed from what it is for and where in the design it stands.

    Args:
        purpose: what the seed drives, for example "initial weights".
        **axes: the named axes, for example `repeat=0, fold=3, seed=1`.

    Returns:
        An integer in [0, 2**32), which NumPy, TensorFlow, JAX and Keras all accept.

    >>> derive_seed("order", repeat=0, fold=1) == derive_seed("order", fold=1, repeat=0)
    True
    >>> derive_seed("order", repeat=0, fold=1) == derive_seed("order", repeat=1, fold=0)
    False
    """
    named = json.dumps([purpose, sorted(axes.items())]).encode()
    return int.from_bytes(hashlib.blake2b(named, digest_size=4).digest(), "big")
