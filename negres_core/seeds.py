"""Seeds derived from named axes: the same axes give the same seed on every machine, in whatever order work is done."""

from __future__ import annotations

import hashlib
import json


def derive_seed(purpose: str, /, **axes: int | str) -> int:
    """Derive a seed from its purpose and its position in the design.

    Args:
        purpose: what the seed is for, for example "initial weights". Changing it changes every number drawn from it.
        **axes: the position, for example `repeat=0, fold=3, seed=1`. The order of the axes does not matter.

    Returns:
        An integer in [0, 2**32), which NumPy, TensorFlow, JAX and Keras all accept.

    >>> derive_seed("order", repeat=0, fold=1) == derive_seed("order", fold=1, repeat=0)
    True
    >>> derive_seed("order", repeat=0, fold=1) == derive_seed("order", repeat=1, fold=0)
    False
    """
    identity = json.dumps([purpose, sorted(axes.items())]).encode()
    return int.from_bytes(hashlib.blake2b(identity, digest_size=4).digest(), "big")
