"""What a function reads while it runs is part of its digest: files by their content, variables by their value."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from contextlib import suppress
from os import environ
from pathlib import Path

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine.checks import check_recipe
from negres_core.engine.description import describe_recipe
from negres_core.provenance.fingerprint import digest_code
from negres_core.provenance.outside_reads import outside_reads, watch
from tests.engine import examples as ex

VARIABLE = "NEGRES_TEST_RATE"
PLACES: list[Path] = []


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder that is not one for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    for name in ("temporary", "data"):
        (tmp_path / name).mkdir()
    monkeypatch.setitem(globals(), "PLACES", [tmp_path / "data" / "rates.txt"])
    PLACES[0].write_text("0.5")
    return tmp_path / "data"


def by_open():
    with open(PLACES[0]) as file:  # noqa: PTH123  # as a user may write
        return file.read()


def by_path():
    return PLACES[0].read_bytes()


def by_numpy():
    return np.loadtxt(PLACES[0])


def by_another():
    return by_path()


def in_a_comprehension():
    return [place.read_text() for place in PLACES]


def by_descriptor():
    descriptor = os.open(PLACES[0], os.O_RDONLY)
    try:
        return os.read(descriptor, 10)
    finally:
        os.close(descriptor)


READERS = [by_open, by_path, by_numpy, by_another, in_a_comprehension, by_descriptor]


@pytest.mark.parametrize("function", READERS, ids=lambda function: function.__name__)
def test_a_file_counts_by_its_content(function):
    watch(function)
    before = digest_code(function)
    assert len(list(outside_reads(function))) == 1

    PLACES[0].write_text("0.25")
    assert digest_code(function) != before
    PLACES[0].write_text("0.5")
    assert digest_code(function) == before


def test_what_is_read_once_and_kept_is_not_forgotten(folder):
    @functools.cache
    def kept():
        return (folder / "rates.txt").read_text()

    def reads():
        return kept()

    watch(reads)
    before = digest_code(reads)
    watch(reads)
    assert digest_code(reads) == before
    (folder / "rates.txt").write_text("1")
    assert digest_code(reads) != before


def test_a_function_that_was_not_watched_read_nothing():
    def reads():
        return PLACES[0].read_text()

    reads()
    watch(len, "")
    assert list(outside_reads(reads)) == []


def test_a_function_whose_caller_reads_has_read_nothing():
    def silent():
        return 1

    def reads():
        return silent(), PLACES[0].read_text()

    watch(reads)
    assert list(outside_reads(silent)) == []
    assert len(list(outside_reads(reads))) == 1


def test_the_place_of_a_file_does_not_count(folder):
    def reads(place):
        return Path(place).read_text()

    (folder / "copy.txt").write_text("0.5")
    texts = []
    for place in (folder / "rates.txt", folder / "copy.txt"):
        watch(reads, place)
        texts = list(outside_reads(reads))
    assert texts[0] == texts[1]


def test_other_files_do_not_count(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras").mkdir()
    paths = [tmp_path / "keras" / "weights.bin", tmp_path / "temporary" / "scratch", folder / "module.py"]
    for path in paths:
        path.write_text("content")

    def reads():
        for path in [*paths, Path(os.__file__), Path(np.__file__).with_name("py.typed"), Path("/proc/self/status")]:
            if path.exists():
                path.read_bytes()
        (folder / "written").write_text("what it writes")
        return list(folder.iterdir())

    watch(reads)
    assert list(outside_reads(reads)) == []


def test_what_installers_say_of_packages_does_not_count(folder, monkeypatch):
    """A framework that looks for plugins reads it of every package that is installed."""
    metadata = folder / "plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text("[plugins]")
    archive = folder / "python.zip"
    monkeypatch.setattr(sys, "path", [*sys.path, str(archive)])

    def reads():
        with suppress(OSError):
            archive.read_bytes()
        return (metadata / "entry_points.txt").read_text()

    watch(reads)
    assert list(outside_reads(reads)) == []


def test_a_file_that_is_gone_counts_as_gone():
    def reads():
        return PLACES[0].read_text()

    watch(reads)
    PLACES[0].unlink()
    assert list(outside_reads(reads)) == ["file gone"]


def test_an_error_ends_the_watch():
    def fails():
        raise ValueError("it fails")

    def reads():
        return PLACES[0].read_text()

    with pytest.raises(ValueError, match="it fails"):
        watch(fails)
    reads()
    assert list(outside_reads(reads)) == []


def test_one_hook_is_installed(monkeypatch):
    watch(len, "")
    monkeypatch.setattr(sys, "addaudithook", lambda hook: pytest.fail("a second hook"))
    watch(len, "")


def by_getenv():
    return os.getenv("NEGRES_TEST_RATE", "0.1")


def by_item():
    return os.environ["NEGRES_TEST_RATE"]


def by_imported():
    return environ.get("NEGRES_TEST_RATE")


def by_global_name():
    return os.environ.get(VARIABLE)


@pytest.mark.parametrize("function", [by_getenv, by_item, by_imported, by_global_name], ids=lambda each: each.__name__)
def test_a_variable_counts_by_its_value(function, monkeypatch):
    monkeypatch.delenv("NEGRES_TEST_RATE", raising=False)
    unset = digest_code(function)
    digests = set()
    for value in ("0.1", "0.2", "0.1"):
        monkeypatch.setenv("NEGRES_TEST_RATE", value)
        digests.add(digest_code(function))
    assert len(digests | {unset}) == 3

    monkeypatch.setenv("NEGRES_TEST_ANOTHER", "1")
    assert digest_code(function) in digests


def test_a_text_that_is_a_variable_does_not_count_where_no_environment_is_read(monkeypatch):
    def names():
        return "NEGRES_TEST_RATE"

    before = digest_code(names)
    monkeypatch.setenv("NEGRES_TEST_RATE", "1")
    assert digest_code(names) == before


def loss_of_a_file():
    return lambda y, outputs: float(PLACES[0].read_text()) * keras.ops.mean(outputs, axis=-1)


def optimizer_of_a_variable():
    return keras.optimizers.SGD(0.1, clipvalue=float(os.environ.get("NEGRES_TEST_RATE", "1")))


def build_of_a_file(input_shape, outputs):
    inputs = keras.Input(input_shape)
    PLACES[0].read_text()
    return keras.Model(inputs, keras.layers.Dense(outputs)(inputs))


STAGES = {"build": ex.stage(build_of_a_file), "loss": ex.stage(ex.plain, loss=loss_of_a_file)}


@pytest.mark.parametrize("name", STAGES)
def test_a_recipe_whose_functions_read_a_file_is_another_one_with_another_file(name):
    recipe = Recipe(STAGES[name])
    check_recipe(recipe, ex.CLASSES)
    before = describe_recipe(recipe, ex.CLASSES).digest
    PLACES[0].write_text("0.75")

    assert describe_recipe(recipe, ex.CLASSES).digest != before


def test_a_recipe_whose_optimizer_reads_a_variable_is_another_one_with_another_value(monkeypatch):
    recipe = Recipe(ex.stage(ex.plain, optimizer=optimizer_of_a_variable))
    digests = {describe_recipe(recipe, ex.CLASSES).digest}
    monkeypatch.setenv("NEGRES_TEST_RATE", "1")  # the default, so that the optimizer's configuration is the same

    assert describe_recipe(recipe, ex.CLASSES).digest not in digests


def test_ordinary_recipes_read_nothing():
    recipe = ex.RECIPES["dropout"][0]
    check_recipe(recipe, ex.CLASSES)
    assert list(outside_reads(recipe.last.build)) == []
