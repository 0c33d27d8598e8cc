"""Morphs, seen by a judge whose features are known."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from benchmarks.faces import morphs
from negres_core import Dataset

FACES = np.random.default_rng(0).uniform(size=(160, 4, 4, 3)).astype(np.float32)
DATA = Dataset(x=FACES, y=FACES, name="noise", attributes={"gender": np.arange(160) % 2})


@pytest.fixture(autouse=True)
def plain_judge(monkeypatch):
    """The features of this judge are the pixels."""
    model = keras.Sequential([keras.Input((4, 4, 3)), layers.Flatten(name="features"), layers.Dense(1)])
    monkeypatch.setattr(morphs, "judge", lambda train, attribute, seed: model)


class Model:
    """Codes are pixels; the decoder may bend the way between two codes."""

    def __init__(self, decode):
        self.decode = decode

    def get_layer(self, name):
        return Part((lambda faces: faces.reshape(len(faces), -1)) if name == "encoder" else self.decode)


class Part:
    def __init__(self, predict):
        self.predict = lambda inputs, **options: predict(inputs)


def as_faces(codes):
    return codes.reshape(-1, 4, 4, 3).astype(np.float32)


def test_a_fade_is_straight_and_even_in_pixels():
    found = morphs.fade(DATA, DATA, 0)

    assert found["detour"] == pytest.approx(1.0, abs=1e-3)
    assert found["seen_evenness"] == pytest.approx(1.0, abs=1e-3)


def test_a_morph_through_linear_codes_is_a_fade():
    assert morphs.morph(DATA, DATA, Model(as_faces), 0) == pytest.approx(morphs.fade(DATA, DATA, 0), abs=1e-3)


def test_a_way_that_bends_is_longer_than_its_ends_are_apart():
    assert morphs.morph(DATA, DATA, Model(lambda codes: as_faces(np.sin(6 * codes))), 0)["detour"] > 1.5


def test_a_face_that_does_not_change_takes_no_way_at_all():
    found = morphs.morph(DATA, DATA, Model(lambda codes: as_faces(codes * 0)), 0)

    assert found == {"detour": 0.0, "seen_evenness": 0.0}


def test_a_jump_is_straight_and_uneven():
    found = morphs.morph(DATA, DATA, Model(lambda codes: as_faces((codes > 0.5).astype(np.float32))), 0)

    assert found["seen_evenness"] < 0.7
