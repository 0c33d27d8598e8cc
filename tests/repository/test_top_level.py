"""The top level of the repository: what is not listed here is not meant to be there."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.repository.house import ROOT

FOLDERS = {".ci", ".github", "benchmarks", "docs", "fixtures", "negres_core", "tests"}
FILES = {
    *(".editorconfig", ".gitattributes", ".gitignore", ".pre-commit-config.yaml", ".readthedocs.yaml"),
    *("CHANGELOG.md", "CITATION.cff", "LICENSE", "README.md", "conftest.py", "pyproject.toml", "tox.ini"),
}


def names_in(folder):
    """Return the names at the top level that are committed, or would be: those that git does not ignore."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # A checkout of another user, such as that of a continuous integration service, is as good.
    listing = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    paths = subprocess.run(listing, cwd=folder, env=variables, check=True, capture_output=True, text=True).stdout
    return {path.partition("/")[0] for path in paths.split("\0") if path and (folder / path).exists()}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an archive of the sources does not know what git ignores")
def test_the_top_level_holds_what_is_meant_to_be_there_and_nothing_else():
    assert names_in(ROOT) == FOLDERS | FILES


def test_what_a_session_leaves_behind_is_found_and_what_git_ignores_is_not(git, tmp_path):
    git("init")
    (tmp_path / ".gitignore").write_text("/.negres/\n")
    for name in ("committed/one", ".negres/evidence", "left/behind"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    git("add", "committed")

    assert names_in(tmp_path) == {".gitignore", "committed", "left"}
