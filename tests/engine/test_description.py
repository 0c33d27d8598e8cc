"""A recipe's description changes with whatever can change its numbers, and with nothing else."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.engine.description import (
    describe_recipe,
    digest_recipe_by_text,
    packages_of_recipe,
)
from negres_core.evidence import RecipeDescription
from tests.engine import examples as ex

SUITE = """
import keras
from keras import layers
from sklearn.preprocessing import MinMaxScaler
from negres_core.claim import beats
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage

WIDTH = 4
RATE = 0.1
CLAIM = beats("accuracy", by=0.1)


def width():
    return WIDTH * 2


@keras.saving.register_keras_serializable(package="description")
class Twice(layers.Layer):
    def call(self, inputs):
        return 2 * inputs


@keras.saving.register_keras_serializable(package="description")
class Net(keras.Model):
    def __init__(self, **given):
        super().__init__(**given)
        self.hidden = layers.Dense(width(), name="hidden")
        self.top = layers.Dense(8, activation="softmax", name="top")

    def call(self, inputs):
        return self.top(self.hidden(inputs))


def base():
    top = layers.Dense(8, activation="softmax", name="top")
    return keras.Sequential([keras.Input((6,)), layers.Dense(width()), Twice(), top])


def net():
    return Net(name="net")


def optimizer():
    return keras.optimizers.SGD(RATE)


def loss():
    def squares(y, outputs):
        return keras.ops.mean((y - outputs[:, 0]) ** 2)

    return squares


def unrelated():
    return 1


RECIPE = Recipe(Stage(base, epochs=3, optimizer=optimizer, loss=loss), preprocess=lambda: MinMaxScaler((0, 1)))
NET = Recipe(Stage(net))
"""

DESCRIBE = """
import sys
import keras
from tests.engine.test_description import describe_file
for _ in range(11):
    keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
