"""Bugs of copies and knowledge: what is in the training fold, or in an arm's code, tells about rows of the test fold.

Labels are noise in most of them, so that nothing but the bug lets an arm be better than chance.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from negres_core import Dataset, Fit, Recipe, Stage, reaches
from tests.zoo.models import convolutional, dense
from tests.zoo.pipelines import FIT, Pipeline, digits, load, rare, sample, sample_subjects, subjects
from tests.zoo.specimens import bug


def measure(data, recipe=None, *, metric="accuracy", bar=0.6):
    """Measure one arm, by default a dense network, on some data."""
    return Pipeline(data=data, treatment=recipe or Recipe(Stage(dense, **FIT)), claim=reaches(metric, bar=bar))


def noise(seed, rows=200, features=10):
    """Inputs, and labels that have nothing to do with them."""
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, features)), random.permutation(np.arange(rows) % 2)


def few_images(seed, rows=120):
    """Images of digits, and labels that have nothing to do with them."""
    random = np.random.default_rng(seed)
    x = load("digits")[0].reshape(-1, 8, 8, 1) / 16
    return x[random.permutation(1797)[:rows]], random.permutation(np.arange(rows) % 2)


@bug("rare class interpolated before the split", "near copies")
def interpolate(seed):
    """Synthetic rows lie between a row of the rare class and one of its nearest (SMOTE)."""
    pipeline, random = rare(seed), np.random.default_rng(seed)
    x, y = pipeline.data.x, pipeline.data.y
    few = x[y == 1]
    near = np.argsort(((few[:, None] - few) ** 2).sum(axis=2), axis=1)[:, 1:6]
    one = random.integers(len(few), size=np.sum(y == 0) - len(few))
    other = near[one, random.integers(5, size=len(one))]
    new = few[one] + random.random((len(one), 1)) * (few[other] - few[one])
    data = Dataset(x=np.vstack([x, new]), y=np.append(y, np.ones(len(new), int)), name="interpolated")
    return replace(pipeline, data=data)


@bug("images mirrored before the split", "near copies")
def mirror(seed):
    x, y = few_images(seed)
    data = Dataset(x=np.concatenate([x, x[:, :, ::-1]]), y=np.tile(y, 2), name="mirrored")
    return measure(data, Recipe(Stage(convolutional, **FIT)))


@bug("images with noise and other brightness before the split", "near copies")
def change_brightness(seed):
    """The copies are in random order, so that nothing but the images themselves shows them."""
    random = np.random.default_rng(seed)
    x, y = few_images(seed)
    copies = x * random.uniform(0.8, 1.2, size=(len(x), 1, 1, 1)) + random.normal(0, 0.02, x.shape)
    order = random.permutation(2 * len(x))
    data = Dataset(x=np.concatenate([x, copies])[order], y=np.tile(y, 2)[order], name="augmented")
    return measure(data, Recipe(Stage(convolutional, **FIT)))


@bug("windows of one series in both folds", "near copies", "serial order")
def cut_windows(seed):
    """A random walk in overlapping windows, under a label that holds for twenty steps and has nothing to do with it."""
    random = np.random.default_rng(seed)
    walk, labels = np.cumsum(random.normal(size=640)) / 10, np.repeat(random.integers(0, 2, size=32), 20)
    ends = np.arange(30, 640)
    return measure(Dataset(x=np.stack([walk[end - 30 : end] for end in ends]), y=labels[ends], name="windows"))


@bug("frames of one film in both folds", "serial order")
def cut_frames(seed):
    random = np.random.default_rng(seed)
    x = np.cumsum(random.normal(size=(20, 25, 12)), axis=1) / 6 + 3 * random.normal(size=(20, 1, 12))
    return measure(Dataset(x=x.reshape(500, 12), y=np.repeat(np.arange(20) % 2, 25), name="frames"))


@bug("subjects unknown", "near copies")
def forget_subjects(seed):
    """Rows of one subject differ little, and no groups are given."""
    return replace(subjects(seed), data=sample_subjects(seed, known=False))


@bug("row number among the features", "row identity")
def keep_row_number(seed):
    """The rows came in runs of ten of one class."""
    random = np.random.default_rng(seed)
    y = np.repeat(random.permutation(np.arange(30) % 2), 10)
    x = np.column_stack([np.arange(300) / 300, random.normal(size=(300, 8))])
    return measure(Dataset(x=x, y=y, name="numbered"))


@bug("category encoded by the targets of all rows", "target encoding")
def encode_by_target(seed):
    """Categories that have nothing to do with the labels, replaced by the mean label of their rows."""
    random = np.random.default_rng(seed)
    x, y = noise(seed, rows=400)
    category = random.integers(0, 60, 400)
    means = np.bincount(category, y) / np.maximum(np.bincount(category), 1)
    return measure(Dataset(x=np.column_stack([x, means[category]]), y=y, name="encoded"))


@bug("objective that replays rows of all folds", "captured data")
def replay(seed):
    """A replay buffer that was filled before the split."""
    rows, labels = noise(seed)

    def rehearse(model, x, y, *, training):
        from keras import losses, ops

        def loss(y, x):
            return ops.mean(losses.sparse_categorical_crossentropy(y, model(x, training=training)))

        return loss(y, x) + loss(labels, rows)

    return measure(Dataset(x=rows, y=labels, name="noise"), Recipe(Stage(dense, objective=rehearse, **FIT)))


@bug("fit that reads the arrays of the notebook", "captured data")
def read_notebook(seed):
    x, y = noise(seed)

    def neighbour(train, test):
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(1).fit(x, y).predict(test.x)

    return measure(Dataset(x=x, y=y, name="noise"), Recipe(Fit(neighbour)))


@bug("layer adapted to all rows", "captured data")
def adapt_to_all(seed):
    """Normalization.adapt in the build function, on the arrays of the notebook."""
    pipeline = digits(seed)
    x = pipeline.data.x

    def adapted(input_shape, outputs):
        import keras

        layer = keras.layers.Normalization()
        layer.adapt(x)
        return keras.Sequential([keras.Input(input_shape), layer, keras.layers.Dense(outputs, "softmax")])

    return replace(pipeline, treatment=Recipe(Stage(adapted, **FIT)))


@functools.cache
def trained_weights(seed):
    """Return the weights of a network that was trained on all rows of `noise`."""
    import keras

    x, y = noise(seed)
    model = dense((x.shape[1],), 2)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=80, verbose=0)
    return model.get_weights()


@bug("pretrained on all rows", "fresh start")
def load_pretrained(seed):
    """The weights come from elsewhere, and the code holds none of the data."""
    weights = trained_weights(seed)

    def warm(input_shape, outputs):
        model = dense(input_shape, outputs)
        model.set_weights(weights)
        return model

    x, y = noise(seed)
    return measure(Dataset(x=x, y=y, name="noise"), Recipe(Stage(warm, **FIT)))


@bug("label leaks through a feature of a fit", "label leak")
def leak_to_fit(seed):
    """The column of the answer is given to a decision tree: no network is trained."""
    x, y = load("breast_cancer")
    data = sample(np.column_stack([x, 3.0 * y + 1]), y, seed, name="cancer", rows=300)
    return measure(data, Recipe(Fit(grow_tree)))


def grow_tree(train, test, seed):
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=2, random_state=seed).fit(train.x, train.y).predict(test.x)
