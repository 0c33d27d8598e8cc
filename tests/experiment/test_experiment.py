"""One hypothesis from claim to verdict: invalid arguments are refused before training, and everything is recorded."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, matches, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.selection import train
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.recheck import recompute

Y = np.arange(40) % 2
X = np.column_stack([np.arange(40.0), Y, Y])
DATA = Dataset(x=X, y=Y, name="mine")
MANY = Dataset(x=np.random.default_rng(0).normal(size=(400, 3)), y=np.arange(400) % 2, name="mine")
"""Enough rows to decide about accuracy: on 40, three rows more or less are a third of the difference of the arms."""


def base(input_shape, outputs, name="kept"):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax", name=name)])


def wide(input_shape, outputs):
    return base(input_shape, outputs + 5)


def image(input_shape):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Reshape((1, 3)), keras.layers.Dense(2)])


def other(input_shape, outputs):
    return base(input_shape, outputs, name="another")


def one_output(input_shape):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(1, "sigmoid")])


def compiled(input_shape, outputs):
    model = base(input_shape, outputs)
    model.compile()
    return model


def portraits(input_shape, outputs, *, blind):
    """Build a model with two inputs; a blind model ignores the age."""
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    image = keras.layers.Flatten()(inputs["image"])
    both = image if blind else keras.layers.Concatenate()([image, inputs["age"]])
    hidden = keras.layers.BatchNormalization()(both)
    return keras.Model(inputs, keras.layers.Dense(outputs, "softmax")(hidden))


ONCE = KFolds(folds=2, repeats=2, looks=False)

GOOD, POOR = Recipe(Stage(base, epochs=3)), Recipe(Stage(base, epochs=1))


@pytest.fixture(autouse=True)
def scores(engine):
    """An arm with more epochs is more accurate; folds and repeats differ slightly."""
    engine.accuracy = lambda recipe, job: (
        0.6 + recipe.last.epochs * (0.1 + job.cell.fold / 100 + job.cell.repeat / 1000)
    )


def compare(experiment, treatment=GOOD, control=POOR, *, on=DATA, claim=None, **design):
    claim = claim or beats("accuracy", by=0.01)
    design = KFolds(**{"folds": 2, "repeats": 2, "looks": False} | design)
    return experiment.compare(treatment, against=control, on=on, claim=claim, design=design)


def recipe_of_stage(**fields):
    return Recipe(Stage(base, **fields))


def recipe_of_build(**arguments):
    return Recipe(Stage(functools.partial(base, **arguments)))


def data_with_nan():
    x = X.copy()
    x[7, 1] = np.nan
    return Dataset(x=x, y=Y, name="mine")


# A function that runs a hypothesis with an invalid argument, and the message's three parts: wrong, received, remedy.
INVALID_ARGUMENTS = {
    "one fold": (lambda e: compare(e, folds=1), "with one fold there is nothing", "folds=1", "folds=5"),
    "no repeat": (lambda e: compare(e, repeats=0), "`repeats` has to be", "repeats=0", "repeats=5"),
    "folds over class": (
        lambda e: compare(e, folds=21),
        "more folds than rows",
        "20 rows of class 0",
        "at most 20 folds",
    ),
    "labels out of range": (
        lambda e: compare(e, recipe_of_build(outputs=3), on=Dataset(x=X, y=Y * 4, name="mine")),
        "Labels of 'mine' are out of range",
        "labels from 0 to 4, and 3 outputs",
        "5 outputs",
    ),
    "unknown metric": (
        lambda e: compare(e, claim=beats("fun")),
        "no metric 'fun'",
        r"beats\('fun'",
        "accuracy, precision",
    ),
    "metric of regression": (
        lambda e: compare(e, claim=beats("r2")),
        "no metric 'r2' for classification",
        "r2",
        "f1, loss",
    ),
    "negative margin": (lambda e: compare(e, claim=beats("loss", by=-1)), "negative margin", "by=-1", "0 or more"),
    "no margin": (
        lambda e: compare(e, claim=matches("loss", within=0)),
        "positive margin",
        "within=0",
        "largest difference",
    ),
    "NaN in x": (lambda e: compare(e, on=data_with_nan()), "missing values", "the first in row 7", "drop these rows"),
    "lengths": (
        lambda e: compare(e, on=Dataset(x=X, y=Y[1:], name="a")),
        "differ in length",
        "39",
        "one target for each",
    ),
    "shape of outputs": (
        lambda e: compare(e, Recipe(Stage(image))),
        "wrong shape",
        r"\(1, 2\) per row",
        "flatten or pool",
    ),
    "one output": (
        lambda e: compare(e, Recipe(Stage(one_output))),
        "does not take",
        "for 1 output",
        "binary_crossentropy",
    ),
    "rows not taken": (
        lambda e: compare(e, recipe_of_build(input_shape=(4,))),
        "cannot take the rows",
        r"rows of shape \(3,\)",
        "input_shape",
    ),
    "no shared layer": (
        lambda e: compare(e, Recipe(Stage(base), Stage(other, inherits=base))),
        "other inherits base, but they share no layer",
        "another/kernel, another/bias; and kept/kernel",
        "the same names",
    ),
    "shared shapes": (
        lambda e: compare(e, Recipe(Stage(base), Stage(wide, inherits=base))),
        "a shared weight differs in shape",
        r"\(3, 7\)",
        "different names",
    ),
    "all frozen": (
        lambda e: compare(e, Recipe(Stage(base), Stage(base, inherits=base, freezes=base))),
        "has no weights to train",
        "none trainable",
        "Freeze fewer",
    ),
    "loss of one-hot": (
        lambda e: compare(e, recipe_of_stage(loss="categorical_crossentropy")),
        "Targets of 'mine' are class labels",
        "categorical_crossentropy",
        "sparse_",
    ),
    "unknown optimizer": (
        lambda e: compare(e, recipe_of_stage(optimizer="adamant")),
        "cannot make the optimizer",
        "adamant",
        "'adam'",
    ),
    "compiled": (lambda e: compare(e, Recipe(Stage(compiled))), "a compiled model", "compile", "Leave out compile"),
    "no recipe": (lambda e: compare(e, base), "The treatment arm has to be a recipe", "function base", "Recipe"),
    "no data set": (lambda e: compare(e, on=X), "`on` has to be a data set", "ndarray", "Dataset"),
    "two losses": (
        lambda e: compare(
            e,
            recipe_of_stage(loss=lambda: keras.losses.SparseCategoricalCrossentropy(ignore_class=7)),
            claim=beats("loss"),
        ),
        "arms whose losses are different functions",
        "base: ",
        "the same for both",
    ),
    "a bar for two": (lambda e: compare(e, claim=reaches("loss", bar=1)), "about one arm", "compare", "measure"),
    "a margin for one": (
        lambda e: e.measure(GOOD, on=DATA, claim=beats("loss"), design=ONCE),
        "about two arms",
        "measure",
        "compare",
    ),
}


@pytest.mark.parametrize("case", INVALID_ARGUMENTS)
@pytest.mark.parametrize("smoke", [False, True], ids=["", "smoke"])
def test_invalid_arguments_are_refused_before_training(new_experiment, engine, tmp_path, case, smoke):
    run, wrong, received, remedy = INVALID_ARGUMENTS[case]
    with pytest.raises(InputError, match=rf"(?s){wrong}.*\n  Received: .*{received}.*\n  To do: .*{remedy}"):
        run(new_experiment(smoke=smoke))
    assert engine.calls == []
    assert list(tmp_path.iterdir()) == []


def test_an_invalid_control_arm_is_refused_before_the_treatment_is_trained(new_experiment, engine):
    with pytest.raises(InputError, match="wrong shape"):
        compare(new_experiment(), GOOD, Recipe(Stage(image)))
    assert engine.calls == []


def test_a_claim_is_decided_and_recorded(new_experiment, tmp_path):
    evidence = compare(new_experiment(expected="supported"), on=MANY)
    assert (evidence.verdict, evidence.finding, evidence.status) == ("supported", "meaningfully better", "finished")
    assert evidence.differences == [pytest.approx([0.2, 0.22]), pytest.approx([0.202, 0.222])]
    assert evidence.estimate.effect == pytest.approx(0.211)
    assert (evidence.claim.kind, evidence.claim.threshold, evidence.claim.unit) == ("beats", 0.01, "accuracy")
    assert evidence.design.as_design() == ONCE
    assert (evidence.data.name, evidence.data.digest, evidence.data.rows) == ("mine", MANY.digest, 400)
    assert (evidence.expected, evidence.outcome, evidence.title) == ("supported", "as expected", "it holds")
    assert (evidence.timings.trained, evidence.timings.reused) == (8, 0)
    assert {finding.control for finding in evidence.controls} == {
        *("captured data", "disjoint folds", "duplicates", "headroom", "label leak", "near copies", "row alignment"),
        "serial order",
        *("budget", "finite", "initial weights", "majority class", "paired cells", "trained weights"),
    }
    assert Store(tmp_path).read_evidence(Store(tmp_path).evidence_path("a test")) == evidence


def test_arms_are_recorded_with_their_metrics_and_replicates(new_experiment, tmp_path):
    treatment, control = compare(new_experiment()).arms
    assert (treatment.role, control.role) == ("treatment", "control")
    assert (treatment.recipe, control.recipe) == ("base (3 epochs)", "base (1 epochs)")
    losses = [0.55, 0.535, 0.5485, 0.5335]  # 1 - accuracy / 2
    assert treatment.values == [pytest.approx([0.9, 0.93]), pytest.approx([0.903, 0.933])]
    assert treatment.metrics["loss"].model_dump() == pytest.approx(
        {"mean": np.mean(losses), "sd": np.std(losses, ddof=1), "min": 0.5335, "max": 0.55}
    )
    for arm in (treatment, control):
        accuracies = [Store(tmp_path).find(id).metrics["accuracy"] for id in arm.replicates[-1]]
        assert accuracies == [value for repeat in arm.values for value in repeat]


def test_the_arms_share_their_cells(new_experiment, engine):
    compare(new_experiment(), seeds=2)
    (_, _, treatment), (_, _, control) = engine.calls
    assert [(job.cell, job.seed) for job in treatment] == [(job.cell, job.seed) for job in control]
    for one, two in zip(treatment, control, strict=True):
        assert one.cell.train.tolist() == two.cell.train.tolist()


def test_the_budget_counts_all_stages(new_experiment):
    grown = functools.partial(base, name="kept")
    arm = Recipe(Stage(base, epochs=2), Stage(grown, inherits=base, epochs=3))
    evidence = new_experiment().measure(arm, on=DATA, claim=reaches("accuracy", bar=0.5), design=ONCE)
    assert (evidence.arms[0].budget.epochs, evidence.arms[0].budget.steps) == (5, 5)
    assert [len(stage) for stage in evidence.arms[0].replicates] == [4, 4]


def test_one_arm_is_measured_against_a_bar(new_experiment):
    evidence = new_experiment().measure(GOOD, on=MANY, claim=reaches("accuracy", bar=0.8), design=ONCE)
    assert (evidence.verdict, evidence.finding) == ("supported", "reached")
    assert evidence.differences == [pytest.approx([0.1, 0.13]), pytest.approx([0.103, 0.133])]
    assert [arm.role for arm in evidence.arms] == ["treatment"]


def test_lower_is_better_for_a_loss(new_experiment):
    evidence = compare(new_experiment(), claim=beats("loss"))
    assert evidence.verdict == "supported"
    assert evidence.differences == [pytest.approx([0.1, 0.11]), pytest.approx([0.101, 0.111])]
    assert compare(new_experiment(), POOR, GOOD, claim=beats("loss")).finding == "worse"


def test_a_second_run_trains_nothing_and_has_the_same_result(new_experiment, engine):
    first, second = compare(new_experiment()), compare(new_experiment())
    assert second.substance() == first.substance()
    assert (second.timings.trained, second.timings.reused) == (0, 8)
    assert len(engine.trained) == 8


def test_the_status_of_evidence_is_started_until_there_is_a_verdict(new_experiment, engine, tmp_path):
    records = []

    def read_evidence():
        records.append(Store(tmp_path).read_evidence(Store(tmp_path).evidence_path("a test")))
        if len(records) == 6:
            raise RuntimeError("out of memory")

    engine.before_result = read_evidence
    with pytest.raises(RuntimeError, match="out of memory"):
        compare(new_experiment())
    interrupted = Store(tmp_path).read_evidence(Store(tmp_path).evidence_path("a test"))
    assert {each.status for each in [*records, interrupted]} == {"started"}
    assert {each.verdict for each in [*records, interrupted]} == {None}
    engine.before_result = lambda: None
    assert compare(new_experiment()).timings.reused == 5


def test_a_failed_control_makes_the_run_invalid(new_experiment, engine):
    engine.accuracy = lambda recipe, job: 0.6 - recipe.last.epochs * (0.1 - job.cell.fold / 100)
    evidence = compare(new_experiment(), POOR, GOOD)
    assert (evidence.verdict, evidence.finding) == ("invalid", "majority class")
    assert evidence.estimate.effect == pytest.approx(0.19)
    [failed] = [finding for finding in evidence.controls if not finding.passed]
    assert failed.control == "majority class"


def test_a_run_with_a_diverged_replicate_is_invalid(new_experiment, engine):
    accuracy = engine.accuracy
    engine.accuracy = lambda recipe, job: float("nan") if job.cell.fold else accuracy(recipe, job)
    evidence = compare(new_experiment())
    assert (evidence.verdict, evidence.estimate) == ("invalid", None)
    assert "finite" in evidence.finding
    assert evidence.differences == [[pytest.approx(0.2), None], [pytest.approx(0.202), None]]


def test_differences_without_variance_are_invalid(new_experiment, engine):
    engine.accuracy = lambda recipe, job: 0.6 + recipe.last.epochs / 10
    evidence = compare(new_experiment(), claim=beats("loss"))
    assert (evidence.verdict, evidence.finding, evidence.estimate) == ("invalid", "variance", None)


def test_an_arm_against_itself_is_trained_once_and_invalid(new_experiment):
    evidence = compare(new_experiment(), GOOD, GOOD, claim=beats("loss"))
    assert (evidence.verdict, evidence.finding, evidence.timings.trained) == ("invalid", "variance", 4)


def test_a_smoke_run_is_small_and_judges_nothing(new_experiment, engine):
    y = np.arange(3000) % 2
    data = Dataset(x=np.zeros((3000, 3)), y=y, name="large")
    evidence = compare(new_experiment(smoke=True), on=data, folds=10, repeats=10, seeds=5)
    assert (evidence.smoke, evidence.status, evidence.verdict, evidence.finding) == (True, "finished", None, None)
    assert evidence.design.as_design() == KFolds(folds=2, repeats=1, looks=False)
    assert len(engine.trained) == 2
    for recipe, rows, _ in engine.calls:
        assert recipe.last.epochs == 1
        assert len(rows) == 512


def test_progress_is_reported_for_every_arm(new_experiment):
    reports = []
    compare(new_experiment(progress=lambda *report: reports.append(report)))
    assert reports == [(f"base ({epochs} epochs)", done, 4) for epochs in (3, 1) for done in range(5)]


def test_a_control_that_fails_before_training_prevents_it(new_experiment, engine, monkeypatch, tmp_path):
    split = KFolds.split

    def overlapping(design, data):
        for cell in split(design, data):
            yield dataclasses.replace(cell, train=np.arange(len(data), dtype=np.int32))

    monkeypatch.setattr(KFolds, "split", overlapping)
    evidence = compare(new_experiment())
    assert (evidence.status, evidence.verdict, evidence.finding) == (
        "finished",
        "invalid",
        "disjoint folds, duplicates",
    )
    assert engine.calls == []
    assert "disjoint folds failed" in str(evidence)
    store = Store(tmp_path)
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert recompute(evidence, store) == evidence


def test_a_claim_about_one_of_two_inputs_is_decided(new_experiment, monkeypatch):
    """With real training. The label is the sign of the sum of both inputs; one alone predicts 3 of 4 labels."""
    monkeypatch.setattr("negres_core.engine.selection.train", train)
    fast = functools.partial(keras.optimizers.Adam, 0.1)
    image, age = np.random.default_rng(8).normal(size=(2, 200))
    data = Dataset(x={"image": image.reshape(-1, 1, 1), "age": age.reshape(-1, 1)}, y=age + image > 0, name="portraits")
    sighted, blind = (
        Recipe(
            Stage(functools.partial(portraits, blind=blind), optimizer=fast, batch_size=16), preprocess=StandardScaler
        )
        for blind in (False, True)
    )
    evidence = compare(new_experiment(), sighted, blind, on=data, claim=beats("accuracy", by=0.02), repeats=3)
    assert (evidence.verdict, evidence.finding) == ("supported", "meaningfully better"), str(evidence)
    assert evidence.data.input_shape == {"age": (1,), "image": (1, 1)}
    assert "fitted scaler" in {finding.control for finding in evidence.controls}
