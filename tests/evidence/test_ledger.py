"""The ledger: what is appended, what is refused, and that any change to the file is detected."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Ledger
from negres_core.evidence.ledger import GENESIS
from negres_core.evidence.record import canonical, digest_of


@pytest.fixture
def ledger(tmp_path, git):
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def ledger_of_four(ledger, new_commitment):
    """A ledger of four entries: three hypotheses, and an amendment of the first."""
    for name in ("one", "two", "three"):
        assert ledger.register(new_commitment(hypothesis=name)) == "registered"
    assert (
        ledger.register(new_commitment(hypothesis="one", margin=0.02), reason="the margin was too small") == "amended"
    )
    return ledger


def chain(entries):
    """Return the content of a ledger with these entries, each renumbered and resealed."""
    content, previous = b"", GENESIS
    for sequence, entry in enumerate(entries, 1):
        sealed = entry.updated(sequence=sequence, previous=previous)
        content, previous = content + sealed.line + b"\n", sealed.digest
    return content


def test_each_entry_is_a_line_that_continues_the_previous_one(ledger_of_four):
    entries = ledger_of_four.entries()

    assert [entry.sequence for entry in entries] == [1, 2, 3, 4]
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.digest for entry in entries[:-1])]
    assert [entry.reason for entry in entries] == [None, None, None, "the margin was too small"]
    lines = ledger_of_four.path.read_text().splitlines()
    assert [json.loads(line)["digest"] for line in lines] == [entry.digest for entry in entries]
    assert ledger_of_four.path.read_bytes() == chain(entries)
    assert ledger_of_four.verify() == []


def test_a_hypothesis_has_its_latest_entry(ledger_of_four):
    entries = ledger_of_four.hypotheses()

    assert {name: entry.sequence for name, entry in entries.items()} == {"one": 4, "two": 2, "three": 3}
    assert entries["one"].claim.threshold == 0.02


def test_registering_the_same_again_adds_nothing(ledger_of_four, new_commitment):
    before = ledger_of_four.path.read_bytes()

    assert (
        ledger_of_four.register(new_commitment(hypothesis="two"), reason="none is needed", seen=["refuted"])
        == "unchanged"
    )
    assert ledger_of_four.register(new_commitment(hypothesis="one", margin=0.02)) == "unchanged"
    assert ledger_of_four.path.read_bytes() == before


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_amendment_needs_a_reason(ledger_of_four, new_commitment, reason):
    before = ledger_of_four.path.read_bytes()

    with pytest.raises(
        InputError, match=r"(?s)needs a reason.*a different margin, analysis code for two.*--negres-reason"
    ):
        ledger_of_four.register(new_commitment(hypothesis="two", margin=0.5, analysis="e" * 64), reason=reason)
    assert ledger_of_four.path.read_bytes() == before


def test_a_return_to_the_first_commitment_is_an_amendment_too(ledger_of_four, new_commitment):
    with pytest.raises(InputError, match="a different margin"):
        ledger_of_four.register(new_commitment(hypothesis="one"))
    assert ledger_of_four.register(new_commitment(hypothesis="one"), reason="the first margin was right") == "amended"
    assert ledger_of_four.compare(new_commitment(hypothesis="one")).status == "amended"


def test_only_an_amendment_records_a_reason(ledger, new_commitment):
    ledger.register(new_commitment(), reason="meant for other hypotheses of the session")

    assert ledger.compare(new_commitment()).status == "registered"
    assert ledger.compare(new_commitment()).reason is None


def test_a_run_is_compared_with_the_latest_entry(ledger_of_four, new_commitment):
    registered, amended = (
        ledger_of_four.compare(new_commitment(hypothesis=name, margin=margin))
        for name, margin in (("two", 0.01), ("one", 0.02))
    )
    changed, unknown = (ledger_of_four.compare(new_commitment(hypothesis=name)) for name in ("one", "four"))

    assert (registered.status, registered.changed, registered.reason) == ("registered", [], None)
    assert (amended.status, amended.changed, amended.reason) == ("amended", [], "the margin was too small")
    assert (changed.status, changed.changed) == ("changed", ["margin"])
    assert (unknown.status, unknown.entry) == ("exploratory", None)
    entries = ledger_of_four.hypotheses()
    assert [each.entry for each in (registered, amended, changed)] == [
        entries[name].digest for name in ("two", "one", "one")
    ]
    assert registered.registered_at == entries["two"].registered_at


def test_without_a_ledger_a_run_is_exploratory(ledger, new_commitment):
    assert ledger.compare(new_commitment()).status == "exploratory"
    assert (ledger.entries(), ledger.hypotheses(), ledger.verify()) == ([], {}, [])
    assert not ledger.path.exists()


def test_an_entry_contains_the_verdicts_that_were_known(ledger, new_commitment):
    ledger.register(new_commitment(), seen=["interrupted", "refuted"])

    assert ledger.compare(new_commitment()).seen == ["interrupted", "refuted"]


def test_the_commit_dates_an_entry(ledger, new_commitment, git):
    ledger.register(new_commitment(hypothesis="one"))
    assert ledger.compare(new_commitment(hypothesis="one")).committed is None
    git("init")
    assert ledger.compare(new_commitment(hypothesis="one")).committed is False
    git("add", ".")
    git("commit", "-m", "one")
    ledger.register(new_commitment(hypothesis="two"))
    ledger.register(new_commitment(hypothesis="three"))

    assert [ledger.compare(new_commitment(hypothesis=name)).committed for name in ("one", "two")] == [True, False]
    first, *others = ledger.entries()
    assert (first.commit, first.dirty) == (None, None)
    # The ledger differs from the commit because of the new entries; that does not make the commit dirty.
    assert {(each.commit, each.dirty) for each in others} == {(git("rev-parse", "HEAD"), False)}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), change=st.sampled_from(["replaced", "inserted", "removed"]))
def test_any_change_of_one_byte_is_detected(ledger_of_four, data, change):
    written = ledger_of_four.path.read_bytes()
    position = data.draw(st.integers(0, len(written) - 1))
    byte = bytes([data.draw(st.integers(0, 255))])
    after = written[position + 1 :] if change != "inserted" else written[position:]
    damaged = written[:position] + (b"" if change == "removed" else byte) + after
    assume(damaged != written)

    ledger_of_four.path.write_bytes(damaged)
    try:
        assert ledger_of_four.verify() != []
        with pytest.raises(EvidenceError, match="The ledger is broken"):
            ledger_of_four.entries()
    finally:
        ledger_of_four.path.write_bytes(written)


@pytest.mark.parametrize("text", ["", "\n", "[]\n", "{}\n", "null\n", '{"digest": 1}\n', "é\n"])
def test_a_line_that_is_not_an_entry_is_detected(ledger_of_four, text):
    written = ledger_of_four.path.read_bytes()
    ledger_of_four.path.write_bytes(text.encode() + written if text else written[:-1])

    assert ledger_of_four.verify() != []


@pytest.mark.parametrize(
    "order", [order for n in (1, 2, 3, 4) for order in itertools.permutations(range(4), n)], ids=str
)
def test_removed_or_reordered_lines_are_detected(ledger_of_four, order):
    lines = ledger_of_four.path.read_bytes().splitlines(keepends=True)
    ledger_of_four.path.write_bytes(b"".join(lines[line] for line in order))

    # The first lines were once the whole file. Only version control can show that more followed.
    assert (ledger_of_four.verify() == []) is (order == tuple(range(len(order))))


@pytest.mark.parametrize(
    ("order", "problems"),
    [
        ((0, 2, 3), ["entry 2 was removed"]),
        ((0, 3), ["entries 2 to 3 were removed"]),
        ((1, 2, 3), ["entry 1 was removed"]),
        ((0, 2, 1, 3), ["entry 2 comes after entry 3: they were reordered"]),
        ((0, 1, 1, 2, 3), ["entry 2 appears 2 times: one was inserted"]),
    ],
)
def test_removed_reordered_and_inserted_entries_are_named(ledger_of_four, order, problems):
    lines = ledger_of_four.path.read_bytes().splitlines(keepends=True)
    ledger_of_four.path.write_bytes(b"".join(lines[line] for line in order))

    assert ledger_of_four.verify() == problems


def test_an_edited_line_is_named(ledger_of_four):
    ledger_of_four.path.write_bytes(
        ledger_of_four.path.read_bytes().replace(b'"hypothesis":"two"', b'"hypothesis":"2nd"')
    )

    assert ledger_of_four.verify() == ["line 2 was edited: it does not match its digest"]


def test_an_edited_and_resealed_entry_is_detected_by_the_next_one(ledger_of_four):
    lines = ledger_of_four.path.read_bytes().splitlines(keepends=True)
    lines[1] = ledger_of_four.entries()[1].updated(expected="refuted").line + b"\n"
    ledger_of_four.path.write_bytes(b"".join(lines))

    assert ledger_of_four.verify() == [
        "entry 3 does not continue entry 2: one of them was edited and given a new digest"
    ]


def test_an_inserted_entry_is_detected(ledger_of_four):
    lines = ledger_of_four.path.read_bytes().splitlines(keepends=True)
    inserted = ledger_of_four.entries()[2].updated(hypothesis="another").line + b"\n"
    ledger_of_four.path.write_bytes(b"".join([*lines[:2], inserted, *lines[2:]]))

    assert ledger_of_four.verify() == ["entry 3 appears 2 times: one was inserted"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": None}, "entry 4 amends one without a reason"),
        ({"registered_at": "2001-01-01T00:00:00+00:00"}, "entry 4 claims to have been registered before entry 3"),
    ],
)
def test_an_intact_chain_that_could_not_have_been_registered_is_detected(ledger_of_four, fields, problem):
    *before, last = ledger_of_four.entries()
    ledger_of_four.path.write_bytes(chain([*before, last.updated(**fields)]))

    assert ledger_of_four.verify() == [problem]


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda entries: entries[:-1],
        lambda entries: [],
        lambda entries: [entries[0].updated(expected="refuted"), *entries[1:]],
        lambda entries: [*entries[:-1], entries[-1].updated(reason="another")],
    ],
    ids=["last removed", "emptied", "first edited", "last edited"],
)
def test_a_file_that_was_rewritten_as_a_whole_is_detected_by_its_commits(ledger_of_four, git, rewrite):
    rewritten = chain(rewrite(ledger_of_four.entries()))
    git("init")
    git("add", ".")
    git("commit", "-m", "registered")
    commit = git("rev-parse", "HEAD")
    ledger_of_four.path.write_bytes(rewritten)

    problems = [f"commit {commit[:12]} has entries that have been removed or rewritten since"]
    assert ledger_of_four.verify() == problems
    git("commit", "-a", "-m", "covered up")
    assert ledger_of_four.verify() == problems


def test_a_ledger_that_grew_over_several_commits_is_intact(ledger_of_four, git, new_commitment):
    git("init")
    for name in ("four", "five"):
        git("add", ".")
        git("commit", "-m", name)
        ledger_of_four.register(new_commitment(hypothesis=name))

    assert ledger_of_four.verify() == []


def test_an_interrupted_write_is_named_and_can_be_deleted(ledger_of_four, new_commitment):
    written = ledger_of_four.path.read_bytes()
    last_line = written.rindex(b"\n", 0, -1) + 1
    for end in range(last_line + 1, len(written), 50):
        ledger_of_four.path.write_bytes(written[:end])
        assert ledger_of_four.verify() == ["line 4 is incomplete, as after an interrupted write"]
        with pytest.raises(EvidenceError, match=r"(?s)line 4 is incomplete.*To do:.*delete it"):
            ledger_of_four.register(new_commitment(hypothesis="four"))
    ledger_of_four.path.write_bytes(written[:last_line])
    assert ledger_of_four.register(new_commitment(hypothesis="four")) == "registered"
    assert ledger_of_four.verify() == []


@pytest.mark.parametrize("method", ["compare", "register", "hypotheses"])
def test_a_broken_ledger_is_neither_read_nor_extended(ledger_of_four, new_commitment, method):
    damaged = ledger_of_four.path.read_bytes().replace(b"accuracy", b"precise", 1)
    ledger_of_four.path.write_bytes(damaged)

    with pytest.raises(EvidenceError, match=r"(?s)broken.*line 1 was edited.*To do: Restore it"):
        getattr(ledger_of_four, method)(*([] if method == "hypotheses" else [new_commitment(hypothesis="two")]))
    assert ledger_of_four.path.read_bytes() == damaged


def test_a_full_disk_leaves_the_ledger_as_it_was(ledger_of_four, new_commitment, monkeypatch):
    before = ledger_of_four.path.read_bytes()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(EvidenceError, match=r"(?s)cannot be written.*No space left.*To do: Make room"):
        ledger_of_four.register(new_commitment(hypothesis="four"))
    assert ledger_of_four.path.read_bytes() == before


def test_a_ledger_that_cannot_be_written_or_read_is_an_error(tmp_path, new_commitment):
    (tmp_path / "file").write_text("")
    with pytest.raises(EvidenceError, match=r"(?s)cannot be written.*Received: .*file/ledger.*To do: .*negres_ledger"):
        Ledger(tmp_path / "file" / "ledger").register(new_commitment())
    with pytest.raises(EvidenceError, match=r"(?s)cannot be read.*directory.*To do: .*negres_ledger"):
        Ledger(tmp_path).entries()


def test_an_entry_of_a_newer_version_is_not_mistaken_for_an_edit(ledger_of_four):
    newer = ledger_of_four.entries()[0].model_dump(mode="json") | {"schema_version": 3, "more": 1}
    ledger_of_four.path.write_text(canonical(newer | {"digest": digest_of(newer)}) + "\n")
    with pytest.raises(EvidenceError, match=r"(?s)newer version.*schema_version 3.*Upgrade"):
        ledger_of_four.verify()


def test_nothing_is_registered_while_the_clock_is_behind(ledger_of_four, new_commitment):
    ledger_of_four.path.write_bytes(
        chain([entry.updated(registered_at="2999-01-01T00:00:00+00:00") for entry in ledger_of_four.entries()])
    )

    with pytest.raises(EvidenceError, match=r"(?s)clock of this machine is behind.*2999.*Set the clock"):
        ledger_of_four.register(new_commitment(hypothesis="four"))


WRITER = """
import sys
from pathlib import Path
from negres_core.evidence import Commitment, Ledger
path, commitment, writer = sys.argv[1:]
commitment = Commitment.model_validate_json(commitment)
for number in range(10):
    Ledger(Path(path)).register(commitment.updated(hypothesis=f"{writer} {number}"))
"""


def test_parallel_processes_write_one_chain(ledger, new_commitment):
    command = [sys.executable, "-c", WRITER, str(ledger.path), new_commitment().model_dump_json()]
    writers = [subprocess.Popen([*command, writer], cwd=Path(__file__).parents[2]) for writer in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    entries = ledger.entries()
    assert {entry.hypothesis for entry in entries} == {f"{writer} {number}" for writer in "abc" for number in range(10)}
    assert (len(entries), ledger.verify()) == (30, [])
