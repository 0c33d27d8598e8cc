"""A database of MLflow for a test."""

from __future__ import annotations

import shutil

import pytest

from negres_core.commands.mlflow_server import QUIET


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """The file of a database without runs: making its tables takes seconds."""
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)  # where MLflow keeps artifacts
        for name in QUIET:
            patch.setenv(name, "true")
        MlflowClient(tracking_uri=f"sqlite:///{path}").get_experiment_by_name("negres")
    return path


@pytest.fixture
def uri(empty_database, tmp_path, monkeypatch):
    """The tracking URI of a database in the test's folder, which becomes the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in QUIET:
        monkeypatch.setenv(name, "true")
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"
