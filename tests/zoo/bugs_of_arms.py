"""Bugs of an arm: a fit that looks at the answers, outputs that do not fit their loss, two arms that are the same."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from negres_core import Fit, Metric, Recipe, Stage, beats, matches
from tests.zoo.models import network
from tests.zoo.pipelines import FIT, cancer, diabetes, digits, min_max, standard
from tests.zoo.pipelines_of_arms import forest, labels_of_noise
from tests.zoo.specimens import bug

BINARY = FIT | {"loss": "binary_crossentropy"}
ERROR = Metric("error", higher_is_better=True, unit="share")
"""Its direction is wrong."""


def fitted(seed, compute, **fields):
    """Make a comparison of a fit with a forest, on labels that are noise."""
    return replace(forest(seed), data=labels_of_noise(seed), treatment=Recipe(Fit(compute)), **fields)


@bug("fit returns the test targets", "blind fit", "permuted labels")
def return_targets(seed):
    """A variable was renamed, but not everywhere."""

    def compute(train, test):
        from sklearn.linear_model import LogisticRegression

        LogisticRegression(max_iter=1000).fit(train.x, train.y).predict(test.x)
        return test.y

    return fitted(seed, compute)


@bug("fit is tuned on the test fold", "blind fit", "permuted labels")
def tune_on_test(seed):
    def compute(train, test):
        from sklearn.tree import DecisionTreeClassifier

        trees = [DecisionTreeClassifier(random_state=each).fit(train.x, train.y) for each in range(20)]
        return max((tree.predict(test.x) for tree in trees), key=lambda predicted: np.mean(predicted == test.y))

    return fitted(seed, compute)


@bug("fit chooses features on both folds", "blind fit", "permuted labels")
def choose_on_both(seed):
    def compute(train, test):
        from sklearn.feature_selection import SelectKBest
        from sklearn.linear_model import LogisticRegression

        chosen = SelectKBest(k=5).fit(np.vstack([train.x, test.x]), np.hstack([train.y, test.y]))
        return (
            LogisticRegression(max_iter=1000).fit(chosen.transform(train.x), train.y).predict(chosen.transform(test.x))
        )

    return fitted(seed, compute)


@bug("fit stops early on the test fold", "blind fit", "permuted labels")
def stop_fit_early(seed):
    """The test fold is given to scikit-learn's boosting step by step, and the best step is kept."""

    def compute(train, test):
        from sklearn.ensemble import GradientBoostingRegressor

        fitted = GradientBoostingRegressor(random_state=0).fit(train.x, train.y)
        return min(fitted.staged_predict(test.x), key=lambda predicted: np.mean((predicted - test.y) ** 2))

    return replace(diabetes(seed), treatment=Recipe(Fit(compute), preprocess=standard))


@bug("fit is scored on its training fold", "blind fit", "permuted labels")
def score_on_training(seed):
    def compute(train, test):
        from sklearn.ensemble import RandomForestClassifier

        fitted = RandomForestClassifier(20, random_state=0).fit(train.x, train.y)
        return {"accuracy": float(np.mean(fitted.predict(train.x) == train.y))}

    return fitted(seed, compute)


@bug("metric of a fit has the wrong sign", "blind fit")
def turn_own_metric(seed):
    def error_of_model(train, test):
        from sklearn.linear_model import LogisticRegression

        return {
            "error": float(np.mean(LogisticRegression(max_iter=1000).fit(train.x, train.y).predict(test.x) != test.y))
        }

    def error_of_constant(train, test):
        return {"error": float(np.mean(test.y != 0))}

    treatment, control = (Recipe(Fit(each, metrics=(ERROR,))) for each in (error_of_constant, error_of_model))
    return replace(forest(seed), treatment=treatment, control=control, claim=beats("error", by=0.1))


def on_digits(seed, build, **fields):
    """Make a comparison of a network with a linear one, on digits."""
    return replace(digits(seed), treatment=Recipe(Stage(build, **FIT | fields), preprocess=min_max))


@bug("inputs standardized over the batch", "rows alone")
def standardize_batch(seed):
    def build(input_shape, outputs):
        import keras
        from keras import ops

        inputs = keras.Input(input_shape)
        scaled = (inputs - ops.mean(inputs, axis=0, keepdims=True)) / (ops.std(inputs, axis=0, keepdims=True) + 1e-3)
        return keras.Model(inputs, keras.layers.Dense(outputs, "softmax")(keras.layers.Dense(24, "relu")(scaled)))

    return on_digits(seed, build)


