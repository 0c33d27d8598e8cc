"""What goes wrong between negres and MLflow is an error in words."""

from __future__ import annotations

import importlib.util
import os
import time

import pytest

from negres_core.cli import main
from negres_core.commands.mlflow_server import QUIET, Server, asking, without_password
from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Store
from negres_core.report.mlflow_runs import run_of_hypothesis

# MLflow calls what new versions of SQLAlchemy deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, new_evidence):
    monkeypatch.chdir(tmp_path)
    for name in QUIET:
        monkeypatch.setenv(name, "true")
    Store(tmp_path / "evidence").write_evidence(new_evidence())
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "lacks", "named"),
    [
        ("http://localhost:5000", {"mlflow"}, "without mlflow"),
        ("sqlite:///mlflow.db", {"sqlalchemy", "alembic"}, "without sqlalchemy and alembic"),
        ("mysql+pymysql://a:secret@host/x", {"alembic"}, "mysql+pymysql://a:***@host/x, without alembic"),
    ],
)
def test_a_missing_package_is_named_with_what_to_install(monkeypatch, capsys, uri, lacks, named):
    real = importlib.util.find_spec

    def find(name, *arguments):
        if name in ("mlflow", "sqlalchemy", "alembic"):
            return None if name in lacks else "found"
        return real(name, *arguments)

    monkeypatch.setattr("importlib.util.find_spec", find)
    assert main(["export", "evidence", "--mlflow", uri]) == 2
    err = capsys.readouterr().err
    assert named in err
    assert "pip install 'negres[mlflow]'" in err


def test_an_experiment_without_mlflow_is_refused(capsys):
    assert main(["export", "evidence", "--experiment", "mine"]) == 2
    assert "Only MLflow has experiments." in capsys.readouterr().err


@pytest.mark.parametrize("uri", ["nonsense://x", "", " "])
def test_a_uri_of_no_known_kind_is_an_error(uri):
    pytest.importorskip("mlflow")
    with pytest.raises(InputError, match=rf"MLflow does not know this kind of tracking URI\.\n  Received: '?{uri}'?\n"):
        Server(uri, "negres")


def test_a_server_that_is_not_there_is_an_error_within_seconds(capsys):
    pytest.importorskip("mlflow")
    before = dict(os.environ)
    began = time.monotonic()
    assert main(["export", "evidence", "--mlflow", "http://somebody:secret@127.0.0.1:1"]) == 2
    assert time.monotonic() - began < 30
    assert dict(os.environ) == before
    err = capsys.readouterr().err
    assert "MLflow did not take the evidence.\n  Received: http://somebody:***@127.0.0.1:1: " in err
    assert "secret" not in err


def test_what_mlflow_refuses_is_said_in_its_words(uri, monkeypatch, capsys):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def refuse(*arguments, **more):
        raise MlflowException("PERMISSION_DENIED: you may only read")

    monkeypatch.setattr(MlflowClient, "create_run", refuse)
    assert main(["export", "evidence", "--mlflow", uri]) == 2
    assert "mlflow.db: PERMISSION_DENIED: you may only read\n" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_an_error(uri, folder, capsys):
    (folder / "evidence.txt").write_text("not a database" * 100)
    assert main(["export", "evidence", "--mlflow", f"sqlite:///{folder / 'evidence.txt'}"]) == 2
    assert "file is not a database" in capsys.readouterr().err


def test_a_deleted_experiment_is_refused(uri, capsys):
    from mlflow import MlflowClient

    assert main(["export", "evidence", "--mlflow", uri]) == 0
    client = MlflowClient(tracking_uri=uri)
    client.delete_experiment(client.get_experiment_by_name("negres").experiment_id)
    assert main(["export", "evidence", "--mlflow", uri]) == 2
    err = capsys.readouterr().err
    assert "This experiment of MLflow was deleted." in err
    assert "mlflow experiments restore --experiment-id " in err


def test_an_error_of_negres_is_not_said_to_be_mlflow_s():
    with pytest.raises(EvidenceError, match="MLflow did not take the evidence"), asking("http://a"):
        raise OSError("of another library")
    with pytest.raises(AttributeError), asking("http://a"):
        run_of_hypothesis(None)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:p%40ss@host:5432/mlflow", "postgresql://me:***@host:5432/mlflow"),
        ("http://[", "http://["),
        ("databricks", "databricks"),
    ],
)
def test_a_password_is_not_shown(uri, shown):
    assert without_password(uri) == shown
