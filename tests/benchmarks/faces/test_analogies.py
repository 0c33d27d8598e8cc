"""Arithmetic on codes, with a model whose code of a face is the factors that the face was drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.faces import analogies
from negres_core import Dataset

FACTORS = ("pose", "tone", "gender", "glasses")
RANDOM = np.random.default_rng(0)
PATTERNS = np.linalg.qr(RANDOM.normal(size=(48, 4)))[0].T.astype(np.float32)
"""What each factor adds to a face of 4 x 4 pixels: of length 1, and at right angles to each other."""


def drawn(codes):
    return (0.5 + np.asarray(codes, np.float32) @ PATTERNS).reshape(-1, 4, 4, 3)


def factors_in(faces):
    return (faces.reshape(len(faces), -1) - 0.5) @ PATTERNS.T


CODES = np.column_stack([RANDOM.uniform(-1, 1, (300, 2)), np.arange(300) % 2, np.arange(300) // 2 % 2])
ATTRIBUTES = {
    name: values.astype(np.int32 if name in ("gender", "glasses") else np.float32)
    for name, values in zip(FACTORS, CODES.T, strict=True)
}
FACES = Dataset(x=drawn(CODES), y=drawn(CODES), name="drawn", attributes=ATTRIBUTES)
TRAIN, TEST = FACES.take(np.arange(200)), FACES.take(np.arange(200, 300))


class Part:
    def __init__(self, predict):
        self.predict = lambda inputs, **options: predict(inputs)


class Model:
    """An encoder that reads the factors off a face, and a decoder that draws them, or only some of them."""

    def __init__(self, lost=()):
        kept = np.array([name not in lost for name in FACTORS])
        self.parts = {"encoder": Part(factors_in), "decoder": Part(lambda codes: drawn(codes * kept))}

    def get_layer(self, name):
        return self.parts[name]


@pytest.fixture(autouse=True)
def known_truth(monkeypatch):
    """Faces are drawn by the patterns, and judges read the factors off them."""

    def judge(train, name, *, seed):
        threshold = 0 if name == "pose" else 0.5
        return Part(lambda faces: factors_in(faces)[:, [FACTORS.index(name)]] - threshold)

    monkeypatch.setattr(analogies, "judge", judge)
    monkeypatch.setattr(
        analogies, "draw_faces", lambda factors, size: drawn(np.stack([factors[n] for n in FACTORS], 1))
    )
    monkeypatch.setattr(analogies, "SHUFFLES", 60)


@pytest.fixture
def exact_pose(monkeypatch):
    monkeypatch.setattr(analogies, "pose_judge", lambda train, seed: analogies.judge(train, "pose", seed=seed))


def test_arithmetic_on_factors_makes_a_woman_with_glasses():
    assert analogies.analogies(TRAIN, TEST, Model(), 0) == {
        "success": 1.0,
        "unchanged": 0.0,
        "glasses": 1.0,
        "gender": 1.0,
    }


def test_a_decoder_that_draws_no_glasses_makes_none():
    assert analogies.analogies(TRAIN, TEST, Model(lost=["glasses"]), 0)["success"] == 0.0


def test_arithmetic_on_pixels_succeeds_where_pixels_are_sums_of_factors(monkeypatch):
    assert analogies.analogies_of_pixels(TRAIN, TEST, 0)["success"] > 0.9


@pytest.mark.usefixtures("exact_pose")
def test_a_turn_vector_turns_by_the_pose_that_it_is_made_of():
    """All faces of a side cancel in the other factors, which those of one face do not."""
    every, one = (analogies.turn(TRAIN, TEST, Model(), 0, side=side) for side in (None, 1))

    assert every["turned"] == pytest.approx(1.0, abs=1e-3)
    assert one["turned"] == pytest.approx(1.0, abs=1e-3)
    assert every["nearer"] > 0.95
    assert one["nearer"] < every["nearer"] - 0.1
    assert every["margin"] > 0
    assert every["judged"] == pytest.approx(1.0)


@pytest.mark.usefixtures("exact_pose")
def test_a_decoder_that_draws_no_pose_turns_nothing():
    found = analogies.turn(TRAIN, TEST, Model(lost=["pose"]), 0)

    assert found["turned"] == pytest.approx(0.0, abs=1e-3)
    assert found["margin"] == pytest.approx(0.0, abs=1e-3)
    assert found["nearer"] < 0


def test_the_judge_of_pose_learns_it():
    judge = analogies.pose_judge(TRAIN.take(np.arange(200)), seed=0)
    seen = judge.predict(TRAIN.x, verbose=0)[:, 0]

    assert seen.shape == (200,)
    assert np.corrcoef(seen, TRAIN.attributes["pose"])[0, 1] > 0.3


def test_turning_is_rendered_between_the_face_and_the_truth():
    [sheet] = analogies.render_turn(TRAIN, TEST, Model(), 0, side=None).values()

    assert sheet.shape == (6 * 4, 7 * 4, 3)
    np.testing.assert_allclose(sheet[:4, :4], TEST.x[0], atol=1e-6)
    turned, truth = (sheet[:4, 4 * column : 4 * column + 4] for column in (5, 6))
    assert np.mean((turned - truth) ** 2) < np.mean((sheet[:4, :4] - truth) ** 2)
