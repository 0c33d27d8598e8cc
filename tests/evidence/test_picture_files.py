from __future__ import annotations

import pytest

from negres_core.evidence import Store, read_picture


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_a_picture_is_read_from_beside_the_evidence(store, new_evidence):
    evidence = new_evidence()
    picture = store.write_picture(evidence.hypothesis, "originals", b"a picture", caption="Ten faces.")
    assert read_picture(store, evidence, picture) == b"a picture"


def test_a_picture_that_is_missing_changed_or_a_link_is_none(store, new_evidence, tmp_path):
    evidence = new_evidence()
    picture = store.write_picture(evidence.hypothesis, "originals", b"a picture", caption="Ten faces.")
    path = store.evidence_folder(evidence.hypothesis) / picture.file
    path.write_bytes(b"another one")
    assert read_picture(store, evidence, picture) is None
    path.unlink()
    assert read_picture(store, evidence, picture) is None
    (tmp_path / "elsewhere").write_bytes(b"a picture")
    path.symlink_to(tmp_path / "elsewhere")
    assert read_picture(store, evidence, picture) is None
