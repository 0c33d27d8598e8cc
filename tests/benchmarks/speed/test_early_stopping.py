from __future__ import annotations

import pytest

from benchmarks.speed import early_stopping


def test_both_trainings_have_the_same_rows_and_only_one_has_patience(monkeypatch):
    calls = []

    def train(recipe, data, jobs, *, device):
        cell = jobs[0].cell
        calls.append((recipe.last.epochs, recipe.last.patience, len(cell.train), len(cell.validation)))
        list(early_stopping.compiled.epoch_orders(recipe, jobs[0]))
        return iter(())

    monkeypatch.setattr(early_stopping.compiled, "train", train)
    plain, stopping = early_stopping.measure(early_stopping.dense, (5,), 300, 40, rounds=1)

    assert calls == 2 * [(40, None, 300, 30), (40, 40, 300, 30)]
    assert 0 <= plain < 1 > stopping >= 0


def test_a_line_has_the_ratio_of_the_two_times(monkeypatch, capsys):
    monkeypatch.setattr(early_stopping, "measure", lambda *case, rounds: (0.02, 0.022))
    early_stopping.main(["--only", "convolutional"])

    line = capsys.readouterr().out.splitlines()[-1].split()
    assert line[-4:] == ["20.00", "22.00", "1.100", "1.000"]


@pytest.mark.parametrize(("build", "shape"), [(case[0], case[1]) for case in early_stopping.CASES.values()])
def test_the_networks_take_their_rows(build, shape):
    assert build(shape, 7).output_shape == (None, 7)
