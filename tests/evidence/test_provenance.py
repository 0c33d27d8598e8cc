from __future__ import annotations

import importlib.metadata
import json
import platform

import pytest

from negres_core.evidence import trace_provenance


@pytest.fixture
def provenance(tmp_path, git):
    """The provenance of a folder outside a repository."""
    return trace_provenance(tmp_path, backend="tensorflow", device="cpu: tiny")


def test_provenance_contains_the_commit_the_backend_and_the_device(provenance):
    assert (provenance.commit, provenance.dirty) == (None, None)
    assert (provenance.backend, provenance.device) == ("tensorflow", "cpu: tiny")


def test_versions_are_those_of_installed_packages(provenance):
    assert provenance.python == platform.python_version()
    assert provenance.packages["numpy"] == importlib.metadata.version("numpy")
    assert {"negres", "keras", "scikit-learn", "tensorflow-cpu"} <= set(provenance.packages)
    assert all(provenance.packages.values())


def test_provenance_is_plain_json(provenance):
    content = provenance.model_dump(mode="json")

    assert json.loads(json.dumps(content)) == content
    assert set(content) == {"commit", "dirty", "packages", "python", "platform", "backend", "device", "driver"}


def test_the_worker_of_a_cluster_is_left_out_where_there_is_none(provenance):
    assert "worker" not in provenance.model_dump(mode="json")
    trained = provenance.updated(worker="tcp://10.0.0.1:1 on a machine")
    assert type(provenance).model_validate(trained.model_dump(mode="json")).worker == "tcp://10.0.0.1:1 on a machine"
