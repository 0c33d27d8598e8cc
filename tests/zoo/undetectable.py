"""Bugs that no control inside a run can catch: they look exactly like an honest pipeline.

They are planted all the same, and a test shows that they are not caught, so that nobody relies on it.

- Features chosen on all rows. The choice was made before the data set was: its columns do predict the labels of these
  rows, in every fold. The data do not show that they were the best of a thousand. The same holds for anything tuned on
  the test folds beforehand, such as one arm's learning rate: the recipe contains a number, but not how it was found.
  (Ambroise and McLachlan 2002, PNAS 99:6562.)
- Data that a fit reads by itself. A function may open a file, or load a data set from a library, that holds the rows
  and labels it is tested on. What it reads is not in its code.
- Labels wrong at random. If one label in ten is wrong, the problem looks like one in which one row in ten cannot be
  predicted. A control that failed here would fail on every hard problem.
- Inputs scaled before they were given. Ranges over all rows are numbers like any others, and a scaler outside the
  recipe leaves no trace in its results. (One inside the recipe is caught.)
- A leak that is not perfect. A feature that gives away the label in 19 rows of 20 looks like a very good feature.
  The table does not show whether it was measured before or after the outcome.
- Targets shuffled before they were given. Nothing then relates them to the inputs, as in labels that cannot be learned;
  so neither arm learns anything, and that is a finding and not a fault. Targets that were moved by a few rows leave a
  trace, which the control of row alignment finds; a permutation leaves none.
- A control arm with the treatment arm's architecture and a hundredth of its rate. The arms differ in nothing but the
  rate, so the claim may well be about it, as claims about dropout, penalties and epochs are about those. The finding
  names the difference; whether it is the one that was meant, only the researcher knows.
- A metric of a fit's own that was tuned on the test fold. Such a metric may depend on the test fold's targets in any
  way, and only the fit can compute it. Nothing else says what it would be without the choice.
- Hours in another order, if no attribute says so. A shuffled series looks like rows that were drawn one by one. (If the
  design names the attribute by which the rows ascend, a wrong order is refused.)
- Targets that overlap, with no gap. The target of a row is the mean of the next twelve hours, so the last training rows
  know part of what is tested first. Targets of a slow series are as much alike without an overlap. Few rows gain: those
  of the first twelve hours of a test fold. The remedy is `gap=11`, or more.
- A random_state that is a constant, under several seeds. Ten forests are one forest then, and the spread between
  forests counts as none. A fit that has no randomness, such as least squares, looks the same, and rightly counts so.
- The area under the ROC curve of labels that were turned into probabilities of 0 and 1. The nearest neighbour, or a
  tree that was grown to the end, gives just these. (Labels in place of probabilities are refused.)
- A metric whose arguments are swapped. Precision is recall with its arguments swapped, and a pinball loss that of the
  other quantile: both are right metrics, of which right predictions are the best. Which was meant, nothing shows.
- Scores on other folds under the same numbers. If each script shuffled its folds with a seed of its own, the tables
  have the same labels. The scores of the arms go together less than on the same folds, as they do where folds hardly
  matter. The pairing then adds noise, and no bias.
- A control arm whose space leaves out what is good for it. Both arms have the same trials, and the record shows the
  ranges; that the best cost of a support vector machine lies beyond them, only trials outside could show. (If the arms
  are networks, the control of weak control arms tries the treatment arm's settings.)
- Weights of classes that were computed on all rows. A recipe has the numbers, and not the rows that they come from.
  Stratified folds have the shares of the whole table anyway, so the weights are those of each training fold, up to a
  row; and what they tell of a test fold is its number of rows of each class. (Weights computed in the recipe,
  "balanced", come from the training fold.)
- Weights of rows that were made with knowledge of all rows, such as small ones for the rows that a model of the whole
  table gets wrong. An honest weight, such as the precision of a measurement, looks the same. The weights of test rows
  are not used, and no arm can read them.
- Several labels a row that an objective mixes up. What an objective does with targets is the researcher's, and an arm
  that memorizes other labels looks like one that learns slowly. It does not learn planted labels either, so that its
  failure is not taken for a finding: the verdict is inconclusive.
- Missing values that were filled in before they were given. A mean over all rows is a number like any other, which many
  rows may share. A test row moves it by its share among all rows, in both arms alike.
- Dropout that is left on by the model itself. Whoever samples outputs on purpose, as in Monte Carlo dropout, writes the
  same, and a saved model draws the same masks again. The finding about rows alone says that the outputs vary by
  themselves.
- A base that is meant to be frozen, and is not. The recipe does not say that it should be; the verdict shows how many
  weights each arm trains. (With `freezes`, weights and moving averages are checked.)
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Fit, Metric, Recipe, Stage, Tuned, beats, matches, reaches
from negres_core.design import TimeSeries
from tests.zoo.models import dense, linear, network, rate
from tests.zoo.pipelines import FIT, cancer, diabetes, digits, min_max, rare, standard, subjects
from tests.zoo.pipelines_of_arms import labels_of_noise, trees
from tests.zoo.pipelines_of_designs import (
    cost_of_errors,
    forecast,
    forecast_by_network,
    given_scores,
    imbalanced,
    logistic,
    official_split_of_fits,
    own_metric,
    scores_of_folds,
)
from tests.zoo.pipelines_of_frames import NUMBERS, data_of, encoded_by_targets, survey
from tests.zoo.pipelines_of_keras import frozen_normalization
from tests.zoo.pipelines_of_labels import several_labels
from tests.zoo.pipelines_of_tuning import make_svm, tuned_estimators
from tests.zoo.specimens import Specimen


def choose_features(seed):
    """The labels are noise; the ten features that correlate best with them are kept, out of a thousand."""
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(200, 1000)), random.permutation(np.arange(200) % 2)
    correlations = np.abs((y - 0.5) @ x)
    data = Dataset(x=x[:, np.argsort(correlations)[-10:]], y=y, name="chosen")
    return replace(
        subjects(seed),
        data=data,
        treatment=Recipe(Stage(linear, **FIT)),
        control=None,
        claim=reaches("accuracy", bar=0.5),
    )


def read_by_itself(seed):
    pipeline = digits(seed)
    return replace(
        pipeline, treatment=Recipe(Fit(by_all_digits)), control=None, claim=reaches("accuracy", bar=0.5), repeats=1
    )


def by_all_digits(train, test):
    from sklearn.datasets import load_digits
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(3).fit(*load_digits(return_X_y=True)).predict(test.x)


def mislabel(seed):
    data = digits(seed).data
    random = np.random.default_rng(seed)
    wrong = random.random(len(data)) < 0.1
    y = np.where(wrong, (data.y + random.integers(1, 10, size=len(data))) % 10, data.y)
    return replace(digits(seed), data=Dataset(x=data.x, y=y, name="mislabelled"))


def scale_before(seed):
    pipeline = digits(seed)
    x = pipeline.data.x
    scaled = (x - x.min(axis=0)) / np.maximum(np.ptp(x, axis=0), 1)
    treatment, control = (Recipe(*arm.stages) for arm in (pipeline.treatment, pipeline.control))
    data = Dataset(x=scaled, y=pipeline.data.y, name="scaled")
    return replace(pipeline, data=data, treatment=treatment, control=control)


def shuffle_targets(seed):
    data = diabetes(seed).data
    shuffled = np.random.default_rng(seed).permutation(data.y)
    return replace(diabetes(seed), data=Dataset(x=data.x, y=shuffled, name="shuffled"))


def slow_down(seed):
    pipeline = digits(seed)
    slow = replace(pipeline.treatment.last, optimizer=rate(1e-4))
    return replace(pipeline, control=Recipe(slow, preprocess=min_max))


def leak_a_little(seed):
    pipeline = cancer(seed)
    x, y = pipeline.data.x, pipeline.data.y
    leaky = np.where(np.random.default_rng(seed).random(len(y)) < 0.95, y, 1 - y)
    return replace(pipeline, data=Dataset(x=np.column_stack([x, leaky]), y=y, name="leaky"))


def tune_own_metric(seed):
    """The labels are noise; the best of twenty trees on the test fold is reported, under a name of its own."""

    def best_of_twenty(train, test):
        from sklearn.tree import DecisionTreeClassifier

        trees = [DecisionTreeClassifier(random_state=each).fit(train.x, train.y) for each in range(20)]
        return {"hits": float(max(np.mean(tree.predict(test.x) == test.y) for tree in trees))}

    hits = Metric("hits", higher_is_better=True, unit="share")
    return replace(
        subjects(seed),
        data=labels_of_noise(seed),
        treatment=Recipe(Fit(best_of_twenty, metrics=(hits,))),
        control=None,
        claim=reaches("hits", bar=0.5),
    )


def shuffle_hours(seed):
    pipeline = forecast(seed)
    order = np.random.default_rng(seed).permutation(len(pipeline.data))
    return replace(pipeline, data=Dataset(x=pipeline.data.x[order], y=pipeline.data.y[order], name="shuffled"))


def leave_no_gap(seed):
    """The gap is forgotten for targets that are the mean of the next twelve hours."""
    return replace(forecast_by_network(seed), design=TimeSeries(4, most_train=400))


def fix_random_state(seed):
    def one_forest(train, test, seed):
        return trees(train, test, seed=0)

    return replace(official_split_of_fits(seed), treatment=Recipe(Fit(one_forest), preprocess=standard))


def score_hard_labels(seed):
    def hard(train, test):
        return np.eye(2)[logistic(train, test).argmax(axis=1)]

    return replace(imbalanced(seed), control=Recipe(Fit(hard), preprocess=standard))


def swap_arguments(seed):
    def of_swapped(labels, targets):
        return cost_of_errors(targets, labels)

    swapped = Metric("cost", higher_is_better=False, unit="EUR a row", compute=of_swapped, takes="labels")
    arms = {"treatment": Recipe(Fit(trees)), "control": Recipe(Fit(logistic), preprocess=standard)}
    return replace(own_metric(seed), **arms, claim=matches(swapped, within=0.5))


def shuffle_folds(seed):
    table, other = scores_of_folds(seed), scores_of_folds(seed + 1_000)
    scores = [*table["accuracy"][:20], *other["accuracy"][20:]]
    return replace(given_scores(seed), scores=table | {"accuracy": scores})


def mix_up(seed):
    """The objective reads the columns of the targets in the order of another list of names."""

    def mixed_up(model, x, y, *, training):
        import keras

        targets = keras.ops.take(y, np.array([2, 0, 1]), axis=1)
        return keras.ops.mean(keras.losses.binary_crossentropy(targets, model(x, training=training)))

    stage = Stage(network(hidden=(32,), last="sigmoid"), objective=mixed_up, **FIT)
    return replace(several_labels(seed), treatment=Recipe(stage, preprocess=min_max))


def fill_before(seed):
    """What is missing in a column of numbers was replaced by its mean over all rows."""
    frame, votes = survey(seed)
    return replace(encoded_by_targets(seed), data=data_of(frame.fillna(frame[NUMBERS].mean()), votes))


def leave_dropout_on(seed):
    """The layer is called with training=True, as for Monte Carlo samples of the outputs."""

    def build(input_shape, outputs):
        import keras
        from keras import layers

        inputs = keras.Input(input_shape)
        hidden = layers.Dropout(0.5)(layers.Dense(32, "relu")(inputs), training=True)
        return keras.Model(inputs, layers.Dense(outputs, "softmax")(hidden))

    return replace(digits(seed), treatment=Recipe(Stage(build, **FIT), preprocess=min_max))


def forget_to_freeze(seed):
    """The stage inherits the base, and nobody said `freezes`."""
    pipeline = frozen_normalization(seed)
    base, head = pipeline.treatment.stages
    return replace(pipeline, treatment=Recipe(base, replace(head, freezes=None)))


def search_elsewhere(seed):
    few = Tuned(make_svm, space={"cost": [0.001, 0.003, 0.01, 0.03]}, trials=4)
    return replace(tuned_estimators(seed), control=few)


def weigh_all_classes(seed):
    pipeline = rare(seed)
    counts = np.bincount(pipeline.data.y)
    weights = dict(enumerate(len(pipeline.data) / (len(counts) * counts)))
    return replace(
        pipeline,
        treatment=Recipe(Stage(dense, **FIT, class_weight=weights), preprocess=standard),
        control=Recipe(Stage(dense, **FIT), preprocess=standard),
        claim=beats("balanced_accuracy", by=0.02),
    )


def weigh_down_errors(seed):
    """A logistic regression of the whole table gets some rows wrong, which the training then hardly sees."""
    from sklearn.linear_model import LogisticRegression

    pipeline = rare(seed)
    x, y = pipeline.data.x, pipeline.data.y
    wrong = LogisticRegression().fit(x, y).predict(x) != y
    data = Dataset(x=x, y=y, sample_weight=np.where(wrong, 0.1, 1.0), name="weighted")
    return replace(pipeline, data=data)


UNDETECTABLE = {
    name: Specimen(name, (), plant)
    for name, plant in (
        ("features chosen on all rows", choose_features),
        ("data that a fit reads by itself", read_by_itself),
        ("one label in ten wrong at random", mislabel),
        ("inputs scaled before they were given", scale_before),
        ("leak that is not perfect", leak_a_little),
        ("targets in a random order", shuffle_targets),
        ("same arm with a hundredth of the rate", slow_down),
        ("own metric tuned on the test fold", tune_own_metric),
        ("hours in another order, without a date", shuffle_hours),
        ("targets that overlap, with no gap", leave_no_gap),
        ("random_state that is a constant, under several seeds", fix_random_state),
        ("area under the ROC curve of probabilities of 0 and 1", score_hard_labels),
        ("own metric whose arguments are swapped", swap_arguments),
        ("scores on other folds under the same numbers", shuffle_folds),
        ("several labels mixed up in training", mix_up),
        ("missing values filled in before they were given", fill_before),
        ("dropout that the model leaves on", leave_dropout_on),
        ("base that is meant to be frozen, and is not", forget_to_freeze),
        ("a space without the good settings of the control arm", search_elsewhere),
        ("class weights computed on all rows", weigh_all_classes),
        ("small weights for rows that a model of all rows gets wrong", weigh_down_errors),
    )
}
