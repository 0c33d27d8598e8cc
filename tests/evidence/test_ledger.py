"""The ledger: what is appended, what is refused, and that whatever is done to the file is found."""

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
def four(ledger, new_commitment):
    """A ledger of four entries: three hypotheses, the first of them amended."""
    for name in ("one", "two", "three"):
        assert ledger.register(new_commitment(hypothesis=name)) == "registered"
    assert ledger.register(new_commitment(hypothesis="one", margin=0.02), reason="half was too little") == "amended"
    return ledger


def chain(entries):
    """The file that would hold these entries, each sealed again on the one before."""
    written, previous = b"", GENESIS
    for sequence, entry in enumerate(entries, 1):
        sealed = entry.updated(sequence=sequence, previous=previous)
        written, previous = written + sealed.line + b"\n", sealed.digest
    return written


def test_entries_are_lines_that_continue_each_other(four):
    entries = four.entries()

    assert [entry.sequence for entry in entries] == [1, 2, 3, 4]
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.digest for entry in entries[:-1])]
    assert [entry.reason for entry in entries] == [None, None, None, "half was too little"]
    lines = four.path.read_text().splitlines()
    assert [json.loads(line)["digest"] for line in lines] == [entry.digest for entry in entries]
    assert four.path.read_bytes() == chain(entries)
    assert four.verify() == []


def test_the_latest_entry_of_each_hypothesis_is_what_it_says_now(four):
    found = four.hypotheses()

    assert {name: entry.sequence for name, entry in found.items()} == {"one": 4, "two": 2, "three": 3}
    assert found["one"].claim.threshold == 0.02


def test_the_same_again_adds_nothing(four, new_commitment):
    before = four.path.read_bytes()

    assert four.register(new_commitment(hypothesis="two"), reason="none is needed", seen=["refuted"]) == "unchanged"
    assert four.register(new_commitment(hypothesis="one", margin=0.02)) == "unchanged"
    assert four.path.read_bytes() == before


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_amendment_needs_a_reason(four, new_commitment, reason):
    before = four.path.read_bytes()

    with pytest.raises(
        InputError, match=r"(?s)needs a reason.*a different margin, analysis code for two.*--negres-reason"
    ):
        four.register(new_commitment(hypothesis="two", margin=0.5, analysis="e" * 64), reason=reason)
    assert four.path.read_bytes() == before


def test_back_to_the_first_plan_is_an_amendment_too(four, new_commitment):
    with pytest.raises(InputError, match="a different margin"):
        four.register(new_commitment(hypothesis="one"))
    assert four.register(new_commitment(hypothesis="one"), reason="it was enough") == "amended"
    assert four.compare(new_commitment(hypothesis="one")).status == "amended"


def test_a_reason_belongs_to_an_amendment_alone(ledger, new_commitment):
    ledger.register(new_commitment(), reason="the others of this session")

    assert ledger.compare(new_commitment()).status == "registered"
    assert ledger.compare(new_commitment()).reason is None


def test_a_run_is_compared_with_the_latest_entry(four, new_commitment):
    registered, amended = (
        four.compare(new_commitment(hypothesis=name, margin=m)) for name, m in (("two", 0.01), ("one", 0.02))
    )
    changed, unknown = (four.compare(new_commitment(hypothesis=name)) for name in ("one", "four"))

    assert (registered.status, registered.changed, registered.reason) == ("registered", [], None)
    assert (amended.status, amended.changed, amended.reason) == ("amended", [], "half was too little")
    assert (changed.status, changed.changed) == ("changed", ["margin"])
    assert (unknown.status, unknown.entry) == ("exploratory", None)
    found = four.hypotheses()
    assert [each.entry for each in (registered, amended, changed)] == [found[n].digest for n in ("two", "one", "one")]
    assert registered.registered_at == found["two"].registered_at


def test_without_a_ledger_a_run_is_exploratory(ledger, new_commitment):
    assert ledger.compare(new_commitment()).status == "exploratory"
    assert (ledger.entries(), ledger.hypotheses(), ledger.verify()) == ([], {}, [])
    assert not ledger.path.exists()


