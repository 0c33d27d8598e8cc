from __future__ import annotations

import pytest

from negres_core.commands.reading import Reader
from negres_core.errors import EvidenceError
from negres_core.evidence import Store


@pytest.fixture
def folder(tmp_path, new_evidence):
    store = Store(tmp_path)
    for name, kind in (("test_a.py::test_b[w20]", "claim"), ("test_a.py::test_b[w3]", "claim"), ("mix-1", "mixture")):
        store.write_evidence(new_evidence(hypothesis=name, kind=kind))
    return tmp_path


def names_in(folder, **options):
    return [each.hypothesis for each in Reader(pytest.fail).read(folder, **options)[1]]


def test_claims_are_in_the_order_of_their_numbers(folder):
    assert names_in(folder) == ["test_a.py::test_b[w3]", "test_a.py::test_b[w20]"]


def test_mixtures_are_read_if_asked_for(folder):
    assert "mix-1" in names_in(folder, mixtures=True)
    assert names_in(folder, words="mix-") == ["mix-1"]


def test_nothing_to_read_is_an_error(folder):
    with pytest.raises(EvidenceError, match="no evidence folder"):
        Reader(pytest.fail).read(folder / "none")
    with pytest.raises(EvidenceError, match="-k other"):
        Reader(pytest.fail).read(folder, words="other")


def test_the_store_is_only_read_and_counts_damage(folder):
    next(folder.rglob("evidence.json")).write_text("{")
    notes = []
    reader = Reader(notes.append)
    assert not reader.has_damage
    reader.read(folder)
    assert reader.has_damage
    assert len(notes) == 1
    assert not list(folder.rglob("set-aside"))
