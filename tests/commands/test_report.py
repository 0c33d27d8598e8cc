from __future__ import annotations

import re
import sys

import pytest

from negres_core.cli import main
from negres_core.evidence import Store
from tests.report.page.elements import find, read
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An evidence folder with two hypotheses, in a folder without settings of pytest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])  # reading settings of pytest installs an import hook
    store = Store(tmp_path / ".negres")
    write_hypothesis(store, "growth beats scratch")
    write_hypothesis(store, "depth beats width", effect=-0.05, seed=2)
    return tmp_path


def titles_of(path):
    return [each.text for each in find(read(path.read_text(encoding="utf-8")), "th", role="rowheader")]


def test_the_page_is_written_beside_the_tests(folder, capsys):
    assert main(["report"]) == 0
    assert titles_of(folder / "negres-report.html") == ["depth beats width", "growth beats scratch"]
    out, err = capsys.readouterr()
    assert re.fullmatch(r"negres-report.html, \d+ kB\n", out)
    assert err == ""


def test_a_folder_a_file_and_hypotheses_can_be_named(folder, capsys):
    assert main(["report", ".negres", "--html", "a/page.html", "-k", "depth"]) == 0
    assert titles_of(folder / "a" / "page.html") == ["depth beats width"]


def test_an_archive_is_named_as_it_was_given(folder):
    assert main(["pack", "--output", "packed.zip"]) == 0
    assert main(["report", "packed.zip"]) == 0
    page = (folder / "negres-report.html").read_text(encoding="utf-8")
    assert "negres verify packed.zip -k" in page


def test_the_family_is_that_of_the_folder_whatever_is_selected(folder):
    main(["report", "-k", "depth"])
    page = (folder / "negres-report.html").read_text(encoding="utf-8")
    assert "p (Holm) is corrected for the family, 2 hypotheses" in " ".join(page.split())


def test_a_damaged_record_is_named_and_the_page_is_written(folder, capsys):
    path = next(folder.glob(".negres/replicates/*/*.json"))
    path.write_text("{}")
    assert main(["report"]) == 1
    assert f"{path} is damaged" in capsys.readouterr().err
    assert len(titles_of(folder / "negres-report.html")) == 2


def test_a_file_that_cannot_be_written_is_an_error(folder, capsys):
    assert main(["report", "--html", ".negres"]) == 2
    assert "The page cannot be written." in capsys.readouterr().err


def test_every_control_of_negres_is_accounted_for(folder):
    main(["report"])
    texts = [each.text for each in find(read((folder / "negres-report.html").read_text(encoding="utf-8")), "dt")]
    assert any("A/A" in text and "headroom" in text and "finite" not in text for text in texts)


@pytest.fixture
def earlier(folder):
    """A folder with an earlier run of one of the hypotheses."""
    timings = {"started_at": "2024-05-01T00:00:00+00:00"}
    write_hypothesis(Store(folder / "earlier"), "growth beats scratch", effect=-0.09, planned=2, timings=timings)
    return folder / "earlier"


@pytest.mark.parametrize("again", [(), (".negres",)], ids=["others", "itself too"])
def test_a_history_is_shown_with_each_hypothesis_that_has_one(folder, earlier, again):
    assert main(["report", "--history", "earlier", *again]) == 0
    page = (folder / "negres-report.html").read_text(encoding="utf-8")
    elements = read(page)
    [table] = find(elements, "table", class_="fields")
    assert table.text.index("2024-05-01 00:00 earlier") < table.text.index("2025-01-01 00:00 .negres")
    assert table.text.count("00:00") == 2
    assert [each.text for each in find(elements, "h4")].count("History") == 1
    assert str(folder) not in page


def test_a_folder_of_the_history_that_is_missing_is_an_error(folder, capsys):
    assert main(["report", "--history", "none"]) == 2
    assert "There is no evidence folder here." in capsys.readouterr().err


def test_a_history_that_nothing_would_show_is_refused(folder, earlier, capsys):
    assert main(["report", "--latex", "paper", "--history", "earlier"]) == 2
    assert "The files for a paper show no history." in capsys.readouterr().err
    assert not (folder / "paper").exists()


def test_the_files_for_a_paper_are_written_instead_of_the_page(folder, capsys):
    assert main(["report", "--latex", "paper", "-k", "depth"]) == 0
    assert capsys.readouterr().out.startswith("paper: table.tex, ")
    assert "depth beats width" in (folder / "paper" / "table.tex").read_text(encoding="ascii")
    assert "growth beats scratch" not in (folder / "paper" / "table.tex").read_text(encoding="ascii")
    assert not (folder / "negres-report.html").exists()


def test_page_and_paper_can_be_written_together(folder, capsys):
    (folder / "negres-ledger.jsonl").write_text("{}\n")
    assert main(["report", "--html", "page.html", "--latex", "paper"]) == 0
    assert len(titles_of(folder / "page.html")) == 2
    assert (folder / "paper" / "main.tex").exists()
    out, err = capsys.readouterr()
    assert out.startswith("page.html, ")
    assert "\npaper: table.tex, " in out
    assert err.count("no p-value is corrected") == 1


def test_files_of_the_author_are_an_error(folder, capsys):
    (folder / "main.tex").write_text("my paper")
    assert main(["report", "--latex", "."]) == 2
    assert "are not replaced" in capsys.readouterr().err
    assert (folder / "main.tex").read_text() == "my paper"