def test_what_was_known_is_in_the_entry(ledger, new_commitment):
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
    # The entries before make the ledger differ from the commit, which is no change of what they say.
    assert {(each.commit, each.dirty) for each in others} == {(git("rev-parse", "HEAD"), False)}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), how=st.sampled_from(["replaced", "inserted", "removed"]))
def test_one_byte_less_more_or_other_is_found(four, data, how):
    written = four.path.read_bytes()
    at = data.draw(st.integers(0, len(written) - 1))
    byte = bytes([data.draw(st.integers(0, 255))])
    after = written[at + 1 :] if how != "inserted" else written[at:]
    damaged = written[:at] + (b"" if how == "removed" else byte) + after
    assume(damaged != written)

    four.path.write_bytes(damaged)
    try:
        assert four.verify() != []
        with pytest.raises(EvidenceError, match="The ledger is broken"):
            four.entries()
    finally:
        four.path.write_bytes(written)


@pytest.mark.parametrize("text", ["", "\n", "[]\n", "{}\n", "null\n", '{"digest": 1}\n', "é\n"])
def test_what_is_no_entry_is_found(four, text):
    written = four.path.read_bytes()
    four.path.write_bytes(text.encode() + written if text else written[:-1])

    assert four.verify() != []


@pytest.mark.parametrize(
    "order", [order for n in (1, 2, 3, 4) for order in itertools.permutations(range(4), n)], ids=str
)
def test_lines_removed_or_reordered_are_found(four, order):
    lines = four.path.read_bytes().splitlines(keepends=True)
    four.path.write_bytes(b"".join(lines[line] for line in order))

    # The first lines are what was once the whole file; that more came after, version control alone can know.
    assert (four.verify() == []) is (order == tuple(range(len(order))))


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ((0, 2, 3), ["entry 2 was removed"]),
        ((0, 3), ["entries 2 to 3 were removed"]),
        ((1, 2, 3), ["entry 1 was removed"]),
        ((0, 2, 1, 3), ["entry 2 comes after entry 3: they were reordered"]),
        ((0, 1, 1, 2, 3), ["entry 2 is there 2 times: one was inserted"]),
    ],
)
def test_what_was_done_is_named(four, order, found):
    lines = four.path.read_bytes().splitlines(keepends=True)
    four.path.write_bytes(b"".join(lines[line] for line in order))

    assert four.verify() == found


def test_an_edited_line_is_named(four):
    four.path.write_bytes(four.path.read_bytes().replace(b'"hypothesis":"two"', b'"hypothesis":"2nd"'))

    assert four.verify() == ["line 2 was edited: it does not match its digest"]


def test_an_entry_that_was_edited_and_sealed_again_is_found_by_the_next(four):
    lines = four.path.read_bytes().splitlines(keepends=True)
    lines[1] = four.entries()[1].updated(expected="refuted").line + b"\n"
    four.path.write_bytes(b"".join(lines))

    assert four.verify() == ["entry 3 does not continue entry 2: one of them was edited and given a new digest"]


def test_an_entry_that_was_slipped_in_is_found(four):
    lines = four.path.read_bytes().splitlines(keepends=True)
    slipped = four.entries()[2].updated(hypothesis="another").line + b"\n"
    four.path.write_bytes(b"".join([*lines[:2], slipped, *lines[2:]]))

    assert four.verify() == ["entry 3 is there 2 times: one was inserted"]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"reason": None}, "entry 4 amends one without a reason"),
        ({"registered_at": "2001-01-01T00:00:00+00:00"}, "entry 4 claims to have been registered before entry 3"),
    ],
)
def test_a_whole_chain_that_nobody_could_have_written_is_found(four, fields, found):
    *before, last = four.entries()
    four.path.write_bytes(chain([*before, last.updated(**fields)]))

    assert four.verify() == [found]


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
def test_a_file_written_again_as_a_whole_is_found_by_its_commits(four, git, rewrite):
    written = chain(rewrite(four.entries()))
    git("init")
    git("add", ".")
    git("commit", "-m", "registered")
    commit = git("rev-parse", "HEAD")
    four.path.write_bytes(written)

    found = [f"commit {commit[:12]} has other entries: some of them have been removed or rewritten since"]
    assert four.verify() == found
    git("commit", "-a", "-m", "covered")
    assert four.verify() == found


