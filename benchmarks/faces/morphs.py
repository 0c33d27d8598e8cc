"""The morph of two faces: how even its steps are, and how long its way is, as a judge of faces sees it.

Each function is for a `Fit`. The way is measured in the features of a network that was trained to tell the gender, as
the perceptual path length is in those of a network of photographs (Karras, Laine & Aila 2019).
"""

from __future__ import annotations

import numpy as np

from benchmarks.faces.fits import PAIRS, STEPS, _walk, decode, judge


def morph(train, test, model, seed):
    """Morph pairs of test faces by walking from code to code in equal steps.

    Returns:
        `detour`, the length of all ways in the judge's features over the distances of their ends, 1 if they are
        straight; and `seen_evenness`, the mean step over the longest, 1 if all are equal, 0 where the face does not
        change at all, averaged over pairs.
    """
    return _measure(train, test, decode(model, _walk(model, test, seed)), seed)


def fade(train, test, seed):
    """Morph pairs of test faces by fading from one to the other, pixel by pixel, in equal steps."""
    first, last = np.split(test.x[np.random.default_rng(seed).permutation(len(test))[: 2 * PAIRS]], 2)
    part = np.linspace(0, 1, STEPS + 1, dtype=np.float32)[:, None, None, None]
    faded = first[:, None] * (1 - part) + last[:, None] * part
    return _measure(train, test, faded.reshape(-1, *test.input_shape), seed)


def _measure(train, test, faces, seed):
    import keras

    judging = judge(train, "gender", seed=seed)
    look = keras.Model(judging.inputs, judging.get_layer("features").output)
    seen = look.predict(faces, batch_size=512, verbose=0).reshape(-1, STEPS + 1, look.output_shape[-1])
    steps = np.linalg.norm(np.diff(seen, axis=1), axis=2)
    straight, longest = np.linalg.norm(seen[:, -1] - seen[:, 0], axis=1), steps.max(axis=1)
    moves = longest > 0
    return {
        # Over all pairs at once: those whose ends the judge can hardly tell apart should not count most.
        "detour": float(steps.sum() / max(straight.sum(), np.finfo(np.float32).tiny)),
        "seen_evenness": float(np.mean(np.where(moves, steps.mean(axis=1) / np.where(moves, longest, 1), 0))),
    }
