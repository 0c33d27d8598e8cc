from __future__ import annotations

import importlib.metadata
import json
import platform
import subprocess

import pytest

from negres_core.provenance import trace_provenance


def git(folder, *arguments):
    settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    ran = subprocess.run(["git", "-C", folder, *settings, *arguments], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def trace(tmp_path, monkeypatch):
    # A repository around the temporary folder, or one that a hook names, is not the one that is meant.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    return lambda folder=tmp_path: trace_provenance(folder, backend="tensorflow", device="cpu: tiny")


def test_outside_a_repository_there_is_no_commit(trace):
    made = trace()

    assert (made.commit, made.dirty) == (None, None)
    assert (made.backend, made.device) == ("tensorflow", "cpu: tiny")


def test_a_repository_without_a_commit_has_none(trace, tmp_path):
    git(tmp_path, "init")

    assert (trace().commit, trace().dirty) == (None, None)


def test_the_commit_is_that_of_the_folder_and_dirty_where_a_tracked_file_changed(trace, tmp_path):
    git(tmp_path, "init")
    file = tmp_path / "inside" / "claim.py"
    file.parent.mkdir()
    file.write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")

    clean = trace(file.parent)
    (tmp_path / "untracked").write_text("an artifact")
    still_clean = trace()
    file.write_text("two")
    dirty = trace()

    assert clean.commit == still_clean.commit == dirty.commit == git(tmp_path, "rev-parse", "HEAD")
    assert (clean.dirty, still_clean.dirty, dirty.dirty) == (False, False, True)


def test_a_machine_without_git_has_no_commit(trace, monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert (trace().commit, trace().dirty) == (None, None)


def test_versions_are_those_installed_and_no_others(trace):
    made = trace()

    assert made.python == platform.python_version()
    assert made.packages["numpy"] == importlib.metadata.version("numpy")
    assert {"negres", "keras", "scikit-learn"} <= set(made.packages)
    assert all(made.packages.values())


def test_provenance_is_plain_json(trace):
    made = trace().as_dict()

    assert json.loads(json.dumps(made)) == made
    assert set(made) == {"commit", "dirty", "packages", "python", "platform", "backend", "device", "driver"}