@bug("attention between rows", "rows alone")
def attend_to_rows(seed):
    """The axis of rows was taken for that of positions."""

    def build(input_shape, outputs):
        import keras
        from keras import ops

        inputs = keras.Input(input_shape)
        hidden = keras.layers.Dense(16, "relu")(inputs)
        weights = ops.softmax(ops.matmul(hidden, ops.transpose(hidden)) / 4, axis=-1)
        return keras.Model(inputs, keras.layers.Dense(outputs, "softmax")(hidden + ops.matmul(weights, hidden)))

    return on_digits(seed, build)


def on_cancer(seed, *, role="treatment", loss="binary_crossentropy", **options):
    """Make a comparison on two classes, of which one arm has another end or another loss."""
    recipe = Recipe(Stage(network(**{"width": 1} | options), **FIT | {"loss": loss}), preprocess=standard)
    return replace(cancer(seed), **{role: recipe})


@bug("softmax of one unit", "loss domain")
def end_in_one_softmax(seed):
    return on_cancer(seed, last="softmax")


@bug("linear output under a loss of probabilities", "loss domain")
def end_linear(seed):
    return on_cancer(seed, last="linear")


@bug("ReLU under a loss of probabilities, in the control arm", "loss domain")
def end_in_relu(seed):
    return on_cancer(seed, role="control", last="relu")


@bug("sigmoid under a loss of logits, in the control arm", "loss domain")
def squash_logits(seed):
    def of_logits():
        import keras

        return keras.losses.BinaryCrossentropy(from_logits=True)

    return on_cancer(seed, role="control", last="sigmoid", loss=of_logits)


@bug("two sigmoids under a loss of classes", "loss domain")
def end_in_two_sigmoids(seed):
    return on_cancer(seed, last="sigmoid", width=2, loss="sparse_categorical_crossentropy")


@bug("targets that broadcast in an objective", "paired loss")
def broadcast_targets(seed):
    """Targets of shape (rows,) minus outputs of shape (rows, 1)."""

    def squares(model, x, y, *, training):
        from keras import ops

        return ops.mean(ops.square(y - model(x, training=training)))

    pipeline = diabetes(seed)
    return replace(pipeline, treatment=Recipe(replace(pipeline.treatment.last, objective=squares), preprocess=standard))


@bug("targets that broadcast in a loss", "paired loss")
def broadcast_in_loss(seed):
    """Keras gives targets and outputs the same rank. The loss of this arm takes that of the targets away again."""

    def squares(y, outputs):
        from keras import ops

        return ops.mean(ops.square(ops.reshape(y, (-1,)) - outputs), axis=-1)

    pipeline = diabetes(seed)
    return replace(pipeline, control=Recipe(replace(pipeline.control.last, loss=squares), preprocess=standard))


def with_branch(branch):
    """Return a build function of a network and a branch, which is given the inputs and returns an addend, or None."""

    def build(input_shape, outputs):
        import keras

        inputs = keras.Input(input_shape)
        addend = branch(inputs)
        hidden = keras.layers.Dense(24, "relu")(inputs)
        return keras.Model(
            inputs, keras.layers.Dense(outputs, "softmax")(hidden if addend is None else hidden + addend)
        )

    return build


def no_branch(inputs):
    return None


def against(seed, treatment, control, claim):
    """Make a comparison of two networks on digits."""
    arms = (Recipe(Stage(build, **FIT), preprocess=min_max) for build in (treatment, control))
    return replace(digits(seed), **dict(zip(("treatment", "control"), arms, strict=True)), claim=claim)


@bug("one recipe twice", "equal arms")
def compare_with_itself(seed):
    return replace(digits(seed), control=digits(seed).treatment, claim=matches("accuracy", within=0.05))


@bug("flag that nothing reads", "equal arms")
def ignore_flag(seed):
    def build(input_shape, outputs, attention):
        return with_branch(no_branch)(input_shape, outputs)

    arms = [functools.partial(build, attention=each) for each in (True, False)]
    return against(seed, *arms, beats("accuracy", by=0.01))


@bug("branch that leads nowhere", "equal arms")
def disconnect(seed):
    def branch(inputs):
        import keras

        keras.layers.Dense(24)(keras.layers.Dense(64, "relu")(inputs))

    return against(seed, with_branch(branch), with_branch(no_branch), beats("accuracy", by=0.01))


@bug("branch that is multiplied by 0", "equal arms")
def multiply_by_zero(seed):
    def branch(inputs):
        import keras

        return 0 * keras.layers.Dense(24)(keras.layers.Dense(64, "relu")(inputs))

    return against(seed, with_branch(branch), with_branch(no_branch), beats("accuracy", by=0.01))
