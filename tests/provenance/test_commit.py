from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
from pathlib import Path

import pytest

import negres_core.provenance.commit
from negres_core.provenance.commit import (
    committed_content,
    committed_contents,
    digest_analysis,
    trace_commit,
    trace_provenance,
)


@pytest.fixture
def trace(tmp_path, git):
    return lambda folder=tmp_path: trace_provenance(folder, backend="tensorflow", device="cpu: tiny")


def test_outside_a_repository_there_is_no_commit(trace):
    made = trace()

    assert (made.commit, made.dirty) == (None, None)
    assert (made.backend, made.device) == ("tensorflow", "cpu: tiny")


def test_a_repository_without_a_commit_has_none(trace, git):
    git("init")

    assert (trace().commit, trace().dirty) == (None, None)


def test_the_commit_is_that_of_the_folder_and_dirty_where_a_tracked_file_changed(trace, git, tmp_path):
    git("init")
    file = tmp_path / "inside" / "claim.py"
    file.parent.mkdir()
    file.write_text("one")
    git("add", ".")
    git("commit", "-m", "one")

    clean = trace(file.parent)
    (tmp_path / "untracked").write_text("an artifact")
    still_clean = trace()
    file.write_text("two")
    dirty = trace()

    assert clean.commit == still_clean.commit == dirty.commit == git("rev-parse", "HEAD")
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


def test_a_file_can_be_left_out_of_what_is_dirty(git, tmp_path):
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


def test_what_was_committed_is_read_to_the_byte(git, tmp_path):
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


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's source, which is digested in its place."""
    source = Path(negres_core.provenance.commit.__file__).parent
    copy = shutil.copytree(source, tmp_path / "negres_core", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(negres_core.provenance.commit, "__file__", str(copy / "provenance.py"))
    return copy


@pytest.mark.parametrize(
    "name",
    [
        "claim.py",
        "controls/finite.py",
        "decision.py",
        "design.py",
        "metrics.py",
        "seeds.py",
        "statistics/estimate.py",
        "verdict.py",
    ],
)
def test_the_analysis_is_all_that_comes_to_a_verdict(package, name):
    before = digest_analysis()
    path = package / name
    path.write_text(path.read_text() + "\n")

    assert digest_analysis() != before


def test_other_code_is_no_part_of_the_analysis(package):
    before = digest_analysis()
    (package / "plugin.py").write_text("")

    assert digest_analysis() == before
