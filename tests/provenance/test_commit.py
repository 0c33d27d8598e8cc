from __future__ import annotations

from negres_core.provenance.commit import committed_content, committed_contents, trace_commit


def test_outside_a_repository_there_is_no_commit(tmp_path, git):
    assert trace_commit(tmp_path) == (None, None)


def test_a_repository_without_commits_has_no_commit(tmp_path, git):
    git("init")

    assert trace_commit(tmp_path) == (None, None)


def test_a_commit_is_dirty_only_if_a_tracked_file_has_changed(git, tmp_path):
    git("init")
    file = tmp_path / "inside" / "claim.py"
    file.parent.mkdir()
    file.write_text("one")
    git("add", ".")
    git("commit", "-m", "one")

    clean = trace_commit(file.parent)
    (tmp_path / "untracked").write_text("an output")
    still_clean = trace_commit(tmp_path)
    file.write_text("two")
    dirty = trace_commit(tmp_path)

    commit = git("rev-parse", "HEAD")
    assert (clean, still_clean, dirty) == ((commit, False), (commit, False), (commit, True))


def test_a_machine_without_git_has_no_commit(tmp_path, git, monkeypatch):
    git("init")
    monkeypatch.setenv("PATH", "")

    assert trace_commit(tmp_path) == (None, None)


def test_a_file_can_be_excluded_from_the_dirty_state(git, tmp_path):
    git("init")
    for name in ("ledger", "claim.py"):
        (tmp_path / name).write_text("one")
    git("add", ".")
    git("commit", "-m", "one")
    (tmp_path / "ledger").write_text("two")

    assert trace_commit(tmp_path)[1] is True
    assert trace_commit(tmp_path, apart_from="ledger") == (git("rev-parse", "HEAD"), False)
    (tmp_path / "claim.py").write_text("two")
    assert trace_commit(tmp_path, apart_from="ledger")[1] is True


def test_committed_content_is_read_byte_by_byte(git, tmp_path):
    path = tmp_path / "ledger"
    path.write_bytes(b"one\n\n")
    assert (committed_content(path), committed_contents(path)) == (None, {})

    git("init")
    assert (committed_content(path), committed_contents(path)) == (b"", {})
    git("add", ".")
    git("commit", "-m", "one")
    first = git("rev-parse", "HEAD")
    path.write_bytes(b"two\n")
    assert committed_content(path) == b"one\n\n"
    git("commit", "-a", "-m", "two")

    assert committed_content(path) == b"two\n"
    assert committed_contents(path) == {git("rev-parse", "HEAD"): b"two\n", first: b"one\n\n"}
    assert list(committed_contents(path))[-1] == first
