from __future__ import annotations

import re
import sys

import pytest

from negres_core.cli import main
from negres_core.evidence import Store


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch, on_data):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for folder, day in (("new", "02"), ("old", "01")):
        timings = {"started_at": f"2025-01-{day}T10:00:00+00:00"}
        Store(tmp_path / folder).write_evidence(on_data("a", 0.01, timings=timings))
    return tmp_path


def test_the_oldest_run_comes_first(capsys):
    assert main(["history", "new", "old"]) == 0
    out = capsys.readouterr().out
    assert out.index("2025-01-01") < out.index("2025-01-02")


def test_a_folder_given_twice_is_read_once(capsys):
    assert main(["history", "new", "new", "--markdown"]) == 0
    assert capsys.readouterr().out.count("2025-01-02") == 1


def test_a_hypothesis_that_some_folders_lack_has_the_history_of_the_others(folders, on_data, capsys):
    Store(folders / "new").write_evidence(on_data("b", 0.01))
    assert main(["history", "old", "new", "-k", "[b]"]) == 0
    assert capsys.readouterr().out.startswith("growth beats scratch, b")
    assert main(["history", "old", "new", "-k", "[c]"]) == 2
    assert "Received: old, new -k [c]" in capsys.readouterr().err


def test_damage_and_missing_folders(folders, capsys):
    assert main(["history", "new", "none"]) == 2
    next((folders / "old").rglob("evidence.json")).write_text("{")
    assert main(["history", "old"]) == 1
    assert "is damaged" in capsys.readouterr().err


def test_the_page_is_written_besides(folders, capsys):
    assert main(["history", "new", "old", "--html", "page.html"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("growth beats scratch, a")
    assert re.fullmatch(r"negres: the page is page.html, \d+ kB\n", err)
    assert "1 hypothesis in 2 folders" in (folders / "page.html").read_text(encoding="utf-8")
    assert main(["history", "new", "--html", "new"]) == 2
    assert "The page cannot be written." in capsys.readouterr().err
