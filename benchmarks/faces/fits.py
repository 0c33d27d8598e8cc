"""The fits of the faces family: PCA, linear probes of codes, attributes added to codes, walks between codes.

Each is a function of a training fold and a test fold, for a `Fit`. Codes come from the layer `encoder` of an arm's
model, faces from its layer `decoder`; see models.py.
"""

from __future__ import annotations

import numpy as np

PAIRS, STEPS = 64, 16
"""Pairs of faces to walk between, and steps per walk."""
SHEET_ROWS = 6
"""Rows of a picture, each a walk or a face."""
SHUFFLES = 99
"""Meaningless directions, with which the true one is compared."""


def encode(model, faces):
    """Return the codes of faces, (rows, code)."""
    return model.get_layer("encoder").predict(faces, batch_size=512, verbose=0)


def decode(model, codes):
    """Return the faces of codes, (rows, size, size, channels)."""
    return model.get_layer("decoder").predict(codes, batch_size=512, verbose=0)


def fit_pca(train, code):
    """Return a PCA of the training faces, flattened."""
    from sklearn.decomposition import PCA

    return PCA(code, svd_solver="randomized", random_state=0).fit(train.flatten())


def pca(train, test, *, code=64):
    """Reconstruct by the principal components of the training faces."""
    fitted = fit_pca(train, code)
    return fitted.inverse_transform(fitted.transform(test.flatten())).reshape(test.y.shape)


def shown_rounded(train, test, model):
    """Reconstruct, and round for display before the scale of 0 to 255 is applied: the article's likeliest fault."""
    return np.round(model.predict(test.x, batch_size=512, verbose=0))


def probe(train, test, attribute, codes):
    """Tell an attribute by a linear probe of codes of the training fold and the test fold, standardized.

    Returns:
        Of class labels, the macro recall over classes (balanced accuracy), for which rare classes count as any other;
        of values, the share of variance explained. As `told` both are 0 for what is told by nothing, and 1 for what is
        told perfectly.
    """
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.metrics import balanced_accuracy_score, r2_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    y, wanted = train.attributes[attribute], test.attributes[attribute]
    if y.dtype.kind == "f":
        fitted = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 7))).fit(codes[0], y)
        return {"told": r2_score(wanted, fitted.predict(codes[1]))}
    logistic = LogisticRegression(class_weight="balanced", max_iter=2_000)
    fitted = make_pipeline(StandardScaler(), logistic).fit(codes[0], y)
    return {"told": balanced_accuracy_score(wanted, fitted.predict(codes[1]), adjusted=True)}


def probe_code(train, test, model, *, attribute):
    """Probe the codes of a trained encoder."""
    return probe(train, test, attribute, [encode(model, fold.x) for fold in (train, test)])


def probe_untrained(train, test, *, attribute, build):
    """Probe the codes of the same encoder before it was trained: what its architecture alone knows."""
    model = build(train.input_shape)
    return probe(train, test, attribute, [encode(model, fold.x) for fold in (train, test)])


def probe_pca(train, test, *, attribute, code=64):
    """Probe the principal components of the training faces."""
    fitted = fit_pca(train, code)
    return probe(train, test, attribute, [fitted.transform(fold.flatten()) for fold in (train, test)])


def direction(codes, labels):
    """Return the difference of the mean codes of those who have an attribute and those who do not."""
    return codes[labels == 1].mean(axis=0) - codes[labels == 0].mean(axis=0)