def test_a_ledger_that_grew_over_commits_is_whole(four, git, new_commitment):
    git("init")
    for name in ("four", "five"):
        git("add", ".")
        git("commit", "-m", name)
        four.register(new_commitment(hypothesis=name))

    assert four.verify() == []


def test_a_write_that_was_killed_is_named_and_goes_on_once_it_is_deleted(four, new_commitment):
    written = four.path.read_bytes()
    whole = written.rindex(b"\n", 0, -1) + 1
    for end in range(whole + 1, len(written), 50):
        four.path.write_bytes(written[:end])
        assert four.verify() == ["line 4 is incomplete, as after an interrupted write"]
        with pytest.raises(EvidenceError, match=r"(?s)line 4 is incomplete.*To do:.*delete it"):
            four.register(new_commitment(hypothesis="four"))
    four.path.write_bytes(written[:whole])
    assert four.register(new_commitment(hypothesis="four")) == "registered"
    assert four.verify() == []


@pytest.mark.parametrize("act", ["compare", "register", "hypotheses"])
def test_nothing_is_read_from_a_broken_ledger_or_added_to_it(four, new_commitment, act):
    damaged = four.path.read_bytes().replace(b"accuracy", b"precise", 1)
    four.path.write_bytes(damaged)

    with pytest.raises(EvidenceError, match=r"(?s)broken.*line 1 was edited.*To do: Restore it"):
        getattr(four, act)(*([] if act == "hypotheses" else [new_commitment(hypothesis="two")]))
    assert four.path.read_bytes() == damaged


def test_a_disk_that_is_full_leaves_the_ledger_as_it_was(four, new_commitment, monkeypatch):
    before = four.path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EvidenceError, match=r"(?s)cannot be written.*No space left.*To do: Make room"):
        four.register(new_commitment(hypothesis="four"))
    assert four.path.read_bytes() == before


def test_a_ledger_that_cannot_be_written_or_read_is_said_so(tmp_path, new_commitment):
    (tmp_path / "file").write_text("")
    with pytest.raises(EvidenceError, match=r"(?s)cannot be written.*Received: .*file/ledger.*To do: .*negres_ledger"):
        Ledger(tmp_path / "file" / "ledger").register(new_commitment())
    with pytest.raises(EvidenceError, match=r"(?s)cannot be read.*directory.*To do: .*negres_ledger"):
        Ledger(tmp_path).entries()


def test_a_newer_version_is_not_taken_for_an_edit(four):
    newer = four.entries()[0].model_dump(mode="json") | {"schema_version": 3, "more": 1}
    four.path.write_text(canonical(newer | {"digest": digest_of(newer)}) + "\n")
    with pytest.raises(EvidenceError, match=r"(?s)newer version.*schema_version 3.*Upgrade"):
        four.verify()


def test_a_clock_that_is_behind_is_not_believed(four, new_commitment):
    four.path.write_bytes(chain([entry.updated(registered_at="2999-01-01T00:00:00+00:00") for entry in four.entries()]))

    with pytest.raises(EvidenceError, match=r"(?s)clock is behind.*2999.*Set the clock"):
        four.register(new_commitment(hypothesis="four"))


WRITER = """
import sys
from pathlib import Path
from negres_core.evidence import Ledger, Commitment
path, plan, who = sys.argv[1:]
plan = Commitment.model_validate_json(plan)
for number in range(10):
    Ledger(Path(path)).register(plan.updated(hypothesis=f"{who} {number}"))
"""


def test_processes_side_by_side_write_one_chain(ledger, new_commitment):
    command = [sys.executable, "-c", WRITER, str(ledger.path), new_commitment().model_dump_json()]
    writers = [subprocess.Popen([*command, who], cwd=Path(__file__).parents[2]) for who in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]

    entries = ledger.entries()
    assert {entry.hypothesis for entry in entries} == {f"{who} {number}" for who in "abc" for number in range(10)}
    assert (len(entries), ledger.verify()) == (30, [])
