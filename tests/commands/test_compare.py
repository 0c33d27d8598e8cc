from __future__ import annotations

import sys

import pytest

from negres_core.cli import main
from negres_core.commands.compare import FLIP, SLOWER, SURPRISE, FailOn
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.report.change import Change


@pytest.fixture
def runs(tmp_path, monkeypatch, on_data):
    """Two folders: one verdict of two is another in the second."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for folder, verdict in (("old", "supported"), ("new", "refuted")):
        store = Store(tmp_path / folder)
        store.write_evidence(on_data("a", 0.01, verdict=verdict))
        store.write_evidence(on_data("b", 0.01))
    return tmp_path


def test_the_comparison_is_printed(runs, capsys):
    assert main(["compare", "old", "new"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 hypotheses in both folders: 1 verdict flipped")
    assert "FLIP: supported ->" in out
    assert main(["compare", "old", "new", "-k", "[b]", "--markdown"]) == 0
    out = capsys.readouterr().out
    assert "FLIP" not in out
    assert "| growth beats scratch" in out


def test_a_flip_fails_if_asked_for(runs):
    assert main(["compare", "old", "new", "--fail-on", "flip"]) == FLIP
    assert main(["compare", "old", "new", "--fail-on", "surprise,slower:1.2"]) == 0
    assert main(["compare", "old", "old", "--fail-on", "surprise", "--fail-on", "flip"]) == 0


def test_damage_is_told_and_fails(runs, capsys):
    next((runs / "new").rglob("evidence.json")).write_text("{")
    assert main(["compare", "old", "new"]) == 1
    assert "is damaged" in capsys.readouterr().err


def test_an_unknown_reason_and_a_missing_folder_are_errors(runs, capsys):
    assert main(["compare", "old", "new", "--fail-on", "slow"]) == 2
    assert "--fail-on takes flip" in capsys.readouterr().err
    assert main(["compare", "old", "none"]) == 2
    assert "There is no evidence folder here." in capsys.readouterr().err


def test_reasons_have_an_order(on_data):
    before, after = on_data("a", 0.01, verdict="supported"), on_data("a", 0.01, outcome="surprise")
    every = FailOn.of(["flip, surprise", "slower:1.2", "slower:3"])
    assert every == FailOn(flip=True, surprise=True, slower=1.2)
    assert every.status([Change(before=before, after=after, times={"control": 1.3})]) == FLIP
    assert every.status([Change(before=after, after=after, times={"control": 1.3})]) == SLOWER
    assert every.status([Change(before=after, after=after, times={"control": 1.1})]) == 0
    assert FailOn(surprise=True).status([Change(before=before, after=after)]) == SURPRISE
    assert FailOn().status([Change(before=before, after=after, times={"control": 9.0})]) == 0


@pytest.mark.parametrize(
    "word", ["", "slower", "slower:", "slower:1", "slower:fast", "slower:inf", "slower:nan", "flips"]
)
def test_what_cannot_be_meant_is_refused(word):
    with pytest.raises(InputError, match="--fail-on"):
        FailOn.of([word])
