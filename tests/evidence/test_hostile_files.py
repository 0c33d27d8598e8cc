"""Whatever lies in the place of a record, every reader ends, names the damage, moves nothing and trusts nothing."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import signal
import socket

import pytest

from negres_core.cli import main
from negres_core.errors import NegresError
from negres_core.evidence import BisectionRecord, Ledger, Store
from negres_core.evidence.record import digest_of
from negres_core.experiment.recheck import recheck
from negres_core.report import csv, json_lines, ranks, summary, words
from negres_core.report.replicates import tabulate
from tests.experiment.forger import MAIN, REACHES, Forger, record

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, sockets and devices are files on POSIX only")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Records of each kind: two pieces of evidence of one hypothesis, replicates with models, a bisection, a ledger."""
    folder = tmp_path_factory.mktemp("recorded")
    record(folder)
    store = Store(folder / "evidence")
    evidence = store.read_evidence(store.evidence_path(REACHES))
    store.write_evidence(evidence.updated(finding="as it was before"))
    store.write_evidence(evidence)
    ends = {"failing": {"a": 1}, "working": {"a": 2}, "differing": ("a",), "cause": ("a",)}
    rest = {"test": MAIN, "necessary": True, "steps": (), "explanation": "", "recorded_at": "2026-01-01T00:00:00+00:00"}
    store.write_bisection(BisectionRecord(**ends, **rest))
    return folder


@pytest.fixture
def folder(recorded, tmp_path):
    copied = tmp_path / "copy"
    shutil.copytree(recorded, copied)
    return copied


