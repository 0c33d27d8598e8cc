from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import negres_core
from negres_core.files import digest_regular, read_regular, write_atomically

ROOT = Path(negres_core.__file__).parents[1]


def hidden_files(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("content", [b"", b"second", memoryview(b"second")], ids=["empty", "bytes", "memoryview"])
def test_a_write_replaces_the_file_and_leaves_nothing_else(tmp_path, content):
    path = tmp_path / "data"
    write_atomically(path, b"first")
    write_atomically(path, content)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folders_are_made(tmp_path):
    path = tmp_path / "new" / "folder" / "data"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("owner", "name"), [(os, "fsync"), (Path, "replace")])
@pytest.mark.parametrize("failure", [OSError("no space left"), KeyboardInterrupt("stopped")], ids=["OSError", "Ctrl-C"])
@pytest.mark.parametrize("old", [[], [b"old"]], ids=["new", "existing"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, owner, name, failure, old):
    path = tmp_path / "data"
    for content in old:
        path.write_bytes(content)

    def fail(*arguments):
        assert len(hidden_files(tmp_path)) == 1
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, fail)
        with pytest.raises(type(failure), match=str(failure)):
            write_atomically(path, b"new")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == old


def test_a_temporary_file_that_cannot_be_removed_does_not_hide_the_error(tmp_path, monkeypatch):
    def fail_to_sync(descriptor):
        raise OSError("no space left")

    def fail_to_remove(path, *, missing_ok):
        raise OSError("read-only file system")

    monkeypatch.setattr(os, "fsync", fail_to_sync)
    monkeypatch.setattr(Path, "unlink", fail_to_remove)
    with pytest.raises(OSError, match="no space left"):
        write_atomically(tmp_path / "data", b"new")


@pytest.mark.parametrize(
    ("synced", "content"),
    [pytest.param(1, b"old", id="before the rename"), pytest.param(2, b"new", id="after the rename")],
)
def test_a_process_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path, synced, content):
    """It is killed at one of its two syncs: of the temporary file, or of the folder."""
    path = tmp_path / "data"
    path.write_bytes(b"old")
    script = f"""
import os, sys
from pathlib import Path
from negres_core.files import write_atomically

calls = []

def kill(descriptor):
    calls.append(descriptor)
    if len(calls) == {synced}:
        os._exit(9)  # like a kill: nothing is cleaned up

os.fsync = kill
write_atomically(Path(sys.argv[1]), b"new")
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", script, path], env=environment, check=False)
    assert result.returncode == 9
    assert path.read_bytes() == content
    assert len(hidden_files(tmp_path)) == (content == b"old")

    write_atomically(path, b"newer")
    assert path.read_bytes() == b"newer"


def test_the_file_is_synced_before_the_rename_and_its_folder_after(tmp_path, monkeypatch):
    path = tmp_path / "data"
    fsync, replace, steps = os.fsync, Path.replace, []

    def sync(descriptor):
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def rename(source, target):
        assert source.parent == tmp_path
        assert source.read_bytes() == b"content"
        steps.append("rename")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    write_atomically(path, b"content")
    assert steps == ["sync file", "rename", "sync folder"]


def test_a_file_that_need_not_survive_a_power_failure_is_whole_and_not_synced(tmp_path, monkeypatch):
    path = tmp_path / "data"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", lambda descriptor: pytest.fail("it was synced"))

    write_atomically(path, b"new", synced=False)

    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"new"]


def test_a_folder_that_cannot_be_opened_is_not_synced(tmp_path, monkeypatch):
    """Windows opens no folder."""

    def refuse(path, *arguments):
        assert Path(path) == tmp_path
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    write_atomically(tmp_path / "data", b"content")
    assert (tmp_path / "data").read_bytes() == b"content"


def test_the_folder_is_closed_again(tmp_path, monkeypatch):
    open_folder, close, opened, closed = os.open, os.close, [], []

    def note_opened(*arguments):
        opened.append(open_folder(*arguments))
        return opened[-1]

    def note_closed(descriptor):
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(os, "open", note_opened)
    monkeypatch.setattr(os, "close", note_closed)
    write_atomically(tmp_path / "data", b"content")
    assert len(opened) == 1
    assert closed == opened


def test_concurrent_writers_leave_one_whole_file(tmp_path):
    path = tmp_path / "data"
    contents = [bytes([number]) * 100_000 for number in range(8)]
    writers = [threading.Thread(target=write_atomically, args=(path, content)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("read", [read_regular, digest_regular])
def test_only_a_regular_file_of_a_plausible_size_is_read(tmp_path, read):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"12345")
    link.symlink_to(file)

    assert read(file, most_bytes=5) in (b"12345", hashlib.sha256(b"12345").hexdigest())
    with pytest.raises(OSError, match="4 at most"):
        read(file, most_bytes=4)
    with pytest.raises(OSError, match=r"not a regular file|directory"):
        read(tmp_path, most_bytes=5)
    with pytest.raises(OSError, match=r"symbolic links|not a regular file"):
        read(link, most_bytes=5)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing", most_bytes=5)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_does_not_wait_for_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "pipe", most_bytes=5)
