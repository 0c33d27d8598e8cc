"""The contenders of the speed benchmark: each trains the model it is named after and reports its seconds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.speed import contenders


@pytest.fixture
def few_rows(monkeypatch):
    """Two batches of each model's training rows."""
    monkeypatch.setattr(contenders, "TRAINING_ROWS", {"model 3": 256, "cae": 256})


# Layer by layer: 5,500 + 5,454 + 1,650 + 775 + 182 weights; and 896 + 18,496 + 73,856 in the encoder's convolutions,
# 1,048,704 + 1,056,768 around the code, 73,792 + 18,464 + 867 in the decoder's.
@pytest.mark.parametrize(
    ("work", "weights", "outputs"), [("model 3", 13_561, (2, 7)), ("cae", 2_291_843, (2, 64, 64, 3))]
)
def test_a_model_has_its_number_of_weights_and_fits_its_data(few_rows, work, weights, outputs):
    build, loss = contenders.MODELS[work]
    x, y = contenders.arrays(work)
    model = build()
    model.compile(loss=loss)

    assert model.count_params() == weights
    assert model(x[:2]).shape == outputs
    assert np.isfinite(model.evaluate(x[:2], y[:2], verbose=0))


@pytest.mark.parametrize("contender", ["floor", "fit", "tuned fit", "engine"])
def test_a_contender_reports_the_seconds_of_an_epoch(few_rows, monkeypatch, capsys, contender):
    monkeypatch.setattr("sys.argv", ["contenders", contender, "model 3", "--epochs", "1"])

    contenders.main()

    figure = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figure["epoch_s"] > 0
    assert figure["memory_bytes"] >= figure["imported_bytes"] > 0


def test_the_time_of_fit_excludes_its_first_epoch(few_rows, monkeypatch):
    """The clock advances by a second whenever it is read, so an epoch takes one second, however many there are."""
    ticks = iter(range(1000))
    monkeypatch.setattr(contenders.time, "perf_counter", lambda: float(next(ticks)))

    assert contenders.fit("model 3", replicates=2, epochs=2) == 1.0


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(contenders.importlib.util, "find_spec", lambda name: None if name == "torch" else name)

    assert contenders.missing_package("pytorch", "torch") == "torch"
    assert contenders.missing_package("fit", "tensorflow") is None