@pytest.fixture(autouse=True)
def in_time():
    """Interrupt a reader that waits for a writer, or reads a device without end."""

    def stop(*arguments):
        raise AssertionError("a reader did not end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def pipe(path):
    os.mkfifo(path)


def folder_in_its_place(path):
    path.mkdir()


def endless_device(path):
    path.symlink_to("/dev/zero")


def link_to_itself(path):
    path.symlink_to(path)


def link_to_nothing(path):
    path.symlink_to(path.with_name("nothing"))


def link_to_a_sound_copy(path):
    path.symlink_to(path.with_name("kept"))


def listening_socket(path):
    before = os.getcwd()  # noqa: PTH109  # a path of a socket has a hundred characters at most
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(before)


def sparse_gigabytes(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)


def empty(path):
    path.write_bytes(b"")


def zeros(path):
    path.write_bytes(bytes(1000))


def truncated(path):
    path.write_bytes(path.with_name("kept").read_bytes()[:-50])


def one_byte_changed(path):
    content = bytearray(path.with_name("kept").read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def deep_lists(path):
    path.write_text("[" * 200_000)


def deep_objects(path):
    path.write_text('{"a":' * 200_000 + "1" + "}" * 200_000)


def nested_as_deeply_as_json_allows(path):
    path.write_text('{"digest":' + "[" * 900 + "]" * 900 + "}")


def bytes_that_are_not_text(path):
    path.write_bytes(b"\xff\xfe\xfd")


def number_of_a_million_digits(path):
    path.write_text('{"schema_version": ' + "9" * 1_000_000 + "}")


def number_beyond_floats(path):
    path.write_text('{"schema_version": 1e999, "digest": ""}')


def not_a_number(path):
    path.write_text('{"schema_version": NaN}')


def newer_version_without_a_seal(path):
    path.write_text('{"schema_version": 99, "digest": "0"}')


def text_alone(path):
    path.write_text('"text"')


def null(path):
    path.write_text("null")


HOSTILE = [
    value
    for value in dict(globals()).values()
    if callable(value) and getattr(value, "__code__", None) and value.__code__.co_varnames[:1] == ("path",)
]
PLACES = {
    "evidence": lambda store: store.evidence_path(MAIN),
    "superseded": lambda store: next(store.evidence_path(REACHES).parent.glob("evidence-*.json")),
    "replicate": lambda store: min(store.folder.glob("replicates/*/*.json")),
    "model": lambda store: max(store.folder.glob("replicates/*/*.keras")),
    "bisection": lambda store: next(store.folder.glob("bisections/*.json")),
}


def listing(folder):
    return sorted((path.relative_to(folder).as_posix(), path.lstat().st_size) for path in folder.rglob("*"))


def test_there_are_more_than_a_hundred_ways():
    assert len(HOSTILE) * len(PLACES) >= 100


def damage_all(folder, put):
    """Put something into the place of one record of each kind; return the paths."""
    paths = [find(Store(folder / "evidence")) for find in PLACES.values()]
    for path in paths:
        path.rename(path.with_name("kept"))
        put(path)
        path.with_name("kept").unlink()
    return paths


@pytest.mark.parametrize("put", HOSTILE, ids=lambda put: put.__name__)
def test_a_reader_names_every_hostile_file_and_leaves_it(folder, capsys, put):
    paths = damage_all(folder, put)
    before = listing(folder)

    assert main(["verify", str(folder / "evidence"), "--ledger", str(folder / "ledger.jsonl")]) == 1

    streams = capsys.readouterr()
    named = {line.split(" is damaged: ")[0].removeprefix("negres: ") for line in streams.err.splitlines()}
    assert {str(path) for path in paths} <= named
    assert max(map(len, (streams.out + streams.err).splitlines())) < 3_000
    assert listing(folder) == before


@pytest.mark.parametrize("command", ["table", "show", "export", "plan", "rank"])
def test_every_reader_ends_in_an_error_while_there_is_damage(folder, capsys, command, monkeypatch):
    monkeypatch.chdir(folder)
    path = Store(folder / "evidence").evidence_path(MAIN)
    path.unlink()
    pipe(path)

    assert main([command, str(folder / "evidence")]) == 1

    assert f"{path} is damaged: " in capsys.readouterr().err
    assert path.exists()


@pytest.mark.parametrize("put", HOSTILE, ids=lambda put: put.__name__)
def test_a_session_sets_every_hostile_file_aside_and_goes_on(folder, put):
    notes = []
    store = Store(folder / "evidence", note=notes.append)
    paths = damage_all(folder, put)

    store.check_everything()

    assert store.damaged == len(notes) == len(paths) + 1  # the record of the model, too
    assert not any(os.path.lexists(path) for path in paths)
    assert len(list(folder.glob("evidence/set-aside/*"))) == len(paths) + 1
    Store(folder / "evidence").check_everything()


@pytest.mark.parametrize("put", [pipe, endless_device, folder_in_its_place, sparse_gigabytes, deep_lists, zeros])
def test_a_hostile_ledger_is_an_error(tmp_path, put):
    path = tmp_path / "ledger.jsonl"
    put(path)

    with pytest.raises(NegresError):
        Ledger(path).entries()


VALUES = [None, {}, [], -1, 10**30, 1e308, [[None]], {"a": {}}, "\ud800\x1b[31m", "x" * 10_000]


def paths_in(content, path=()):
    """Yield the path of every field, to three levels, and of the first item of each list."""
    if len(path) < 3:
        items = (
            content.items()
            if isinstance(content, dict)
            else enumerate(content[:1])
            if isinstance(content, list)
            else ()
        )
        for name, part in items:
            yield (*path, name)
            yield from paths_in(part, (*path, name))


def replaced(content, path, value):
    content = copy.deepcopy(content)
    part = content
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return content


def read_evidence(folder):
    """Read the evidence of a folder that is not damaged."""
    store = Store(folder, read_only=True)
    records = [store.read_evidence(path) for path in store.evidence_paths()]
    return store, [each for each in records if each is not None]


def read_everything(folder):
    """Render all reports of a folder; only errors that negres raises on purpose may come out."""
    store, records = read_evidence(folder)
    for each in records:
        recheck(each, store, [])
        assert "\x1b" not in words.render(each)
    assert "\x1b" not in summary.render(records, family={})
    assert "\x1b" not in summary.render(records, family={}, style="markdown")
    assert "\x1b" not in csv.render(tabulate(records, {}))
    assert "\x1b" not in json_lines.render(tabulate(records, {}))
    with contextlib.suppress(NegresError):
        ranks.render(records, metrics=["accuracy"], higher_is_better=True)
    return store, records


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
def test_a_sealed_record_with_any_field_replaced_is_damage_or_can_be_read(folder, value):
    forger = Forger(folder)
    sound = forger.read()
    other = forger.store.evidence_path(MAIN)
    for path in paths_in(sound):
        content = replaced(sound, path, value)
        other.write_text(json.dumps(content | {"digest": digest_of(content)}))
        if path == ("schema_version",) and type(value) is int and value > 2:
            with pytest.raises(NegresError, match="newer version"):
                read_evidence(folder / "evidence")
            continue
        store, records = read_evidence(folder / "evidence")
        assert store.damaged + len(records) == 3, path
        # The two other records are as they were.
        if len(records) == 3:
            read_everything(folder / "evidence")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:12])
def test_a_sealed_replicate_with_any_field_replaced_is_damage_or_can_be_read(folder, value):
    forger = Forger(folder)
    [_, ids] = forger.read()["arms"][0]["replicates"]
    path = forger.path(ids[0])
    sound = json.loads(path.read_text())
    sound.pop("digest")
    store = Store(folder / "evidence", read_only=True)
    evidence = store.read_evidence(store.evidence_path(MAIN))
    for place in paths_in(sound):
        content = replaced(sound, place, value)
        path.write_text(json.dumps(content | {"digest": digest_of(content)}))
        problems = recheck(evidence, Store(folder / "evidence", read_only=True), [])
        assert all(isinstance(problem, str) for problem in problems)
