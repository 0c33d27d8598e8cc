"""Arithmetic on codes after figures 7 and 8 of the DCGAN paper (Radford, Metz & Chintala 2016), measured.

Each function is for a `Fit`. The paper shows pictures of generated faces. Here the codes are those of faces that a
model has not seen. Two judges look at the results of figure 7. A third tells how far those of figure 8 have turned, and
they are compared with the faces that would have been drawn with that pose.
"""

from __future__ import annotations

import numpy as np

from benchmarks.faces.fits import PAIRS, SHEET_ROWS, SHUFFLES, _sheet, decode, encode, judge
from fixtures.synthetic_faces import draw_faces

EXEMPLARS = 3
"""Faces in a mean of figure 7."""
TRIALS = 128
"""Analogies, each with other exemplars."""
SIDE, VECTORS = 4, 16
"""Faces in a mean of figure 8, and turn vectors, each from other faces."""
SIDEWAYS = 0.5
"""Faces look to a side if their pose is further from 0."""
TURN = 1.0
"""How far faces are turned, towards the other side, in the unit of the factor `pose`."""


def analogies(train, test, model, seed):
    """Figure 7: a man with glasses, less a man, plus a woman, each the mean of three codes of test faces.

    Returns:
        `success`, the share of results that both judges take for a woman with glasses; `unchanged`, the share of the
        women alone that they do; and `glasses` and `gender`, the accuracy of each judge on the test faces themselves.
    """
    return _analogies(train, test, seed, encode(model, test.x), lambda codes: decode(model, codes))


def analogies_of_pixels(train, test, seed):
    """Figure 7 without a model: the same arithmetic on pixels, cut off at black and white."""
    shape = (-1, *test.input_shape)
    return _analogies(train, test, seed, test.flatten(), lambda codes: np.clip(codes, 0, 1).reshape(shape))


def _analogies(train, test, seed, codes, decoded):
    judges = {name: judge(train, name, seed=seed) for name in ("glasses", "gender")}
    glasses, women = (test.attributes[name] == 1 for name in judges)
    random = np.random.default_rng(seed)

    def means(kind):
        rows = np.flatnonzero(kind)
        chosen = np.stack([random.choice(rows, EXEMPLARS, replace=False) for _ in range(TRIALS)])
        return codes[chosen].mean(axis=1)

    def is_seen(faces):
        return {name: each.predict(faces, batch_size=512, verbose=0)[:, 0] > 0 for name, each in judges.items()}

    def share(faces):
        return float(np.mean(np.logical_and(*is_seen(faces).values())))

    men_with, men, women_without = (means(each) for each in (~women & glasses, ~women & ~glasses, women & ~glasses))
    return {
        "success": share(decoded(men_with - men + women_without)),
        "unchanged": share(decoded(women_without)),
    } | {name: float(np.mean(seen == (test.attributes[name] == 1))) for name, seen in is_seen(test.x).items()}


def turn(train, test, model, seed, *, side=SIDE):
    """Figure 8: add turn vectors to the codes of test faces. A judge tells their pose before and after.

    A turn vector is the mean code of faces that look to the right, less that of faces that look to the left, per unit
    of pose. It is scaled so that it should turn each face by `TURN`. The null hypothesis is that it turns no further
    than a direction between two sets of faces regardless of their pose. Shuffled directions have the length of turn
    vectors. `side` is the number of training faces in each mean, or None for all that look to that side.

    Returns:
        `turned`, how far the judge sees faces turn, in the unit of `TURN`, on average over `VECTORS` turn vectors;
        `margin`, how much further than by the 95th percentile of `SHUFFLES` shuffled directions; `nearer`, the share of
        squared distance to the faces drawn with that pose that turning removes, negative if it adds some; and `judged`,
        the share of the variance of the pose of test faces that the judge tells.
    """
    judging = pose_judge(train, seed=seed)
    random = np.random.default_rng(seed)
    codes, pose = encode(model, train.x), train.attributes["pose"]
    vectors = [_turn_vector(codes, pose, random, side) for _ in range(VECTORS if side else 1)]
    shuffled = np.stack([_turn_vector(codes, random.permutation(pose), random, side) for _ in range(SHUFFLES)])
    shuffled *= np.linalg.norm(vectors, axis=1).mean() / np.linalg.norm(shuffled, axis=1, keepdims=True)
    faces = test.take(np.arange(min(PAIRS, len(test))))
    amounts, _, after = _truly_turned(faces)
    moved = (
        encode(model, faces.x) + np.stack([np.zeros_like(codes[0]), *vectors, *shuffled])[:, None] * amounts[:, None]
    )
    unturned, *others = decode(model, moved.reshape(-1, moved.shape[-1])).reshape(*moved.shape[:2], *test.input_shape)

    def seen(images):
        return judging.predict(images, batch_size=512, verbose=0)[:, 0]

    # All at once: each call of `predict` takes longer than the few faces of a vector.
    start, *ends = seen(np.concatenate([unturned, *others])).reshape(-1, len(faces))
    turned = np.array([np.mean((end - start) / amounts) for end in ends])
    error, error_before = (np.mean((images - after) ** 2) for images in (np.stack(others[: len(vectors)]), unturned))
    return {
        "turned": float(turned[: len(vectors)].mean()),
        "margin": float(turned[: len(vectors)].mean() - np.quantile(turned[len(vectors) :], 0.95)),
        "nearer": float(1 - error / error_before),
        "judged": float(1 - np.mean((seen(test.x) - test.attributes["pose"]) ** 2) / test.attributes["pose"].var()),
    }


def pose_judge(train, *, seed):
    """Train a network to tell the pose from faces, (rows, 1). It has the layers of `judge`, without dropout."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input(train.input_shape),
            *(layers.Conv2D(width, 3, strides=2, padding="same", activation="relu") for width in (16, 32, 64)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", jit_compile=False)
    model.fit(train.x, train.attributes["pose"], batch_size=64, epochs=8, verbose=0)
    return model


def _turn_vector(codes, pose, random, side):
    """Return the direction in which codes change by one unit of pose, from means of faces that look to either side."""
    left, right = (np.flatnonzero(sign * pose > SIDEWAYS) for sign in (-1, 1))
    if side is not None:
        left, right = (random.choice(rows, side, replace=False) for rows in (left, right))
    return (codes[right].mean(axis=0) - codes[left].mean(axis=0)) / (pose[right].mean() - pose[left].mean())


def _truly_turned(faces):
    """Return by how much each face is turned, and the faces drawn before and after."""
    pose = faces.attributes["pose"]
    amounts = np.where(pose > 0, -TURN, TURN).astype(np.float32)
    size = faces.input_shape[0]
    before, after = (draw_faces({**faces.attributes, "pose": each}, size) for each in (pose, pose + amounts))
    return amounts, before, after


def render_turn(train, test, model, seed, *, side=SIDE):
    """Render faces that turn: the face, decoded codes with ever more of the turn vector, and the face drawn turned."""
    true = _turn_vector(encode(model, train.x), train.attributes["pose"], np.random.default_rng(seed), side)
    faces = test.take(np.arange(SHEET_ROWS))
    amounts, before, after = _truly_turned(faces)
    steps = np.linspace(0, 1, 5)[:, None] * amounts[:, None, None]
    codes = encode(model, faces.x)[:, None] + steps * true
    variants = decode(model, codes.reshape(-1, len(true))).reshape(*codes.shape[:2], *faces.input_shape)
    caption = "a face, its reconstruction, ever more of the turn vector, and the face drawn with that pose"
    return {caption: _sheet(np.concatenate([before[:, None], variants, after[:, None]], axis=1))}
