"""A library's object tells its whole state, or it is refused."""

from __future__ import annotations

import functools
import io
import logging
import random
import sys
import threading
import weakref

import keras
import numpy as np
import pytest

from negres_core.errors import InputError
from negres_core.provenance.fingerprint import digest_code
from negres_core.provenance.state import UnknownStateError, is_made_up, state_of, without_counts


def numbers():
    yield 1


@pytest.mark.parametrize("make", [numbers, io.BytesIO, sys._getframe], ids=["generator", "file", "frame"])
def test_an_object_that_does_not_tell_its_state_is_refused(make):
    value = make()

    with pytest.raises(UnknownStateError):
        state_of(value)
    namespace = {"value": value, "__name__": __name__}
    exec("def build(): return value", namespace)
    with pytest.raises(InputError, match=r"the global value, which build reads, .*\.") as refused:
        digest_code(namespace["build"])

    assert type(value).__qualname__ in str(refused.value)
    assert "Create the object inside the function" in str(refused.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: logging.getLogger("a"),
        threading.Lock,
        threading.RLock,
        threading.Condition,
        weakref.WeakKeyDictionary,
        lambda: sys.stderr,
        lambda: np.random.mtrand._rand,
        lambda: np.random.normal,
        lambda: random.random,
    ],
)
def test_objects_that_cannot_change_a_number_are_known_by_their_kind(make):
    value = make()
    before = digest_code(value)
    np.random.normal()  # noqa: NPY002
    random.random()

    assert digest_code(value) == before == digest_code(make())


def test_numbers_that_a_generator_has_drawn_do_not_change_its_digest():
    generator = np.random.default_rng(3)
    before = digest_code(generator)
    generator.normal()

    assert digest_code(generator) == before != digest_code(np.random.default_rng(4))


def test_a_cached_value_of_a_librarys_object_is_not_its_state():
    class Cached:
        @functools.cached_property
        def double(self):
            return 2

    value = Cached()
    before = state_of(value)
    assert value.double == 2

    assert state_of(value) == before


def test_an_object_that_makes_new_ones_without_end_is_refused(monkeypatch):
    class Endless:
        def __reduce__(self):
            return Endless, (Endless(),)

    monkeypatch.setattr("negres_core.provenance.fingerprint.is_library", lambda value: True)
    monkeypatch.setattr("negres_core.provenance.fingerprint.MOST_NESTED", 1000)
    with pytest.raises(InputError, match="content cannot be read"):
        digest_code(Endless())


@pytest.mark.parametrize(
    ("name", "kind", "made_up"),
    [
        ("dense", "Dense", True),
        ("batch_normalization_12", "BatchNormalization", True),
        ("dense_front", "Dense", False),
        ("dense", "Conv2D", False),
    ],
)
def test_names_that_keras_makes_up_are_the_class_and_a_count(name, kind, made_up):
    assert is_made_up(name, kind) is made_up


def test_counts_are_taken_from_made_up_names_alone():
    inner = {"class_name": "Conv2D", "config": {"name": "conv2d_7", "filters": 3}}

    assert without_counts({"name": "dense_3", "inner": [inner]}, "Dense") == {
        "name": "dense",
        "inner": [{"class_name": "Conv2D", "config": {"name": "conv2d", "filters": 3}}],
    }
    assert without_counts({"name": "front_3"}, "Dense") == {"name": "front_3"}


def test_the_state_of_a_layer_does_not_depend_on_the_layers_made_before():
    first, second = keras.layers.Dense(2), keras.layers.Dense(2)

    assert first.name != second.name
    assert digest_code(first) == digest_code(second)
