from __future__ import annotations

import pytest

from negres_core.errors import InputError
from negres_core.evidence import Ledger
from negres_core.report.page.write import write_page
from tests.report.page.suites import write_hypothesis


def write(path, store, ledger, notes=None):
    notes = [] if notes is None else notes
    records = [write_hypothesis(store)]
    return write_page(path, records, store, ledger, place=store.folder, controls=[], note=notes.append)


def test_the_page_is_one_file(store, tmp_path):
    path = tmp_path / "reports" / "page.html"
    words = write(path, store, Ledger(tmp_path / "none.jsonl"))
    assert words == f"{path}, {path.stat().st_size / 1e3:.0f} kB"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [each.name for each in path.parent.iterdir()] == ["page.html"]


def test_the_page_does_not_tell_where_the_current_folder_is(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "page.html", store, Ledger(tmp_path / "none.jsonl"))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "negres verify evidence -k" in page
    assert str(tmp_path) not in page


def test_the_ledger_tells_the_amendments(store, tmp_path, new_commitment):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    hypothesis = write_hypothesis(store).hypothesis
    ledger.register(new_commitment(hypothesis=hypothesis))
    ledger.register(new_commitment(hypothesis=hypothesis, margin=0.03), reason="a better margin")
    write(tmp_path / "page.html", store, ledger)
    assert "amended: margin. Reason: a better margin." in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_broken_ledger_costs_only_what_it_would_tell(store, tmp_path):
    path = tmp_path / "ledger.jsonl"
    path.write_text("not an entry\n")
    notes = []
    write(tmp_path / "page.html", store, Ledger(path), notes)
    assert len(notes) == 1
    assert "The family is not known, so no p-value is corrected." in (tmp_path / "page.html").read_text(
        encoding="utf-8"
    )


def test_a_place_that_cannot_be_written_is_an_error(store, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"The page cannot be written\.") as caught:
        write(tmp_path / "file" / "page.html", store, Ledger(tmp_path / "none.jsonl"))
    assert "Name a file in a folder that you can write to." in str(caught.value)