print(describe_file(sys.argv[1], "NET", "RECIPE"))
"""


def load_suite(path):
    """Import a suite as a module, under the same name for every path."""
    spec = importlib.util.spec_from_file_location("described_suite", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where the source of a class is looked for
    spec.loader.exec_module(module)
    return module


def describe_file(path, *recipes):
    """Describe recipes of a suite, as JSON."""
    suite = load_suite(path)
    described = [describe_recipe(getattr(suite, recipe), ex.CLASSES).model_dump(mode="json") for recipe in recipes]
    return json.dumps(described, sort_keys=True)


@pytest.fixture
def describe(tmp_path):
    """Describe a recipe of the suite with one text replaced, each time as a module of its own."""

    def describe(old="", new="", recipe="RECIPE"):
        assert old in SUITE
        path = tmp_path / f"suite_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(SUITE.replace(old, new) if old else SUITE)
        return describe_recipe(getattr(load_suite(path), recipe), ex.CLASSES)

    yield describe
    sys.modules.pop("described_suite", None)


def test_a_description_is_json_and_the_same_again(describe):
    first = describe()
    ex.dense()
    again = RecipeDescription.model_validate(json.loads(json.dumps(first.model_dump(mode="json"), allow_nan=False)))
    assert again == first == describe()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epochs=3", "epochs=4"),
        ("RATE = 0.1", "RATE = 0.2"),
        ("SGD(RATE)", "SGD(RATE, momentum=0.5)"),
        ("SGD(RATE)", "Adam(RATE)"),
        ("WIDTH = 4", "WIDTH = 5"),
        ("return WIDTH * 2", "return WIDTH + 2"),
        ("return 2 * inputs", "return 3 * inputs"),
        ("** 2)", "** 4)"),
        ("MinMaxScaler((0, 1))", "MinMaxScaler((0, 2))"),
        ("preprocess=lambda: MinMaxScaler((0, 1))", "preprocess=None"),
        ('top = layers.Dense(8, activation="softmax"', 'top = layers.Dense(8, activation="relu"'),
        ("Stage(base, epochs=3", "Stage(base, batch_size=64, epochs=3"),
        ("Stage(base, epochs=3", 'Stage(base, saved_as="h5", epochs=3'),
    ],
)
def test_what_can_change_the_numbers_changes_the_description(describe, old, new):
    assert describe(old, new) != describe()


@pytest.mark.parametrize(
    ("old", "new"), [("WIDTH = 4", "WIDTH = 5"), ("self.top(self.hidden", "self.top(2 * self.hidden")]
)
def test_what_is_inside_a_subclassed_model_changes_the_description(describe, old, new):
    assert describe(old, new, recipe="NET") != describe(recipe="NET")


@pytest.mark.parametrize(
    ("old", "new"), [("by=0.1", "by=0.2"), ("return 1", "return 2"), ("\n\n\ndef loss", "\n\n\n\ndef loss")]
)
@pytest.mark.parametrize("recipe", ["RECIPE", "NET"])
def test_what_cannot_change_the_numbers_leaves_the_description(describe, recipe, old, new):
    assert describe(old, new, recipe=recipe) == describe(recipe=recipe)


def test_two_processes_give_the_same_description_whatever_keras_built_before(tmp_path):
    path = tmp_path / "suite.py"
    path.write_text(SUITE)
    other = subprocess.run(
        [sys.executable, "-c", DESCRIBE, path],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTHONHASHSEED": "11"},
        capture_output=True,
        text=True,
        check=False,
    )
    # The other order, so that Keras has built other models before either.
    recipe, net = json.loads(describe_file(path, "RECIPE", "NET"))
    assert other.stdout, other.stderr
    assert json.loads(other.stdout) == [net, recipe]
    assert "sequential_" not in other.stdout


def test_the_stages_are_described_in_order_with_what_they_inherit_and_freeze():
    recipe = Recipe(ex.stage(ex.dense, epochs=7), ex.stage(ex.grown, inherits=ex.dense, freezes=ex.dense))
    first, second = describe_recipe(recipe, ex.CLASSES).stages
    assert (first.build, first.inherits, first.freezes, first.epochs) == ("dense", None, None, 7)
    assert (second.build, second.inherits, second.freezes) == ("grown", "dense", "dense")
    unfrozen = Recipe(recipe.stages[0], ex.stage(ex.grown, inherits=ex.dense))
    assert describe_recipe(unfrozen, ex.CLASSES).stages[1] != second


def test_the_description_of_a_parent_is_the_beginning_of_its_childs():
    """So the stage that two arms share is trained once."""
    recipe = Recipe(ex.stage(ex.dense), ex.stage(ex.grown, inherits=ex.dense), preprocess=StandardScaler)
    whole, parent = describe_recipe(recipe, ex.CLASSES), describe_recipe(recipe.parent, ex.CLASSES)
    assert parent == whole.updated(stages=whole.stages[:1])


def test_another_transformer_changes_the_description():
    scaled = [
        describe_recipe(Recipe(ex.stage(ex.plain), preprocess=p), ex.CLASSES) for p in (MinMaxScaler, StandardScaler)
    ]
    assert [each.preprocess.transformer for each in scaled] == ["MinMaxScaler", "StandardScaler"]
    assert scaled[0] != scaled[1]
    assert scaled[0].stages == scaled[1].stages


def test_several_inputs_are_described_the_same_whatever_keras_built_before():
    def build(input_shape):
        inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
        both = [keras.layers.Dense(3)(keras.layers.Flatten()(each)) for each in inputs.values()]
        return keras.Model(inputs, keras.layers.Add()(both))

    first = describe_recipe(Recipe(ex.stage(build)), ex.PORTRAITS)
    ex.joined(ex.PORTRAITS.input_shape)
    keras.layers.Add()
    assert describe_recipe(Recipe(ex.stage(build)), ex.PORTRAITS) == first


def test_unnamed_layers_keep_their_places():
    def build(*widths):
        return keras.Sequential([keras.Input((6,)), *(keras.layers.Dense(width) for width in widths)])

    one, other = (
        describe_recipe(Recipe(ex.stage(make)), ex.CLASSES).stages[0].model
        for make in (lambda: build(3, 4, 8), lambda: build(4, 3, 8))
    )
    assert one != other


def own_loss(y, outputs):
    return keras.ops.mean((outputs[:, 0] - FACTOR) ** 2)


FACTOR = 1.0


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(ex.stage(ex.plain, loss=lambda: globals()["own_" + "loss"])),
        Recipe(ex.stage(ex.plain, objective=lambda model, x, y, *, training: own_loss(y, model(x)))),
        Recipe(Fit(lambda train, test: own_loss(train.y, test.y))),
        Recipe(ex.stage(ex.plain), preprocess=lambda: FunctionTransformer(lambda x: x * FACTOR)),
    ],
    ids=["loss by a computed name", "objective", "fit", "preprocess"],
)
def test_a_global_that_any_part_of_a_recipe_reads_changes_the_digest(recipe, monkeypatch):
    before = describe_recipe(recipe, ex.CLASSES).digest
    monkeypatch.setitem(globals(), "FACTOR", 2.0)

    assert describe_recipe(recipe, ex.CLASSES).digest != before


@pytest.mark.parametrize("recipe", [Recipe(ex.stage(ex.plain)), Recipe(Fit(own_loss))], ids=["stage", "fit"])
@pytest.mark.parametrize(("setting", "value"), ex.CHANGED_SETTINGS)
def test_a_changed_setting_of_keras_changes_the_digest_until_it_is_changed_back(recipe, setting, value):
    before = describe_recipe(recipe, ex.CLASSES).digest
    default = getattr(keras.config, setting)()
    getattr(keras.config, f"set_{setting}")(value)
    try:
        changed = describe_recipe(recipe, ex.CLASSES).digest
    finally:
        getattr(keras.config, f"set_{setting}")(default)

    assert describe_recipe(recipe, ex.CLASSES).digest == before != changed


def by_forest(train, test):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier().fit(train.x, train.y).predict(test.x)


def test_the_packages_of_a_recipe_are_those_that_its_code_names():
    versions = {name: f"{name}=={importlib.metadata.version(name)}" for name in ("keras", "numpy", "scikit-learn")}
    of_a_fit = packages_of_recipe(Recipe(Fit(by_forest)))
    of_a_stage = packages_of_recipe(Recipe(ex.stage(ex.plain), preprocess=MinMaxScaler))

    assert of_a_fit == (versions["scikit-learn"],)
    assert {versions["keras"], versions["scikit-learn"]} < set(of_a_stage)
    assert any(package.startswith(keras.backend.backend()) for package in of_a_stage)


class Slotted:
    __slots__ = ("width",)


SLOTTED = Slotted()


def test_a_recipe_that_version_0_1_0_could_not_digest_has_no_digest_of_that_version():
    assert digest_recipe_by_text(Recipe(Fit(lambda train, test: SLOTTED)), ex.CLASSES) is None
    assert digest_recipe_by_text(Recipe(Fit(by_forest)), ex.CLASSES) is not None


def test_the_settings_of_a_loss_that_is_given_itself_are_part_of_the_digest():
    one, same, other = (Recipe(ex.stage(ex.linear, loss=keras.losses.Huber(delta))) for delta in (0.5, 0.5, 0.6))
    digests = [describe_recipe(recipe, ex.VALUES).digest for recipe in (one, same, other)]

    assert digests[0] == digests[1] != digests[2]


def test_weights_and_samplers_are_described():
    recipe = Recipe(ex.stage(ex.plain, class_weight={1: 9}), resample=few_neighbours)
    description = describe_recipe(recipe, ex.CLASSES)
    assert description.stages[0].class_weight == {1: 9.0}
    assert description.resample.sampler == "SMOTE"
    assert "k_neighbors=2" in description.resample.source
    others = [
        Recipe(ex.stage(ex.plain)),
        Recipe(ex.stage(ex.plain, class_weight="balanced")),
        Recipe(ex.stage(ex.plain, class_weight={1: 9}), resample=SMOTE),
    ]
    digests = {describe_recipe(each, ex.CLASSES).digest for each in [recipe, *others]}
    assert len(digests) == 4
    assert any(each.startswith("imbalanced-learn==") for each in packages_of_recipe(recipe))


def few_neighbours():
    return SMOTE(k_neighbors=2)
