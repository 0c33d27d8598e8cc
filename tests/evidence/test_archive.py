from __future__ import annotations

import re
import stat
import zipfile

import pytest

from negres_core.errors import EvidenceError
from negres_core.evidence import Store, archive
from negres_core.evidence.archive import LEDGER, README, unpack_archive, write_archive


@pytest.fixture
def store(tmp_path, new_replicate):
    store = Store(tmp_path / "store")
    store.record(new_replicate(model=None), b"a trained model")
    store.record(new_replicate(recipe="another"), b"a model of nobody")
    return store


@pytest.fixture
def evidence(store, new_replicate, new_evidence):
    """The evidence of a hypothesis with a small run, one picture, and an earlier content."""
    store.write_evidence(new_evidence(finding="better"))
    picture = store.write_picture(new_evidence().hypothesis, "originals", b"a picture", caption="It shows.")
    evidence = new_evidence(small_runs={"A/A": [[new_replicate().id]]}, pictures=[picture])
    store.write_evidence(evidence)
    return evidence


@pytest.fixture
def packed(tmp_path, store, evidence):
    ledger = tmp_path / "ledger"
    ledger.write_bytes(b"entries\n")
    assert write_archive(tmp_path / "evidence.zip", store, [evidence], ledger) == 5
    return tmp_path / "evidence.zip"


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rewritten(packed, change):
    """Write the archive again with other entries; `change` receives and returns a list of (ZipInfo, content)."""
    with zipfile.ZipFile(packed) as old:
        entries = [(entry, old.read(entry)) for entry in old.infolist()]
    with zipfile.ZipFile(packed, "w") as new:
        for entry, content in change(entries):
            new.writestr(entry, content)
    return packed


def test_all_that_evidence_rests_on_comes_out_again_and_nothing_else(tmp_path, store, packed):
    (tmp_path / "unpacked").mkdir()
    unpack_archive(packed, tmp_path / "unpacked")

    found, whole = files_in(tmp_path / "unpacked"), files_in(store.folder)
    assert found.pop(LEDGER) == b"entries\n"
    assert b"negres verify evidence.zip" in found.pop(README)
    left = whole.keys() - found.keys()
    assert {name.split("/")[0] for name in left} == {"replicates"}
    assert len(left) == 2
    assert all(whole[name] == content for name, content in found.items())


def test_an_archive_of_the_same_records_is_the_same_file(tmp_path, store, evidence, packed):
    write_archive(tmp_path / "again" / packed.name, store, [evidence], tmp_path / "ledger")
    assert (tmp_path / "again" / packed.name).read_bytes() == packed.read_bytes()


def test_a_missing_replicate_is_not_packed_over(tmp_path, store, evidence):
    next(store.folder.rglob("*.keras")).unlink()
    for path in store.folder.rglob("replicates/*/*.json"):
        path.unlink()
    with pytest.raises(EvidenceError, match="missing or damaged"):
        write_archive(tmp_path / "evidence.zip", store, [evidence], tmp_path / "none")
    assert not list(tmp_path.glob("*.zip*"))


def test_a_disk_that_is_full_leaves_no_archive(tmp_path, store, evidence, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.shutil, "copyfileobj", full)
    with pytest.raises(EvidenceError, match="No space left on device"):
        write_archive(tmp_path / "evidence.zip", store, [evidence], tmp_path / "none")
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


@pytest.mark.parametrize(
    "name",
    [
        "../outside.json",
        "/etc/passwd",
        "hypotheses/../../outside/evidence.json",
        "hypotheses/a/evidence.json/",
        "hypotheses/a/other.json",
        "replicates/aa/" + "a" * 32 + ".pkl",
        "replicates/aa/" + "a" * 32 + ".json\n",
        "replicates\\aa\\" + "a" * 32 + ".json",
        "conftest.py",
    ],
)
def test_a_file_with_another_name_is_refused(tmp_path, packed, name):
    rewritten(packed, lambda entries: [*entries, (zipfile.ZipInfo(name), b"{}")])
    with pytest.raises(EvidenceError, match="a file that negres does not write"):
        unpack_archive(packed, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_links_twins_and_giants_are_refused(tmp_path, packed, monkeypatch):
    link = zipfile.ZipInfo("hypotheses/a/evidence.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    before = packed.read_bytes()
    rewritten(packed, lambda entries: [*entries, (link, b"/etc/passwd")])
    with pytest.raises(EvidenceError, match="not a regular file"):
        unpack_archive(packed, tmp_path)

    packed.write_bytes(before)
    with pytest.warns(UserWarning, match="Duplicate name"):
        rewritten(packed, lambda entries: [*entries, entries[-1]])
    with pytest.raises(EvidenceError, match="occurs twice"):
        unpack_archive(packed, tmp_path)

    packed.write_bytes(before)
    monkeypatch.setitem(archive._MOST_BYTES, re.escape(LEDGER), 3)
    with pytest.raises(EvidenceError, match="8 bytes, and such a file has 3 at most"):
        unpack_archive(packed, tmp_path)


def test_too_many_files_and_too_little_room_are_refused(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    with pytest.raises(EvidenceError, match="too many files"):
        unpack_archive(packed, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: archive.shutil._ntuple_diskusage(9, 9, 0))
    with pytest.raises(EvidenceError, match="not enough space to unpack"):
        unpack_archive(packed, tmp_path)


def test_what_is_no_archive_or_was_cut_or_changed_is_refused(tmp_path, packed):
    whole = packed.read_bytes()
    with zipfile.ZipFile(packed) as opened:
        entry = opened.getinfo(LEDGER)
    changed = bytearray(whole)
    changed[entry.header_offset + 30 + len(LEDGER) + 2] ^= 1
    for content in (b"no archive", whole[:-30], whole[: len(whole) // 2], bytes(changed)):
        packed.write_bytes(content)
        target = tmp_path / str(len(list(tmp_path.iterdir())))
        target.mkdir()
        with pytest.raises(EvidenceError, match="cannot be read"):
            unpack_archive(packed, target)