def judge(train, attribute, *, seed):
    """Train a network to tell an attribute with two classes from faces; it returns log-odds, (rows, 1).

    It is trained on the training fold and asked about faces of, or made from, the test fold, which it has not seen. Its
    layer `features`, (rows, 64), is what it judges by.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input(train.input_shape),
            *(layers.Conv2D(width, 3, strides=2, padding="same", activation="relu") for width in (16, 32, 64)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(64, activation="relu", name="features"),
            layers.Dense(1),
        ]
    )
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    model.fit(train.x, train.attributes[attribute], batch_size=64, epochs=8, verbose=0)
    return model


def add_attribute(train, test, model, seed, *, attribute):
    """Add an attribute's direction to the codes of test faces that lack it, and ask a judge of the decoded faces.

    The null hypothesis is that the direction means no more than one between two random halves of the faces. Shuffled
    directions have the true one's length, so that they change the faces as much.

    Returns:
        `margin`, how much further the judge's log-odds rise than by the 95th percentile of `SHUFFLES` shuffled
        directions; `moved`, how far they rise; and `judged`, the judge's accuracy on the test faces themselves.
    """
    judging = judge(train, attribute, seed=seed)
    random = np.random.default_rng(seed)
    labels, codes = train.attributes[attribute], encode(model, train.x)
    true = direction(codes, labels)
    shuffled = np.stack([direction(codes, random.permutation(labels)) for _ in range(SHUFFLES)])
    shuffled *= np.linalg.norm(true) / np.linalg.norm(shuffled, axis=1, keepdims=True)
    lacking = encode(model, test.x[test.attributes[attribute] == 0][:PAIRS])
    moved = lacking + np.stack([np.zeros_like(true), true, *shuffled])[:, None]

    def ask(faces):
        return judging.predict(faces, batch_size=512, verbose=0)[:, 0]

    before, after, *others = ask(decode(model, moved.reshape(-1, len(true)))).reshape(len(moved), -1).mean(axis=1)
    return {
        "margin": float(after - np.quantile(others, 0.95)),
        "moved": float(after - before),
        "judged": float(np.mean((ask(test.x) > 0) == test.attributes[attribute])),
    }


def walk(train, test, model, seed):
    """Walk between the codes of pairs of test faces in equal steps, and measure the steps in pixels.

    Returns:
        `evenness`, the mean length of a decoded step over the longest, 1 where all are equal, 0 where the face does not
        change at all, averaged over pairs; and `length`, that of the decoded path, root mean squared pixels.
    """
    paths = decode(model, _walk(model, test, seed)).reshape(PAIRS, STEPS + 1, -1)
    steps = np.sqrt(np.mean(np.diff(paths, axis=1) ** 2, axis=2))
    longest = steps.max(axis=1)
    evenness = np.where(longest > 0, steps.mean(axis=1) / np.where(longest > 0, longest, 1), 0)
    return {"evenness": float(evenness.mean()), "length": float(steps.sum(axis=1).mean())}


def _walk(model, test, seed):
    pairs = np.random.default_rng(seed).permutation(len(test))[: 2 * PAIRS]
    first, last = np.split(encode(model, test.x[pairs]), 2)
    part = np.linspace(0, 1, STEPS + 1)[:, None]
    return np.concatenate([one * (1 - part) + other * part for one, other in zip(first, last, strict=True)])


def render_walks(train, test, model, seed):
    """Render some of the walks, one per row, with the two faces at the ends."""
    codes = _walk(model, test, seed).reshape(PAIRS, STEPS + 1, -1)[:SHEET_ROWS, ::2]
    ends = np.random.default_rng(seed).permutation(len(test))[: 2 * PAIRS]
    first, last = (test.x[rows[:SHEET_ROWS], None] for rows in np.split(ends, 2))
    steps = decode(model, codes.reshape(-1, codes.shape[-1])).reshape(*codes.shape[:2], *test.input_shape)
    return {
        "walks from code to code, with the faces at their ends": _sheet(np.concatenate([first, steps, last], axis=1))
    }


def render_attribute(train, test, model, *, attribute):
    """Render faces that lack an attribute: the face, its reconstruction, and ever more of the direction in its code."""
    true = direction(encode(model, train.x), train.attributes[attribute])
    faces = test.x[test.attributes[attribute] == 0][:SHEET_ROWS]
    amounts = np.array([0, 0.5, 1, 1.5, 2])
    codes = encode(model, faces)[:, None] + amounts[:, None] * true
    variants = decode(model, codes.reshape(-1, len(true))).reshape(len(faces), len(amounts), *test.input_shape)
    added = ", ".join(f"{amount:g}" for amount in amounts[1:])
    caption = f"a face, its reconstruction, and {added} times the direction of {attribute} added"
    return {caption: _sheet(np.concatenate([faces[:, None], variants], axis=1))}


def _sheet(faces):
    """Lay out faces, (rows, columns, size, size, channels), as one image."""
    rows, columns, height, width, channels = faces.shape
    return faces.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)


def generate(train, test, model, seed):
    """Decode codes drawn from the standard normal distribution, as many as there are test faces, and compare them.

    Returns:
        `frechet`, the Frechet distance (Heusel et al. 2017) between normal distributions of a judge's features of the
        generated faces and of the test faces; the judge was trained to tell gender, and is the same for all arms.
    """
    import keras

    judging = judge(train, "gender", seed=seed)
    look = keras.Model(judging.inputs, judging.get_layer("features").output)
    size = model.get_layer("decoder").input_shape[-1]
    drawn = decode(model, np.random.default_rng(seed).standard_normal((len(test), size), dtype=np.float32))
    made, real = (look.predict(faces, batch_size=512, verbose=0).astype(np.float64) for faces in (drawn, test.x))
    spreads = np.cov(made, rowvar=False), np.cov(real, rowvar=False)
    # The trace of the root of their product, whose eigenvalues are real and positive but for rounding.
    shared = np.sqrt(np.maximum(np.linalg.eigvals(spreads[0] @ spreads[1]).real, 0)).sum()
    apart = np.sum((made.mean(axis=0) - real.mean(axis=0)) ** 2)
    return {"frechet": float(apart + np.trace(spreads[0]) + np.trace(spreads[1]) - 2 * shared)}
