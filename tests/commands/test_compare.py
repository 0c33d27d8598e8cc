from __future__ import annotations

import re
import sys

import pytest

from negres_core.cli import main
from negres_core.commands.compare import FLIP, SLOWER, SURPRISE, FailOn
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.report.change import Change
from tests.fakes import PROVENANCE
from tests.report.page.suites import write_hypothesis


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


def test_the_page_is_written_besides_and_the_status_is_the_same(runs, capsys):
    assert main(["compare", "old", "new", "--html", "a/page.html", "--markdown", "--fail-on", "flip"]) == FLIP
    out, err = capsys.readouterr()
    assert out.startswith("2 hypotheses in both folders")
    assert out.count("a/page.html") == 0
    assert re.fullmatch(r"negres: the page is a/page.html, \d+ kB\n", err)
    assert "Before is <code>old</code>" in (runs / "a" / "page.html").read_text(encoding="utf-8")


def test_the_ratio_of_fail_on_is_that_of_the_page(runs):
    assert main(["compare", "old", "new", "--html", "page.html", "--fail-on", "slower:1.7"]) == 0
    assert "slower, above x1.7" in (runs / "page.html").read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_an_error(runs, capsys):
    assert main(["compare", "old", "new", "--html", "old"]) == 2
    assert "The page cannot be written." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"effect": -0.09}, FLIP, "FLIP: supported -> refuted SURPRISE"),
        ({"train_s": 5.0}, SLOWER, "treatment x1.25, control x1.25"),
        ({"provenance": PROVENANCE | {"packages": {"negres": "0.2.0"}}}, 0, "- negres: 0.1.0 -> 0.1.0, 0.2.0"),
        ({"by": 0.02}, 0, "threshold (0.01 -> 0.02)"),
    ],
    ids=["flip", "slower", "version", "margin"],
)
def test_one_change_is_said_everywhere_and_the_status_is_the_documented_one(
    tmp_path, monkeypatch, capsys, change, status, said
):
    monkeypatch.chdir(tmp_path)
    for folder, fields in (("old", {}), ("new", change)):
        for name in ("growth helps", "width helps"):
            fields = fields if name == "growth helps" else {}
            write_hypothesis(Store(tmp_path / folder), name, **{"effect": 0.09, "planned": 2} | fields)
    command = ["compare", "old", "new", "--fail-on", "flip,surprise,slower:1.2", "--markdown", "--html", "page.html"]
    assert main(command) == status
    assert said in capsys.readouterr().out
    page = " ".join((tmp_path / "page.html").read_text(encoding="utf-8").split())
    for words in re.findall(r"\d+\.\d+[.\d]*", said) or ["The verdict flipped: it was supported, and it is refuted."]:
        assert words in page
